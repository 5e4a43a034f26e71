"""What is kept of a room, and that only what has changed is written."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from server.core import protocol
from server.core.protocol import Add, Mute, Pause, Play, Remove, Report, Say, Seek, SetAway, Shuffle, Undo
from server.core.room_codec import (
    VOLATILE,
    VOLATILE_OF_MEMBER,
    CodecError,
    bundle_of,
    changed_parts,
    has_changed,
    read_bundle,
    room_of,
    with_parts,
)
from server.core.room_state import (
    Barred,
    Key,
    Listing,
    Member,
    PlaylistState,
    ReadyCheck,
    Room,
    RoomPolicy,
)
from server.core.timeline import PeerId, RoomTime
from tests.fakes.rooms import Stage, stage_of, watching

POLICY = RoomPolicy()
CLEO = PeerId("cleo")


def kept(room: Room) -> Room:
    """The room without what is not kept of it."""
    blank = Room(name=room.name)
    blank_member = Member(peer=PeerId(""), name="", token="", kind="member", heard_at=RoomTime(0.0))
    members = tuple(
        replace(each, **{name: getattr(blank_member, name) for name in VOLATILE_OF_MEMBER}) for each in room.members
    )
    return replace(room, members=members, **{name: getattr(blank, name) for name in VOLATILE})


def full_room() -> Room:
    """A room in which there is something everywhere."""
    room = watching("Ana", "Ben").room
    first, second, third = (protocol.Entry(id=f"{n}", title=f"film {n}", url="http://x/") for n in range(3))
    answers = (
        protocol.Accepted(id="a", revision=3),
        protocol.Refused(id="b", code="item", words="No."),
    )
    ana = replace(
        room.members[0],
        answers=answers,
        copy=protocol.Copy(item="1", size=3),
        role="host",
        stalled_at=(RoomTime(1.5),),
        late_at=RoomTime(0.1 + 0.2),
        asynchrony=0.25,
    )
    return replace(
        room.with_member(ana),
        password="$argon2id$",
        salt="abc",
        rules=protocol.Rules(listed=True, has_password=True),
        keys=(Key("k", "00", "operator", RoomTime(77.0), "Ana"),),
        bans=(Barred("b", "Mallory", "192.0.2.1"),),
        bans_made=1,
        playlist=PlaylistState(
            revision=4,
            entries=(first, second),
            loop="all",
            past=(Listing((first, second, third), "off"), Listing((third, first))),
            next_at=RoomTime(12.0),
            next="1",
        ),
        lines=tuple(
            protocol.Line(id=n, peer="ana", name="Ana", text="…", at_us=n, media_us=n, item="1") for n in range(9, 12)
        ),
        lines_made=12,
        check=ReadyCheck(PeerId("ana"), 3, (PeerId("ben"),)),
        moving_to=PeerId("ben"),
        moving_until=RoomTime(5.0),
        empty_since=RoomTime(6.0),
    )


def written(parts: dict[str, str], before: Room | None, after: Room) -> dict[str, str]:
    """The parts after a change."""
    changes = changed_parts(before, after)
    parts = {name: text for name, text in parts.items() if changes.get(name, text) is not None}
    return parts | {name: text for name, text in changes.items() if text is not None}


def test_a_room_is_the_same_when_it_is_read_again() -> None:
    room = full_room()
    again = room_of(room.name, written({}, None, room), POLICY, "epoch")
    assert again == replace(kept(room), epoch="epoch", policy=POLICY)


def test_so_is_one_in_which_nothing_has_happened() -> None:
    assert room_of("den", written({}, None, Room("den")), POLICY, "") == Room("den", policy=POLICY)


def test_nothing_is_kept_of_a_title_twice_however_often_it_was_moved() -> None:
    (text,) = [text for name, text in written({}, None, full_room()).items() if name == "playlist"]
    assert text.count("film 1") == 1


DOINGS: tuple[Callable[[Stage], object], ...] = (
    lambda stage: stage.command("ana", Play()),
    lambda stage: stage.command("ben", Pause()),
    lambda stage: stage.command("ana", Seek(media_us=5_000_000)),
    lambda stage: stage.command("ana", Say(text="Hello")),
    lambda stage: stage.command("ana", SetAway(away=True)),
    lambda stage: stage.command("ana", Mute(peer="ben", muted=True)),
    lambda stage: stage.command("ana", Add(entries=(protocol.NewEntry(title="more"),)), stage.room.playlist.revision),
    lambda stage: stage.command("ana", Shuffle(), stage.room.playlist.revision),
    lambda stage: stage.command("ana", Undo(), stage.room.playlist.revision),
    lambda stage: stage.command(
        "ben", Remove(entries=tuple(each.id for each in stage.room.playlist.entries[:1])), stage.room.playlist.revision
    ),
    lambda stage: stage.join("Cleo", "token of cleo") if stage.room.member(CLEO) else stage.join("Cleo"),
    lambda stage: stage.lose("cleo"),
    lambda stage: stage.leave("cleo"),
    lambda stage: stage.wait(3.0),
    lambda stage: stage.wait(70.0),
    lambda stage: stage.ready("ana", "ben"),
    lambda stage: stage.stall("ben"),
)


@given(st.lists(st.sampled_from(DOINGS), max_size=25))
def test_what_is_written_step_by_step_is_the_room(doings: list[Callable[[Stage], object]]) -> None:
    stage = watching("Ana", "Ben")
    room = stage.room
    parts = written({}, None, room)
    for do in doings:
        do(stage)
        if has_changed(room, stage.room):
            parts = written(parts, room, stage.room)
        else:
            assert not changed_parts(room, stage.room)
        room = stage.room
    again = room_of(room.name, parts, room.policy, room.epoch)
    assert kept(again) == kept(room)


def changes_of(stage: Stage, do: Callable[[], object]) -> set[str]:
    before = stage.room
    do()
    return set(changed_parts(before, stage.room))


def test_a_command_writes_the_film_and_its_sender_only() -> None:
    stage = watching("Ana", "Ben")
    stage.command("ana", Say(text="Hello"))
    assert changes_of(stage, lambda: stage.command("ana", Pause())) == {"film", "member ana"}


def test_what_lives_for_a_moment_is_not_written() -> None:
    stage = watching("Ana", "Ben")
    stage.wait(3.0)

    def talk() -> None:
        stage.say("ana", protocol.ClockRequest(t0_us=0))
        stage.say("ben", Report(delay_us=1, playout_us=2, dispersion_us=3))
        stage.wait(3.0)

    before = stage.room
    assert changes_of(stage, talk) == set()
    assert stage.room != before
    assert not has_changed(before, stage.room)
    assert not has_changed(before, before)


def test_who_goes_is_written_no_more() -> None:
    stage = watching("Ana", "Ben")
    before = stage.room
    stage.leave("ben")
    assert has_changed(before, stage.room)
    parts = changed_parts(before, stage.room)
    assert parts["member ben"] is None
    assert parts["people"] == '["ana"]'


def test_a_line_that_is_forgotten_goes_and_the_others_are_not_written_again() -> None:
    before = full_room()
    fresh = protocol.Line(id=12, peer="ana", name="Ana", text="new", at_us=1, media_us=1)
    after = replace(before, lines=(*before.lines[1:], fresh))
    assert has_changed(before, after)
    parts = changed_parts(before, after)
    assert set(parts) == {"line 9", "line 12"}
    assert parts["line 9"] is None


def test_a_room_that_comes_or_goes_has_changed() -> None:
    room = full_room()
    assert has_changed(None, room)
    assert has_changed(room, None)
    assert not has_changed(None, None)


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("film", None),
        ("film", "{"),
        ("film", "[]"),
        ("film", '{"items": "many"}'),
        ("people", '["nobody"]'),
        ("member ana", '{"peer": "ana"}'),
        ("member ana", "3"),
        ("playlist", '{"known": [], "entries": [0], "past": []}'),
        ("line 9", '{"id": 9}'),
    ],
)
def test_what_makes_no_room_is_told(part: str, text: str | None) -> None:
    parts = written({}, None, full_room())
    if text is None:
        del parts[part]
    else:
        parts[part] = text
    with pytest.raises(CodecError):
        room_of("Cinema", parts, POLICY, "")


def test_a_whole_room_goes_into_a_bundle_and_comes_out_again() -> None:
    room = full_room()
    again, now = read_bundle(bundle_of(room, RoomTime(77.0)), POLICY)
    members = tuple(replace(each, answers=()) for each in room.members)
    room = replace(room, members=members, moving_to=None, moving_until=None, check=None)
    assert now == 77.0
    assert again == replace(kept(room), epoch=room.epoch, policy=POLICY)


def test_no_crowd_makes_a_room_too_large_to_be_moved() -> None:
    stage = stage_of("Ana")
    film = protocol.NewEntry(title="\U0001f600" * protocol.MAX_TITLE, size=2**53, fingerprint="f" * 64)
    while isinstance(stage.command("ana", protocol.Add(entries=(film,) * protocol.MAX_ADDED)), protocol.Accepted):
        pass
    for _ in range(20):
        stage.command("ana", protocol.Shuffle())
    for number in range(11):
        stage.skip(2.0)
        stage.command("ana", protocol.Say(text="\U0001f469" * protocol.MAX_SAID), id=f"said {number}")
    for round in "12":
        peers = [stage.join(f"P{round}{number}") for number in range(39)]
        for peer in peers:
            for number in range(32):
                stage.command(peer, protocol.EndRoom(), id="\U0001f469" * 38 + f"{number:02}")
        for peer in peers:
            stage.lose(peer)
    assert (
        len(bundle_of(stage.room, stage.now)) * 4 / 3 < 512 * 1024
    )  # `Limits.unsent_bytes`: more is not sent to one peer


@pytest.mark.parametrize("data", [b"", b"[]", b'{"name": "a", "epoch": "b", "now": 1, "parts": {}, "version": 2}'])
def test_what_is_no_bundle_is_told(data: bytes) -> None:
    with pytest.raises(CodecError):
        read_bundle(data, POLICY)


def test_fields_that_a_later_version_added_or_took_away_do_not_matter() -> None:
    parts = written({}, None, full_room())
    film = msgspec.json.decode(parts["film"])
    del film["items"]
    parts["film"] = msgspec.json.encode({**film, "new": 1}).decode()
    ana = msgspec.json.decode(parts["member ana"])
    parts["member ana"] = msgspec.json.encode({**ana, "new": 1}).decode()
    assert room_of("Cinema", parts, POLICY, "").items == 0


def test_what_changed_elsewhere_makes_the_same_room_here() -> None:
    before = full_room()
    ben = replace(before.members[1], is_away=True)
    after = replace(
        before.with_member(ben),
        lines=(*before.lines[1:], replace(before.lines[0], id=12)),
        has_played=not before.has_played,
        playlist=replace(before.playlist, loop="one"),
    )
    assert with_parts(before, changed_parts(before, after)) == after
    gone = after.without(ben.peer)
    assert with_parts(after, changed_parts(after, gone)) == gone


@pytest.mark.parametrize("changes", [{"film": "{"}, {"people": '["nobody"]'}, {"playlist": None}])
def test_changes_that_make_no_room_are_told(changes: dict[str, str | None]) -> None:
    with pytest.raises(CodecError):
        with_parts(full_room(), changes)
