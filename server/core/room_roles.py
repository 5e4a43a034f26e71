"""Who is what in a room (host, operator, guest), what each role may, and what people may do to one another.

PERMITS says whose word an action takes: anyone's, that of who may control or edit the playlist (`rules` decides whether
guests do), an operator's, or the host's. The host is an operator, too.

    who makes a room is its host; who comes by an operator's key is an operator; everybody else is a guest
    the host hands over           the other is host, the one before an operator
    the host is gone for a while  the operator who came first, else the member who came first, is host; the one before
                                  an operator when it is back. A room that is kept (`persists`) goes to operators only:
                                  no stranger who is there alone at night becomes its host.
    below one another             host > operator > guest; who is below may be muted, removed and banned

Who was removed may come back with an invite, as somebody new; who was banned may not come from that address. What
either leaves behind at its address goes with it: remote controls, and for a ban the tokens of who was lost there, for
both can be made beforehand. Unless somebody else who is here shares the address (a household, a proxy): then it is not
barred, only the token has ended, and the operators are told to take the invite back.
"""

from __future__ import annotations

from typing import Literal, assert_never

from msgspec.structs import replace

from server.core import protocol
from server.core.call_mode import renewed
from server.core.protocol import Ban, Grant, HandOver, Kick, Mute, SetAway, Unban
from server.core.room_answers import refused
from server.core.room_keys import welcome_keys
from server.core.room_play import shrink
from server.core.room_state import (
    Barred,
    Cut,
    Member,
    Outcome,
    Room,
    Send,
    Transition,
    roster_is_due,
    tell,
)
from server.core.timeline import PeerId, RoomTime

Permit = Literal["anyone", "control", "playlist", "operators", "host"]

PERMITS: dict[type[protocol.Action], Permit] = {
    protocol.Play: "control",
    protocol.Pause: "control",
    protocol.Seek: "control",
    protocol.SetRate: "control",
    protocol.Load: "control",
    protocol.Next: "control",
    protocol.GoOn: "control",
    protocol.Choose: "control",
    protocol.Stay: "control",
    protocol.Check: "control",
    protocol.CallOff: "control",
    protocol.Add: "playlist",
    protocol.Remove: "playlist",
    protocol.Move: "playlist",
    protocol.Shuffle: "playlist",
    protocol.SetLoop: "playlist",
    protocol.Undo: "playlist",
    protocol.Ended: "anyone",
    protocol.Confirm: "anyone",
    protocol.SetAway: "anyone",
    protocol.Say: "anyone",
    protocol.React: "anyone",
    protocol.Mute: "operators",
    protocol.Kick: "operators",
    protocol.Ban: "operators",
    protocol.Unban: "operators",
    protocol.MakeKey: "operators",
    protocol.RevokeKey: "operators",
    protocol.SetRules: "operators",
    protocol.SetPassword: "operators",
    protocol.Grant: "host",
    protocol.HandOver: "host",
    protocol.MoveRoom: "host",
    protocol.RoomMoved: "anyone",  # of whom the room was given to: `room_whole.py` asks
    protocol.EndRoom: "host",
}
ONLY: dict[Permit, str] = {
    "control": "Only operators may play and pause in this room",
    "playlist": "Only operators may change this room's playlist",
    "operators": "Only operators may do that in this room",
    "host": "Only the host may do that",
}
RANKS: dict[protocol.Role, int] = {"guest": 0, "operator": 1, "host": 2}

MOVING = "The room is moving to another computer: wait a moment and try again."
NOBODY = "That person is not in the room any more: nothing was changed."
ABOVE = "That person is an operator or the host: only the host may do that."
NO_BAN = "That ban does not stand any more: nothing was changed."
BANNED = protocol.Refusal(code="banned", words="You were banned from this room: ask its host to let you in again.")


# -- what a role may ---------------------------------------------------------------------------------------------------


def forbidden(room: Room, member: Member, command: protocol.Command) -> protocol.Refused | None:
    """The refusal of a command that the member's role does not allow; it says who may."""
    if room.moving_to is not None and not isinstance(command.action, protocol.RoomMoved):
        return refused(command, "busy", MOVING)
    permit = PERMITS[type(command.action)]
    if may(room, member, permit):
        return None
    return refused(command, "forbidden", f"{ONLY[permit]}{_whom_to_ask(room, permit)}.")


def may(room: Room, member: Member, permit: Permit) -> bool:
    """Whether this member's word is one of those that count."""
    match permit:
        case "anyone":
            return True
        case "control":
            return member.role != "guest" or room.rules.control == "all"
        case "playlist":
            return member.role != "guest" or room.rules.playlist == "all"
        case "operators":
            return member.role != "guest"
        case "host":
            return member.role == "host"
        case _:
            assert_never(permit)


def _whom_to_ask(room: Room, permit: Permit) -> str:
    least = RANKS["host" if permit == "host" else "operator"]
    ranked = sorted((each for each in room.present if RANKS[each.role] >= least), key=lambda each: -RANKS[each.role])
    return f": ask {ranked[0].name}" if ranked else ""


def is_below(target: Member, member: Member) -> bool:
    return RANKS[target.role] < RANKS[member.role]


# -- who becomes what --------------------------------------------------------------------------------------------------


def role_of_newcomer(room: Room, by_key: protocol.Role | None, is_maker: bool, is_member: bool) -> protocol.Role:
    """As what somebody comes in who was not here before."""
    has_host = any(each.role == "host" and each.kind == "member" for each in room.members)
    is_first = not any(each.kind == "member" for each in room.members) and not room.rules.persists
    if not is_member:  # a controller holds no office, but has its bearer's rights
        return "host" if is_maker else by_key or "guest"
    if not has_host and (is_maker or is_first):
        return "host"
    return "operator" if is_maker else by_key or "guest"


def host_deadline(room: Room) -> RoomTime | None:
    """When somebody else becomes host by itself."""
    host = _host(room)
    if host is None or host.lost_at is None or _heir(room) is None:
        return None
    return RoomTime(host.lost_at + room.policy.host_gone)


def settle_host(room: Room, now: RoomTime) -> Transition:
    """Somebody else is host if the host has gone for good, or for long."""
    host = _host(room)
    if host is not None and (host.lost_at is None or now < host.lost_at + room.policy.host_gone):
        return Transition(room)
    heir = _heir(room)
    if heir is None:
        return Transition(room)
    if host is not None:
        room = room.with_member(replace(host, role="operator"))
    return _promoted(room, heir, "host", now, f"{heir.name} is the host now.")


def _host(room: Room) -> Member | None:
    return next((each for each in room.members if each.role == "host" and each.kind == "member"), None)


def _heir(room: Room) -> Member | None:
    operators = [each for each in room.present if each.role == "operator"]
    others = () if room.rules.persists else room.present
    return next((each for each in (*operators, *others) if each.role != "host"), None)


def _promoted(room: Room, member: Member, role: protocol.Role, now: RoomTime, words: str) -> Transition:
    """The member in another role. Who becomes an operator learns what only operators see; who becomes host can't stay
    muted, for nobody could change that."""
    was_guest = member.role == "guest"
    changed = replace(member, role=role, is_muted=member.is_muted and role != "host")
    room = roster_is_due(room.with_member(changed), room.policy.roster_gap, now)
    told = welcome_office(room, member.peer) if member.is_here and was_guest and role != "guest" else ()
    return Transition(room, (*tell(room, protocol.Notice(words=words, peer=member.peer)), *told))


def welcome_office(room: Room, peer: PeerId) -> tuple[Send, ...]:
    """What only a host or operator sees: keys and bans."""
    bans = (Send((peer,), _bans(room)),) if room.bans else ()
    return (*welcome_keys(room, peer), *bans)


# -- what people do to one another -------------------------------------------------------------------------------------


def act_on_people(
    room: Room,
    member: Member,
    command: protocol.Command,
    action: SetAway | Unban | Grant | HandOver | Mute | Kick | Ban,
    now: RoomTime,
) -> Transition | protocol.Refused:
    """Away, a role, a mute, a kick, a ban."""
    match action:
        case SetAway(away):
            room = roster_is_due(room.with_member(replace(member, is_away=away)), room.policy.roster_gap, now)
            return shrink(room, now, "gone")
        case Unban(ban):
            if all(each.id != ban for each in room.bans):
                return refused(command, "nothing", NO_BAN)
            return _barred(replace(room, bans=tuple(each for each in room.bans if each.id != ban)))
        case Grant(peer) | HandOver(peer) | Mute(peer) | Kick(peer) | Ban(peer):
            target = next((each for each in room.members if each.peer == peer and each.kind == "member"), None)
            if target is None or target.peer == member.peer:
                return refused(command, "nothing", NOBODY)
            return _act_on(room, member, target, command, now)
        case _:
            assert_never(action)


def _act_on(
    room: Room, member: Member, target: Member, command: protocol.Command, now: RoomTime
) -> Transition | protocol.Refused:
    match command.action:
        case HandOver():
            if not target.is_here:
                return refused(command, "nothing", NOBODY)
            host = _host(room)
            before = room if host is None else room.with_member(replace(host, role="operator"))
            return _promoted(before, target, "host", now, f"{member.name} made {target.name} the host.")
        case Grant(_, role):
            if role == target.role:
                return Transition(room)
            words = f"{member.name} made {target.name} {'an operator' if role == 'operator' else 'a guest'}."
            return _promoted(room, target, role, now, words)
        case Mute(_, muted) if is_below(target, member):
            room = room.with_member(replace(target, is_muted=muted))
            words = f"{member.name} {'muted' if muted else 'unmuted'} {target.name} in the chat."
            notice = tell(room, protocol.Notice(words=words, peer=target.peer))
            return Transition(roster_is_due(room, room.policy.roster_gap, now), notice)
        case Kick() if is_below(target, member):
            remotes = tuple(each for each in _left_behind(room, member, target) if each.kind == "controller")
            return _removed(room, member, target, remotes, "removed", now)
        case Ban() if is_below(target, member):
            gone = _removed(room, member, target, _left_behind(room, member, target), "banned", now)
            return gone.then(_bar, target)
        case _:
            return refused(command, "forbidden", ABOVE)


def _is_shared(room: Room, target: Member) -> bool:
    """Is somebody else here from the target's address? Remote controls and who was lost don't count."""
    return any(each.address == target.address and each.peer != target.peer for each in room.present)


def _left_behind(room: Room, member: Member, target: Member) -> tuple[Member, ...]:
    """What else the target may come by: whatever of its address is nobody's who is here, and below the member."""
    if not target.address or _is_shared(room, target):
        return ()
    others = (each for each in room.members if each.address == target.address and each.peer != target.peer)
    return tuple(each for each in others if is_below(each, member))


def _removed(
    room: Room, member: Member, target: Member, left_behind: tuple[Member, ...], verb: str, now: RoomTime
) -> Transition:
    """The target and what it leaves behind are told, cut and forgotten: their tokens have ended."""
    words = f"{member.name} {verb} you {'from the room' if verb == 'removed' else 'from this room'}."
    outbox: tuple[Outcome, ...] = ()
    for gone in (target, *left_behind):
        room = room.without(gone.peer) if gone.call is None else renewed(room.without(gone.peer))
        if gone.is_here:
            last = Send((gone.peer,), protocol.Closing(words=words, again=False))
            outbox = (*outbox, last, Cut(gone.peer))
    room = roster_is_due(room, room.policy.roster_gap, now)
    notice = tell(room, protocol.Notice(words=f"{member.name} {verb} {target.name}.", peer=target.peer))
    return Transition(room, (*outbox, *notice)).then(shrink, now, "gone")


def _bar(room: Room, target: Member) -> Transition:
    is_shared = _is_shared(room, target)
    number = room.bans_made + 1
    barred = Barred(str(number), target.name, "" if is_shared else target.address)
    listed = _barred(replace(room, bans=(*room.bans, barred)[-room.policy.bans_most :], bans_made=number))
    if not is_shared:
        return listed
    words = f"{target.name} shares an address with somebody here and can come back: take back the invite to prevent it."
    notice = protocol.Notice(words=words, peer=target.peer)
    return Transition(listed.room, (*listed.outbox, *_tell_operators(room, notice)))


def _barred(room: Room) -> Transition:
    return Transition(room, _tell_operators(room, _bans(room)))


def _tell_operators(room: Room, message: protocol.ServerMessage) -> tuple[Send, ...]:
    operators = tuple(each.peer for each in room.members if each.is_here and each.role != "guest")
    return (Send(operators, message),) if operators else ()


def _bans(room: Room) -> protocol.Bans:
    return protocol.Bans(bans=tuple(protocol.BanEntry(id=each.id, name=each.name) for each in room.bans))


def is_barred(room: Room, address: str) -> bool:
    return bool(address) and any(each.address == address for each in room.bans)
