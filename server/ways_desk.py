"""Which ways media may take, for a member who asks: STUN, relays, and the SFU where its room's call meets there."""

from __future__ import annotations

import time
from collections.abc import Callable

from server.core.protocol import Ways
from server.core.room_state import RoomCommand
from server.core.stun import own_url
from server.core.timeline import RoomTime
from server.gate import Gate
from server.relay.janus import Sfu, with_meeting
from server.relay.turn import ways_of
from server.settings import ServerSettings
from server.store.port import RoomStore


class WaysDesk:
    """`submit` is the authority's way to its rooms. Owner of all fields: the loop's thread."""

    def __init__(
        self, settings: ServerSettings, store: RoomStore, submit: Callable[[str, RoomCommand, RoomTime], None]
    ) -> None:
        self._settings, self._store = settings, store
        self.has_stun = False  # whether STUN is answered beside this authority: whoever listens knows
        self.sfu: Sfu | None = None
        if settings.janus:
            self.sfu = Sfu(
                settings.janus,
                settings.janus_public or settings.janus,
                settings.janus_secret,
                store,
                submit,
                store.clock.now,
                lasts=bool(settings.redis or settings.state_dir),
            )

    def open(self) -> None:
        """When the store is open."""
        if self.sfu is not None:
            self.sfu.open()

    async def close(self) -> None:
        """Before the store is closed."""
        if self.sfu is not None:
            await self.sfu.close()

    def answer(self, gate: Gate) -> Ways | None:
        """Only to who is in the call: a relay's credentials are worth something. A controller, who was let in as well,
        asks to examine them (`matinee doctor`); a ticket to the meeting it does not get. None: no answer."""
        room = self._store.view(gate.room)
        member = None if room is None else room.member(gate.peer)
        if room is None or member is None or (member.call is None and member.kind != "controller"):
            return None
        settings = self._settings
        own = own_url(gate.came_by, 443 if settings.wants_tls else 80) if self.has_stun else ""
        ways = ways_of(settings.turn, settings.turn_secret, gate.peer, time.time(), own)
        if member.call is None or self.sfu is None:
            return ways
        return with_meeting(ways, self.sfu.public_url, settings.janus_secret, room, time.time())
