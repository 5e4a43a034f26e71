"""Which picture is painted when, and where."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from player.core.medium import Due
from player.ui.caption import draw_caption
from player.ui.picture import POLICY, PictureWidget, fit
from tests.fakes.pictures import FakePictures, HandClock, plain_picture

RED, GREEN, BLUE = (0, 0, 255), (0, 255, 0), (255, 0, 0)  # as BGR


class Paints(QObject):
    """Counts the paints of a widget."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


@pytest.fixture
def source() -> FakePictures:
    return FakePictures()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def screen(qtbot: QtBot, source: FakePictures, clock: HandClock) -> Iterator[PictureWidget]:
    widget = PictureWidget(source, clock)
    qtbot.addWidget(widget)
    widget.resize(320, 180)
    widget.show()
    qtbot.waitExposed(widget)
    qtbot.waitUntil(lambda: bool(source.asked))
    yield widget
    widget.let_go()


def colour(widget: PictureWidget, x: int, y: int) -> str:
    return QColor(widget.grab_picture().pixel(x, y)).name()


@pytest.mark.parametrize(
    ("picture", "area", "place"),
    [
        ((1920, 1080), (640, 360), (0, 0, 640, 360)),
        ((640, 360), (640, 480), (0, 60, 640, 360)),
        ((640, 360), (1000, 360), (180, 0, 640, 360)),
        ((400, 300), (1600, 1200), (0, 0, 1600, 1200)),
        ((639, 360), (640, 360), (0, 0, 639, 360)),  # a rounded picture is not scaled again
        ((360, 640), (640, 360), (219, 0, 202, 360)),
        ((0, 0), (640, 360), (0, 0, 0, 0)),
        ((640, 360), (0, 0), (0, 0, 0, 0)),
    ],
)
def test_aspect_is_kept(picture: tuple[int, int], area: tuple[int, int], place: tuple[int, int, int, int]) -> None:
    assert fit(*picture, *area) == place


def test_source_learns_the_size_in_device_pixels(screen: PictureWidget, source: FakePictures) -> None:
    screen.resize(400, 300)
    assert source.sizes[-1] == (400, 300)


def test_woken_screen_paints_what_is_due(
    qtbot: QtBot, screen: PictureWidget, source: FakePictures, clock: HandClock
) -> None:
    picture = plain_picture(1.0, 320, 180, RED)
    source.answer = Due(picture, None)
    with qtbot.waitSignal(screen.first_painted):
        source.wake()
    assert source.shown == [(picture, clock.time)]
    assert colour(screen, 160, 90) == "#ff0000"


def test_a_wake_from_another_thread_asks_once(qtbot: QtBot, screen: PictureWidget, source: FakePictures) -> None:
    qtbot.wait(1)
    asked = len(source.asked)
    thread = threading.Thread(target=lambda: [source.wake() for _ in range(50)])
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(source.asked) > asked)
    assert len(source.asked) == asked + 1


def test_next_picture_is_painted_at_its_instant_and_not_before(
    qtbot: QtBot, screen: PictureWidget, source: FakePictures, clock: HandClock
) -> None:
    first, second = plain_picture(0.0, 320, 180, RED), plain_picture(0.04, 320, 180, GREEN)
    source.script = [(clock.time, first), (clock.time + 0.04, second)]
    at = clock.time + 0.04
    source.wake()
    qtbot.waitUntil(lambda: len(source.shown) == 1)
    before = len(source.asked)
    qtbot.wait(100)  # in real time the timer has ended several times; the clock says that it is too early
    assert screen.picture is first
    assert len(source.asked) == before
    clock.step, clock.time = 1e-6, at - POLICY.early
    qtbot.waitUntil(lambda: len(source.shown) == 2)
    assert source.shown[1][0] is second
    assert at <= source.asked[-1] < at + 1e-3
    assert colour(screen, 160, 90) == "#00ff00"


def test_late_screen_skips_to_what_is_due(
    qtbot: QtBot, screen: PictureWidget, source: FakePictures, clock: HandClock
) -> None:
    pictures = [plain_picture(i * 0.04, 320, 180) for i in range(5)]
    source.script = [(clock.time + i * 0.04, picture) for i, picture in enumerate(pictures)]
    source.wake()
    qtbot.waitUntil(lambda: len(source.shown) == 1)
    clock.time += 0.13
    qtbot.waitUntil(lambda: len(source.shown) == 2)
    assert [picture for picture, _ in source.shown] == [pictures[0], pictures[3]]


def test_a_clock_that_stands_still_does_not_hold_the_window(
    qtbot: QtBot, screen: PictureWidget, source: FakePictures, clock: HandClock
) -> None:
    late = plain_picture(0.0, 320, 180)
    source.script = [(clock.time + 0.0005, late)]
    source.wake()
    qtbot.waitUntil(lambda: bool(source.shown))
    assert source.shown[0][0] is late


def test_a_source_that_is_never_content_is_not_asked_without_pause(
    qtbot: QtBot, screen: PictureWidget, source: FakePictures, clock: HandClock
) -> None:
    source.answer = Due(None, clock.time - 1)
    source.wake()
    qtbot.wait(30)
    assert len(source.asked) < 100


def test_same_picture_is_neither_painted_nor_reported_again(
    qtbot: QtBot, screen: PictureWidget, source: FakePictures
) -> None:
    source.answer = Due(plain_picture(0.0, 320, 180), None)
    source.wake()
    qtbot.waitUntil(lambda: len(source.shown) == 1)
    paints = Paints()
    screen.installEventFilter(paints)
    asked = len(source.asked)
    source.wake()
    qtbot.waitUntil(lambda: len(source.asked) > asked)
    assert len(source.shown) == 1
    assert paints.count == 0


def test_hidden_screen_goes_on_without_painting(qtbot: QtBot, screen: PictureWidget, source: FakePictures) -> None:
    screen.hide()
    paints = Paints()
    screen.installEventFilter(paints)
    source.answer = Due(plain_picture(3.0, 320, 180), None)
    source.wake()
    qtbot.waitUntil(lambda: len(source.shown) == 1)
    assert paints.count == 0
    screen.show()
    qtbot.waitUntil(lambda: paints.count > 0)


def test_bars_are_black_and_the_rest_is_picture(qtbot: QtBot, screen: PictureWidget, source: FakePictures) -> None:
    screen.resize(320, 300)
    source.answer = Due(plain_picture(0.0, 320, 180, BLUE), None)
    source.wake()
    qtbot.waitUntil(lambda: len(source.shown) == 1)
    assert [colour(screen, 160, y) for y in (5, 59, 60, 239, 240, 295)] == [
        "#000000",
        "#000000",
        "#0000ff",
        "#0000ff",
        "#000000",
        "#000000",
    ]


def test_no_picture_is_a_dark_screen(qtbot: QtBot, screen: PictureWidget, source: FakePictures) -> None:
    source.answer = Due(plain_picture(0.0, 320, 180, RED), None)
    source.wake()
    qtbot.waitUntil(lambda: screen.picture is not None)
    source.answer = Due(None, None)
    source.wake()
    qtbot.waitUntil(lambda: screen.picture is None)
    assert colour(screen, 160, 90) == "#000000"
    assert len(source.shown) == 1


def test_caption_is_white_at_the_bottom_and_goes(qtbot: QtBot, screen: PictureWidget, source: FakePictures) -> None:
    picture = plain_picture(0.0, 320, 180, RED)
    source.answer = Due(picture, None, caption="<b>Hello</b>\nthere")
    source.wake()
    qtbot.waitUntil(lambda: screen.caption != "")

    def white(top: int, bottom: int) -> int:
        image = screen.grab_picture()
        return sum(QColor(image.pixel(x, y)).name() == "#ffffff" for x in range(320) for y in range(top, bottom))

    assert white(110, 180) > 50
    assert white(0, 110) == 0
    screen.lift_caption(60)
    assert white(60, 120) > 50
    assert white(124, 180) == 0
    source.answer = Due(picture, None)
    source.wake()
    qtbot.waitUntil(lambda: screen.caption == "")
    assert white(0, 180) == 0


def test_long_caption_is_wrapped_to_the_picture(screen: PictureWidget) -> None:
    font = screen.font()
    one = draw_caption("short", 320, 180, 1.0, font)
    many = draw_caption("a rather long line of words that no picture of this width can hold", 320, 180, 1.0, font)
    assert many.width() <= 320
    assert many.height() >= 2 * one.height() - 10


def test_let_go_screen_asks_no_more(qtbot: QtBot, screen: PictureWidget, source: FakePictures) -> None:
    screen.let_go()
    qtbot.wait(1)
    asked = len(source.asked)
    source.wake()
    qtbot.wait(5)
    assert len(source.asked) == asked
