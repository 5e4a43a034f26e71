"""Which of the announced STUN servers answers. ICE would wait for a silent one at each connection that is made; a
server whose TCP port alone was opened to the world is silent for good."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from contextlib import suppress
from typing import Any

from player.core.call_ends import Server
from server.core.stun import TRANSACTION, read_answer, request_of

_log = logging.getLogger(__name__)

ASKED_AGAIN = (0.15, 0.25, 0.4, 0.4)  # s to wait after each question: 1.2 s in all, and UDP loses packets


class StunChoice:
    """Asks once for the same servers, until it is told to forget. The loop's own."""

    def __init__(self) -> None:
        self._servers: tuple[Server, ...] = ()
        self._search: asyncio.Task[Server | None] | None = None

    def look(self, servers: tuple[Server, ...]) -> asyncio.Task[Server | None]:
        """The search for the one that answers first; None: none does."""
        if self._search is None or servers != self._servers:
            self.forget()
            self._servers = servers
            self._search = asyncio.create_task(_first(servers))
        return self._search

    async def first(self, servers: tuple[Server, ...]) -> Server | None:
        search = self.look(servers)
        await asyncio.wait([search])
        return None if search.cancelled() else search.result()

    def forget(self) -> None:
        """This machine's network is another, or the call has ended. Who still waits for the search is told None."""
        if self._search is not None:
            self._search.cancel()
            self._search = None


class _Asked(asyncio.DatagramProtocol):
    """Notes which of the questions was answered first."""

    def __init__(self, questions: dict[bytes, Server]) -> None:
        self._questions = questions
        self.answered: asyncio.Future[Server] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, _sender: Any) -> None:
        for transaction, server in self._questions.items():
            if read_answer(data, transaction) is not None and not self.answered.done():
                self.answered.set_result(server)


async def _first(servers: tuple[Server, ...]) -> Server | None:
    try:
        return await _ask(servers)
    except OSError as error:
        _log.info("STUN can't be asked: %s", error)
        return None


async def _ask(servers: tuple[Server, ...]) -> Server | None:
    loop = asyncio.get_running_loop()
    questions: dict[bytes, Server] = {}
    places: dict[bytes, tuple[str, int]] = {}
    for server in servers:
        with suppress(OSError, UnicodeError):  # a name that does not exist, or can't
            found = await loop.getaddrinfo(server.host, server.port, family=socket.AF_INET, type=socket.SOCK_DGRAM)
            transaction = secrets.token_bytes(TRANSACTION)
            questions[transaction] = server
            places[transaction] = (str(found[0][4][0]), server.port)
    if not questions:
        return None
    transport, asked = await loop.create_datagram_endpoint(lambda: _Asked(questions), local_addr=("0.0.0.0", 0))
    try:
        for patience in ASKED_AGAIN:
            for transaction, place in places.items():
                transport.sendto(request_of(transaction), place)
            await asyncio.wait([asked.answered], timeout=patience)
            if asked.answered.done():
                return asked.answered.result()
        _log.info("no STUN server answers: %s", ", ".join(server.words() for server in servers))
        return None
    finally:
        transport.close()
