"""The roster: who is here, as what, ready or not, how far from the timeline; in pages, so that no list is too long."""

from __future__ import annotations

from msgspec.structs import replace

from server.core import protocol
from server.core.protocol import ROSTER_PAGE, micros
from server.core.room_copies import copy_entry
from server.core.room_state import Member, Room, Transition, tell
from server.core.timeline import RoomTime


def roster(room: Room) -> tuple[protocol.Roster, ...]:
    """Who is here and who was lost a short while ago, in the order in which they came; one page at least."""
    entries = tuple(_entry(room, each) for each in room.members if each.is_listed and each.kind == "member")
    if len(entries) <= ROSTER_PAGE:
        return (protocol.Roster(members=entries),)
    starts = range(0, len(entries), ROSTER_PAGE)
    return tuple(
        protocol.Roster(members=entries[start : start + ROSTER_PAGE], first=start, total=len(entries))
        for start in starts
    )


def _entry(room: Room, member: Member) -> protocol.RosterEntry:
    copy, longer_us, offset_us = copy_entry(room, member)
    return protocol.RosterEntry(
        peer=member.peer,
        name=member.name,
        here=member.is_here,
        ready=room.is_ready(member),
        role=member.role,
        away=member.is_away,
        muted=member.is_muted,
        copy=copy,
        longer_us=longer_us,
        offset_us=offset_us,
        asynchrony_us=None if member.asynchrony is None else micros(member.asynchrony),
        delay_us=None if member.delay is None else micros(member.delay),
        call=member.call,
    )


def settle_roster(room: Room, now: RoomTime) -> Transition:
    """State the roster if that is due, and with it a hold that waits for fewer now."""
    if room.roster_due is None or now < room.roster_due:
        return Transition(room)
    hold = tell(room, protocol.state_timeline(room.newest)) if room.is_wait_shorter else ()
    room = replace(room, roster_at=now, roster_due=None, is_wait_shorter=False)
    pages = tuple(send for page in roster(room) for send in tell(room, page))
    return Transition(room, (*pages, *hold))
