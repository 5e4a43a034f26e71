"""Rooms in memory and in a file: what a member is told is written first.

Changes are applied on the loop at once, in order. Whatever has to be written waits, with what follows from it, for the
writer: one thread, which commits all that has come meanwhile in one transaction (group commit) and so needs no more
of them the more there is to do. What follows is delivered when its commit is done. A change of nothing that is kept
(clock requests, reports, rosters) waits only for what its room has to say before; one from which nothing follows (who
is ready, who is lost) is written with the next.

If the file can't be written any more (the disk is full), people can do without their evening's record better than
without their film: they are told, everything goes on from memory, and the store tries again until it is written.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from server.core import protocol
from server.core.room_change import Change, MakeRoom
from server.core.room_codec import CodecError, has_changed, room_of
from server.core.room_restoring import restore
from server.core.room_state import Room, RoomCommand, RoomPolicy, Send
from server.core.timeline import RoomTime
from server.store.memory import Shelf
from server.store.port import Deliver, LocalRoomClock, NoteCommit, Refit, StoreError, no_note
from server.store.room_file import Kept, RoomFile, words_of
from server.store.state_dir import StateDir, boot_name

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

BEAT = 1.0  # s between notes that the server lives while something plays: so much of it a reboot repeats at most
BEAT_RESTING = 10.0  # s; when nothing plays

UNWRITTEN = "The server can't write down what happens here: everything goes on, but would be lost if it stopped."
WRITTEN = "The server writes down again what happens here."


class SqliteStore:
    """A `RoomStore` with a file. Owner of all fields: the loop's thread; the writer has one job at a time, of values
    that nobody changes."""

    def __init__(
        self,
        folder: str,
        make: MakeRoom,
        policy: RoomPolicy,
        deliver: Deliver,
        refit: Refit = lambda room: room,
        read_clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.note_commit: NoteCommit = no_note
        self._dir = StateDir(folder)
        self._file = RoomFile(self._dir.rooms_file)
        self._policy, self._deliver, self._refit, self._read_clock = policy, deliver, refit, read_clock
        self.clock = LocalRoomClock(read_clock)
        self._shelf = Shelf(self.clock, make, self._follow)
        self._writer = ThreadPoolExecutor(1, "rooms-writer")
        self._queue: list[Change] = []  # to be written and then delivered
        self._waiting: Counter[str] = Counter()  # changes of a room of which something follows that is not delivered
        self._is_failing = False
        self._unwritten: set[str] = set()  # rooms that could not be written, while it fails
        self._is_writing = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._timer: asyncio.TimerHandle | None = None
        self._noted_at = RoomTime(0.0)

    # -- RoomStore ---------------------------------------------------------------------------------------------------

    @property
    def is_healthy(self) -> bool:
        return not self._is_failing

    @property
    def count(self) -> int:
        return len(self._shelf.rooms)

    async def open(self) -> None:
        try:
            await self._dir.lock()
            await self._restore(await self._in_writer(self._file.open))
        except BaseException:
            await self._let_go()
            raise
        self._tick()

    async def adopt(self, room: Room, its_now: RoomTime) -> None:
        """Keep a room that comes from elsewhere, whose own clock reads `its_now`. Raises StoreError."""
        room = self._refit(restore(room, self.clock.epoch, self.clock.now(), its_now))
        self._shelf.put(room)
        try:
            await self._in_writer(self._file.write, [Change(room.name, None, room, ())], {})
        except sqlite3.Error as error:
            raise StoreError(words_of(error, self._dir.rooms_file)) from None

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        await self._idle.wait()
        self._shelf.close()
        rest = self._queue + self._rewritten(self._unwritten)
        try:
            await self._in_writer(self._file.write, rest, self._alive())
        except sqlite3.Error as error:
            logger.error("The last that happened in the rooms is lost. %s", words_of(error, self._dir.rooms_file))
        await self._let_go()

    def submit(self, name: str, command: RoomCommand, now: RoomTime) -> None:
        self._shelf.apply(name, command, now)

    def view(self, name: str) -> Room | None:
        return self._shelf.rooms.get(name)

    async def find(self, name: str) -> Room | None:
        return self.view(name)

    def rooms(self) -> Iterable[Room]:
        return self._shelf.rooms.values()

    # -- writing -----------------------------------------------------------------------------------------------------

    def _follow(self, change: Change) -> None:
        is_kept = has_changed(change.before, change.after)
        if self._is_failing:
            if is_kept:
                self._unwritten.add(change.name)
            self._deliver(change.name, change.outbox)
        elif not change.outbox:
            if is_kept:
                self._queue.append(change)
        elif is_kept or change.name in self._waiting:
            self._waiting[change.name] += 1
            self._queue.append(change)
            if not self._is_writing:
                self._write()
        else:
            self._deliver(change.name, change.outbox)

    def _write(self, notes: dict[str, str] | None = None) -> None:
        """Give the writer what there is to write; it has nothing else to do."""
        if self._is_failing:
            batch, self._unwritten = self._rewritten(self._unwritten), set()
        else:
            batch, self._queue = self._queue, []
        self._is_writing = True
        self._idle.clear()
        loop = asyncio.get_running_loop()
        began = self._read_clock()

        def end(job: Future[None]) -> None:  # in the writer's thread
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits any more
                loop.call_soon_threadsafe(self._end, job, batch, began)

        self._writer.submit(self._file.write, batch, notes or {}).add_done_callback(end)

    def _end(self, job: Future[None], batch: list[Change], began: float) -> None:
        """The writer is done with a batch, one way or the other: what follows from it can be delivered."""
        self._is_writing = False
        self.note_commit(self._read_clock() - began)
        error = job.exception()
        if error is not None:
            batch, self._queue = batch + self._queue, []
            self._unwritten.update(change.name for change in batch)
        self._waiting.subtract(change.name for change in batch if change.outbox)
        self._waiting += Counter()  # without those that wait no more
        for change in batch:
            if change.outbox:
                self._deliver_or_log(change)
        if error is not None:
            self._fail(error)
        elif self._is_failing and not self._unwritten:
            self._is_failing = False
            logger.warning("The rooms are written again")
            self._tell_all(WRITTEN)
        if self._waiting or (self._is_failing and error is None):
            self._write()
        else:
            self._idle.set()

    def _fail(self, error: BaseException) -> None:
        if self._is_failing:
            return
        self._is_failing = True
        if isinstance(error, sqlite3.Error):
            logger.error("What happens in the rooms can't be written. %s", words_of(error, self._dir.rooms_file))
        else:
            logger.error("What happens in the rooms can't be written", exc_info=error)
        self._tell_all(UNWRITTEN)

    def _tell_all(self, words: str) -> None:
        for room in self.rooms():
            self._deliver(room.name, (Send(room.everyone, protocol.Notice(words=words)),))

    def _deliver_or_log(self, change: Change) -> None:
        try:
            self._deliver(change.name, change.outbox)
        except Exception:  # one room must not keep the others from hearing
            logger.exception("What follows could not be delivered", extra={"room": change.name})

    def _rewritten(self, names: Iterable[str]) -> list[Change]:
        """Changes that write rooms as they are now, whatever is kept of them."""
        return [Change(name, None, self._shelf.rooms.get(name), ()) for name in names]

    # -- living on ---------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        """Note that the server lives, and try again what could not be written."""
        self._timer = asyncio.get_running_loop().call_later(BEAT, self._tick)
        is_due = self.clock.now() - self._noted_at >= BEAT_RESTING
        is_due = is_due or any(room.newest.state == "playing" for room in self.rooms())
        if not self._is_writing and (is_due or self._queue or self._is_failing):
            self._noted_at = self.clock.now()
            self._write(self._alive())

    def _alive(self) -> dict[str, str]:
        """What a next start has to know of this instant. (The calendar is no clock: it only tells how long it was.)"""
        return {"lived": repr(self.clock.now()), "calendar": repr(time.time())}

    async def _restore(self, kept: Kept) -> None:
        boot = boot_name() if self._read_clock is time.perf_counter else ""
        now = self.clock.now()
        lived_until = RoomTime(float(kept.notes.get("lived", now)))
        away = max(0.0, time.time() - float(kept.notes.get("calendar", time.time())))
        epoch = kept.notes.get("epoch", "")
        if epoch and boot and kept.notes.get("boot") == boot and lived_until <= now:
            self.clock.epoch = epoch
        changes = []
        for name, parts in kept.rooms.items():
            try:
                room = room_of(name, parts, self._policy, epoch)
            except CodecError as error:
                logger.error("The room %r can't be read (%s) and is set aside", name, error)
                await self._in_writer(self._file.set_aside, name)
                continue
            restored = self._refit(restore(room, self.clock.epoch, now, lived_until, away))
            changes.append(Change(name, room, restored, ()))
            self._shelf.put(restored)
        await self._in_writer(self._file.write, changes, {"epoch": self.clock.epoch, "boot": boot, **self._alive()})
        self._noted_at = now
        if changes:
            logger.info("%d rooms are back as they were", len(changes))

    async def _in_writer(self, do: Callable[..., Answer], *values: Any) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._writer, do, *values)

    async def _let_go(self) -> None:
        await self._in_writer(self._file.close)
        self._writer.shutdown()
        self._dir.unlock()
