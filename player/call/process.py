"""The app's end of the process of the call: starts it, talks to it, notices when it dies or hangs, starts it again.

    python -m player.call --memory NAME ...        (inside a bundle: the app itself, --call-process)

What goes there are lines on its standard input, what comes lines on its standard output; what it writes to its standard
error is logged. It ends when its input ends, so however the app ends, it leaves no orphan. Threads: one keeper, and for
each process a reader, a writer and one for the log; none of them is ever waited for by the session, the window or the
sound device.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol, runtime_checkable

from player.call.memory import CallMemory
from player.core.call_keeping import Keeping, KeepingPolicy
from player.core.call_pipe import (
    LINE_MOST,
    CallEnded,
    CallNews,
    CallSaid,
    CallSignalled,
    CallTold,
    Company,
    FromCall,
    Hearing,
    LookForDevices,
    Own,
    PeerSignalled,
    PipeError,
    RoomLine,
    ToCall,
    WaysFound,
    line_of,
    read_from_call,
)
from player.core.resampling import Samples
from player.ports import Clock, TilePicture, Wake
from server.core.timeline import LocalTime

log = logging.getLogger(__name__)

# kinds that hold until the next one, in the order of telling; also a process that is only being started looks around
LASTING = (RoomLine, Own, WaysFound, Company, Hearing, LookForDevices)
MOST_UNSAID = 512  # pieces that a process that takes nothing may leave behind; then it has hung anyway
MOST_NEWS = 512  # of each kind that is not replaced by its newest
GENTLE, FIRM = 1.0, 0.4  # s: for an end by itself, after a terminate; then it is killed


@runtime_checkable
class Levers(Protocol):
    """A clock that is wrong on purpose; the process of the call has the same one."""

    offset: float
    ppm: float
    origin: float


class CallProcess:
    """Implements `ports.Call`: `mix` on the device's thread, `tile` on the window's, the rest on the session's."""

    def __init__(
        self, clock: Clock, wake: Wake, command: Sequence[str] = (), policy: KeepingPolicy | None = None
    ) -> None:
        """`command` replaces the program that is started, for tests."""
        self._clock = clock
        self._wake = wake
        self._command = tuple(command)
        self._policy = policy or KeepingPolicy()
        self._memory: CallMemory | None = None  # replaced whole, by the session's thread
        self._keeper: threading.Thread | None = None
        self._changed = threading.Condition()  # guards all that follows; a leaf
        self._keeping = Keeping()
        self._child: _Child | None = None
        self._lasting: dict[type, ToCall] = {}
        self._early: deque[ToCall] = deque(maxlen=MOST_UNSAID)
        self._news: deque[CallNews] = deque()
        self._is_closing = False

    # -- the session's thread ------------------------------------------------------------------------------------------

    def tell(self, piece: ToCall) -> None:
        if self._is_closing:
            return
        if self._keeper is None:
            self._begin()
        with self._changed:
            if isinstance(piece, LASTING):
                self._lasting[type(piece)] = piece
            if self._child is not None:
                self._child.say(piece)
            elif isinstance(piece, PeerSignalled):  # others call us while it is being started, or started again
                self._early.append(piece)

    def take_events(self) -> list[CallNews]:
        with self._changed:
            news = list(self._news)
            self._news.clear()
        return news

    def close(self) -> None:
        with self._changed:
            self._is_closing = True
            self._news.clear()
            self._changed.notify_all()
        if self._keeper is not None:
            self._keeper.join(GENTLE + 2 * FIRM + 0.5)
        memory, self._memory = self._memory, None
        if memory is not None:
            memory.close()

    def _begin(self) -> None:
        try:
            self._memory = CallMemory.make()
        except OSError as error:
            log.warning("the call can't have its memory: %s", error)
            words = "There is not enough memory for a call: close some programs or free some space on the disk."
            self._add(CallSaid("error", words, about="memory"))
            self._wake()
            return
        self._keeper = threading.Thread(target=self._keep, args=(self._memory,), name="matinee-call", daemon=True)
        self._keeper.start()

    # -- other threads of the app --------------------------------------------------------------------------------------

    def tile(self, peer: str, seen: int) -> TilePicture | None:
        memory = self._memory
        return None if memory is None else memory.tiles.tile(peer, seen)

    def mix(self, out: Samples, leaves_at: LocalTime) -> None:
        memory = self._memory
        if memory is not None:
            memory.sound.mix(out, leaves_at)

    # -- the keeper ----------------------------------------------------------------------------------------------------

    def _keep(self, memory: CallMemory) -> None:
        """The keeper's thread."""
        while True:
            now = self._clock.now()
            with self._changed:
                if self._is_closing:
                    break
                self._keeping = self._keeping.receive_look(self._policy, now)
                duty, child = self._keeping.duty_at(self._policy, now), self._child
            if duty == "start":
                self._start(memory)
            elif duty == "kill" and child is not None:
                log.warning("the call's process has said nothing for %.0f s: it is ended", self._policy.silence)
                child.kill()  # the reader sees the end
            with self._changed:
                if not self._is_closing:
                    self._changed.wait(self._policy.look)
        with self._changed:
            child, self._child = self._child, None
        if child is not None:
            child.stop()

    def _start(self, memory: CallMemory) -> None:
        try:
            child = _Child(self._words(memory), memory.descriptors, self)
        except OSError as error:
            log.warning("the call's process can't be started: %s", error)
            with self._changed:
                self._keeping = self._keeping.receive_end(self._policy, self._clock.now())
                self._add(CallEnded(f"The call can't be started ({error.strerror}): install Matinee again."))
            self._wake()
            return
        with self._changed:
            self._child = child
            self._keeping = self._keeping.receive_start(self._clock.now())
            for kind in LASTING:
                if kind in self._lasting:
                    child.say(self._lasting[kind])
            while self._early:
                child.say(self._early.popleft())
        child.begin()

    def _words(self, memory: CallMemory) -> list[str]:
        is_bundle = getattr(sys, "frozen", False)
        program = [sys.executable, "--call-process"] if is_bundle else [sys.executable, "-m", "player.call"]
        words = [*(self._command or program), "--memory", memory.name]
        words += ["--log-level", logging.getLevelName(log.getEffectiveLevel()).lower()]
        if isinstance(self._clock, Levers):
            clock = self._clock
            words += [f"--clock-offset={clock.offset!r}", f"--clock-ppm={clock.ppm!r}"]
            words += [f"--clock-origin={clock.origin!r}"]
        return words

    # -- the child's threads -------------------------------------------------------------------------------------------

    def receive_line(self, child: _Child, line: bytes) -> None:
        """The child has said this."""
        try:
            piece = read_from_call(line)
        except PipeError as error:
            log.warning("the call's process says what we don't understand: %s", error)
            return
        with self._changed:
            if child is not self._child:
                return
            if isinstance(piece, CallTold):
                self._keeping = self._keeping.receive_word(self._clock.now())
            self._add(piece)
        self._wake()

    def receive_end(self, child: _Child, status: int, last: str) -> None:
        """The child is gone."""
        with self._changed:
            if child is not self._child:
                return
            self._child = None
            self._keeping = self._keeping.receive_end(self._policy, self._clock.now())
            self._add(CallEnded("The call broke off. It is being started again; the film goes on."))
            self._changed.notify_all()
        log.info("the call's process has ended with %s: %s", status, last)
        self._wake()

    def _add(self, piece: FromCall | CallEnded) -> None:
        """Keep news until they are taken: the newest of a state, a bounded number of what happened."""
        kind = type(piece)
        same = [known for known in self._news if type(known) is kind]
        if isinstance(piece, CallSignalled | CallSaid | CallEnded):
            if len(same) >= MOST_NEWS:
                self._news.remove(same[0])
        else:
            for known in same:
                self._news.remove(known)
        self._news.append(piece)


class _Child:
    """The process and the three threads that wait for it. `_unsaid` and `_is_stopping` are guarded by `_more`."""

    def __init__(self, words: list[str], descriptors: tuple[int, ...], owner: CallProcess) -> None:
        """Raises OSError."""
        self._owner = owner
        self._more = threading.Condition()
        self._unsaid: deque[ToCall] = deque()
        self._is_stopping = False
        self._last = ""  # line of its standard error; of the log's thread until that has ended
        self._process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=_environment(),
            pass_fds=descriptors,
            creationflags=_no_window_and_below_the_film(),
        )
        self._log = threading.Thread(target=self._read_log, name="matinee-call-log", daemon=True)

    @property
    def pid(self) -> int:
        return self._process.pid

    def begin(self) -> None:
        self._log.start()
        for name, work in (("matinee-call-reader", self._read), ("matinee-call-writer", self._write)):
            threading.Thread(target=work, name=name, daemon=True).start()

    def say(self, piece: ToCall) -> None:
        with self._more:
            if isinstance(piece, LASTING):  # an older one that was not said yet is void
                for unsaid in [each for each in self._unsaid if type(each) is type(piece)]:
                    self._unsaid.remove(unsaid)
            if isinstance(piece, LASTING) or len(self._unsaid) < MOST_UNSAID:  # signals may fill it, and nothing else
                self._unsaid.append(piece)
            self._more.notify()

    def kill(self) -> None:
        self._process.kill()

    def stop(self) -> None:
        """End it: politely, then by force. Takes up to GENTLE + 2 FIRM s."""
        with self._more:
            self._is_stopping = True
            self._more.notify()
        for patience, then in ((GENTLE, self._process.terminate), (FIRM, self._process.kill), (FIRM, None)):
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
                return
            if then is not None:
                then()

    def _write(self) -> None:
        """The writer's thread: it alone closes the pipe, since it may be waiting in it."""
        with _pipe(self._process.stdin) as pipe, suppress(OSError):
            while True:
                with self._more:
                    while not self._unsaid and not self._is_stopping:
                        self._more.wait()
                    if self._is_stopping:
                        return
                    piece = self._unsaid.popleft()
                line = line_of(piece)
                if len(line) > LINE_MOST:
                    log.warning("a line of %d bytes is not told to the call", len(line))
                    continue
                view = memoryview(line)
                while view:
                    view = view[pipe.write(view) or 0 :]

    def _read(self) -> None:
        """The reader's thread, which also sees the end."""
        with _pipe(self._process.stdout) as pipe, suppress(OSError):
            rest = b""
            while data := pipe.read(LINE_MOST):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._owner.receive_line(self, line)
                if len(rest) > LINE_MOST:
                    log.warning("the call's process speaks without end: it is ended")
                    self.kill()
                    break
        status = self._process.wait()
        with self._more:
            self._is_stopping = True
            self._more.notify()
        self._log.join(1.0)
        self._owner.receive_end(self, status, self._last)

    def _read_log(self) -> None:
        with _pipe(self._process.stderr) as pipe, suppress(OSError):
            rest = b""
            while data := pipe.read(LINE_MOST):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._last = line.decode(errors="replace").rstrip()
                    is_bad = self._last.startswith(("WARNING ", "ERROR ", "CRITICAL "))
                    log.log(logging.WARNING if is_bad else logging.INFO, "call: %s", self._last)
                rest = rest[-LINE_MOST:]


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _environment() -> dict[str, str]:
    """Ours, with the place that `player` is imported from, and one thread for arithmetic on tiny arrays."""
    import player

    folders = [str(Path(player.__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
    path = os.pathsep.join(folder for folder in folders if folder)
    return os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def _no_window_and_below_the_film() -> int:
    """Windows: how a program is started. 0 elsewhere, where the process steps back by itself."""
    return getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
