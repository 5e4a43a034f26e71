"""Debian's real Janus, run by the configuration that we ship: only its folder, its secret and its ports are others."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.fakes.nginx import free_port
from tests.fakes.waiting import wait_until

PACKAGED = Path(__file__).parents[2] / "packaging" / "janus"
HOME = "/etc/matinee-janus"
SECRET = "a secret of the tests"
PLUGIN = "janus.plugin.videoroom"
ORIGIN = Origin("https://matinee.invalid")


@dataclass
class Janus:
    """Runs within a `with`; may be killed and started again, on the same port."""

    folder: Path
    port: int = field(default_factory=free_port)
    secret: str = SECRET
    _process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.write()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "janus.log").read_text("utf-8")

    @property
    def process_id(self) -> int:
        assert self._process is not None
        return self._process.pid

    def write(self) -> None:
        """The packaged files, at home in this folder, and the secret as an administrator writes it."""
        for file in PACKAGED.glob("*.jcfg"):
            text = file.read_text("utf-8").replace(HOME, str(self.folder)).replace("8188", str(self.port))
            (self.folder / file.name).write_text(text, "utf-8")
        words = (PACKAGED / "secret.jcfg.example").read_text("utf-8").replace('""', f'"{self.secret}"')
        (self.folder / "secret.jcfg").write_text(words, "utf-8")

    def start(self) -> None:
        """Returns when it listens."""
        program = shutil.which("janus") or "/usr/bin/janus"
        with (self.folder / "janus.log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, "--configs-folder", str(self.folder)], stdout=log, stderr=log, cwd=self.folder
            )
        wait_until(self._listens, "Janus")

    def kill(self) -> None:
        """With -9, at once."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        """Let it hang: connections stay, nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log
        words = subprocess.run(["ss", "-Hltn", f"sport = :{self.port}"], capture_output=True, text=True, check=False)
        return bool(words.stdout.strip())

    def sign(self, *permits: str, realm: str = "janus", lasting: float = 60.0, secret: str = "") -> str:
        """A token as Janus' documentation describes it, computed here once more."""
        said = ",".join((str(int(time.time() + lasting)), realm, *permits))
        digest = hmac.new((secret or self.secret).encode(), said.encode(), hashlib.sha1).digest()
        return f"{said}:{base64.b64encode(digest).decode()}"

    def ticket(self, room: str, **how: Any) -> str:
        return self.sign(f"room={room}", realm=PLUGIN, **how)


class Caller:
    """Somebody who speaks with a Janus in plain JSON."""

    def __init__(self, socket: ClientConnection, token: str) -> None:
        self._socket = socket
        self.token = token
        self._numbers = itertools.count(1)
        self._session: dict[str, int] = {}

    @classmethod
    async def call(cls, janus: Janus, token: str = "", *, origin: Origin | None = ORIGIN) -> Self:
        """Comes as far as to the socket."""
        protocols = [Subprotocol("janus-protocol")]
        socket = await connect(janus.url, subprotocols=protocols, origin=origin, proxy=None)
        return cls(socket, token or janus.sign(PLUGIN))

    async def enter(self) -> Self:
        """A session and a handle of the plugin."""
        self._session["session_id"] = (await self.ask(janus="create"))["data"]["id"]
        self._session["handle_id"] = (await self.ask(janus="attach", plugin=PLUGIN))["data"]["id"]
        return self

    async def ask(self, **what: Any) -> dict[str, Any]:
        """The whole answer, whatever it is."""
        number = f"t{next(self._numbers)}"
        await self._socket.send(json.dumps({"transaction": number, "token": self.token, **self._session, **what}))
        async with asyncio.timeout(20):
            while True:
                said: dict[str, Any] = json.loads(await self._socket.recv())
                if said.get("transaction") == number and said["janus"] != "ack":
                    return said

    async def ask_plugin(self, **body: Any) -> dict[str, Any]:
        """What the plugin answers."""
        answer: dict[str, Any] = (await self.ask(janus="message", body=body))["plugindata"]["data"]
        return answer

    async def close(self) -> None:
        await self._socket.close()
