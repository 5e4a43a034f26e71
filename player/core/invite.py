"""Invites: everything a friend's player needs to find and enter a room, as one link (DESIGN section 7).

    matinee://HOST:PORT/ROOM?tls=off&pin=...&key=...&also=ADDR:PORT&path=...

Invites travel through chats and mails, which wrap, quote and decorate them, and through people, who retype them. What
was only decorated is read; what may be a typo is refused with a sentence that says where it is. Keys that this version
does not know are ignored, so that a newer player may add some. A link never ends in punctuation, so the full stop of
the sentence around it can be told from it.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from server.core.protocol import MAX_ROOM

DEFAULT_PORT = 8998
MAX_ALSO = 8  # addresses beyond the first: a link must not make its readers knock at hundreds of doors
MAX_KEY, MAX_PATH, MAX_TEXT = 128, 200, 4000

_SCHEME = "matinee://"
_BEFORE, _AFTER = "<([{\"'`«“„‘‚", ">)}\"'`»”“’‘.,;:!…"
_NAME = re.compile(r"(?!-)[\w-]{1,63}(?<!-)(\.(?!-)[\w-]{1,63}(?<!-))*\.?")
_BROKEN_CODE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PATH = re.compile(r"[A-Za-z0-9._~/-]*")


class InviteError(ValueError):
    """A text that is no invite. The words say to a person what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Invite:
    """A parsed invite, valid by construction (InviteError). `pin` is the SHA-256 of the server's certificate as
    base64url without padding, "" where the usual authorities vouch for it. `password` is never part of the text: it is
    what the host's own player adds."""

    host: str
    port: int
    room: str
    tls: bool = True
    pin: str = ""
    key: str = ""
    also: tuple[tuple[str, int], ...] = ()
    path: str = ""
    password: str = ""

    def __post_init__(self) -> None:
        for host, port in self.addresses:
            _check_host(host)
            _check_port(port, str(port))
        _check_room(self.room)
        if len(self.also) > MAX_ALSO:
            raise InviteError(f"The invite names more than {MAX_ALSO + 1} addresses: ask for a new one.")
        if self.pin and not self.tls:
            raise InviteError("The invite has a pin and tls=off, which exclude each other: ask for a new one.")
        if self.pin and not _is_pin(self.pin):
            raise InviteError("The pin in the invite is not whole: copy the invite again, in one piece.")
        if len(self.key) > MAX_KEY or not self.key.isprintable():
            raise InviteError("The key in the invite is damaged: copy the invite again, in one piece.")
        if len(self.path) > MAX_PATH or not _PATH.fullmatch(self.path):
            raise InviteError(f"The path “{_short(self.path)}” in the invite is not one: copy the invite again.")

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Where the authority may be found, host and port: all are tried at once."""
        return ((self.host, self.port), *self.also)

    @property
    def where(self) -> str:
        """The first address for people."""
        return address_text(self.host, self.port)

    def text(self) -> str:
        """The link. It contains the key: not for logs."""
        options = [] if self.tls else ["tls=off"]
        options += [f"{key}={_quoted(value)}" for key, value in (("pin", self.pin), ("key", self.key)) if value]
        options += [f"also={address_text(host, port)}" for host, port in self.also]
        options += [f"path={quote(self.path, safe='/')}"] if self.path else []
        link = f"{_SCHEME}{self.where}/{_quoted(self.room)}" + ("?" + "&".join(options) if options else "")
        return link[:-1] + "%2E" if link.endswith(".") else link


def address_text(host: str, port: int) -> str:
    """HOST:PORT, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse_address(text: str, port: int) -> tuple[str, int]:
    """Host and port of "HOST", "HOST:PORT", "[IPv6]" or "[IPv6]:PORT", `port` where none is given. InviteError."""
    bracketed = re.fullmatch(r"\[([^\[\]]*)\](?::(.*))?", text)
    if bracketed:
        host, number = bracketed[1], bracketed[2]
        if ":" not in host:
            raise InviteError(f"“[{_short(host)}]” is no IPv6 address: brackets are for those only.")
    elif text.count(":") > 1:
        raise InviteError(f"“{_short(text)}” is ambiguous: write an IPv6 address in brackets, as [::1]:{port}.")
    else:
        host, colon, rest = text.partition(":")
        number = rest if colon else None
    _check_host(host)
    if number is None:
        return host, port
    if not re.fullmatch(r"[0-9]{1,9}", number):
        raise InviteError(f"“{_short(number)}” is no port: it is a number from 1 to 65535.")
    _check_port(int(number), number)
    return host, int(number)


def parse_invite(text: str) -> Invite:
    """Read a link. Raises InviteError with one clear sentence."""
    link = _undecorated(text)
    head, question, tail = link[len(_SCHEME) :].partition("#")[0].partition("?")
    address, slash, room = head.partition("/")
    if "@" in address:
        raise InviteError("An invite has no “@”: it begins with matinee://HOST:PORT/ROOM.")
    host, port = parse_address(address, DEFAULT_PORT)
    if not slash or not room:
        raise InviteError("The invite names no room: it should look like matinee://HOST:PORT/ROOM.")
    if "/" in room:
        raise InviteError(
            f"The room's name “{_short(room)}” contains a “/”: write it as %2F, or copy the invite again."
        )
    options = _options(tail) if question else {}
    tls = _only(options, "tls") or "on"
    if tls.lower() not in ("on", "off"):
        raise InviteError(f"“tls={_short(tls)}” in the invite means nothing: it is tls=off or left out.")
    return Invite(
        host=host,
        port=port,
        room=_decoded(room, "room's name"),
        tls=tls.lower() == "on",
        pin=_only(options, "pin").rstrip("="),
        key=_only(options, "key"),
        also=tuple(parse_address(each, port) for each in options.get("also", ())),
        path=_only(options, "path"),
    )


def _undecorated(text: str) -> str:
    """The link without what mails and chats put around and into it."""
    link = re.sub(r"\s*[\r\n]+[>\s]*", "", text.strip())
    link = link.lstrip(_BEFORE).rstrip(_AFTER)
    while link.endswith("]") and link.count("]") > link.count("["):  # not that of an IPv6 address
        link = link[:-1].rstrip(_AFTER)
    link = link.strip().replace("&amp;", "&")
    if not link:
        raise InviteError("The invite is empty: paste the whole link, which begins with matinee://.")
    if len(link) > MAX_TEXT:
        raise InviteError("That is far too long for an invite: paste the link alone, which begins with matinee://.")
    if link[: len(_SCHEME)].lower() != _SCHEME:
        raise InviteError(f"“{_short(link)}” is no invite: an invite begins with matinee://.")
    if re.search(r"\s", link):
        raise InviteError("There is a space in the invite: paste the link alone, in one piece (a space in it is %20).")
    return link


def _options(tail: str) -> dict[str, list[str]]:
    options: dict[str, list[str]] = {}
    for part in tail.split("&"):
        key, equals, value = part.partition("=")
        if part and not equals:
            raise InviteError(f"“{_short(part)}” in the invite has no “=”: copy the invite again, in one piece.")
        options.setdefault(key.lower(), []).append(_decoded(value, f"value of “{_short(key)}”"))
    return options


def _only(options: dict[str, list[str]], key: str) -> str:
    values = options.get(key, [""])
    if len(set(values)) > 1:
        raise InviteError(f"The invite says “{key}” twice, in different ways: copy it again, in one piece.")
    return values[0]


def _decoded(text: str, what: str) -> str:
    if _BROKEN_CODE.search(text):
        raise InviteError(f"The {what} in the invite has a broken %-code: copy the invite again, in one piece.")
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise InviteError(f"The {what} in the invite is damaged: copy the invite again, in one piece.") from None


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _check_host(host: str) -> None:
    if not host:
        raise InviteError("The invite names no computer: it should look like matinee://HOST:PORT/ROOM.")
    try:
        if ":" in host or re.fullmatch(r"[0-9.]+", host):
            ipaddress.ip_address(host)
            is_one = "%" not in host
        else:
            is_one = len(host) <= 253 and _NAME.fullmatch(host) is not None
    except ValueError:
        is_one = False
    if not is_one:
        raise InviteError(f"“{_short(host)}” is no address of a computer: check the invite for a typo.")


def _check_port(port: int, text: str) -> None:
    if not 1 <= port <= 65535:
        raise InviteError(f"“{_short(text)}” is no port: it is a number from 1 to 65535.")


def _check_room(room: str) -> None:
    if not room.strip():
        raise InviteError("The room needs a name.")
    if len(room) > MAX_ROOM:
        raise InviteError(f"The room's name is too long: at most {MAX_ROOM} characters.")
    if any(not sign.isprintable() and sign not in "\u200c\u200d" for sign in room):
        raise InviteError("The room's name contains signs that can't be shown: use letters, digits and spaces.")


def _is_pin(pin: str) -> bool:
    """Exactly 32 bytes in canonical base64url without padding: a mistyped last letter shows, too."""
    try:
        digest = base64.b64decode(pin + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(digest) == 32 and base64.urlsafe_b64encode(digest).decode().rstrip("=") == pin


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
