"""Strangers' words as they may be shown: nothing that can't be seen, and links that are what they say.

A link is shown whole and is http or https; anything else that looks like one stays words. What reorders or hides the
text beside it (bidirectional overrides, control characters) is taken out (Unicode Standard Annex 9)."""

from __future__ import annotations

import re
import unicodedata

JOINERS = "\u200c\u200d"  # Persian and family emoji need them
LINK = re.compile(r"\bhttps?://[^\s<>\"`{}|\\^]+", re.IGNORECASE)
PAIRS = {")": "(", "]": "["}


def tame(text: str) -> str:
    """The text without what can't be seen; its lines stay."""
    lines = re.split(r"\r\n|[\n\r\u2028\u2029\v\f\x85]", text)
    return "\n".join("".join(sign for sign in line if _is_seen(sign)) for line in lines).strip()


def split_links(text: str) -> list[tuple[str, bool]]:
    """The text in pieces; True: this one is a link."""
    pieces: list[tuple[str, bool]] = []
    done = 0
    for found in LINK.finditer(text):
        link = _without_the_sentence(found.group())
        if len(link) <= len("https://"):
            continue
        if found.start() > done:
            pieces.append((text[done : found.start()], False))
        pieces.append((link, True))
        done = found.start() + len(link)
    if done < len(text):
        pieces.append((text[done:], False))
    return pieces


def _is_seen(sign: str) -> bool:
    return sign in JOINERS or sign == "\t" or unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _without_the_sentence(link: str) -> str:
    """Without the stop, comma or bracket of the sentence that it stands in."""
    while link:
        last = link[-1]
        is_closing = last in PAIRS and link.count(last) > link.count(PAIRS[last])
        if not is_closing and last not in ".,;:!?'’”»":
            return link
        link = link[:-1]
    return link
