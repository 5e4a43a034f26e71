"""The call on a real authority: who hears of it, what goes from member to member, the ways that it announces."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time

from msgspec.structs import replace

from server.core.protocol import (
    AskWays,
    CallSeat,
    Candidate,
    Ends,
    InCall,
    Notice,
    Offer,
    Roster,
    Signal,
    Signalled,
    Ways,
)
from server.core.room_state import RoomPolicy
from server.core.timeline import PeerId
from server.relay.turn import LASTING, ways_of
from tests.fakes.houses import House, OpenHouse
from tests.fakes.visitors import Friend, a_pair

RELAYS = ("turn:192.0.2.1:3478", "turn:192.0.2.1:3478?transport=tcp", "turns:[2001:db8::1]:5349?transport=tcp")
ENDS = Ends(ice_user="abcd", ice_password="x" * 22, fingerprint=":".join(["AB"] * 32), audio=1, video=2)


async def hear_in_call(friend: Friend, count: int) -> Roster:
    while True:
        roster = await friend.hear(Roster)
        if sum(each.call is not None for each in roster.members) == count:
            return roster


async def test_a_call_is_joined_in_the_roster_and_signals_reach_their_member(house: House) -> None:
    async with a_pair(house.url) as (ana, ben):
        await ana.send(InCall(joined=True, serial=1, camera=True))
        await ben.send(InCall(joined=True))
        roster = await hear_in_call(ben, 2)
        seats = {each.peer: each.call for each in roster.members}
        assert seats == {ana.welcome.peer: CallSeat(serial=1, camera=True), ben.welcome.peer: CallSeat()}
        bad = Candidate(kind="host", host="127.0.0.1", port=5000, priority=1, foundation="1")
        good = Candidate(kind="relay", host="8.8.4.4", port=5000, priority=1, foundation="1")
        offer = Offer(ends=replace(ENDS, candidates=(bad, good)))
        await ana.send(Signal(to=ben.welcome.peer, attempt="a1", what=offer))
        heard = await ben.hear(Signalled)
        assert heard.peer == ana.welcome.peer
        assert isinstance(heard.what, Offer)
        assert heard.what.ends.candidates == (good,)


async def test_a_full_call_says_so(open_house: OpenHouse) -> None:
    async with open_house(room=RoomPolicy(call_most=1)) as house, a_pair(house.url) as (ana, ben):
        await ana.send(InCall(joined=True))
        await hear_in_call(ben, 1)
        await ben.send(InCall(joined=True))
        assert (await ben.hear(Notice)).words.startswith("The call is full")


async def test_relays_are_announced_to_who_is_in_the_call(open_house: OpenHouse) -> None:
    async with open_house(turn=RELAYS, turn_secret="s3cret") as house, a_pair(house.url) as (ana, ben):
        await ben.send(AskWays())  # not in the call: nobody answers
        await ana.send(InCall(joined=True))
        await ana.send(AskWays())
        ways = await ana.hear(Ways)
        assert ways.turn == RELAYS
        expiry, _, peer = ways.user.partition(":")
        assert peer == ana.welcome.peer
        assert abs(int(expiry) - time.time()) <= LASTING
        assert not [each for each in ben.heard if isinstance(each, Ways)]


def test_credentials_are_what_a_relay_computes_from_the_shared_secret() -> None:
    ways = ways_of(RELAYS, "s3cret", PeerId("p1"), 1000.7)
    assert ways.user == "4600:p1"
    digest = hmac.new(b"s3cret", b"4600:p1", hashlib.sha1).digest()
    assert base64.b64decode(ways.password) == digest
    assert ways.stun == ("stun:192.0.2.1:3478",)
    assert re.fullmatch(r"[!-~]+", ways.password)


def test_without_a_relay_no_third_party_is_named() -> None:
    assert ways_of((), "", PeerId("p1"), 0.0) == Ways(seconds=LASTING)
