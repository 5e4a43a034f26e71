"""A real nginx with one of packaging/'s configurations, on free ports, in a folder of its own, as any user."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from server.certificate import pin_of
from tests.fakes.certificates import write_pair
from tests.fakes.waiting import wait_until

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
MAIN = """
daemon off;
worker_processes 1;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 512; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/matinee.conf;
}}
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Nginx:
    """Serves `configuration` of packaging/ within a `with`. `changes`: what has to stand elsewhere than in the file,
    such as an upstream's address; each has to be found in it. The certificate is made anew, `pin` is its pin."""

    folder: Path
    changes: Mapping[str, str]
    configuration: str = "nginx-matinee.conf"
    port: int = field(default_factory=free_port)
    pin: str = ""
    _process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        program = shutil.which("nginx") or "/usr/sbin/nginx"  # Debian keeps it out of a user's PATH
        certificate, key = self.folder / "fullchain.pem", self.folder / "privkey.pem"
        write_pair(certificate, key)
        self.pin = pin_of(certificate.read_bytes())
        text = (PACKAGING / self.configuration).read_text("utf-8")
        own = {
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "    listen [::]:443 ssl;\n": "",
            "/etc/letsencrypt/live/example.org/fullchain.pem": str(certificate),
            "/etc/letsencrypt/live/example.org/privkey.pem": str(key),
        }
        for old, new in {**own, **self.changes}.items():
            assert old in text, f"{self.configuration} has no {old!r}"
            text = text.replace(old, new)
        (self.folder / "matinee.conf").write_text(text, "utf-8")
        user = "user root;" if os.getuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(MAIN.format(folder=self.folder, user=user), "utf-8")
        said = self.folder / "error.log"
        self._process = subprocess.Popen(
            [program, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), "-e", str(said)],
            stderr=subprocess.DEVNULL,  # it writes the same into error.log
        )
        wait_until(lambda: self._is_listening() or self._process is None or self._process.poll() is not None, "nginx")
        assert self._process.poll() is None, said.read_text("utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(60)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def _is_listening(self) -> bool:
        with socket.socket() as knock:
            return knock.connect_ex(("127.0.0.1", self.port)) == 0
