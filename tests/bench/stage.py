"""Where a bench plays: a screen and a sound server of its own, and programs that end with it.

A context manager; nothing of it is left behind, and nothing touches the developer's own desktop or sound.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import psutil

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "bench-out"
PATIENCE = 60.0  # s until a bench gives up on something
SINKS = ("A", "B")
T = TypeVar("T")


class BenchError(Exception):
    """A bench that can't be run; the words are for a person."""


def program(name: str) -> str:
    """One of our programs in this environment: "matinee", "matinee-server"."""
    return str(Path(sys.executable).with_name(name))


def wait_until(condition: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
    """The first answer that is neither None nor False."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if (answer := condition()) is not None and answer is not False:
            return answer
        time.sleep(0.02)
    raise BenchError(f"waited {patience:g} s in vain for {what}")


class Running:
    """A program under measurement; its output goes to `log`."""

    def __init__(self, name: str, argv: Sequence[str], env: dict[str, str], folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self.telemetry = folder / f"{name}.jsonl"
        self.started = time.perf_counter()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(argv, env=env, stdout=log, stderr=log, start_new_session=True)

    def check(self) -> None:
        """Raises BenchError where it has ended."""
        if (status := self.process.poll()) is not None:
            words = self.log.read_text("utf-8", "replace").strip().splitlines()[-3:]
            raise BenchError(f"{self.name} ended with status {status}: {' / '.join(words)}")

    def said(self, start: str) -> str | None:
        """The rest of the first line of its output that begins so."""
        self.check()
        for line in self.log.read_text("utf-8", "replace").splitlines():
            if line.startswith(start):
                return line.removeprefix(start).strip()
        return None

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Its telemetry of one kind so far, oldest first."""
        self.check()
        if not self.telemetry.exists():
            return []
        lines = self.telemetry.read_text("utf-8").splitlines(keepends=True)
        told = [json.loads(line) for line in lines if line.endswith("\n")]
        return [event for event in told if event["event"] == kind]

    def wait_for_frame(self, beyond: float = -1.0) -> dict[str, Any]:
        """Its newest frame, once one beyond a media time was presented."""

        def newest() -> dict[str, Any] | None:
            frames = self.events("frame")
            return frames[-1] if frames and frames[-1]["media_time"] > beyond else None

        return wait_until(newest, f"a frame of {self.name} beyond {beyond:g} s")

    def cpu_seconds(self) -> float:
        """User and system time so far, children and grandchildren included."""
        total = 0.0
        root = psutil.Process(self.process.pid)
        for each in (root, *root.children(recursive=True)):
            try:
                total += sum(each.cpu_times()[:4])  # own user, system, and those of children that have ended
            except psutil.NoSuchProcess:
                continue
        return total

    def end(self) -> None:
        """Politely, then not; its own children with it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Stage:
    """A screen of `size` and a null sink a player. `pulse`: the address of a sound server to use instead of its own."""

    def __init__(self, size: tuple[int, int] = (1300, 400), pulse: str = "") -> None:
        self._size = size
        self.pulse = pulse
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="matinee-bench-")))
            self._stack = stack
            self._start_screen()
            if not self.pulse:
                self._start_sound()
            (self.folder / "asound.conf").write_text(
                "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n"
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def environment(self, name: str, sink: str) -> dict[str, str]:
        """What a player under measurement starts with."""
        home = self.folder / f"home-{name}"
        (home / "run").mkdir(parents=True, exist_ok=True, mode=0o700)
        own = {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_RUNTIME_DIR": str(home / "run"),
            "DISPLAY": self.display,
            "QT_QPA_PLATFORM": "xcb",
            "PULSE_SERVER": self.pulse,
            "PULSE_SINK": sink,
            "ALSA_CONFIG_PATH": str(self.folder / "asound.conf"),
        }
        return {**os.environ, **own}

    def start(self, name: str, *argv: str, sink: str = "A") -> Running:
        """A program that ends with the stage."""
        running = Running(name, argv, self.environment(name, sink), self.folder)
        self._stack.callback(running.end)
        return running

    def start_player(self, name: str, *words: str, geometry: str, sink: str = "A") -> Running:
        """`matinee WORDS` in a window, with telemetry. `name` is the member's too."""
        common = ("--name", name, "--telemetry", str(self.folder / f"{name}.jsonl"), "--geometry", geometry)
        return self.start(name, program("matinee"), *words, *common, sink=sink)

    def start_server(self) -> tuple[Running, int]:
        """A plain authority on loopback, and its port."""
        server = self.start("server", program("matinee-server"), "--no-tls", "--listen", "127.0.0.1:0")
        address = wait_until(lambda: server.said("listening:"), "the server's port")
        return server, int(address.rpartition(":")[2])

    def _start_screen(self) -> None:
        need("Xvfb", "xvfb")
        read_end, write_end = os.pipe()
        shape = f"{self._size[0]}x{self._size[1]}x24"
        argv = ["Xvfb", "-displayfd", str(write_end), "-nolisten", "tcp", "-noreset", "-screen", "0", shape]
        screen = subprocess.Popen([*argv, "-fbdir", str(self.folder)], pass_fds=[write_end], stderr=subprocess.DEVNULL)
        self._stack.callback(end_process, screen)
        os.close(write_end)
        with os.fdopen(read_end) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise BenchError("Xvfb did not start")
        self.display = f":{number}"
        self.framebuffer = self.folder / "Xvfb_screen0"

    def _start_sound(self) -> None:
        need("pulseaudio", "pulseaudio")
        path = self.folder / "pulse"
        modules = [f"module-native-protocol-unix auth-anonymous=1 socket={path}"]
        modules += [f"module-null-sink sink_name={sink} rate=48000" for sink in SINKS]
        home = {"HOME": str(self.folder), "XDG_RUNTIME_DIR": str(self.folder), "PULSE_RUNTIME_PATH": str(self.folder)}
        argv = ["pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--log-level=error"]
        argv += [word for module in modules for word in ("-L", module)]
        sound = subprocess.Popen(argv, env=os.environ | home, stderr=subprocess.DEVNULL)
        self._stack.callback(end_process, sound)
        self.pulse = f"unix:{path}"
        wait_until(lambda: path.exists() or None, "the sound server", 10)


def need(name: str, package: str) -> None:
    """Raises BenchError where a system program is missing."""
    if shutil.which(name) is None:
        raise BenchError(f"{name} is missing: apt-get install {package}")


def end_process(process: subprocess.Popen[bytes]) -> None:
    """Terminate a child, kill it where that does not help."""
    if process.poll() is None:
        process.terminate()
        killer = threading.Timer(3.0, process.kill)
        killer.start()
        process.wait()
        killer.cancel()


def rig_clip(rig: Path, width: int, height: int, seconds: int) -> Path:
    """A film whose frames and beeps the rig's meters know; made once and kept in bench-out."""
    OUT.mkdir(exist_ok=True)
    path = OUT / f"clip-{width}x{height}-{seconds}s.mp4"
    if not path.exists():
        print(f"  making {path.name}, about a minute", flush=True)
        partial = path.with_name(f"making-{os.getpid()}-{path.name}")
        size = ("--size", f"{width}x{height}", "--seconds", str(seconds))
        done = subprocess.run([sys.executable, str(rig / "make_clip.py"), str(partial), *size], check=False)
        if done.returncode:
            raise BenchError(f"{rig / 'make_clip.py'} could not make a film")
        partial.replace(path)
    return path
