"""Our own streams as packets: cut and stamped once, for all connections. Each connection counts from a number of its
own (`Numbering`) and encrypts, no more.

RTP time of the camera is its local time of capture, on a drawn zero. That of the microphone counts samples, as what
conceals loss at the other end needs it: it goes on by one packet's samples as long as the captures do, whatever their
jitter, and jumps by whole packets over a silence. The clock that goes with it is that of the last packet.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from player.core import vp8
from player.core.call_media import (
    OPUS,
    PICTURE_RATE,
    VOICE_RATE,
    VOICE_SAMPLES,
    VP8,
    EncodedPicture,
    EncodedVoice,
    Kind,
)
from player.core.rtp import unwrapped
from server.core.timeline import LocalTime

KEPT = 384  # packets of the camera for who missed one: 2 s of the largest picture, 6 s of a usual one
_GAP = 0.06  # s between captures, beyond which the microphone was silent
_MASK = 0xFFFFFFFF


class OutPacket(NamedTuple):
    """`number` counts up without end; a connection makes its sequence number of that."""

    number: int
    payload_type: int
    marker: bool
    timestamp: int
    payload: bytes


@dataclass(slots=True)
class Outgoing:
    """`zeros`: drawn, 32 bits, of the camera's and the microphone's RTP time."""

    zeros: tuple[int, int] = (0, 0)
    _pictures: deque[OutPacket] = field(default_factory=lambda: deque(maxlen=KEPT))
    _picture_number: int = 0
    _voice_number: int = 0
    _voice_timestamp: int | None = None
    _voice_captured: float = 0.0

    def picture(self, picture: EncodedPicture) -> list[OutPacket]:
        timestamp = self._picture_time(picture.captured)
        cut = vp8.payloads(picture.data)
        packets = []
        for at, payload in enumerate(cut, 1):
            packets.append(OutPacket(self._picture_number, VP8, at == len(cut), timestamp, payload))
            self._picture_number += 1
        self._pictures.extend(packets)
        return packets

    def voice(self, voice: EncodedVoice) -> OutPacket:
        """The first packet after a silence is marked (RFC 3551)."""
        gap = voice.captured - self._voice_captured
        is_first = self._voice_timestamp is None or not 0 < gap <= _GAP
        if self._voice_timestamp is None:
            self._voice_timestamp = self.zeros[1]
        else:
            # some packets lost between the microphone and here are a silence, too
            packets = max(1, round(gap * VOICE_RATE / VOICE_SAMPLES)) if is_first else 1
            self._voice_timestamp = (self._voice_timestamp + packets * VOICE_SAMPLES) & _MASK
        self._voice_captured = voice.captured
        packet = OutPacket(self._voice_number, OPUS, is_first, self._voice_timestamp, voice.data)
        self._voice_number += 1
        return packet

    def kept(self, number: int) -> OutPacket | None:
        """A packet of the camera that was sent a while ago."""
        if not self._pictures:
            return None
        at = number - self._pictures[0].number
        return self._pictures[at] if 0 <= at < len(self._pictures) else None

    def timestamp(self, kind: Kind, at: LocalTime) -> int | None:
        """The RTP time of a stream at an instant, for its clock; None: it has no clock yet."""
        if kind == "picture":
            return self._picture_time(at) if self._picture_number else None
        if self._voice_timestamp is None:
            return None
        return (self._voice_timestamp + round((at - self._voice_captured) * VOICE_RATE)) & _MASK

    def _picture_time(self, at: LocalTime) -> int:
        return (self.zeros[0] + round(at * PICTURE_RATE)) & _MASK


@dataclass(slots=True)
class Numbering:
    """How one connection counts one stream. `first`: drawn below 2^15, so that encryption, which counts the wraps of
    16 bits, begins far from one; `base`: the number that it belongs to, that of its first packet."""

    first: int
    base: int | None = None
    sent: int = 0
    octets: int = 0
    _last: int = 0

    def sequence(self, packet: OutPacket) -> int:
        """The sequence number of a packet that is sent now."""
        if self.base is None:
            self.base = packet.number
        self.sent += 1
        self.octets += len(packet.payload)
        self._last = self.first + packet.number - self.base
        return self._last & 0xFFFF

    def number(self, sequence: int) -> int | None:
        """The packet that was sent under a sequence number; None: none was."""
        if self.base is None:
            return None
        number = unwrapped(sequence, self._last) - self.first + self.base
        return number if self.base <= number <= self._last - self.first + self.base else None


@dataclass(slots=True)
class Allowance:
    """So many a second, and some at once: what the other end may make us do."""

    rate: float
    most: float
    _left: float | None = None
    _at: float = 0.0

    def take(self, now: LocalTime) -> bool:
        left = self.most if self._left is None else min(self.most, self._left + (now - self._at) * self.rate)
        self._at = now
        self._left = left - 1 if left >= 1 else left
        return left >= 1
