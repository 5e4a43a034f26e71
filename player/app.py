"""The composition root: makes the ports, wires them to a session, and lives until somebody ends it."""

from __future__ import annotations

import asyncio
import getpass
import logging
import secrets
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol, get_args

from player.clocks import LeveredClock, MistakenRoomClock, SleepWatch, SystemClock, seconds_of_day
from player.command_line import Options
from player.control import Control, Grab
from player.core.call_pipe import TEST, VoiceMode
from player.core.call_state import CallPart, Choice, Entrance
from player.core.call_view import (
    CallIntent,
    Ducking,
    JoinCall,
    LeaveCall,
    SwitchCamera,
    SwitchMicrophone,
)
from player.core.clock import RoomClock
from player.core.invite import Invite
from player.core.listing import ListedRoom
from player.core.room_view import LibraryView
from player.core.seat import Seat
from player.core.server_url import invite_on_server
from player.core.view import HostRoom, JoinRoom, View
from player.display import missing_display
from player.media.playback import FilmPlayback
from player.ports import Call, Clock, Ports, RoomLink, Screen, Wake
from player.session import Session
from player.settings import FileSettings, default_path
from player.telemetry import FileTelemetry, NoTelemetry
from server.core.protocol import MAX_ROOM

log = logging.getLogger(__name__)


class Front(Screen, Protocol):
    """What shows the film: the window, or in headless nobody."""

    grabs: dict[str, Grab]

    def begin(self, wish: Callable[[], object] | None) -> None:
        """The person is here; `wish` needs a name, which may have to be asked for."""

    def shut(self) -> None: ...


OpenFront = Callable[[Session, "Parts", Callable[[], None]], Front]


@dataclass(frozen=True, slots=True)
class Parts:
    """What exists before there is a loop: the film is being opened while Qt is still loading."""

    options: Options
    clock: Clock
    telemetry: FileTelemetry | NoTelemetry
    settings: FileSettings
    playback: FilmPlayback
    seat: Seat
    bell: Bell


@dataclass(slots=True)
class Bell:
    """Passes wakes on once somebody listens. `listener` is replaced whole."""

    listener: Wake = field(default=lambda: None)

    def ring(self) -> None:
        self.listener()


def run_player(options: Options) -> int:
    """A player's life; returns the exit status."""
    if not options.headless and (words := missing_display()):
        return _fail(words)
    try:
        telemetry = NoTelemetry() if options.telemetry is None else FileTelemetry(options.telemetry)
    except OSError as error:
        return _fail(f"Telemetry can't be written to “{options.telemetry}”: {error.strerror}. Choose another file.")
    try:
        parts = _make_parts(options, telemetry)
        return _run_headless(parts) if options.headless else _run_window(parts)
    finally:
        telemetry.close()


def _make_parts(options: Options, telemetry: FileTelemetry | NoTelemetry) -> Parts:
    is_levered = bool(options.clock_offset or options.clock_ppm)
    clock = LeveredClock(options.clock_offset, options.clock_ppm) if is_levered else SystemClock()
    if isinstance(clock, LeveredClock):
        telemetry.record("levers", clock.now(), offset=clock.offset, ppm=clock.ppm, origin=clock.origin)
    bell = Bell()
    playback = FilmPlayback(clock, telemetry, bell.ring, silent=options.headless)
    if options.media:
        playback.open(options.media)
    settings = FileSettings(options.config or default_path())
    name = options.name or str(settings.get("name") or "")
    if not name and options.headless:
        with suppress(OSError, KeyError):
            name = getpass.getuser()
    volume = options.volume if options.volume is not None else settings.get("volume")
    is_known = isinstance(volume, int) and 0 <= volume <= 100
    seat = Seat(
        name=name,
        volume=volume if is_known else 100,
        opening=options.media,
        offsets=_pairs(settings.get("offsets")),
        trusted_hosts=_texts(settings.get("trusted_hosts")),
        library=LibraryView(folders=_texts(settings.get("folders"))),
        is_lan_open=settings.get("lan_open") is True,
        call=_call_part(options, settings),
    )
    playback.set_volume(seat.gain)
    return Parts(options, clock, telemetry, settings, playback, seat, bell)


def _call_part(options: Options, settings: FileSettings) -> CallPart:
    """What is remembered for calls, and what the command line says; nothing is on that it does not name."""
    usual = CallPart()
    voice, ducking = settings.get("voice"), settings.get("ducking")
    entrance = Entrance(options.camera not in ("", "off"), options.mic not in ("", "off"))
    return CallPart(
        camera=_choice(options.camera, settings.get("camera")),
        microphone=_choice(options.mic, settings.get("microphone")),
        voice=voice if voice in get_args(VoiceMode) else usual.voice,
        ducking=ducking if ducking in get_args(Ducking) else usual.ducking,
        cleans=settings.get("clean") is not False,
        relays_only=options.relay_only,
        comes_in=entrance if options.call else None,
    )


def _choice(named: str, remembered: object) -> Choice:
    if named in ("", "off"):
        return Choice(remembered if isinstance(remembered, str) else "")
    return Choice(TEST) if named == TEST else Choice(named=named)


def _texts(value: object) -> tuple[str, ...]:
    """A list of texts out of the settings, whatever stands there."""
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _pairs(value: object) -> tuple[tuple[str, float], ...]:
    pairs = value if isinstance(value, list) else []
    return tuple((name, float(offset)) for name, offset in (pair for pair in pairs if _is_pair(pair)))


def _is_pair(value: object) -> bool:
    return (
        isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], int | float)
    )


# -- the two ways to live ----------------------------------------------------------------------------------------------


def _run_headless(parts: Parts) -> int:
    from player.headless import HeadlessFront

    return asyncio.run(_live(parts, lambda _session, parts, _end: HeadlessFront(parts.playback, parts.clock)))


def _run_window(parts: Parts) -> int:
    from PySide6.QtWidgets import QApplication
    from qasync import QEventLoop

    app = QApplication(["matinee"])
    app.setApplicationName("matinee")
    app.setApplicationDisplayName("Matinee")
    app.setDesktopFileName("matinee")
    app.setQuitOnLastWindowClosed(False)
    loop = QEventLoop(app)
    asyncio.set_event_loop(loop)
    with loop:
        status: int = loop.run_until_complete(_live(parts, _open_window))
    return status


def _open_window(session: Session, parts: Parts, end: Callable[[], None]) -> Front:
    from player.ui.window import MainWindow

    window = MainWindow(
        session.act,
        parts.playback,
        parts.clock,
        recall=session.recall,
        remember=session.remember,
        tiles=session.tiles,
    )
    window.closed.connect(end)
    if parts.options.geometry:
        window.place(parts.options.geometry)
    window.show()
    return WindowFront(window)


class WindowFront:
    """The window as the app sees it."""

    def __init__(self, window: object) -> None:
        from player.ui.window import MainWindow

        assert isinstance(window, MainWindow)
        self._window = window
        self.grabs: dict[str, Grab] = {
            "grab-picture": lambda path: window.grab_picture().save(path),
            "grab-window": lambda path: window.grab_window().save(path),
        }

    def show_view(self, view: View) -> None:
        self._window.show_view(view)

    def begin(self, wish: Callable[[], object] | None) -> None:
        if wish is not None:
            self._window.ask_name(wish)

    def shut(self) -> None:
        self._window.shut()


class Announcer:
    """Shows views on a front, and says the invite on stdout once the hosted room can be joined."""

    def __init__(self, front: Screen) -> None:
        self._front = front
        self._has_said = False

    def show_view(self, view: View) -> None:
        self._front.show_view(view)
        is_told = view.hosting is None or bool(view.hosting.keys)  # which links hold; one without a key does
        if not self._has_said and view.link == "joined" and view.invite and (is_told or "key=" not in view.invite):
            self._has_said = True
            sys.stdout.write(f"invite: {view.invite}\n")
            sys.stdout.flush()


async def _live(parts: Parts, open_front: OpenFront) -> int:
    """From the first moment to the last; returns the exit status."""
    options = parts.options
    ended = asyncio.Event()
    complaints: list[str] = []

    def complain(words: str) -> None:
        complaints.append(words)
        _fail(words)
        if options.headless:  # nobody is there to read it and do something else
            ended.set()

    session = Session(_make_ports(parts), parts.seat, _make_room_clock(options), complain)
    parts.bell.listener = session.wake
    _end_on_signals(ended)
    front = open_front(session, parts, ended.set)
    session.show_on(Announcer(front) if options.command == "host" else front)
    front.begin(_first_wish(options, session))
    if options.control:
        Control(front.grabs | _call_words(session), ended.set)
    with suppress(TimeoutError):
        await asyncio.wait_for(ended.wait(), options.quit_after)
    front.shut()
    await session.close()
    return 1 if options.headless and complaints else 0


def _call_words(session: Session) -> dict[str, Grab]:
    """What a parent may say of the call: `call join`, `camera off` ..."""
    intents: dict[str, dict[str, CallIntent]] = {
        "call": {"join": JoinCall(), "leave": LeaveCall()},
        "camera": {"on": SwitchCamera(True), "off": SwitchCamera(False)},
        "microphone": {"on": SwitchMicrophone(True), "off": SwitchMicrophone(False)},
    }

    def word(meanings: dict[str, CallIntent]) -> Grab:
        def obey(wanted: str) -> bool:
            if wanted in meanings:
                session.act(meanings[wanted])
            return wanted in meanings

        return obey

    return {name: word(meanings) for name, meanings in intents.items()}


def _first_wish(options: Options, session: Session) -> Callable[[], object] | None:
    """What the command line asked for and needs a name."""
    invite = options.invite
    if options.command == "host":

        def host() -> None:
            room = options.room or f"{session.seat.name}’s room"[:MAX_ROOM]
            if options.server:
                session.act(JoinRoom(invite_on_server(options.server, room).text(), options.password))
            else:
                session.act(HostRoom(room))

        return host
    if invite is not None:
        return lambda: session.act(JoinRoom(invite.text(), options.password))
    return None


def _make_ports(parts: Parts) -> Ports:
    clock, options = parts.clock, parts.options

    def make_link(wake: Wake) -> RoomLink:
        from player.net.link import SocketLink

        return SocketLink(clock, wake)

    def make_solo(wake: Wake) -> RoomLink:
        from player.net.solo import SoloLink

        return SoloLink(clock, wake)

    def make_call(wake: Wake) -> Call:
        from player.call.process import CallProcess

        return CallProcess(clock, wake)

    async def fetch_rooms(server: Invite) -> tuple[ListedRoom, ...]:
        from player.net.listing import fetch_listing

        return await fetch_listing(server)

    from player.media.library import FolderLibrary, default_cache
    from player.net.addresses import NetworkWatch
    from player.net.hosting import ServerProcess
    from player.net.neighbourhood import Neighbourhood

    password = options.password if options.command == "host" else ""
    return Ports(
        clock=clock,
        playback=parts.playback,
        telemetry=parts.telemetry,
        settings=parts.settings,
        make_link=make_link,
        make_solo=make_solo,
        make_call=make_call,
        library=FolderLibrary((), parts.bell.ring, default_cache()),
        around=Neighbourhood(parts.bell.ring, str(parts.settings.get("reach_check") or "")),
        fetch_rooms=fetch_rooms,
        draw_key=lambda: secrets.token_urlsafe(16),
        time_of_day=seconds_of_day,
        host=ServerProcess(parts.settings, parts.bell.ring, password=password),
        has_slept=SleepWatch().has_slept,
        has_moved=NetworkWatch().has_changed,
        listen=options.listen,
    )


def _make_room_clock(options: Options) -> RoomClock:
    return MistakenRoomClock(options.estimator_error) if options.estimator_error else RoomClock()


def _end_on_signals(ended: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def end(_number: int, _frame: object) -> None:
        with suppress(RuntimeError):  # a second one, and the loop has been closed
            loop.call_soon_threadsafe(ended.set)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), end)


def _fail(words: str) -> int:
    sys.stderr.write(f"matinee: {words}\n")
    sys.stderr.flush()
    return 1
