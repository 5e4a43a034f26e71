"""Seats that several tests start from, and what a room says to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from player.core import seat_rules
from player.core.copies import Fingerprinted, room_fingerprint
from player.core.happenings import Happening, Moment
from player.core.invite import Invite
from player.core.medium import Medium, Opened, Primed
from player.core.news import Joined, Received
from player.core.notices import Notices
from player.core.seat import Seat
from player.core.seat_actions import Action, FindFilm, Fingerprint, Send
from server.core import protocol
from server.core.timeline import LocalTime, RoomTime, State

INVITE = Invite(host="192.0.2.7", port=8998, room="Friday", tls=False, key="secret")
FILM = Medium(path="/films/nosferatu.mkv", title="nosferatu", duration=600.0, size=(640, 360), frame_duration=0.04)
OTHER_FILM = Medium(path="/films/metropolis.mkv", title="metropolis", duration=900.0, size=None, frame_duration=0.04)
LOAD_FILM = protocol.Load(title="nosferatu", duration_us=600_000_000)
LOAD_OTHER = protocol.Load(title="metropolis", duration_us=900_000_000)
SALT = "salt of the room"
CONTENT = b"what is in nosferatu"
MARK = room_fingerprint(CONTENT, SALT)
URL = "https://films.example/metropolis.mkv"
ME, ANA, BEN = "p1", "p2", "p3"


def moment(seconds: float = 0.0) -> Moment:
    """Room time is 900 s ahead of local time in all these tests."""
    return Moment(LocalTime(100.0 + seconds), RoomTime(1000.0 + seconds))


def entry(peer: str, name: str, **fields: Any) -> protocol.RosterEntry:
    return protocol.RosterEntry(**({"peer": peer, "name": name, "here": True, "ready": True} | fields))


ROSTER = (entry(ME, "Me"), entry(ANA, "Ana"))


def item(
    number: int = 1, title: str = "nosferatu", by: str = ANA, duration: float | None = 600.0, **fields: Any
) -> protocol.Item:
    duration_us = None if duration is None else protocol.micros(duration)
    return protocol.Item(id=f"i{number}", title=title, duration_us=duration_us, by=by, **fields)


def stated(
    revision: int, state: State, media_time: float = 0.0, *, at: float = 0.0, item: str = "i1", **fields: Any
) -> protocol.TimelineStated:
    """`at`: s after `moment()`; `until` likewise."""
    if "until" in fields:
        fields["until_us"] = protocol.micros(1000.0 + fields.pop("until"))
    return protocol.TimelineStated(
        revision=revision,
        item=item,
        state=state,
        media_us=protocol.micros(media_time),
        room_us=protocol.micros(1000.0 + at),
        **({"rate": 1.0} | fields),
    )


EMPTY = stated(0, "paused", item="")


def welcome(
    timeline: protocol.TimelineStated = EMPTY,
    item: protocol.Item | None = None,
    *,
    epoch: str = "e1",
    peer: str = ME,
    roster: tuple[protocol.RosterEntry, ...] = ROSTER,
    total: int | None = None,
    **fields: Any,
) -> Joined:
    return Joined(
        protocol.Welcome(
            peer=peer,
            name="Me",
            token="t",
            epoch=epoch,
            room_us=protocol.micros(1000.0),
            timeline=timeline,
            roster=protocol.Roster(members=roster, total=total),
            item=item,
            **fields,
        )
    )


def is_about_copies(action: Action) -> bool:
    """Whether it only serves to find and compare copies of the film (test_seat_copies.py)."""
    if isinstance(action, Send):
        return isinstance(action.message, protocol.Copy)
    return isinstance(action, Fingerprint | FindFilm)


@dataclass
class Table:
    """A seat and what has followed since the last look, for tests that tell a story."""

    seat: Seat
    actions: tuple[Action, ...] = ()

    def happens(self, *happenings: Happening, at: float = 0.0) -> Table:
        for happening in happenings:
            step = seat_rules.receive(self.seat, happening, moment(at))
            self.seat, self.actions = step.seat, (*self.actions, *step.actions)
        return self

    def hears(self, *messages: protocol.ServerMessage, at: float = 0.0) -> Table:
        return self.happens(*(Received(message) for message in messages), at=at)

    def took(self) -> tuple[Action, ...]:
        """The actions since the last look."""
        actions, self.actions = self.actions, ()
        return actions

    def did(self) -> tuple[Action, ...]:
        """Likewise, but for what only serves to find and compare copies."""
        return tuple(action for action in self.took() if not is_about_copies(action))

    def sent(self) -> list[protocol.ClientMessage]:
        """The messages among them but what is told of our copy; nothing else may have followed."""
        actions = self.did()
        assert all(isinstance(action, Send) for action in actions), actions
        return [action.message for action in actions if isinstance(action, Send)]

    def asked(self) -> list[protocol.Action]:
        """What the commands among them ask for."""
        return [message.action for message in self.sent() if isinstance(message, protocol.Command)]

    def words(self) -> list[str]:
        """The notices that stand; they are cleared."""
        words = [each.words for each in self.seat.notices.shown()]
        self.seat = replace(self.seat, notices=Notices())
        return words


def joined(seat: Seat | None = None, *, title: str = "") -> Table:
    """In a friend's room that has no film yet."""
    table = Table(seat or replace(Seat(name="Me"), invite=INVITE, link="connecting"))
    table.happens(welcome())
    table.took()
    return table


def watching(state: State = "playing", media_time: float = 60.0) -> Table:
    """In a friend's room, with our copy of its film; revision 5 is in force since `moment()`."""
    table = Table(replace(Seat(name="Me"), invite=INVITE, link="connecting"))
    table.happens(welcome(stated(5, state, media_time), item()), Opened(FILM), Primed(5))
    table.took()
    table.words()
    return table


def alone(state: State = "playing", media_time: float = 60.0) -> Table:
    """At home with a film, in the room of one."""
    table = Table(Seat(name="Me"))
    table.happens(Opened(FILM), welcome(epoch="solo", roster=(entry(ME, "Me"),)))
    table.hears(item(by=ME), stated(5, state, media_time))
    table.took()
    table.seat = replace(table.seat, pending=None)
    return table


def in_room(**fields: Any) -> Table:
    """In a friend's room with a salt, that has no film yet."""
    table = joined().happens(welcome(salt=SALT, **fields))
    table.took()
    return table


def with_copy(content: bytes | None = CONTENT) -> Table:
    """We watch the room's film, whose fingerprint all know."""
    table = watching().happens(welcome(stated(5, "playing", 60.0), item(fingerprint=MARK, size=700), salt=SALT))
    table.happens(Fingerprinted(FILM.path, content, None if content is None else 700))
    table.took()
    table.words()
    return table
