"""One connection, end by end: what may go over it and what may not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from player.call.certificate import new_certificate, print_of
from player.call.connection import CONTROL_SOURCES_MOST, Connection, Sources, StrangerError
from player.call.ice import Route
from player.core import rtp
from player.core.call_media import OPUS, ArrivedPicture, Kind, MediaClock, VoicePacket
from player.core.outgoing import Numbering, Outgoing
from server.core.protocol import Ends
from tests.call.company import Camera, StraightClock, spoken, voice
from tests.fakes.waiting import until


@dataclass
class End:
    """An ear that remembers, and its connection."""

    offers: bool
    sources: Sources = field(default_factory=Sources.drawn)
    outgoing: Outgoing = field(default_factory=Outgoing)
    clock: StraightClock = field(default_factory=StraightClock)
    voices: list[VoicePacket] = field(default_factory=list)
    pictures: list[ArrivedPicture] = field(default_factory=list)
    clocks: list[tuple[Kind, MediaClock]] = field(default_factory=list)
    keys: int = 0
    refused: list[tuple[Kind, str]] = field(default_factory=list)
    has_ended: bool = False

    def __post_init__(self) -> None:
        self.certificate = new_certificate()
        self.connection = Connection(
            self, self.clock, self.outgoing, self.sources, self.certificate, Route(), offers=self.offers
        )

    def take_voice(self, packet: VoicePacket) -> None:
        self.voices.append(packet)

    def take_picture(self, picture: ArrivedPicture) -> None:
        self.pictures.append(picture)

    def take_clock(self, kind: Kind, clock: MediaClock) -> None:
        self.clocks.append((kind, clock))

    def key_wanted(self) -> None:
        self.keys += 1

    def refuse(self, kind: Kind, what: str) -> None:
        self.refused.append((kind, what))

    def end(self) -> None:
        self.has_ended = True

    def say(self, count: int) -> None:
        self.connection.send_voice(self.outgoing.voice(voice(count, self.clock.now())))


@asynccontextmanager
async def a_pair(left: End | None = None, right: End | None = None) -> AsyncIterator[tuple[End, End]]:
    pair = left or End(offers=True), right or End(offers=False)
    try:
        ends = [await each.connection.gather() for each in pair]
        await asyncio.gather(pair[0].connection.connect(ends[1]), pair[1].connection.connect(ends[0]))
        for each in pair:
            each.connection.open()
        yield pair
    finally:
        await asyncio.gather(*(each.connection.close() for each in pair))


async def test_an_end_tells_what_the_other_one_needs() -> None:
    end = End(offers=True)
    ends = await end.connection.gather()
    assert ends.fingerprint == print_of(end.certificate)
    assert (ends.audio, ends.video, ends.resend) == (end.sources.audio, end.sources.video, end.sources.resend)
    assert len({ends.audio, ends.video, ends.resend}) == 3
    assert ends.candidates
    assert all(candidate.port >= 1024 for candidate in ends.candidates)
    import msgspec  # it must pass the authority's door

    assert msgspec.json.decode(msgspec.json.encode(ends), type=Ends) == ends
    await end.connection.close()


async def test_each_process_has_a_certificate_of_its_own() -> None:
    assert print_of(new_certificate()) != print_of(new_certificate())


async def test_a_stream_outlives_its_sixteen_bits() -> None:
    left = End(offers=True)
    left.connection._voices = Numbering(65_400)
    async with a_pair(left) as (left, right):
        for count in range(400):
            left.say(count)
            await asyncio.sleep(0)
        await until(lambda: len(right.voices) == 400, pause=0.01)
        assert spoken(right.voices) == list(range(400))
        assert [packet.sequence for packet in right.voices] == [65_400 + count & 0xFFFF for count in range(400)]


async def test_reports_keep_a_silent_connection_alive() -> None:
    async with a_pair() as (left, right):
        before = right.connection.heard_at
        left.connection.report()
        await until(lambda: right.connection.heard_at > before, pause=0.005)
        assert not right.clocks  # a stream that has not begun has no clock


async def test_the_first_packet_of_a_stream_brings_its_clock() -> None:
    async with a_pair() as (left, right):
        left.say(0)
        await until(lambda: [kind for kind, _ in right.clocks] == ["voice"], pause=0.005)
        left.connection.send_picture(left.outgoing.picture(Camera().picture(left.clock.now())))
        await until(lambda: "picture" in [kind for kind, _ in right.clocks], pause=0.005)


async def test_the_round_trip_is_measured() -> None:
    async with a_pair() as (left, right):
        left.say(0)
        await until(lambda: right.clocks, pause=0.005)
        right.connection.report()
        await until(lambda: left.connection._assembly.round_trip > 0, pause=0.005)
        assert left.connection._assembly.round_trip < 2.0


async def test_losses_without_a_source_of_their_own_are_sent_again_as_they_were() -> None:
    left = End(offers=True, sources=replace(Sources.drawn(), resend=None))
    async with a_pair(left) as (left, right):
        camera = Camera()
        lost = []
        send = left.connection._path.send

        def losing(data: bytes) -> bool:
            if not rtp.is_rtcp(data) and len(lost) < 3 and left.connection._pictures.sent in (4, 5, 6):
                lost.append(data)
                return True
            return send(data)

        left.connection._path.send = losing  # type: ignore[method-assign]
        sent = [camera.picture(left.clock.now()) for _ in range(12)]
        for picture in sent:
            left.connection.send_picture(left.outgoing.picture(picture))
            await asyncio.sleep(0.01)
        await until(lambda: len(right.pictures) == 12, pause=0.01)
        assert [picture.data for picture in right.pictures] == [picture.data for picture in sent]
        assert lost


async def test_what_is_too_long_for_a_voice_is_dropped() -> None:
    async with a_pair() as (left, right):
        left.connection._voices = Numbering(2000)
        for size in (1, 1275, 1276, 1340):
            packet = rtp.RtpPacket(OPUS, False, size, 0, left.sources.audio, bytes(size))
            left.connection._path.send(left.connection._protect(rtp.write_rtp(packet)))  # type: ignore[misc]
        left.say(0)
        await until(lambda: right.voices and spoken(right.voices[-1:]) == [0], pause=0.005)
        assert [len(packet.payload) for packet in right.voices] == [1, 1275, 80]


async def test_reports_of_more_and_more_sources_are_not_decrypted() -> None:
    async with a_pair() as (left, right):
        for source in range(100, 100 + 3 * CONTROL_SOURCES_MOST):
            left.connection._send_control([rtp.KeyRequest(source, right.sources.video)])
        await until(lambda: right.keys >= CONTROL_SOURCES_MOST - 3, pause=0.005)
        left.connection._send_control([rtp.KeyRequest(100, right.sources.video)])
        assert len(right.connection._control.sources) == CONTROL_SOURCES_MOST


async def test_datagrams_that_no_key_fits_are_dropped() -> None:
    async with a_pair() as (left, right):
        take = right.connection._path.take_media
        assert take is not None
        before = right.connection.heard_at
        for source in (left.sources.audio, left.sources.video, 1):
            take(rtp.write_rtp(rtp.RtpPacket(OPUS, False, 1, 1, source, bytes(100))))
        for size in (2, 7, 8, 30, 1499, 1500, 1501, 9000):
            take(b"\x80\xc9" + bytes(size - 2))
            take(b"\x80\x6f" + bytes(size - 2))
        assert right.connection.heard_at == before  # none of it is a sign of life
        assert not right.voices


async def test_the_other_ends_goodbye_is_heard() -> None:
    async with a_pair() as (left, right):
        await left.connection.close()
        await until(lambda: right.has_ended, pause=0.005)
        assert not left.has_ended  # one's own is no news


async def test_a_stranger_is_told_apart_from_no_way() -> None:
    left, right = End(offers=True), End(offers=False)
    ends = [await each.connection.gather() for each in (left, right)]
    from msgspec.structs import replace as changed

    forged = changed(ends[1], fingerprint=print_of(new_certificate()))
    with pytest.raises(StrangerError, match="not the player that the room knows"):
        await asyncio.gather(left.connection.connect(forged), right.connection.connect(ends[0]))
    await asyncio.gather(*(each.connection.close() for each in (left, right)))


async def test_an_end_without_addresses_that_may_be_tried_is_no_way() -> None:
    left = End(offers=True)
    left.connection._path._route = replace(left.connection._path._route, patience=0.1)
    ends = await left.connection.gather()
    from msgspec.structs import replace as changed

    with pytest.raises(ConnectionError):
        await left.connection.connect(changed(ends, ice_user="abcd", candidates=()))
    await left.connection.close()


async def test_after_its_end_nothing_goes_and_nothing_comes() -> None:
    async with a_pair() as (left, right):
        left.say(0)
        await until(lambda: right.voices, pause=0.005)
        right.connection.stop()
        left.say(1)
        right.say(2)
        left.connection.stop()
        right.connection.want_key()
        await asyncio.sleep(0.05)
        assert len(right.voices) == 1
        assert not left.voices
