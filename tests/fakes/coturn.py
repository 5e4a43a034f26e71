"""A real coturn with packaging/'s example configuration, on free ports, with a certificate of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from server.core.protocol import Ways
from server.core.timeline import PeerId
from server.relay.turn import ways_of
from tests.fakes.certificates import write_pair
from tests.fakes.namespaces import Namespace
from tests.fakes.nginx import PACKAGING, free_port
from tests.fakes.waiting import wait_until

SECRET = "what they share"


def own_address() -> str:
    """An address of this machine that is not loopback, of which ICE and relays take no notice."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("9.9.9.9", 9))  # nothing is sent
        return str(probe.getsockname()[0])


@dataclass
class Coturn:
    """Runs within a `with`; may be killed and started again. `addresses`: where it listens and relays, in `namespace`
    if there is one; the first one is what its certificate is for, besides "localhost"."""

    folder: Path
    addresses: tuple[str, ...] = field(default_factory=lambda: (own_address(),))
    namespace: Namespace | None = None
    changes: Mapping[str, str] = field(default_factory=dict)  # what has to stand elsewhere than in the file
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        write_pair(self.certificate, self.folder / "privkey.pem", address=self.addresses[0])
        text = (PACKAGING / "turnserver.conf").read_text("utf-8")
        own = {
            "listening-port=3478\ntls-listening-port=5349": f"listening-port={self.port}\n"
            f"tls-listening-port={self.tls_port}",
            "static-auth-secret=CHANGE-ME": f"static-auth-secret={SECRET}",
            "/etc/turnserver/fullchain.pem": str(self.certificate),
            "/etc/turnserver/privkey.pem": str(self.folder / "privkey.pem"),
            "\nsyslog\n": f"\nlog-file={self.log}\nsimple-log\nno-stdout-log\npidfile={self.folder / 'coturn.pid'}\n",
        }
        for old, new in {**own, **self.changes}.items():
            assert old in text, f"turnserver.conf has no {old!r}"
            text = text.replace(old, new)
        here = [f"{key}-ip={address}" for address in self.addresses for key in ("listening", "relay")]
        if self.namespace is None:  # a machine's own address may be a private one, and `turns:localhost` is here, too
            here += ["listening-ip=127.0.0.1", *(f"allowed-peer-ip={address}" for address in self.addresses)]
        (self.folder / "turnserver.conf").write_text("\n".join([text, *here, ""]), "utf-8")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Returns when it answers."""
        program = shutil.which("turnserver") or "/usr/bin/turnserver"
        words = [program, "-c", str(self.folder / "turnserver.conf")]
        silent = subprocess.DEVNULL
        inside = self.namespace.words(*words) if self.namespace else words
        self._process = subprocess.Popen(inside, stdout=silent, stderr=silent)
        wait_until(self._is_there, f"coturn, which says: {self.said()}")

    def kill(self) -> None:
        """With -9, at once."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    @property
    def certificate(self) -> Path:
        return self.folder / "fullchain.pem"

    @property
    def log(self) -> Path:
        return self.folder / "coturn.log"

    def said(self) -> str:
        return self.log.read_text("utf-8", errors="replace") if self.log.exists() else ""

    def urls(self, host: str = "") -> dict[str, str]:
        """Its URLs by transport, as --turn wants them."""
        host = host or self.addresses[0]
        return {
            "udp": f"turn:{host}:{self.port}",
            "tcp": f"turn:{host}:{self.port}?transport=tcp",
            "tls": f"turns:{host}:{self.tls_port}?transport=tcp",
        }

    def ways(self, *transports: str, wall_time: float, host: str = "", secret: str = SECRET) -> Ways:
        """What the authority would tell at `wall_time`, s since 1970."""
        urls = self.urls(host)
        return ways_of(tuple(urls[each] for each in transports or urls), secret, PeerId("ana"), wall_time)

    def _is_there(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.said()
        if self.namespace is None:
            return all(_listens(self.addresses[0], port) for port in (self.port, self.tls_port))
        found = self.namespace.run("ss", "-Hltn")
        return all(f":{port} " in found for port in (self.port, self.tls_port))


def _listens(host: str, port: int) -> bool:
    with socket.socket() as knock:
        return knock.connect_ex((host, port)) == 0
