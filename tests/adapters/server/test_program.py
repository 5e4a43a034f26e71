"""`matinee-server` as people and the app start it: what it prints, how it ends, what it says when it can't begin."""

from __future__ import annotations

import base64
import signal
import socket
import sys
from pathlib import Path

import aiohttp
import pytest
from websockets.frames import Opcode

from server.certificate import CERTIFICATE, KEY, own_context
from server.core.protocol import Closing, Seek, TimelineStated
from tests.fakes.programs import run_server
from tests.fakes.visitors import Friend, Stranger, TurnedAwayError, a_pair, frame

LOOPBACK = ("--listen", "127.0.0.1:0")


async def test_it_says_where_it_listens_and_people_can_meet_there() -> None:
    async with run_server(*LOOPBACK) as server:
        port = await server.port()
        assert server.lines == [f"listening: 127.0.0.1:{port}"]
        async with a_pair(f"http://127.0.0.1:{port}"):
            pass


@pytest.mark.skipif(sys.platform == "win32", reason="signals end a Windows process at once")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_and_members_are_told(number: signal.Signals) -> None:
    async with run_server(*LOOPBACK) as server:
        ana = await Friend.join(f"http://127.0.0.1:{await server.port()}")
        server.process.send_signal(number)
        assert (await ana.hear(Closing)).words
        await ana.end()
        assert await server.end() == 0
        assert "Traceback" not in await server.errors()


async def test_the_end_of_its_input_ends_it() -> None:
    async with run_server(*LOOPBACK, "--until-stdin-closes") as server:
        ana = await Friend.join(f"http://127.0.0.1:{await server.port()}")
        assert server.process.stdin is not None
        server.process.stdin.write(b"what is said there does not matter\n")
        await server.process.stdin.drain()
        await ana.exchange()
        server.process.stdin.close()
        await ana.hear(Closing)
        await ana.end()
        assert await server.end() == 0


async def test_without_being_asked_to_it_does_not_mind_its_input() -> None:
    async with run_server(*LOOPBACK) as server:
        url = f"http://127.0.0.1:{await server.port()}"
        assert server.process.stdin is not None
        server.process.stdin.close()
        async with a_pair(url):
            pass


async def test_after_a_kill_the_next_one_takes_the_port_and_has_another_epoch() -> None:
    async with run_server(*LOOPBACK) as first:
        port = await first.port()
        ana = await Friend.join(f"http://127.0.0.1:{port}")
        first.process.kill()
        await ana.end()
        await first.end()
    async with run_server("--listen", f"127.0.0.1:{port}") as second:
        assert await second.port() == port
        again = await Friend.join(f"http://127.0.0.1:{port}", token=ana.welcome.token)
        assert again.welcome.epoch != ana.welcome.epoch
        await again.leave()


async def test_a_killed_member_is_lost_and_the_others_go_on() -> None:
    async with run_server(*LOOPBACK) as server:
        url = f"http://127.0.0.1:{await server.port()}"
        async with a_pair(url) as (ana, _):
            cleo = await Friend.join(url, "parlour", "Cleo")
            item = cleo.welcome.timeline.item
            await cleo.vanish()
            await ana.command(Seek(media_us=9_000_000), item=item)
            await ana.hear(TimelineStated, media_us=9_000_000)


async def test_secrets_come_by_the_environment_and_are_nowhere_in_the_log() -> None:
    environ = {"MATINEE_SERVER_KEY": "sesame-open", "MATINEE_SERVER_LOG_LEVEL": "debug"}
    async with run_server(*LOOPBACK, "--until-stdin-closes", **environ) as server:
        url = f"http://127.0.0.1:{await server.port()}"
        ana = await Friend.join(url, key="sesame-open")
        again = await Friend.join(url, key="sesame-open", token=ana.welcome.token)
        with pytest.raises(TurnedAwayError):
            await Friend.join(url, key="wrong-guess")
        await ana.end()
        await again.leave()
        assert server.process.stdin is not None
        server.process.stdin.close()
        assert await server.end() == 0
        log = await server.errors()
        assert "refused: key" in log
        assert not [secret for secret in ("sesame-open", "wrong-guess", ana.welcome.token) if secret in log]


async def test_tls_by_a_certificate_of_its_own_and_its_pin(tmp_path: Path) -> None:
    argv = ("--listen", "0.0.0.0:0", "--certificate-dir", str(tmp_path))
    async with run_server(*argv) as server:
        port = await server.port()
        pin = server.lines[0].removeprefix("pin: ")
        fingerprint = aiohttp.Fingerprint(base64.urlsafe_b64decode(pin + "="))
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=fingerprint)) as session:
            ana = await Friend.join(f"https://127.0.0.1:{port}", http_session=session)
            await ana.exchange()
            await ana.leave()
        wrong = aiohttp.Fingerprint(bytes(32))
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=wrong)) as session:
            with pytest.raises(aiohttp.ServerFingerprintMismatch):
                await session.get(f"https://127.0.0.1:{port}/healthz")
    async with run_server(*argv) as again:
        assert await again.read_until("pin: ") == pin


async def test_tls_by_somebodys_certificate_has_no_pin(tmp_path: Path) -> None:
    _, pin = own_context(str(tmp_path))
    files = ("--tls-cert", str(tmp_path / CERTIFICATE), "--tls-key", str(tmp_path / KEY))
    async with run_server(*LOOPBACK, *files) as server:
        port = await server.port()
        assert len(server.lines) == 1
        fingerprint = aiohttp.Fingerprint(base64.urlsafe_b64decode(pin + "="))
        async with aiohttp.ClientSession() as session:
            async with session.get(f"https://127.0.0.1:{port}/healthz", ssl=fingerprint) as answer:
                assert answer.status == 200
            with pytest.raises(aiohttp.ClientError):
                await session.get(f"http://127.0.0.1:{port}/healthz")


async def test_half_a_tls_handshake_does_not_last() -> None:
    async with run_server("--listen", "0.0.0.0:0", "--limit", "request_time=0.2") as server:
        stranger = await Stranger.knock(await server.port())
        await stranger.write(b"\x16\x03\x01\x02\x00\x01")
        await stranger.end()
        await Stranger.send_home()


async def test_strangers_find_no_hole_in_the_real_thing_either() -> None:
    """The same gate as in test_gate, on the loop that servers run on."""
    async with run_server(*LOOPBACK, "--until-stdin-closes", "--limit", "stuck_time=0.2") as server:
        port = await server.port()
        async with a_pair(f"http://127.0.0.1:{port}"):
            for said in (
                frame(Opcode.TEXT, b"3") * 3000,
                frame(Opcode.TEXT, b'42["ready",' + b"[" * 8000 + b"]" * 8000 + b"]"),
                frame(Opcode.TEXT, b"451-[]"),
                frame(Opcode.BINARY, b"x"),
                frame(Opcode.TEXT, b"\xff"),
                b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",
                frame(Opcode.TEXT, b"41"),
            ):
                stranger = await Stranger.join(port)
                await stranger.write(said)
                await stranger.end()
            stranger = await Stranger.knock(port)
            await stranger.write(b"nonsense\r\n\r\n")
            await stranger.end()
        await Stranger.send_home()
        assert server.process.stdin is not None
        server.process.stdin.close()
        assert await server.end() == 0
        assert [line for line in (await server.errors()).splitlines() if " INFO " not in line] == []


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
async def test_ipv6_stands_in_brackets() -> None:
    async with run_server("--listen", "[::1]:0") as server:
        address = await server.read_until("listening: ")
        assert address.startswith("[::1]:")
        async with a_pair(f"http://{address}"):
            pass


async def test_any_ipv6_address_takes_ipv4_as_well() -> None:
    async with (
        run_server("--listen", "[::]:0", "--no-tls") as server,
        a_pair(f"http://127.0.0.1:{await server.port()}"),
    ):
        pass


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (("--listen", "192.0.2.1:0", "--no-tls"), 1, "has no address"),
        (("--listen", "no-such-host.invalid:0", "--no-tls"), 1, "There is no address"),
        ((*LOOPBACK, "--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.pem"), 1, "can't be read"),
        ((*LOOPBACK, "--config", "/nowhere.toml"), 2, "can't be read"),
        (("--listen", "somewhere"), 2, "ADDR:PORT"),
    ],
)
async def test_what_can_not_begin_says_why(argv: tuple[str, ...], code: int, words: str) -> None:
    async with run_server(*argv) as server:
        assert await server.end() == code
        said = await server.errors()
        assert words in said
        assert said.startswith("matinee-server: ")
        assert said.count("\n") == 1


async def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with run_server("--listen", f"127.0.0.1:{port}") as server:
            assert await server.end() == 1
            assert f"Port {port} on 127.0.0.1 is taken" in await server.errors()
