"""Where a room is in its playlist, what comes next and when it begins by itself.

The room's item names its entry. If that entry is taken out of the list the film goes on, and `playlist.place` remembers
where the next one comes from. At the end of an item what comes next is planned for a short while later, so that people
can say no; `next_at` stands only as long as the room stands at that end.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from server.core.protocol import Entry, Playlist, micros
from server.core.room_pages import pages_of
from server.core.room_state import Room, Send, Transition, tell
from server.core.timeline import PeerId, RoomTime

# -- where the room is ------------------------------------------------------------------------------------------------


def index_of(entries: Sequence[Entry], id: str) -> int | None:
    return next((index for index, entry in enumerate(entries) if entry.id == id), None)


def current_entry(room: Room) -> str:
    """The id of the entry that the room's item is, "" if it is none."""
    return "" if room.item is None else room.item.entry


def next_index(room: Room) -> int:
    """From which index on the entries are still to come."""
    index = index_of(room.playlist.entries, current_entry(room))
    return room.playlist.place if index is None else index + 1


def entry_after(room: Room) -> Entry | None:
    """The entry after the one that plays. In a loop over all the first follows the last."""
    entries, index = room.playlist.entries, next_index(room)
    if index < len(entries):
        return entries[index]
    return entries[0] if entries and room.playlist.loop == "all" else None


def entry_at_end(room: Room) -> str | None:
    """The id of what follows the end of the item by itself; in a loop over one, the item's own. None: nothing does."""
    if room.playlist.loop == "one":
        return current_entry(room)
    following = entry_after(room)
    return None if following is None else following.id


# -- what begins by itself --------------------------------------------------------------------------------------------


def plan_next(room: Room, ended_at: RoomTime) -> Transition:
    """The item has ended: what follows begins after a pause, if there is something and somebody to see it."""
    following = entry_at_end(room)
    if following is None or not room.present:
        return Transition(room)
    next_at = RoomTime(ended_at + room.policy.next_after)
    return _told(replace(room, playlist=replace(room.playlist, next_at=next_at, next=following)))


def cancel_next(room: Room) -> Transition:
    """Nothing begins by itself."""
    if room.playlist.next_at is None:
        return Transition(room)
    return _told(replace(room, playlist=replace(room.playlist, next_at=None, next="")))


def renew_next(room: Room) -> Room:
    """The room whose playlist has changed: what follows now is what begins by itself, if something was about to."""
    if room.playlist.next_at is None:
        return room
    following = entry_at_end(room)
    if following is None:
        return replace(room, playlist=replace(room.playlist, next_at=None, next=""))
    return replace(room, playlist=replace(room.playlist, next=following))


# -- what is told of it -----------------------------------------------------------------------------------------------


def playlist_pages(room: Room) -> tuple[Playlist, ...]:
    """The playlist as messages."""
    playlist = room.playlist
    pages, first = [], 0
    for entries in pages_of(playlist.entries):
        pages.append(
            Playlist(
                revision=playlist.revision,
                entries=entries,
                first=first,
                total=len(playlist.entries),
                loop=playlist.loop,
                can_undo=bool(playlist.past),
                next_us=None if playlist.next_at is None else micros(playlist.next_at),
                next=playlist.next,
            )
        )
        first += len(entries)
    return tuple(pages)


def tell_playlist(room: Room) -> tuple[Send, ...]:
    """The playlist to everyone."""
    return tuple(send for page in playlist_pages(room) for send in tell(room, page))


def welcome_playlist(room: Room, peer: PeerId) -> tuple[Send, ...]:
    """The playlist to who has just come, if there has ever been one."""
    if room.playlist.revision == 0:
        return ()
    return tuple(Send((peer,), page) for page in playlist_pages(room))


def _told(room: Room) -> Transition:
    return Transition(room, tell_playlist(room))
