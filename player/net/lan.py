"""Rooms on the local network, by multicast DNS: a host announces its room, players find it by themselves.

Each of the two runs zeroconf in a thread of its own with a plain asyncio loop, on the network as it is: when this
machine's addresses change, all of it begins anew. What an announcement means is decided in `player/core/lan_rooms.py`;
here it is only bounded: a network can hold any number of liars.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING

from player.core.lan_rooms import SERVICE, LanRoom, LanRooms, room_of, txt_of
from player.net.addresses import own_addresses, wildcard
from player.ports import Wake

if TYPE_CHECKING:
    from zeroconf import Zeroconf
    from zeroconf.asyncio import AsyncZeroconf

log = logging.getLogger(__name__)

LOOK_AGAIN = 5.0  # s between two looks at this machine's addresses
LIFETIME = 120  # s for which others believe an announcement: so long the room of a killed app is still shown
ANSWER = 3000  # ms for a room's host to say where it is
MOST_AT_ONCE = 8  # hosts that are being asked
MOST_UNASKED = 100  # names that wait for it; more are not looked at
END = 2.0  # s; the goodbye takes a quarter of one

Addresses = Callable[[], tuple[str, ...]]


class _Lan:
    """The thread. `_loop`, `_ended` and `_is_stopped` are guarded by `_lock`; zeroconf belongs to the loop."""

    def __init__(
        self,
        name: str,
        serve: Callable[[AsyncZeroconf], AbstractAsyncContextManager[None]],
        interfaces: Sequence[str],
        addresses: Addresses,
        after: _Lan | None = None,
    ) -> None:
        """`serve` is entered with each new zeroconf, once `after` has ended. `interfaces`: the addresses to speak from,
        none is all."""
        self._serve = serve
        self._after = after
        self._interfaces = list(interfaces)
        self._addresses = addresses
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Say goodbye and end, soon."""
        with self._lock:
            self._is_stopped = True
            if self._loop is not None and self._ended is not None:
                self._loop.call_soon_threadsafe(self._ended.set)

    def join(self) -> None:
        """Wait until it has ended, at most `END`."""
        self._thread.join(END)

    def _run(self) -> None:
        if self._after is not None:  # its goodbye must not come after our greeting
            self._after.join()
            self._after = None
        try:
            asyncio.run(self._live())
        except Exception:
            log.exception("the local network is not looked at any more")

    async def _live(self) -> None:
        logging.getLogger("zeroconf").setLevel(logging.CRITICAL)  # it would tell of each packet that is none
        ended = asyncio.Event()
        with self._lock:
            if self._is_stopped:
                return
            self._loop, self._ended = asyncio.get_running_loop(), ended
        try:
            while not ended.is_set():
                await self._live_on(ended, self._addresses())
        finally:
            with self._lock:
                self._loop = self._ended = None

    async def _live_on(self, ended: asyncio.Event, addresses: tuple[str, ...]) -> None:
        """Until the end, or until this machine has other addresses."""
        zeroconf: AsyncZeroconf | None = None
        try:
            zeroconf = self._begin()
            async with self._serve(zeroconf):
                while not await _happens(ended, LOOK_AGAIN) and self._addresses() == addresses:
                    pass
        except OSError as error:  # no network (yet), or one that forbids multicast
            log.info("the local network can't be used: %s", error)
            await _happens(ended, LOOK_AGAIN)
        finally:
            if zeroconf is not None:
                with suppress(OSError):
                    await zeroconf.async_close()

    def _begin(self) -> AsyncZeroconf:
        from zeroconf import InterfaceChoice, IPVersion
        from zeroconf.asyncio import AsyncZeroconf

        version = IPVersion.All if wildcard() == "::" and not self._interfaces else IPVersion.V4Only
        return AsyncZeroconf(interfaces=self._interfaces or InterfaceChoice.All, ip_version=version)


class LanAnnouncer:
    """Announces one hosted room at a time. Its owner's thread calls."""

    def __init__(self, addresses: Addresses = own_addresses, interfaces: Sequence[str] = ()) -> None:
        """`addresses`: where the room's server can be found now."""
        self._addresses = addresses
        self._interfaces = interfaces
        self._lan: _Lan | None = None
        self._room: LanRoom | None = None

    @property
    def room(self) -> LanRoom | None:
        """What is announced."""
        return self._room

    def announce(self, room: LanRoom) -> None:
        """From now on this one, until `stop` or another."""
        known, self._room = self._room, room
        if known is not None and (known.id, txt_of(known)) == (room.id, txt_of(room)):
            return  # what its invite says of addresses is not announced: they are asked for
        before = self._lan
        if before is not None:
            before.end()
        self._lan = _Lan("matinee-announce", self._serve(room), self._interfaces, self._addresses, before)

    def stop(self) -> None:
        """Others see it go at once. Takes a second, at most two: not for a thread that paints."""
        lan, self._lan, self._room = self._lan, None, None
        if lan is not None:
            lan.end()
            lan.join()

    def _serve(self, room: LanRoom) -> Callable[[AsyncZeroconf], AbstractAsyncContextManager[None]]:
        addresses = self._addresses

        @asynccontextmanager
        async def serve(zeroconf: AsyncZeroconf) -> AsyncIterator[None]:
            from zeroconf import Error
            from zeroconf.asyncio import AsyncServiceInfo

            info = AsyncServiceInfo(
                SERVICE,
                f"{room.id}.{SERVICE}",
                port=room.invite.port,
                addresses=[ipaddress.ip_address(address).packed for address in addresses()],
                properties=dict(txt_of(room)),
                server=f"{room.id}.local.",
                host_ttl=LIFETIME,
                other_ttl=LIFETIME,
            )
            try:
                await (await zeroconf.async_register_service(info, allow_name_change=True))
            except Error as error:  # names that collide without end, a network that nobody may speak on
                log.info("the room is not announced on the local network: %s", type(error).__name__)
                yield
            else:
                log.info("the room is announced on the local network")
                yield
                await (await zeroconf.async_unregister_service(info))

        return serve


class LanBrowser:
    """Finds rooms from `start` to `stop`. `wake` is called when there is another answer. `_rooms` is replaced whole."""

    def __init__(self, wake: Wake, interfaces: Sequence[str] = (), addresses: Addresses = own_addresses) -> None:
        self._wake = wake
        self._interfaces = interfaces
        self._addresses = addresses
        self._lan: _Lan | None = None
        self._rooms = LanRooms()

    def start(self) -> None:
        if self._lan is None:
            self._lan = _Lan("matinee-browse", self._serve, self._interfaces, self._addresses)

    def rooms(self) -> tuple[LanRoom, ...]:
        """Those that are announced now, in the order of their names. Any thread."""
        return self._rooms.shown()

    def stop(self) -> None:
        """Takes a moment, at most two seconds."""
        lan, self._lan = self._lan, None
        if lan is not None:
            lan.end()
            lan.join()
        self._rooms = LanRooms()

    @asynccontextmanager
    async def _serve(self, zeroconf: AsyncZeroconf) -> AsyncIterator[None]:
        from zeroconf.asyncio import AsyncServiceBrowser

        self._change(LanRooms())
        search = _Search(zeroconf, lambda: self._rooms, self._change)
        browser = AsyncServiceBrowser(zeroconf.zeroconf, SERVICE, handlers=[search.receive_change])
        try:
            yield
        finally:
            await browser.async_cancel()
            await search.end()

    def _change(self, rooms: LanRooms) -> None:
        if rooms.by_id != self._rooms.by_id:
            self._rooms = rooms
            self._wake()


class _Search:
    """Asks those that announce something where they are and what it is. Belongs to the loop."""

    def __init__(
        self, zeroconf: AsyncZeroconf, rooms: Callable[[], LanRooms], change: Callable[[LanRooms], None]
    ) -> None:
        self._zeroconf = zeroconf
        self._rooms = rooms
        self._change = change
        self._turn = asyncio.Semaphore(MOST_AT_ONCE)
        self._asking: dict[str, asyncio.Task[None]] = {}

    def receive_change(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: object) -> None:
        """zeroconf's handler; the names of its arguments are its."""
        from zeroconf import ServiceStateChange

        if state_change is ServiceStateChange.Removed:
            if name in self._asking:
                self._asking[name].cancel()
            self._change(self._rooms().gone(_id(name)))
        elif self._rooms().has_place_for(_id(name)) and name not in self._asking and len(self._asking) < MOST_UNASKED:
            task = asyncio.get_running_loop().create_task(self._ask(name))
            self._asking[name] = task
            task.add_done_callback(lambda _task: self._asking.pop(name, None))

    async def end(self) -> None:
        asking = list(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    async def _ask(self, name: str) -> None:
        from zeroconf.asyncio import AsyncServiceInfo

        async with self._turn:
            try:
                info = AsyncServiceInfo(SERVICE, name)
                await info.async_request(self._zeroconf.zeroconf, ANSWER)
                addresses = tuple(sorted(info.parsed_addresses(), key=_is_ipv6))
                room = room_of(_id(name), addresses, info.port, info.properties)
            except Exception as error:  # whatever a stranger's record makes of the library
                log.info("an announcement on the local network is wrong: %s", type(error).__name__)
                room = None
            self._change(self._rooms().heard(_id(name), room))


def _id(name: str) -> str:
    return name.removesuffix(f".{SERVICE}")


def _is_ipv6(address: str) -> bool:
    return ":" in address


async def _happens(event: asyncio.Event, within: float) -> bool:
    """Whether it does, within so many seconds."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), within)
    return event.is_set()
