"""Telemetry of players that do exactly what they are told: known differences, exact instants."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

FRAME = 1 / 30
START = 1000.0


@dataclass
class Player:
    """Writes the telemetry of a player that is `behind` s, on a clock with levers."""

    offset: float = 0.0
    ppm: float = 0.0
    behind: float = 0.0
    origin: float = START - 3.0
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.put("levers", self.origin, offset=self.offset, ppm=self.ppm, origin=self.origin)

    def mono(self, true: float) -> float:
        """What this player's clock reads at an instant of the machine's."""
        return self.origin + self.offset + (true - self.origin) * (1 + self.ppm * 1e-6)

    def put(self, event: str, true: float, **fields: object) -> None:
        self.lines.append(json.dumps({"event": event, "mono": self.mono(true), **fields}))

    def show(self, true: float, number: int) -> None:
        """Frame `number` painted at an instant."""
        self.put("frame", true, media_time=number * FRAME, target=0.0, dropped=0)

    def play(self, start: float, end: float, media: float = 0.0, rate: float = 1.0, *, sound: bool = True) -> None:
        """From `media` at `start` (plus how far this player is behind) until `end`, machine's clock."""
        first = round(media / FRAME)
        for number in range(first, first + int((end - start) * rate / FRAME) + 4):
            true = start + self.behind + (number * FRAME - media) / rate
            if true < end:
                self.show(true, number)
        count = int((end - start) * 10)
        for step in range(count if sound else 0):
            # ten a second, at instants of each player's own
            true = start + self.behind + step / 10 + 0.013 * (1 + self.ppm / 80)
            if true < end:
                heard = media + (true - start - self.behind) * rate
                self.put("audio", true, media_time=heard, asynchrony=0.0, ratio=1.0, underruns=0)
