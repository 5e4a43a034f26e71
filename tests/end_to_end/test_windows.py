"""Two windows in one program: one hosts, the other joins by its invite, and they watch together by clicks alone."""

from __future__ import annotations

import asyncio
import gc
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from player.clocks import SystemClock
from player.core.clock import RoomClock
from player.core.seat import Seat
from player.core.view import HostRoom, JoinRoom, OpenMedium
from player.media.library import FolderLibrary
from player.media.playback import FilmPlayback
from player.net.hosting import ServerProcess
from player.net.link import SocketLink
from player.net.listing import fetch_listing
from player.net.solo import SoloLink
from player.ports import Ports
from player.session import Session
from player.settings import FileSettings
from player.telemetry import NoTelemetry
from player.ui.awake import Awake
from player.ui.window import MainWindow
from tests.fakes import waiting
from tests.fakes.call import FakeCall
from tests.fakes.ports import FakeSurroundings


class Desk:
    """A person at a window of their own; a loop must be running."""

    def __init__(self, folder: Path, name: str, listen: str = "127.0.0.1:0") -> None:
        clock = SystemClock()
        self.complaints: list[str] = []
        settings = FileSettings(folder / f"{name}.json")
        wakes: list[Callable[[], None]] = []
        playback = FilmPlayback(clock, NoTelemetry(), lambda: wakes[0]() if wakes else None, silent=True)
        ports = Ports(
            clock=clock,
            playback=playback,
            telemetry=NoTelemetry(),
            settings=settings,
            make_link=lambda wake: SocketLink(clock, wake),
            make_solo=lambda wake: SoloLink(clock, wake),
            host=ServerProcess(settings, lambda: wakes[0]() if wakes else None),
            has_slept=lambda: False,
            has_moved=lambda: False,
            make_call=FakeCall,
            library=FolderLibrary((), lambda: wakes[0]() if wakes else None),
            around=FakeSurroundings(),
            fetch_rooms=fetch_listing,
            draw_key=lambda: secrets.token_urlsafe(16),
            time_of_day=lambda: 72_840.0,
            listen=listen,
        )
        self.session = Session(ports, Seat(name=name), RoomClock(), self.complaints.append)
        wakes.append(self.session.wake)
        self.window = MainWindow(
            self.session.act,
            playback,
            clock,
            recall=self.session.recall,
            remember=self.session.remember,
            awake=Awake(nullcontext),
        )
        self.window.resize(800, 450)
        self.window.show()
        self.session.show_on(self.window)

    async def close(self) -> None:
        self.window.shut()
        await self.session.close()
        self.window.deleteLater()


@pytest.fixture
def loop(qapp: QApplication) -> Iterator[QEventLoop]:
    qapp.setQuitOnLastWindowClosed(False)
    loop = QEventLoop(qapp, already_running=False)
    asyncio.set_event_loop(loop)
    yield loop
    loop.close()
    asyncio.set_event_loop(None)
    qapp.setQuitOnLastWindowClosed(True)
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()  # windows are circles of objects: some later test's thread would end them, and Qt with it


until = partial(waiting.until, pause=0.01)  # Qt turns meanwhile


def shown(desk: Desk) -> float:
    """Media time of the frame in the window, s; -1 without one."""
    picture = desk.window.picture.picture
    return -1.0 if picture is None else picture.media_time


@pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen can't limit the sizes of a dialog
def test_host_join_and_play_by_clicks(loop: QEventLoop, film: Path, tmp_path: Path) -> None:
    async def evening() -> None:
        ana, ben = Desk(tmp_path, "Ana"), Desk(tmp_path, "Ben")
        try:
            ana.session.act(OpenMedium(str(film)))
            await until(lambda: shown(ana) > 0.0, "Ana's film playing, since she is alone")
            QTest.mouseClick(ana.window.stage.controls.play, Qt.MouseButton.LeftButton)
            await until(lambda: ana.session.seat.schedule.newest.state == "paused", "her pause")
            ana.window.doors._host("Kino")
            await until(lambda: ana.window.doors.hosting is not None, "the page for hosting")
            page = ana.window.doors.hosting
            assert page is not None
            invite = page.field.text()
            assert QApplication.clipboard().text() == invite
            QTest.mouseClick(page.finish, Qt.MouseButton.LeftButton)

            ben.session.act(JoinRoom(invite))
            ben.session.act(OpenMedium(str(film)))
            await until(lambda: shown(ben) == shown(ana) and len(ben.session.seat.roster) == 2, "Ben beside her")
            place = shown(ana)
            QTest.mouseClick(ben.window.stage.controls.play, Qt.MouseButton.LeftButton)
            await until(lambda: min(shown(ana), shown(ben)) > place + 1.0, "both films playing")
            QTest.mouseClick(ana.window.stage.controls.play, Qt.MouseButton.LeftButton)
            await until(lambda: ben.session.seat.schedule.newest.state == "paused", "the pause")
            await until(lambda: shown(ana) == shown(ben), "the same frame")
            names = [row.name for row in ben.window._view.members]
            assert sorted(names) == ["Ana", "Ben"]
            await until(lambda: ana.window._view.badge.level == "good", "a green badge")
            assert ana.window.grab_picture().size() == ben.window.grab_picture().size()
            await until(lambda: ana.window.grab_picture() == ben.window.grab_picture(), "the same pixels")
            QTest.keyClick(ben.window, Qt.Key.Key_Return)
            QTest.keyClicks(ben.window.stage.say.field, "Again?")
            QTest.keyClick(ben.window.stage.say.field, Qt.Key.Key_Return)
            said = ana.window.stage.said
            await until(lambda: [row.text for row in said.rows()] == ["Again?"], "his words over her picture")
            QTest.keyClick(ana.window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
            await until(lambda: bool(ben.window.stage.floats.flying()), "her answer over his")
            assert not ana.complaints + ben.complaints
        finally:
            await asyncio.gather(ana.close(), ben.close())

    loop.run_until_complete(evening())


def test_a_wrong_invite_is_a_notice(loop: QEventLoop, tmp_path: Path) -> None:
    async def evening() -> None:
        ana = Desk(tmp_path, "Ana")
        try:
            ana.session.act(JoinRoom("matinee://nowhere"))
            await until(lambda: bool(ana.window._view.notices), "the notice")
            assert ana.window._view.notices[0].kind == "error"
            assert ana.window._view.link == "alone"
        finally:
            await ana.close()

    loop.run_until_complete(evening())


def test_a_taken_port_is_a_notice(loop: QEventLoop, tmp_path: Path) -> None:
    async def evening() -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            ana = Desk(tmp_path, "Ana", f"127.0.0.1:{port}")
            try:
                ana.session.act(HostRoom("Kino"))
                await until(lambda: bool(ana.window._view.notices), "the notice")
                assert str(port) in ana.window._view.notices[0].words
                assert ana.window._view.link == "alone"
            finally:
                await ana.close()

    loop.run_until_complete(evening())
