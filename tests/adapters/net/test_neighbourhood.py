"""What is around a player: real announcements over loopback and a router that a test makes; and its fake beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from player.core.invite import Invite
from player.core.lan_rooms import announced
from player.core.reach import ReachPolicy
from player.core.room_view import LanRow, ReachView
from player.net import reachability, router_datagrams, router_upnp
from player.net.lan import LanAnnouncer, LanBrowser
from player.net.neighbourhood import Neighbourhood
from player.net.reachability import Reachability
from player.net.reachability import Surroundings as Places
from player.ports import Surroundings
from tests.fakes.ports import FakeSurroundings
from tests.fakes.router import FakeRouter
from tests.fakes.waiting import wait_until

LOOPBACK = ("127.0.0.1",)
HERE = ("192.168.7.7",)
INVITE = Invite("192.168.7.7", 8998, "Кино 🎬", tls=False, key="s3cret")
ROUTER = ("8.8.4.4", 8998)

Make = Callable[..., Neighbourhood]


@pytest.fixture(autouse=True)
def haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is noticed sooner; everything else has the time that it needs."""
    monkeypatch.setattr(router_datagrams, "WAITS", (0.5, 0.5))
    monkeypatch.setattr(router_upnp, "LISTENING", 0.6)
    monkeypatch.setattr(reachability, "LOOK_AROUND", 0.02)
    monkeypatch.setattr(reachability, "TAKE_BACK", 30.0)
    monkeypatch.setattr(reachability, "END", 30.0)


@pytest.fixture
def router() -> Iterator[FakeRouter]:
    with FakeRouter() as running:
        yield running


@pytest.fixture
def make(router: FakeRouter) -> Iterator[Make]:
    made: list[Neighbourhood] = []

    async def gateways() -> tuple[tuple[str, int], ...]:
        return (router.gateway,)

    def make(wake: Callable[[], None] = lambda: None, **parts: Any) -> Neighbourhood:
        policy = ReachPolicy(failed=3600, unchanged=3600)
        places = Places(addresses=lambda: HERE, gateways=gateways, group=router.group, policy=policy)
        usual: dict[str, Any] = {
            "announcer": LanAnnouncer(lambda: HERE, LOOPBACK),
            "browser": LanBrowser(wake, LOOPBACK),
            "reachability": Reachability(wake, "", places),
        }
        made.append(Neighbourhood(wake, **{**usual, **parts}))
        return made[-1]

    yield make
    for each in made:
        each.close()


# -- what the fake does, too -------------------------------------------------------------------------------------------


@pytest.fixture(params=["real", "fake"])
def around(request: pytest.FixtureRequest, make: Make) -> Surroundings:
    return make() if request.param == "real" else FakeSurroundings()


def test_nothing_is_known_before_anything_is_asked_and_closing_is_always_possible(around: Surroundings) -> None:
    assert (around.rooms(), around.reach()) == ((), None)
    around.browse(wants=False)
    around.show(None, is_open=False)
    assert (around.rooms(), around.reach()) == ((), None)
    around.close()
    around.browse(wants=True)
    around.show(INVITE, is_open=True)
    around.close()


# -- the local network -------------------------------------------------------------------------------------------------


def test_a_room_that_is_shown_is_seen_next_door_and_gone_with_its_host(make: Make) -> None:
    host, guest = make(), make()
    guest.browse(wants=True)
    host.show(INVITE, is_open=False)
    assert wait_until(guest.rooms) == (LanRow("Кино 🎬", "192.168.7.7:8998"),)
    host.show(INVITE, is_open=True)
    open_row = LanRow("Кино 🎬", "192.168.7.7:8998", replace(INVITE, key="s3cret").text())
    wait_until(lambda: guest.rooms() == (open_row,))
    host.show(None, is_open=True)
    wait_until(lambda: guest.rooms() == ())


def test_who_does_not_look_any_more_sees_nothing(make: Make) -> None:
    host, guest = make(), make()
    guest.browse(wants=True)
    host.show(INVITE, is_open=False)
    wait_until(guest.rooms)
    guest.browse(wants=False)
    assert guest.rooms() == ()
    guest.browse(wants=True)
    wait_until(guest.rooms)


def test_a_room_with_a_password_is_open_to_who_knows_it(make: Make) -> None:
    announcer = LanAnnouncer(lambda: HERE, LOOPBACK)
    host = make(announcer=announcer)
    host.show(replace(INVITE, key=""), is_open=True)
    wait_until(lambda: announcer.room == announced(replace(INVITE, key=""), "password"))
    host.show(replace(INVITE, key=""), is_open=False)
    wait_until(lambda: announcer.room == announced(replace(INVITE, key=""), "invite"))


# -- from outside ------------------------------------------------------------------------------------------------------


def settled(around: Neighbourhood) -> ReachView:
    def view() -> ReachView | None:
        reach = around.reach()
        return None if reach is None or reach[0].level == "checking" else reach[0]

    found = wait_until(view)
    assert found is not None
    return found


def test_the_router_is_asked_once_for_a_port_and_gets_it_back(make: Make, router: FakeRouter) -> None:
    host = make()
    host.show(INVITE, is_open=False)
    reach = host.reach()
    assert reach is not None
    assert (reach[0].level, reach[1]) == ("checking", ())
    assert "probably" in settled(host).words
    reach = host.reach()
    assert reach is not None
    assert reach[1] == (ROUTER,)
    assert host.reach() is reach  # nothing new
    host.show(replace(INVITE, also=(ROUTER,)), is_open=True)
    host.show(replace(INVITE, also=(ROUTER,)), is_open=True)
    host.show(None, is_open=True)
    assert host.reach() is None
    wait_until(lambda: router.opened == {})
    assert [asked for asked in router.asked if "open" in asked] == ["nat-pmp: open 8998 for 8998"]


def test_what_is_known_of_another_port_is_old(make: Make, router: FakeRouter) -> None:
    host = make()
    host.show(INVITE, is_open=False)
    settled(host)
    host.show(replace(INVITE, port=9000), is_open=False)
    settled(host)
    reach = host.reach()
    assert reach is not None
    assert reach[1] == (("8.8.4.4", 9000),)
    wait_until(lambda: list(router.opened) == [9000])


def test_what_to_do_is_said(make: Make, router: FakeRouter) -> None:
    router.moods.datagrams, router.moods.searches = "refuse", "silent"
    host = make()
    host.show(INVITE, is_open=False)
    found = settled(host)
    assert found.level == "no"
    assert len(found.todo) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_room_for_this_computer_alone_is_announced_to_nobody(make: Make, router: FakeRouter, host: str) -> None:
    announcer = LanAnnouncer(lambda: HERE, LOOPBACK)
    around = make(announcer=announcer)
    around.show(Invite(host, 8998, "Friday", tls=False), is_open=True)
    reach = around.reach()
    assert reach is not None
    assert (reach[0].level, reach[1]) == ("no", ())
    assert "Only players on this computer" in reach[0].words
    around.close()
    assert announcer.room is None
    assert router.asked == []


# -- what goes wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.expects_warnings
def test_a_part_that_breaks_leaves_the_others(make: Make, router: FakeRouter) -> None:
    class Broken(LanAnnouncer):
        def announce(self, room: object) -> None:
            raise RuntimeError("a fault")

    host = make(announcer=Broken(lambda: HERE, LOOPBACK))
    host.show(INVITE, is_open=False)
    settled(host)
    assert router.opened != {}


def test_many_changes_of_mind_are_one(make: Make, router: FakeRouter) -> None:
    """No call waits, for they come from the thread that paints, and the end does not wait for each of them."""
    host = make()
    for wants in (True, False) * 50:
        host.browse(wants=wants)
        host.show(INVITE if wants else None, is_open=False)
        host.rooms()
        host.reach()
    host.close()
    assert len(router.asked) < 10
