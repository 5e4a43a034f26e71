"""A member's connection that lives on: exchanges clocks, notices that the link is gone, comes back as the same person.

    no connection    rounds of attempts: at once, then soon, then each second, later slower
    connected        `Exchange` says when to ask for the time, and when silence is a reason to try beside
    silent           told as lost; probes each second; the first that answers wins, the old connection if it is that

All of it runs on one event loop, which the link's thread owns.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from player.core.exchange import Act, Exchange, ExchangePolicy
from player.core.invite import Invite
from player.core.news import Joined, LinkEvent, LinkLost, LinkRefused, Received, Sampled
from player.net.connection import Connection
from player.net.doors import Connect, Doors
from player.net.failure import Failure, silence
from server import __version__
from server.core import protocol
from server.core.protocol import MAX_NAME, ClientMessage, ClockReply, Hello, ServerMessage, Welcome


@dataclass(frozen=True, slots=True)
class LifelinePolicy:
    """Times in s."""

    first_gaps: tuple[float, ...] = (0.0, 0.25, 0.5)  # between rounds after a loss: most are a moment long
    gap: float = 0.7  # then: back within 2 s of the link's return, of which a connection over 80 ms takes 0.6
    eager: float = 120.0  # for so long; then
    late_gap: float = 4.0  # for who is gone longer: the laptop in a bag, the server that is off
    busy_gap: float = 2.0  # at least, when the server itself said that it does not want us yet
    spread: float = 0.2  # of each gap, drawn
    scatter: float = 0.15  # before the first round, drawn: a server that restarts does not get all at one instant
    patience: float = 3.0  # before a first connection that does not answer is told
    settled: float = 2.0  # a connection that lived shorter does not start the gaps anew
    goodbye: float = 0.5  # for the authority to hang up after a `leave`
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
    ) -> None:
        """`token`: of who we are in that room already."""
        self._invite = invite
        self._name = name
        self._now = now
        self._report = report
        self._policy = policy or LifelinePolicy()
        self._doors = Doors(invite, now, self._make_hello, self._enter, self._receive_failure, connect)
        self._exchange = Exchange(self._policy.exchange)
        self._connection: Connection | None = None
        self._entered_at = -float("inf")
        self._token = token
        self._welcome: Welcome | None = None  # kept up to date with what was said since
        self._lost_words = ""  # told last; "": the link is not lost
        self._closing_words = ""
        self._lost_at = self._knock_due = now()
        self._rounds = 0
        self._is_over = False
        self._stirred = asyncio.Event()

    # -- what the link's owner wants (on the loop) ---------------------------------------------------------------------

    async def live(self) -> None:
        """Until `leave`, or a refusal."""
        while not self._is_over:
            self._stirred.clear()
            now = self._now()
            self._exchange_clocks(now)
            self._knock_when_due(now)
            wait = min(self._exchange.deadline, self._next_knock(), self._tell_due()) - self._now()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), None if wait == float("inf") else max(wait, 0.0))
        self._doors.clear()
        if self._connection is not None:
            await self._connection.leave(self._policy.goodbye)

    def send(self, message: ClientMessage) -> None:
        if self._connection is not None:
            self._connection.send(message)

    def burst(self) -> None:
        if self._connection is not None:
            self._exchange = self._exchange.burst(self._now())
        else:
            self._rounds, self._lost_at, self._knock_due = 0, self._now(), self._now()
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

    def _knock_when_due(self, now: float) -> None:
        if self._connection is not None:
            return
        if now >= self._tell_due():
            self._tell_lost(silence(self._invite.where).words)
        if now >= self._knock_due:
            self._doors.knock()
            self._rounds += 1
            self._knock_due = now + self._spread(self._gap(now))

    def _gap(self, now: float) -> float:
        policy = self._policy
        if self._rounds < len(policy.first_gaps):
            return policy.first_gaps[self._rounds]
        return policy.gap if now - self._lost_at < policy.eager else policy.late_gap

    def _spread(self, gap: float) -> float:
        return gap * (1.0 + self._policy.spread * random.uniform(-1.0, 1.0))

    def _next_knock(self) -> float:
        return self._knock_due if self._connection is None else float("inf")

    def _tell_due(self) -> float:
        is_told = self._connection is not None or bool(self._lost_words)
        return float("inf") if is_told else self._lost_at + self._policy.patience

    # -- what happens --------------------------------------------------------------------------------------------------

    def _make_hello(self) -> Hello:
        return Hello(
            version=protocol.VERSION,
            room=self._invite.room,
            name=self._name[:MAX_NAME],
            key=self._invite.key,
            password=self._invite.password,
            token=self._token if self._welcome is None else self._welcome.token,
            client=f"matinee {__version__}"[:40],
        )

    def _enter(self, connection: Connection, welcome: Welcome) -> None:
        old, self._connection = self._connection, connection
        self._doors.clear()
        if old is not None:
            old.abort()
        self._welcome = welcome
        self._lost_words = self._closing_words = ""
        self._entered_at = self._now()
        self._exchange = self._exchange.connected(self._entered_at)
        self._report(Joined(welcome))
        connection.listen(self._receive, self._receive_sample, lambda: self._receive_end(connection))
        self._stirred.set()

    def _receive(self, message: ServerMessage) -> None:
        assert self._welcome is not None
        match message:
            case protocol.Item():
                self._welcome = msgspec.structs.replace(self._welcome, item=message)
            case protocol.TimelineStated():
                self._welcome = msgspec.structs.replace(self._welcome, timeline=message)
            case protocol.Roster():
                self._welcome = msgspec.structs.replace(self._welcome, roster=message)
            case protocol.Closing(words):
                self._closing_words = words
            case _:
                pass
        self._report(Received(message))

    def _receive_sample(self, reply: ClockReply, t3: float) -> None:
        t0, t1, t2 = (protocol.seconds(stamp) for stamp in (reply.t0_us, reply.t1_us, reply.t2_us))
        self._exchange = self._exchange.receive_answer(t0)
        if self._lost_words and not self._exchange.is_silent and self._welcome is not None:
            self._lost_words = ""  # the old connection was the first that answered
            self._doors.calm()
            self._report(Joined(self._welcome))
        self._report(Sampled(t0, t1, t2, t3, reply.epoch))
        self._stirred.set()

    def _receive_end(self, connection: Connection) -> None:
        if connection is not self._connection:
            return
        now = self._now()
        self._connection = None
        self._exchange = self._exchange.disconnected()
        if now - self._entered_at >= self._policy.settled:
            self._rounds = 0
        self._lost_at = now
        self._knock_due = now + self._spread(self._gap(now)) + random.uniform(0.0, self._policy.scatter)
        self._tell_lost(self._closing_words or "The connection to the room is lost; trying to come back.")
        self._stirred.set()

    def _receive_failure(self, failure: Failure) -> None:
        if self._connection is not None and failure.code is None:
            return  # a probe beside a connection that may still answer
        # Who has been inside comes back to a server that was restarted: its network and its room may only be late.
        is_late = self._welcome is not None and (failure.is_hopeless or failure.code == "room")
        if failure.is_final and not is_late and not self._is_over:
            self._report(LinkRefused(failure.code or "bad", failure.words))
            self._is_over = True
        elif not self._is_over:
            if failure.code is not None:
                self._knock_due = max(self._knock_due, self._now() + self._spread(self._policy.busy_gap))
            self._tell_lost(failure.words)
        self._stirred.set()

    def _tell_lost(self, words: str) -> None:
        if words != self._lost_words:
            self._lost_words = words
            self._report(LinkLost(words))
