"""What a command makes of a room that is kept somewhere, or of no room: the step that every store takes.

A store holds the rooms, puts each one's commands in an order and takes this step for each. What follows is *delivered*
only when the store stands by it (`acknowledged`): the memory at once, the file when it is written, Redis when nobody
else was faster.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from server.core.admission import refusal
from server.core.room import apply
from server.core.room_state import Dissolve, Join, Outcome, Refuse, Room, RoomCommand
from server.core.timeline import RoomTime

MakeRoom = Callable[[str], Room]
"""A room of this name in which nobody is, with chance of its own."""


class Change(msgspec.Struct, frozen=True):
    """What a command made of a room. None: there is no room of that name, before or any more."""

    name: str
    before: Room | None
    after: Room | None
    outbox: tuple[Outcome, ...]


def change_of(name: str, before: Room | None, command: RoomCommand, now: RoomTime, make: MakeRoom) -> Change:
    """A member makes its room by joining it, if the door let it; nobody else's word makes one. (A room that went while
    somebody was at its door is not made anew past the maker's rule and without its password.) Who was refused leaves no
    room behind."""
    if before is None and not isinstance(command, Join):
        return Change(name, None, None, ())
    if before is None and isinstance(command, Join) and not command.may_make:
        return Change(name, None, None, (Refuse(refusal("room"), command.peer),))
    room = replace(make(name), made_at=now) if before is None else before
    transition = apply(room, command, now)
    is_gone = any(isinstance(each, Dissolve) for each in transition.outbox)
    was_refused = before is None and any(isinstance(each, Refuse) for each in transition.outbox)
    return Change(name, before, None if is_gone or was_refused else transition.room, transition.outbox)
