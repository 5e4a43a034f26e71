"""How a room's timeline changes: turns at one future instant, barriers, waits and the end of the film.

Every timeline is stated by `state`, which gives out the revision. Turns (play, pause, rate, a wait for who ran dry) lie
`lead` ahead so that they reach everybody in time. A change of place holds from now, for nothing can be in step before
all are there; in a room that stands it is simply stated as the place of the pause, and the wait comes with `play`.
"""

from __future__ import annotations

from msgspec.structs import replace

from server.core import protocol
from server.core.room_entries import cancel_next, plan_next
from server.core.room_state import Member, Room, Transition, tell
from server.core.timeline import MediaTime, PeerId, RoomTime, State, Timeline

FARTHEST = MediaTime(2**52 / 1e6)  # s: 142 years; half of what a message can say, so that nothing runs out of it


def lead(room: Room) -> float:
    """How far ahead a turn has to lie, s: the worst way to a member, the worst playout, a margin; clamped."""
    policy = room.policy
    ways = [policy.one_way_assumed if each.delay is None else each.delay / 2 for each in room.present]
    playouts = [policy.playout_assumed if each.playout is None else each.playout for each in room.present]
    wanted = max(ways, default=0.0) + max(playouts, default=0.0) + policy.lead_margin
    return min(policy.lead_most, max(policy.lead_least, wanted))


def turn_time(room: Room, now: RoomTime) -> RoomTime:
    """When a turn that is decided now takes effect: never before one that was stated already."""
    return RoomTime(max(now + lead(room), room.newest.room_time))


def place_at(room: Room, at: RoomTime) -> MediaTime:
    """Media time at an instant, pending turns included, never beyond the end."""
    return clamp(room, room.schedule.media_time_at(at))


def clamp(room: Room, media_time: MediaTime) -> MediaTime:
    """The place, or the end if that comes first. A film of unknown length ends where the wire's numbers do."""
    return MediaTime(min(media_time, FARTHEST if room.duration is None else room.duration))


def is_at_end(room: Room) -> bool:
    """Does the room stand at the end of its item?"""
    if room.is_ended or room.duration is None:
        return room.is_ended
    return room.newest.media_time >= room.duration - room.policy.again_reach


def state(
    room: Room,
    kind: State,
    media_time: MediaTime,
    at: RoomTime,
    now: RoomTime,
    *,
    why: protocol.Why,
    by: str = "",
    rate: float | None = None,
    until: RoomTime | None = None,
    waiting: tuple[PeerId, ...] = (),
) -> Transition:
    """State a new timeline to everyone."""
    timeline = Timeline(
        revision=room.revision + 1,
        item=room.item_id,
        state=kind,
        media_time=media_time,
        room_time=at,
        rate=room.newest.rate if rate is None else rate,
        until=until,
        waiting=waiting,
    )
    has_played = room.has_played or kind == "playing"
    room = replace(room, schedule=room.schedule.receive(timeline, now), has_played=has_played, is_wait_shorter=False)
    return Transition(room, tell(room, protocol.state_timeline(timeline, by, why)))


def moved(transition: Transition) -> Transition:
    """The timeline that was just stated has another place: readiness counts from its revision on, and the film is not
    at its end, so nothing else begins by itself."""
    room = replace(transition.room, place_revision=transition.room.revision, is_ended=False)
    return Transition(room, transition.outbox).then(cancel_next)


def go_to(
    room: Room,
    place: MediaTime,
    now: RoomTime,
    why: protocol.Why,
    by: str,
    *,
    rate: float | None = None,
    goes_on: bool,
) -> Transition:
    """Another place: a room that goes on plays from there as soon as all are there, another stands there."""
    if not goes_on:
        return moved(state(room, "paused", place, now, now, why=why, by=by, rate=rate))
    return moved(hold(room, place, now, now, arrivals(room, now), why=why, by=by, rate=rate))


# -- waiting ----------------------------------------------------------------------------------------------------------


def is_awaited(room: Room, member: Member, now: RoomTime) -> bool:
    """May the room wait for this member? Not if it may be gone or said that it is away, nor soon after a wait in vain,
    unless it has been ready since."""
    if member.is_away or now >= member.heard_at + room.policy.unheard:
        return False
    return member.late_at is None or now - member.late_at >= room.policy.excuse


def unready(room: Room, now: RoomTime) -> tuple[PeerId, ...]:
    """For whom a start at the room's place has to wait."""
    return tuple(each.peer for each in room.present if not room.is_ready(each) and is_awaited(room, each, now))


def arrivals(room: Room, now: RoomTime) -> tuple[PeerId, ...]:
    """For whom a start at a new place, where nobody is ready, has to wait."""
    return tuple(each.peer for each in room.present if is_awaited(room, each, now))


def hold(
    room: Room,
    media_time: MediaTime,
    at: RoomTime,
    now: RoomTime,
    waiting: tuple[PeerId, ...],
    *,
    why: protocol.Why,
    by: str = "",
    rate: float | None = None,
) -> Transition:
    """Wait at a place from `at` on for some members, then play. With nobody to wait for it plays after the lead."""
    policy = room.policy
    longest = policy.hold if room.has_played else policy.first_hold
    if not waiting or longest <= 0:
        return state(room, "playing", media_time, turn_time(room, now), now, why=why, by=by, rate=rate)
    until = RoomTime(at + longest)
    return state(room, "holding", media_time, at, now, why=why, by=by, rate=rate, until=until, waiting=waiting)


def release(room: Room, now: RoomTime, why: protocol.Why, by: str = "") -> Transition:
    """The wait is over: play from its place."""
    return state(room, "playing", room.newest.media_time, turn_time(room, now), now, why=why, by=by)


def shrink(room: Room, now: RoomTime, why: protocol.Why) -> Transition:
    """Wait no longer for who is ready, gone or unheard of; the film starts if that was the last one. Else the same
    revision says for whom the room still waits, but with the next roster: forty members become ready at one time."""
    newest = room.newest
    if newest.state != "holding":
        return Transition(room)
    missing = frozenset(unready(room, now))
    waiting = tuple(peer for peer in newest.waiting if peer in missing)
    if waiting == newest.waiting:
        return Transition(room)
    if not waiting:
        return release(room, now, why)
    timeline = replace(newest, waiting=waiting)
    return Transition(replace(room, schedule=room.schedule.receive(timeline, now), is_wait_shorter=True))


def receive_stall(room: Room, member: Member, revision: int, now: RoomTime) -> Transition:
    """A member ran dry: the room waits for it, unless it has just come into the film (it catches up alone), or made the
    room wait too often or too long already."""
    policy, newest = room.policy, room.newest
    if (
        not room.rules.waits
        or newest.state != "playing"
        or revision not in (newest.revision, room.schedule.at(now).revision)
    ):
        return Transition(room)
    at = turn_time(room, now)
    place = place_at(room, at)
    is_newcomer = member.came_at is not None and now - member.came_at < policy.newcomer
    if is_newcomer or place == room.duration or policy.hold <= 0 or not is_awaited(room, member, now):
        return Transition(room)
    recent = tuple(since for since in member.stalled_at if now - since < policy.stalls_within)
    if len(recent) >= policy.stalls_most:
        return Transition(room)
    stalled = replace(member, stalled_at=(*recent, now), stalled_for=room.revision + 1)
    return hold(room.with_member(stalled), place, at, now, (stalled.peer,), why="stall")


# -- what comes by itself ---------------------------------------------------------------------------------------------


def end_time(room: Room) -> RoomTime | None:
    """When the film that plays reaches its end, if that is known."""
    newest, duration = room.newest, room.duration
    if newest.state != "playing" or duration is None:
        return None
    return newest.room_time if newest.media_time >= duration else newest.room_time_of(duration)


def end(room: Room, at: RoomTime, now: RoomTime) -> Transition:
    """The film is over at an instant: its last frame stays, a while later what follows begins."""
    place = place_at(room, at) if room.duration is None else room.duration
    transition = state(room, "paused", place, at, now, why="end")
    ended = replace(transition.room, is_ended=True)
    return Transition(ended, transition.outbox).then(plan_next, at)


def turn_deadline(room: Room) -> RoomTime | None:
    """When the timeline has to change by itself."""
    return room.newest.until if room.newest.state == "holding" else end_time(room)


def settle(room: Room, now: RoomTime) -> Transition:
    """State what has become true by itself: the film has ended, a wait is over."""
    due = turn_deadline(room)
    if due is None or now < due:
        return Transition(room)
    if room.newest.state == "holding":
        late = frozenset(room.newest.waiting)
        members = tuple(replace(each, late_at=now) if each.peer in late else each for each in room.members)
        return release(replace(room, members=members), now, "late")
    return end(room, due, now)
