"""Who finds no way to Janus by itself tries with a relay beside it: a real coturn."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from player.call.ice import IcePath
from server.core.protocol import Candidate, Ways
from tests.fakes.coturn import Coturn
from tests.fakes.janus import Janus
from tests.sfu.party import Party, a_party, until


async def test_a_relay_is_taken_along_where_the_direct_way_has_failed(
    janus: Janus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = IcePath.connect

    async def blocked(path: IcePath, user: str, password: str, candidates: tuple[Candidate, ...]) -> None:
        if path._route.relay is None:
            raise ConnectionError("this network lets no datagram out")
        await connect(path, user, password, candidates)

    monkeypatch.setattr(IcePath, "connect", blocked)
    folder = tmp_path / "coturn"
    folder.mkdir()
    with Coturn(folder) as relay:

        def ways(party: Party) -> Ways:
            return replace(relay.ways("tcp", wall_time=time.time()), meeting=party.ways().meeting)

        async with a_party(janus, "ana", "ben", ways_of=ways) as party:
            await until(party.are_connected, "a connection")
            party.send("ana")
            await until(lambda: party.guests["ben"].inbox.pictures["ana"], "a picture")
            stay = party.guests["ana"].sfu._stay
            assert stay is not None
            assert stay.connection is not None
            assert stay.connection._path._route.relay is not None


async def test_who_uses_relays_only_goes_to_janus_by_one(janus: Janus, tmp_path: Path) -> None:
    folder = tmp_path / "coturn"
    folder.mkdir()
    with Coturn(folder) as relay:

        def ways(party: Party) -> Ways:
            return replace(relay.ways("udp", wall_time=time.time()), meeting=party.ways().meeting)

        async with a_party(janus, "ana", "ben", relay_only=True, ways_of=ways) as party:
            await until(party.are_connected, "a connection")
            party.send("ana")
            await until(lambda: party.guests["ben"].inbox.pictures["ana"], "a picture")
            for guest in party.guests.values():
                stay = guest.sfu._stay
                assert stay is not None
                assert stay.connection is not None
                path = stay.connection._path
                assert path.is_relayed
                assert {each.type for each in path._ice.local_candidates} == {"relay"}


async def test_who_uses_relays_only_and_has_none_says_so(janus: Janus) -> None:
    async with a_party(janus, "cid", "dee", relay_only=True) as party:
        said = party.guests["cid"].inbox.said
        await until(lambda: [each for each in said if "relay only" in str(each)], "words")
        assert not party.are_connected()
