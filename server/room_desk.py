"""What plain HTTP may ask about rooms.

rooms           the rooms that want to be found, for players that look for one; not where a key is needed to come in
admin/rooms     all of them, for who runs the server: with the token that `matinee-server rooms` finds in the state
admin/close     folder, from this machine only. `close?room=NAME` ends one (POST)

To all others these pages are not there.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

import msgspec

from server.core.room_state import Close, Room
from server.core.room_summary import listed_rooms, summary_of
from server.core.timeline import RoomTime

CLOSED = "Whoever runs the server has closed the room."
ROOMS_MOST = 1000  # of one list

Answer = tuple[int, bytes]
"""An HTTP status and JSON."""


class RoomDesk:
    """`find` and `submit` are the store's. Owner: the loop's thread."""

    def __init__(
        self,
        rooms: Callable[[], Iterable[Room]],
        find: Callable[[str], Awaitable[Room | None]],
        submit: Callable[[str, Close, RoomTime], None],
        now: Callable[[], RoomTime],
        has_key: bool,
    ) -> None:
        self._rooms, self._find, self._submit, self._now = rooms, find, submit, now
        self._has_key = has_key
        self.token = secrets.token_urlsafe(32)

    def listed(self) -> Answer | None:
        """What players may know; None: nothing."""
        if self._has_key:
            return None
        return 200, msgspec.json.encode({"rooms": listed_rooms(self._rooms())[:ROOMS_MOST]})

    async def administer(self, scope: dict[str, Any], page: str) -> Answer | None:
        """What a request from this machine gets; None: it has no token, or there is no such page."""
        said = dict(scope["headers"]).get(b"authorization", b"")
        if not hmac.compare_digest(said, b"Bearer " + self.token.encode()):
            return None
        match scope["method"], page:
            case "GET", "rooms":
                now = self._now()
                return 200, msgspec.json.encode({"rooms": [summary_of(room, now) for room in self._rooms()]})
            case "POST", "close":
                (name,) = parse_qs(scope["query_string"].decode("latin-1")).get("room", [""])[:1]
                if await self._find(name) is None:
                    return 404, msgspec.json.encode({"rooms": []})
                self._submit(name, Close(CLOSED), self._now())
                return 200, msgspec.json.encode({"rooms": [name]})
            case _:
                return None
