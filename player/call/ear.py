"""Who hears what a connection brings."""

from __future__ import annotations

from typing import Protocol

from player.core.call_media import ArrivedPicture, Kind, MediaClock, VoicePacket


class Ear(Protocol):
    """Who hears a connection; called in the loop, from inside its callbacks."""

    def take_voice(self, packet: VoicePacket) -> None: ...

    def take_picture(self, picture: ArrivedPicture) -> None: ...

    def take_clock(self, kind: Kind, clock: MediaClock) -> None: ...

    def key_wanted(self) -> None: ...

    def refuse(self, kind: Kind, what: str) -> None:
        """It sends `what`, which was not agreed and is dropped. Said again and again."""

    def end(self) -> None:
        """The other end has closed the connection, or the way is gone."""
