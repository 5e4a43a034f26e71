"""A member's connection that lives on: exchanges clocks, notices that the link is gone, comes back as the same person.

    no connection    rounds of attempts: `Attempts` says when, and what is said meanwhile
    connected        `Exchange` says when to ask for the time, and when silence is a reason to try beside
    silent           told as lost; probes each second; the first that answers wins, the old connection if it is that

Another network under this machine is noticed here and is a reason for both to hurry. All of it runs on one event loop,
which the link's thread owns.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from player.core.attempts import Attempts, AttemptsPolicy
from player.core.exchange import Act, Exchange, ExchangePolicy
from player.core.invite import Invite
from player.core.news import Joined, LinkEvent, LinkLost, LinkRefused, LinkRegained, Received, Sampled
from player.net.addresses import NetworkWatch
from player.net.connection import Connection
from player.net.doors import Connect, Doors
from player.net.failure import Failure, silence
from server import __version__
from server.core import protocol
from server.core.protocol import MAX_NAME, ClientMessage, ClockReply, Hello, ServerMessage, Welcome


@dataclass(frozen=True, slots=True)
class LifelinePolicy:
    """Times in s."""

    goodbye: float = 0.5  # for the authority to hang up after a `leave`
    look_around: float = 2.0  # between two looks at this machine's addresses
    attempts: AttemptsPolicy = field(default_factory=AttemptsPolicy)
    exchange: ExchangePolicy = field(default_factory=ExchangePolicy)


class Lifeline:
    """`report` is called on the loop, in order of what happens."""

    def __init__(
        self,
        invite: Invite,
        name: str,
        now: Callable[[], float],
        report: Callable[[LinkEvent], None],
        policy: LifelinePolicy | None = None,
        connect: Connect = Connection,
        token: str = "",
        watch: NetworkWatch | None = None,
    ) -> None:
        """`token`: of who we are in that room already."""
        self._invite = invite
        self._name = name
        self._now = now
        self._report = report
        self._policy = policy or LifelinePolicy()
        self._doors = Doors(invite, now, self._make_hello, self._enter, self._receive_failure, connect)
        self._exchange = Exchange(self._policy.exchange)
        self._attempts = Attempts(self._policy.attempts).begun(now())
        self._watch = watch or NetworkWatch()
        self._look_due = now() + self._policy.look_around
        self._connection: Connection | None = None
        self._token = token
        self._has_entered = False
        self._lost_words = ""  # told last; "": the link is not lost
        self._closing_words = ""
        self._is_over = False
        self._stirred = asyncio.Event()

    # -- what the link's owner wants (on the loop) ---------------------------------------------------------------------

    async def live(self) -> None:
        """Until `leave`, or a refusal."""
        while not self._is_over:
            self._stirred.clear()
            now = self._now()
            self._look_around(now)
            self._exchange_clocks(now)
            self._knock_when_due(now)
            attempts = self._attempts
            due = min(self._exchange.deadline, attempts.knock_due, attempts.tell_due, self._look_due)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), max(due - self._now(), 0.0))
        self._doors.clear()
        if self._connection is not None:
            await self._connection.leave(self._policy.goodbye)

    def send(self, message: ClientMessage) -> None:
        if self._connection is not None:
            self._connection.send(message)

    def burst(self) -> None:
        """Exchange clocks at once; without a connection, try at once."""
        if self._connection is not None:
            self._exchange = self._exchange.burst(self._now())
        self._attempts = self._attempts.hurried(self._now())
        self._stirred.set()

    def leave(self) -> None:
        self._is_over = True
        self._stirred.set()

    # -- time ----------------------------------------------------------------------------------------------------------

    def _exchange_clocks(self, now: float) -> None:
        self._exchange, acts = self._exchange.advance(now, random.random())
        for act in acts:
            if act is Act.SEND and self._connection is not None:
                self._connection.ask_clock()
            elif act is Act.PROBE:
                self._tell_lost(f"The server at {self._invite.where} does not answer; trying to reach it again.")
                self._doors.knock()

    def _look_around(self, now: float) -> None:
        if now >= self._look_due:
            self._look_due = now + self._policy.look_around
            if self._watch.has_changed():
                self.burst()

    def _knock_when_due(self, now: float) -> None:
        if now >= self._attempts.tell_due:
            self._tell_lost(silence(self._invite.where).words)
        if now >= self._attempts.knock_due:
            self._doors.knock()
            self._attempts = self._attempts.knocked(now, random.random())

    # -- what happens --------------------------------------------------------------------------------------------------

    def _make_hello(self) -> Hello:
        return Hello(
            version=protocol.VERSION,
            room=self._invite.room,
            name=self._name[:MAX_NAME],
            key=self._invite.key,
            password=self._invite.password,
            token=self._token,
            client=f"matinee {__version__}"[:40],
        )

    def _enter(self, connection: Connection, welcome: Welcome) -> None:
        old, self._connection = self._connection, connection
        self._doors.clear()
        if old is not None:
            old.abort()
        self._token, self._has_entered = welcome.token, True
        self._lost_words = self._closing_words = ""
        now = self._now()
        self._attempts = self._attempts.entered(now)
        self._exchange = self._exchange.connected(now)
        self._report(Joined(welcome))
        connection.listen(self._receive, self._receive_sample, lambda: self._receive_end(connection))
        self._stirred.set()

    def _receive(self, message: ServerMessage) -> None:
        match message:
            case protocol.Closing(words, again):
                self._closing_words = words
                self._is_over = self._is_over or not again  # removed, or the room has ended: nothing to come back to
            case protocol.Moved():
                self._is_over = True  # the room is at another address, where the session goes
            case _:
                pass
        self._report(Received(message))

    def _receive_sample(self, reply: ClockReply, t3: float) -> None:
        t0, t1, t2 = (protocol.seconds(stamp) for stamp in (reply.t0_us, reply.t1_us, reply.t2_us))
        self._exchange = self._exchange.receive_answer(t0)
        if self._lost_words and not self._exchange.is_silent:
            self._lost_words = ""  # the old connection was the first that answered
            self._doors.calm()
            self._report(LinkRegained())
        self._report(Sampled(t0, t1, t2, t3, reply.epoch))
        self._stirred.set()

    def _receive_end(self, connection: Connection) -> None:
        if connection is not self._connection:
            return
        self._connection = None
        if self._is_over:
            self._stirred.set()
            return
        self._exchange = self._exchange.disconnected()
        self._attempts = self._attempts.lost(self._now(), random.random())
        self._tell_lost(self._closing_words or "The connection to the room is lost; trying to come back.")
        self._stirred.set()

    def _receive_failure(self, failure: Failure) -> None:
        if self._connection is not None and failure.code is None:
            return  # a probe beside a connection that may still answer
        # Who has been inside comes back to a server that was restarted: its network, its room and a place may be late.
        is_late = self._has_entered and (failure.is_hopeless or failure.code in ("room", "full"))
        if failure.is_final and not is_late and not self._is_over:
            self._report(LinkRefused(failure.code or "bad", failure.words))
            self._is_over = True
        elif not self._is_over:
            if failure.code is not None:
                self._attempts = self._attempts.turned_away(self._now(), random.random())
            self._tell_lost(failure.words)
        self._stirred.set()

    def _tell_lost(self, reason: str) -> None:
        self._attempts = self._attempts.told()
        words = self._attempts.words(reason, self._now())
        if words != self._lost_words:
            self._lost_words = words
            self._report(LinkLost(words))
