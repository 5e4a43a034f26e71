"""Who is in a room's call, and what its members say to one another."""

from __future__ import annotations

from msgspec.structs import replace

from server.core import protocol
from server.core.call_messages import Again, Answer, CallSeat, Candidate, Ends, Hangup, InCall, Offer, Signal
from server.core.room import apply, new_room
from server.core.room_call import receive_in_call, receive_signal
from server.core.room_state import Due, Lost, Member, Room, RoomPolicy, Said, Send, Transition
from server.core.timeline import PeerId, RoomTime

NOW = RoomTime(10.0)
ENDS = Ends(
    ice_user="abcd",
    ice_password="x" * 22,
    fingerprint=":".join(["AB"] * 32),
    audio=1,
    video=2,
    candidates=(
        Candidate(kind="host", host="192.168.1.1", port=8080, priority=2, foundation="1"),
        Candidate(kind="srflx", host="8.8.4.4", port=5000, priority=1, foundation="2"),
    ),
)


def room_of(*names: str, policy: RoomPolicy | None = None) -> Room:
    members = tuple(
        Member(peer=PeerId(name), name=name, token=name, kind="member", heard_at=NOW, address=f"{9 + at}.1.1.1")
        for at, name in enumerate(names)
    )
    return replace(new_room("den", "e", policy), members=members)


def say(room: Room, name: str, message: InCall) -> Transition:
    member = room.member(PeerId(name))
    assert member is not None
    return receive_in_call(room, member, message, NOW)


def called(*names: str) -> Room:
    room = room_of(*names)
    for name in names:
        room = say(room, name, InCall(joined=True)).room
    return room


def signal(room: Room, sender: str, to: str, what: protocol.Signalling) -> Transition:
    member = room.member(PeerId(sender))
    assert member is not None
    return receive_signal(room, member, Signal(to=to, attempt="a1", what=what))


def test_who_joins_the_call_is_in_the_roster_with_what_it_sends() -> None:
    step = say(room_of("ana", "ben"), "ana", InCall(joined=True, serial=3, camera=True))
    member = step.room.member(PeerId("ana"))
    assert member is not None
    assert member.call == CallSeat(serial=3, camera=True)
    assert step.room.roster_due is not None


def test_the_same_again_tells_nobody_anything() -> None:
    room = called("ana")
    assert say(room, "ana", InCall(joined=True)).room is room


def test_who_leaves_the_call_stays_in_the_room() -> None:
    room = say(called("ana"), "ana", InCall(joined=False)).room
    member = room.member(PeerId("ana"))
    assert member is not None
    assert member.call is None


def test_a_full_call_says_so_and_lets_those_in_it_switch() -> None:
    room = room_of("ana", "ben", policy=RoomPolicy(call_most=1))
    room = say(room, "ana", InCall(joined=True)).room
    step = say(room, "ben", InCall(joined=True))
    assert step.room is room
    assert [send.message for send in step.outbox if isinstance(send, Send)] == [
        protocol.Notice(words="The call is full, it holds 1: wait until somebody leaves it.")
    ]
    member = say(room, "ana", InCall(joined=True, camera=True)).room.member(PeerId("ana"))
    assert member is not None
    assert member.call == CallSeat(camera=True)


def test_a_signal_reaches_its_member_only_without_what_may_not_be_tried() -> None:
    room = called("ana", "ben", "eve")
    for make in (Offer, Answer):
        (send,) = signal(room, "ana", "ben", make(ends=ENDS)).outbox
        assert isinstance(send, Send)
        assert send.to == ("ben",)
        told = replace(ENDS, candidates=ENDS.candidates[1:])
        assert send.message == protocol.Signalled(peer="ana", attempt="a1", what=make(ends=told))


def test_in_a_relay_only_room_no_address_is_told() -> None:
    room = called("ana", "ben")
    room = replace(room, rules=protocol.Rules(relay_only=True))
    (send,) = signal(room, "ana", "ben", Offer(ends=ENDS)).outbox
    assert isinstance(send, Send)
    assert isinstance(send.message, protocol.Signalled)
    assert isinstance(send.message.what, Offer)
    assert send.message.what.ends.candidates == ()


def test_short_words_go_through_as_they_are() -> None:
    for what in (Again(), Hangup()):
        (send,) = signal(called("ana", "ben"), "ana", "ben", what).outbox
        assert isinstance(send, Send)
        assert send.message == protocol.Signalled(peer="ana", attempt="a1", what=what)


def test_who_is_not_in_the_call_neither_speaks_nor_hears() -> None:
    both = called("ana", "ben")
    ben = both.member(PeerId("ben"))
    assert ben is not None
    for room, sender, to in (
        (say(both, "ana", InCall(joined=False)).room, "ana", "ben"),
        (say(both, "ben", InCall(joined=False)).room, "ana", "ben"),
        (both.with_member(replace(ben, lost_at=NOW)), "ana", "ben"),
        (both, "ana", "ana"),
        (both, "ana", "nobody"),
    ):
        assert signal(room, sender, to, Hangup()).outbox == ()


def test_the_room_lets_members_call_and_passes_over_controllers() -> None:
    room = room_of("ana", "ben")
    for name in ("ana", "ben"):
        room = apply(room, Said(PeerId(name), InCall(joined=True)), NOW).room
    step = apply(room, Said(PeerId("ana"), Signal(to="ben", attempt="a1", what=Hangup())), NOW)
    assert [send.to for send in step.outbox if isinstance(send, Send) and isinstance(send.message, protocol.Signalled)]
    assert step.room.roster_due == room.roster_due
    assert apply(room, Said(PeerId("ana"), protocol.AskWays()), NOW).outbox == ()  # the shell has answered
    ben = room.member(PeerId("ben"))
    assert ben is not None
    room = room.with_member(replace(ben, kind="controller", call=None))
    room = apply(room, Said(PeerId("ben"), InCall(joined=True)), NOW).room
    controller = room.member(PeerId("ben"))
    assert controller is not None
    assert controller.call is None


def test_a_rule_can_ask_for_relays_only() -> None:
    room = replace(room_of("ana"), rules=protocol.Rules())
    ana = room.member(PeerId("ana"))
    assert ana is not None
    room = room.with_member(replace(ana, role="host"))
    command = protocol.Command(id="1", revision=0, item="", action=protocol.SetRules(relay_only=True))
    assert apply(room, Said(PeerId("ana"), command), NOW).room.rules.relay_only


def test_who_is_lost_holds_its_seat_only_as_long_as_the_roster_has_it() -> None:
    room = called("ana", "ben")
    room = apply(room, Lost(PeerId("ana")), NOW).room
    lost = room.member(PeerId("ana"))
    assert lost is not None
    assert lost.call == CallSeat()
    room = apply(room, Due(), RoomTime(NOW + room.policy.listed)).room
    unlisted = room.member(PeerId("ana"))
    assert unlisted is not None
    assert (unlisted.is_listed, unlisted.call) == (False, None)
