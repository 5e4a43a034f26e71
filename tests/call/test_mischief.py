"""Mischief in a mesh: strangers who know an address, and members with the keys who send what was not agreed."""

from __future__ import annotations

import asyncio
import random
import socket

import aioice
import pytest
from msgspec.structs import replace

from player.call.ice import PLACES_MOST
from player.core import rtp
from player.core.call_media import OPUS, VP8
from server.core.protocol import Answer, Candidate, Offer, Signal
from tests.call.company import HASTY, Camera, Person, a_call, connected, show, voice
from tests.fakes.waiting import until


async def is_heard(one: Person, other: Person) -> None:
    """What one says now comes to the other."""
    before = len(other.inbox.voices[one.name])

    def has_come() -> bool:
        one.mesh.send_voice(voice(1, one.clock.now()))
        return len(other.inbox.voices[one.name]) > before

    await until(has_come, f"{one.name} to be heard by {other.name}", pause=0.01)


@pytest.mark.expects_warnings
@pytest.mark.parametrize(
    ("field", "wrong", "sentence"),
    [
        ("fingerprint", ":".join(["0A"] * 32), "is not the player that the room knows."),
        ("ice_password", "x" * 24, "No way to this player was found."),
    ],
)
async def test_a_wrong_end_is_one_sentence_and_others_go_on(field: str, wrong: str, sentence: str) -> None:
    """No session description travels; these are the fields of one that do. Ben's answer to Ana has one of them wrong,
    as if somebody stood between them."""

    def carry(sender: str, signal: Signal) -> Signal:
        if (sender, signal.to) == ("ben", "ana") and isinstance(signal.what, Answer):
            return replace(signal, what=Answer(ends=replace(signal.what.ends, **{field: wrong})))
        return signal

    async with a_call(policy=HASTY) as call:
        call.carry = carry
        ana, ben, cid = (call.join(name, is_told=False) for name in ("ana", "ben", "cid"))
        call.tell()
        told = ana.inbox.states["ben"]
        await until(lambda: any(sentence in words for _, _, words in told), sentence, pause=0.01)
        await connected(call, "ana", "cid")
        await connected(call, "ben", "cid")
        await is_heard(ana, cid)
        await is_heard(cid, ben)
        assert all(state != "connected" for state, _, _ in told)
        assert not ben.inbox.voices["ana"]
        assert len({words for _, _, words in told if words}) == 1
        for one, other in ((ana, "cid"), (cid, "ana"), (cid, "ben")):
            assert [state for state, _, _ in one.inbox.states[other]] == ["connecting", "connected"]
        call.carry = lambda sender, signal: signal
        await connected(call)


async def test_packets_go_to_no_address_that_is_not_the_other_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an authority lets through: neither this machine's own doors nor networks that it has no part in."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.setblocking(False)
        door.bind(("127.0.0.1", 0))
        bad = [
            ("127.0.0.1", door.getsockname()[1]),
            ("192.168.213.1", 8080),
            ("10.213.0.1", 9100),
            ("fd00:213::1", 5000),
        ]
        bad += [("169.254.169.254", 8080), ("224.0.0.251", 5353), ("255.255.255.255", 4000), ("9.9.9.9", 53)]
        bad += [("::ffff:10.213.0.1", 8080), ("router.lan", 8080), ("0.0.0.0", 4000)]
        evil = tuple(
            Candidate(kind=kind, host=host, port=port, priority=2**31, foundation="e")
            for host, port in bad
            for kind in ("host", "srflx", "relay")
        )
        knocked: list[object] = []
        add = aioice.Connection.add_remote_candidate

        async def noted(connection: aioice.Connection, candidate: aioice.Candidate | None) -> None:
            knocked.append(candidate and (candidate.host, candidate.port))
            await add(connection, candidate)

        monkeypatch.setattr(aioice.Connection, "add_remote_candidate", noted)
        async with a_call() as call:

            def carry(sender: str, signal: Signal) -> Signal:
                if isinstance(signal.what, Offer | Answer):
                    ends = signal.what.ends
                    more = replace(ends, candidates=(*evil, *ends.candidates))
                    return replace(signal, what=type(signal.what)(ends=more))
                return signal

            call.carry = carry
            call.join("ana")
            call.join("ben")
            await connected(call)
        assert not set(knocked) & set(bad)
        assert set(knocked) - {None}, "nothing was tried at all"
        with pytest.raises(BlockingIOError):
            door.recv(1)


async def test_garbage_of_strangers_is_dropped() -> None:
    """Whoever knows the address sends datagrams of all kinds to it: before, while and after connecting."""
    async with a_call() as call:
        chance = random.Random(9)
        stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        stranger.setblocking(False)
        ports: set[tuple[str, int]] = set()

        def carry(sender: str, signal: Signal) -> Signal:
            if isinstance(signal.what, Offer | Answer):
                ports.update((each.host, each.port) for each in signal.what.ends.candidates if ":" not in each.host)
            return signal

        def throw() -> None:
            for address in ports:
                for first in (0, 1, 20, 22, 25, 63, 64, 128, 144, 191, 255):
                    for size in (0, 1, 2, 7, 11, 12, 20, 60, 1400):
                        body = bytes([first]) + chance.randbytes(size)
                        stranger.sendto(body, address)
                stranger.sendto(b"", address)
                # STUN by its header, with attributes that lie about their length
                cookie = b"\x21\x12\xa4\x42" + chance.randbytes(12)
                for kind in (0x0006, 0x0020, 0x0025, 0x8028, 0x0008, 0x0024, 0x0009):
                    attribute = kind.to_bytes(2, "big") + (1).to_bytes(2, "big") + b"\x01\0\0\0"
                    stranger.sendto(b"\x00\x01" + len(attribute).to_bytes(2, "big") + cookie + attribute, address)

        call.carry = carry
        ana = call.join("ana")
        ben = call.join("ben")
        while not call.are_connected():
            throw()
            await asyncio.sleep(0.01)
        for _ in range(20):
            throw()
            await asyncio.sleep(0.01)
        sent = await show(ana, Camera(), 5)
        await until(lambda: [picture.data for picture in ben.inbox.pictures["ana"]] == sent, pause=0.01)
        stranger.close()


async def test_a_member_that_asks_from_everywhere_is_answered_where_it_is_known() -> None:
    """Ben's player has the passwords, so ICE's questions are authentic from wherever he lets them be sent."""
    async with a_call("ana", "ben") as call:
        await connected(call)
        ana, ben = call.connection("ana", "ben")._path._ice, call.connection("ben", "ana")._path._ice
        (pair,) = ben._nominated.values()
        doors = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(100)]
        for door in doors:
            door.setblocking(False)
            question = ben.build_request(pair, nominate=False)
            question.add_message_integrity(ben.remote_password.encode())
            door.sendto(bytes(question), pair.remote_addr)
            await until(
                lambda door=door: can_read(door), "an answer, which proves that the question was read", pause=0.001
            )
        assert PLACES_MOST - 5 < len(ana._remote_candidates) <= PLACES_MOST
        assert len(ana._check_list) <= 2 * PLACES_MOST
        for door in doors:
            door.close()
        await show(call.people["ben"], Camera(), 3)
        await until(lambda: len(call.people["ana"].inbox.pictures["ben"]) == 3, "what he sends", pause=0.01)


def can_read(door: socket.socket) -> bool:
    try:
        return bool(door.recv(2000, socket.MSG_PEEK))
    except BlockingIOError:
        return False


async def test_garbage_of_a_member_is_dropped() -> None:
    """It has the keys, and sends what was not agreed: other payload types, sources and sizes, broken reports."""
    async with a_call("ana", "ben") as call:
        ana, ben = call.people.values()
        await connected(call)
        camera = Camera()
        await show(ana, camera, 3)
        await until(lambda: len(ben.inbox.pictures["ana"]) == 3, pause=0.01)
        end = call.connection("ana", "ben")
        chance = random.Random(3)
        ours = end._ours
        for kind in (0, OPUS, VP8, 98, 99, 127):
            for source in (ours.audio, ours.video, ours.resend, 5):
                for payload in (b"", b"\x90", b"\x80\xff", b"\x00" * 3, chance.randbytes(1300)):
                    sequence = end._pictures._last + chance.randrange(600) & 0xFFFF  # as far as the keys allow
                    packet = rtp.RtpPacket(kind, chance.random() < 0.5, sequence, 1, source, payload)
                    end._path.send(end._protect(rtp.write_rtp(packet)))
        for body in (b"", b"\x00\x00", b"\xff" * 40, chance.randbytes(64)):
            for kind in range(200, 208):
                end._path.send(end._protect_rtcp(bytes([0x80 | chance.randrange(32), kind, 0, 1]) + b"\0\0\0\1" + body))
        end._path.send(end._protect_rtcp(rtp.write_rtcp([rtp.Nack(1, 2, tuple(range(0, 4000, 3)))])))
        await asyncio.sleep(0.1)
        call.people["ben"].inbox.pictures["ana"].clear()
        voices = list(ben.inbox.voices["ana"])
        assert all(len(packet.payload) <= 1275 for packet in voices)
        ana.inbox.keys_wanted = 0
        count = 0
        while not ben.inbox.pictures["ana"]:
            count += 1
            assert count < 2000, "the stream did not recover"
            await show(ana, camera, 1)
        assert call.are_connected()


async def test_a_camera_larger_than_agreed_is_refused_once_and_in_words() -> None:
    async with a_call("ana", "ben") as call:
        ana, ben = call.people.values()
        await connected(call)
        await show(ana, Camera(1920, 1080, bit_rate=800_000), 12)
        await until(lambda: ben.inbox.said, pause=0.01)
        ((words, about),) = ben.inbox.said
        assert (words, about) == (
            "Ana's camera sends 1920x1080, which is more than was agreed: it is not shown.",
            "picture of ana",
        )
        assert not ben.inbox.pictures["ana"]
        await show(ana, Camera(), 3)
        await until(lambda: len(ben.inbox.pictures["ana"]) == 3, pause=0.01)


async def test_a_codec_that_was_not_agreed_is_refused_in_words_and_others_go_on() -> None:
    """Ana's player sends H.264 and G.711 under its own sources, thousands of packets of it."""
    async with a_call("ana", "ben", "cid") as call:
        _ana, ben, cid = call.people.values()
        await connected(call)
        end = call.connection("ana", "ben")
        for number in range(1000):
            for kind, source in ((99, end._ours.video), (0, end._ours.audio)):
                packet = rtp.RtpPacket(kind, True, number, number, source, b"\x65" * 1000)
                end._path.send(end._protect(rtp.write_rtp(packet)))
            if number % 50 == 0:
                await asyncio.sleep(0.005)  # else the socket's buffer drops them
        await until(lambda: len(ben.inbox.said) == 2, "both sentences", pause=0.01)
        await show(cid, Camera(), 3)
        await until(lambda: len(ben.inbox.pictures["cid"]) == 3, "who sends what was agreed", pause=0.01)
        assert sorted(ben.inbox.said) == [
            ("Ana's camera sends another format than was agreed: it is not shown.", "picture of ana"),
            ("Ana's microphone sends another format than was agreed: it is not heard.", "voice of ana"),
        ]
        assert not ben.inbox.pictures["ana"]
        assert not ben.inbox.voices["ana"]
        assert not cid.inbox.said
        assert call.are_connected()


async def test_a_member_may_not_make_us_send_without_end() -> None:
    async with a_call("ana", "ben") as call:
        ana, ben = call.people.values()
        await connected(call)
        await show(ana, Camera(640, 480, bit_rate=2_000_000), 40)
        end, asker = call.connection("ana", "ben"), call.connection("ben", "ana")
        everything = tuple(end._pictures._last - back & 0xFFFF for back in range(300, -1, -1))
        for _ in range(10):
            asker._send_control((rtp.Nack(1, end._ours.video, everything),))
        await until(lambda: end._resent > 50, pause=0.01)
        assert end._resent <= 100 + 300  # at once, and a second's
        assert len(ben.inbox.pictures["ana"]) == 40
