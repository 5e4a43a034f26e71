"""Being alone: a room of one, its authority inside the app, on this machine's own clock.

The same room as on a server decides, so a film alone obeys the same rules as one in company; no server is started and
no packet is sent. Answers are there when `send` returns. What comes by itself (the end of the film, the roster) is
due at `deadline`; `take_events` looks after it, so whoever asks a few times a second, as the session's tick does,
misses nothing: an end is stated for the instant at which it was.
"""

from __future__ import annotations

import math
import secrets

from player.core.invite import Invite
from player.core.news import Joined, LinkEvent, Received, Sampled
from player.ports import Clock, Wake
from server.core import protocol
from server.core.protocol import ClientMessage, Hello, Welcome
from server.core.room import apply, new_room, next_deadline
from server.core.room_state import Due, Join, RoomCommand, RoomPolicy, Said, Send
from server.core.timeline import LocalTime, PeerId, RoomTime

ALONE = RoomPolicy(
    # A turn waits for nobody: 30 ms are two refreshes of the screen, so that the picture turns on time. The 100 ms of
    # sound that the device has taken already play on after a pause, and as much is passed over after the next play,
    # so what is heard goes on exactly where it ended.
    lead_least=0.03,
    lead_most=0.03,
    # Nobody else is kept waiting: a slow disk or network gets the time that it needs, as often as it needs it.
    hold=3600.0,
    first_hold=3600.0,
    excuse=0.0,
    stalls_within=0.0,
    unheard=math.inf,  # no link that could go
    silence=math.inf,
)
ME = PeerId("me")
SAMPLE_GAP = 4.0  # s, as on a real link: the clock's error bound grows without samples


class SoloLink:
    """Implements `RoomLink`, for the session's thread; only `close` may come from another one (it sets a flag)."""

    def __init__(self, clock: Clock, wake: Wake) -> None:
        self._clock = clock
        self._wake = wake
        self._events: list[LinkEvent] = []
        self._is_closed = False
        self._sampled_at = -math.inf
        self._room = new_room("alone", secrets.token_hex(8), ALONE)
        self._happen(Join(ME, "", Hello(version=protocol.VERSION, room="alone")), self._clock.now())
        self.burst()

    def connect(self, invite: Invite, name: str, token: str = "") -> None:
        """Nothing to connect to: being alone begins with the making."""

    def send(self, message: ClientMessage) -> None:
        if self._is_closed:
            return
        self._happen(Said(ME, message), self._clock.now())
        if self._events:
            self._wake()

    def burst(self) -> None:
        """The room's clock is this machine's: an exchange takes no time and has no error."""
        self._sampled_at = now = self._clock.now()
        self._events.append(Sampled(now, now, now, now, self._room.epoch))

    @property
    def deadline(self) -> LocalTime | None:
        """When something comes by itself, local s."""
        due = next_deadline(self._room)
        return None if due is None or due == math.inf else LocalTime(due)

    def poll(self, now: LocalTime) -> None:
        """Let what has come by itself happen, and keep the clock known."""
        due = self.deadline
        if due is not None and now >= due:
            self._happen(Due(), now)
        if now - self._sampled_at >= SAMPLE_GAP:
            self.burst()

    def take_events(self) -> list[LinkEvent]:
        if not self._is_closed:
            self.poll(self._clock.now())
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        self._is_closed = True

    def _happen(self, command: RoomCommand, now: LocalTime) -> None:
        transition = apply(self._room, command, RoomTime(now))
        self._room = transition.room
        for outcome in transition.outbox:
            if isinstance(outcome, Send):
                message = outcome.message
                self._events.append(Joined(message) if isinstance(message, Welcome) else Received(message))
