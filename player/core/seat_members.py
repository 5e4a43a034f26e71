"""What a person wishes of the room beyond its film."""

from __future__ import annotations

from player.core.room_intents import RoomIntent
from player.core.seat import Moment, Seat, Step


def receive_room_wish(seat: Seat, intent: RoomIntent, moment: Moment) -> Step:
    return Step(seat)
