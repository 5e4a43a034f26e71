"""Whether a relay works, by trying it: two places on it, and a datagram from one to the other.

ICE itself says nothing when a relay fails: there is one candidate less. Here each way to fail has a name
(`player/core/nat.py` has the words).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import socket
import ssl
from typing import Any

from aioice import stun, turn

from player.core.call_ends import Server
from player.core.nat import RelayOutcome, RelayTrial

log = logging.getLogger(__name__)

CREDENTIALS = (401, 403, 431, 438, 441)  # RFC 8489 and 8656: what is said about who asks
FULL = (486, 508)
AGAIN, PATIENCE_PASSING = 0.25, 2.0  # s
GOODBYE = 1.0  # s


async def try_relay(server: Server, user: str, password: str, patience: float) -> RelayTrial:
    """Try it; `patience` s for it to let us in. Never raises."""
    places: list[_Place] = []
    try:
        outcome = await _outcome(server, user, password, patience, places)
        address = places[0].address[0] if places else ""
    finally:
        for place in places:
            place.leave()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE):
                await asyncio.gather(*(place.left.wait() for place in places))
    return RelayTrial(server, outcome, address)


async def _outcome(server: Server, user: str, password: str, patience: float, places: list[_Place]) -> RelayOutcome:
    try:
        async with asyncio.timeout(patience):
            for _ in range(2):
                places.append(await _place(server, user, password))
    except TimeoutError:
        return "silent"
    except stun.TransactionFailed as error:
        log.info("%s: %s", server.words(), error)
        code = error.response.error_code
        return "refused" if code in CREDENTIALS else "full" if code in FULL else "nonsense"
    except ssl.SSLCertVerificationError as error:
        log.info("%s: %s", server.words(), error)
        return "untrusted"
    except socket.gaierror:
        return "unknown name"
    except (stun.TransactionError, ssl.SSLError, OSError) as error:
        log.info("%s: %s", server.words(), error)
        return "nonsense" if isinstance(error, ssl.SSLError) else "unreachable"
    return "works" if await _passes(places[0], places[1]) else "passes nothing"


async def _passes(one: _Place, other: _Place) -> bool:
    """Each lets only in whom it has spoken to, so both speak, and more than once."""
    word = secrets.token_bytes(16)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_PASSING):
            while word not in one.heard:
                other.transport.sendto(word, one.address)
                one.transport.sendto(word, other.address)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(one.news.wait(), AGAIN)
                one.news.clear()
            return True
    return False


class _Place(asyncio.DatagramProtocol):
    """A place on a relay, as aioice's protocol for what comes there."""

    transport: Any  # aioice's TurnTransport

    def __init__(self) -> None:
        self.heard: set[bytes] = set()
        self.news = asyncio.Event()
        self.left = asyncio.Event()

    @property
    def address(self) -> tuple[str, int]:
        """Where others find it."""
        host, port = self.transport.get_extra_info("sockname")[:2]
        return str(host), int(port)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, _sender: tuple[Any, ...]) -> None:
        if len(data) == 16 and len(self.heard) < 64:
            self.heard.add(data)
            self.news.set()

    def error_received(self, error: Exception) -> None:
        log.info("a relay does not pass on: %s", error)

    def connection_lost(self, _error: Exception | None) -> None:
        self.left.set()

    def leave(self) -> None:
        self.transport.close()


async def _place(server: Server, user: str, password: str) -> _Place:
    """Raises TransactionError, OSError, SSLError."""
    _, place = await turn.create_turn_endpoint(
        _Place,
        server_addr=(server.host, server.port),
        username=user,
        password=password,
        ssl=True if server.transport == "tls" else None,  # True: verified by the system's authorities, for this name
        transport="udp" if server.transport == "udp" else "tcp",
    )
    return place
