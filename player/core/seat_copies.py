"""What a seat does so that all watch the same film: finds this person's copy, compares it, tells the room about it.

the room's item     ours is open            -> its fingerprint is taken and the room is told (`Copy`)
                    ours was put into the playlist here, or lies in the person's folders -> it is opened
                    it is an address        -> the window offers to open it; a host that is trusted needs no asking
                    nothing fits            -> the empty picture says so, and the folders stay watched
                    what was opened for it breaks -> the next best, once
a film that is added to the playlist has its fingerprint taken first, so that the others find theirs by it
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never
from urllib.parse import urlsplit

from player.core.copies import (
    Copy,
    Fingerprinted,
    FoundCopy,
    LibraryEvent,
    LibraryStatus,
    NoCopy,
    difference,
    room_fingerprint,
)
from player.core.happenings import Moment
from player.core.medium import Medium
from player.core.seat import POLICY, Adding, OwnFile, Seat, Step
from player.core.seat_actions import FindFilm, Fingerprint, OpenFilm, Remember, Send
from player.core.titles import film_name, is_same_name
from player.core.words import count_text, file_text
from server.core import protocol
from server.core.names import clean_text


def is_address(path: str) -> bool:
    """Is it an address on the network rather than a file?"""
    return "://" in path


def host_of(url: str) -> str:
    """The computer that an address on the web names; "" where it is none, or one that nobody but a web browser's kind
    of program should follow because somebody else said so."""
    try:
        parts = urlsplit(url)
        return parts.hostname or "" if parts.scheme in ("http", "https") else ""
    except ValueError:  # half an IPv6 address
        return ""


def title_of(path: str) -> str:
    """What a film is called by its path: the file's name without its suffix."""
    name = file_text(path)
    stem, _, suffix = name.rpartition(".")
    return stem if stem and suffix else name


def wanted_copy(item: protocol.Item) -> Copy:
    """What is told of the room's film."""
    duration = None if item.duration_us is None else protocol.seconds(item.duration_us)
    return Copy(item.title, item.size, duration, item.fingerprint)


def own_copy(seat: Seat) -> Copy | None:
    """What is known of ours."""
    return None if seat.medium is None else copy_of(seat, seat.medium)


def copy_of(seat: Seat, medium: Medium) -> Copy:
    """What is known of a film that is open here."""
    content = seat.content
    is_known = content is not None and content.path == medium.path
    size = content.size if is_known and content is not None else None
    title = clean_text(medium.title, protocol.MAX_TITLE)  # as the room will call it
    return Copy(title, size, medium.duration, _mark(content if is_known else None, seat.facts.salt))


def _mark(file: OwnFile | None, salt: str) -> str:
    """The fingerprint of a file for this room, as far as it is known."""
    return "" if file is None or file.content_hash is None else room_fingerprint(file.content_hash, salt)


def library_words(status: LibraryStatus) -> str:
    """How the search through this person's folders goes."""
    if status.problems:
        return status.problems[0]
    known = count_text(status.files, "film", "films")
    return f"{known} known, still looking …" if status.is_scanning else f"{known} known"


# -- ours --------------------------------------------------------------------------------------------------------------


def own_film_opened(seat: Seat, medium: Medium) -> Step:
    """Our film is open: what is in it?"""
    known = next((file for file in seat.known_files if file.path == medium.path), None)
    if known is None and is_address(medium.path):
        known = OwnFile(medium.path, title_of(medium.path))
        seat = _knowing(seat, known)
    seat = replace(seat, content=known, sought="", searching_since=None)
    return Step(seat, () if known is not None or is_address(medium.path) else (Fingerprint(medium.path),))


def tell_copy(seat: Seat) -> Step:
    """Tell the room about our copy of its film, or that we have none."""
    item = seat.item
    if item is None or seat.link != "joined":
        return Step(seat)
    mine = own_copy(seat) if seat.bound_item == item.id else None
    if mine is None:
        return Step(seat, (Send(protocol.Copy(item=item.id, has=False)),))
    duration = None if mine.duration is None else protocol.micros(mine.duration)
    copy = protocol.Copy(
        item=item.id,
        size=mine.size,
        duration_us=duration,
        fingerprint=mine.fingerprint,
        offset_us=protocol.micros(seat.offset),
    )
    return Step(seat, (Send(copy),))


def compare(seat: Seat, item: protocol.Item, moment: Moment) -> Seat:
    """Say in one sentence that our copy is another film, once. Of another cut the window asks for as long as it is."""
    mine = own_copy(seat)
    if mine is None or seat.invite is None:
        return seat
    found = difference(mine, wanted_copy(item))
    words = found.words if found.kind == "film" else ""
    if words == seat.compared:
        return seat
    seat = replace(seat, compared=words, notices=seat.notices.forget("cut"))
    return seat.told("warning", words, moment, "cut") if words else seat


def is_our_copy(seat: Seat, medium: Medium, before: protocol.Item | None, item: protocol.Item) -> bool:
    """Is the film that is open here our copy of the item to which the room goes on? `before`: the item until now."""
    mine, wanted = copy_of(seat, medium), wanted_copy(item)
    kind = difference(mine, wanted).kind
    if before is None:
        return kind != "film"
    if seat.bound_item == before.id and _is_same_film(before, item):
        return True
    if mine.fingerprint and wanted.fingerprint:
        return mine.fingerprint == wanted.fingerprint
    return mine.title == wanted.title and kind not in ("cut", "film")


def is_that_film(seat: Seat, medium: Medium, item: protocol.Item) -> bool:
    """Is the film that was opened here just now the room's, as far as its name and length tell?"""
    mine, wanted = copy_of(seat, medium), wanted_copy(item)
    kind = difference(mine, wanted).kind
    is_called = is_same_name(film_name(mine.title), film_name(wanted.title))
    return kind == "same" or (is_called and kind in ("alike", "encoding"))


def _is_same_film(one: protocol.Item, other: protocol.Item) -> bool:
    """Do two items describe one film?"""
    if one.fingerprint and other.fingerprint:
        return one.fingerprint == other.fingerprint
    return (one.title, one.duration_us, one.url) == (other.title, other.duration_us, other.url)


def set_offset(seat: Seat, offset: float) -> Step:
    """Our copy is shown so much ahead of the room's place. Kept for this pair of films."""
    if seat.medium is None or seat.item is None:
        return Step(seat)
    pair = _pair(seat.medium, seat.item)
    offset = round(min(max(offset, -36_000.0), 36_000.0), 3)
    others = tuple(each for each in seat.offsets if each[0] != pair)
    seat = replace(seat, offset=offset, offsets=(*others, (pair, offset))[-POLICY.offsets_most :])
    return Step(seat, (Remember("offsets", [list(each) for each in seat.offsets]),)).then(tell_copy)


def known_offset(seat: Seat, medium: Medium, item: protocol.Item) -> float:
    """What was set for this pair of films before, s."""
    pair = _pair(medium, item)
    return next((offset for known, offset in seat.offsets if known == pair), 0.0)


def _pair(medium: Medium, item: protocol.Item) -> str:
    """The name of our copy and the room's film together, for what is remembered of them."""
    theirs = 0.0 if item.duration_us is None else protocol.seconds(item.duration_us)
    return f"{medium.title[:60]} {medium.duration or 0.0:.1f} / {item.title[:60]} {theirs:.1f}"


def shared_address(path: str) -> str:
    """The address that others may get, "" for a file and for one with a name and password in it."""
    return path if host_of(path) and protocol.is_web_url(path) else ""


# -- looking -----------------------------------------------------------------------------------------------------------


def look_for(seat: Seat, item: protocol.Item, moment: Moment) -> Step:
    """Find this person's copy of the room's film."""
    for file in reversed(seat.known_files):
        if _is_wanted(file, item, seat.facts.salt):
            return _open(seat, file.path, item, moment)
    seat = replace(seat, sought=item.id, sought_words="", searching_since=None)
    if host := host_of(item.url):
        return _open(seat, item.url, item, moment) if host in seat.trusted_hosts else Step(seat)
    searching = replace(seat, searching_since=moment.local)
    return Step(searching, (FindFilm(wanted_copy(item), seat.facts.salt),))


def _is_wanted(file: OwnFile, item: protocol.Item, salt: str) -> bool:
    if item.fingerprint and _mark(file, salt) == item.fingerprint:
        return True
    return file.path == item.url if item.url else not item.fingerprint and file.title == item.title


def open_address(seat: Seat, moment: Moment) -> Step:
    """The person trusts the host of the room's address."""
    item = seat.item
    host = "" if item is None else host_of(item.url)
    if item is None or not host:
        return Step(seat)
    hosts = (*(known for known in seat.trusted_hosts if known != host), host)[-100:]
    opened = _open(replace(seat, trusted_hosts=hosts), item.url, item, moment)
    return Step(opened.seat, (Remember("trusted_hosts", list(hosts)), *opened.actions))


def _open(seat: Seat, path: str, item: protocol.Item, moment: Moment) -> Step:
    """By ourselves, as our copy of the room's item."""
    seat = replace(
        seat,
        opening=path,
        opening_since=moment.local,
        opening_for=item.id,
        sought="",
        searching_since=None,
        go_on=None,
    )
    return Step(seat, (OpenFilm(path),))


def look_again(seat: Seat, path: str, opened_for: str, moment: Moment) -> Step:
    """A film could not be opened: is there another copy of the room's? `opened_for`: for which item we had opened it
    by ourselves, "" if a person had chosen it."""
    item = seat.item
    if item is None or seat.opening:
        return Step(seat)
    if opened_for == item.id and path == item.url:
        return Step(replace(seat, sought=item.id))  # the window offers to try it again
    known = tuple(file for file in seat.known_files if file.path != path)
    was_known = len(known) < len(seat.known_files)
    if seat.sought == item.id or (opened_for == item.id and was_known):
        return look_for(replace(seat, known_files=known), item, moment)
    return Step(seat)


def receive_library(seat: Seat, event: LibraryEvent, moment: Moment) -> Step:
    """What the person's folders have."""
    match event:
        case Fingerprinted(path, content_hash, size):
            return _fingerprinted(seat, OwnFile(path, title_of(path), size, content_hash), moment)
        case FoundCopy(wanted, path, how):
            item = seat.item
            if item is None or not _is_sought(seat, wanted):
                return Step(seat)
            if how != "fingerprint":  # else there is no doubt, and the film itself says it
                seat = seat.told("info", f"Found your copy: {file_text(path)}", moment, "found")
            return _open(seat, path, item, moment)
        case NoCopy(wanted, words):
            if not _is_sought(seat, wanted):
                return Step(seat)
            return Step(replace(seat, searching_since=None, sought_words=words))
        case _:
            assert_never(event)


def _is_sought(seat: Seat, wanted: Copy) -> bool:
    item = seat.item
    is_open = seat.medium is not None or seat.opening != ""
    return item is not None and seat.sought == item.id and not is_open and wanted_copy(item) == wanted


def _fingerprinted(seat: Seat, file: OwnFile, moment: Moment) -> Step:
    step = Step(seat)
    is_ours = seat.medium is not None and seat.medium.path == file.path
    if is_ours:
        seat = replace(seat, content=file)
        step = tell_copy(seat)
        if seat.item is not None and seat.is_following:
            step = replace(step, seat=compare(step.seat, seat.item, moment))
    return step.then(lambda seat: Step(_with_known(seat, file, is_ours)))


# -- the playlist ------------------------------------------------------------------------------------------------------


def add_films(seat: Seat, paths: tuple[str, ...], at: int | None) -> Step:
    """Put films into the playlist, as soon as their fingerprints are known."""
    adding = tuple(
        Adding(path, None if at is None else at + place, OwnFile(path, title_of(path)) if is_address(path) else None)
        for place, path in enumerate(paths)
    )
    asked = tuple(Fingerprint(each.path) for each in adding if each.file is None)
    for each in adding:
        seat = seat if each.file is None else _knowing(seat, each.file)
    seat = replace(seat, adding=(*seat.adding, *adding))
    return Step(seat, asked)


def _with_known(seat: Seat, file: OwnFile, is_ours: bool) -> Seat:
    """The seat that remembers a file which was opened here or is being put into the playlist."""
    is_awaited = any(each.file is None and each.path == file.path for each in seat.adding)
    if not is_awaited and not is_ours:
        return seat
    adding = tuple(
        replace(each, file=file) if each.file is None and each.path == file.path else each for each in seat.adding
    )
    return _knowing(replace(seat, adding=adding), file)


def _knowing(seat: Seat, file: OwnFile) -> Seat:
    known = (*(each for each in seat.known_files if each.path != file.path), file)[-POLICY.known_files_most :]
    return replace(seat, known_files=known)


def next_addition(seat: Seat) -> tuple[Seat, protocol.Add | None]:
    """The films that can be added now, at most as many as fit one command: those at the head whose facts are known."""
    ready: list[Adding] = []
    for each in seat.adding:
        if each.file is None or len(ready) == protocol.MAX_ADDED or (ready and _is_elsewhere(ready[-1], each)):
            break
        ready.append(each)
    if not ready:
        return seat, None
    seat = replace(seat, adding=seat.adding[len(ready) :])
    entries = tuple(_new_entry(each.file, seat.facts.salt) for each in ready if each.file is not None)
    return seat, protocol.Add(entries=entries, at=ready[0].at)


def _is_elsewhere(one: Adding, following: Adding) -> bool:
    return (one.at is None) != (following.at is None) or (one.at is not None and following.at != one.at + 1)


def _new_entry(file: OwnFile, salt: str) -> protocol.NewEntry:
    return protocol.NewEntry(
        title=clean_text(file.title, protocol.MAX_TITLE) or "Untitled",
        size=file.size,
        fingerprint=_mark(file, salt),
        url=shared_address(file.path),
    )
