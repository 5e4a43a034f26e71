"""A connection to Redis: commands in, answers out, in order, and nothing by itself.

redis-py's `Connection` speaks the protocol, TLS and passwords. Its clients are left out: they connect, repeat and
subscribe again by themselves, and each of these is something that the store has to know of.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import Connection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    InvalidResponse,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,
)

from server.store.port import StoreError

PATIENCE = 6.0  # s without an answer; whoever listens only is pinged every two

Part = str | bytes | int | float


class RedisLostError(StoreError):
    """Redis can't be used as it is. The words are for who runs the server."""


class RedisLoadingError(RedisLostError):
    """It will be usable by itself."""


class RedisPlace:
    """Where Redis is, and how to get in. Raises StoreError."""

    def __init__(self, url: str, password: str = "") -> None:
        options: dict[str, Any] = {"password": password} if password else {}
        try:
            parts = urlsplit(url)
            where = f"{parts.hostname or 'localhost'}:{parts.port or 6379}"
            self.shown = parts.path if parts.scheme == "unix" else where
            self._pool = ConnectionPool.from_url(
                url,
                protocol=2,
                socket_timeout=PATIENCE,
                socket_connect_timeout=PATIENCE,
                retry=Retry(NoBackoff(), 0),
                retry_on_error=[],
                **options,
            )
        except (ValueError, TypeError):
            raise StoreError(
                "--redis is no address of a Redis; write redis://HOST:PORT/0, or rediss://HOST:PORT/0 for TLS"
            ) from None

    async def connect(self) -> RedisWire:
        """Raises RedisLostError."""
        wire = RedisWire(self._pool.make_connection(), self.shown)  # type: ignore[no-untyped-call]
        await wire.open()
        return wire


class RedisWire:
    """One connection; of one task at a time to read, and of one to write."""

    def __init__(self, connection: Connection, shown: str) -> None:
        self._connection, self.shown = connection, shown

    async def open(self) -> None:
        """Raises RedisLostError."""
        try:
            await self._connection.connect()  # type: ignore[no-untyped-call]
        except (RedisError, OSError) as error:
            raise lost(error, self.shown) from None

    async def ask(self, *command: Part) -> Any:
        """One command's answer. Raises RedisLostError, also for an answer that is an error."""
        (answer,) = await self.ask_all([command])
        if isinstance(answer, ResponseError):
            raise lost(answer, self.shown)
        return answer

    async def ask_all(self, commands: Sequence[Sequence[Part]]) -> list[Any]:
        """The answers to all, in one round trip; one may be a ResponseError. Raises RedisLostError."""
        await self.send(commands)
        return [await self._read() for _ in commands]

    async def send(self, commands: Sequence[Sequence[Part]]) -> None:
        """Raises RedisLostError."""
        try:
            await self._connection.send_packed_command(self._connection.pack_commands(commands), check_health=False)
        except (RedisError, OSError) as error:
            raise lost(error, self.shown) from None

    async def read(self) -> Any:
        """The next thing that Redis says. Raises RedisLostError."""
        answer = await self._read()
        if isinstance(answer, ResponseError):
            raise lost(answer, self.shown)
        return answer

    async def _read(self) -> Any:
        try:
            return await self._connection.read_response()
        except ResponseError as error:
            return error
        except (RedisError, OSError) as error:
            raise lost(error, self.shown) from None

    async def close(self) -> None:
        with contextlib.suppress(RedisError, OSError, asyncio.TimeoutError):
            await self._connection.disconnect(nowait=True)


def lost(error: Exception, shown: str) -> RedisLostError:
    """What to raise because of an error of the library's."""
    kind = RedisLoadingError if isinstance(error, BusyLoadingError) else RedisLostError
    return kind(words_of(error, shown))


def words_of(error: Exception, shown: str) -> str:
    """What a person is told: what, which, what to do."""
    redis = f"Redis at {shown}"
    match error:
        case AuthenticationError():
            return f"{redis} refuses the password; give the right one in MATINEE_SERVER_REDIS_PASSWORD"
        case NoPermissionError():
            return f"{redis} does not let this user do what is needed ({_short(error)}); give it the rights"
        case ReadOnlyError():
            return f"{redis} is a read-only replica; give --redis the address of its primary"
        case OutOfMemoryError():
            return f"{redis} has no memory left for rooms; raise its maxmemory"
        case BusyLoadingError():
            return f"{redis} is still loading its data; wait until it has"
        case TimeoutError():
            return f"{redis} does not answer; check --redis and that nothing in between holds it up"
        case InvalidResponse():
            return f"What answers at {shown} is no Redis; correct --redis"
        case ResponseError() if str(error).startswith("MISCONF"):
            return f"{redis} can't write to its disk; its log says why"
        case ResponseError():
            return f"{redis} refuses what it is asked ({_short(error)}); use a Redis of version 6 or newer"
        case _:
            return f"{redis} can't be reached; start it, or correct --redis"


def _short(error: Exception) -> str:
    return ascii(str(error))[1:100].rstrip("'")
