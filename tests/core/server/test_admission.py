from typing import Any

import pytest

from server.core.admission import WORDS, Door, check_hello, has_token, read_hello, refusal
from server.core.protocol import VERSION, Hello, Refusal, key_digest
from server.core.room_keys import door_key
from server.core.room_state import Key, Member, Room
from server.core.timeline import PeerId, RoomTime


def hello(**fields: Any) -> Hello:
    return Hello(**{"version": VERSION, "room": "Cinema", **fields})


NOW = RoomTime(1000.0)


def code(said: Hello, door: Door, room_exists: bool = True, rooms: int = 1) -> str | None:
    keys = (door_key(door.key),) if door.key else ()
    room = Room("Cinema", keys=keys) if room_exists else None
    answer = check_hello(said, door, room, rooms, NOW)
    return None if answer is None else answer.code


def test_a_hello_is_read() -> None:
    assert read_hello({"version": VERSION, "room": "Cinema", "name": "Ana"}) == hello(name="Ana")


def test_a_room_is_called_by_what_can_be_seen_of_its_name() -> None:
    said = read_hello({"version": VERSION, "room": " Cine\u200bma e\u0301 "})
    assert isinstance(said, Hello)
    assert said.room == "Cinema é"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"version": VERSION + 1, "whatever": True}, "version"),
        ({"version": VERSION - 1}, "version"),
        ({"version": VERSION}, "bad"),
        ({"version": VERSION, "room": "Cinema", "colour": "red"}, "bad"),
        ({"version": "1", "room": "Cinema"}, "bad"),
        (None, "bad"),
        ([], "bad"),
        ({"version": VERSION, "room": "\u200b"}, "room"),
    ],
)
def test_a_wrong_hello_is_refused(payload: Any, expected: str) -> None:
    answer = read_hello(payload)
    assert isinstance(answer, Refusal)
    assert answer.code == expected


def test_words_about_a_version_say_which_side_to_update() -> None:
    older, newer = read_hello({"version": VERSION - 1}), read_hello({"version": VERSION + 1})
    assert isinstance(older, Refusal)
    assert isinstance(newer, Refusal)
    assert "update the player" in older.words
    assert "server is older" in newer.words


def test_an_open_door_lets_everybody_in_and_a_member_makes_a_room() -> None:
    assert code(hello(), Door()) is None
    assert code(hello(key="anything", password="anything"), Door()) is None
    assert code(hello(), Door(), room_exists=False) is None


def test_a_controller_makes_no_room() -> None:
    assert code(hello(role="controller"), Door()) is None
    answer = check_hello(hello(role="controller"), Door(), None, 1, NOW)
    assert answer is not None
    assert answer.code == "room"
    assert "“Cinema”" in answer.words


def test_a_password_is_asked_for() -> None:
    door = Door(password="pässword")
    assert code(hello(password="pässword"), door) is None
    assert code(hello(password="other"), door) == "password"
    assert code(hello(key="pässword"), door) == "password"
    assert code(hello(), door) == "password"


def test_a_key_is_asked_for() -> None:
    door = Door(key="k")
    assert code(hello(key="k"), door) is None
    assert code(hello(key=""), door) == "key"
    assert code(hello(key="kk", password="k"), door) == "key"


def test_the_invited_need_no_password() -> None:
    door = Door(key="k", password="p")
    assert code(hello(key="k"), door) is None
    assert code(hello(password="p"), door) is None
    assert code(hello(key="p", password="k"), door) == "password"


def test_only_the_maker_makes_a_room_if_there_is_a_maker() -> None:
    door = Door(key="guest", maker_key="maker")
    assert code(hello(key="guest"), door) is None
    assert code(hello(key="guest"), door, room_exists=False) == "room"
    assert code(hello(key="maker"), door, room_exists=False) is None
    assert code(hello(key="maker", role="controller"), door, room_exists=False) == "room"
    assert code(hello(key="other"), door, room_exists=False) == "key"


def test_a_rooms_own_key_and_token_let_in_whatever_the_door_asks() -> None:
    door = Door(password="p", maker_key="maker")
    member = Member(PeerId("ana"), "Ana", "token", "member", NOW)
    late = Key("2", key_digest("late"), "guest", RoomTime(NOW - 1))
    room = Room("Cinema", members=(member,), keys=(Key("1", key_digest("theirs"), "operator"), late))

    def answer(said: Hello) -> Refusal | None:
        return check_hello(said, door, room, 1, NOW)

    assert answer(hello(key="theirs")) is None
    assert answer(hello(token="token")) is None
    assert answer(hello(key="late")) is not None
    assert answer(hello()) is not None
    assert check_hello(hello(key="theirs"), door, None, 1, NOW) is not None


def test_a_servers_key_that_a_room_has_taken_back_admits_no_more() -> None:
    assert check_hello(hello(key="k"), Door(key="k"), Room("Cinema"), 1, NOW) is not None


def test_there_are_so_many_rooms_and_no_more() -> None:
    door = Door(rooms_most=3)
    assert code(hello(), door, room_exists=False, rooms=2) is None
    assert code(hello(), door, room_exists=False, rooms=3) == "full"
    assert code(hello(), door, room_exists=True, rooms=3) is None


def test_every_refusal_is_one_sentence_that_says_what_to_do() -> None:
    for known in WORDS:
        words = refusal(known).words
        assert words.endswith(".")
        assert words.count(".") == 1


def test_who_is_back_is_known_by_the_token_of_its_kind() -> None:
    ana = Member(PeerId("p1"), "Ana", "token of Ana", "member", RoomTime(0.0))
    room = Room("den", members=(ana,))
    assert has_token(room, hello(token="token of Ana"))
    assert not has_token(room, hello(token="token of Ana", role="controller"))
    assert not has_token(room, hello(token="token of Ben"))
    assert not has_token(room, hello())
    assert not has_token(Room("den"), hello(token="token of Ana"))
