"""Messages that no player of ours would write, to a real `matinee-server`, with a well-behaved pair beside it.

Two connections take part in each example, in the pair's own room or another one, and write valid messages, spoilt
ones, those of the other side and plain nonsense, with the ids of one another in it. Whatever they say, they are
answered or cut, nothing is logged that would be a fault of ours, and the pair goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.core.protocol import VERSION
from tests.fakes.attacks import OVER
from tests.fakes.attacks_messages import PEERS, TEXTS, hellos, is_covered
from tests.fakes.besieged import MIB, Besieged
from tests.fakes.canaries import Pair
from tests.fakes.loop_thread import LoopThread
from tests.fakes.visitors import Stranger

GROWTH_MOST = 64  # MiB
LAST = 4242424242  # the clock request after which everything else has been looked at
STEPS = st.lists(st.tuples(st.sampled_from((0, 1)), TEXTS), min_size=1, max_size=12)


class Siege:
    """A server and a pair that lives on a loop of its own, beside the blocking tests."""

    def __init__(self, server: Besieged, loop: LoopThread) -> None:
        self.server, self.loop = server, loop
        self.pair = loop.call(Pair.enter(server.port))
        self.memory = server.memory

    def check(self) -> None:
        assert self.server.take_complaints() == []
        assert (self.server.take_peak() - self.memory) / MIB < GROWTH_MOST


@pytest.fixture(scope="module")
def siege() -> Iterator[Siege]:
    with Besieged() as server:
        loop = LoopThread("siege")
        found = Siege(server, loop)
        yield found
        loop.call(found.pair.settle())
        loop.call(found.pair.leave())
        loop.stop()
    assert server.code == 0
    assert "Traceback" not in server.end_log


async def enter(port: int, hello: str) -> tuple[Stranger, str]:
    """A connection after its hello, and its peer's id; "" if it was turned away."""
    stranger = await Stranger.upgrade(port)
    await stranger.say("40" + hello)
    with contextlib.suppress(*OVER):
        if (await stranger.read_text()).startswith("40{"):
            while not (text := await stranger.read_text()).startswith('42["welcome"'):
                pass
            return stranger, str(json.loads(text[2:])[1]["peer"])
    return stranger, ""


async def see_it_through(stranger: Stranger) -> None:
    """Until it is answered or cut."""
    await stranger.say(f'42["clock",{{"t0_us":{LAST}}}]')
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while f'"t0_us":{LAST}' not in await stranger.read_text():
            pass


async def say_all(port: int, greetings: list[str], steps: list[tuple[int, str]]) -> None:
    entered = [await enter(port, hello) for hello in greetings]
    peers = {f'"{sign}"': json.dumps(peer) for sign, (_, peer) in zip(PEERS, entered, strict=True)}
    for who, text in steps:
        said = re.sub(r'"\$[01]"', lambda sign: peers[sign[0]], text)
        await entered[who][0].say(said.encode("utf-8", "surrogatepass"))
    for stranger, peer in entered:
        if peer:
            await see_it_through(stranger)
    await Stranger.send_home()


def test_every_message_of_the_wire_is_generated() -> None:
    assert is_covered()


HOST = json.dumps({"version": VERSION, "room": "cellar", "name": "Host"})


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(greetings=st.lists(hellos(), min_size=2, max_size=2), steps=STEPS)
@example(
    greetings=[HOST, HOST], steps=[(0, '42["command",{"id":"c","revision":0,"item":"","action":{"do":"play"}}]')] * 40
)
def test_whatever_is_said_troubles_nobody(siege: Siege, greetings: list[str], steps: list[tuple[int, str]]) -> None:
    siege.loop.call(say_all(siege.server.port, greetings, steps))
    siege.check()
    assert not any(member.is_cut for member in siege.pair.members)
