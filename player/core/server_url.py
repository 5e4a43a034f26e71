"""The address of somebody's server, as people write it, and the invite to a room that is made there."""

from __future__ import annotations

from urllib.parse import quote

from player.core.invite import DEFAULT_PORT, Invite, InviteError, address_text, parse_address, parse_invite

PORTS = {"http": 80, "https": 443, "matinee": DEFAULT_PORT}


def invite_on_server(url: str, room: str) -> Invite:
    """The invite to `room` on the server at "https://HOST/PATH", "http://HOST:PORT" (without TLS) or "HOST:PORT".

    Options of an invite may follow a "?". Raises InviteError with one clear sentence."""
    before, separator, rest = url.strip().rpartition("://")
    scheme = before.lower() if separator else "matinee"
    if scheme not in PORTS:
        raise InviteError(f"“{scheme}://” is no way to reach a server: write https://HOST or HOST:PORT.")
    head, _, options = rest.partition("?")
    address, _, path = head.partition("/")
    host, port = parse_address(address, PORTS[scheme])
    parts = [options, "tls=off" if scheme == "http" else "", f"path={quote(path.strip('/'))}" if path else ""]
    query = "&".join(part for part in parts if part)
    return parse_invite(f"matinee://{address_text(host, port)}/{quote(room, safe='')}" + (f"?{query}" if query else ""))


def may_be_server(text: str) -> bool:
    """Whether a text that a person types where invites go is the address of a server instead."""
    typed = text.strip().lower()
    if typed.startswith("matinee:") or "matinee:".startswith(typed):  # an invite, or on the way to one
        return False
    try:
        invite_on_server(text, "any")
    except InviteError:
        return False
    return True
