"""Which file is the room's film, how two copies of it differ, and the words for both.

Everybody has a copy of their own. What members tell one another of it is a title, a size, a length and a fingerprint
that is keyed with the room's salt: who reads it can tell whether a file that they have is the same, and nothing else.
Without the salt a list of known films would tell what people watch; with a salt for each room two rooms can't be
compared either (PEERS section 8). Paths never leave the machine.

A file of the person's own is the room's film, in this order: the same content; the same size and length; the same
length and a similar title; the same title. Where two files fit equally well nobody is guessed for: the person is asked.
A mismatch is explained and stops nobody.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Literal

from player.core.titles import FilmName, film_name, is_other_part, is_same_name, is_similar_name
from player.core.words import clock_text, list_text
from server.core.names import clean_text

How = Literal["fingerprint", "length", "name"]
Fact = Literal["content", "duration"]
Kind = Literal["same", "alike", "encoding", "cut", "film", "unknown"]

FINGERPRINT_DIGITS = 32
SHOWN_TITLE = 80  # characters of a title in a sentence


@dataclass(frozen=True, slots=True)
class CopyPolicy:
    """Times in s."""

    same_length: float = 0.5  # containers round, and sound may end a little after the picture
    same_cut: float = 2.0  # encoders pad, and cut off a last black second; whole scenes are longer
    another_film: float = 1 / 3  # of the longer one: the longest cuts of films are a quarter longer than the shortest
    # Films of 24 (and 24000/1001) pictures a second run at 25 on European television and its discs.
    speeds: tuple[float, ...] = (25 / 24, 25 * 1001 / 24000)
    speed_slack: float = 0.0003  # two seconds in two hours
    speed_least: float = 1200.0  # a shorter film's ratio says nothing


POLICY = CopyPolicy()


@dataclass(frozen=True, slots=True)
class Copy:
    """What is told of a copy of a film. None and "": not known, or not told."""

    title: str  # a file's name without its folder and suffix
    size: int | None = None  # bytes
    duration: float | None = None  # s
    fingerprint: str = ""  # `room_fingerprint`


Wanted = Copy
"""The copy that the room plays, of which an own one is looked for."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file of the person's own that may be the one. None: not known (yet)."""

    path: str
    title: str  # its name without its folder and suffix
    size: int  # bytes
    duration: float | None = None  # s
    content_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """The file to open."""

    candidate: Candidate
    how: How


@dataclass(frozen=True, slots=True)
class NoFit:
    """None fits, or several do. One sentence for a person."""

    words: str


@dataclass(frozen=True, slots=True)
class Difference:
    """How two copies differ. The words are about the first, for whoever has it: "Yours is ..."."""

    kind: Kind
    words: str


# -- what a library reports (`ports.Library`) --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FoundCopy:
    """A file of the person's own is the film; it was there a moment ago."""

    wanted: Copy
    path: str
    how: How


@dataclass(frozen=True, slots=True)
class NoCopy:
    """No file fits, or several do. The library goes on looking: a FoundCopy, or other words, may follow."""

    wanted: Copy
    words: str


@dataclass(frozen=True, slots=True)
class Fingerprinted:
    """A file's content. None: it has none (an address), can't be read, or is being written."""

    path: str
    content_hash: bytes | None
    size: int | None  # bytes


LibraryEvent = FoundCopy | NoCopy | Fingerprinted


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """For the settings page. `problems`: a sentence for each folder that can't be looked through."""

    files: int = 0
    is_scanning: bool = False
    problems: tuple[str, ...] = ()


# -- fingerprints ------------------------------------------------------------------------------------------------------


def room_fingerprint(content_hash: bytes, salt: str) -> str:
    """What a room learns of a file's content: HMAC-SHA256 keyed with the room's salt, 32 hex digits."""
    key = salt.encode("utf-8", "surrogatepass")
    return hmac.new(key, b"matinee film\0" + content_hash, "sha256").hexdigest()[:FINGERPRINT_DIGITS]


def _is_content(candidate: Candidate, fingerprint: str, salt: str) -> bool:
    if not fingerprint or candidate.content_hash is None:
        return False
    return hmac.compare_digest(room_fingerprint(candidate.content_hash, salt).encode(), fingerprint.encode())


# -- which file fits ---------------------------------------------------------------------------------------------------


def closeness(wanted: Copy, name: FilmName, own: FilmName, size: int) -> tuple[int, int, int] | None:
    """How near a file of that name and size comes, nearest first in order; None: it can't be the one.

    `name` is the wanted title's. This alone is known of every file in the folders; lengths and contents cost a look
    into the file, which only those deserve that have the size or a similar title."""
    is_size = wanted.size is not None and size == wanted.size
    is_similar = is_similar_name(name, own)
    if not (is_size or is_similar):
        return None
    return (not is_size, not is_same_name(name, own), abs(len(own.words) - len(name.words)))


def missing_fact(
    wanted: Copy, candidates: Iterable[Candidate], asked: Set[tuple[str, Fact]], salt: str
) -> tuple[Candidate, Fact] | None:
    """What to find out next before `best_candidate` decides; None: nothing more would help.

    Contents come first: reading a megabyte is quicker than understanding a film, and a content that fits ends it."""
    candidates = tuple(candidates)
    if any(_is_content(each, wanted.fingerprint, salt) for each in candidates):
        return None
    for each in candidates:
        is_possible = wanted.fingerprint and wanted.size in (None, each.size)
        if is_possible and each.content_hash is None and (each.path, "content") not in asked:
            return each, "content"
    for each in candidates:
        if wanted.duration is not None and each.duration is None and (each.path, "duration") not in asked:
            return each, "duration"
    return None


def best_candidate(wanted: Copy, candidates: Sequence[Candidate], salt: str) -> Fit | NoFit:
    """The file that is the room's film, by what is known of each."""
    name = film_name(wanted.title)
    names = {each.path: film_name(each.title) for each in candidates}
    same = [each for each in candidates if _is_content(each, wanted.fingerprint, salt)]
    if same:
        return Fit(min(same, key=lambda each: each.path), "fingerprint")
    in_time = [each for each in candidates if _is_same_length(wanted.duration, each.duration)]
    are_compared = {each.path for each in candidates if wanted.fingerprint and each.content_hash is not None}
    of_size = [each for each in in_time if each.size == wanted.size and each.path not in are_compared]
    similar = [each for each in in_time if is_similar_name(name, names[each.path])]
    called = [each for each in candidates if is_same_name(name, names[each.path])]
    possible = [each for each in called if not _is_far(wanted.duration, each.duration)]
    ranks: tuple[tuple[list[Candidate], How], ...] = ((of_size, "length"), (similar, "length"), (possible, "name"))
    for fitting, how in ranks:
        if fitting:
            only = _only(wanted, name, names, fitting)
            return NoFit(_several_words(wanted, fitting)) if only is None else Fit(only, how)
    return NoFit(_far_words(wanted, called[0]) if called else _none_words(wanted))


def _only(wanted: Copy, name: FilmName, names: dict[str, FilmName], fitting: list[Candidate]) -> Candidate | None:
    """The one of several that fits best, or any of those that are the same file twice; None: who could tell?"""
    fitting = sorted(fitting, key=lambda each: each.path)
    preferences: tuple[list[Candidate], ...] = (
        [each for each in fitting if is_similar_name(name, names[each.path])],
        [each for each in fitting if is_same_name(name, names[each.path])],
        [each for each in fitting if names[each.path].edition == name.edition],
        [each for each in fitting if each.size == wanted.size],
        [each for each in fitting if each.title == wanted.title],
    )
    for preferred in preferences:
        fitting = [each for each in fitting if each in preferred] or fitting
    first = fitting[0]
    are_one = all((each.size, each.content_hash) == (first.size, first.content_hash) for each in fitting)
    return first if are_one else None


def _is_same_length(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) <= POLICY.same_length


def _is_far(one: float | None, other: float | None) -> bool:
    """Whether two lengths are too different for two cuts of one film."""
    return one is not None and other is not None and abs(one - other) > POLICY.another_film * max(one, other)


def _none_words(wanted: Copy) -> str:
    return f"{quoted(wanted.title)} is not in your film folders. Open your copy, or add the folder that it is in."


def _several_words(wanted: Copy, fitting: list[Candidate]) -> str:
    shown = list_text([quoted(each.title) for each in sorted(fitting, key=lambda each: each.path)])
    return f"More than one of your files could be {quoted(wanted.title)}: {shown}. Choose the right one."


def _far_words(wanted: Copy, called: Candidate) -> str:
    own, other = called.duration, wanted.duration
    longer = 0.0 if own is None or other is None else own - other
    return (
        f"Your {quoted(called.title)} is {length_text(longer)} than the room's film of that name. "
        "Choose the file that is meant, or this one if you are sure."
    )


# -- how two copies differ ---------------------------------------------------------------------------------------------


def difference(mine: Copy, theirs: Copy) -> Difference:
    """How my copy differs from another member's, or the room's."""
    if mine.fingerprint and mine.fingerprint == theirs.fingerprint:
        return Difference("same", "The same film.")
    is_size = mine.size is not None and mine.size == theirs.size
    is_in_time = _is_same_length(mine.duration, theirs.duration)
    if is_size and (is_in_time or mine.duration is None or theirs.duration is None):
        what = "the same size and length" if is_in_time else "the same size"
        return Difference("alike", f"Probably the same film: {what}.")
    own, other = film_name(mine.title), film_name(theirs.title)
    if is_other_part(own, other):
        return Difference("film", f"Yours is {quoted(mine.title)}, not {quoted(theirs.title)}: another part?")
    if mine.duration is None or theirs.duration is None:
        whose = "yours" if mine.duration is None else "theirs"
        return Difference("unknown", f"How long {whose} is can't be told, so it may be another cut.")
    if is_in_time:
        return Difference("encoding", "A different encoding of the same length.")
    length = length_text(mine.duration - theirs.duration)
    if abs(mine.duration - theirs.duration) <= POLICY.same_cut:
        return Difference("encoding", f"A different encoding, {length}.")
    if _is_far(mine.duration, theirs.duration) and not is_similar_name(own, other):
        return Difference(
            "film", f"Yours, {quoted(mine.title)}, is {length} than {quoted(theirs.title)}: another film?"
        )
    if _is_other_speed(mine.duration, theirs.duration):
        speed = "slower" if mine.duration > theirs.duration else "faster"
        return Difference("cut", f"Yours is {length}: a different cut, or a copy that runs 4 % {speed}?")
    return Difference("cut", f"Yours is {length}: a different cut?")


def difference_words(mine: Copy, theirs: Copy) -> str:
    """The same as one sentence: "Yours is 4:12 longer: a different cut?"."""
    return difference(mine, theirs).words


def suggested_offset(mine: Copy, theirs: Copy) -> float | None:
    """By how much media time of my copy is later than the other's at the same picture, s; None: nobody can say.

    Only of copies of one length is anything known: then it is nothing. Where the minutes that a longer cut has more
    are, at the beginning or in the middle, no length tells."""
    kind = difference(mine, theirs).kind
    is_known = kind in ("same", "alike") or (kind == "encoding" and _is_same_length(mine.duration, theirs.duration))
    return 0.0 if is_known else None


def _is_other_speed(one: float, other: float) -> bool:
    shorter, longer = sorted((one, other))
    if shorter < POLICY.speed_least:
        return False
    return any(abs(longer / shorter - speed) <= POLICY.speed_slack for speed in POLICY.speeds)


def length_text(longer: float) -> str:
    """ "4:12 longer", "42 s shorter", "1.2 s longer"."""
    size = abs(longer)
    tenths = f"{size:.1f}".removesuffix(".0")
    text = clock_text(size + 0.5) if size >= 59.5 else f"{size:.0f} s" if size >= 9.95 else f"{tenths} s"
    return f"{text} {'longer' if longer > 0 else 'shorter'}"


def quoted(title: str) -> str:
    """A film's title within a sentence."""
    return f"“{clean_text(title, SHOWN_TITLE) or 'the film'}”"
