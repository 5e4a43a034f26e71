"""Why an authority could not be entered, in words for a person, and whether trying again can help.

Hopeless is what stays so however long one waits: the name of the computer does not exist, a certificate that is not the
one of the invite, something that answers but is no Matinee. All else (refused, unreachable, silent, reset) may be a
server that is just being restarted.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec

from server.core.protocol import MAX_WORDS, Refusal, RefusalCode

_RESTARTING = (429, 500, 502, 503, 504)  # what a proxy says when the server behind it is not there (yet)
_UPGRADE_REQUIRED = 426  # what the authority says to a request whose upgrade was lost on the way
_NO_SUCH_NAME = {getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name)} | {11001}
_NOT_TLS = ("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")


@dataclass(frozen=True, slots=True)
class Failure:
    """`code` is set where the authority itself said no."""

    words: str
    code: RefusalCode | None = None
    is_hopeless: bool = False

    @property
    def is_final(self) -> bool:
        """Nobody should try again by itself."""
        return self.is_hopeless or self.code not in (None, "busy")


class EnterError(Exception):
    """The room was not entered."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.words)
        self.failure = failure


def silence(where: str) -> Failure:
    return Failure(f"The server at {where} does not answer: check the network, or ask whether the room is still open.")


def stranger(where: str) -> Failure:
    words = f"What answers at {where} is no Matinee server: check the address and the port of the invite."
    return Failure(words, is_hopeless=True)


def misunderstanding(where: str) -> Failure:
    words = f"The server at {where} says something that this player does not understand: update the older of the two."
    return Failure(words, is_hopeless=True)


def closing(where: str) -> Failure:
    return Failure(f"The server at {where} closes the connection: it may be full or just restarting.")


def refusal(where: str, payload: Any) -> Failure:
    """The failure that a server's refusal of a connection is; `payload` is what came with it, whatever it is."""
    candidates = [payload]
    if isinstance(payload, dict):
        candidates.insert(0, payload.get("data"))
    for candidate in candidates:
        try:
            said = msgspec.convert(candidate, Refusal)
        except msgspec.ValidationError:
            continue
        return Failure(said.words, said.code)
    words = payload.get("message") if isinstance(payload, dict) else payload
    if isinstance(words, str) and 0 < len(words) <= MAX_WORDS and words.isprintable():
        return Failure(f"The server at {where} refused: {words}", "bad")
    return Failure(f"The server at {where} refused the connection without a reason: update the older side.", "bad")


def network(host: str, where: str, errors: Iterable[BaseException]) -> Failure:
    """The failure behind an exception and its causes, the outermost first."""
    chain = list(errors)
    for error in chain:
        match error:
            case aiohttp.ServerFingerprintMismatch():
                words = f"The server at {where} is not the one of this invite (another certificate): ask for a new one."
                return Failure(words, is_hopeless=True)
            case ssl.SSLCertVerificationError() | aiohttp.ClientConnectorCertificateError():
                words = f"The certificate of the server at {where} can't be verified: ask for an invite with a pin."
                return Failure(words, is_hopeless=True)
            case ssl.SSLError() if getattr(error, "reason", None) in _NOT_TLS:
                words = f"What answers at {where} does not encrypt, as this invite wants it to: ask for a new invite."
                return Failure(words, is_hopeless=True)
            case socket.gaierror() if error.errno in _NO_SUCH_NAME:
                words = f"There is no computer named {host}: check the invite for a typo, and the network."
                return Failure(words, is_hopeless=True)
            case socket.gaierror():
                return Failure(f"The name {host} can't be looked up now: check this computer's network.")
            case ConnectionRefusedError():
                return Failure(f"No server answers at {where}: ask whether the room is still open.")
            case TimeoutError():
                return silence(where)
            case aiohttp.WSServerHandshakeError() if error.status in _RESTARTING:
                return closing(where)
            case aiohttp.WSServerHandshakeError() if error.status == _UPGRADE_REQUIRED:
                words = f"A proxy before the server at {where} does not let WebSockets pass: tell whoever runs it."
                return Failure(words, is_hopeless=True)
            case aiohttp.ClientResponseError():
                return stranger(where)
            case aiohttp.ServerDisconnectedError() | ConnectionResetError() | BrokenPipeError():
                return closing(where)
            case _:
                continue
    if any(isinstance(error, OSError) for error in chain):
        return Failure(f"{where} can't be reached from here: check the network, or ask for a newer invite.")
    return closing(where)


def causes(error: BaseException) -> list[BaseException]:
    """The exception and what it came from, the outermost first."""
    found: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in found:
        found.append(cause)
        cause = cause.__cause__ or cause.__context__
    return found


def verdict(failures: Iterable[Failure]) -> Failure | None:
    """What a round of attempts, one an address, has shown: what the authority said, else what may change, else what
    can't. None: nothing yet."""
    known = list(failures)
    order = (
        [failure for failure in known if failure.code is not None],
        [failure for failure in known if not failure.is_hopeless],
        known,
    )
    return next((group[0] for group in order if group), None)
