"""Asks a matinee-server outside whether it reaches us: it knocks at the address that we ask from, once."""

from __future__ import annotations

import base64
import logging
import socket

import aiohttp

from player.core.invite import InviteError, address_text
from player.core.reach import Outside, read_knock
from player.core.server_url import invite_on_server
from player.net.resolving import Resolver

log = logging.getLogger(__name__)

WITHIN = aiohttp.ClientTimeout(total=8.0)  # s; the server knocks for three
MOST_BYTES = 64


async def ask_for_a_knock(server: str, port: int, family: socket.AddressFamily) -> Outside:
    """What the server at `server` (written as for `--server`) says about our `port`, reached by one family of
    addresses. It may be silent, old or something else: then nothing is known."""
    try:
        invite = invite_on_server(server, "reach")
    except InviteError as error:
        log.warning("the server that should check from outside can't be asked: %s", error)
        return Outside()
    scheme = "https" if invite.tls else "http"
    path = "/".join(part for part in (invite.path.strip("/"), "knock") if part)
    url = f"{scheme}://{address_text(invite.host, invite.port)}/{path}"
    pin = aiohttp.Fingerprint(base64.urlsafe_b64decode(invite.pin + "=")) if invite.pin else True
    connector = aiohttp.TCPConnector(resolver=Resolver(), use_dns_cache=False, family=family)
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=WITHIN) as session,
            session.get(url, params={"port": str(port)}, allow_redirects=False, ssl=pin) as answer,
        ):
            said = await answer.content.read(MOST_BYTES) if answer.status == 200 else b""
            return read_knock(said.decode("ascii", "replace"))
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
        log.info("the server that should check from outside can't be asked: %s", type(error).__name__)
        return Outside()
