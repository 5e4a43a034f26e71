"""Invites that hold, expire and are taken back, and who knows of them."""

from server.core import protocol
from server.core.protocol import Accepted, Keys, MakeKey, Refused, RevokeKey, key_id
from server.core.room_keys import DOOR, door_key, role_of_key, with_door_key
from server.core.room_state import Refuse, Room, RoomPolicy
from server.core.timeline import RoomTime
from tests.fakes.rooms import Stage, stage_of

GUEST, OPERATOR = "guest-key-0123456789", "operator-key-0123456789"


def knock(stage: Stage, name: str, key: str) -> protocol.Role | None:
    """As what somebody comes in with a key; None: not at all."""
    hello = protocol.Hello(version=protocol.VERSION, room="Cinema", name=name, key=key)
    stage.join_as(name.lower(), hello)
    member = stage.room.member(protocol.PeerId(name.lower()))
    return None if member is None else member.role


def test_a_key_admits_as_what_it_says() -> None:
    stage = stage_of("Ana")
    stage.command("ana", MakeKey(key=OPERATOR, role="operator"))
    stage.command("ana", MakeKey(key=GUEST))
    assert knock(stage, "Ben", OPERATOR) == "operator"
    assert knock(stage, "Cem", GUEST) == "guest"
    assert knock(stage, "Dora", "another-key-0123456789") == "guest"  # a room without a password asks for no key


def test_operators_are_made_by_the_host_only_also_by_key() -> None:
    stage = stage_of("Ana", "Ben")
    stage.command("ana", protocol.Grant(peer="ben", role="operator"))
    refused = stage.command("ben", MakeKey(key=OPERATOR, role="operator"))
    assert isinstance(refused, Refused)
    assert refused.code == "forbidden"
    assert isinstance(stage.command("ben", MakeKey(key=GUEST)), Accepted)
    assert [key.role for key in stage.room.keys] == ["guest"]


def test_a_key_is_as_good_as_the_password() -> None:
    stage = stage_of("Ana")
    stage.command("ana", protocol.SetPassword(password="hashed"))
    stage.command("ana", MakeKey(key=GUEST))
    assert knock(stage, "Ben", GUEST) == "guest"
    assert knock(stage, "Cem", "") is None
    assert isinstance(stage.outbox[0], Refuse)


def test_a_key_that_was_taken_back_admits_nobody_and_whoever_came_by_it_stays() -> None:
    stage = stage_of("Ana")
    stage.command("ana", protocol.SetPassword(password="hashed"))
    stage.command("ana", MakeKey(key=GUEST))
    knock(stage, "Ben", GUEST)
    assert isinstance(stage.command("ana", RevokeKey(key=key_id(GUEST))), Accepted)
    assert knock(stage, "Cem", GUEST) is None
    assert [member.name for member in stage.room.present] == ["Ana", "Ben"]
    again = stage.command("ana", RevokeKey(key=key_id(GUEST)))
    assert isinstance(again, Refused)
    assert again.code == "nothing"


def test_a_key_expires_by_itself_and_the_operators_see_it_go() -> None:
    stage = stage_of("Ana")
    stage.command("ana", MakeKey(key=GUEST, expires_s=60))
    keys = stage.last("ana", Keys)
    assert isinstance(keys, Keys)
    assert keys.keys[0].expires_us == protocol.micros(stage.now + 60)
    stage.wait(61.0)
    assert stage.room.keys == ()
    assert stage.last("ana", Keys) == Keys()


def test_a_key_that_is_over_admits_nobody_even_before_it_is_cleared_away() -> None:
    stage = stage_of("Ana")
    stage.command("ana", MakeKey(key=GUEST, expires_s=60))
    assert role_of_key(stage.room, GUEST, RoomTime(stage.now + 59)) == "guest"
    assert role_of_key(stage.room, GUEST, RoomTime(stage.now + 60)) is None
    assert role_of_key(stage.room, "", stage.now) is None


def test_only_operators_see_the_keys() -> None:
    stage = stage_of("Ana", "Ben")
    stage.command("ana", MakeKey(key=OPERATOR, role="operator"))
    assert stage.all("ben", Keys) == []
    knock(stage, "Cem", OPERATOR)
    seen = stage.last("cem", Keys)
    assert isinstance(seen, Keys)
    assert [(key.id, key.role, key.by) for key in seen.keys] == [(key_id(OPERATOR), "operator", "Ana")]
    stage.command("ana", protocol.Grant(peer="ben", role="operator"))
    assert stage.last("ben", Keys) == seen


def test_a_room_has_so_many_keys_and_no_more_and_the_same_key_counts_once() -> None:
    stage = stage_of("Ana", policy=RoomPolicy(keys_most=1))
    stage.command("ana", MakeKey(key=GUEST))
    assert isinstance(stage.command("ana", MakeKey(key=GUEST, role="operator")), Accepted)
    assert [key.role for key in stage.room.keys] == ["operator"]
    assert isinstance(stage.command("ana", MakeKey(key=OPERATOR)), Refused)


def test_nobody_is_told_of_keys_where_no_operator_is() -> None:
    stage = stage_of("Ana")
    stage.command("ana", MakeKey(key=GUEST, expires_s=60))
    stage.lose("ana")
    stage.wait(61.0)
    assert stage.room.keys == ()


def test_the_servers_key_may_change_unless_it_was_taken_back() -> None:
    room = Room("Cinema", keys=(door_key("old"),))
    assert role_of_key(with_door_key(room, "new"), "new", RoomTime(0.0)) == "guest"
    assert role_of_key(with_door_key(room, "new"), "old", RoomTime(0.0)) is None
    assert with_door_key(Room("Cinema"), "new").keys == ()
    assert room.keys[0].id == DOOR
