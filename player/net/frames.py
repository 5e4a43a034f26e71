"""The WebSocket below Socket.IO: takes the events as they arrive and lets only our own frames pass.

Socket.IO's client starts a task for each message and raises on what it does not expect: t3 would be read late, the end
of a connection could be known before the last words that came with it (on Python >= 3.12 it always is), and a
stranger's nonsense would be a traceback. So each text frame is looked at here, where aiohttp hands it out; Socket.IO
sees no events. The frames of version 1 are, in Engine.IO's and Socket.IO's own spelling:

    0{"sid":..,"pingInterval":..}   the connection is open            2 | 3   ping, pong
    40{"sid":..}  41  44{..}        the namespace: admitted, ended, refused
    42["kind",{..}]                 an event
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import aiohttp

if TYPE_CHECKING:
    Socket = aiohttp.ClientWebSocketResponse[Literal[True]]
else:
    Socket = aiohttp.ClientWebSocketResponse

EVENT = "42"
MOST_BYTES = 1 << 16  # what the server may send at once; its own limit is smaller


@dataclass(frozen=True, slots=True)
class Watch:
    """What a connection wants to know of its WebSocket."""

    opened: Callable[[WatchedSocket], None]  # first of all
    admitted: Callable[[], Awaitable[None]]  # Engine.IO is open; Socket.IO says nothing before this returns
    event: Callable[[str, Any], None]  # an event's kind and payload, at once and in order; must not raise
    ended: Callable[[str], None]  # nothing more will come, and why; for a log


class WatchedSocket(Socket):
    """aiohttp's WebSocket under watch. One task receives."""

    def __init__(self, watch: Watch, reader: Any, writer: Any, kind: Any, opening: Any, *args: Any, **options: Any):
        super().__init__(reader, writer, kind, opening, *args, **options)
        self._transport = writer.transport
        self._opening = opening
        self._watch = watch
        self._is_open = False
        watch.opened(self)

    async def receive(self, timeout: float | None = None) -> Any:
        """The next message but events; a CLOSED one in place of a frame that is none of ours."""
        while True:
            message = await super().receive(timeout)
            if message.type is not aiohttp.WSMsgType.TEXT:
                self._watch.ended(f"{message.type.name.lower()} {message.data!r:.80}")
                return self._end(message)
            if not self._is_open:
                if not _is_opening(message.data):
                    self._watch.ended(f"no Engine.IO: {message.data!r:.80}")
                    return self._end(message)
                self._is_open = True
                await self._watch.admitted()
                return message
            event = _event(message.data)
            if event is not None:
                self._watch.event(*event)
                continue
            if not _is_ours(message.data):
                self._watch.ended(f"not of this protocol: {message.data!r:.80}")
                return self._end(message)
            if message.data.startswith("41"):
                self._watch.ended("the server ended the session")
            return message

    def abort(self) -> None:
        """Cut the TCP connection: closing would wait for a peer that may be gone."""
        self._transport.abort()
        self._opening.close()

    @staticmethod
    def _end(message: Any) -> Any:
        """What makes Engine.IO give the connection up."""
        return message if message.type in _ENDINGS else aiohttp.WSMessage(aiohttp.WSMsgType.CLOSED, None, None)


_ENDINGS = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)


def _is_opening(frame: str) -> bool:
    """Engine.IO's first packet, with all that its client takes from it."""
    opening = _parsed(frame[1:]) if frame.startswith("0{") else None
    if not isinstance(opening, dict):
        return False
    numbers = (opening.get("pingInterval"), opening.get("pingTimeout"))
    return (
        isinstance(opening.get("sid"), str)
        and isinstance(opening.get("upgrades"), list)
        and all(isinstance(number, int) and 0 < number < 1e7 for number in numbers)
    )


def _event(frame: str) -> tuple[str, dict[str, Any]] | None:
    event = _parsed(frame[len(EVENT) :]) if frame.startswith(EVENT) else None
    if isinstance(event, list) and len(event) == 2 and isinstance(event[0], str) and isinstance(event[1], dict):
        return event[0], event[1]
    return None


def _is_ours(frame: str) -> bool:
    """Whether Socket.IO may read a frame that is no event."""
    if frame.startswith(("40{", "44{")):
        return isinstance(_parsed(frame[2:]), dict)
    return frame in ("2", "3", "6", "40", "41", "1")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
