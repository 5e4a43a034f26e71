"""Who may come in and who may guess: the server's own door, the rooms' passwords, and how often somebody may try.

A room's password is hashed at the desk (`passwords.py`), so it is looked at only where it decides something: whoever
has a token or a key of the room need not say it. A guess is counted before it is looked at, and given back if it was
none. How many rooms an address makes is limited, except for loopback, which may stand for everybody behind a proxy.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from server.core.admission import Door, check_hello, has_token, refusal
from server.core.allowance import Allowances
from server.core.attempts import Attempts, AttemptsPolicy
from server.core.protocol import Hello, Refusal
from server.core.room_keys import role_of_key
from server.core.room_state import Room
from server.core.timeline import RoomTime
from server.passwords import DeskBusy, PasswordDesk
from server.settings import ServerSettings, is_loopback

DESK_BUSY = "Too many passwords are being checked at the moment: wait a few seconds and try again."

MANY_ROOMS = "Too many rooms were made from your address: wait a minute, or join one that is there."


class Doorkeeper:
    """Owner: the loop's thread."""

    def __init__(self, settings: ServerSettings, clock: Callable[[], float]) -> None:
        limits = settings.limits
        self._door = Door(settings.key, settings.password, settings.maker_key, limits.rooms)
        self._clock = clock
        self._makers = Allowances(limits.rooms_burst, limits.rooms_rate, limits.guesses_remembered)
        self._desk = PasswordDesk(limits.passwords_waiting)
        self._attempts = Attempts(
            AttemptsPolicy(
                address_burst=limits.guesses_burst,
                address_rate=limits.guesses_rate,
                room_burst=limits.guesses_room_burst,
                room_rate=limits.guesses_room_rate,
                remembered=limits.guesses_remembered,
            )
        )

    def is_maker(self, hello: Hello, who: str) -> bool:
        """Whether it has the key of who runs the server. Whoever has guessed too often has not."""
        wanted = self._door.maker_key
        if not wanted or not self._attempts.may_try(who, "", self._clock()):
            return False
        return hmac.compare_digest(hello.key.encode(), wanted.encode())

    def check(self, hello: Hello, who: str, room: Room | None, rooms: int, room_time: RoomTime) -> Refusal | None:
        """What the server's door has against a hello from `who`; None: nothing. `rooms` is how many there are. Somebody
        who is back by token does not pay for what others guess at its address: nobody guesses 128 bits."""
        now = self._clock()
        is_back = room is not None and has_token(room, hello)
        if not (is_back or self._door.is_open) and not self._attempts.may_try(who, "", now):
            return refusal("busy")  # also for the right key, which it would tell
        turned_away = check_hello(hello, self._door, room, rooms, room_time)
        was_guess = turned_away is not None and turned_away.code in ("key", "password")
        if room is not None and is_back and hello.key and role_of_key(room, hello.key, room_time) is None:
            was_guess = bool(self._door.maker_key) and not self.is_maker(hello, who)
        if was_guess:
            self._attempts.count(who, "", now)
        if turned_away is None and room is None and not (is_loopback(who) or self._makers.take(who, now)):
            return refusal("busy", MANY_ROOMS)
        return turned_away

    async def has_password(self, hello: Hello, who: str, room: Room | None, room_time: RoomTime) -> bool | Refusal:
        """Whether it says the room's password; a refusal: that can't be found out now."""
        if room is None or not room.password or not hello.password:
            return False
        if has_token(room, hello) or role_of_key(room, hello.key, room_time) is not None:
            return False
        now = self._clock()
        if not self._attempts.may_try(who, room.name, now):
            return refusal("busy")
        self._attempts.count(who, room.name, now)
        try:
            fits = await self._desk.verify(room.password, hello.password)
        except DeskBusy:
            self._attempts.give_back(who, room.name)
            return refusal("busy", DESK_BUSY)
        if fits:
            self._attempts.give_back(who, room.name)
        return fits

    async def password_to_make(self, hello: Hello, who: str, room: Room | None) -> str | Refusal:
        """The hash of the password that the room gets which this hello makes; "" of none. The server's own is none."""
        if room is not None or self._door.password:
            return ""
        try:
            return await self.hash(hello.password, who)
        except DeskBusy:
            return refusal("busy", DESK_BUSY)

    async def hash(self, password: str, who: str) -> str:
        """What a room keeps of its new password; "" of none. Raises DeskBusy, also for who changes it too often: each
        costs as much as a guess."""
        if not password:
            return ""
        now = self._clock()
        if not self._attempts.may_try(who, "", now):
            raise DeskBusy
        self._attempts.count(who, "", now)
        return await self._desk.hash(password)

    def note(self, answer: Refusal | None, who: str) -> None:
        """What the room itself said: a key that it does not know was a guess, too."""
        if answer is not None and answer.code == "key":
            self._attempts.count(who, "", self._clock())

    def close(self) -> None:
        self._desk.close()
