"""Alone: a room of one inside the app."""

from __future__ import annotations

import math
from typing import TypeVar

import pytest

from player.core.invite import Invite
from player.core.news import Joined, LinkEvent, Received, Sampled
from player.net.solo import SAMPLE_GAP, SoloLink
from server.core import protocol
from server.core.protocol import Accepted, Command, Item, Load, Pause, Play, Ready, ServerMessage, TimelineStated
from server.core.timeline import LocalTime

Message = TypeVar("Message", bound=ServerMessage)


class HandClock:
    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> LocalTime:
        return LocalTime(self.time)


class Alone:
    """A solo link with its clock, and what it has said."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.wakes = 0
        self.link = SoloLink(self.clock, self._wake)
        self.commands = 0
        self.stated: TimelineStated | None = None

    def events(self) -> list[LinkEvent]:
        events = self.link.take_events()
        for event in events:
            if isinstance(event, Received) and isinstance(event.message, TimelineStated):
                self.stated = event.message
        return events

    def command(self, action: protocol.Action) -> list[ServerMessage]:
        self.commands += 1
        revision = 0 if self.stated is None else self.stated.revision
        item = "" if self.stated is None else self.stated.item
        self.link.send(Command(id=f"c{self.commands}", revision=revision, item=item, action=action))
        return [event.message for event in self.events() if isinstance(event, Received)]

    def load(self, duration: float = 10.0) -> None:
        self.command(Load(title="film", duration_us=protocol.micros(duration)))

    def play(self) -> TimelineStated:
        self.command(Play())
        assert self.stated is not None
        self.link.send(Ready(revision=self.stated.revision))
        self.events()
        assert self.stated.state == "playing"
        return self.stated

    def _wake(self) -> None:
        self.wakes += 1


def only(kind: type[Message], messages: list[ServerMessage]) -> Message:
    (found,) = [message for message in messages if isinstance(message, kind)]
    return found


def test_it_begins_inside_with_a_known_clock() -> None:
    alone = Alone()
    joined, *rest = alone.events()
    assert isinstance(joined, Joined)
    assert protocol.seconds(joined.welcome.room_us) == alone.clock.time
    (sample,) = [event for event in rest if isinstance(event, Sampled)]
    assert (sample.t0, sample.t1, sample.t2, sample.t3) == (1000.0,) * 4
    assert sample.epoch == joined.welcome.epoch


def test_answers_are_there_when_send_returns() -> None:
    alone = Alone()
    alone.events()
    said = alone.command(Load(title="film", duration_us=1))
    assert only(Item, said).title == "film"
    assert only(Accepted, said).id == "c1"
    assert alone.wakes == 1


def test_play_and_pause_take_effect_after_two_refreshes() -> None:
    alone = Alone()
    alone.load()
    played = alone.play()
    assert protocol.seconds(played.room_us) == alone.clock.time + 0.03
    alone.clock.time += 5.0
    paused = only(TimelineStated, alone.command(Pause()))
    assert protocol.seconds(paused.room_us) == alone.clock.time + 0.03
    assert protocol.seconds(paused.media_us) == 5.0


def test_the_film_ends_when_it_ends() -> None:
    alone = Alone()
    alone.load(10.0)
    alone.play()
    alone.clock.time += 1.0
    alone.events()  # the roster
    assert alone.link.deadline == pytest.approx(1010.03)
    alone.clock.time += 9.2
    alone.events()
    assert alone.stated is not None
    assert (alone.stated.state, alone.stated.why, alone.stated.media_us) == ("paused", "end", 10_000_000)
    assert alone.link.deadline is None


def test_it_waits_for_a_slow_disk_as_long_as_that_takes() -> None:
    alone = Alone()
    alone.load()
    alone.command(Play())
    assert alone.stated is not None
    alone.link.send(Ready(revision=alone.stated.revision))
    for _ in range(20):
        alone.events()
        alone.link.send(protocol.Stall(revision=alone.stated.revision))
        alone.events()
        assert alone.stated.state == "holding"
        alone.clock.time += 600.0
        alone.events()
        assert alone.stated.state == "holding"
        alone.link.send(Ready(revision=alone.stated.revision))


def test_the_clock_stays_known_and_a_sleep_is_no_matter() -> None:
    alone = Alone()
    alone.events()
    alone.clock.time += SAMPLE_GAP
    assert [type(event) for event in alone.events()] == [Sampled]
    assert alone.events() == []
    alone.link.burst()
    assert [type(event) for event in alone.events()] == [Sampled]


def test_nobody_is_lost_and_nothing_happens_after_the_end() -> None:
    alone = Alone()
    alone.link.connect(Invite("h", 1, "r"), "Ana")
    alone.events()
    alone.clock.time += 1e6
    assert all(isinstance(event, Sampled) for event in alone.events())
    alone.link.close()
    alone.link.send(Ready(revision=0))
    alone.clock.time += 1e6
    assert alone.link.take_events() == []
    assert alone.link.deadline is None or alone.link.deadline < math.inf
