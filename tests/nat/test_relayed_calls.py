"""Calls by a real coturn only: each way to reach it, and each way in which it fails, which people are told."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from player.call import mesh as mesh_module
from player.core.mesh import MeshPolicy
from server.core.protocol import Ways
from server.relay.turn import LASTING
from tests.call.company import Call, Camera, a_call, voice
from tests.fakes.coturn import Coturn
from tests.fakes.waiting import until

HASTY = MeshPolicy(
    setup=8.0, silence=3.0, said_again=0.5, gaps=(0.0, 0.3), settled=0.5, await_offer=2.0, absent=60.0
)  # so that a test of what lasts does not


async def talk(call: Call) -> None:
    """Ana is seen and heard by Ben."""
    ana, ben = call.people.values()
    await until(call.are_connected, f"both to be connected: {ana.inbox.said} {ana.inbox.states}", pause=0.01)
    camera = Camera()
    camera.wants_key = True
    ben.inbox.pictures.clear()
    ben.inbox.voices.clear()

    def has_come() -> bool:
        ana.mesh.send_picture(camera.picture(ana.clock.now()))
        ana.mesh.send_voice(voice(1, ana.clock.now()))
        return bool(ben.inbox.pictures["ana"] and ben.inbox.voices["ana"])

    await until(has_come, "a picture and a voice", pause=0.05)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_a_call_goes_by_the_relay_and_nothing_else(coturn: Coturn, transport: str) -> None:
    ways = coturn.ways(transport, wall_time=time.time())
    async with a_call("ana", "ben", ways=ways, relay_only=True) as call:
        await talk(call)
        assert all(
            person.inbox.states[other][-1][1] for person in call.people.values() for other in person.inbox.states
        )
        for _, signal in call.signals:
            for candidate in getattr(getattr(signal.what, "ends", None), "candidates", ()):
                assert candidate.kind == "relay"
    assert "ERROR" not in coturn.said().replace("ERROR: check_stun_auth", "")


async def test_the_next_way_to_the_relay_is_tried_where_one_fails(coturn: Coturn) -> None:
    """Nobody answers at the first two."""
    good = coturn.ways("tls", wall_time=time.time())
    urls = ("turn:192.0.2.254:3478", f"turn:{coturn.addresses[0]}:1?transport=tcp", *good.turn)
    ways = Ways(turn=urls, user=good.user, password=good.password)
    async with a_call("ana", "ben", ways=ways, relay_only=True) as call:
        await talk(call)


async def told(call: Call) -> str:
    """What Ana is told about the relay."""
    ana = call.people["ana"]
    await until(lambda: ana.inbox.said, "a sentence", pause=0.01)
    words, about = ana.inbox.said[0]
    assert about == "relay"
    assert words.startswith("Calls of this room go through a relay only. ")
    assert not call.are_connected()
    return words


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_wrong_and_expired_credentials_are_said(coturn: Coturn, transport: str) -> None:
    wrong = coturn.ways(transport, wall_time=time.time(), secret="another")
    expired = coturn.ways(transport, wall_time=time.time() - LASTING - 10.0)
    for ways in (wrong, expired):
        async with a_call("ana", "ben", ways=ways, relay_only=True) as call:
            assert "it refuses the name and password that the server gave out" in await told(call)


@pytest.mark.parametrize(("transport", "reason"), [("udp", "it does not answer"), ("tcp", "it can't be reached")])
async def test_a_relay_that_is_not_there_is_said(
    coturn: Coturn, transport: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    coturn.kill()
    async with a_call("ana", "ben", ways=coturn.ways(transport, wall_time=time.time()), relay_only=True) as call:
        assert (await told(call)).endswith(f"can't be used: {reason}.")


async def test_a_certificate_for_another_name_is_said(coturn: Coturn) -> None:
    ways = coturn.ways("tls", wall_time=time.time(), host="127.0.0.1")
    async with a_call("ana", "ben", ways=ways, relay_only=True) as call:
        assert "its certificate can't be trusted" in await told(call)


async def test_without_the_relay_a_call_goes_on_where_it_can(coturn: Coturn) -> None:
    """A relay that fails is no reason to fail: these two reach each other by themselves."""
    ways = coturn.ways("tcp", wall_time=time.time(), secret="another")
    async with a_call("ana", "ben", ways=ways) as call:
        await talk(call)
        assert not call.people["ana"].inbox.states["ben"][-1][1]


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_a_relay_that_dies_in_the_call_is_noticed_and_found_again(
    coturn: Coturn, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mesh_module, "_RELAY_GAP", 0.5)
    ways = coturn.ways(transport, wall_time=time.time())
    async with a_call("ana", "ben", ways=ways, relay_only=True, policy=HASTY) as call:
        await talk(call)
        ana = call.people["ana"]
        coturn.kill()
        await until(lambda: ana.inbox.state("ben") == "reconnecting", "that it is noticed", pause=0.01)
        await told_in_call(call)
        coturn.start()
        await talk(call)


async def told_in_call(call: Call) -> None:
    await until(lambda: any("can't be used" in words for words, _ in call.people["ana"].inbox.said), pause=0.01)


async def test_another_relay_takes_over_from_one_that_dies(
    coturn: Coturn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mesh_module, "_RELAY_GAP", 0.5)
    (tmp_path / "two").mkdir()
    with Coturn(tmp_path / "two") as second:
        one, two = (each.ways("udp", wall_time=time.time()) for each in (coturn, second))
        both = Ways(turn=(*one.turn, *two.turn), user=one.user, password=one.password)
        async with a_call("ana", "ben", ways=both, relay_only=True, policy=HASTY) as call:
            await talk(call)
            coturn.kill()
            await until(lambda: call.people["ana"].inbox.state("ben") == "reconnecting", pause=0.01)
            await talk(call)
            assert not call.people["ana"].inbox.said
