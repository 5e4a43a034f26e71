"""Views of a call that several tests start from, and what is seen of it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from player.core.call_view import CallView, DeviceRow, ShowTiles, TileRow
from player.core.view import View
from player.ui.tile import Tile
from tests.ui.conftest import Stand
from tests.ui.views import ROOM

BEN = TileRow("b", "Ben", has_picture=True, camera=True, microphone=True, age=0.3)
CEM = TileRow("c", "Cem", has_picture=True, camera=True, microphone=True, age=0.2)
ME = TileRow("", "Ana", is_me=True, has_picture=True, camera=True, microphone=True)
CAMERAS = (DeviceRow("", "The system’s usual one"), DeviceRow("v1", "Desk camera"))
MICROPHONES = (DeviceRow("", "The system’s usual one"), DeviceRow("m1", "Headset"))
OUT = CallView(may_join=True, cameras=CAMERAS, microphones=MICROPHONES)
IN = replace(
    OUT,
    state="in",
    tiles=(BEN, ME),
    others=1,
    camera_on=True,
    microphone_on=True,
    camera_state="on",
    microphone_state="on",
)
LOBBY = replace(OUT, state="lobby", tiles=(TileRow("", "Ana", is_me=True),))


def in_call(*others: TileRow, **more: object) -> View:
    """The room with a call of these and this person."""
    return replace(ROOM, call=replace(IN, tiles=(*others, ME), others=len(others), **more))  # type: ignore[arg-type]


TRIO = in_call(BEN, CEM)


def crowd(count: int, **more: object) -> View:
    """So many in the call, this person among them, each in another state."""
    kinds: list[dict[str, object]] = [
        {"is_speaking": True},
        {"microphone": False},
        {"camera": False, "has_picture": False, "age": None},
        {"state": "reconnecting"},
        {"state": "absent", "has_picture": False},
        {"is_muted_by_me": True, "microphone": False, "age": 12.3},
        {"state": "connecting", "has_picture": False, "age": None},
    ]
    others = [
        replace(BEN, peer=f"p{number}", name=f"Bartholomew {number}", **kinds[number % len(kinds)])  # type: ignore[arg-type]
        for number in range(count - 1)
    ]
    return in_call(*others, **more)


def tile(stand: Stand, peer: str) -> Tile:
    return stand.window.calling.strip.shown()[peer]


def asked(stand: Stand) -> list[object]:
    """The intents but what is told of layouts."""
    return [intent for intent in stand.intents if not isinstance(intent, ShowTiles)]


def flashed(stand: Stand) -> str:
    return stand.window.stage.notices.flashed.words.text()


def double_click(widget: Tile) -> None:
    QTest.mouseDClick(widget, Qt.MouseButton.LeftButton)


def colour_at(widget: Tile, x: float, y: float) -> QColor:
    image = widget.grab().toImage()
    return QColor(image.pixel(round(image.width() * x), round(image.height() * y)))
