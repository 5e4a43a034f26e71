"""One connection with another end: both ends' voice and camera over one encrypted way.

aiortc does the handshake (DTLS) and gives the keys (SRTP); RTP and RTCP are ours (`player/core/rtp.py` and its
neighbours), since its senders encode for each peer, and its receivers decode by buffers that can't be tuned. What the
other end may send is fixed: two streams and the camera's retransmissions, by the sources that it told, of the payload
types of this version. All else is dropped, most of it before it is decrypted.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pylibsrtp
from aiortc import RTCCertificate, RTCDtlsTransport
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters

from player.call.certificate import HASH, print_of
from player.call.ear import Ear
from player.call.ice import IcePath, Route
from player.call.parts import RoomClock
from player.core import rtp
from player.core.call_media import (
    OPUS,
    PICTURE_RATE,
    VOICE_RATE,
    VP8,
    VP8_RESEND,
    ArrivedPicture,
    Kind,
    MediaClock,
    VoicePacket,
)
from player.core.outgoing import Allowance, Numbering, Outgoing, OutPacket
from player.core.picture_assembly import Assembly
from player.core.reception import Losses, PictureDelays, RateGuess, Reception
from server.core.protocol import Ends
from server.core.timeline import LocalTime, RoomTime

__all__ = ["Connection", "Ear", "Sources", "StrangerError"]

_log = logging.getLogger(__name__)

DATAGRAM_MOST = 1500  # bytes; libsrtp's buffer
VOICE_MOST = 1275  # bytes of an Opus packet (RFC 6716)
CONTROL_SOURCES_MOST = 16  # libsrtp keeps a stream for each
_LAG = 0.3  # s at least between two requests for a key frame


class StrangerError(Exception):
    """The other end is not who it should be. The words are for a person."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The SSRCs of an end."""

    audio: int
    video: int
    resend: int | None

    @classmethod
    def drawn(cls) -> Sources:
        audio, video, resend = (base + 1 + secrets.randbelow(1 << 29) for base in (0, 1 << 30, 1 << 31))
        return cls(audio, video, resend)


@dataclass(slots=True)
class _Control:
    """Times of the requests that are limited."""

    key_asked: float = -1e9
    looks_at: asyncio.TimerHandle | None = None
    sources: set[int] = field(default_factory=set)


class Connection:
    """Made, then `gather`, then `connect` with the other end's word; `report` each second; `close` always."""

    def __init__(
        self,
        ear: Ear,
        clock: RoomClock,
        outgoing: Outgoing,
        sources: Sources,
        certificate: RTCCertificate,
        route: Route,
        *,
        offers: bool,
    ) -> None:
        self._ear, self._clock, self._outgoing, self._ours = ear, clock, outgoing, sources
        self._certificate = certificate
        self._path = IcePath(route, offers=offers)
        transport: Any = RTCDtlsTransport
        self._dtls: Any = transport(self._path, [certificate])
        self._dtls._set_role("server" if offers else "client")
        self._dtls.on("statechange", self._dtls_changed)
        self._theirs = Sources(0, 0, None)
        self._is_open = False
        self._control = _Control()
        self._voices, self._pictures, self._resends = (Numbering(secrets.randbelow(1 << 15)) for _ in range(3))
        self._resent = 0
        self._may_resend = Allowance(rate=150.0, most=100.0)
        self._assembly = Assembly()
        self._delays = PictureDelays(PICTURE_RATE)
        self._guess = RateGuess()
        self._losses = Losses()
        self._came = 0  # bytes of pictures since the last report
        self._reported_at: float | None = None
        self._protect: Callable[[bytes], bytes] | None = None
        self._protect_rtcp: Callable[[bytes], bytes] | None = None
        self._unprotect: Callable[[bytes], bytes] | None = None
        self._unprotect_rtcp: Callable[[bytes], bytes] | None = None
        self.limit: int | None = None  # bit/s that the other end says it can take
        self.heard_at: LocalTime = clock.now()  # anything that was really from the other end

    # -- set-up

    async def gather(self) -> Ends:
        """Our end, for the other one."""
        candidates = await self._path.gather()
        return Ends(
            ice_user=self._path.user,
            ice_password=self._path.password,
            fingerprint=print_of(self._certificate),
            audio=self._ours.audio,
            video=self._ours.video,
            resend=self._ours.resend,
            candidates=candidates,
        )

    async def connect(self, theirs: Ends) -> None:
        """Until media may flow. Raises ConnectionError where there is no way, StrangerError where there is, but
        to somebody else."""
        self._theirs = Sources(theirs.audio, theirs.video, theirs.resend)
        self._voice_in = Reception(theirs.audio, VOICE_RATE)
        self._picture_in = Reception(theirs.video, PICTURE_RATE)
        await self._path.connect(theirs.ice_user, theirs.ice_password, theirs.candidates)
        fingerprint = RTCDtlsFingerprint(algorithm=HASH, value=theirs.fingerprint)
        await self._dtls.start(RTCDtlsParameters(fingerprints=[fingerprint]))
        if self._dtls.state != "connected":
            if self._dtls.encrypted:  # it was agreed on keys, but with whom?
                raise StrangerError(
                    "The connection was refused: at the other end is not the player that the room knows."
                )
            raise ConnectionError("the handshake failed")
        tx, rx = self._dtls._tx_srtp, self._dtls._rx_srtp
        self._protect, self._protect_rtcp = tx.protect, tx.protect_rtcp
        self._unprotect, self._unprotect_rtcp = rx.unprotect, rx.unprotect_rtcp
        self.heard_at = self._clock.now()

    def open(self) -> None:
        """From now on what comes is handed on."""
        self._is_open = True
        self._path.take_media = self._take
        self.report()

    def stop(self) -> None:
        """Nothing comes of it and nothing goes any more; `close` still has to be called."""
        self._is_open = False
        self._path.stop()
        if self._control.looks_at is not None:
            self._control.looks_at.cancel()

    async def close(self) -> None:
        """Say goodbye and let go of the sockets. A relay that is gone may keep this waiting for half a minute."""
        self.stop()
        self._dtls.remove_all_listeners()
        await self._dtls.stop()
        await self._path.close()

    @property
    def is_relayed(self) -> bool:
        return self._path.is_relayed

    @property
    def loss(self) -> float:
        """Of what we send, as the other end tells it, 0..1."""
        return self._losses.loss

    @property
    def round_trip(self) -> float:
        """To the other end and back, s, as its last report says; 0: not known yet."""
        return self._assembly.round_trip

    # -- sending

    def send_picture(self, packets: Sequence[OutPacket]) -> None:
        for packet in packets:
            self._send(packet, self._pictures, self._ours.video)

    def send_voice(self, packet: OutPacket) -> None:
        self._send(packet, self._voices, self._ours.audio)

    def want_key(self) -> None:
        """What came can't be shown until a key frame does."""
        self._assembly.wants_key = self._assembly.refused is None
        self._ask_for_key(self._clock.now())

    def _send(self, packet: OutPacket, numbering: Numbering, source: int) -> None:
        if self._protect is None or not self._is_open:
            return
        is_first = numbering.base is None
        sequence = numbering.sequence(packet)
        written = rtp.write_rtp(
            rtp.RtpPacket(packet.payload_type, packet.marker, sequence, packet.timestamp, source, packet.payload)
        )
        try:
            self._path.send(self._protect(written))
        except pylibsrtp.Error as error:  # this connection's matter, and not that of who sends to all
            _log.debug("a packet was not sent: %s", error)
        if is_first:
            self.report()  # its clock, before the first picture is due

    def _send_control(self, reports: Sequence[rtp.Report]) -> None:
        if self._protect_rtcp is not None and self._is_open:
            self._path.send(self._protect_rtcp(rtp.write_rtcp(reports)))

    def report(self) -> None:
        """What is to be said each second: our clocks, what came of theirs, what we can take. Also a sign of life. Each
        stream's is said by itself: Janus takes a datagram to be about the stream of its first source."""
        now = self._clock.now()
        voice, picture = self._voice_in.block(now), self._picture_in.block(now)
        seconds = 1.0 if self._reported_at is None else now - self._reported_at
        if seconds >= 0.5:  # else it was a report between
            lost = 0.0 if picture is None else picture.lost
            self._guess = self._guess.receive_second(8 * self._came / seconds, lost, self._delays.take())
            self._came, self._reported_at = 0, now
        self._send_control((self._status("voice", self._voices, self._ours.audio, voice, now),))
        if picture is not None or self._pictures.sent:
            said = self._status("picture", self._pictures, self._ours.video, picture, now)
            limit = rtp.RateLimit(self._ours.video, self._guess.bit_rate, (self._theirs.video,))
            self._send_control((said,) if picture is None else (said, limit))

    def _status(
        self, kind: Kind, numbering: Numbering, source: int, block: rtp.Block | None, now: LocalTime
    ) -> rtp.Report:
        """Of one stream both ways."""
        blocks = () if block is None else (block,)
        stamp = self._outgoing.timestamp(kind, now) if numbering.sent else None
        if stamp is None:
            return rtp.ReceiverReport(source, blocks)
        return rtp.SenderReport(
            source, rtp.ntp_of(self._clock.room(now)), stamp, numbering.sent, numbering.octets, blocks
        )

    # -- receiving

    def _take(self, data: bytes) -> None:
        """A datagram that may be SRTP or SRTCP, of whoever knows the address."""
        if len(data) > DATAGRAM_MOST:
            return
        try:
            if rtp.is_rtcp(data):
                self._take_control(data)
                return
            source = rtp.source_of(data)
            theirs = self._theirs
            if source not in (theirs.audio, theirs.video, theirs.resend) or self._unprotect is None:
                return
            packet = rtp.read_rtp(self._unprotect(data))
        except pylibsrtp.Error:
            return
        self.heard_at = now = self._clock.now()
        if packet is not None:
            self._take_packet(packet, now)

    def _take_packet(self, packet: rtp.RtpPacket, now: LocalTime) -> None:
        source, kind, sequence, payload = packet.source, packet.payload_type, packet.sequence, packet.payload
        if kind == OPUS and source == self._theirs.audio:
            if 0 < len(payload) <= VOICE_MOST:
                self._voice_in.add(sequence, packet.timestamp, now)
                self._ear.take_voice(VoicePacket(sequence, packet.timestamp, payload, now))
            return
        if kind == VP8 and source == self._theirs.video:
            self._picture_in.add(sequence, packet.timestamp, now)
        elif kind == VP8_RESEND and source == self._theirs.resend and (was := rtp.resent(packet)) is not None:
            sequence, payload = was
        else:
            if kind not in (OPUS, VP8, VP8_RESEND):
                self._ear.refuse(
                    "voice" if source == self._theirs.audio else "picture", "another format than was agreed"
                )
            return
        self._came += len(payload)
        self._hand_on(self._assembly.add(sequence, packet.timestamp, packet.marker, payload, now))
        if self._assembly.is_missing and self._control.looks_at is None:
            self._look_soon(self._assembly.policy.overtaken)
        if self._assembly.wants_key:
            self._ask_for_key(now)
        if self._assembly.refused is not None:
            self._ear.refuse("picture", "{}x{}, which is more than was agreed".format(*self._assembly.refused))

    def _hand_on(self, pictures: Sequence[ArrivedPicture]) -> None:
        for picture in pictures:
            self._delays.add(picture.timestamp, picture.arrived)
            self._ear.take_picture(picture)

    def _look_soon(self, seconds: float) -> None:
        self._control.looks_at = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        """Ask for what is missing; again until it is there or given up."""
        self._control.looks_at = None
        now = self._clock.now()
        wanted = self._assembly.look(now)
        if wanted.lost:
            self._send_control((rtp.Nack(self._ours.video, self._theirs.video, wanted.lost),))
        self._hand_on(wanted.pictures)
        if self._assembly.wants_key:
            self._ask_for_key(now)
        if wanted.look_at is not None:
            self._look_soon(max(0.005, wanted.look_at - now))

    def _ask_for_key(self, now: LocalTime) -> None:
        if now - self._control.key_asked >= _LAG + self._assembly.round_trip:
            self._control.key_asked = now
            self._send_control((rtp.KeyRequest(self._ours.video, self._theirs.video),))

    def _take_control(self, data: bytes) -> None:
        """Raises pylibsrtp.Error."""
        if len(data) < 8 or self._unprotect_rtcp is None:
            return
        source = int.from_bytes(data[4:8], "big")
        sources = self._control.sources
        if source not in sources and len(sources) >= CONTROL_SOURCES_MOST:
            return
        plain = self._unprotect_rtcp(data)
        sources.add(source)
        self.heard_at = now = self._clock.now()
        for report in rtp.read_rtcp(plain):
            self._take_report(report, now)

    def _take_report(self, report: rtp.Report, now: LocalTime) -> None:
        match report:
            case rtp.SenderReport(source, ntp, timestamp, blocks=blocks):
                self._take_blocks(blocks, now)
                kind: Kind | None = None
                if source == self._theirs.audio:
                    kind = "voice"
                    self._voice_in.heard_report(ntp, now)
                elif source == self._theirs.video:
                    kind = "picture"
                    self._picture_in.heard_report(ntp, now)
                if kind is not None:
                    self._ear.take_clock(kind, MediaClock(RoomTime(rtp.seconds_of(ntp)), timestamp))
            case rtp.ReceiverReport(_, blocks):
                self._take_blocks(blocks, now)
            case rtp.Nack(_, media, lost) if media == self._ours.video:
                for sequence in lost:
                    self._resend(sequence, now)
            case rtp.KeyRequest(_, media) if media == self._ours.video:
                self._ear.key_wanted()
            case rtp.RateLimit(_, bit_rate, media) if self._ours.video in media:
                self.limit = bit_rate
            case _:
                pass

    def _take_blocks(self, blocks: Sequence[rtp.Block], now: LocalTime) -> None:
        for block in blocks:
            if block.source == self._ours.video:
                self._losses.add(block.lost)
            taken = rtp.round_trip(block, rtp.ntp_of(self._clock.room(now)))
            if taken is not None and taken < 2.0:
                self._assembly.round_trip = taken

    def _resend(self, sequence: int, now: LocalTime) -> None:
        """A packet that the other end misses, as often as it may ask."""
        number = self._pictures.number(sequence)
        packet = None if number is None else self._outgoing.kept(number)
        if packet is None or self._protect is None or not self._may_resend.take(now):
            return
        if self._ours.resend is None:
            again = rtp.RtpPacket(VP8, packet.marker, sequence, packet.timestamp, self._ours.video, packet.payload)
        else:
            payload = rtp.resend_payload(sequence, packet.payload)
            number = self._resends.sequence(OutPacket(self._resent, VP8_RESEND, False, 0, payload))
            self._resent += 1
            again = rtp.RtpPacket(VP8_RESEND, packet.marker, number, packet.timestamp, self._ours.resend, payload)
        self._path.send(self._protect(rtp.write_rtp(again)))

    def _dtls_changed(self) -> None:
        if self._is_open and self._dtls.state in ("closed", "failed"):
            self._is_open = False
            self._ear.end()
