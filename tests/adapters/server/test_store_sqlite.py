"""Rooms in a file: told only when written, back after an end, and what happens when nothing can be written."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from server.core import protocol
from server.core.protocol import ClockRequest, Load, Notice, Pause, Play, Ready, Report, Roster, Say, Seek
from server.core.room_codec import room_of
from server.core.room_state import Room, RoomPolicy
from server.store import sqlite
from server.store.port import StoreError
from server.store.room_file import read_rooms
from server.store.sqlite import SqliteStore
from tests.fakes.shelves import Shelves
from tests.fakes.waiting import until

POLICY = RoomPolicy(first_hold=0.0, hold=0.0)


@contextlib.asynccontextmanager
async def opened(folder: Path, **changes: Callable[[], float]) -> AsyncIterator[Shelves]:
    shelves = Shelves(lambda make, deliver: SqliteStore(str(folder), make, POLICY, deliver, **changes), POLICY)
    await shelves.store.open()
    try:
        yield shelves
    finally:
        await shelves.store.close()


def kept(folder: Path, name: str = "den") -> Room:
    """A room as it stands in the file."""
    return room_of(name, read_rooms(folder / "rooms.sqlite").rooms[name], POLICY, "")


def in_file(store: object, statement: str) -> sqlite3.Cursor:
    """Do something to the store's own connection."""
    assert isinstance(store, SqliteStore)
    connection = store._file._connection
    assert connection is not None
    return connection.execute(statement)


def fill_the_disk(store: object) -> None:
    pages = in_file(store, "PRAGMA page_count").fetchone()[0]
    in_file(store, f"PRAGMA max_page_count = {pages}")


def make_room_on_the_disk(store: object) -> None:
    in_file(store, "PRAGMA max_page_count = 1000000")


async def test_what_is_told_is_written(tmp_path: Path) -> None:
    async with opened(tmp_path) as shelves:
        await shelves.join("ana")
        await shelves.command("ana", Load(title="film", duration_us=10**9))
        seen: list[tuple[int, int]] = []

        def look(name: str) -> None:
            told = [each for each in shelves.heard["ana"] if isinstance(each, protocol.TimelineStated)]
            seen.append((told[-1].revision, kept(tmp_path, name).revision))

        shelves.on_delivery = look
        for place in range(1, 9):
            shelves.submit("ana", Seek(media_us=place))
        await shelves.hear("ana", protocol.TimelineStated, media_us=8)
        shelves.on_delivery = lambda name: None
    assert seen
    assert all(told < written for told, written in seen if told < seen[-1][1])


async def test_many_commands_need_few_commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as shelves:
        await shelves.join("ana")
        assert isinstance(shelves.store, SqliteStore)
        write, commits = shelves.store._file.write, [0]

        def count(*values: object) -> None:
            commits[0] += 1
            write(*values)  # type: ignore[arg-type]

        monkeypatch.setattr(shelves.store._file, "write", count)
        ids = [shelves.submit("ana", Say(text=f"{number}")) for number in range(8)]
        await shelves.hear("ana", protocol.Accepted, protocol.Refused, id=ids[-1])
    assert 1 <= commits[0] <= 3  # the first, all the others, and the end's


async def test_what_is_not_kept_causes_no_writing_and_waits_for_what_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as shelves:
        await shelves.join("ana")
        await shelves.hear("ana", Roster)
        assert isinstance(shelves.store, SqliteStore)

        def must_not(*_: object) -> None:
            raise AssertionError

        with monkeypatch.context() as patch:
            patch.setattr(shelves.store._file, "write", must_not)
            shelves.say("ana", ClockRequest(t0_us=0))
            shelves.say("ana", Report(delay_us=1, playout_us=1, dispersion_us=1))
            assert not shelves.store._is_writing
        count = len(shelves.outcomes)
        shelves.submit("ana", Load(title="film"))
        shelves.say("ana", Ready(revision=1))
        assert len(shelves.outcomes) == count
        await shelves.hear("ana", protocol.TimelineStated, revision=1)


async def test_what_nobody_hears_of_is_written_a_little_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BEAT", 0.01)
    async with opened(tmp_path) as shelves:
        await shelves.join("ana")
        await shelves.hear("ana", Roster)
        shelves.say("ana", Ready(revision=0))
        room = shelves.store.view("den")
        assert room is not None
        assert room.members[0].ready_for == 0
        await until(lambda: kept(tmp_path).members[0].ready_for == 0, pause=0.01)


@pytest.mark.expects_warnings
async def test_what_can_not_be_written_at_the_end_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with opened(tmp_path) as shelves:
        await shelves.join("ana")
        fill_the_disk(shelves.store)
        for number in range(8):
            shelves.submit("ana", Say(text=f"{number} " + "x" * 1900))
        await shelves.hear("ana", Notice, words=sqlite.UNWRITTEN)
    assert "is lost. There is no room on the disk" in caplog.text


async def test_an_end_in_between_loses_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as shelves:
        await shelves.join("ana")
        await shelves.command("ana", Load(title="Metropolis", duration_us=10**9))
        shelves.submit("ana", Seek(media_us=77))
        epoch = shelves.store.clock.epoch
    async with opened(tmp_path) as shelves:
        welcome = await shelves.join("again", token="token of ana")
        assert (welcome.peer, welcome.item.title, welcome.timeline.media_us) == ("ana", "Metropolis", 77)
        assert (welcome.epoch == epoch) == bool(sqlite.boot_name())


async def test_on_another_boot_the_film_goes_on_from_the_last_place_that_is_known(tmp_path: Path) -> None:
    """Two clocks that have nothing to do with each other."""
    now = [5000.0]
    async with opened(tmp_path, read_clock=lambda: now[0]) as shelves:
        await shelves.join("ana")
        await shelves.command("ana", Load(title="film", duration_us=10**9))
        await shelves.command("ana", Play())
        now[0] += 100.0
        shelves.say("ana", ClockRequest(t0_us=0))
        epoch = shelves.store.clock.epoch
    now[0] = 7.0
    async with opened(tmp_path, read_clock=lambda: now[0]) as shelves:
        assert shelves.store.clock.epoch != epoch
        room = shelves.store.view("den")
        assert room is not None
        assert room.epoch == shelves.store.clock.epoch
        assert room.newest.state == "playing"
        assert room.newest.media_time_at(shelves.now) == pytest.approx(100.0, abs=1.0)


async def test_that_the_server_lives_is_noted_while_a_film_plays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BEAT", 0.01)

    def lived() -> float:
        return float(read_rooms(tmp_path / "rooms.sqlite").notes["lived"])

    async with opened(tmp_path) as shelves:
        await shelves.join("ana")
        await shelves.command("ana", Load(title="film", duration_us=10**9))
        await shelves.command("ana", Play())
        before = shelves.now
        await until(lambda: lived() > before, pause=0.01)
        await shelves.command("ana", Pause())
        await until(lambda: shelves.store.clock.now() > lived() + 0.1, pause=0.01)


@pytest.mark.expects_warnings
async def test_a_full_disk_is_told_and_everything_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BEAT", 0.05)
    async with opened(tmp_path) as shelves:
        await shelves.join("ana")
        await shelves.command("ana", Load(title="film", duration_us=10**9))
        fill_the_disk(shelves.store)
        for number in range(5):
            shelves.submit("ana", Say(text=f"{number} " + "x" * 1900))
        await shelves.hear("ana", Notice, words=sqlite.UNWRITTEN)
        assert not shelves.store.is_healthy
        await shelves.command("ana", Seek(media_us=55_000_000))
        await shelves.join("zoe", "attic")
        make_room_on_the_disk(shelves.store)
        await shelves.hear("ana", Notice, words=sqlite.WRITTEN)
        await shelves.hear("zoe", Notice, words=sqlite.WRITTEN)
        assert shelves.store.is_healthy
        room = shelves.store.view("den")
        assert room is not None
        assert kept(tmp_path).lines == room.lines
        assert kept(tmp_path).newest.media_time == 55.0
        assert kept(tmp_path, "attic").members[0].name == "zoe"


@pytest.mark.expects_warnings
async def test_what_could_not_be_written_is_written_at_the_end(tmp_path: Path) -> None:
    async with opened(tmp_path) as shelves:
        await shelves.join("ana")
        fill_the_disk(shelves.store)
        for number in range(8):
            shelves.submit("ana", Say(text=f"{number} " + "x" * 1900))
        await shelves.hear("ana", Notice, words=sqlite.UNWRITTEN)
        make_room_on_the_disk(shelves.store)
        room = shelves.store.view("den")
    assert room is not None
    assert kept(tmp_path).lines == room.lines


@pytest.mark.expects_warnings
async def test_an_error_of_our_own_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path) as shelves:
        await shelves.join("ana")
        assert isinstance(shelves.store, SqliteStore)

        def fail(*_: object) -> None:
            raise ZeroDivisionError

        with monkeypatch.context() as patch:
            patch.setattr(shelves.store._file, "write", fail)
            await shelves.command("ana", Load(title="film"))
            await until(lambda: not shelves.store.is_healthy)
        assert [record.exc_info is not None for record in caplog.records if record.levelname == "ERROR"] == [True]


@pytest.mark.expects_warnings
async def test_a_room_that_can_not_be_read_is_set_aside(tmp_path: Path) -> None:
    async with opened(tmp_path) as shelves:
        await shelves.join("ana", "den")
        await shelves.join("ben", "attic")
    connection = sqlite3.connect(tmp_path / "rooms.sqlite")
    connection.execute("UPDATE parts SET data = 'nonsense' WHERE room = 'den' AND part = 'film'")
    connection.commit()
    connection.close()
    async with opened(tmp_path) as shelves:
        assert [each.name for each in shelves.store.rooms()] == ["attic"]
        assert ("den", "film", "nonsense") in in_file(shelves.store, "SELECT * FROM set_aside").fetchall()
        welcome = await shelves.join("ana", "den")
        assert welcome.item is None


async def test_a_folder_is_one_stores_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.store.state_dir.LOCK_PATIENCE", 0.1)
    async with opened(tmp_path):
        with pytest.raises(StoreError, match="Another server"):
            async with opened(tmp_path):
                pass
    async with opened(tmp_path):
        pass
