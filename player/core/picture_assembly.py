"""Somebody's camera, from packets as they come to complete pictures in the order of sending.

Theory of operation. A picture goes out with its last packet, which is marked: waiting for the next one to begin, as
jitter buffers of WebRTC libraries do, would cost a frame (68 ms at 15 fps, 2 ms by the mark). What is missing is asked
for after a moment in which it may only have been overtaken, and again some times; when that has taken too long, or a
complete key frame is there behind the gap, the pictures in between are given up. The next one then says that it does
not follow, and until a key frame comes one is wanted.

Memory is bounded in packets and bytes. Numbers are unwrapped, so that they compare.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from player.core import vp8
from player.core.call_media import ArrivedPicture
from player.core.rtp import unwrapped
from server.core.timeline import LocalTime


@dataclass(frozen=True, slots=True)
class AssemblyPolicy:
    """Times in s."""

    overtaken: float = 0.01  # paths reorder by less; asking for what is on its way costs it twice
    ask_gap: float = 0.06  # between two askings, with a round trip of nothing
    ask_most: int = 4
    patience: float = 0.4  # for a missing packet: older pictures are worth less than newer ones
    packets_most: int = 512
    bytes_most: int = 1 << 20
    lost_most: int = 128  # asked for at once: more is no loss but another stream
    width_most: int = 1280
    height_most: int = 720


class _Held(NamedTuple):
    begins: bool
    marker: bool
    timestamp: int
    body: bytes
    arrived: LocalTime


@dataclass(slots=True)
class _Missing:
    since: float
    asked: int = 0
    asked_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the other end is to be told, and what came free meanwhile. `look_at`: when to ask again."""

    lost: tuple[int, ...] = ()  # sequence numbers
    pictures: tuple[ArrivedPicture, ...] = ()
    look_at: float | None = None


@dataclass(slots=True)
class Assembly:
    """One stream. `wants_key`: what comes can't be shown. `refused`: a size that this player does not take."""

    policy: AssemblyPolicy = field(default_factory=AssemblyPolicy)
    wants_key: bool = False
    refused: tuple[int, int] | None = None
    round_trip: float = 0.0  # s, as far as it is known
    _next: int | None = None  # the packet that the next picture begins with; None: not begun
    _top: int = 0
    _held: dict[int, _Held] = field(default_factory=dict)
    _bytes: int = 0
    _missing: dict[int, _Missing] = field(default_factory=dict)
    _is_shown: bool = False  # a key frame went out and nothing was refused since
    _follows: bool = False  # the last picture went out

    def add(self, sequence: int, timestamp: int, marker: bool, payload: bytes, now: LocalTime) -> list[ArrivedPicture]:
        """The pictures that this packet completes: mostly none or one."""
        piece = vp8.read_payload(payload)
        if piece is None:
            return []
        number = unwrapped(sequence, self._top)
        if self._next is not None and abs(number - self._next) > self.policy.packets_most:
            self._begin_anew()  # another stream, or the same after a long silence
        if self._next is None:
            if not piece.begins:
                self.wants_key = True
                return []
            self._next, self._top = number, number - 1
        if number < self._next or number in self._held:
            return []
        self._held[number] = _Held(piece.begins, marker, timestamp, piece.body, now)
        self._bytes += len(piece.body)
        if self._bytes > self.policy.bytes_most:
            self._begin_anew()
            return []
        self._missing.pop(number, None)
        for lost in range(self._top + 1, number):
            self._missing[lost] = _Missing(now)
        self._top = max(self._top, number)
        return list(self._complete())

    @property
    def is_missing(self) -> bool:
        return bool(self._missing)

    def look(self, now: LocalTime) -> Wanted:
        """What is to be asked for at `now`; gives up what has been missing for too long."""
        pictures: list[ArrivedPicture] = []
        while self._missing and (self._head_age(now) >= self.policy.patience or self._key_after_gap() is not None):
            self._give_up()
            pictures.extend(self._complete())
        if len(self._missing) > self.policy.lost_most:
            self._begin_anew()
        asked, look_at = [], None
        gap = self.policy.ask_gap + self.round_trip
        for number, missing in self._missing.items():
            due = missing.asked_at + gap if missing.asked else missing.since + self.policy.overtaken
            if now >= due and missing.asked < self.policy.ask_most:
                missing.asked += 1
                missing.asked_at = now
                due = now + gap
                asked.append(number & 0xFFFF)
            due = due if missing.asked < self.policy.ask_most else missing.since + self.policy.patience
            look_at = due if look_at is None else min(look_at, due)
        return Wanted(tuple(asked), tuple(pictures), look_at)

    def _head_age(self, now: LocalTime) -> float:
        return now - self._missing[min(self._missing)].since

    def _begin_anew(self) -> None:
        self._next = None
        self._held.clear()
        self._missing.clear()
        self._bytes = 0
        self._break()

    def _break(self) -> None:
        self._follows = False
        self.wants_key = self.refused is None

    def _key_after_gap(self) -> int | None:
        """Where a complete key frame begins behind the first missing packet."""
        first = min(self._missing)
        for number, held in self._held.items():
            if number > first and held.begins and vp8.is_key(held.body) and self._end_of(number) is not None:
                return number
        return None

    def _give_up(self) -> None:
        """Go on behind the first missing packet: at a complete key frame, or where the next picture begins."""
        first = min(self._missing)
        begins = self._key_after_gap()
        if begins is None:
            begins = min((each for each, held in self._held.items() if each > first and held.begins), default=first + 1)
        self._skip_to(begins)
        self._break()

    def _skip_to(self, number: int) -> None:
        assert self._next is not None
        for each in [each for each in self._held if each < number]:
            self._drop(each)
        for each in [each for each in self._missing if each < number]:
            del self._missing[each]
        self._next = number

    def _drop(self, number: int) -> _Held:
        held = self._held.pop(number)
        self._bytes -= len(held.body)
        return held

    def _end_of(self, begins: int) -> int | None:
        """The last packet of the picture that begins there; None: it is not complete, or two of them are mixed."""
        timestamp, at = self._held[begins].timestamp, begins
        while (held := self._held.get(at)) is not None and held.timestamp == timestamp:
            if held.marker:
                return at
            at += 1
        return None

    def _complete(self) -> Iterator[ArrivedPicture]:
        assert self._next is not None
        while (first := self._held.get(self._next)) is not None:
            ends = self._end_of(self._next) if first.begins else None
            if ends is None:
                if first.begins and not self._is_cut(self._next):
                    return  # more of it is to come
                self._drop(self._next)  # the middle of a picture that was given up, or one without an end
                self._next += 1
                self._break()
                continue
            parts = [self._drop(number) for number in range(self._next, ends + 1)]
            self._next = ends + 1
            picture = self._judge(b"".join(part.body for part in parts), parts)
            if picture is not None:
                yield picture

    def _is_cut(self, begins: int) -> bool:
        """Whether another picture follows although this one had no end."""
        at, timestamp = begins, self._held[begins].timestamp
        while (held := self._held.get(at)) is not None:
            if held.timestamp != timestamp:
                return True
            at += 1
        return False

    def _judge(self, data: bytes, parts: list[_Held]) -> ArrivedPicture | None:
        """The picture, unless it can't be shown or must not."""
        is_key = vp8.is_key(data)
        if is_key:
            size = vp8.key_size(data)
            if size is None or 0 in size:
                self._is_shown = False
                self._break()
                return None
            if size[0] > self.policy.width_most or size[1] > self.policy.height_most:
                self.refused, self._is_shown, self.wants_key = size, False, False
                return None
            self.refused, self._is_shown, self.wants_key = None, True, False
        elif not self._is_shown:
            self.wants_key = self.refused is None
            return None
        follows, self._follows = self._follows, True
        last = max(part.arrived for part in parts)
        return ArrivedPicture(data, parts[0].timestamp, is_key, follows, last)
