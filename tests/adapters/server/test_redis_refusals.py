"""A Redis that can't be used: what whoever runs the server is told, and that the password is told nobody."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.store.port import StoreError
from server.store.redis_link import Link
from server.store.redis_wire import RedisPlace
from tests.fakes.certificates import write_pair
from tests.fakes.nginx import free_port
from tests.fakes.programs import run_server
from tests.fakes.redis_server import RedisServer
from tests.fakes.services import start_process
from tests.fakes.visitors import Friend

LOOPBACK = ("--listen", "127.0.0.1:0")


async def words(*argv: str, **environ: str) -> str:
    """What a server says that can't begin."""
    async with run_server(*LOOPBACK, *argv, **environ) as server:
        assert await server.end() == 1
        said = await server.errors()
    (line,) = [line for line in said.splitlines() if line.startswith("matinee-server: ")]
    assert "Traceback" not in said
    return line


@contextlib.asynccontextmanager
async def something_else(answer: bytes) -> AsyncIterator[int]:
    """A port on which somebody answers everything with the same bytes; b"" is silence."""

    class Peer(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport: asyncio.Transport = transport  # type: ignore[assignment]

        def data_received(self, data: bytes) -> None:
            self.transport.write(answer)

    server = await asyncio.get_running_loop().create_server(Peer, "127.0.0.1", 0)
    yield int(server.sockets[0].getsockname()[1])
    server.close()


async def test_nobody_is_there() -> None:
    port = free_port()
    said = await words("--redis", f"redis://127.0.0.1:{port}/0")
    assert said == f"matinee-server: Redis at 127.0.0.1:{port} can't be reached; start it, or correct --redis"


@pytest.mark.parametrize("url", ["127.0.0.1:6379", "http://127.0.0.1/", "redis://127.0.0.1:no", "redis://[::1"])
async def test_what_is_no_address(url: str) -> None:
    assert "redis://HOST:PORT" in await words("--redis", url)


async def test_the_wrong_password_and_none(tmp_path: Path) -> None:
    with RedisServer(tmp_path, ("--requirepass", "sesame")) as redis:
        for environ in ({}, {"MATINEE_SERVER_REDIS_PASSWORD": "wrong-guess"}):
            said = await words("--redis", redis.url, **environ)
            assert "refuses the password; give the right one in MATINEE_SERVER_REDIS_PASSWORD" in said
            assert "wrong-guess" not in said


async def test_the_password_comes_by_the_environment_and_is_nowhere_in_the_log(tmp_path: Path) -> None:
    with RedisServer(tmp_path, ("--requirepass", "sesame-open"), password="sesame-open") as redis:
        secret = redis.url.replace("redis://", "redis://:sesame-open@")
        for argv, environ in (
            (("--redis", redis.url), {"MATINEE_SERVER_REDIS_PASSWORD": "sesame-open"}),
            ((), {"MATINEE_SERVER_REDIS": secret}),
        ):
            async with run_server(*LOOPBACK, *argv, "--log-level", "debug", **environ) as server:
                friend = await Friend.join(f"http://127.0.0.1:{await server.port()}")
                redis.kill()
                redis.start()
                await friend.exchange()
                await friend.leave()
                server.process.terminate()
                assert await server.end() == 0
                assert "sesame-open" not in await server.errors()


async def test_what_answers_is_no_redis() -> None:
    async with something_else(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        assert f"What answers at 127.0.0.1:{port} is no Redis" in await words("--redis", f"redis://127.0.0.1:{port}/0")


async def test_what_is_there_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.store.redis_wire.PATIENCE", 0.1)
    async with something_else(b"") as port:
        with pytest.raises(StoreError, match="does not answer"):
            await RedisPlace(f"redis://127.0.0.1:{port}/0").connect()


async def test_one_that_is_loading_is_waited_for_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.store.redis_link.LOADING", 0.1)
    monkeypatch.setattr("server.store.redis_link.MOST_PAUSE", 0.1)
    async with something_else(b"-LOADING Redis is loading the dataset in memory\r\n") as port:
        with pytest.raises(StoreError, match="is still loading its data; wait until it has"):
            await Link.open_loaded(RedisPlace(f"redis://127.0.0.1:{port}/0"))


async def test_a_read_only_replica(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with (
        RedisServer(first) as primary,
        RedisServer(second, ("--replicaof", "127.0.0.1", str(primary.port))) as replica,
    ):
        assert "is a read-only replica; give --redis the address of its primary" in await words("--redis", replica.url)


async def test_no_memory_left(tmp_path: Path) -> None:
    with RedisServer(tmp_path, ("--maxmemory", "1")) as redis:
        assert "has no memory left for rooms; raise its maxmemory" in await words("--redis", redis.url)


async def test_a_user_without_the_rights(tmp_path: Path) -> None:
    with RedisServer(
        tmp_path, ("--user", "guest", "on", ">sesame", "+ping", "+client", "+script", "+subscribe", "&*")
    ) as redis:
        url = redis.url.replace("redis://", "redis://guest:sesame@")
        assert "give it the rights" in await words("--redis", url)


async def test_a_database_that_holds_something_else(tmp_path: Path) -> None:
    with RedisServer(tmp_path) as redis:
        redis.ask("HSET", "matinee:clock", "epoch", "x", "generation", "many")
        assert "give it another database" in await words("--redis", redis.url)


async def test_a_room_that_can_not_be_read_is_set_aside(tmp_path: Path) -> None:
    with RedisServer(tmp_path) as redis:
        redis.ask("HSET", "matinee:room:den", "version", "x.3", "epoch", "e", "film", "nonsense")
        redis.ask("SADD", "matinee:rooms", "den")
        async with start_process(redis) as one:
            friend = await Friend.join(one.url)
            assert friend.welcome.item is None
            await friend.leave()
        assert redis.ask("HGET", "matinee:unreadable:den", "film") == "nonsense"
        assert redis.ask("SCARD", "matinee:rooms") == "1"


async def test_what_others_publish_does_no_harm(tmp_path: Path) -> None:
    with RedisServer(tmp_path) as redis:
        async with start_process(redis) as one:
            friend = await Friend.join(one.url)
            for nonsense in ("", "nonsense", '["a"]'):
                redis.ask("PUBLISH", "matinee:room:den", nonsense)
            item = await friend.load()
            assert item.title == "film"
            await friend.leave()


async def test_it_says_what_is_risky_about_a_redis(tmp_path: Path) -> None:
    options = ("--appendonly", "no", "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
    with RedisServer(tmp_path, options) as redis:
        async with start_process(redis) as one:
            one.program.process.terminate()
            assert await one.program.end() == 0
            said = await one.program.errors()
    assert "set appendonly yes" in said
    assert "set maxmemory-policy noeviction" in said


async def test_redis_and_a_folder_contradict() -> None:
    async with run_server(*LOOPBACK, "--redis", "redis://127.0.0.1:1/0", "--state-dir", "/tmp/nowhere") as server:
        assert await server.end() == 2
        assert "--certificate-dir instead of --state-dir" in await server.errors()


async def test_the_connection_may_be_encrypted(tmp_path: Path) -> None:
    certificate, key, port = tmp_path / "cert.pem", tmp_path / "key.pem", free_port()
    write_pair(certificate, key)
    tls = ("--tls-port", str(port), "--tls-cert-file", str(certificate), "--tls-key-file", str(key))
    with RedisServer(tmp_path, (*tls, "--tls-auth-clients", "no")):
        url = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={certificate}&ssl_check_hostname=false"
        async with run_server(*LOOPBACK, "--redis", url) as server:
            friend = await Friend.join(f"http://127.0.0.1:{await server.port()}")
            await friend.exchange()
            await friend.leave()
        assert "can't be reached" in await words("--redis", f"rediss://127.0.0.1:{port}/0")
