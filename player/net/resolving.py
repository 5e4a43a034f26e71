"""Names become addresses in threads that nobody waits for: a name server that hangs must not hold up the app's end."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult


class Resolver(AbstractResolver):
    """The system's resolver. asyncio's own way uses pool threads, which Python joins when it exits."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises OSError (gaierror)."""
        loop = asyncio.get_running_loop()
        found: asyncio.Future[list[Any]] = loop.create_future()

        def settle(rows: list[Any], error: OSError | None) -> None:
            if not found.done():
                found.set_exception(error) if error is not None else found.set_result(rows)

        def look_up() -> None:
            rows: list[Any] = []
            failed: OSError | None = None
            try:
                rows = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
            except OSError as error:
                failed = error
            except UnicodeError:  # a name that can't be one
                failed = socket.gaierror(socket.EAI_NONAME, "no such name")
            with suppress(RuntimeError):  # the loop has been closed meanwhile
                loop.call_soon_threadsafe(settle, rows, failed)

        threading.Thread(target=look_up, name="matinee-names", daemon=True).start()
        return [
            ResolveResult(
                hostname=host,
                host=address[0],
                port=address[1],
                family=kind,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _type, proto, _name, address in await found
        ]

    async def close(self) -> None:
        pass
