"""One command from outside, against the real authority and a scripted one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from player.core.news import Joined, Received
from player.net.remote import Controller, run_remote
from player.ports import LinkError
from server.core import protocol
from server.core.protocol import Item, Pause, Play, Roster, Seek, SetRate
from tests.fakes.authority import RealAuthority, ScriptedAuthority
from tests.fakes.ear import Ear

MakeEar = Callable[[], Ear]


def open_room(authority: RealAuthority, ear: Ear) -> None:
    """A room with a film in it."""
    ear.join(authority.invite())
    ear.wait_for(Joined)
    ear.load()
    ear.wait_for(Received, lambda event: isinstance(event.message, Item))


async def test_status_tells_where_the_film_is(make_ear: MakeEar) -> None:
    with RealAuthority() as authority:
        open_room(authority, make_ear())
        stated = await run_remote(authority.invite(), None, 10.0)
    assert (stated.state, stated.media_us, stated.rate) == ("paused", 0, 1.0)


async def test_a_command_returns_the_timeline_that_it_led_to(make_ear: MakeEar) -> None:
    with RealAuthority() as authority:
        ear = make_ear()
        open_room(authority, ear)
        before = await run_remote(authority.invite(), None, 10.0)
        sought = await run_remote(authority.invite(), Seek(media_us=12_000_000), 10.0)
        assert sought.media_us == 12_000_000
        assert sought.revision > before.revision
        rosters = [event.message for event in ear.of(Received) if isinstance(event.message, Roster)]
        assert all(len(roster.members) == 1 for roster in rosters), "a controller is in no roster"


async def test_a_controller_sends_several(make_ear: MakeEar) -> None:
    with RealAuthority() as authority:
        open_room(authority, make_ear())
        async with Controller(authority.invite(), 10.0) as controller:
            assert (await controller.command(SetRate(rate=2.0))).rate == 2.0
            assert (await controller.command(Pause())).state == "paused"
            assert controller.timeline.rate == 2.0


async def test_the_authoritys_no_has_its_words() -> None:
    with RealAuthority() as authority, pytest.raises(LinkError, match="no room “Kino”"):
        await run_remote(authority.invite(), None, 10.0)
    with RealAuthority(key="k") as authority, pytest.raises(LinkError, match="ask for a new one"):
        await run_remote(authority.invite(key="x"), None, 10.0)


async def test_a_refused_command_raises_the_words(make_ear: MakeEar) -> None:
    with RealAuthority() as authority:
        make_ear().join(authority.invite()).wait_for(Joined)
        with pytest.raises(LinkError, match=r"^[A-Z].+\.$"):
            await run_remote(authority.invite(), Play(), 10.0)


async def test_a_server_that_is_down() -> None:
    with RealAuthority() as authority:
        pass
    with pytest.raises(LinkError, match="No server answers"):
        await run_remote(authority.invite(), None, 10.0)


async def test_a_server_that_does_not_answer_the_hello() -> None:
    with ScriptedAuthority() as authority:
        authority.script.answers_hello = False
        with pytest.raises(LinkError, match="does not answer"):
            await run_remote(authority.invite(), None, 0.2)


async def test_a_server_that_does_not_answer_the_command() -> None:
    with ScriptedAuthority() as authority:
        authority.script.answers_commands = False
        with pytest.raises(LinkError, match="not answered in time"):
            await run_remote(authority.invite(), Play(), 0.2)


async def test_a_link_that_breaks_meanwhile() -> None:
    with ScriptedAuthority() as authority:
        async with Controller(authority.invite(), 10.0) as controller:
            authority.cut()
            with pytest.raises(LinkError, match="was lost"):
                await controller.command(Play())


async def test_a_server_that_goes_meanwhile() -> None:
    with ScriptedAuthority() as authority:
        authority.script.answers_commands = False
        async with Controller(authority.invite(), 10.0) as controller:
            authority.send(protocol.Closing(words="Going."))
            with pytest.raises(LinkError, match="Going"):
                await controller.command(Play())
