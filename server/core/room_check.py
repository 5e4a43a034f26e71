"""The ready check: are all ready? Then the film starts for all at one instant, after a count-down.

    asked      somebody who may control asks, while the film stands; that says "I am" for the one who asked
    confirmed  each member that is here and not away says so, once; who comes in meanwhile is asked, too
    all have   and their players are ready for the place: the timeline is stated "playing", a count-down ahead
               Who is still not ready after the longest wait (`hold`) catches up alone.
    over       somebody says "not yet" or calls it off, the film is moved or started otherwise, or one is alone

Nothing starts by itself for one person: that one can press play.
"""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from server.core import protocol
from server.core.protocol import CallOff, Check, Checked, Confirm
from server.core.room_answers import refused
from server.core.room_play import is_at_end, state, unready
from server.core.room_state import Member, ReadyCheck, Room, Send, Transition, tell
from server.core.timeline import PeerId, RoomTime

NOT_PAUSED = "The film plays already: pause it to ask whether all are ready."
ALONE = "You are the only one here: press play to start."
AT_END = "The film is at its end: go back to where it should start."
NOT_ASKED = "Nobody has asked whether all are ready, or it is over."
DID: dict[type[protocol.Action], str] = {
    protocol.Seek: "moved the film",
    protocol.SetRate: "changed the speed",
    protocol.Load: "opened another film",
    protocol.Choose: "opened another film",
    protocol.Next: "opened another film",
}


def act_on_check(
    room: Room, member: Member, command: protocol.Command, action: Check | Confirm | CallOff, now: RoomTime
) -> Transition | protocol.Refused:
    """A question, an answer or a change of mind."""
    check = room.check
    match action:
        case Check():
            return _ask(room, member, command)
        case Confirm() | CallOff() if check is None:
            return refused(command, "nothing", NOT_ASKED)
        case Confirm(True) if check is not None:
            others = (peer for peer in check.confirmed if peer != member.peer and room.member(peer) is not None)
            confirmed = (*others, member.peer)
            return _stated(replace(room, check=replace(check, confirmed=confirmed)))
        case Confirm():
            return _over(room, f"{member.name} is not ready yet.", member.peer)
        case CallOff():
            return _over(room, f"{member.name} called the start off.", member.peer)
        case _:
            assert_never(action)


def welcome_check(room: Room, peer: PeerId) -> tuple[Send, ...]:
    """To who has just come: what is being asked."""
    return () if room.check is None else (Send((peer,), _message(room.check)),)


def end_check(transition: Transition, member: Member, action: protocol.Action) -> Transition:
    """What a member's command led to: if it moved the film, nothing is asked any more, and whose word that was is said.
    A start needs no words."""
    room = transition.room
    if room.check is None or room.check.revision == room.revision:
        return transition
    did = DID.get(type(action))
    words = "" if did is None else f"{member.name} {did}: the start is called off."
    return transition.then(_over, words, member.peer)


def settle_check(room: Room, now: RoomTime) -> Transition:
    """Start if all have confirmed; forget the question if the film was moved, or only one is left."""
    check = room.check
    if check is None:
        return Transition(room)
    asked = _asked(room)
    if room.revision != check.revision or len(asked) < 2:
        return _over(room)
    if any(each.peer not in check.confirmed for each in asked):
        return Transition(replace(room, check=replace(check, agreed_at=None)))
    late = unready(room, now)
    agreed_at = now if check.agreed_at is None else check.agreed_at
    if late and now < agreed_at + room.policy.hold:
        return Transition(replace(room, check=replace(check, agreed_at=agreed_at)))
    members = tuple(replace(each, late_at=now) if each.peer in late else each for each in room.members)
    room = replace(room, members=members)
    at = RoomTime(max(now + room.policy.count_down, room.newest.room_time))
    return _over(room).then(
        lambda room: state(room, "playing", room.newest.media_time, at, now, why="check", by=check.by)
    )


def check_deadline(room: Room) -> RoomTime | None:
    """When the film starts for who is ready, if all have said that they are."""
    check = room.check
    return None if check is None or check.agreed_at is None else RoomTime(check.agreed_at + room.policy.hold)


def _ask(room: Room, member: Member, command: protocol.Command) -> Transition | protocol.Refused:
    if room.item is None:
        return refused(command, "nothing")
    if room.newest.state != "paused":
        return refused(command, "bad", NOT_PAUSED)
    if is_at_end(room):
        return refused(command, "bad", AT_END)
    if len(_asked(room)) < 2:
        return refused(command, "bad", ALONE)
    if room.check is not None:
        return Transition(room)
    confirmed = (member.peer,) if member.kind == "member" else ()
    return _stated(replace(room, check=ReadyCheck(member.peer, room.revision, confirmed)))


def _asked(room: Room) -> tuple[Member, ...]:
    return tuple(each for each in room.present if not each.is_away)


def _stated(room: Room) -> Transition:
    return Transition(room, () if room.check is None else tell(room, _message(room.check)))


def _message(check: ReadyCheck) -> Checked:
    return Checked(by=check.by, ready=check.confirmed)


def _over(room: Room, words: str = "", by: str = "") -> Transition:
    notice = tell(room, protocol.Notice(words=words, peer=by)) if words else ()
    return Transition(replace(room, check=None), (*tell(room, Checked()), *notice))
