"""Cuts of ten seconds and of a minute, by the times with which players are shipped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from player.call.ice import IcePath
from server.core.protocol import Signal
from tests.call.company import Call, Camera, Person, a_call, connected, show
from tests.fakes.waiting import until

PEOPLE = ("ana", "ben", "cid", "dov")


class CutPairs:
    """Nothing goes between two people who are cut from each other; all else does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, call: Call) -> None:
        self.pairs: set[frozenset[str]] = set()
        self._call = call
        guard = IcePath._guard

        def guarded(path: IcePath, protocol: Any) -> None:
            guard(path, protocol)
            take: Callable[[bytes, Any], None] = protocol.datagram_received
            protocol.datagram_received = lambda data, sender: None if self._is_cut(path) else take(data, sender)

        monkeypatch.setattr(IcePath, "_guard", guarded)
        call.carry = self._carry

    def _is_cut(self, path: IcePath) -> bool:
        for name, person in self._call.people.items() if self.pairs else ():
            for talk in person.mesh._talks.values():
                if talk.connection is not None and talk.connection._path is path:
                    return frozenset((name, talk.peer)) in self.pairs
        return False

    def _carry(self, sender: str, signal: Signal) -> Signal | None:
        return None if frozenset((sender, signal.to)) in self.pairs else signal


def told(one: Person, other: str) -> list[str]:
    """The states of a connection, each once in a row."""
    states = [state for state, _, _ in one.inbox.states[other]]
    return [state for before, state in zip(["", *states], states, strict=False) if state != before]


async def sees(one: Person, other: Person) -> None:
    """A picture that is taken now comes."""
    camera, before = Camera(), len(one.inbox.pictures[other.name])
    camera.wants_key = True
    while len(one.inbox.pictures[other.name]) == before:
        await show(other, camera, 1)


async def test_ten_seconds_are_sat_out_and_a_minute_is_told_and_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both at once, in one call: between Ana and Ben, and between Cid and Dov. Everybody else notices nothing."""
    call = Call()
    cut = CutPairs(monkeypatch, call)
    async with a_call(*PEOPLE, call=call):
        await connected(call)
        ana, ben, cid, dov = call.people.values()
        kept = {
            (one, other): call.connection(one, other)
            for one in PEOPLE
            for other in PEOPLE
            if one != other and {one, other} != {"cid", "dov"}
        }
        cut.pairs = {frozenset(("ana", "ben")), frozenset(("cid", "dov"))}
        await asyncio.sleep(10.0)  # the cut itself
        cut.pairs = {frozenset(("cid", "dov"))}
        await sees(ben, ana)
        await sees(ana, ben)
        await asyncio.sleep(50.0)
        assert told(cid, "dov")[:4] == told(dov, "cid")[:4] == ["connecting", "connected", "reconnecting", "absent"]
        cut.pairs = set()
        for one, other in ((cid, dov), (dov, cid)):
            await until(lambda o=one, p=other: o.inbox.state(p.name) == "connected", "that they meet", pause=0.05)
        await connected(call)
        await sees(dov, cid)
        await sees(cid, dov)
        for (one, other), connection in kept.items():
            assert call.connection(one, other) is connection
            assert told(call.people[one], other) == ["connecting", "connected"]
        words = {words for _, _, words in cid.inbox.states["dov"] if words}
        assert words <= {"No way to this player was found."}, "one sentence"
        assert all(not person.inbox.said for person in call.people.values())
