"""The step that every store takes."""

from msgspec.structs import replace

from server.core import protocol
from server.core.admission import refusal
from server.core.room import new_room
from server.core.room_change import Change, change_of
from server.core.room_state import Admit, Close, Cut, Dissolve, Due, Join, Lost, Refuse, Room, RoomPolicy, Send
from server.core.timeline import PeerId, RoomTime

ANA, BEN = PeerId("ana"), PeerId("ben")
NOW = RoomTime(1000.0)


def make(name: str) -> Room:
    return new_room(name, "epoch", salt="chance")


def join(peer: str = ANA) -> Join:
    return Join(PeerId(peer), "token", protocol.Hello(version=protocol.VERSION, room="den", name=peer))


def test_a_member_makes_its_room_by_joining() -> None:
    change = change_of("den", None, join(), NOW, make)
    assert change.before is None
    assert change.after is not None
    assert (change.after.name, change.after.salt, change.after.epoch) == ("den", "chance", "epoch")
    assert change.outbox[0] == Admit(ANA, ANA)


def test_who_came_for_a_room_that_has_gone_meanwhile_does_not_make_it_anew() -> None:
    change = change_of("den", None, replace(join(), may_make=False), NOW, make)
    assert change == Change("den", None, None, (Refuse(refusal("room"), ANA),))
    room = change_of("den", None, join(), NOW, make).after
    assert change_of("den", room, replace(join("ben"), may_make=False), NOW, make).outbox[0] == Admit(BEN, BEN)


def test_nothing_else_makes_one() -> None:
    assert change_of("den", None, Lost(ANA), NOW, make) == Change("den", None, None, ())


def test_who_is_refused_leaves_no_room_behind() -> None:
    policy = RoomPolicy(members_most=0)
    change = change_of("den", None, join(), NOW, lambda name: replace(make(name), policy=policy))
    assert [type(each) for each in change.outbox] == [Refuse]
    assert change.after is None


def test_who_is_refused_by_a_room_that_is_there_leaves_it_as_it_is() -> None:
    room = replace(make("den"), policy=RoomPolicy(members_most=0))
    assert change_of("den", room, join(), NOW, make).after == room


def test_a_room_changes_and_in_the_end_is_gone() -> None:
    room = change_of("den", None, join(), NOW, make).after
    change = change_of("den", room, Lost(ANA), NOW, make)
    assert change.before is room
    assert change.after is not None
    assert change.after.present == ()
    late = RoomTime(NOW + change.after.policy.abandoned)
    gone = change_of("den", change.after, Due(), late, make)
    assert gone.after is None
    assert gone.outbox == (Dissolve(),)


def test_a_room_knows_when_it_was_made() -> None:
    room = change_of("den", None, join(), NOW, make).after
    assert room is not None
    assert room.made_at == NOW
    later = change_of("den", room, join("ben"), RoomTime(NOW + 1.0), make).after
    assert later is not None
    assert later.made_at == NOW


def test_who_runs_the_server_can_end_a_room() -> None:
    room = change_of("den", None, join(), NOW, make).after
    change = change_of("den", room, Close("It is late."), NOW, make)
    assert change.after is None
    assert change.outbox == (
        Send((ANA,), protocol.Closing(words="It is late.", again=False)),
        Cut(ANA),
        Dissolve(),
    )
    assert change_of("den", None, Close("It is late."), NOW, make).outbox == ()
