"""The words of Janus' WebSocket API and of its VideoRoom plugin: requests as texts, texts as what they say.

Janus (version 1.1) answers a request by its `transaction`: at once, or with an `ack` first and an event later. Events
without one come by themselves. Authority and players both speak with it, each by a socket of its own; this module is
what is the same. What Janus says is read as suspiciously as what a peer says: sizes are the socket's business, kinds
and types are looked at here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

PLUGIN = "janus.plugin.videoroom"
CORE_REALM = "janus"
SUBPROTOCOL = "janus-protocol"
ORIGIN = "https://matinee.invalid"  # our Janus refuses web pages by their origin (packaging/janus)
WORD_MOST = 256 * 1024  # bytes of one text: an offer of one feed has about 3 KiB

ROOM_EXISTS, NO_ROOM, UNAUTHORIZED = 427, 426, 433  # error codes of the plugin


class JanusError(Exception):
    """What Janus refused, or that it does not answer. `code` 0: the latter."""

    def __init__(self, words: str, code: int = 0) -> None:
        super().__init__(words)
        self.code = code


class Description(msgspec.Struct, frozen=True, rename={"kind": "type"}):
    """A session description of WebRTC."""

    kind: Literal["offer", "answer"]
    sdp: str


@dataclass(frozen=True, slots=True)
class Said:
    """What came: an answer to `transaction`, or ("" there) an event. `kind` is Janus' own word for it, `data` the
    plugin's or the core's; `handle` 0: about the session as a whole."""

    kind: str
    transaction: str = ""
    handle: int = 0
    data: dict[str, Any] | None = None
    description: Description | None = None
    error: JanusError | None = None


class _Error(msgspec.Struct, frozen=True):
    code: int = 0
    reason: str = ""


class _PluginData(msgspec.Struct, frozen=True):
    data: dict[str, Any] = {}


class _Word(msgspec.Struct, frozen=True):
    janus: str
    transaction: str = ""
    sender: int = 0
    data: dict[str, Any] | None = None
    error: _Error | None = None
    plugindata: _PluginData | None = None
    jsep: Description | None = None


_decoder = msgspec.json.Decoder(_Word)


def word_of(
    kind: str,
    transaction: str,
    token: str,
    session: int = 0,
    handle: int = 0,
    body: dict[str, Any] | None = None,
    description: Description | None = None,
    **more: Any,
) -> str:
    """A request as a text: `kind` is "create", "attach" (with `plugin`), "message" (with a body), "keepalive",
    "detach", "destroy" or "info"."""
    said: dict[str, Any] = {"janus": kind, "transaction": transaction, "token": token, **more}
    if session:
        said["session_id"] = session
    if handle:
        said["handle_id"] = handle
    if body is not None:
        said["body"] = body
    if description is not None:
        said["jsep"] = description
    return msgspec.json.encode(said).decode()


def read_word(text: str | bytes) -> Said:
    """Raises JanusError where this is no word of Janus."""
    try:
        word = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise JanusError(f"Not a word of Janus: {error}") from None
    data = word.data if word.plugindata is None else word.plugindata.data
    return Said(word.janus, word.transaction, word.sender, data, word.jsep, _error_of(word, data))


def _error_of(word: _Word, data: dict[str, Any] | None) -> JanusError | None:
    if word.error is not None:
        return JanusError(word.error.reason, word.error.code)
    if word.plugindata is not None and data is not None and "error_code" in data:
        code = data["error_code"]
        return JanusError(str(data.get("error", "")), code if type(code) is int else 0)
    return None


def texts_of(data: dict[str, Any] | None, *names: str) -> tuple[str, ...]:
    """Texts that stand in what was said under these names. Raises JanusError where one does not."""
    found = tuple((data or {}).get(name) for name in names)
    if not all(isinstance(each, str) for each in found):
        raise JanusError(f"Janus did not say {' and '.join(names)}.")
    return tuple(str(each) for each in found)


def number_of(data: dict[str, Any] | None, name: str) -> int:
    """A number that stands there. Raises JanusError where none does."""
    found = (data or {}).get(name)
    if type(found) is not int:
        raise JanusError(f"Janus did not say {name}.")
    return found


def gone_of(data: dict[str, Any] | None) -> str | None:
    """The id of whose media is gone, of an event; None: it says nothing of that."""
    for name in ("unpublished", "leaving"):
        gone = (data or {}).get(name)
        if isinstance(gone, str):
            return gone
    return None
