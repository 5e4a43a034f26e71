"""Which of the announced relays works: asked before the first connection, since the libraries would try one of them
only and say nothing when it refuses."""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import dataclass

from aioice import stun, turn

from player.core.call_ends import Server, Servers

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RelayPolicy:
    """Times in s."""

    head_start: float = 0.7  # of a better way over the next one
    patience: float = 4.0  # for each: two round trips, and a TLS handshake


@dataclass(frozen=True, slots=True)
class RelayFound:
    """`server` None: none works, and `words` say why; "" if none was announced."""

    server: Server | None = None
    words: str = ""


async def find_relay(
    servers: Servers, policy: RelayPolicy | None = None, tls: ssl.SSLContext | None = None
) -> RelayFound:
    """The first relay in order that gives us a place. The next is asked when one has refused or has been silent for a
    moment; the places taken for asking are given back. `tls`: other than the system's trust."""
    policy = policy or RelayPolicy()
    if not servers.relays:
        return RelayFound()
    asked: dict[asyncio.Task[str], Server] = {}
    refusals: list[tuple[Server, str]] = []
    waiting = list(servers.relays)
    try:
        while waiting or asked:
            if waiting:
                server = waiting.pop(0)
                asked[asyncio.create_task(_refusal(server, servers, policy, tls))] = server
            done, _ = await asyncio.wait(
                asked, timeout=policy.head_start if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in sorted(done, key=lambda task: servers.relays.index(asked[task])):
                server, refusal = asked.pop(task), task.result()
                if not refusal:
                    return RelayFound(server)
                refusals.append((server, refusal))
    finally:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    refusals.sort(key=lambda each: servers.relays.index(each[0]))
    return RelayFound(None, _sentence(refusals))


def _sentence(refusals: list[tuple[Server, str]]) -> str:
    reasons = {reason for _, reason in refusals}
    names = ", ".join(dict.fromkeys(server.words() for server, _ in refusals))
    if len(reasons) == 1:
        return f"The relay {names} can't be used: {reasons.pop()}."
    return "No relay can be used: " + "; ".join(f"{server.words()} {reason}" for server, reason in refusals) + "."


class _Nobody(asyncio.DatagramProtocol):
    """Who asks for a place only."""


async def _refusal(server: Server, servers: Servers, policy: RelayPolicy, tls: ssl.SSLContext | None) -> str:
    """Why a relay gives us no place, as the end of a sentence; "": it does."""
    try:
        async with asyncio.timeout(policy.patience):
            place, _ = await turn.create_turn_endpoint(
                _Nobody,
                server_addr=(server.host, server.port),
                username=servers.user,
                password=servers.password,
                ssl=(tls or True) if server.transport == "tls" else None,
                transport="udp" if server.transport == "udp" else "tcp",
            )
    except stun.TransactionFailed as error:
        code = error.response.attributes.get("ERROR-CODE", (0, ""))[0]
        _log.info("relay %s refuses: %s", server.words(), error)
        if code in (401, 403, 441):
            return "it refuses the name and password that the server gave out, which may have expired"
        return f"it refuses with error {code}"
    except ssl.SSLError as error:  # before OSError, whose child it is
        _log.info("relay %s: %s", server.words(), error)
        return "its certificate can't be trusted"
    except (stun.TransactionTimeout, TimeoutError):
        return "it does not answer"
    except (OSError, UnicodeError) as error:  # the latter: a name that can't exist
        _log.info("relay %s: %s", server.words(), error)
        return "it can't be reached"
    place.close()
    return ""
