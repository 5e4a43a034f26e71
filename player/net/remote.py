"""A remote control: authenticated, in no roster, never waited for (DESIGN section 7).

    async with Controller(invite, timeout=5.0) as controller:
        stated = await controller.command(protocol.Pause())

It needs no clock: the authority says when things take effect, in its own time.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from types import TracebackType
from typing import Self

from player.core.invite import Invite
from player.ports import LinkError
from server.core import protocol
from server.core.protocol import Action, Command, Hello, ServerMessage, TimelineStated

GOODBYE = 0.3  # s


async def run_remote(invite: Invite, action: Action | None, timeout: float) -> TimelineStated:
    """Send one command, or none, and return the timeline after it. `timeout` is for all of it, s. Raises LinkError."""
    async with Controller(invite, timeout) as controller:
        return controller.timeline if action is None else await controller.command(action)


class Controller:
    """A connection as a controller, within an `async with`. `timeout` for connecting and for each command, s."""

    def __init__(self, invite: Invite, timeout: float = 10.0) -> None:
        self._invite = invite
        self._timeout = timeout
        self._timeline: TimelineStated | None = None
        self._answers: dict[str, protocol.Accepted | protocol.Refused] = {}
        self._changed = asyncio.Event()
        self._words = ""  # why the connection has ended

    @property
    def timeline(self) -> TimelineStated:
        """What the authority stated last."""
        assert self._timeline is not None
        return self._timeline

    async def __aenter__(self) -> Self:
        from player.net.doors import enter
        from player.net.failure import EnterError

        hello = Hello(
            version=protocol.VERSION,
            room=self._invite.room,
            role="controller",
            key=self._invite.key,
            password=self._invite.password,
        )
        try:
            self._connection, welcome = await enter(self._invite, hello, time.perf_counter, self._timeout)
        except EnterError as error:
            raise LinkError(str(error)) from None
        self._timeline = welcome.timeline
        self._connection.listen(self._receive, lambda reply, t3: None, self._receive_end)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.leave(GOODBYE)

    async def command(self, action: Action) -> TimelineStated:
        """Do it and return the timeline that it led to. Raises LinkError: refused (the authority's words), lost, or
        not answered in time."""
        stated = self.timeline
        command = Command(id=secrets.token_hex(8), revision=stated.revision, item=stated.item, action=action)
        self._connection.send(command)
        try:
            async with asyncio.timeout(self._timeout):
                while True:
                    answer = self._answers.get(command.id)
                    if isinstance(answer, protocol.Refused):
                        raise LinkError(answer.words)
                    if answer is not None and self.timeline.revision >= answer.revision:
                        return self.timeline
                    if self._words:
                        raise LinkError(self._words)
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            words = f"The server at {self._invite.where} has not answered in time: see in the room what became of it."
            raise LinkError(words) from None

    def _receive(self, message: ServerMessage) -> None:
        match message:
            case TimelineStated():
                self._timeline = message
            case protocol.Accepted(id) | protocol.Refused(id):
                self._answers[id] = message
            case protocol.Closing(words):
                self._words = words
            case _:
                pass
        self._changed.set()

    def _receive_end(self) -> None:
        self._words = self._words or f"The connection to {self._invite.where} was lost: try again."
        self._changed.set()
