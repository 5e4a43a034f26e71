"""How a room's call is held: from each member to each, or over the server's SFU when it is larger.

    mesh     few are in the call, or there is no SFU: each sends to each
    wanted   more than `sfu_above` are: the shell is to make a meeting on the SFU and says `Met` when it stands. Until
             then the call goes on as it is
    sfu      the meeting was stated: each sends once. With `sfu_above` or fewer for `sfu_kept` it is the mesh again, at
             once if nobody is left
    renewed  somebody who was in the meeting was removed from the room, and may still have a ticket to it: another one
             is wanted, and the old one stands until that is there
    failed   the SFU is gone, or made no meeting: the mesh, with words, and no other try for `sfu_again`
    relays   a room whose rule is `relay_only` is a mesh however many are in its call: nothing but relays is contacted

`generation` counts what was stated. A meeting belongs to one, so that a late word about an old one, from whichever of
the processes that share a room, changes nothing: each may say `Met`, and the first counts.
"""

from __future__ import annotations

from msgspec.structs import replace

from server.core.protocol import CallStated
from server.core.room_state import CallHeld, Met, Room, Send, Transition, tell
from server.core.timeline import PeerId, RoomTime

GROWN = "The call is larger now: voices and pictures go by the server."
FAILED = "The server's part for larger calls is gone: voices and pictures go directly from player to player again."
RELAYED = "This call goes by relays only from now on."


def count_in_call(room: Room) -> int:
    """Members in the call, those included who are away from their room for a moment."""
    return sum([each.call is not None for each in room.members])


def meeting_of(room: Room) -> int | None:
    """The generation of the meeting in which the call is; None: it is in none."""
    return room.held.generation if room.held.mode == "sfu" else None


def wanted_meeting(room: Room) -> int | None:
    """The generation of the meeting that is to be made; None: none is."""
    return room.held.generation + 1 if room.held.is_wanted else None


def settle_call(room: Room, now: RoomTime) -> Transition:
    """What follows from how many are in the call, and from the time that this is so."""
    held, above = room.held, _threshold(room)
    count = count_in_call(room)
    if held.mode == "sfu":
        if above == 0:  # it comes from another server, or has another rule than before
            words = RELAYED if room.rules.relay_only else FAILED
            return _stated(room, CallHeld(generation=held.generation + 1), words)
        if count == 0:
            return _stated(room, CallHeld(generation=held.generation + 1))
        if count > above:
            return Transition(room if held.small_since is None else _holding(room, small_since=None))
        since = now if held.small_since is None else held.small_since
        if now >= since + room.policy.sfu_kept:
            return _stated(room, CallHeld(generation=held.generation + 1))
        return Transition(room if held.small_since == since else _holding(room, small_since=since))
    is_large = 0 < above < count
    is_wanted = is_large and (held.again_at is None or now >= held.again_at)
    return Transition(room) if is_wanted == held.is_wanted else Transition(_holding(room, is_wanted=is_wanted))


def receive_met(room: Room, met: Met, now: RoomTime) -> Transition:
    """The shell's word about the meeting of a generation: it stands, or it does not (any more)."""
    held = room.held
    if met.stands:
        if met.generation != wanted_meeting(room):
            return Transition(room)
        words = GROWN if held.mode == "mesh" else ""
        return _stated(room, CallHeld(mode="sfu", generation=met.generation, small_since=held.small_since), words)
    again_at = RoomTime(now + room.policy.sfu_again)
    if met.generation == meeting_of(room):
        return _stated(room, CallHeld(generation=held.generation + 1, again_at=again_at), FAILED)
    if met.generation == wanted_meeting(room) and held.mode == "mesh":
        return Transition(_holding(room, is_wanted=False, again_at=again_at))
    return Transition(room)


def renewed(room: Room) -> Room:
    """The room whose call needs another meeting, if it is in one: somebody has a ticket to this who should not."""
    return _holding(room, is_wanted=True) if room.held.mode == "sfu" else room


def call_deadline(room: Room) -> RoomTime | None:
    """When something about the call has to be done by itself."""
    held = room.held
    if held.mode == "sfu":
        return None if held.small_since is None else RoomTime(held.small_since + room.policy.sfu_kept)
    is_large = 0 < _threshold(room) < count_in_call(room)
    return held.again_at if is_large and not held.is_wanted else None


def welcome_call(room: Room, peer: PeerId) -> tuple[Send, ...]:
    """How the call is held, for who comes; without words, which are old by now."""
    held = room.held
    return (Send((peer,), CallStated(mode=held.mode, generation=held.generation)),) if held.generation else ()


def _threshold(room: Room) -> int:
    """With more in the call it goes over the SFU; 0: it never does."""
    return 0 if room.rules.relay_only else room.policy.sfu_above


def _stated(room: Room, held: CallHeld, words: str = "") -> Transition:
    room = replace(room, held=held)
    return Transition(room, tell(room, CallStated(mode=held.mode, generation=held.generation, words=words)))


def _holding(room: Room, **changes: bool | RoomTime | None) -> Room:
    return replace(room, held=replace(room.held, **changes))
