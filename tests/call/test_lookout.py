"""Which devices there are: asked for, watched, and listed by drivers that hang."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from player.call import lookout as lookouts
from player.call.lookout import DeviceLookout
from player.core.call_pipe import Device, DevicesFound
from tests.fakes.waiting import wait_until

CAMERA, MICROPHONE = Device("c", "A camera"), Device("m", "A microphone")


class Desk:
    def __init__(self) -> None:
        self.cameras: tuple[Device, ...] = (CAMERA,)
        self.looks = 0
        self.blocked: threading.Event | None = None
        self.error: Exception | None = None
        self.found: list[tuple[DevicesFound, bool]] = []
        self.lookout = DeviceLookout(lambda *each: self.found.append(each), lambda: (MICROPHONE,), self.look)

    def look(self) -> tuple[Device, ...]:
        self.looks += 1
        if self.blocked is not None:
            self.blocked.wait()
        if self.error is not None:
            raise self.error
        return self.cameras


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.lookout.close()
    if made.blocked is not None:
        made.blocked.set()
    thread = made.lookout._thread
    if thread is not None:
        thread.join(10)
        assert not thread.is_alive()


def test_nobody_looks_before_somebody_asks(desk: Desk) -> None:
    desk.lookout.watch(False)
    assert desk.lookout._thread is None


def test_each_question_is_answered(desk: Desk) -> None:
    for count in (1, 2):
        desk.lookout.look()
        wait_until(lambda: len(desk.found) == count, "the devices")  # noqa: B023 - called at once
    assert desk.found == [(DevicesFound((CAMERA,), (MICROPHONE,)), False)] * 2


def test_what_changes_is_said_while_somebody_watches(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookouts, "EVERY", 0.01)
    desk.lookout.watch(True)
    wait_until(lambda: desk.looks > 3, "looks")
    assert not desk.found
    desk.cameras = ()
    wait_until(lambda: desk.found, "the change")
    assert desk.found == [(DevicesFound((), (MICROPHONE,)), True)]
    desk.lookout.watch(False)
    desk.lookout.look()
    wait_until(lambda: len(desk.found) == 2, "the answer")


def test_a_wish_to_watch_that_is_said_again_is_no_reason_to_look(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.lookout.watch(True)
    wait_until(lambda: desk.looks, "the look")
    woken: list[int] = []
    monkeypatch.setattr(desk.lookout._news, "notify", lambda: woken.append(1))
    desk.lookout.watch(True)
    assert not woken
    desk.lookout.watch(False)
    desk.lookout.watch(True)
    assert woken


def test_a_driver_that_hangs_holds_nobody_up(desk: Desk) -> None:
    desk.blocked = threading.Event()
    desk.lookout.look()
    wait_until(lambda: desk.looks, "the look")
    desk.lookout.look()
    desk.lookout.watch(True)
    desk.blocked.set()
    wait_until(lambda: desk.found, "the devices")


@pytest.mark.expects_warnings
def test_a_driver_that_fails_is_asked_again(desk: Desk) -> None:
    desk.error = RuntimeError("what drivers do")
    desk.lookout.look()
    wait_until(lambda: desk.looks, "the look")
    desk.error = None
    desk.lookout.look()
    wait_until(lambda: desk.found, "the devices")
