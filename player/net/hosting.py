"""The app's own authority: the same server as everywhere, in a process of its own that ends with the app.

    python -m server --until-stdin-closes ...        (inside a bundle: the app itself, --serve)

The app holds the other end of the server's standard input. However the app ends, killed or crashed, the system closes
that end, and the server goes: on Windows, macOS and Linux alike. Secrets go through the environment, which, unlike a
command line, other users can't read.

An invite outlives a restart: port (while it is free), keys and certificate are kept. So does a room: its state is in
a folder of that port's, so that two apps that host on one machine do not get into each other's way.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from player.core.invite import DEFAULT_PORT, MAX_ALSO, Invite, InviteError, address_text, parse_address
from player.net.addresses import can_listen, free_port, own_addresses, wildcard
from player.ports import LinkError, Settings, Wake

log = logging.getLogger(__name__)

PREFIX = "MATINEE_SERVER_"
START = 45.0  # s for a cold start on a slow disk, on a machine that is busy
LETTING_GO = 2.5  # s for the server of an app that was just closed
GENTLE, FIRM = 1.3, 0.4  # s: to say goodbye to members after its input ended, after a terminate; then it is killed
WILDCARDS = ("::", "0.0.0.0")


class ServerProcess:
    """Implements `RoomHost`. `start` and the readings on the session's thread, `stop` on any."""

    def __init__(self, settings: Settings, wake: Wake, *, password: str = "", certificates: Path | None = None) -> None:
        """With a password whoever joins has to know it, and the invite alone does not admit."""
        self._settings = settings
        self._wake = wake
        self._password = password
        self._certificates = certificates
        self._stopping = threading.Lock()  # held for as long as a stop takes: a start waits for the port
        self._child: _Child | None = None  # guarded by `_stopping` where it is replaced
        self._own: Invite | None = None

    @property
    def has_ended(self) -> bool:
        """The server has died by itself; `wake` was called."""
        child = self._child
        return child is not None and child.has_died

    async def start(self, room: str, listen: str) -> Invite:
        """Start the server, replacing one that runs. `listen` is ADDR:PORT, "" is every address of this machine and
        the port of last time. Returns the friends' invite. Raises LinkError."""
        return await self._launch(room, listen, "")

    async def take_over(self, bundle: str, room: str, age: float, listen: str) -> Invite:
        """Likewise with a room that another authority gave away `age` s ago: `bundle` is that room with its people and
        all. It goes to the server in a file that only we can read, as old as the bundle, and gone when it runs."""
        handle, path = tempfile.mkstemp(prefix="matinee-room-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(bundle)
            came = time.time() - age
            os.utime(path, (came, came))
            return await self._launch(room, listen, path)
        finally:
            Path(path).unlink(missing_ok=True)

    async def _launch(self, room: str, listen: str, adopted: str) -> Invite:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self.stop)
        key, maker_key = self._remembered_secret("host_key"), self._remembered_secret("host_maker_key")
        secrets_of_it = {"MAKER_KEY": maker_key, **({"PASSWORD": self._password} if self._password else {"KEY": key})}
        where = listen or await self._usual()
        child = _Child(self._command(where, adopted), _environment(secrets_of_it), self._wake)
        self._child = child
        try:
            address, pin = await child.listening(loop)
            host, port = parse_address(address, 0)
            if not listen:
                self._settings.put("host_port", port)
            hosts = own_addresses() if host in WILDCARDS else (host,)
            hosts = hosts or ("127.0.0.1",)
            here = "127.0.0.1" if host in WILDCARDS else host
            self._own = Invite(here, port, room, tls=bool(pin), pin=pin, key=maker_key, password=self._password)
            return Invite(
                host=hosts[0],
                port=port,
                room=room,
                tls=bool(pin),
                pin=pin,
                key="" if self._password else key,
                also=tuple((other, port) for other in hosts[1 : MAX_ALSO + 1]),
            )
        except InviteError as error:
            await loop.run_in_executor(None, self.stop)
            raise LinkError(str(error)) from None
        except BaseException:
            await loop.run_in_executor(None, self.stop)
            raise

    def own_invite(self) -> Invite:
        """The host's own way in, with the right to make the room."""
        if self._own is None:
            raise LinkError("There is no room on this computer: host one first.")
        return self._own

    def stop(self) -> None:
        """End the server: politely, at most 2 s."""
        with self._stopping:
            child, self._child = self._child, None
            if child is not None:
                child.stop()

    async def _usual(self) -> str:
        """The port of last time. The server of an app that was just closed may still be letting go of it: an invite
        that holds is worth a little patience."""
        loop = asyncio.get_running_loop()
        port = self._settings.get("host_port")
        host = wildcard()
        if not (isinstance(port, int) and 0 < port < 65536):
            port = DEFAULT_PORT
        ends = loop.time() + LETTING_GO
        while not (is_free := can_listen(host, port)) and loop.time() < ends:
            await asyncio.sleep(LETTING_GO / 30)
        return address_text(host, port if is_free else free_port(host))

    def _remembered_secret(self, name: str) -> str:
        known = self._settings.get(name)
        if isinstance(known, str) and 16 <= len(known) <= 64 and known.isascii() and known.isprintable():
            return known
        made = secrets.token_urlsafe(16)
        self._settings.put(name, made)
        return made

    def _command(self, listen: str, adopted: str) -> list[str]:
        program = [sys.executable, "--serve"] if getattr(sys, "frozen", False) else [sys.executable, "-m", "server"]
        folder = self._certificates
        if folder is None:
            from platformdirs import user_config_path

            folder = user_config_path("matinee", appauthor=False) / "server"
        options = ["--until-stdin-closes", "--listen", listen, "--certificate-dir", str(folder)]
        if rooms := _rooms_folder(folder.parent, listen):
            options += ["--state-dir", str(rooms)]
        return [*program, *options, *(("--adopt", adopted) if adopted else ())]


class _Child:
    """The process and the two threads that read it. `_lines`, `_address`, `_pin`, `_is_over` and `_tell` are guarded
    by `_lock`."""

    def __init__(self, command: list[str], environment: dict[str, str], wake: Wake) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._lines: deque[str] = deque(maxlen=20)  # of its standard error, the last
        self._address = self._pin = ""
        self._is_over = False
        self._is_stopped = False
        self._tell: Callable[[], None] | None = None
        self.has_died = False
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=environment,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise LinkError(f"The room's server can't be started ({error.strerror}): install Matinee again.") from None
        complaints = threading.Thread(target=self._read_errors, name="matinee-server-log", daemon=True)
        complaints.start()
        threading.Thread(target=self._read, args=(complaints,), name="matinee-server", daemon=True).start()

    async def listening(self, loop: asyncio.AbstractEventLoop) -> tuple[str, str]:
        """Its address as ADDR:PORT and its pin, as soon as it accepts. Raises LinkError."""
        changed = asyncio.Event()

        def tell() -> None:
            with suppress(RuntimeError):  # the loop has been closed
                loop.call_soon_threadsafe(changed.set)

        with self._lock:
            self._tell = tell
        tell()
        try:
            async with asyncio.timeout(START):
                while True:
                    await changed.wait()
                    changed.clear()
                    with self._lock:
                        address, pin, is_over, lines = self._address, self._pin, self._is_over, list(self._lines)
                    if is_over:
                        raise LinkError(_last_words(lines))
                    if address:
                        return address, pin
        except TimeoutError:
            raise LinkError(f"The room's server has not started within {START:.0f} s: try again.") from None

    def stop(self) -> None:
        self._is_stopped = True
        process = self._process
        with suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        for patience, then in ((GENTLE, process.terminate), (FIRM, process.kill), (None, None)):
            try:
                process.wait(patience)
                break
            except subprocess.TimeoutExpired:
                log.info("the server takes its time to end")
                if then is not None:
                    then()

    def _read(self, complaints: threading.Thread) -> None:
        """The thread of the server's standard output, and of its end."""
        with _reading(self._process.stdout) as lines:
            for line in lines:
                name, _, value = line.strip().partition(": ")
                with self._lock:
                    if name == "pin":
                        self._pin = value
                    elif name == "listening":
                        self._address = value
                    tell = self._tell
                if tell is not None:
                    tell()
        complaints.join(1)
        self._process.wait()
        with self._lock:
            is_death = not self._is_stopped and bool(self._address)
            self._is_over, tell = True, self._tell
            lines_left = list(self._lines)
        if tell is not None:
            tell()
        if is_death:
            log.info("the server ended by itself with %s: %s", self._process.returncode, lines_left[-1:])
            self.has_died = True
            self._wake()

    def _read_errors(self) -> None:
        with _reading(self._process.stderr) as lines:
            for line in lines:
                log.info("server: %s", line.rstrip())
                with self._lock:
                    self._lines.append(line.strip())


def _rooms_folder(parent: Path, listen: str) -> Path | None:
    """Where the rooms of this port's server are kept, for nobody else to read. None: any port will do, so nobody finds
    back to it anyway, or the folder can't be made (the room is then gone with the app)."""
    port = listen.rpartition(":")[2]
    if not port.isascii() or not port.isdigit() or not int(port):
        return None
    folder = parent / "rooms" / port
    try:
        for each in (folder.parent, folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        log.warning("the room will not outlive this app: %s can't be made (%s)", folder, error.strerror)
        return None
    return folder


def _reading(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def _last_words(lines: list[str]) -> str:
    """Why it did not start, in its own words: it says one sentence."""
    said = next((line for line in reversed(lines) if line.startswith("matinee-server: ")), "")
    words = said.removeprefix("matinee-server: ").rstrip(".")
    return f"{words}." if words else "The room's server has stopped while it started: try again, or see the log."


def _environment(values: dict[str, str]) -> dict[str, Any]:
    """Ours, without what configures some other server, and with the place that `server` is imported from."""
    import server

    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    folders = [str(Path(server.__file__).resolve().parents[1]), inherited.get("PYTHONPATH", "")]
    inherited["PYTHONPATH"] = os.pathsep.join(folder for folder in folders if folder)
    return inherited | {PREFIX + name: value for name, value in values.items()}
