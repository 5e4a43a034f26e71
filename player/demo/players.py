"""The processes of the demo: an authority, the long path, player A near it and player B behind it; for a call two more.

Whatever ends the demo ends them: each holds the other end of a pipe from here and stops when that closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

from player.core.invite import Invite
from player.demo.presented import Presented, read_presented
from player.demo.proxy import DelayProxy, PathShape
from player.demo.sights import Sight, all_see_all, read_sights

START_TIMEOUT = 30.0  # s, until both show the film; a cold start on a slow machine takes ten
ANSWER_TIMEOUT = 10.0  # s
END_TIMEOUT = 5.0  # s, then a process is killed
ROOM = "demo"
GEOMETRIES = {"A": "640x360+20+40", "B": "640x360+680+40"}
CALLERS = ("A", "B", "C", "D")  # in the call, if there is one; the last two for its sake
CALL_TIMEOUT = 20.0  # s, until all see all


class DemoError(Exception):
    """The demo can't go on. The words are for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSettings:
    """`folder`: where logs and telemetry go. The next but one four are B's: what is wrong with its clock (s, ppm), what
    is added to its estimate of the room's (s), and its path (None: none). `has_call`: all are in a call, with C and D,
    who see no film; `camera` and `mic` are A's, the others show tests."""

    folder: Path
    media: str
    has_picture: bool = True
    is_headless: bool = False
    clock_offset: float = 5.0
    clock_ppm: float = 80.0
    estimator_error: float = 0.0
    path: PathShape | None = field(default_factory=PathShape)
    has_call: bool = False
    camera: str = "test"
    mic: str = "test"


def program(name: str) -> list[str]:
    """The words that start "server" or "player", also inside a bundle."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--serve"] if name == "server" else [sys.executable]
    return [sys.executable, "-m", name]


def environment() -> dict[str, str]:
    """This one, and offscreen where there is no display."""
    known = dict(os.environ)
    has_display = not sys.platform.startswith("linux") or known.get("DISPLAY") or known.get("WAYLAND_DISPLAY")
    if not has_display:
        known.setdefault("QT_QPA_PLATFORM", "offscreen")
    return known


class PlayerProcess:
    """One player, driven by lines (`--control`)."""

    def __init__(self, name: str, process: Process, telemetry: Path, log: Path, *, is_levered: bool) -> None:
        self.name = name
        self.is_levered = is_levered
        self.telemetry = telemetry
        self.log = log
        self._process = process
        self._answers: dict[str, asyncio.Future[str]] = {}
        self._reading = asyncio.ensure_future(self._read())

    @property
    def has_ended(self) -> bool:
        return self._process.returncode is not None

    @property
    def status(self) -> int | None:
        """The exit status; None: it runs."""
        return self._process.returncode

    def presented(self) -> Presented:
        """What it has presented so far. Raises TelemetryError."""
        return read_presented(self.lines(), is_levered=self.is_levered)

    def lines(self) -> list[str]:
        """Its telemetry so far."""
        try:
            return self.telemetry.read_text("utf-8", errors="replace").splitlines()
        except OSError:
            return []

    async def grab(self, what: str, path: Path) -> bool:
        """Have its "picture" or its "window" written as PNG; whether it did."""
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answers[str(path)] = answer
        try:
            self._say(f"grab-{what} {path}")
            async with asyncio.timeout(ANSWER_TIMEOUT):
                return await answer == "done"
        except (TimeoutError, OSError):
            return False
        finally:
            self._answers.pop(str(path), None)

    def stop(self) -> None:
        """Hold the process where it is."""
        _hold(self._process.pid)

    def go_on(self) -> None:
        """Let it run again."""
        _release(self._process.pid)

    async def quit(self) -> None:
        """Ask it to end, and see to it."""
        with contextlib.suppress(OSError):
            self._say("quit")
        await end(self._process)
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None  # it was started with a pipe
        self._process.stdin.write(line.encode() + b"\n")

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            word, _, rest = line.decode(errors="replace").strip().partition(" ")
            for path, answer in self._answers.items():
                if word in ("done", "failed") and rest.startswith(path) and not answer.done():
                    answer.set_result(word)


class Stage:
    """All processes; an async context manager. `proxy` is None without a long path; `callers` are those who are there
    for the call only."""

    def __init__(self, settings: StageSettings) -> None:
        self.settings = settings
        self.proxy: DelayProxy | None = None
        self.players: dict[str, PlayerProcess] = {}
        self.callers: dict[str, PlayerProcess] = {}
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Returns when both players are in the room and show the film. Raises DemoError."""
        async with contextlib.AsyncExitStack() as stack:
            await self._start(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def a(self) -> PlayerProcess:
        return self.players["A"]

    @property
    def b(self) -> PlayerProcess:
        return self.players["B"]

    def check_alive(self) -> None:
        """Raises DemoError: one of the players has ended."""
        for player in (self.players | self.callers).values():
            if player.has_ended:
                raise DemoError(
                    f"Player {player.name} ended by itself (exit status {player.status}): {_last_words(player.log)}"
                )

    async def _start(self, stack: contextlib.AsyncExitStack) -> None:
        self.settings.folder.mkdir(parents=True, exist_ok=True)
        address, self.port = await self._start_server(stack)
        self.invite = Invite(host=address, port=self.port, room=ROOM, tls=False)
        far = self.invite
        if self.settings.path is not None:
            self.proxy = stack.enter_context(DelayProxy((address, self.port), self.settings.path))
            far = Invite(host="127.0.0.1", port=self.proxy.port, room=ROOM, tls=False)
        await self._start_player(stack, "A", self.invite)
        await self._until(lambda: self._knows_film(self.a), "player A did not open the film")
        await self._start_player(stack, "B", far)
        await self._until(
            lambda: all(map(self._sees_both, self.players.values())), "the two players did not meet in the room"
        )
        if self.settings.has_call:
            for name in CALLERS[2:]:
                await self._start_player(stack, name, self.invite)
            await self._wait_for_call()

    def sights(self) -> tuple[Sight, ...]:
        """How all in the call have seen and heard each other so far; nothing without a call."""
        everybody = self.players | self.callers if self.settings.has_call else {}
        return tuple(
            sight
            for name, player in everybody.items()
            for sight in read_sights(name, player.lines(), [other for other in CALLERS if other != name])
        )

    async def _wait_for_call(self) -> None:
        """Until all see all, or long enough: what is missing then is told at the end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CALL_TIMEOUT):
                while not all_see_all(self.sights()):
                    self.check_alive()
                    await asyncio.sleep(0.25)

    async def _start_server(self, stack: contextlib.AsyncExitStack) -> tuple[str, int]:
        words = [*program("server"), "--listen", "127.0.0.1:0", "--no-tls", "--until-stdin-closes"]
        log = self.settings.folder / "server.log"
        process = await _spawn(stack, words, log, environment())
        stack.push_async_callback(end, process)
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_TIMEOUT):
                async for line in process.stdout:
                    word, _, address = line.decode(errors="replace").strip().partition(" ")
                    if word == "listening:":
                        host, _, port = address.rpartition(":")
                        return host, int(port)
        except TimeoutError:
            pass
        raise DemoError(f"The server did not start: {_last_words(log)}")

    async def _start_player(self, stack: contextlib.AsyncExitStack, name: str, invite: Invite) -> None:
        settings = self.settings
        base = settings.folder / f"player-{name.lower()}"
        telemetry, log = base.with_suffix(".jsonl"), base.with_suffix(".log")
        is_caller = name not in GEOMETRIES
        words = [*program("player"), "join", invite.text(), *(() if is_caller else (settings.media,))]
        words += ["--name", name, "--control"]
        words += ["--telemetry", str(telemetry), "--config", str(base.with_suffix(".settings.json"))]
        words += ["--headless"] if settings.is_headless or is_caller else ["--geometry", GEOMETRIES[name]]
        if settings.has_call:
            camera, mic = (settings.camera, settings.mic) if name == "A" else ("test", "test")
            words += ["--call", "--camera", camera, "--mic", mic]
        if name == "B":
            words += ["--clock-offset", str(settings.clock_offset), "--clock-ppm", str(settings.clock_ppm)]
            words += ["--estimator-error", str(settings.estimator_error)]
        telemetry.unlink(missing_ok=True)
        is_levered = name == "B" and bool(settings.clock_offset or settings.clock_ppm)
        process = await _spawn(stack, words, log, environment())
        player = PlayerProcess(name, process, telemetry, log, is_levered=is_levered)
        stack.push_async_callback(player.quit)
        (self.callers if is_caller else self.players)[name] = player

    def _knows_film(self, player: PlayerProcess) -> bool:
        """The room has an item, and its first frame is shown."""
        lines = player.lines()
        has_item = any('"event":"timeline"' in line and '"item":""' not in line for line in lines)
        return has_item and (not self.settings.has_picture or any('"event":"frame"' in line for line in lines))

    def _sees_both(self, player: PlayerProcess) -> bool:
        is_met = any('"event":"room"' in line and '"A"' in line and '"B"' in line for line in player.lines())
        return is_met and self._knows_film(player)

    async def _until(self, condition: Callable[[], bool], problem: str) -> None:
        """Returns when it holds. Raises DemoError."""
        try:
            async with asyncio.timeout(START_TIMEOUT):
                while not condition():
                    self.check_alive()
                    await asyncio.sleep(0.05)
        except TimeoutError:
            words = "; ".join(f"{player.name}: {_last_words(player.log)}" for player in self.players.values())
            raise DemoError(f"After {START_TIMEOUT:.0f} s {problem} ({words})") from None


async def end(process: Process) -> None:
    """Close its pipe, then insist."""
    if process.stdin is not None:
        process.stdin.close()
    for insist in (process.terminate, process.kill, lambda: None):
        try:
            async with asyncio.timeout(END_TIMEOUT):
                await process.wait()
                return
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                insist()


async def _spawn(stack: contextlib.AsyncExitStack, words: list[str], log: Path, env: dict[str, str]) -> Process:
    errors: IO[bytes] = stack.enter_context(log.open("wb"))
    try:
        return await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE, stderr=errors, env=env)
    except OSError as error:
        raise DemoError(f"{words[0]} can't be started: {error.strerror or error}") from error


def _last_words(log: Path) -> str:
    """The last line that a process wrote about itself."""
    try:
        lines = [line.strip() for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    return f"{lines[-1]} (see {log})" if lines else f"see {log}"


def _hold(pid: int) -> None:
    if sys.platform == "win32":
        _tell_windows(pid, "NtSuspendProcess")
    else:
        os.kill(pid, signal.SIGSTOP)


def _release(pid: int) -> None:
    if sys.platform == "win32":
        _tell_windows(pid, "NtResumeProcess")
    else:
        os.kill(pid, signal.SIGCONT)


def _tell_windows(pid: int, name: str) -> None:
    """Suspend or resume, which Windows has for whole processes below its documented interface only."""
    import ctypes

    windows = ctypes.windll  # type: ignore[attr-defined]
    handle = windows.kernel32.OpenProcess(0x0800, False, pid)  # PROCESS_SUSPEND_RESUME
    if handle:
        getattr(windows.ntdll, name)(handle)
        windows.kernel32.CloseHandle(handle)
