"""What calls from here will meet: the kind of NAT, and the relays of a room's server. No third party is asked."""

from __future__ import annotations

import asyncio
import importlib.metadata
import time

from player.core.call_ends import Servers, servers_of
from player.core.invite import Invite
from player.core.nat import Judgement, Reading, RelayTrial, judge_call, judge_nat, judge_own, judge_relay
from player.doctor.finding import Finding, note, ok
from player.doctor.mapping import ask_all
from player.net.addresses import own_addresses
from server.core import protocol
from server.core.protocol import Hello, ServerMessage, Ways

ENTERING, ANSWER = 10.0, 5.0  # s
RELAY = 6.0  # s for a relay to let us in
GOODBYE = 0.3  # s


class NoWaysError(Exception):
    """The room's server did not say which ways there are; the words are for a person."""


def inspect_library() -> list[Finding]:
    """Whether what calls are made of can be loaded."""
    try:
        from player.call import libraries

        missing = libraries.missing()
    except ImportError as error:  # PyAV itself
        missing = {"PyAV": str(error)}
    if missing:
        words = ", ".join(f"{name} ({why})" for name, why in missing.items())
        return [note("Calls", f"some of what calls need can't be loaded: {words}; install Matinee again.")]
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("aiortc", "aioice"))
    return [ok("Calls", f"{versions}, Opus, VP8 and echo cancelling are there")]


def inspect_ways(invite: Invite | None) -> list[Finding]:
    """Without an invite only what this computer's own addresses say."""
    if invite is None:
        return [_finding("NAT", judge_own(own_addresses()))]
    try:
        servers = servers_of(asyncio.run(ask_ways(invite)))
    except NoWaysError as error:
        return [note("Room", f"{error} So nobody could be asked about calls.")]
    readings, trials = asyncio.run(_examine(servers))
    found = [ok("Room", f"its server at {invite.where} lets this player in")]
    found.append(_finding("NAT", judge_nat(readings)))
    found += [_finding("Relay", judge_relay(trial)) for trial in trials]
    if not trials:
        found.append(note("Relay", "the server offers none: some people will not be able to join calls (--turn)."))
    return [*found, _finding("Call", judge_call(readings, trials))]


async def ask_ways(invite: Invite) -> Ways:
    """What the authority tells who is in a call, asked as a controller, who is in no roster. Raises NoWaysError."""
    from player.net.doors import enter
    from player.net.failure import EnterError

    hello = Hello(
        version=protocol.VERSION, room=invite.room, role="controller", key=invite.key, password=invite.password
    )
    try:
        connection, _ = await enter(invite, hello, time.perf_counter, ENTERING)
    except EnterError as error:
        raise NoWaysError(str(error)) from None
    found: asyncio.Future[Ways] = asyncio.get_running_loop().create_future()

    def receive(message: ServerMessage) -> None:
        if isinstance(message, Ways) and not found.done():
            found.set_result(message)

    def end() -> None:
        if not found.done():
            found.set_exception(NoWaysError(f"The connection to {invite.where} was lost: try again."))

    connection.listen(receive, lambda reply, t3: None, end)
    connection.send(protocol.AskWays())
    try:
        async with asyncio.timeout(ANSWER):
            return await found
    except TimeoutError:
        words = (
            f"The server at {invite.where} says nothing about ways for calls: an older one may not know the question."
        )
        raise NoWaysError(words) from None
    finally:
        found.cancel()
        await connection.leave(GOODBYE)


async def _examine(servers: Servers) -> tuple[tuple[Reading, ...], tuple[RelayTrial, ...]]:
    """All at once."""
    from player.call.relay_trial import try_relay

    trials = (try_relay(server, servers.user, servers.password, RELAY) for server in servers.relays)
    readings, tried = await asyncio.gather(asyncio.to_thread(_ask, servers), asyncio.gather(*trials))
    return readings, tuple(tried)


def _ask(servers: Servers) -> tuple[Reading, ...]:
    try:
        return ask_all(servers.stun)
    except OSError:
        return ()


def _finding(subject: str, said: Judgement) -> Finding:
    return ok(subject, said.words) if said.is_good else note(subject, said.words)
