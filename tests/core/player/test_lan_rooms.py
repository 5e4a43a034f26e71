"""Announcements: what is announced is understood, a key only where the network may come in, lies are left out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.invite import Invite
from player.core.lan_rooms import MOST_ROOMS, Entry, LanRoom, LanRooms, announced, room_of, txt_of
from server.core.protocol import MAX_ROOM, VERSION

PIN = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
INVITE = Invite("192.168.1.5", 8998, "Кино 🎬", pin=PIN, key="s3cret", also=(("2001:db8::5", 8998),), path="films")
HOSTS = ("192.168.1.5", "2001:db8::5")


def heard(room: LanRoom, hosts: tuple[str, ...] = HOSTS, /, **changes: bytes | None) -> LanRoom | None:
    """What a friend makes of it, with these strings of the record changed."""
    strings: dict[bytes, bytes | None] = {key.encode(): value for key, value in txt_of(room).items()}
    return room_of(room.id, hosts, room.invite.port, {**strings, **{key.encode(): v for key, v in changes.items()}})


@pytest.mark.parametrize("entry", ["open", "password", "invite"])
def test_what_is_announced_is_understood(entry: Entry) -> None:
    room = announced(replace(INVITE, password="sesame"), entry)
    assert heard(room) == room
    assert room.speaks_our_version


@pytest.mark.parametrize(("entry", "key"), [("open", "s3cret"), ("password", ""), ("invite", "")])
def test_the_key_is_only_told_where_the_network_may_come_in(entry: Entry, key: str) -> None:
    room = announced(INVITE, entry)
    assert room.invite.key == key
    assert (b"s3cret" in b"".join(txt_of(room).values())) == bool(key)


@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=MAX_ROOM))
def test_any_name_fits_into_strings_of_255_bytes(name: str) -> None:
    room = announced(replace(INVITE, room=name), "open")
    assert all(len(key) + 1 + len(value) <= 255 for key, value in txt_of(room).items())
    assert heard(room) in (room, None if not room.title else room)


def test_a_plain_room_without_a_path() -> None:
    room = announced(Invite("192.168.1.5", 1, "r", tls=False), "invite")
    assert heard(room, ("192.168.1.5",)) == room


def test_a_room_keeps_its_id_over_a_restart_and_shares_it_with_no_other() -> None:
    assert announced(INVITE, "open").id == announced(replace(INVITE, host="10.0.0.1", key="x"), "invite").id
    others = (replace(INVITE, room="b"), replace(INVITE, port=1), replace(INVITE, pin=""))
    assert len({announced(each, "open").id for each in (INVITE, *others)}) == 4


def test_another_version_is_shown_as_such() -> None:
    newer = heard(announced(INVITE, "open"), version=str(VERSION + 1).encode())
    assert newer is not None
    assert not newer.speaks_our_version


@pytest.mark.parametrize(
    "changes",
    [
        {"room": None},
        {"room": b"\xff\xfe"},
        {"room": b" "},
        {"room": b"a\x00b"},
        {"room": "\u2800".encode()},  # a letter that is drawn as nothing
        {"room": b"x" * 300},
        {"room1": b"\xff"},
        {"pin": b"short"},
        {"entry": b"come in"},
        {"entry": None},
        {"key": None},
        {"key": b"\xff"},
        {"key": b"k" * 200},
        {"version": b"one"},
        {"version": b"9" * 255},
        {"version": None},
        {"path": b"a b"},
    ],
)
def test_nonsense_is_ignored(changes: dict[str, bytes | None]) -> None:
    assert heard(announced(INVITE, "open"), **changes) is None


@pytest.mark.parametrize(
    "hosts", [(), ("127.0.0.1",), ("::",), ("224.0.0.1",), ("fe80::1",), ("fe80::1%eth0",), ("kino.example",), ("",)]
)
def test_an_announcement_that_leads_nowhere_is_ignored(hosts: tuple[str, ...]) -> None:
    assert heard(announced(INVITE, "open"), hosts) is None


@pytest.mark.parametrize("port", [None, 0, 65536])
def test_an_announcement_without_a_port_is_ignored(port: int | None) -> None:
    strings = {key.encode(): value for key, value in txt_of(announced(INVITE, "open")).items()}
    assert room_of("id", HOSTS, port, strings) is None


def test_useless_addresses_are_left_out_and_not_more_than_nine_are_taken() -> None:
    hosts = ("127.0.0.1", "fe80::1", *(f"10.0.0.{number}" for number in range(1, 30)))
    room = heard(announced(INVITE, "open"), hosts)
    assert room is not None
    assert [host for host, _ in room.invite.addresses] == [f"10.0.0.{number}" for number in range(1, 10)]


@given(st.dictionaries(st.binary(max_size=8), st.none() | st.binary(max_size=255), max_size=8), st.text(max_size=20))
def test_no_record_is_too_strange(strings: dict[bytes, bytes | None], host: str) -> None:
    assert room_of("id", (host, "10.0.0.1"), 1, {b"room": b"r", **strings}) is None or strings


def test_the_title_is_safe_to_show_and_the_room_is_asked_for_by_its_own_name() -> None:
    room = LanRoom("id", replace(INVITE, room="a  b"))
    assert (room.title, room.invite.room) == ("a b", "a  b")


def room(id: str, name: str) -> LanRoom:
    return LanRoom(id, replace(INVITE, room=name))


def test_rooms_come_change_and_go() -> None:
    rooms = LanRooms().heard("1", room("1", "b")).heard("2", room("2", "A"))
    assert [each.title for each in rooms.shown()] == ["A", "b"]
    assert [each.title for each in rooms.heard("1", room("1", "0")).shown()] == ["0", "A"]
    assert [each.title for each in rooms.heard("1", None).shown()] == ["A"]
    assert [each.title for each in rooms.gone("2").shown()] == ["b"]
    assert rooms.gone("3") is rooms


def test_a_flood_does_not_push_out_what_is_known() -> None:
    rooms = LanRooms()
    for number in range(3 * MOST_ROOMS):
        rooms = rooms.heard(str(number), room(str(number), "r"))
    assert len(rooms.shown()) == MOST_ROOMS
    assert rooms.has_place_for("0")
    assert not rooms.has_place_for("new")
    assert rooms.gone("0").has_place_for("new")
