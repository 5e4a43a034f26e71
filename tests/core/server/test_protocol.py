"""The wire: what is written can be read again, and nothing else can be read."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core import protocol
from server.core.protocol import (
    CLIENT_KINDS,
    SERVER_KINDS,
    Wire,
    WireError,
    decode_client,
    decode_hello,
    decode_server,
    encode,
    read_timeline,
    state_timeline,
)
from server.core.timeline import MAX_RATE, MIN_RATE, MediaTime, PeerId, RoomTime, State, Timeline

PLAY = {"id": "a-1", "revision": 3, "item": "i1", "action": {"do": "play"}}
STATED = {"revision": 3, "item": "i1", "state": "playing", "media_us": 0, "room_us": -5, "rate": 1.0}


def over_the_wire(message: Wire) -> tuple[str, Any]:
    """What the other side gets: JSON as Socket.IO writes it."""
    kind, payload = encode(message)
    return kind, json.loads(json.dumps(payload, ensure_ascii=False).encode("utf-8"))


# -- round trips -------------------------------------------------------------------------------------------------------

natural = st.integers(0, 2**53)
micros = st.integers(-(2**53), 2**53)
rate = st.floats(MIN_RATE, MAX_RATE)


def text(most: int, least: int = 0) -> st.SearchStrategy[str]:
    return st.text(min_size=least, max_size=most)  # hypothesis leaves lone surrogates out as well


short = text(40)
actions = st.one_of(
    st.just(protocol.Play()),
    st.just(protocol.Pause()),
    st.builds(protocol.Seek, media_us=natural),
    st.builds(protocol.SetRate, rate=rate),
    st.builds(protocol.Load, title=text(200), duration_us=st.none() | natural),
    st.just(protocol.Next()),
    st.just(protocol.Ended()),
)
client_messages = st.one_of(
    st.builds(protocol.ClockRequest, t0_us=micros),
    st.builds(protocol.Command, id=short, revision=natural, item=short, action=actions),
    st.builds(protocol.Ready, revision=natural),
    st.builds(protocol.Stall, revision=natural),
    st.builds(
        protocol.Report,
        delay_us=natural,
        playout_us=natural,
        dispersion_us=natural,
        asynchrony_us=st.none() | micros,
    ),
    st.just(protocol.Leave()),
)
items = st.builds(protocol.Item, id=short, title=text(200), duration_us=st.none() | natural, by=short)
stated = st.builds(
    protocol.TimelineStated,
    revision=natural,
    item=short,
    state=st.sampled_from(get_args(State)),
    media_us=natural,
    room_us=micros,
    rate=rate,
    until_us=st.none() | micros,
    waiting=st.lists(short, max_size=3).map(tuple),
    by=short,
    why=st.none() | st.sampled_from(get_args(protocol.Why)),
)
entries = st.builds(
    protocol.RosterEntry,
    peer=short,
    name=text(32, least=1),
    here=st.booleans(),
    ready=st.booleans(),
    asynchrony_us=st.none() | micros,
    delay_us=st.none() | natural,
)
rosters = st.builds(protocol.Roster, members=st.lists(entries, max_size=3).map(tuple))
server_messages = st.one_of(
    st.builds(protocol.ClockReply, t0_us=micros, t1_us=micros, t2_us=micros, epoch=short),
    st.builds(protocol.Accepted, id=short, revision=natural),
    st.builds(protocol.Refused, id=short, code=st.sampled_from(get_args(protocol.CommandRefusal)), words=text(300)),
    items,
    stated,
    rosters,
    st.builds(
        protocol.Welcome,
        peer=short,
        name=text(32),
        token=text(128),
        epoch=short,
        room_us=micros,
        timeline=stated,
        roster=rosters,
        item=st.none() | items,
    ),
    st.builds(protocol.Notice, words=text(300), peer=short),
    st.builds(protocol.Closing, words=text(300)),
)
hellos = st.builds(
    protocol.Hello,
    version=natural,
    room=text(64, least=1),
    name=text(32),
    role=st.sampled_from(("member", "controller")),
    key=text(128),
    password=text(128),
    token=text(128),
    client=short,
)


@given(client_messages)
def test_what_a_client_writes_the_server_reads(message: protocol.ClientMessage) -> None:
    assert decode_client(*over_the_wire(message)) == message


@given(server_messages)
def test_what_the_server_writes_a_client_reads(message: protocol.ServerMessage) -> None:
    assert decode_server(*over_the_wire(message)) == message


@given(hellos)
def test_a_hello_is_an_auth_payload_and_no_event(hello: protocol.Hello) -> None:
    kind, payload = over_the_wire(hello)
    assert kind == ""
    assert decode_hello(payload) == hello


def test_every_message_has_a_kind_and_no_kind_means_two_things_to_one_side() -> None:
    for table, union in ((CLIENT_KINDS, protocol.ClientMessage), (SERVER_KINDS, protocol.ServerMessage)):
        assert set(table.values()) == set(get_args(union))
        assert all(protocol.KIND_OF[kind] == name for name, kind in table.items())


def test_what_has_its_usual_value_is_not_written() -> None:
    assert encode(protocol.Report(delay_us=1, playout_us=2, dispersion_us=3)) == (
        "report",
        {"delay_us": 1, "playout_us": 2, "dispersion_us": 3},
    )
    assert encode(protocol.Command(id="a", revision=1, item="", action=protocol.Play())) == (
        "command",
        {"id": "a", "revision": 1, "item": "", "action": {"do": "play"}},
    )


# -- strictness --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("ready", {"revision": 1, "extra": 2}),
        ("ready", {}),
        ("ready", {"revision": -1}),
        ("ready", {"revision": 2**53 + 1}),
        ("ready", {"revision": 1.0}),
        ("ready", {"revision": "1"}),
        ("ready", {"revision": True}),
        ("ready", {"revision": None}),
        ("ready", None),
        ("ready", [1]),
        ("ready", b"\x00"),
        ("ready", {1: 1}),
        ("clock", {"t0_us": -(2**53) - 1}),
        ("command", PLAY | {"id": "x" * 41}),
        ("command", PLAY | {"id": "\ud83d"}),
        ("command", PLAY | {"action": {"do": "stop"}}),
        ("command", PLAY | {"action": {"do": "play", "at": 3}}),
        ("command", PLAY | {"action": {}}),
        ("command", PLAY | {"action": {"do": "seek", "media_us": -1}}),
        ("command", PLAY | {"action": {"do": "rate", "rate": 0.2}}),
        ("command", PLAY | {"action": {"do": "rate", "rate": 4.1}}),
        ("command", PLAY | {"action": {"do": "rate", "rate": float("nan")}}),
        ("command", PLAY | {"action": {"do": "rate", "rate": float("inf")}}),
        ("command", PLAY | {"action": {"do": "load", "title": "x" * 201}}),
    ],
)
def test_a_client_that_writes_anything_else_is_refused(kind: str, payload: Any) -> None:
    with pytest.raises(WireError, match=f"^{kind}: "):
        decode_client(kind, payload)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("timeline", STATED | {"state": "stopped"}),
        ("timeline", STATED | {"why": "fun"}),
        ("timeline", STATED | {"media_us": -1}),
        ("timeline", STATED | {"waiting": ["a", 1]}),
        ("refused", {"id": "a", "code": "no", "words": ""}),
        ("notice", {"words": "x" * 301}),
        ("roster", {"members": [{"peer": "a", "name": "", "here": True, "ready": True}]}),
    ],
)
def test_a_server_that_writes_anything_else_is_refused(kind: str, payload: Any) -> None:
    with pytest.raises(WireError, match=f"^{kind}: "):
        decode_server(kind, payload)


@pytest.mark.parametrize("kind", ["", "welcome", "connect", "x" * 1000, None, 7, ["clock"], {"clock": 1}])
def test_an_unknown_kind_is_refused_and_quoted_shortly(kind: Any) -> None:
    with pytest.raises(WireError, match=r"^unknown kind ") as refused:
        decode_client(kind, {})
    assert len(str(refused.value)) < 100


def test_each_side_reads_only_the_other_sides_kinds() -> None:
    with pytest.raises(WireError):
        decode_server("command", PLAY)
    with pytest.raises(WireError):
        decode_client("timeline", STATED)


def test_what_a_stranger_wrote_can_neither_flood_nor_forge_a_log() -> None:
    with pytest.raises(WireError) as refused:
        decode_client("leave", {"a\nERROR forged \x1b[2J" + "y" * 5000: 1})
    assert len(str(refused.value)) < 300
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("kind", "payload", "words"),
    [
        ("leave", {"my secret": 1}, "leave: Object contains unknown field"),
        ("command", PLAY | {"action": {"do": "my secret"}}, "command: Invalid value at $.action.do"),
        ("command", PLAY | {"id": ["my secret"]}, "command: Expected at $.id"),
        ("ready", {}, "ready: Object missing required field"),
    ],
)
def test_what_a_stranger_wrote_is_not_quoted_where_it_may_be_a_secret(kind: str, payload: Any, words: str) -> None:
    with pytest.raises(WireError) as refused:
        decode_client(kind, payload)
    assert str(refused.value) == words


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        {"version": 1},
        {"version": 1, "room": ""},
        {"version": 1, "room": "r" * 65},
        {"version": 1, "room": "r", "role": "owner"},
        {"version": 1, "room": "r", "name": "n" * 33},
        {"version": 1, "room": "r", "key": "k" * 129},
        {"version": 1, "room": "r", "is_admin": True},
    ],
)
def test_a_hello_is_read_as_strictly(payload: Any) -> None:
    with pytest.raises(WireError, match=r"^hello: "):
        decode_hello(payload)


# -- versions ----------------------------------------------------------------------------------------------------------


def test_another_version_is_told_whatever_else_its_hello_holds() -> None:
    assert protocol.wrong_version({"version": 99, "rooms": ["a"], "new": {}}) == 99
    assert protocol.wrong_version({"version": 0}) == 0


@pytest.mark.parametrize("payload", [{"version": protocol.VERSION}, {"version": True}, {"version": "2"}, {}, None, [2]])
def test_our_version_or_none_at_all_is_not_another(payload: Any) -> None:
    assert protocol.wrong_version(payload) is None


def test_the_words_about_versions_say_which_side_to_update() -> None:
    assert "update the player" in protocol.version_words(protocol.VERSION - 1)
    newer = protocol.version_words(protocol.VERSION + 1)
    assert "the server is older than this player" in newer
    assert f"player {protocol.VERSION + 1}, server {protocol.VERSION}" in newer


# -- limits ------------------------------------------------------------------------------------------------------------


def test_a_full_room_of_long_names_fits_one_message() -> None:
    names = ["\N{CLAPPER BOARD}" * protocol.MAX_NAME] * 58  # RoomPolicy: 50 members and 8 lost ones
    members = [
        protocol.RosterEntry(
            peer=f"peer{number:08}", name=name, here=True, ready=True, asynchrony_us=-123456, delay_us=1234567
        )
        for number, name in enumerate(names)
    ]
    _, payload = encode(protocol.Roster(members=tuple(members)))
    assert len(json.dumps(payload, ensure_ascii=False).encode()) < protocol.MAX_MESSAGE_BYTES


def test_the_largest_message_of_a_client_is_far_below_the_limit() -> None:
    load = protocol.Load(title="\N{CLAPPER BOARD}" * protocol.MAX_TITLE, duration_us=2**53)
    _, payload = encode(protocol.Command(id="i" * 40, revision=2**53, item="i" * 40, action=load))
    assert len(json.dumps(payload, ensure_ascii=False).encode()) < protocol.MAX_MESSAGE_BYTES / 4


# -- timelines ---------------------------------------------------------------------------------------------------------


@given(
    st.builds(
        Timeline,
        revision=natural,
        item=short,
        state=st.sampled_from(get_args(State)),
        media_time=st.integers(0, 10**11).map(lambda us: MediaTime(us / 1e6)),
        room_time=st.integers(-(10**12), 10**12).map(lambda us: RoomTime(us / 1e6)),
        rate=rate,
        until=st.none() | st.integers(0, 10**12).map(lambda us: RoomTime(us / 1e6)),
        waiting=st.lists(short.map(PeerId), max_size=3).map(tuple),
    )
)
def test_a_timeline_survives_being_stated(timeline: Timeline) -> None:
    _, payload = over_the_wire(state_timeline(timeline, by="p1", why="seek"))
    message = decode_server("timeline", payload)
    assert isinstance(message, protocol.TimelineStated)
    assert (message.by, message.why) == ("p1", "seek")
    assert read_timeline(message) == timeline


def test_times_are_rounded_to_the_nearest_microsecond_not_cut() -> None:
    assert protocol.micros(1.2345678) == 1_234_568
    assert protocol.micros(-0.0000009) == -1
    assert protocol.seconds(1_234_568) == 1.234568


# -- the document ------------------------------------------------------------------------------------------------------


def test_the_docstring_names_every_kind_field_and_word() -> None:
    words = set(re.findall(r"\w+", protocol.__doc__ or ""))
    for kind, message in (*CLIENT_KINDS.items(), *SERVER_KINDS.items()):
        assert {kind, *message.__struct_fields__} <= words
    for literal in (protocol.Why, protocol.CommandRefusal, protocol.RefusalCode, State):
        assert set(get_args(literal)) <= words
