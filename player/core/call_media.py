"""What moves inside the process of the call: encoded pictures and voices, ours and other people's, with their times.

Room time is the authority's clock, RTP time a stream's own (90 kHz for pictures, 48 kHz for voices), related by the
sender reports, which between Matinees carry room time where RFC 3550 has NTP's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from server.core.timeline import LocalTime, RoomTime

Kind = Literal["voice", "picture"]

VOICE_RATE = 48_000  # Hz
VOICE_SAMPLES = 960  # of one packet, 20 ms
PICTURE_RATE = 90_000  # Hz
OPUS, VP8, VP8_RESEND = 111, 96, 97  # payload types of version 3 of the wire: those that Janus offers


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """One frame of our camera, VP8. `captured` is when it was taken, local time."""

    data: bytes
    is_key: bool
    captured: LocalTime


@dataclass(frozen=True, slots=True)
class EncodedVoice:
    """20 ms of our microphone, Opus; `captured` is when its first sample was taken. `level` -127..0 dBov."""

    data: bytes
    captured: LocalTime
    level: int = -127


@dataclass(frozen=True, slots=True)
class VoicePacket:
    """A packet of somebody's voice as it came: any order, any loss, any repetition."""

    sequence: int  # 16 bits
    timestamp: int  # RTP time, 32 bits, 48 kHz
    payload: bytes
    arrived: LocalTime


@dataclass(frozen=True, slots=True)
class ArrivedPicture:
    """A complete frame of somebody's camera, VP8, in the order of sending. `follows`: the frame before it came, too."""

    data: bytes
    timestamp: int  # RTP time, 32 bits, 90 kHz
    is_key: bool
    follows: bool
    arrived: LocalTime  # of its last packet


@dataclass(frozen=True, slots=True)
class MediaClock:
    """From a sender report: the instant of room time at which a stream's RTP time was `timestamp`."""

    room: RoomTime
    timestamp: int  # 32 bits
