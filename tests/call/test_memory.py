"""The memory that app and call share: across two processes, and where they get into each other's way."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from player.call import memory as memories
from player.call import shared_file
from player.call.memory import CallMemory, Mono
from player.call.shared_file import SharedFile
from player.call.shared_sound import PLAYED_SIZE, VOICES_SIZE
from player.call.shared_tiles import MOST_PIXELS, SLOTS
from player.core.call_media import VOICE_RATE
from server.core.timeline import LocalTime
from tests.fakes.waiting import wait_until


@pytest.fixture
def memory() -> Iterator[CallMemory]:
    made = CallMemory.make()
    yield made
    made.close()


def picture(value: int, width: int = 64, height: int = 48) -> memories.Pixels:
    return np.full((height, width, 4), value, np.uint8)


def play(memory: CallMemory, count: int, leaves_at: float, film: float = 0.0) -> np.ndarray:
    out = np.full((count, 2), film, np.float32)
    memory.sound.mix(out, LocalTime(leaves_at))
    return out


def ramp(count: int, first: int = 0) -> Mono:
    return (np.arange(first, first + count) % 1000).astype(np.float32) / 1000


# -- between processes -------------------------------------------------------------------------------------------------

CHILD = """
import sys
import numpy as np
from player.call.memory import CallMemory
memory = CallMemory.open(sys.argv[1])
memory.tiles.set_peers(["", "ben"])
memory.tiles.show("ben", np.full((48, 64, 4), 7, np.uint8), 12.5)
memory.sound.write(memory.sound.taken, np.full(480, 0.25, np.float32))
print(memory.sound.played(0, 480)[0], flush=True)
sys.stdin.read()
"""


def test_two_processes_see_the_same(memory: CallMemory) -> None:
    play(memory, 480, 1.0, film=0.5)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, memory.name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=memory.descriptors,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        assert float(child.stdout.readline()) == 0.5
        shown = memory.tiles.tile("ben", 0)
        assert shown is not None
        assert (shown.width, shown.height, shown.captured, set(shown.pixels)) == (64, 48, 12.5, {7})
        assert memory.tiles.tile("", 0) is None
        assert set(play(memory, 480, 1.01)[:, 0]) == {0.25}
    finally:
        child.stdin.close()
        child.wait()
        child.stdout.close()
    assert not play(memory, 480, 1.02).any(), "a process that has ended says nothing"


@pytest.mark.skipif(sys.platform == "win32", reason="there the next app removes what a killed one left")
def test_it_has_no_name_that_a_killed_app_could_leave_behind(memory: CallMemory) -> None:
    (descriptor,) = memory.descriptors
    assert os.fstat(descriptor).st_nlink == 0


def test_a_process_that_is_started_again_goes_on_in_the_same_memory(memory: CallMemory) -> None:
    memory.tiles.set_peers(["ben"])
    memory.tiles.show("ben", picture(1), None)
    memory.sound.write(0, ramp(4800))
    before = memory.tiles.tile("ben", 0)
    assert before is not None
    again = CallMemory(memory._file)  # as `open` makes it, over the same bytes
    again.sound.forget()
    again.tiles.begin()
    assert memory.tiles.tile("ben", 0) is None
    assert not play(memory, 480, 1.0).any()
    again.tiles.set_peers(["ben"])
    again.tiles.show("ben", picture(2), None)
    after = memory.tiles.tile("ben", before.number)
    assert after is not None
    assert after.number > before.number


@pytest.mark.parametrize("name", ["fd:999999", "/nowhere/at/all", "fd:x"])
def test_what_is_no_memory_is_refused(name: str) -> None:
    with pytest.raises((OSError, ValueError)):
        CallMemory.open(name)


def test_other_memory_is_refused() -> None:
    other = SharedFile.make(memories.SIZE)
    with pytest.raises(ValueError, match="not the memory"):
        CallMemory.open(other.name)
    other.close()


def test_a_full_file_system_is_an_error_and_not_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_file, "RESERVE", 10**9)
    with pytest.raises(OSError, match="no room"):
        CallMemory.make()


# -- sound -------------------------------------------------------------------------------------------------------------


def test_voices_leave_at_their_number_and_are_kept_with_the_film(memory: CallMemory) -> None:
    sound = memory.sound
    assert sound.note() is None
    assert sound.write(0, ramp(1000)) == 1000
    out = play(memory, 400, 5.0, film=0.125)
    np.testing.assert_array_equal(out[:, 1], ramp(400) + np.float32(0.125))
    note = sound.note()
    assert note is not None
    assert (note.number, note.leaves_at, sound.taken, sound.written) == (0, 5.0, 400, 1000)
    assert note.leaving(480) == pytest.approx(5.01)
    assert note.number_at(LocalTime(5.01)) == 480
    np.testing.assert_allclose(sound.played(100, 200), ramp(200, 100) + 0.125, atol=1e-6)
    np.testing.assert_allclose(sound.at(LocalTime(5.0 + 100 / VOICE_RATE), 50), ramp(50, 100) + 0.125, atol=1e-6)


def test_the_sum_stays_within_full_scale(memory: CallMemory) -> None:
    memory.sound.write(0, np.full(480, 0.9, np.float32))
    out = play(memory, 480, 1.0, film=0.9)
    assert out.max() == 1.0
    assert memory.sound.played(0, 480).max() == 1.0


def test_what_is_written_replaces_what_was_written_from_there_on(memory: CallMemory) -> None:
    sound = memory.sound
    sound.write(0, np.full(960, 0.5, np.float32))
    sound.write(480, np.full(480, 0.25, np.float32))
    out = play(memory, 960, 1.0)[:, 0]
    assert set(out[:480]) == {0.5}
    assert set(out[480:]) == {0.25}


def test_late_voices_are_lost_and_gaps_are_silent(memory: CallMemory) -> None:
    sound = memory.sound
    sound.write(0, np.full(VOICES_SIZE // 2, 0.5, np.float32))
    for block in range(40):
        play(memory, 480, 1.0 + block / 100)
    taken = sound.taken
    assert sound.write(taken - 480, np.full(480, 0.75, np.float32)) == 0
    assert sound.write(taken - 240, np.full(480, 0.75, np.float32)) == 240
    assert sound.write(taken + 480, np.full(480, 0.25, np.float32)) == 480
    out = play(memory, 960, 2.0)[:, 0]
    assert set(out[:240]) == {0.75}
    assert set(out[240:480]) == {0.0}, "what was there before is not said again"
    assert set(out[480:]) == {0.25}
    assert sound.write(sound.taken + VOICES_SIZE, np.ones(480, np.float32)) == 0


def test_numbers_go_on_round_after_round(memory: CallMemory) -> None:
    sound = memory.sound
    for block in range(3 * PLAYED_SIZE // 700):
        first = block * 700
        assert sound.write(first, ramp(700, first)) == 700
        np.testing.assert_array_equal(play(memory, 700, first / VOICE_RATE)[:, 0], ramp(700, first))
    taken = sound.taken
    np.testing.assert_array_equal(sound.played(taken - 30_000, 30_000), ramp(30_000, taken - 30_000))
    assert not sound.played(taken - PLAYED_SIZE, 480).any(), "too old: silence, not other samples"
    assert not sound.played(taken, 480).any()
    assert not sound.played(-480, 480).any()
    notes = sound.notes()
    assert [note.number for note in notes] == list(range(notes[0].number, taken, 700))


def test_the_reference_of_an_instant_that_nobody_knows_is_silence(memory: CallMemory) -> None:
    assert not memory.sound.at(LocalTime(3.0), 480).any()
    play(memory, 480, 5.0, film=0.5)
    assert not memory.sound.at(LocalTime(3.0), 480).any()
    assert not memory.sound.at(LocalTime(6.0), 480).any()
    half = memory.sound.at(LocalTime(5.005), 480)
    assert half[:240].all()
    assert not half[240:].any()


# -- pictures ----------------------------------------------------------------------------------------------------------


def test_the_newest_picture_is_shown_once(memory: CallMemory) -> None:
    tiles = memory.tiles
    tiles.set_peers(["a", "b"])
    for value in range(1, 6):
        assert tiles.show("a", picture(value), float(value))
    shown = tiles.tile("a", 0)
    assert shown is not None
    assert (shown.pixels[0], shown.captured) == (5, 5.0)
    assert tiles.tile("a", shown.number) is None
    assert tiles.tile("b", 0) is None
    assert tiles.tile("c", 0) is None
    assert tiles.show("a", picture(9, 32, 16), None)
    smaller = tiles.tile("a", shown.number)
    assert smaller is not None
    assert (smaller.width, smaller.height, smaller.captured, len(smaller.pixels)) == (32, 16, None, 32 * 16 * 4)


def test_who_is_gone_has_no_picture_and_its_place_is_anothers(memory: CallMemory) -> None:
    tiles = memory.tiles
    everybody = ["", *(f"peer-{number}" for number in range(SLOTS + 3))]
    tiles.set_peers(everybody)
    assert [tiles.show(peer, picture(1), None) for peer in everybody] == [True] * SLOTS + [False] * 4
    tiles.set_peers(["", "new"])
    assert tiles.tile("peer-0", 0) is None
    assert tiles.tile("new", 0) is None, "not the picture of who was there before"
    assert tiles.tile("", 0) is not None
    assert tiles.show("new", picture(3), None)
    shown = tiles.tile("new", 0)
    assert shown is not None
    assert shown.pixels[0] == 3
    tiles.clear("new")
    assert tiles.tile("new", 0) is None
    assert tiles.show("new", picture(4), None)
    again = tiles.tile("new", shown.number)
    assert again is not None
    assert again.pixels[0] == 4


def test_pictures_that_do_not_fit_are_refused(memory: CallMemory) -> None:
    memory.tiles.set_peers(["a"])
    assert not memory.tiles.show("a", picture(1, MOST_PIXELS, 2), None)
    assert not memory.tiles.show("a", picture(1, 0, 2), None)
    assert memory.tiles.show("a", picture(1, 720, 1280), None)


def test_nobody_ever_sees_half_a_picture(memory: CallMemory) -> None:
    """One thread shows pictures of one value each as fast as it can, another copies."""
    tiles = memory.tiles
    tiles.set_peers(["a"])
    ended = threading.Event()

    def show() -> None:
        value = 0
        while not ended.is_set():
            value = value % 250 + 1
            tiles.show("a", picture(value, 320, 240), float(value))

    writer = threading.Thread(target=show)
    writer.start()
    try:
        seen = 0
        for _ in range(300):
            shown = wait_until(lambda: tiles.tile("a", seen))  # noqa: B023 - called at once
            assert shown.number > seen
            seen = shown.number
            assert shown.pixels.count(bytes([shown.pixels[0]])) == 320 * 240 * 4
            assert shown.captured == shown.pixels[0]
    finally:
        ended.set()
        writer.join()
