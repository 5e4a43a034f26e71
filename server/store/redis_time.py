"""The room time that all processes on one Redis share, as this one reads it (`common_clock.py` decides).

The exchange is TIME: Redis reads its clock once, between question and answer, so t1 and t2 are one stamp.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import Any

import msgspec

from server.core.common_clock import Agreement, Beat, CommonClock
from server.core.replica import Era
from server.core.timeline import LocalTime, RoomTime
from server.store.port import StoreError
from server.store.redis_scripts import AGREE, BEAT, BEATS, CLOCK, DUE, pairs
from server.store.redis_wire import RedisWire

logger = logging.getLogger(__name__)

BURST, BURST_GAP = 8, 0.02  # exchanges before anybody is let in, and s between them
BEAT_GAP = 2.0  # s
LOOKS = 20  # for another process that knows how time went on, before a new epoch begins; a beat apart


class RedisTime:
    """A `RoomClock`, known after `begin`. Owner: the loop's thread."""

    def __init__(self, author: str, read_clock: Callable[[], float]) -> None:
        self._author, self._read = author, read_clock
        self._clock = CommonClock(author)
        self._dead: tuple[str, ...] = ()  # processes whose beats are to be thrown away
        self.has_lost_store = False  # the last beat found another store than the one before, or an empty one

    @property
    def epoch(self) -> str:
        return self._clock.epoch

    @property
    def era(self) -> Era:
        agreement = self._clock.agreement
        assert agreement is not None
        return Era(agreement.epoch, agreement.before, RoomTime(agreement.ended))

    def now(self) -> RoomTime:
        return self._clock.at(self._read())

    def at(self, local_time: LocalTime) -> RoomTime:
        return self._clock.at(local_time)

    @property
    def dispersion(self) -> float:
        """Bound of the error against Redis' clock, s."""
        return self._clock.dispersion_at(self._read())

    async def begin(self, wire: RedisWire) -> None:
        """Learn the time and agree with the others about it. Raises StoreError."""
        for _ in range(BURST):
            await self._exchange(wire)
            await asyncio.sleep(BURST_GAP)
        looks = 0
        while not self._clock.is_known:
            known = await self._say(wire)
            now = self._read()
            if known is None:
                await self._propose(wire, None, self._clock.new_epoch(secrets.token_hex(8), None, now))
            elif self._clock.is_plausible(known, now):
                self._clock.receive_agreement(known, now)
            elif looks < 3 or (looks < LOOKS and self._clock.others_live(now)):  # somebody may be about to mend it
                looks += 1
                await asyncio.sleep(BEAT_GAP)
                await self._exchange(wire)
            else:
                logger.warning("Nobody knows how the rooms' time went on: a new epoch begins")
                await self._propose(wire, known, self._clock.new_epoch(secrets.token_hex(8), known, now))

    async def beat(self, wire: RedisWire) -> bool:
        """Exchange, say how we are, and hear from the others. Returns whether another epoch has begun: all rooms are to
        be moved to it. Raises StoreError."""
        await self._exchange(wire)
        known = await self._say(wire)
        now = self._read()
        was = self._clock.agreement
        assert was is not None
        self.has_lost_store = known is None or known.store != was.store
        if known is None:
            anew = self._clock.carried_on(now, secrets.token_hex(8))
            if await self._propose(wire, None, anew):
                self._clock.receive_agreement(anew, now)
            return False
        is_other = self._clock.receive_agreement(known, now)
        proposal = self._clock.decide(now)
        if proposal is not None:
            logger.warning("Redis' clock was set by %.3f s: the rooms' time does not follow", self._clock.error(now))
            await self._propose(wire, known, proposal)
        return is_other

    async def end(self, wire: RedisWire) -> None:
        """Say that this process ends. Raises StoreError."""
        await wire.ask("HDEL", BEATS, self._author)

    async def _exchange(self, wire: RedisWire) -> None:
        t0 = self._read()
        seconds, micros = await wire.ask("TIME")
        t3 = self._read()
        self._clock.receive_exchange(t0, int(seconds) + int(micros) / 1e6, t3)

    async def _say(self, wire: RedisWire) -> Agreement | None:
        """One beat; the agreement as it stands."""
        now = self._read()
        is_sure = self._clock.is_known and not self._clock.is_in_doubt
        lived = repr(float(self._clock.at(now))) if is_sure else ""
        beat = msgspec.json.encode(self._clock.beat(now))
        answer = await wire.ask("EVAL", BEAT, 2, CLOCK, BEATS, self._author, beat, lived, *self._dead)
        agreement, beats = _read(answer)
        self._dead = self._clock.receive_beats(beats, self._read())
        return agreement

    async def _propose(self, wire: RedisWire, known: Agreement | None, proposal: Agreement) -> bool:
        """Write an agreement unless somebody else has meanwhile: the next beat reads what came of it."""
        is_other = known is None or known.epoch != proposal.epoch
        fields = [text for name, value in msgspec.structs.asdict(proposal).items() for text in (name, _text(value))]
        expected = "" if known is None else str(known.generation)
        return bool(await wire.ask("EVAL", AGREE, 2, CLOCK, DUE, expected, str(int(is_other)), *fields))


def _text(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)


def _read(answer: list[list[bytes]]) -> tuple[Agreement | None, dict[str, Beat]]:
    """Raises StoreError."""
    try:
        record, beats = map(pairs, answer)
        agreement = msgspec.convert(record, Agreement, strict=False) if "epoch" in record else None
        return agreement, {name: msgspec.json.decode(text, type=Beat) for name, text in beats.items()}
    except (msgspec.ValidationError, msgspec.DecodeError, ValueError, UnicodeDecodeError):
        raise StoreError(
            "What stands under matinee: in this Redis is not from this version of the server; give it another database"
        ) from None
