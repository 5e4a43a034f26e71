"""`matinee` with the call in its own process' place: on a thread of the player. What was measured once and rejected;
started by `tests.bench.call_inside`, never by the app."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import deque

import player.call.microphones
import player.call.process
from player.__main__ import main
from player.call.__main__ import assembled
from player.call.clock import CallClock
from player.call.crew import Crew
from player.call.memory import CallMemory
from player.core.call_pipe import CallNews, CallTold, DevicesFound, FromCall, ToCall
from player.core.resampling import Samples
from player.ports import Clock, TilePicture, Wake
from server.core.timeline import LocalTime


class InsideCall:
    """Implements `ports.Call`: the same crew, on a loop of its own in a thread of this process."""

    def __init__(self, clock: Clock, wake: Wake) -> None:
        self._wake = wake
        self._memory = CallMemory.make()
        self._lock = threading.Lock()
        self._news: deque[CallNews] = deque()
        self._loop = asyncio.new_event_loop()
        self._crew: Crew | None = None
        self._thread = threading.Thread(target=self._run, name="matinee-call", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._loop.run_until_complete(self._live())

    async def _live(self) -> None:
        self._ended = asyncio.Event()
        self._crew = assembled(CallClock(), self._memory, self)  # type: ignore[arg-type]
        await self._ended.wait()
        await self._crew.close()

    def say(self, piece: FromCall) -> None:
        with self._lock:
            if isinstance(piece, CallTold | DevicesFound):
                self._news = deque(each for each in self._news if type(each) is not type(piece))
            self._news.append(piece)
        self._wake()

    def tell(self, piece: ToCall) -> None:
        self._loop.call_soon_threadsafe(self._obey, piece)

    def _obey(self, piece: ToCall) -> None:
        assert self._crew is not None
        self._crew.obey(piece)

    def take_events(self) -> list[CallNews]:
        with self._lock:
            news = list(self._news)
            self._news.clear()
        return news

    def tile(self, peer: str, seen: int) -> TilePicture | None:
        return self._memory.tiles.tile(peer, seen)

    def mix(self, out: Samples, leaves_at: LocalTime) -> None:
        self._memory.sound.mix(out, leaves_at)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(3.0)


if __name__ == "__main__":
    # PortAudio lists devices anew only after it was ended, and then aborts the process whose player has a stream open
    player.call.microphones.look_again = lambda: None
    player.call.process.CallProcess = InsideCall  # type: ignore[assignment, misc]
    sys.exit(main())
