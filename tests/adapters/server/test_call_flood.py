"""Members of a call who mean harm, on a real authority: floods of signals, and addresses of other people's networks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from msgspec.structs import replace

from server.core import protocol
from server.core.protocol import (
    Answer,
    Candidate,
    ClientMessage,
    Command,
    Ends,
    InCall,
    Offer,
    Roster,
    Rules,
    SetRules,
    Signal,
    Signalled,
    encode,
)
from tests.fakes.houses import House, OpenHouse
from tests.fakes.visitors import Friend, Stranger, a_pair
from tests.fakes.waiting import until

SIGNALS = 10_000
ENDS = Ends(ice_user="abcd", ice_password="x" * 22, fingerprint=":".join(["AB"] * 32), audio=1, video=2)
ANA, BEN = "8.8.4.4", "9.9.9.9"  # their homes, as the internet sees them


def text(message: ClientMessage) -> bytes:
    return b"42" + json.dumps(encode(message)).encode()


def full(attempt: str, to: str) -> Signal:
    """As large as one may be."""
    candidates = tuple(
        Candidate(
            kind="srflx",
            host="2606:4700:4700:1111:2222:3333:4444:5555",
            port=2000 + count,
            priority=1,
            foundation="f" * 32,
        )
        for count in range(64)
    )
    return Signal(to=to, attempt=attempt, what=Offer(ends=replace(ENDS, candidates=candidates)))


async def join_call(friend: Friend) -> None:
    await friend.send(InCall(joined=True))
    while not any(each.call and each.peer == friend.welcome.peer for each in (await friend.hear(Roster)).members):
        pass


async def enter(port: int, room: str = "parlour") -> tuple[Stranger, str]:
    """Mallory in a room's call; her peer id."""
    stranger = await Stranger.upgrade(port)
    hello = msgspec.json.encode(protocol.Hello(version=protocol.VERSION, room=room, name="Mallory")).decode()
    await stranger.say(f"40{hello}")
    await stranger.read_text()
    welcome = json.loads((await stranger.read_text()).removeprefix("42"))[1]
    await stranger.say(text(InCall(joined=True)))
    return stranger, str(welcome["peer"])


@pytest.mark.parametrize("is_large", [False, True])
async def test_ten_thousand_signals_at_once_cost_the_flooder_its_connection(house: House, is_large: bool) -> None:
    """The pair's film goes on (`a_pair` sees to that), and their own signals come through."""
    async with a_pair(house.url) as (ana, ben):
        for friend in (ana, ben):
            await join_call(friend)
        mallory, peer = await enter(house.port)
        signal = text(
            full("m", ana.welcome.peer)
            if is_large
            else Signal(to=ana.welcome.peer, attempt="m", what=protocol.Hangup())
        )
        for _ in range(SIGNALS // 100):
            await mallory.say(*[signal] * 100)
        await mallory.end()
        assert set(house.authority.metrics.cuts) <= {"too many messages", "says too much while time is short"}
        await ben.send(full("b", ana.welcome.peer))
        heard = await ana.hear(Signalled, attempt="b")
        assert heard.peer == ben.welcome.peer
        limits = house.authority.settings.limits
        came = [each for each in ana.heard if isinstance(each, Signalled) and each.peer == peer]
        assert 0 < len(came) <= limits.signals_burst
        assert ana.is_connected


async def test_ten_thousand_signals_at_the_pace_that_is_let_in_are_mostly_dropped(open_house: OpenHouse) -> None:
    """Messages of one connection may be many; what of them goes on to somebody else is few."""
    from server.settings import Limits

    limits = Limits(messages_burst=2 * SIGNALS, kept_bytes=2**22, signals_burst=20, signals_rate=1e-6)
    async with open_house(limits=limits) as house, a_pair(house.url) as (ana, ben):
        for friend in (ana, ben):
            await join_call(friend)
        mallory, peer = await enter(house.port)
        refusals = house.authority.metrics.refusals
        for said in range(100, SIGNALS + 1, 100):
            await mallory.say(*[text(full("m", ana.welcome.peer))] * 100)
            await until(lambda s=said: refusals["signal", "busy"] == s - 20, "all to be read", pause=0.001)
        await mallory.say(text(Command(id="late", revision=0, item="", action=protocol.Pause())))
        while '"late"' not in await mallory.read_text():
            pass  # it is still served: it has only talked too much to others
        await ben.send(full("b", ana.welcome.peer))
        await ana.hear(Signalled, attempt="b")
        assert sum(isinstance(each, Signalled) and each.peer == peer for each in ana.heard) == 20


@asynccontextmanager
async def at_home(house: House, **addresses: str) -> AsyncIterator[tuple[Friend, ...]]:
    """Friends in the call who come from these addresses, as a trusted proxy says."""
    friends = []
    try:
        for name, address in addresses.items():
            headers = {"X-Forwarded-For": address}
            friends.append(await Friend.join(house.url, "parlour", name.title(), headers=headers))
            await join_call(friends[-1])
        yield tuple(friends)
    finally:
        for friend in friends:
            await friend.leave()


async def carried(one: Friend, other: Friend, *candidates: tuple[str, str, int]) -> list[str]:
    """Hosts of the candidates that reach the other one, offered and answered."""
    mine = tuple(
        Candidate(kind=kind, host=host, port=port, priority=1, foundation="1")  # type: ignore[arg-type]
        for kind, host, port in candidates
    )
    ends = replace(ENDS, candidates=mine)
    found = []
    for what in (Offer(ends=ends), Answer(ends=ends)):
        await one.send(Signal(to=other.welcome.peer, attempt="a", what=what))
        heard = (await other.hear(Signalled)).what
        assert isinstance(heard, Offer | Answer)
        found.append([each.host for each in heard.ends.candidates])
    assert found[0] == found[1]
    return found[0]


PROXY = ("127.0.0.1",)
ROUTER, PRINTER, MDNS = "192.168.1.1", "10.0.0.9", "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f.local"


async def test_nobody_makes_a_friends_player_knock_at_the_friends_own_network(open_house: OpenHouse) -> None:
    async with open_house(trusted_proxy=PROXY) as house, at_home(house, ana=ANA, ben=BEN) as (ana, ben):
        told = await carried(
            ana,
            ben,
            ("host", ROUTER, 8080),
            ("srflx", ROUTER, 8080),
            ("relay", PRINTER, 9100),
            ("host", "fd00::1", 5000),
            ("host", "127.0.0.1", 5000),
            ("host", "169.254.169.254", 8080),
            ("host", "::ffff:192.168.1.1", 8080),
            ("host", MDNS, 5000),
            ("srflx", BEN, 22),
            ("srflx", ANA, 40000),
            ("relay", "1.1.1.1", 50000),
        )
        assert told == [ANA, "1.1.1.1"]


async def test_who_is_at_home_together_is_told_addresses_of_home(open_house: OpenHouse) -> None:
    async with open_house(trusted_proxy=PROXY) as house, at_home(house, ana=ANA, ben=ANA) as (ana, ben):
        told = await carried(
            ana, ben, ("host", "192.168.1.7", 40000), ("host", MDNS, 5000), ("host", "127.0.0.1", 5000)
        )
        assert told == ["192.168.1.7", MDNS]


async def test_a_relay_only_room_tells_relays_only(open_house: OpenHouse) -> None:
    async with open_house(trusted_proxy=PROXY) as house, at_home(house, ana=ANA, ben=ANA) as (ana, ben):
        await ana.command(SetRules(relay_only=True))
        await ben.hear(Rules, relay_only=True)
        told = await carried(
            ana, ben, ("host", "192.168.1.7", 40000), ("srflx", ANA, 40000), ("relay", "1.1.1.1", 50000)
        )
        assert told == ["1.1.1.1"]
