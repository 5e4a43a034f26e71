"""Rooms in this process's memory: they end with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from server.core.room import hear, next_deadline
from server.core.room_change import Change, MakeRoom, change_of
from server.core.room_restoring import restore
from server.core.room_state import Due, Room, RoomCommand
from server.core.timeline import RoomTime
from server.store.deadlines import Deadlines
from server.store.port import Deliver, NoteCommit, Refit, RoomClock, no_note


class Shelf:
    """One value per room, by name, and the timer that looks after them. `follow` hears of each change, in the order in
    which they were made. Owner: the loop's thread."""

    def __init__(self, clock: RoomClock, make: MakeRoom, follow: Callable[[Change], None]) -> None:
        self.rooms: dict[str, Room] = {}
        self._clock, self._make, self._follow = clock, make, follow
        self._deadlines = Deadlines(clock.now, self._look)

    def put(self, room: Room) -> None:
        """A room that was kept elsewhere."""
        self.rooms[room.name] = room
        self._deadlines.note(room.name, next_deadline(room), self._clock.now())

    def apply(self, name: str, command: RoomCommand, now: RoomTime) -> None:
        before = self.rooms.get(name)
        if before is not None and now < self._deadlines.earliest(name):
            heard = hear(before, command, now)
            if heard is not None:
                self.rooms[name] = heard
                self._deadlines.note(name, heard.roster_due, now)
                return
        change = change_of(name, before, command, now, self._make)
        if change.after is not None:
            self.rooms[name] = change.after
            self._deadlines.note(name, next_deadline(change.after), now)
        else:
            self.rooms.pop(name, None)
        self._follow(change)

    def close(self) -> None:
        self._deadlines.close()

    def _look(self, name: str, now: RoomTime) -> None:
        room = self.rooms.get(name)
        due = None if room is None else next_deadline(room)
        if due is not None and due <= now:
            self.apply(name, Due(), now)
        else:
            self._deadlines.note(name, due, now)


class MemoryStore:
    """A `RoomStore` that stands by everything at once. Owner: the loop's thread."""

    is_healthy = True

    def __init__(self, clock: RoomClock, make: MakeRoom, deliver: Deliver, refit: Refit = lambda room: room) -> None:
        self.clock, self._refit = clock, refit
        self.note_commit: NoteCommit = no_note  # there is none
        self._shelf = Shelf(clock, make, lambda change: deliver(change.name, change.outbox))

    @property
    def count(self) -> int:
        return len(self._shelf.rooms)

    async def open(self) -> None:
        pass

    async def adopt(self, room: Room, its_now: RoomTime) -> None:
        """Keep a room that comes from elsewhere, whose own clock reads `its_now`."""
        self._shelf.put(self._refit(restore(room, self.clock.epoch, self.clock.now(), its_now)))

    async def close(self) -> None:
        self._shelf.close()

    def submit(self, name: str, command: RoomCommand, now: RoomTime) -> None:
        self._shelf.apply(name, command, now)

    def view(self, name: str) -> Room | None:
        return self._shelf.rooms.get(name)

    async def find(self, name: str) -> Room | None:
        return self.view(name)

    def rooms(self) -> Iterable[Room]:
        return self._shelf.rooms.values()
