"""What a member sends wrongly by Janus, which hands on what it does not look at."""

from __future__ import annotations

import random

from player.core import rtp
from player.core.call_media import OPUS, VP8
from tests.call.company import Camera
from tests.fakes.janus import Janus
from tests.sfu.party import Guest, Party, a_party, until


async def goes_on(party: Party, one: Guest, other: Guest) -> None:
    """One sees and hears the other, who sends always."""
    seen, heard = len(one.inbox.pictures[other.name]), len(one.inbox.voices[other.name])
    await until(lambda: len(one.inbox.pictures[other.name]) > seen + 3, f"{one.name} to see {other.name}")
    await until(lambda: len(one.inbox.voices[other.name]) > heard + 10, f"{one.name} to hear {other.name}")
    assert party.are_connected()


async def test_a_camera_larger_than_agreed_is_refused_once_and_in_words(janus: Janus) -> None:
    async with a_party(janus, "ana", "ben", "cho") as party:
        await until(party.are_connected, "a connection each")
        ana, ben, cho = party.guests.values()
        party.send("cho")
        large = Camera(1920, 1080, bit_rate=800_000)

        def is_said() -> bool:
            large.wants_key = True
            ana.sfu.send_picture(large.picture(ana.clock.now()))
            return bool(ben.inbox.said and cho.inbox.said)

        await until(is_said, "the sentence")
        for guest in (ben, cho):
            assert guest.inbox.said == [
                ("Ana's camera sends 1920x1080, which is more than was agreed: it is not shown.", "picture of ana")
            ]
            assert not guest.inbox.pictures["ana"]
        await goes_on(party, ben, cho)
        party.send("ana")  # as it was agreed
        await goes_on(party, ben, ana)


async def test_garbage_of_a_member_ends_with_it(janus: Janus) -> None:
    """It has its keys and sends by its own feed what is no picture, no voice, and of other kinds."""
    async with a_party(janus, "ana", "ben", "cho") as party:
        await until(party.are_connected, "a connection each")
        ana, ben, cho = party.guests.values()
        party.send("cho")
        chance = random.Random(5)
        stay = ana.sfu._stay
        assert stay is not None
        end = stay.connection
        assert end is not None
        assert end._protect is not None
        sources = end._ours
        for number in range(400):
            for kind, source in ((VP8, sources.video), (OPUS, sources.audio), (99, sources.video), (0, sources.audio)):
                body = chance.randbytes(chance.choice((0, 1, 3, 40, 1200)))
                end._path.send(end._protect(rtp.write_rtp(rtp.RtpPacket(kind, True, number, number, source, body))))
            if number % 100 == 0:
                await goes_on(party, ben, cho)
        await goes_on(party, ben, cho)
        assert all(guest.inbox.said == [] for guest in (ben, cho))
        party.send("ana")
        await goes_on(party, ben, ana)
        await goes_on(party, cho, ana)
