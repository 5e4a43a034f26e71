"""What decodes a film in a simulation: nothing but how far it is. In place of the picture's and the sound's workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from player.media.picture_worker import Place
from player.media.sound_decoder import SoundPlace

FRAME = 1.0 / 24.0  # s


class Decoding:
    """Begins at a place that was sought, gets so far ahead of what is presented, and keeps a while of the past.

    Levers: `speed`, media s per s (0: the disk is gone); `seek_time`, s."""

    def __init__(
        self,
        now: Callable[[], float],
        length: float,
        *,
        ahead: float,
        past: float,
        presented: Callable[[], float] | None = None,
    ) -> None:
        self._now = now
        self._length = length
        self._ahead = ahead
        self._past = past
        self._speed = 6.0
        self.seek_time = 0.15
        self.generation = -1
        self.consumed = 0.0  # media time of what is presented, unless somebody else says it
        self._presented = presented or (lambda: self.consumed)
        self._place = self._until = 0.0
        self._at = self._begins_at = float("inf")

    @property
    def speed(self) -> float:
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self.reach()
        self._speed = speed

    def seek(self, generation: int, media_time: float) -> None:
        self.generation = generation
        self._place = self._until = self.consumed = media_time
        self._at = self._begins_at = self._now() + self.seek_time

    def reach(self) -> tuple[float, float, bool]:
        """(media time from which, until which it is decoded, whether that is the film's end)."""
        now = self._now()
        if now > self._at:
            most = min(self._presented() + self._ahead, self._length)
            self._until = max(self._until, min(most, self._until + self._speed * (now - self._at)))
            self._at = now
        return max(self._place, self._until - self._past), self._until, self._until >= self._length

    def has(self, begins: float, ends: float) -> bool:
        """Whether a part of the film is here, or is beyond its end."""
        first, after, has_ended = self.reach()
        return first - 1e-4 <= begins and (ends <= after or (has_ended and begins < after))


class SimulatedPicture:
    """In place of a PictureWorker and its Reel. Late frames cost a quarter: they are not converted."""

    def __init__(self, decoding: Decoding) -> None:
        self.decoding = decoding
        self.latency = 0.15
        self.has_failed = ""
        self.is_stalled = False
        self.broken = 0
        self.turns = 0

    def seek(self, place: Place) -> None:
        self.decoding.seek(place.generation, place.media_time)

    def is_waiting_for_data(self, now: float, patience: float) -> bool:
        return self.decoding.speed == 0.0

    def follow(self, *_: Any, **__: Any) -> None: ...

    def reach(self) -> tuple[float, float, bool]:
        return self.decoding.reach()

    def has_begun(self) -> bool:
        begins, until, has_ended = self.decoding.reach()
        return until > begins or has_ended

    def is_ready(self, media_time: float) -> bool:
        begins, until, has_ended = self.decoding.reach()
        return begins <= media_time + 2e-5 and (until > media_time or has_ended)


class SimulatedSoundDecoder:
    """In place of a SoundDecoder and its store."""

    has_failed = ""
    broken = 0
    is_putting = False  # waits for room in the store, then: it is never the reason for running dry

    def __init__(self, decoding: Decoding) -> None:
        self.decoding = decoding

    @property
    def generation(self) -> int:
        return self.decoding.generation

    def seek(self, place: SoundPlace) -> None:
        self.decoding.seek(place.generation, place.media_time)

    @property
    def reach(self) -> tuple[float, float, bool]:
        return self.decoding.reach()
