"""Whether all have the same film: each member's own file beside the room's item.

Nothing here stops anybody: a different cut is explained in the roster, and the room plays on. A copy is
    none       the member has no file for the item
    same       it has the item's fingerprint; or is the file of who has described the item
    similar    as long as the item, and as large as far as that is known: a copy whose content nobody has compared
    differs    otherwise, by `longer_us` if both lengths are known
    unknown    too little is known to say

A film is opened before its content was looked at, and put into the playlist before it was opened. What its owner's
file, or one with the same fingerprint, tells later is told of the item and its entry from then on.
"""

from __future__ import annotations

from msgspec.structs import replace

from server.core import protocol
from server.core.protocol import CopyState, Item, micros
from server.core.room_entries import tell_playlist
from server.core.room_play import place_at
from server.core.room_roles import may
from server.core.room_state import Member, Room, Transition, roster_is_due, tell
from server.core.timeline import RoomTime

NEAR_US = 500_000  # of two lengths: containers round, encoders add a few frames


def receive_copy(room: Room, member: Member, copy: protocol.Copy, now: RoomTime) -> Transition:
    """What a member says about its own file for the room's item, for the roster, and for the item itself if less was
    known of it."""
    if room.item is None or copy.item != room.item.id or copy == member.copy:
        return Transition(room)
    changed = replace(member, copy=copy)
    is_seen = copy_entry(room, changed) != copy_entry(room, member)
    learnt = _learnt(room, room.item, changed, copy, now)
    is_news = learnt != room.item
    room = room.with_member(changed)
    if is_seen or is_news:
        room = roster_is_due(room, room.policy.roster_gap, now)
    return _restated(room, learnt) if is_news else Transition(room)


def _learnt(room: Room, item: Item, member: Member, copy: protocol.Copy, now: RoomTime) -> Item:
    """The item with what its own file, the one that was opened or put into the playlist, tells of it; or one with the
    same content, of somebody whose word counts (a wrong length would end the film). A length that the film has passed
    already is not believed."""
    is_its = member.peer == item.by
    is_same = copy.fingerprint == item.fingerprint and (is_its or may(room, member, "control"))
    is_it = is_same if item.fingerprint else is_its
    if not copy.has or not is_it:
        return item
    duration = copy.duration_us if item.duration_us is None else item.duration_us
    if duration is not None and duration < micros(max(room.newest.media_time, place_at(room, now))):
        duration = item.duration_us
    return replace(
        item,
        size=copy.size if item.size is None else item.size,
        duration_us=duration,
        fingerprint=item.fingerprint or copy.fingerprint,
    )


def _restated(room: Room, item: Item) -> Transition:
    """More is known of the film than before, and so of its entry."""
    entries = tuple(
        replace(entry, size=item.size, duration_us=item.duration_us, fingerprint=item.fingerprint)
        if entry.id == item.entry
        else entry
        for entry in room.playlist.entries
    )
    is_listed = entries != room.playlist.entries
    room = replace(room, item=item, playlist=replace(room.playlist, entries=entries))
    return Transition(room, (*(tell_playlist(room) if is_listed else ()), *tell(room, item)))


def copy_entry(room: Room, member: Member) -> tuple[CopyState, int | None, int]:
    """What the roster says about a member's copy: how it compares with the item, how much longer it is if it differs,
    and how far its place lies ahead of the room's; both in us."""
    if room.item is None:
        return "unknown", None, 0
    if member.copy is None:
        return "same" if member.peer == room.item.by else "unknown", None, 0
    state = _compared(room.item, member.copy, is_by=member.peer == room.item.by)
    longer = _longer(room.item, member.copy) if state == "differs" else None
    return state, longer, member.copy.offset_us


def _compared(item: Item, copy: protocol.Copy, *, is_by: bool) -> CopyState:
    if not copy.has:
        return "none"
    are_printed = bool(item.fingerprint and copy.fingerprint)
    if item.fingerprint == copy.fingerprint if are_printed else is_by:
        return "same"
    longer = _longer(item, copy)
    if longer is None:
        return "differs" if are_printed else "unknown"
    are_sized = item.size is not None and copy.size is not None
    is_as_large = not are_printed or not are_sized or item.size == copy.size
    return "similar" if abs(longer) <= NEAR_US and is_as_large else "differs"


def _longer(item: Item, copy: protocol.Copy) -> int | None:
    """How much longer the copy is than the item, us, if both lengths are known."""
    if item.duration_us is None or copy.duration_us is None:
        return None
    return copy.duration_us - item.duration_us
