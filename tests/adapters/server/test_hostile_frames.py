"""Every kind of attack on a real `matinee-server`, with a well-behaved pair beside it.

Nobody of the pair is cut and all it asks is answered, nothing is logged that would be a fault of ours, memory stays
bounded and comes back, and no connection is left. How fast the pair is served meanwhile is measured by
`python -m tests.bench.hostile`, where each attack is stronger and has a process of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

import tests.fakes.attacks_connecting
import tests.fakes.attacks_patient  # noqa: F401  (their attacks are in ATTACKS)
from server.core.protocol import VERSION, Action, Ban, Command, Kick, encode
from tests.fakes.attacks import ATTACKS, Raid, run
from tests.fakes.besieged import MIB, Besieged
from tests.fakes.canaries import canaries
from tests.fakes.visitors import Stranger
from tests.fakes.waiting import until

HASTE = ("request_time", "hello_time", "stuck_time", "farewell_time")
STRENGTH = 0.05
GROWTH_MOST = 64  # MiB


@pytest.fixture(scope="module")
def besieged() -> Iterator[Besieged]:
    """In time limits that a test can wait for; all others are the program's own."""
    limits = (f"{name}=0.5" for name in HASTE)
    with Besieged(*(word for limit in limits for word in ("--limit", limit))) as server:
        yield server
    assert server.code == 0


@pytest.mark.parametrize("name", ATTACKS)
async def test_an_attack_troubles_nobody(besieged: Besieged, name: str) -> None:
    async with canaries(besieged.port) as pair:
        before = besieged.memory
        besieged.take_peak()
        await run(Raid(besieged.port, STRENGTH), name)
        await pair.settle()
        peak = besieged.take_peak()
        await until(lambda: besieged.connections == len(pair.members), "the end of all others", pause=0.05)
    assert besieged.take_complaints() == []
    assert (peak - before) / MIB < GROWTH_MOST
    await until(lambda: (besieged.memory - before) / MIB < GROWTH_MOST / 4, "memory to come back", pause=0.05)


async def command(member: Stranger, action: Action) -> None:
    """Said by somebody, and done."""
    kind, payload = encode(Command(id="c", revision=0, item="", action=action))
    await member.say("42" + json.dumps([kind, payload]))
    while '"accepted"' not in await member.read_text():
        pass


@pytest.mark.parametrize("action", [Kick, Ban])
async def test_who_is_kicked_or_banned_has_no_connection_any_more(besieged: Besieged, action: type[Kick | Ban]) -> None:
    """Whatever it does with the goodbye: Socket.IO's own `disconnect` would go on reading."""
    room = f"where {action.__name__} is said"
    host = await Stranger.join(besieged.port, room)
    mallory = await Stranger.upgrade(besieged.port)
    await mallory.say("40" + json.dumps({"version": VERSION, "room": room, "name": "Mallory"}))
    while not (said := await mallory.read_text()).startswith('42["welcome"'):
        pass
    await command(host, action(peer=json.loads(said[2:])[1]["peer"]))
    await mallory.say("40{}", '42["clock",{"t0_us":1}]')
    assert b"clock" not in await mallory.end()
    await Stranger.send_home()


async def test_over_the_limit_there_is_no_connection_any_more(besieged: Besieged) -> None:
    mallory = await Stranger.join(besieged.port)
    await mallory.say(*['42["clock",{"t0_us":1}]'] * 101)
    await mallory.end()
    await Stranger.send_home()
