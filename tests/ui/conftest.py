"""A window with nothing behind it: views go in by hand, intents are collected."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from player.core.view import Intent
from player.ui.awake import Awake
from player.ui.window import MainWindow
from tests.fakes.pictures import FakePictures, HandClock
from tests.fakes.tiles import FakeTiles


@dataclass
class Stand:
    window: MainWindow
    pictures: FakePictures
    clock: HandClock
    intents: list[Intent]
    memory: dict[str, Any] = field(default_factory=dict)
    tiles: FakeTiles = field(default_factory=FakeTiles)


@pytest.fixture
def memory() -> dict[str, Any]:
    """What was remembered before the start; tests that need some override it."""
    return {}


@pytest.fixture
def stand(qtbot: QtBot, memory: dict[str, Any]) -> Iterator[Stand]:
    pictures, clock = FakePictures(), HandClock()
    intents: list[Intent] = []
    tiles = FakeTiles()
    window = MainWindow(
        intents.append,
        pictures,
        clock,
        recall=memory.get,
        remember=memory.__setitem__,
        awake=Awake(nullcontext),
        tiles=tiles,
    )
    QGuiApplication.clipboard().clear()
    window.resize(800, 500)
    window.show()
    qtbot.waitExposed(window)
    yield Stand(window, pictures, clock, intents, memory, tiles)
    window.shut()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)  # no loop does it between tests
