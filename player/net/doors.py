"""All the ways into a room, tried at once, of which one is taken.

An invite may name several addresses (LAN, IPv6, public) of one authority; a link that probes starts new rounds while
older attempts still hang. However many stand at a door, only one at a time says who it is: a first Hello without a
token makes a person, and a later Hello with one takes the person away from the earlier connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from player.core.invite import Invite
from player.net.connection import Connection
from player.net.failure import EnterError, Failure, silence, verdict
from server.core.protocol import Hello, Welcome

Connect = Callable[[Invite, tuple[str, int], Callable[[], float]], Connection]
"""Makes a connection to one of an invite's addresses; `now` is the local clock."""


@dataclass(eq=False)
class _Round:
    """One attempt an address."""

    open: int
    failures: list[Failure] = field(default_factory=list)


class Doors:
    """Belongs to one event loop. `entered` gets a connection that is in the room; whoever it hands it to has to end
    it. `failed` gets what a round has shown, at the latest when all its attempts have failed."""

    def __init__(
        self,
        invite: Invite,
        now: Callable[[], float],
        make_hello: Callable[[], Hello],
        entered: Callable[[Connection, Welcome], None],
        failed: Callable[[Failure], None],
        connect: Connect = Connection,
    ) -> None:
        self._invite = invite
        self._now = now
        self._make_hello = make_hello
        self._entered = entered
        self._failed = failed
        self._connect = connect
        self._turn = asyncio.Lock()
        self._attempts: dict[asyncio.Task[None], Connection] = {}

    def knock(self) -> None:
        """Begin a round beside those that still hang."""
        knocks = _Round(len(self._invite.addresses))
        for address in self._invite.addresses:
            connection = self._connect(self._invite, address, self._now)
            task = asyncio.get_running_loop().create_task(self._attempt(connection, knocks))
            self._attempts[task] = connection
            task.add_done_callback(self._attempts.pop)

    def clear(self) -> None:
        """Give up all attempts."""
        for task, connection in self._attempts.items():
            if task is not asyncio.current_task() and not task.done():  # what is done has handed its connection over
                connection.abort()
                task.cancel()

    def calm(self) -> None:
        """Give up the attempts that have not said who they are. The one that has may have been taken for the member
        already: it is let end as it will."""
        for task, connection in self._attempts.items():
            if not connection.has_asked:
                connection.abort()
                task.cancel()

    async def _attempt(self, connection: Connection, knocks: _Round) -> None:
        has_turn = False

        async def permission() -> Hello:
            nonlocal has_turn
            await self._turn.acquire()
            has_turn = True
            return self._make_hello()

        try:
            welcome = await connection.open(permission)
            self._entered(connection, welcome)
        except EnterError as error:
            knocks.open -= 1
            knocks.failures.append(error.failure)
            is_proven = error.failure.code is not None and self._invite.tls  # the right server says so
            result = error.failure if is_proven else verdict(knocks.failures)
            if result is not None and (is_proven or knocks.open == 0):
                self._failed(result)
        finally:
            if has_turn:
                self._turn.release()


async def enter(invite: Invite, hello: Hello, now: Callable[[], float], patience: float) -> tuple[Connection, Welcome]:
    """One round, for who does not want to live on. Raises EnterError, at the latest after `patience` s."""
    result: asyncio.Future[tuple[Connection, Welcome]] = asyncio.get_running_loop().create_future()

    def entered(connection: Connection, welcome: Welcome) -> None:
        if result.done():
            connection.abort()
        else:
            result.set_result((connection, welcome))
        doors.clear()

    def failed(why: Failure) -> None:
        if not result.done():
            result.set_exception(EnterError(why))

    doors = Doors(invite, now, lambda: hello, entered, failed)
    doors.knock()
    try:
        return await asyncio.wait_for(result, patience)
    except TimeoutError:
        raise EnterError(silence(invite.where)) from None
    finally:
        doors.clear()
