"""What the authority needs of whoever keeps its rooms.

The authority never touches a room. It *submits* what has happened; the store puts the commands of one room in an
order, applies them, keeps what they lead to, and only then calls `deliver` with what follows. A reply over the wire is
thus the store's word that nothing of it gets lost. Room time is where the rooms are: processes that share a store share
it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from server.core.room_state import Outcome, Room, RoomCommand
from server.core.timeline import LocalTime, RoomTime

Deliver = Callable[[str, tuple[Outcome, ...]], None]
"""Called on the loop's thread with a room's name and what follows, in the room's order, once the store stands by it.
`Dissolve` is the store's own business. Must not submit anything from within."""


Refit = Callable[[Room], Room]
"""A room that was kept or comes from elsewhere, as this server wants it (its key may be another one by now)."""


NoteCommit = Callable[[float], None]
"""Told how long a commit took, s. Whoever counts that sets a store's `note_commit`."""


class StoreError(Exception):
    """A store that can't be used. The words are for who runs the server."""


def no_note(_took: float) -> None:
    """Nobody counts."""


class RoomClock(Protocol):
    """Room time as this process has it."""

    @property
    def epoch(self) -> str:
        """An id of this room time; another one: all its readings begin anew."""

    def now(self) -> RoomTime: ...

    def at(self, local_time: LocalTime) -> RoomTime:
        """Room time at a reading of this process's clock."""


class RoomStore(Protocol):
    """Owner: the loop's thread; every method is called on it."""

    note_commit: NoteCommit

    @property
    def clock(self) -> RoomClock: ...

    @property
    def is_healthy(self) -> bool:
        """False: what is submitted can't be kept at the moment, so that nothing follows from it either."""

    @property
    def count(self) -> int:
        """How many rooms there are, as far as is known here."""

    async def open(self) -> None:
        """Before anything else. Raises StoreError."""

    async def adopt(self, room: Room, its_now: RoomTime) -> None:
        """Keep a room that comes from elsewhere, whose own clock reads `its_now`; `restore` makes it one of ours.
        Raises StoreError, also if this is no store for it."""

    async def close(self) -> None:
        """Keep what was submitted, deliver what follows, and let go. Nothing is submitted any more."""

    def submit(self, name: str, command: RoomCommand, now: RoomTime) -> None:
        """Something has happened to a room, or a `Join` makes one. Returns at once."""

    def view(self, name: str) -> Room | None:
        """A room as it is known here: perhaps a little old. None: it is not known."""

    async def find(self, name: str) -> Room | None:
        """The same for who has time to have it looked up. Raises StoreError."""

    def rooms(self) -> Iterable[Room]:
        """All that are known here."""


class LocalRoomClock:
    """Room time is this process's own clock. `epoch` is random unless the store knows that the time goes on."""

    def __init__(self, read: Callable[[], float] = time.perf_counter, epoch: str = "") -> None:
        self._read = read
        self.epoch = epoch or secrets.token_hex(8)

    def now(self) -> RoomTime:
        return RoomTime(self._read())

    def at(self, local_time: LocalTime) -> RoomTime:
        return RoomTime(local_time)
