"""What plain HTTP gets from an authority."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from server.core.protocol import Accepted, Refused, Seek
from tests.fakes.houses import House, OpenHouse
from tests.fakes.visitors import Friend, Stranger, TurnedAwayError, a_pair
from tests.fakes.waiting import until


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as found:
        yield found


async def get(session: aiohttp.ClientSession, url: str, **headers: str) -> tuple[int, str]:
    async with session.get(url, headers=headers) as answer:
        return answer.status, await answer.text()


async def numbers(session: aiohttp.ClientSession, house: House) -> dict[str, float]:
    """Each sample by its name, with its labels' values."""
    status, text = await get(session, f"{house.url}/metrics")
    assert status == 200
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_numbers_are_those_of_what_happened(house: House, session: aiohttp.ClientSession) -> None:
    async with a_pair(house.url) as (ana, _):
        id = await ana.command(Seek(media_us=5_000_000), item="another")
        await ana.hear(Refused, id=id)
        stranger = await Stranger.join(house.port)
        await stranger.say("x")
        await stranger.end()
        seen = await numbers(session, house)
        assert seen["matinee_rooms"] == 2
        assert seen["matinee_members"] == 2
        assert seen["matinee_connections"] == 3  # and this one
        assert seen["matinee_commands_total load"] == 1
        assert seen["matinee_commands_total seek"] == 1
        assert seen["matinee_refusals_total item command"] == 1
        assert seen["matinee_cut_connections_total a packet out of place"] == 1
        assert seen["matinee_command_seconds_count"] == 2
        assert 0 < seen["matinee_command_seconds_sum"] < 60
        assert not house.authority.delivery.gate_of(ana.welcome.peer).commanded  # type: ignore[union-attr,arg-type]
    with pytest.raises(TurnedAwayError):
        await Friend.join(house.url, role="controller", room="nowhere")
    assert (await numbers(session, house))["matinee_refusals_total room hello"] == 1


async def test_numbers_are_not_there_for_others(open_house: OpenHouse, session: aiohttp.ClientSession) -> None:
    async with open_house(path="/watch", trusted_proxy=("127.0.0.1",)) as house:
        assert (await get(session, f"{house.url}/watch/metrics"))[0] == 200
        assert (await get(session, f"{house.url}/metrics"))[0] == 404
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
            assert await get(session, f"{house.url}/watch/metrics", **{header: "127.0.0.1"}) == (404, "not here\n")


async def test_health_and_readiness(
    house: House, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await get(session, f"{house.url}/healthz") == (200, "ok\n")
    assert await get(session, f"{house.url}/readyz") == (200, "ready\n")
    async with session.head(f"{house.url}/readyz") as answer:
        assert (answer.status, await answer.read()) == (200, b"")
    async with session.post(f"{house.url}/healthz") as answer:
        assert answer.status == 404
    monkeypatch.setattr(type(house.authority.store), "is_healthy", False)
    assert await get(session, f"{house.url}/readyz") == (503, "not ready\n")
    assert (await get(session, f"{house.url}/healthz"))[0] == 200


async def test_who_is_being_stopped_is_not_ready(
    house: House, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.authority, "_is_closing", True)
    assert (await get(session, f"{house.url}/readyz"))[0] == 503


async def test_the_answer_to_a_command_that_never_comes_is_not_waited_for_for_ever(house: House) -> None:
    async with a_pair(house.url) as (ana, _):
        gate = house.authority.delivery.gate_of(ana.welcome.peer)  # type: ignore[arg-type]
        assert gate is not None
        for number in range(1000):
            house.authority.delivery.expect(gate, f"lost {number}", 0.0)  # type: ignore[arg-type]
        assert len(gate.commanded) <= 64
        id = await ana.command(Seek(media_us=5_000_000), item=ana.welcome.timeline.item)
        await until(lambda: [each for each in ana.heard if isinstance(each, Accepted | Refused) and each.id == id])


async def test_commits_are_counted_where_there_are_any(
    open_house: OpenHouse, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    async with open_house(state_dir=str(tmp_path)) as house, a_pair(house.url):
        assert (await numbers(session, house))["matinee_store_commit_seconds_count"] >= 1
