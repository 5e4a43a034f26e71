"""The screen is kept awake by a thread that nobody waits for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from player.core.view import View
from player.ui.awake import Awake
from player.ui.window import MainWindow
from tests.fakes.pictures import FakePictures, HandClock

SOON = 5.0  # s


class Desktop:
    """Is asked to stay awake; can be missing, can hang."""

    def __init__(self, fails: bool = False, hangs: threading.Event | None = None) -> None:
        self.fails = fails
        self.hangs = hangs
        self.is_kept = threading.Event()
        self.is_free = threading.Event()

    def keep(self) -> AbstractContextManager[object]:
        return self._mode()

    @contextmanager
    def _mode(self) -> Iterator[None]:
        if self.hangs is not None:
            self.hangs.wait(SOON)
        if self.fails:
            raise RuntimeError("no bus")
        self.is_free.clear()
        self.is_kept.set()
        yield
        self.is_kept.clear()
        self.is_free.set()


def test_kept_while_wanted() -> None:
    desktop = Desktop()
    awake = Awake(desktop.keep)
    for _ in range(2):
        awake.keep_awake(True)
        assert desktop.is_kept.wait(SOON)
        awake.keep_awake(False)
        assert desktop.is_free.wait(SOON)
    awake.close()


def test_closing_lets_go() -> None:
    desktop = Desktop()
    awake = Awake(desktop.keep)
    awake.keep_awake(True)
    assert desktop.is_kept.wait(SOON)
    awake.close(SOON)
    assert desktop.is_free.is_set()


def test_never_wanted_never_asked() -> None:
    before = threading.active_count()
    awake = Awake(Desktop().keep)
    awake.keep_awake(False)
    assert threading.active_count() == before
    awake.close()


def test_a_desktop_that_can_not_is_no_matter() -> None:
    desktop = Desktop(fails=True)
    awake = Awake(desktop.keep)
    awake.keep_awake(True)
    awake.keep_awake(False)
    awake.keep_awake(True)
    awake.close(SOON)
    assert awake._thread is not None
    assert not awake._thread.is_alive()


def test_a_desktop_that_hangs_holds_nobody() -> None:
    hangs = threading.Event()
    awake = Awake(Desktop(hangs=hangs).keep)
    awake.keep_awake(True)
    awake.keep_awake(False)
    awake.close(0.0)
    hangs.set()
    assert awake._thread is not None
    awake._thread.join(SOON)
    assert not awake._thread.is_alive()


def test_window_follows_the_view(qtbot: QtBot) -> None:
    desktop = Desktop()
    window = MainWindow(
        lambda _intent: None,
        FakePictures(),
        HandClock(),
        recall={}.get,
        remember=lambda _key, _value: None,
        awake=Awake(desktop.keep),
    )
    qtbot.addWidget(window)
    view = View(title="Nosferatu", has_medium=True, has_picture=True, state="playing", keeps_awake=True)
    window.show_view(view)
    assert desktop.is_kept.wait(SOON)
    window.show_view(replace(view, state="paused", keeps_awake=False))
    assert desktop.is_free.wait(SOON)
    window.show_view(view)
    assert desktop.is_kept.wait(SOON)
    window.shut()
    assert desktop.is_free.wait(SOON)


def test_the_real_thing_without_a_bus_says_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    awake = Awake()
    awake.keep_awake(True)
    awake.close(SOON)
    assert awake._thread is not None
    awake._thread.join(SOON)
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


def test_awake_needs_no_qt() -> None:
    assert not issubclass(Awake, QObject)
