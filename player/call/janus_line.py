"""A WebSocket to Janus: one session on it, questions and their answers, events as they come."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import ssl
from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin, Subprotocol

from server.core.janus_words import (
    ORIGIN,
    PLUGIN,
    SUBPROTOCOL,
    WORD_MOST,
    Description,
    JanusError,
    Said,
    number_of,
    read_word,
    word_of,
)

_log = logging.getLogger(__name__)
_frames = logging.getLogger(f"{__name__}.frames")
_frames.setLevel(logging.INFO)  # below, each frame's beginning and end: parts of tokens

ANSWER_MOST = 10.0  # s: a network that is cut for a moment is waited for
ALIVE_EVERY = 5.0  # s
UNSENT_MOST = 64 * 1024  # bytes


class JanusLine:
    """Made, then `open`, `ask` as often as wanted, `close` always. All in the loop. `token` is what admits to Janus
    and may be replaced; `hear` gets events by the handle that they concern, 0 for the session."""

    def __init__(
        self, token: str, hear: Callable[[Said], None], ended: Callable[[str], None], tls: ssl.SSLContext | None
    ) -> None:
        self.token = token
        self._hear, self._ended, self._tls = hear, ended, tls
        self._socket: ClientConnection | None = None
        self._session = 0
        self._numbers = itertools.count(1)
        self._asked: dict[str, tuple[asyncio.Future[Said], bool]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, url: str) -> None:
        """Raises JanusError."""
        try:
            async with asyncio.timeout(ANSWER_MOST):
                self._socket = await connect(
                    url,
                    origin=Origin(ORIGIN),
                    subprotocols=[Subprotocol(SUBPROTOCOL)],
                    max_size=WORD_MOST,
                    ping_interval=None,  # a request that lives asks more
                    write_limit=UNSENT_MOST,
                    proxy=None,
                    ssl=(self._tls or True) if url.startswith("wss:") else None,
                    logger=_frames,
                )
        except (OSError, TimeoutError, WebSocketException, ValueError) as error:
            raise JanusError(f"it can't be reached ({str(error) or 'no answer'})") from None
        self._tasks = [asyncio.create_task(self._read(self._socket)), asyncio.create_task(self._live())]
        self._session = number_of((await self.ask("create")).data, "id")

    async def attach(self) -> int:
        """A new handle of the plugin. Raises JanusError."""
        return number_of((await self.ask("attach", plugin=PLUGIN)).data, "id")

    async def ask(
        self,
        kind: str,
        handle: int = 0,
        body: dict[str, Any] | None = None,
        description: Description | None = None,
        **more: Any,
    ) -> Said:
        """What Janus answers in the end. Raises JanusError, also for what it refuses."""
        if self._socket is None:
            raise JanusError("there is no connection")
        number = str(next(self._numbers))
        answer: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer, kind == "keepalive"
        try:
            async with asyncio.timeout(ANSWER_MOST):
                await self._socket.send(
                    word_of(kind, number, self.token, self._session, handle, body, description, **more)
                )
                said = await answer
        except TimeoutError:
            raise JanusError("it does not answer") from None
        except (OSError, WebSocketException):
            raise JanusError("the connection has ended") from None
        finally:
            del self._asked[number]
        if said.error is not None:
            raise said.error
        return said

    def drop(self, handle: int) -> None:
        """A handle is needed no more; Janus may hear of it or not."""
        task = asyncio.create_task(self._drop(handle))
        self._tasks = [*(each for each in self._tasks if not each.done()), task]

    async def close(self) -> None:
        """End the session, whose handles end with it."""
        self._ended = _nobody
        if self._session and self._socket is not None:
            with contextlib.suppress(JanusError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await self.ask("destroy")
        self._session = 0
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            self._socket.transport.abort()
            await self._socket.wait_closed()

    async def _drop(self, handle: int) -> None:
        with contextlib.suppress(JanusError):
            await self.ask("detach", handle)

    async def _read(self, socket: ClientConnection) -> None:
        words = "the connection has ended"
        try:
            async for text in socket:
                self._take(read_word(text))
        except JanusError as error:
            words = str(error)
        except WebSocketException:
            pass
        except Exception:  # the top of all that is heard
            _log.exception("what Janus said could not be followed")
        self._end(words)

    def _take(self, said: Said) -> None:
        if said.transaction in self._asked:
            answer, is_acknowledged = self._asked[said.transaction]
            if not answer.done() and (is_acknowledged or said.kind != "ack"):
                answer.set_result(said)
        elif said.kind != "ack":  # that of one who has stopped waiting
            self._hear(said)

    async def _live(self) -> None:
        try:
            while True:
                await asyncio.sleep(ALIVE_EVERY)
                await self.ask("keepalive")
        except JanusError as error:
            self._end(str(error))

    def _end(self, words: str) -> None:
        session, self._session = self._session, 0
        for answer, _ in self._asked.values():
            if not answer.done():
                answer.set_exception(JanusError(words))
        if session:
            self._ended(words)


def _nobody(_words: str) -> None:
    """Nobody is told of what was wanted."""
