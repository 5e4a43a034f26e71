"""Tries to make a hosted room reachable from outside, and finds out whether it is.

In a thread of its own, with a plain asyncio loop: asks the router to open the port (NAT-PMP or PCP, else UPnP), keeps
that renewed, asks a server outside to knock if there is one in the settings, begins anew when this machine's addresses
change, and takes the port back in the end. What it all means is decided in `player/core/reach.py`.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from player.core.port_requests import Mapped, RouterError
from player.core.reach import Failure, ReachFacts, ReachPolicy, ReachReport, is_public, next_look, report
from player.net.addresses import own_addresses
from player.ports import Wake

log = logging.getLogger(__name__)

LOOK_AROUND = 5.0  # s between two looks at this machine's addresses
END = 2.0  # s
TAKE_BACK = 1.5  # s, for the router to hear that the port is not needed any more


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where to look; a test has others."""

    addresses: Callable[[], tuple[str, ...]] = own_addresses
    gateways: Callable[[], Awaitable[tuple[tuple[str, int], ...]]] | None = None  # hosts and ports that speak NAT-PMP
    group: tuple[str, int] = ("239.255.255.250", 1900)  # where UPnP's routers listen
    policy: ReachPolicy = field(default_factory=ReachPolicy)


class Reachability:
    """`_life` is replaced whole by its owner's thread; the newest one's facts are what is reported."""

    def __init__(self, wake: Wake, check: str = "", surroundings: Surroundings | None = None) -> None:
        """`wake` is called when there is another report. `check`: the address of a matinee-server outside that is asked
        to knock ("https://HOST/PATH", or as for `--server`); "" is none."""
        self._wake = wake
        self._check = check
        self._around = surroundings or Surroundings()
        self._life: _Life | None = None

    def start(self, port: int, listens: tuple[str, ...] | None = None) -> None:
        """Begin to look, for a server that listens on `port`: everywhere, or only on the addresses `listens`."""
        self.stop()
        around = self._around if listens is None else replace(self._around, addresses=lambda: listens)
        self._life = _Life(port, self._check, around, self._wake)

    def report(self) -> ReachReport:
        """What is known now; empty before `start` and after `stop`. Any thread."""
        life = self._life
        return ReachReport() if life is None else report(life.facts)

    def look_again(self) -> None:
        """Somebody may have changed something: ask the router and the server outside at once."""
        if self._life is not None:
            self._life.look_again()

    def stop(self) -> None:
        """Take the port back and end the thread; at most 2 s, so not for a thread that paints."""
        life, self._life = self._life, None
        if life is not None:
            life.end()


class _Life:
    """The thread, from one start to its stop. `_loop`, `_stirred` and the two wishes are guarded by `_lock`; `facts`
    is immutable and replaced by the thread; the rest belongs to the thread."""

    def __init__(self, port: int, check: str, around: Surroundings, wake: Wake) -> None:
        self._port = port
        self._check = check
        self._around = around
        self._wake = wake
        self.facts = ReachFacts(port, around.addresses(), is_looking=True)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stirred: asyncio.Event | None = None
        self._wants_end = self._wants_look = False
        self._thread = threading.Thread(target=self._run, name="matinee-reach", daemon=True)
        self._thread.start()

    def look_again(self) -> None:
        with self._lock:
            self._wants_look = True
            self._stir()

    def end(self) -> None:
        with self._lock:
            self._wants_end = True
            self._stir()
        self._thread.join(END)

    def _stir(self) -> None:
        if self._loop is not None and self._stirred is not None:
            self._loop.call_soon_threadsafe(self._stirred.set)

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except Exception:
            log.exception("nobody looks any more whether this computer can be reached")
            self._learn(replace(self.facts, is_looking=False))

    async def _live(self) -> None:
        stirred = asyncio.Event()
        with self._lock:
            self._loop, self._stirred = asyncio.get_running_loop(), stirred
        keeper = _PortKeeper(self._port, self._around)
        try:
            while not self._wants_end:
                ended = asyncio.ensure_future(self._until_end(stirred))
                look = asyncio.ensure_future(self._look(keeper))
                await asyncio.wait((ended, look), return_when=asyncio.FIRST_COMPLETED)
                ended.cancel()
                look.cancel()
                with suppress(asyncio.CancelledError):
                    await look
                await self._rest(stirred)
        finally:
            with self._lock:
                self._loop = self._stirred = None
            with suppress(TimeoutError):
                await asyncio.wait_for(keeper.take_back(), TAKE_BACK)

    async def _until_end(self, stirred: asyncio.Event) -> None:
        while not self._wants_end:
            await stirred.wait()
            stirred.clear()

    async def _look(self, keeper: _PortKeeper) -> None:
        """Ask the router, then outside; what is learned is reported as it comes."""
        from player.net.knocking import ask_for_a_knock

        own = self._around.addresses()
        facts = ReachFacts(self._port, own, is_looking=True)
        if self.facts.own != own:  # what was known is void; else it stands while it is being looked at again
            self._learn(facts)
        if any(_is_private_ipv4(address) for address in own):
            mapped, failure = await keeper.hold()
            facts = replace(facts, mapped=mapped, failure=failure)
        if self._check and own:
            outside = facts.mapped.port if facts.mapped is not None else self._port
            facts = replace(facts, by_ipv4=await ask_for_a_knock(self._check, outside, socket.AF_INET))
            if any(":" in address and is_public(address) for address in own):
                facts = replace(facts, by_ipv6=await ask_for_a_knock(self._check, self._port, socket.AF_INET6))
        self._learn(replace(facts, is_looking=False))

    async def _rest(self, stirred: asyncio.Event) -> None:
        """Until it is time to look again."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + next_look(self.facts, self._around.policy)
        while not self._wants_end and not self._wants_look:
            left = ends - loop.time()
            if left <= 0 or self._around.addresses() != self.facts.own:
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(stirred.wait(), min(LOOK_AROUND, left))
            stirred.clear()
        self._wants_look = False

    def _learn(self, facts: ReachFacts) -> None:
        if self._wants_end or facts == self.facts:
            return
        self.facts = facts
        log.info("reachable from outside: %s", report(facts).words)
        self._wake()


class _Router(Protocol):
    """One that may open ports (`DatagramRouter`, `UpnpRouter`). Both methods raise RouterError."""

    kind: str

    async def open(self, port: int, wish: int) -> Mapped: ...

    async def close(self, port: int, mapped: Mapped) -> None: ...


class _PortKeeper:
    """The port that a router has opened for us. Belongs to the thread's loop."""

    def __init__(self, port: int, around: Surroundings) -> None:
        self._port = port
        self._around = around
        self._router: _Router | None = None
        self._mapped: Mapped | None = None
        self._opening: tuple[_Router, asyncio.Future[Mapped]] | None = None  # asked for, not answered yet

    async def hold(self) -> tuple[Mapped | None, Failure]:
        """Have the port opened, or renewed; else why not."""
        if self._router is not None and self._mapped is not None:
            try:
                self._mapped = await self._open(self._router, self._mapped.port)
                return self._mapped, ""
            except RouterError as error:
                log.info("the router does not renew what it granted: %s", error)
                self._router = self._mapped = None
        failure: Failure = "silent"
        async for router in self._routers():
            try:
                mapped = await self._open(router, self._port)
            except RouterError as error:
                log.info("%s: no port was opened: %s", router.kind, error)
                failure = _worse(failure, error)
                continue
            self._router, self._mapped = router, mapped
            log.info("%s: the router has opened port %d for %d s", router.kind, mapped.port, mapped.lifetime)
            return mapped, ""
        return None, failure

    async def _open(self, router: _Router, wish: int) -> Mapped:
        """Whoever gives this up leaves behind what the router may be granting just now: `take_back` waits for it."""
        opening = asyncio.ensure_future(router.open(self._port, wish))
        self._opening = (router, opening)
        mapped = await asyncio.shield(opening)
        self._opening = None
        return mapped

    async def take_back(self) -> None:
        if self._opening is not None:
            router, opening = self._opening
            with suppress(RouterError):
                self._mapped = await opening
                self._router = router
        await self._close()

    async def _close(self) -> None:
        router, mapped = self._router, self._mapped
        self._router = self._mapped = None
        if router is not None and mapped is not None:
            try:
                await router.close(self._port, mapped)
            except RouterError as error:
                log.info("the router did not take the port back: %s", error)

    async def _routers(self) -> AsyncIterator[_Router]:
        from player.net.router_datagrams import DatagramRouter
        from player.net.router_upnp import find_upnp_routers

        gateways = self._around.gateways
        for host, port in await (gateways() if gateways is not None else _usual_gateways()):
            yield DatagramRouter(host, port)
        for router in await find_upnp_routers(self._around.group):
            yield router


async def _usual_gateways() -> tuple[tuple[str, int], ...]:
    from player.core.port_requests import PORT
    from player.net.gateway import default_gateways

    return tuple((host, PORT) for host in await default_gateways())


def _worse(known: Failure, error: RouterError) -> Failure:
    """What to tell of several failures: a no says most, silence least."""
    from player.net.router_datagrams import SilentError

    if error.is_refusal or known == "refused":
        return "refused"
    return known if isinstance(error, SilentError) else "nonsense"


def _is_private_ipv4(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return parsed.version == 4 and not parsed.is_global and not parsed.is_loopback
