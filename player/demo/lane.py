"""One direction of one connection over a long path, as TCP makes it look: in order, each piece after its delay.

Pure. A cut path loses everything, what is under way included, and TCP sends it again when its timer fires: the wait
doubles each time (RFC 6298), so after a long cut an old connection stays silent for a while on a path that works. It is
modelled because it is the reason why a player probes with a second connection (DESIGN section 8).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

DATA_TIMER = 0.3  # s until the first repetition on a path of 160 ms there and back
HANDSHAKE_TIMER = 1.0  # s, of a SYN, whose path is not known yet


@dataclass(slots=True)
class _Piece:
    data: bytes
    sent: float
    due: float


@dataclass(slots=True)
class Lane:
    """Pieces under way. All instants are of one clock, s; `timer` is the sender's first wait for repetition."""

    timer: float = DATA_TIMER
    held: int = 0  # bytes under way
    _pieces: deque[_Piece] = field(default_factory=deque)
    _cut_at: float | None = None
    _last_due: float = 0.0

    def put(self, data: bytes, now: float, delay: float) -> None:
        """A piece is sent. It arrives after `delay` s, but never before the piece that was sent before it."""
        self._last_due = max(self._last_due, now + delay)
        self._pieces.append(_Piece(data, now, self._last_due))
        self.held += len(data)

    def due_at(self) -> float | None:
        """When the next piece arrives; None: none is under way, or the path is cut."""
        return self._pieces[0].due if self._pieces and self._cut_at is None else None

    def take(self, now: float) -> bytes | None:
        """The next piece if it has arrived."""
        due = self.due_at()
        if due is None or due > now:
            return None
        piece = self._pieces.popleft()
        self.held -= len(piece.data)
        return piece.data

    def cut(self, now: float) -> None:
        """From now on nothing arrives."""
        if self._cut_at is None:
            self._cut_at = now

    def restore(self, now: float, delay: float) -> None:
        """The path works again; what was lost comes when the sender's timer fires next, and then takes `delay` s."""
        if self._cut_at is None:
            return
        cut_at, self._cut_at = self._cut_at, None
        if not self._pieces:
            return
        again, wait = max(cut_at, self._pieces[0].sent) + self.timer, self.timer
        while again < now:
            wait *= 2
            again += wait
        for piece in self._pieces:
            piece.due = max(piece.due, again + delay)
        self._last_due = self._pieces[-1].due
