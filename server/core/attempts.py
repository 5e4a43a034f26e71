"""How often keys and passwords may be guessed: per address, and per room.

One address alone is held up by its own bucket. Many addresses that guess one room's password together are held up by
the room's, which is wider, since a guesser who empties it keeps friends who type the right one waiting as well (who has
an invite or a token need not ask here). Counted before the guess is looked at, so that a hundred guesses sent at once
are not a hundred free ones; who was right gets it back.

What is remembered is bounded (`Allowances`).
"""

from __future__ import annotations

from dataclasses import dataclass

from server.core.allowance import Allowances


@dataclass(frozen=True, slots=True)
class AttemptsPolicy:
    """Guesses at once and a second; `remembered`: so many addresses, and so many rooms."""

    address_burst: float = 10
    address_rate: float = 0.2
    room_burst: float = 50
    room_rate: float = 0.5
    remembered: int = 10_000


class Attempts:
    """Guesses that were made. `room` "" is a guess that concerns no room, such as at the server's own key."""

    def __init__(self, policy: AttemptsPolicy = AttemptsPolicy()) -> None:
        self._addresses = Allowances(policy.address_burst, policy.address_rate, policy.remembered)
        self._rooms = Allowances(policy.room_burst, policy.room_rate, policy.remembered)

    def __len__(self) -> int:
        """How many addresses and rooms are remembered."""
        return len(self._addresses) + len(self._rooms)

    def may_try(self, address: str, room: str, now: float) -> bool:
        """Whether this address may guess once more, and at this room."""
        return self._addresses.has(address, now) and (not room or self._rooms.has(room, now))

    def count(self, address: str, room: str, now: float) -> None:
        """One more guess; call it before finding out whether it is right."""
        self._addresses.take(address, now)
        if room:
            self._rooms.take(room, now)

    def give_back(self, address: str, room: str) -> None:
        """The guess that was counted was right, or was never looked at."""
        self._addresses.give_back(address)
        if room:
            self._rooms.give_back(room)
