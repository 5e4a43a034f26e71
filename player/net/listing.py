"""Asks somebody's server for the rooms that want to be found."""

from __future__ import annotations

import base64
import ssl

import aiohttp

from player.core.invite import Invite, address_text
from player.core.listing import MOST_BYTES, ListedRoom, ListingError, read_listing
from player.net.resolving import Resolver

WITHIN = aiohttp.ClientTimeout(total=10.0)  # s


async def fetch_listing(server: Invite) -> tuple[ListedRoom, ...]:
    """The rooms that the server of this invite (to any room there) lists. Raises ListingError with one sentence."""
    scheme = "https" if server.tls else "http"
    path = "/".join(part for part in (server.path.strip("/"), "rooms") if part)
    url = f"{scheme}://{address_text(server.host, server.port)}/{path}"
    pin = aiohttp.Fingerprint(base64.urlsafe_b64decode(server.pin + "=")) if server.pin else True
    connector = aiohttp.TCPConnector(resolver=Resolver(), use_dns_cache=False)
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=WITHIN) as session,
            session.get(url, allow_redirects=False, ssl=pin) as answer,
        ):
            if answer.status == 404:
                raise ListingError(f"The server at {server.where} lists no rooms: ask for an invite.")
            data = await answer.content.read(MOST_BYTES + 1) if answer.status == 200 else b""
    except (ssl.SSLError, aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch):
        words = (
            f"The server at {server.where} has no certificate that can be trusted: ask for its address with its pin."
        )
        raise ListingError(words) from None
    except (TimeoutError, aiohttp.ClientError, OSError):
        raise ListingError(f"No server answers at {server.where}: check the address.") from None
    if len(data) > MOST_BYTES:
        raise ListingError("That server lists too many rooms to be shown: ask for an invite.")
    return read_listing(server, data)
