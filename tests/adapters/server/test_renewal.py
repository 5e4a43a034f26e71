"""Certificate files that change while the server runs, on real connections, with a host's name and without one."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.certificate import LOOK_EVERY, CertificateFiles
from tests.fakes.certificates import BEGIN, write_pair
from tests.fakes.programs import run_server
from tests.fakes.visitors import PATIENCE


@dataclass
class Desk:
    """Files, what reads them, and a clock by hand."""

    folder: Path
    now: float = 100.0

    def __post_init__(self) -> None:
        write_pair(self.certificate, self.key)
        self.files = CertificateFiles(str(self.certificate), str(self.key), lambda: self.now)

    @property
    def certificate(self) -> Path:
        return self.folder / "fullchain.pem"

    @property
    def key(self) -> Path:
        return self.folder / "privkey.pem"

    @property
    def lying_there(self) -> bytes:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.certificate.read_text())).digest()

    def renew(self) -> None:
        for path in (self.certificate, self.key):
            path.unlink()
        write_pair(self.certificate, self.key)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def shown_at(port: int, name: str | None = None) -> bytes:
    """SHA-256 of the certificate that a new connection is shown."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name or "")
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return hashlib.sha256(certificate).digest()


async def shown(desk: Desk, name: str | None = "localhost") -> bytes:
    """Likewise, by a server that listens with these files."""

    async def take(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(take, "127.0.0.1", 0, ssl=desk.files.context) as server:
        return await shown_at(server.sockets[0].getsockname()[1], name)


@pytest.mark.parametrize("name", ["localhost", None], ids=["with a name", "without a name"])
async def test_new_connections_get_what_lies_there(desk: Desk, name: str | None) -> None:
    old = desk.lying_there
    assert await shown(desk, name) == old
    desk.renew()
    assert await shown(desk, name) == old  # it was looked at just now
    desk.now += LOOK_EVERY
    assert await shown(desk, name) == desk.lying_there != old


async def test_a_signal_does_not_wait(desk: Desk) -> None:
    desk.renew()
    desk.files.reload()
    assert await shown(desk) == desk.lying_there


@pytest.mark.expects_warnings
async def test_what_can_not_be_used_changes_nothing_and_is_said_once(
    desk: Desk, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    old = desk.lying_there
    write_pair(desk.certificate, tmp_path / "a key that has not been copied yet")
    for _ in range(3):
        desk.now += LOOK_EVERY
        assert await shown(desk) == old
    assert [record.levelname for record in caplog.records if record.name == "server.certificate"] == ["WARNING"]
    assert "The old certificate stays in use." in caplog.text
    desk.certificate.unlink()
    desk.now += LOOK_EVERY
    assert await shown(desk) == old
    (tmp_path / "a key that has not been copied yet").replace(desk.key)
    write_pair(desk.certificate, desk.key)
    desk.now += LOOK_EVERY
    assert await shown(desk) == desk.lying_there != old


async def test_the_end_of_what_is_shown_is_known(desk: Desk) -> None:
    assert desk.files.end == BEGIN.replace(year=BEGIN.year + 30).timestamp()
    write_pair(desk.certificate, desk.key, years=1)
    desk.files.reload()
    assert desk.files.end == BEGIN.replace(year=BEGIN.year + 1).timestamp()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP; files that changed are read there, too")
async def test_the_program_reads_them_again_on_sighup(desk: Desk) -> None:
    files = ("--tls-cert", str(desk.certificate), "--tls-key", str(desk.key))
    async with run_server("--listen", "127.0.0.1:0", *files, "--until-stdin-closes") as server:
        port = await server.port()
        assert await shown_at(port) == desk.lying_there
        desk.renew()
        server.process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(PATIENCE):
            while await shown_at(port) != desk.lying_there:
                pass
        assert server.process.stdin is not None
        server.process.stdin.close()
        assert await server.end() == 0
        assert "New connections get the certificate" in await server.errors()
