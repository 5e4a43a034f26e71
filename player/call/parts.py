"""What the parts of the process of the call ask of each other. One asyncio loop owns them all; threads hand over to it.

microphone, camera --> encoder --> Carrier (mesh or SFU) ~~~ network ~~~ Carrier --> Inbox --> voices, pictures
                                      ^ ways, signals                       | signals, states, key frames wanted
"""

from __future__ import annotations

from typing import Protocol

from player.core.call_media import ArrivedPicture, EncodedPicture, EncodedVoice, Kind, MediaClock, VoicePacket
from player.core.call_pipe import Company, PeerState
from server.core.protocol import Signal, Signalled, Ways
from server.core.timeline import LocalTime, RoomTime


class RoomClock(Protocol):
    """The player's room clock as the app told it last."""

    def now(self) -> LocalTime: ...

    def room(self, local: LocalTime) -> RoomTime: ...

    def local(self, room: RoomTime) -> LocalTime: ...


class Carrier(Protocol):
    """How media gets to the others in the call and from them. All from the loop."""

    def be_in(self, company: Company) -> None:
        """Who is in the call now; absolute, said again it does nothing. Nobody who is gone stays connected."""

    def receive(self, signal: Signalled) -> None: ...

    def use(self, ways: Ways) -> None:
        """The ways of now. Connections that stand are kept."""

    def begin_anew(self) -> None:
        """This machine's network changed: replace every connection."""

    def send_picture(self, picture: EncodedPicture) -> None:
        """To everybody who is connected; never waits, drops where it would have to."""

    def send_voice(self, voice: EncodedVoice) -> None: ...

    def want_key(self, peer: str) -> None:
        """A picture of this member is broken until its next key frame."""

    @property
    def bit_rate(self) -> int:
        """What the slowest connection takes for a picture, bit/s; a guess before anything is known."""

    @property
    def loss(self) -> float:
        """Of what we send, the worst connection's, 0..1."""

    async def close(self) -> None: ...


class Inbox(Protocol):
    """Where a carrier puts what comes. All from the loop; nothing waits."""

    def take_voice(self, peer: str, packet: VoicePacket) -> None: ...

    def take_picture(self, peer: str, picture: ArrivedPicture) -> None: ...

    def take_clock(self, peer: str, kind: Kind, clock: MediaClock) -> None: ...

    def take_state(self, peer: str, state: PeerState, is_relayed: bool, words: str) -> None:
        """A member's connection is something else than before. A new `connected` is a new stream: what was known of the
        old one's RTP time and sequence is void."""

    def key_wanted(self) -> None:
        """Somebody needs a key frame of ours."""

    def signal(self, signal: Signal) -> None:
        """For another member, by way of the authority."""

    def ways_wanted(self) -> None:
        """The ways are needed and not known, or have ended."""

    def say(self, words: str, about: str = "") -> None:
        """A sentence for people: a warning."""
