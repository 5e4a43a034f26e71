"""Subtitles as plain text: which caption belongs over the picture at a media time, and when that changes.

Cues may overlap (a sign above a dialogue); they are flattened once into instants at which the caption changes, so
that asking is a search. ASS is the form in which decoders give every kind of text; of it only line ends are kept.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

OVERRIDES = re.compile(r"\{[^}]*\}")
DRAWING = re.compile(r"\\p(\d+)")
TAGS = re.compile(r"</?(?:[ibus]|font|c|v|lang|ruby|rt)(?:[ .][^<>]*)?>", re.IGNORECASE)
ROUNDING = 1e-5  # s: a cue that begins on a frame is shown with it


@dataclass(frozen=True, slots=True, order=True)
class Cue:
    """Text from one media time until another, s."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Captions:
    """The caption from each instant on: ascending media times, and the text that is shown from there."""

    instants: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()

    def at(self, media_time: float) -> tuple[str, float | None]:
        """(the caption at a media time, when it changes next; None: never)."""
        index = bisect_right(self.instants, media_time + ROUNDING)
        following = self.instants[index] if index < len(self.instants) else None
        return (self.texts[index - 1] if index else ""), following


def captions_of(cues: Iterable[Cue]) -> Captions:
    """Flatten cues, in any order and doubled or not. Those shown together stand in the order of their starts."""
    kept = sorted({cue for cue in cues if cue.text and cue.end > cue.start})
    changes = sorted({cue.start for cue in kept} | {cue.end for cue in kept})
    instants: list[float] = []
    texts: list[str] = []
    active: list[Cue] = []
    coming = 0
    for instant in changes:
        active = [cue for cue in active if cue.end > instant]
        while coming < len(kept) and kept[coming].start <= instant:
            active.append(kept[coming])
            coming += 1
        text = "\n".join(dict.fromkeys(cue.text for cue in active))
        if text != (texts[-1] if texts else ""):
            instants.append(instant)
            texts.append(text)
    return Captions(tuple(instants), tuple(texts))


def plain_text(dialogue: str) -> str:
    r"""What a line of ASS says: without overrides, drawings and tags; \N and \n are line ends, \h is a space."""
    said: list[str] = []
    end = 0
    is_drawing = False
    for override in OVERRIDES.finditer(dialogue):
        if not is_drawing:
            said.append(dialogue[end : override.start()])
        for scale in DRAWING.findall(override.group()):
            is_drawing = int(scale) > 0
        end = override.end()
    if not is_drawing:
        said.append(dialogue[end:])
    text = "".join(said).replace(r"\N", "\n").replace(r"\n", "\n").replace(r"\h", " ")
    lines = [" ".join(line.split()) for line in TAGS.sub("", text).splitlines()]
    return "\n".join(line for line in lines if line)


def decoded_text(data: bytes) -> str:
    """The text of a subtitle file: UTF-8, UTF-16 by its mark, else the Western code page that old files are in."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
