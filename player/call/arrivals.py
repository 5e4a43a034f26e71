"""What arrives of the others: the half of `parts.Inbox` that takes media, and what is known of whom by it.

One `Arrivals` serves whichever carrier there is; a member whose connection is made anew keeps its tile. Voices go to
`player.call.voices`, pictures to `player.call.pictures`, each with a thread of its own; a picture waits for the voice
that was taken with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from player.call.parts import RoomClock
from player.call.pictures import PictureFigures, Pictures, TileOut
from player.call.voices import VoiceFigures, Voices, VoicesOut
from player.core.call_media import ArrivedPicture, Kind, MediaClock, VoicePacket
from player.core.call_pipe import Company, Hearing, PeerState

__all__ = ["Arrivals", "Arrived", "TileOut", "VoicesOut"]


@dataclass(frozen=True, slots=True)
class Arrived:
    """How one member is heard and seen; what nothing came of is at its default."""

    voice: VoiceFigures = VoiceFigures()  # noqa: RUF009 (a value)
    picture: PictureFigures = PictureFigures()  # noqa: RUF009


class Arrivals:
    """All from the loop; nothing waits but `close`."""

    def __init__(
        self,
        clock: RoomClock,
        voices: VoicesOut,
        tiles: TileOut,
        want_key: Callable[[str], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """`want_key` is called on the loop: the carrier's of the moment. Threads start here."""
        self._want_key = want_key
        self._loop = loop
        self._states: dict[str, PeerState] = {}
        self._cameras: dict[str, bool] = {}
        self._voices = Voices(clock, voices)
        self._pictures = Pictures(clock, tiles, self._ask_key, lambda: self._voices.places)
        self._is_closed = False
        self._voices.start()
        self._pictures.start()

    def _ask_key(self, peer: str) -> None:
        """From the thread of the pictures."""
        if not self._is_closed:
            self._loop.call_soon_threadsafe(self._want_key, peer)

    # -- of Inbox ------------------------------------------------------------------------------------------------------

    def take_voice(self, peer: str, packet: VoicePacket) -> None:
        self._voices.take(peer, packet)

    def take_picture(self, peer: str, picture: ArrivedPicture) -> None:
        if self._cameras.get(peer, True):  # the last ones on the way when a camera goes off would bring the tile back
            self._pictures.take(peer, picture)

    def take_clock(self, peer: str, kind: Kind, clock: MediaClock) -> None:
        if kind == "voice":
            self._voices.take(peer, clock)
        else:
            self._pictures.take(peer, clock)

    def take_state(self, peer: str, state: PeerState, is_relayed: bool, words: str) -> None:
        """A connection that begins has other RTP times than the one before; one that is gone leaves no picture."""
        before, self._states[peer] = self._states.get(peer), state
        if state == "connected":
            self._voices.forget(peer)
            self._pictures.forget(peer)
        elif state == "absent" and state != before:
            self._forget(peer)

    # -- of the crew ---------------------------------------------------------------------------------------------------

    def be_in(self, company: Company) -> None:
        """Who is in the call: nothing is kept of others, and no picture of whom has the camera off."""
        members = {member.peer: member for member in company.members} if company.joined else {}
        for peer in [peer for peer in {*self._states, *self._cameras} if peer not in members]:
            self._states.pop(peer, None)
            self._cameras.pop(peer, None)
            self._forget(peer)
        for peer, member in members.items():
            if not member.camera and self._cameras.get(peer, True):
                self._pictures.forget(peer, clears=True)
            self._cameras[peer] = member.camera

    def _forget(self, peer: str) -> None:
        self._voices.forget(peer)
        self._pictures.forget(peer, clears=True)

    def hear(self, hearing: Hearing) -> None:
        """Whom this person wants to hear and sees."""
        self._voices.silence(hearing.silenced)
        self._pictures.show(None if hearing.shown is None else dict(hearing.shown))

    def arrived(self) -> dict[str, Arrived]:
        """Of everybody something came of."""
        voices, pictures = self._voices.figures, self._pictures.figures()
        return {
            peer: Arrived(voices.get(peer, VoiceFigures()), pictures.get(peer, PictureFigures()))
            for peer in {*voices, *pictures}
        }

    def close(self) -> None:
        """Ends the threads."""
        self._is_closed = True
        self._voices.close()
        self._pictures.close()
