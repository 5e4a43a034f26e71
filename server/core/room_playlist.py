"""The playlist's edits: what is to be played, and in which order.

Who edits has seen the playlist: each edit counts its revision up, and one that names another is refused, for it may
mean something else by now. Each can be taken back. None touches the film that plays, not even if its entry is taken
out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import assert_never

import msgspec
from msgspec.structs import replace

from server.core import protocol
from server.core.names import clean_text
from server.core.protocol import Add, Entry, Load, Loop, Move, NewEntry, Remove, SetLoop, Shuffle, Undo, is_web_url
from server.core.room_answers import refused
from server.core.room_entries import current_entry, index_of, next_index, renew_next, tell_playlist
from server.core.room_state import Listing, Member, Room, Transition
from server.core.timeline import RoomTime

CHANGED = "The playlist has been changed meanwhile: look at it and try again."
MISSING = "That film is not in the playlist any more: nothing was changed."
FULL = "The playlist is full: remove some films from it first."
NO_ADDRESS = "Only http and https addresses without a password in them can be shared: open that film for yourself."
NO_EDIT = "There is nothing to undo in the playlist."


def act_on_playlist(
    room: Room,
    member: Member,
    command: protocol.Command,
    action: Add | Remove | Move | Shuffle | SetLoop | Undo,
    now: RoomTime,
) -> Transition | protocol.Refused:
    """An edit of the playlist."""
    playlist = room.playlist
    if command.revision != playlist.revision:
        return refused(command, "revision", CHANGED)
    match action:
        case Add():
            if not all(is_web_url(film.url) for film in action.entries):
                return refused(command, "bad", NO_ADDRESS)
            films = tuple(cleaned(film) for film in action.entries)
            if not has_room_for(room, films):
                return refused(command, "bad", FULL)
            at = action.at
            end = len(playlist.entries)
            return inserted(room, films, end if at is None else min(at, end), member.peer)
        case Remove():
            return _without(room, action.entries)
        case Move():
            index = index_of(playlist.entries, action.entry)
            return refused(command, "nothing", MISSING) if index is None else _moved(room, index, action.to)
        case Shuffle():
            return _edited(room, _shuffled(room), next_index(room))
        case SetLoop(loop):
            if loop == playlist.loop:
                return Transition(room)
            return _edited(room, playlist.entries, next_index(room), loop)
        case Undo():
            return _taken_back(room) if playlist.past else refused(command, "nothing", NO_EDIT)
        case _:
            assert_never(action)


def has_room_for(room: Room, films: Sequence[NewEntry]) -> bool:
    """Do these films fit into the playlist as well?"""
    policy, entries = room.policy, room.playlist.entries
    chars = sum(map(_chars, entries)) + sum(map(_chars, films))
    return len(entries) + len(films) <= policy.entries_most and chars <= policy.entry_chars_most


def _chars(film: NewEntry | Entry) -> int:
    return len(film.title) + len(film.url)


def inserted(room: Room, films: Sequence[NewEntry], at: int, by: str) -> Transition:
    """The playlist with these films as entries from an index on."""
    playlist, place = room.playlist, next_index(room)
    new = tuple(
        Entry(id=str(playlist.made + count), by=by, **msgspec.structs.asdict(film))
        for count, film in enumerate(films, start=1)
    )
    room = replace(room, playlist=replace(playlist, made=playlist.made + len(films)))
    entries = (*playlist.entries[:at], *new, *playlist.entries[at:])
    return _edited(room, entries, place + len(films) if at < place else place)


def cleaned(film: NewEntry | Load) -> NewEntry:
    """A film as its owner describes it, with a title that can be shown."""
    return NewEntry(
        title=clean_text(film.title, protocol.MAX_TITLE) or "Untitled",
        duration_us=film.duration_us,
        size=film.size,
        fingerprint=film.fingerprint,
        url=film.url,
    )


def _without(room: Room, ids: Sequence[str]) -> Transition:
    """The playlist without these entries; one that is gone already is no error."""
    entries, place = room.playlist.entries, next_index(room)
    gone = frozenset(ids)
    kept = tuple(entry for entry in entries if entry.id not in gone)
    if len(kept) == len(entries):
        return Transition(room)
    return _edited(room, kept, sum(entry.id not in gone for entry in entries[:place]))


def _moved(room: Room, index: int, to: int) -> Transition:
    """The playlist in which one entry stands at another index."""
    entries, place = room.playlist.entries, next_index(room)
    others = (*entries[:index], *entries[index + 1 :])
    to = min(to, len(others))
    if to == index:
        return Transition(room)
    if index < place:
        place -= 1
    if to < place:
        place += 1
    return _edited(room, (*others[:to], entries[index], *others[to:]), place)


def _shuffled(room: Room) -> tuple[Entry, ...]:
    """The entries in an order that nobody chose, which this revision of this room has always. The current entry stays
    where it is."""
    playlist, current = room.playlist, current_entry(room)

    def draw(entry: Entry) -> bytes:
        return hashlib.sha256(f"{room.salt} {playlist.revision} {entry.id}".encode()).digest()

    others = iter(sorted((entry for entry in playlist.entries if entry.id != current), key=draw))
    return tuple(entry if entry.id == current else next(others) for entry in playlist.entries)


def _edited(room: Room, entries: tuple[Entry, ...], place: int, loop: Loop | None = None) -> Transition:
    """Another playlist, which can be taken back."""
    playlist = room.playlist
    past = (*playlist.past, Listing(playlist.entries, playlist.loop))[-room.policy.undos_most :]
    return _stated(room, Listing(entries, playlist.loop if loop is None else loop), place, past)


def _taken_back(room: Room) -> Transition:
    """The playlist before its last edit. The film that plays is another thing: it goes on."""
    playlist = room.playlist
    *past, before = playlist.past
    to_come = playlist.entries[next_index(room) :]
    places = (index_of(before.entries, entry.id) for entry in to_come)
    place = next((index for index in places if index is not None), len(before.entries))
    return _stated(room, before, place, tuple(past))


def _stated(room: Room, listing: Listing, place: int, past: tuple[Listing, ...]) -> Transition:
    playlist = replace(
        room.playlist,
        revision=room.playlist.revision + 1,
        entries=listing.entries,
        loop=listing.loop,
        place=place,
        past=past,
    )
    room = renew_next(replace(room, playlist=playlist))
    return Transition(room, tell_playlist(room))
