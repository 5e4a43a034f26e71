"""A router of a home, on loopback: NAT-PMP and PCP over UDP, UPnP by SSDP and HTTP, with levers for its moods."""

from __future__ import annotations

import asyncio
import re
import struct
from dataclasses import dataclass, field
from typing import Any, Self, cast

from aiohttp import web

from tests.fakes.loop_thread import LoopThread

SERVICE = "urn:schemas-upnp-org:service:WANIPConnection:1"


@dataclass
class Moods:
    """Change them while it runs."""

    address: str = "8.8.4.4"  # on its other side
    datagrams: str = "nat-pmp"  # or "pcp", "refuse", "garbage", "silent"
    lifetime: int = 3600
    searches: str = "honest"  # or "silent", "garbage", "elsewhere"
    description: str | None = None  # instead of its own
    fault: int = 0  # of UPnP, for every AddPortMapping
    permanent_only: bool = False
    taken: set[int] = field(default_factory=set)  # ports outside that are somebody else's
    status: int = 200
    holds: bool = False  # its answers to AddPortMapping back


class FakeRouter:
    """`opened`: port outside -> (port inside, lifetime). Use it in a `with`."""

    def __init__(self, **moods: Any) -> None:
        self.moods = Moods(**moods)
        self.opened: dict[int, tuple[int, int]] = {}
        self.asked: list[str] = []  # what was done, in order
        self._thread = LoopThread("router")
        self._runner: web.AppRunner | None = None
        self._transports: list[asyncio.DatagramTransport] = []
        self.port = self.search_port = self.http_port = 0

    @property
    def gateway(self) -> tuple[str, int]:
        return ("127.0.0.1", self.port)

    @property
    def group(self) -> tuple[str, int]:
        """Where it hears searches: one address instead of a group."""
        return ("127.0.0.1", self.search_port)

    def __enter__(self) -> Self:
        self._thread.call(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.call(self._stop())
        self._thread.stop()

    def forget(self) -> None:
        """As after a power cut."""
        self.opened.clear()

    # -- on its loop ---------------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        self.port = await self._listen(self._answer_datagram)
        self.search_port = await self._listen(self._answer_search)
        application = web.Application()
        application.router.add_get("/desc.xml", self._describe)
        application.router.add_post("/ctl", self._control)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.http_port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        for transport in self._transports:
            transport.close()
        assert self._runner is not None
        await self._runner.cleanup()

    async def _listen(self, answer: Any) -> int:
        loop = asyncio.get_running_loop()
        made = await loop.create_datagram_endpoint(lambda: _Ears(answer), local_addr=("127.0.0.1", 0))
        transport = cast(asyncio.DatagramTransport, made[0])
        self._transports.append(transport)
        return int(transport.get_extra_info("sockname")[1])

    def _answer_datagram(self, packet: bytes) -> list[bytes]:
        match self.moods.datagrams:
            case "silent":
                return []
            case "garbage":
                return [b"\xff" * 7, b"", packet, b"\x07\x80" + b"\xff" * 900]
            case "pcp" if packet[0] == 0:
                return [bytes.fromhex("0080 0001 00000000")]
            case "pcp":
                return [self._answer_pcp(packet)]
            case "refuse" if packet[1] == 2:
                return [bytes.fromhex("0082 0002 00000001")]
        if packet[1] == 0:
            return [b"\x00\x80\x00\x00" + struct.pack("!I", 1) + self._packed]
        inside, wish, lifetime = struct.unpack("!HHI", packet[4:12])
        outside = self._grant("nat-pmp", inside, wish, lifetime)
        granted = self.moods.lifetime if lifetime else 0
        return [b"late", b"\x00\x82\x00\x00" + struct.pack("!IHHI", 1, inside, outside, granted)]

    def _answer_pcp(self, packet: bytes) -> bytes:
        lifetime = struct.unpack("!I", packet[4:8])[0]
        nonce, protocol, inside, wish = struct.unpack("!12sB3xHH", packet[24:44])
        outside = self._grant("pcp", inside, wish, lifetime)
        head = struct.pack("!BBxBI", 2, 129, 0, self.moods.lifetime if lifetime else 0) + bytes(16)
        address = bytes(10) + b"\xff\xff" + self._packed
        return head + struct.pack("!12sB3xHH", nonce, protocol, inside, outside) + address

    def _grant(self, how: str, inside: int, wish: int, lifetime: int) -> int:
        if not lifetime:
            self.asked.append(f"{how}: close {inside}")
            self.opened = {outside: row for outside, row in self.opened.items() if row[0] != inside}
            return 0
        outside = wish + 1 if wish in self.moods.taken else wish
        self.asked.append(f"{how}: open {outside} for {inside}")
        self.opened[outside] = (inside, lifetime)
        return outside

    @property
    def _packed(self) -> bytes:
        return bytes(int(part) for part in self.moods.address.split("."))

    def _answer_search(self, packet: bytes) -> list[bytes]:
        url = f"http://127.0.0.1:{self.http_port}/desc.xml"
        match self.moods.searches:
            case "silent":
                return []
            case "garbage":
                return [b"", b"\xff" * 3000, b"HTTP/1.1 200 OK\r\nLOCATION: \xff\r\n\r\n"]
            case "elsewhere":
                url = f"http://8.8.8.8:{self.http_port}/desc.xml"
        return [f"HTTP/1.1 200 OK\r\nLOCATION: {url}\r\nST: x\r\n\r\n".encode()] * 3

    async def _describe(self, _request: web.Request) -> web.StreamResponse:
        self.asked.append("describe")
        if self.moods.status == 302:
            raise web.HTTPFound("/elsewhere")
        own = (
            '<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device><serviceList><service>'
            f"<serviceType>{SERVICE}</serviceType><controlURL>/ctl</controlURL></service></serviceList></device></root>"
        )
        text = own if self.moods.description is None else self.moods.description
        return web.Response(text=text, content_type="text/xml", status=self.moods.status)

    async def _control(self, request: web.Request) -> web.StreamResponse:
        action = request.headers["SOAPAction"].strip('"').rpartition("#")[2]
        body = await request.text()
        values = dict(re.findall(r"<(New\w+)>([^<]*)</New\w+>", body))
        match action:
            case "GetExternalIPAddress":
                inner = f"<NewExternalIPAddress>{self.moods.address}</NewExternalIPAddress>"
                return self._said(action, inner)
            case "AddPortMapping":
                if self.moods.holds:
                    self.asked.append("upnp: held")
                while self.moods.holds:
                    await asyncio.sleep(0.005)
                outside, lease = int(values["NewExternalPort"]), int(values["NewLeaseDuration"])
                code = self.moods.fault or (718 if outside in self.moods.taken else 0)
                code = code or (725 if lease and self.moods.permanent_only else 0)
                if code:
                    self.asked.append(f"upnp: {code}")
                    return self._fault(code)
                inside = int(values["NewInternalPort"])
                self.asked.append(f"upnp: open {outside} for {inside}")
                self.opened[outside] = (inside, lease)
                return self._said(action, "")
            case _:
                self.asked.append(f"upnp: close {values['NewExternalPort']}")
                self.opened.pop(int(values["NewExternalPort"]), None)
                return self._said(action, "")

    def _said(self, action: str, inner: str) -> web.StreamResponse:
        body = f'<u:{action}Response xmlns:u="{SERVICE}">{inner}</u:{action}Response>'
        return self._envelope(body, 200)

    def _fault(self, code: int) -> web.StreamResponse:
        return self._envelope(f"<s:Fault><detail><e><errorCode>{code}</errorCode></e></detail></s:Fault>", 500)

    def _envelope(self, body: str, status: int) -> web.StreamResponse:
        text = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{body}</s:Body></s:Envelope>'
        return web.Response(text=text, content_type="text/xml", status=status)


class _Ears(asyncio.DatagramProtocol):
    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        assert self._transport is not None
        for packet in self._answer(data):
            self._transport.sendto(packet, addr)
