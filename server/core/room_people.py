"""Who is in a room: joining, coming back by token, leaving, being lost, and the roster that tells of it.

Nobody who comes or goes moves the room: who joins late gets the timeline as it is, who comes back by token is the
same person, who is lost is no longer waited for. A film that nobody watches any more plays on for a while (a cut link
plays on by its own clock), then stands where the last member left it; the room itself is kept a little longer still,
and one that persists until nobody has visited it for 90 days (`RoomPolicy.forsaken`).
"""

from __future__ import annotations

import hmac

from msgspec.structs import replace

from server.core import protocol
from server.core.call_mode import welcome_call
from server.core.names import clean_text, unique_name
from server.core.protocol import micros
from server.core.room_chat import welcome_chat
from server.core.room_check import welcome_check
from server.core.room_entries import welcome_playlist
from server.core.room_keys import key_deadlines, role_of_key
from server.core.room_play import shrink, state
from server.core.room_roles import BANNED, RANKS, host_deadline, is_barred, role_of_newcomer, welcome_office
from server.core.room_roster import roster
from server.core.room_state import (
    Admit,
    Cut,
    Dissolve,
    Join,
    Member,
    Outcome,
    Refuse,
    Room,
    Send,
    Transition,
    roster_is_due,
    tell,
)
from server.core.timeline import RoomTime

LOCKED = protocol.Refusal(code="password", words="This room has a password: ask whoever invited you for it.")
FULL = protocol.Refusal(code="full", words="The room is full: ask somebody to leave, or come back later.")
DISSOLVED = protocol.Closing(words="Everybody has left the room, so it is closed. Join again to open it anew.")


# -- coming -----------------------------------------------------------------------------------------------------------


def receive_join(room: Room, join: Join, now: RoomTime) -> Transition:
    """Somebody new, or somebody who is back."""
    known = _known(room, join.hello)
    by_key = role_of_key(room, join.hello.key, now)
    if known is None and not join.is_maker:
        if is_barred(room, join.address):
            return Transition(room, (Refuse(BANNED, join.peer),))
        if room.password and not join.has_password and by_key is None:
            return Transition(room, (Refuse(LOCKED, join.peer),))
    if _is_full(room, join.hello.role, known):
        return Transition(room, (Refuse(FULL, join.peer),))
    came_at = now if room.newest.state == "playing" else None
    outbox: tuple[Outcome, ...]
    if known is not None:
        back = replace(known, ticket=join.peer, address=join.address, heard_at=now, lost_at=None, is_listed=True)
        member = replace(back, came_at=came_at)
        room = room.with_member(member)
        outbox = (
            (Cut(member.peer), Admit(member.peer, join.peer)) if known.is_here else (Admit(member.peer, join.peer),)
        )
    else:
        member = replace(_newcomer(room, join, by_key, now), came_at=came_at)
        room = replace(_made(room, join), members=(*room.members, member))
        outbox = (Admit(member.peer, join.peer),)
    if member.kind == "member":
        room = roster_is_due(replace(room, empty_since=None), room.policy.roster_gap, now)
    elif not room.present and room.empty_since is None:
        room = replace(room, empty_since=now)
    peer, pages = member.peer, roster(room)
    told = (
        Send((peer,), _welcome(room, member, pages[0], now)),
        *(Send((peer,), page) for page in pages[1:]),
        *welcome_playlist(room, peer),
        *welcome_chat(room, peer),
        *welcome_check(room, peer),
        *welcome_call(room, peer),
        *(() if member.role == "guest" else welcome_office(room, peer)),
    )
    return Transition(room, (*outbox, *told))


def _made(room: Room, join: Join) -> Room:
    """The room with the password of who makes it, if it is being made."""
    if not join.password or room.members or room.item is not None or room.password:
        return room
    return replace(room, password=join.password, rules=replace(room.rules, has_password=True))


def _known(room: Room, hello: protocol.Hello) -> Member | None:
    """Whose token that is. Compared in constant time: a token admits."""
    if not hello.token:
        return None
    token = hello.token.encode("utf-8", "surrogatepass")
    fitting = (each for each in room.members if hmac.compare_digest(each.token.encode("utf-8", "surrogatepass"), token))
    return next((each for each in fitting if each.kind == hello.role), None)


def _is_full(room: Room, role: str, known: Member | None) -> bool:
    if known is not None and known.is_here:
        return False
    if role == "controller":
        return sum(each.kind == "controller" for each in room.members) >= room.policy.controllers_most
    return len(room.present) >= room.policy.members_most


def _newcomer(room: Room, join: Join, by_key: protocol.Role | None, now: RoomTime) -> Member:
    kind = join.hello.role
    if kind == "controller":  # in no roster: it may be called as it likes
        name = clean_text(join.hello.name, protocol.MAX_NAME) or "Remote control"
    else:
        taken = (each.name for each in room.members if each.kind == "member")
        name = unique_name(join.hello.name, taken, protocol.MAX_NAME)
    return Member(
        peer=join.peer,
        name=name,
        token=join.token,
        kind=kind,
        heard_at=now,
        ticket=join.peer,
        role=role_of_newcomer(room, by_key, join.is_maker, kind == "member"),
        address=join.address,
    )


def _welcome(room: Room, member: Member, page: protocol.Roster, now: RoomTime) -> protocol.Welcome:
    return protocol.Welcome(
        peer=member.peer,
        name=member.name,
        token=member.token,
        epoch=room.epoch,
        room_us=micros(now),
        item=room.item,
        timeline=protocol.state_timeline(room.newest),
        roster=page,
        role=member.role,
        salt=room.salt,
        rules=room.rules,
    )


# -- going ------------------------------------------------------------------------------------------------------------


def receive_leave(room: Room, member: Member, now: RoomTime) -> Transition:
    """A peer goes for good."""
    gone = _gone(room.without(member.peer), member, now)
    return Transition(gone.room, (Cut(member.peer), *gone.outbox))


def receive_lost(room: Room, member: Member, now: RoomTime) -> Transition:
    """A peer's connection has ended. A controller has nothing to come back to."""
    if member.kind == "controller":
        return _gone(room.without(member.peer), member, now)
    room = room.with_member(replace(member, lost_at=now))
    lost = sorted((each for each in room.members if each.lost_at is not None), key=_lost_at, reverse=True)
    by_rank = sorted(lost, key=lambda each: -RANKS[each.role])  # no crowd of guests pushes out a host's token
    for least in by_rank[room.policy.lost_most :]:
        room = room.without(least.peer)
    for unlisted in lost[room.policy.lost_listed_most :]:
        room = room.with_member(_unlisted(unlisted))
    return _gone(room, member, now)


def _unlisted(member: Member) -> Member:
    """Kept for its token only: whoever it is may come back, but holds no seat in the call."""
    return replace(member, is_listed=False, call=None)


def _lost_at(member: Member) -> float:
    return float("inf") if member.lost_at is None else member.lost_at


def _gone(room: Room, member: Member, now: RoomTime) -> Transition:
    if member.kind == "controller":
        return Transition(room)
    room = roster_is_due(room, room.policy.roster_gap, now)
    if not room.present and room.empty_since is None:
        room = replace(room, empty_since=now)
    return _shorten(room, now, "gone")


# -- what comes by itself ---------------------------------------------------------------------------------------------


def people_deadlines(room: Room) -> tuple[RoomTime, ...]:
    """When something about the people has to be done by itself."""
    policy = room.policy
    present = room.present
    times = [RoomTime(min([each.heard_at for each in present]) + policy.silence)] if present else []
    if room.newest.state == "holding":
        awaited = room.newest.waiting
        times += [RoomTime(each.heard_at + policy.unheard) for each in present if each.peer in awaited]
    lost_at = [each.lost_at for each in room.members if each.lost_at is not None and each.is_listed]
    times += [RoomTime(since + policy.listed) for since in lost_at]
    if room.roster_due is not None:
        times.append(room.roster_due)
    times += key_deadlines(room)
    by_themselves = (_unwatched_until(room), _kept_until(room), host_deadline(room), room.moving_until)
    times += [due for due in by_themselves if due is not None]
    return tuple(times)


def settle_people(room: Room, now: RoomTime) -> Transition:
    """Hold the silent as lost and wait no longer for who may be, take the long lost out of the roster, stop a film that
    nobody watches, and dissolve the room that nobody comes back to."""
    transition = Transition(room)
    for member in room.present:
        if now >= member.heard_at + room.policy.silence:
            lost = receive_lost(transition.room, member, now)
            transition = Transition(lost.room, (*transition.outbox, Cut(member.peer), *lost.outbox))
    transition = transition.then(_shorten, now, "late")
    room, outbox = transition.room, transition.outbox
    for member in room.members:
        if member.is_listed and member.lost_at is not None and now >= member.lost_at + room.policy.listed:
            room = room.with_member(_unlisted(member))
            room = roster_is_due(room, room.policy.roster_gap, now)
    return Transition(room, outbox).then(_stop_unwatched, now).then(_dissolve, now)


def _shorten(room: Room, now: RoomTime, why: protocol.Why) -> Transition:
    """The room that waits for fewer, if it does, and tells so with its roster."""
    shorter = shrink(room, now, why)
    if not shorter.room.is_wait_shorter:
        return shorter
    return Transition(roster_is_due(shorter.room, room.policy.roster_gap, now), shorter.outbox)


def _watched_until(room: Room, empty_since: RoomTime) -> RoomTime:
    """When the newest timeline was last played to somebody; a controller may have started it since."""
    return RoomTime(max(empty_since, room.newest.room_time))


def _unwatched_until(room: Room) -> RoomTime | None:
    """Till when the film plays without anybody."""
    if room.empty_since is None or room.newest.state != "playing":
        return None
    return RoomTime(_watched_until(room, room.empty_since) + room.policy.unwatched)


def _stop_unwatched(room: Room, now: RoomTime) -> Transition:
    due = _unwatched_until(room)
    if due is None or room.empty_since is None or now < due:
        return Transition(room)
    place = room.newest.media_time_at(_watched_until(room, room.empty_since))
    return state(room, "paused", place, now, now, why="gone")


def _kept_until(room: Room) -> RoomTime | None:
    """Till when the room is kept without anybody."""
    if room.empty_since is None:
        return None
    if room.rules.persists:
        return RoomTime(room.empty_since + room.policy.forsaken)
    may_return = any(each.kind == "member" for each in room.members)
    return RoomTime(room.empty_since + (room.policy.abandoned if may_return else room.policy.empty))


def _dissolve(room: Room, now: RoomTime) -> Transition:
    due = _kept_until(room)
    if due is None or now < due:
        return Transition(room)
    cuts = tuple(Cut(peer) for peer in room.everyone)
    return Transition(replace(room, members=()), (*tell(room, DISSOLVED), *cuts, Dissolve()))


# -- what members say about themselves -------------------------------------------------------------------------------


def receive_report(room: Room, member: Member, report: protocol.Report, now: RoomTime) -> Room:
    """What a member says about itself: for the roster and the lead."""
    asynchrony = None if report.asynchrony_us is None else protocol.seconds(report.asynchrony_us)
    member = replace(
        member,
        delay=protocol.seconds(report.delay_us),
        playout=protocol.seconds(report.playout_us),
        dispersion=protocol.seconds(report.dispersion_us),
        asynchrony=asynchrony,
    )
    return roster_is_due(room.with_member(member), room.policy.report_gap, now)


def receive_ready(room: Room, member: Member, revision: int, now: RoomTime) -> Transition:
    """A member can start at the place of a revision."""
    if revision > room.revision or revision <= member.ready_for:
        return Transition(room)
    was_ready = room.is_ready(member)
    member = replace(member, ready_for=revision)
    if room.is_ready(member):
        member = replace(member, late_at=None, came_at=None)
    room = room.with_member(member)
    if room.is_ready(member) != was_ready:
        room = roster_is_due(room, room.policy.roster_gap, now)
    return _shorten(room, now, "ready")
