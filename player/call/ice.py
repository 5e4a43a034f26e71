"""The way between two ends: aioice's ICE, with an entrance of our own for what comes by it.

aiortc takes each datagram through an asyncio queue and three coroutines; here media is handed on in the very callback
in which it came, which halves the cost of a packet. What is not STUN never reaches the library's parser, and what its
parser does not survive ends here: a datagram of any content is at most dropped.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import aioice
import ifaddr
from aioice import Candidate as IceCandidate
from aioice import TransportPolicy

from player.core.call_ends import Network, Server, told, worth_trying
from server.core.protocol import Candidate

_log = logging.getLogger(__name__)

WAITING_MOST = 64  # datagrams of a DTLS handshake
PLACES_MOST = 32  # from which the other end may ask
UNSENT_MOST = 64 * 1024  # bytes in a socket's queue, beyond which media is dropped


class NoWayError(Exception):
    """A connection need not even be tried. The words are for a person."""


@dataclass(frozen=True, slots=True)
class Route:
    """What helps on the way. `relay` stands for itself: it was found to work."""

    stun: Server | None = None
    relay: Server | None = None
    user: str = ""
    password: str = ""
    relay_only: bool = False
    is_to_server: bool = False  # the other end is one that the authority has announced; it has no relay of its own
    tls: ssl.SSLContext | None = None
    gather: float = 2.0  # s, after which a STUN server or relay is done without
    patience: float = 6.0  # s for the other end to come where all ways to it have failed


class IcePath:
    """One end. `take_media` gets SRTP and SRTCP as they come; DTLS waits for `_recv`. It stands in for aiortc's
    RTCIceTransport under its RTCDtlsTransport, hence the names."""

    def __init__(self, route: Route, *, offers: bool) -> None:
        self.take_media: Callable[[bytes], None] | None = None
        self._route = route
        self._dtls: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING_MOST)
        self._is_closed = False
        stun, relay = route.stun, route.relay
        connection: Any = aioice.Connection
        self._ice: Any = connection(
            ice_controlling=offers,
            stun_server=(stun.host, stun.port) if stun and not route.relay_only else None,
            turn_server=(relay.host, relay.port) if relay else None,
            turn_username=route.user,
            turn_password=route.password,
            turn_ssl=(route.tls or True) if relay and relay.transport == "tls" else False,
            turn_transport="udp" if relay is None or relay.transport == "udp" else "tcp",
            transport_policy=TransportPolicy.RELAY if route.relay_only else TransportPolicy.ALL,
        )
        self._ice.data_received = lambda data, component: None  # until there is somebody to take it
        self._ice.protocol_lost = self._lost
        self._ice.get_component_candidates = partial(self._ice.get_component_candidates, timeout=route.gather)
        self._take_check = self._ice.check_incoming
        self._ice.check_incoming = self._take_known_check
        self._send_now: Callable[[bytes], None] | None = None
        self._unsent: Callable[[], int] = lambda: 0

    # -- what aiortc's DTLS asks of it

    @property
    def role(self) -> str:
        return "controlling" if self._ice.ice_controlling else "controlled"

    async def _recv(self) -> bytes:
        if self._is_closed and self._dtls.empty():
            raise ConnectionError("the way has ended")
        data = await self._dtls.get()
        if data is None:
            raise ConnectionError("the way has ended")
        return data

    async def _send(self, data: bytes) -> None:
        await self._ice.send(data)

    # -- ours

    @property
    def user(self) -> str:
        return str(self._ice.local_username)

    @property
    def password(self) -> str:
        return str(self._ice.local_password)

    @property
    def is_relayed(self) -> bool:
        """Whether media goes through our own relay or the other end's."""
        pair = self._ice._nominated.get(1)
        return pair is not None and "relay" in (pair.local_candidate.type, pair.remote_candidate.type)

    async def gather(self) -> tuple[Candidate, ...]:
        """Our addresses, as the other end is told. In a room of relays there are none without one."""
        await self._ice.gather_candidates()
        for protocol in self._ice._protocols:
            self._guard(protocol)
        mine = [
            Candidate(
                kind=each.type, host=each.host, port=each.port, priority=each.priority, foundation=each.foundation
            )
            for each in self._ice.local_candidates
            if each.type in ("host", "srflx", "relay")
        ]
        return told(mine, relay_only=self._route.relay_only)

    async def connect(self, user: str, password: str, candidates: tuple[Candidate, ...]) -> None:
        """Find a way to the other end. Raises ConnectionError."""
        self._ice.remote_username, self._ice.remote_password = user, password
        relays = await self._relay_addresses()
        relay_only = self._route.relay_only and not self._route.is_to_server
        tried = worth_trying(candidates, own_networks(), relays, relay_only=relay_only)
        named = asyncio.gather(*(self._add(each) for each in tried), return_exceptions=True)
        try:
            # a name of the local network may take a second to be found: others are tried meanwhile
            await asyncio.wait([named], timeout=0.05)
            ending = asyncio.ensure_future(self._end_candidates(named))
            try:
                await self._ice.connect()
            finally:
                ending.cancel()
        finally:
            named.cancel()
        self._open_way()

    def stop(self) -> None:
        """Nothing more is sent or handed on."""
        self.take_media = None
        self._send_now = None

    async def close(self) -> None:
        self._end()
        await self._ice.close()

    def send(self, data: bytes) -> bool:
        """Media, at once; False: dropped, since there is no way, or it is full."""
        if self._send_now is None or self._unsent() > UNSENT_MOST:
            return False
        self._send_now(data)
        return True

    async def _add(self, candidate: Candidate) -> None:
        await self._ice.add_remote_candidate(
            IceCandidate(
                foundation=candidate.foundation,
                component=1,
                transport="udp",
                priority=candidate.priority,
                host=candidate.host,
                port=candidate.port,
                type=candidate.kind,
            )
        )

    async def _end_candidates(self, named: asyncio.Future[Any]) -> None:
        """Until then ICE does not give up: the other end may be able to come to us though we can't go to it."""
        await asyncio.gather(asyncio.wait([named]), asyncio.sleep(self._route.patience))
        await self._ice.add_remote_candidate(None)

    async def _relay_addresses(self) -> list[str]:
        """Where the relay that we know is, and where our place on it is."""
        ours = [each.host for each in self._ice.local_candidates if each.type == "relay"]
        relay = self._route.relay
        if relay is None:
            return ours
        try:
            found = await asyncio.get_running_loop().getaddrinfo(relay.host, relay.port)
        except (OSError, UnicodeError):
            return ours
        return [*ours, *(str(address[4][0]) for address in found)]

    def _guard(self, protocol: Any) -> None:
        """Be the first who sees what comes."""
        library = protocol.datagram_received

        def take(data: bytes, address: Any) -> None:
            first = data[0] if data else 255
            if 128 <= first < 192:
                if self.take_media is not None:
                    self.take_media(data)
            elif 20 <= first < 64:
                self._take_dtls(data)
            elif first < 4:
                try:
                    library(data, address)
                except Exception:  # whatever the parser of others' bytes trips over
                    _log.debug("STUN that can't be read from %s", address, exc_info=True)

        protocol.datagram_received = take

    def _take_known_check(self, message: Any, address: Any, protocol: Any) -> None:
        """A question of the other end, from wherever it likes: the library keeps each new place for good and asks back,
        seven times where nobody answers."""
        places = [(each._network_host, each.port) for each in self._ice._remote_candidates]
        if len(places) < PLACES_MOST or tuple(address[:2]) in places:
            self._take_check(message, address, protocol)

    def _take_dtls(self, data: bytes) -> None:
        if not self._dtls.full():  # else it is sent again, as all that is lost
            self._dtls.put_nowait(data)

    def _open_way(self) -> None:
        pair = self._ice._nominated[1]
        transport, address = pair.protocol.transport, pair.remote_addr
        turned = getattr(transport, "_TurnTransport__inner_protocol", None)
        if turned is None:
            self._send_now = lambda data: transport.sendto(data, address)
            self._unsent = getattr(transport, "get_write_buffer_size", self._unsent)
            return
        socket = turned.transport

        def send_by_relay(data: bytes) -> None:
            channel = turned.peer_to_channel.get(address)
            if channel is None or asyncio.get_running_loop().time() >= checked[0]:
                checked[0] = asyncio.get_running_loop().time() + 10.0
                transport.sendto(data, address)  # binds the channel, or keeps it bound
            elif not socket.is_closing():
                turned._send(channel.to_bytes(2, "big") + len(data).to_bytes(2, "big") + data)

        checked = [0.0]
        self._send_now = send_by_relay
        self._unsent = getattr(socket, "get_write_buffer_size", self._unsent)

    def _lost(self, protocol: Any) -> None:
        """A socket or a relay's place is gone; if media went by it, the way is."""
        if any(pair.protocol is protocol for pair in self._ice._nominated.values()):
            self._end()

    def _end(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._send_now = None
            self.take_media = None
            if self._dtls.full():
                self._dtls.get_nowait()
            self._dtls.put_nowait(None)


def own_networks() -> list[Network]:
    """The subnets of this machine's interfaces, as they are now; loopback and link-local ones mean nothing here."""
    found: list[Network] = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            text = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
            try:
                network = ipaddress.ip_network(f"{text}/{ip.network_prefix}", strict=False)
            except ValueError:
                continue
            if not network.is_loopback and not network.is_link_local:
                found.append(network)
    return found
