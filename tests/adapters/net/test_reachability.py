"""Opening a port on a router of loopback that is willing, unwilling, lying, babbling or not there."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiohttp import web

from player.core.reach import CANT, ReachPolicy, ReachReport
from player.net import reachability, router_datagrams, router_upnp
from player.net.reachability import Reachability, Surroundings
from tests.fakes.loop_thread import LoopThread
from tests.fakes.router import SERVICE, FakeRouter
from tests.fakes.waiting import wait_until

PORT = 8998
MakeReach = Callable[..., Reachability]


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
def make_reach(router: FakeRouter) -> Iterator[MakeReach]:
    made: list[Reachability] = []

    async def gateways() -> tuple[tuple[str, int], ...]:
        return (router.gateway,)

    def make(check: str = "", wake: Callable[[], None] = lambda: None, **around: Any) -> Reachability:
        usual: dict[str, Any] = {
            "addresses": lambda: ("192.168.1.5",),
            "gateways": gateways,
            "group": router.group,
            "policy": ReachPolicy(failed=3600, unchanged=3600),
        }
        made.append(Reachability(wake, check, Surroundings(**{**usual, **around})))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def settled(reach: Reachability) -> ReachReport:
    """The report once it does not look any more."""
    return wait_until(lambda: None if "Looking" in reach.report().words else reach.report())


# -- routers that open the port ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["nat-pmp", "pcp"])
def test_a_router_that_is_asked_by_datagrams(router: FakeRouter, make_reach: MakeReach, kind: str) -> None:
    router.moods.datagrams = kind
    woken = threading.Event()
    reach = make_reach(wake=woken.set)
    assert reach.report() == ReachReport()
    reach.start(PORT)
    assert reach.report().words.startswith("Looking")
    assert woken.wait(60)
    found = settled(reach)
    assert found.level == "unknown"
    assert found.addresses == (("8.8.4.4", PORT),)
    assert router.opened == {PORT: (PORT, 3600)}
    reach.stop()
    assert router.opened == {}
    assert router.asked == [f"{kind}: open {PORT} for {PORT}", f"{kind}: close {PORT}"]


def test_a_router_that_speaks_upnp(router: FakeRouter, make_reach: MakeReach) -> None:
    router.moods.datagrams = "silent"
    reach = make_reach()
    reach.start(PORT)
    assert settled(reach).addresses == (("8.8.4.4", PORT),)
    assert router.opened == {PORT: (PORT, 3600)}
    reach.stop()
    assert router.opened == {}


def test_upnp_that_only_opens_for_ever_is_closed_in_the_end(router: FakeRouter, make_reach: MakeReach) -> None:
    router.moods.datagrams, router.moods.permanent_only = "silent", True
    reach = make_reach()
    reach.start(PORT)
    assert settled(reach).level == "unknown"
    assert router.opened == {PORT: (PORT, 0)}
    reach.stop()
    assert router.opened == {}


@pytest.mark.parametrize("datagrams", ["nat-pmp", "silent"])
def test_a_port_that_is_somebody_elses_is_left_alone(router: FakeRouter, make_reach: MakeReach, datagrams: str) -> None:
    router.moods.datagrams = datagrams
    router.moods.taken = {PORT}
    reach = make_reach()
    reach.start(PORT)
    assert settled(reach).addresses == (("8.8.4.4", PORT + 1),)
    reach.stop()
    assert router.opened == {}


def test_what_was_granted_is_renewed(router: FakeRouter, make_reach: MakeReach) -> None:
    reach = make_reach(policy=ReachPolicy(failed=3600, unchanged=0.05))
    reach.start(PORT)
    wait_until(lambda: len(router.asked) >= 3)
    assert set(router.asked) == {f"nat-pmp: open {PORT} for {PORT}"}


def test_a_router_that_was_started_anew_is_asked_again(router: FakeRouter, make_reach: MakeReach) -> None:
    reach = make_reach(policy=ReachPolicy(failed=3600, unchanged=0.05))
    reach.start(PORT)
    settled(reach)
    router.moods.address = "8.8.8.8"
    router.forget()
    wait_until(lambda: reach.report().addresses == (("8.8.8.8", PORT),))
    assert PORT in router.opened


def test_a_router_that_changes_its_mind(router: FakeRouter, make_reach: MakeReach) -> None:
    reach = make_reach(policy=ReachPolicy(failed=3600, unchanged=0.05))
    reach.start(PORT)
    settled(reach)
    router.moods.datagrams, router.moods.searches = "refuse", "silent"
    wait_until(lambda: reach.report().level == "no")
    assert "refuses" in reach.report().words


def test_another_network_is_looked_at_anew(router: FakeRouter, make_reach: MakeReach) -> None:
    own = ["192.168.1.5"]
    reach = make_reach(addresses=lambda: (own[0],))
    reach.start(PORT)
    settled(reach)
    router.moods.address = "8.8.8.8"
    own[0] = "10.0.0.5"
    wait_until(lambda: reach.report().addresses == (("8.8.8.8", PORT),))


def test_looking_again_when_the_person_asks(router: FakeRouter, make_reach: MakeReach) -> None:
    router.moods.datagrams = router.moods.searches = "silent"
    reach = make_reach()
    reach.look_again()
    reach.start(PORT)
    assert settled(reach).level == "no"
    router.moods.datagrams = "nat-pmp"
    reach.look_again()
    wait_until(lambda: reach.report().addresses)


# -- routers that do not -----------------------------------------------------------------------------------------------


def test_nobody_answers(router: FakeRouter, make_reach: MakeReach) -> None:
    router.moods.datagrams = router.moods.searches = "silent"
    reach = make_reach()
    reach.start(PORT)
    found = settled(reach)
    assert found.level == "no"
    assert found.words == f"{CANT}: your router opens no port by itself."


def test_no_router_at_all(make_reach: MakeReach) -> None:
    async def nobody() -> tuple[tuple[str, int], ...]:
        return (("127.0.0.1", 9),)

    reach = make_reach(gateways=nobody, group=("127.0.0.1", 9))
    reach.start(PORT)
    assert "opens no port" in settled(reach).words


@pytest.mark.parametrize(
    ("moods", "why"),
    [
        ({"datagrams": "refuse", "searches": "silent"}, "refuses"),
        ({"datagrams": "silent", "fault": 606}, "refuses"),
        ({"datagrams": "silent", "taken": set(range(PORT, PORT + 9))}, "refuses"),
        ({"datagrams": "garbage", "searches": "garbage"}, "can't be understood"),
        ({"datagrams": "silent", "searches": "elsewhere"}, "opens no port"),
        ({"datagrams": "silent", "status": 302}, "opens no port"),
        ({"datagrams": "silent", "status": 404}, "opens no port"),
        ({"datagrams": "silent", "description": "no XML"}, "opens no port"),
        ({"datagrams": "silent", "description": "<r>" + "x" * 300_000 + "</r>"}, "opens no port"),
        (
            {
                "datagrams": "silent",
                "description": f"<r><service><serviceType>{SERVICE}</serviceType>"
                "<controlURL>http://8.8.8.8/c</controlURL></service></r>",
            },
            "opens no port",
        ),
        (
            {
                "datagrams": "silent",
                "description": f"<r><service><serviceType>{SERVICE}</serviceType>"
                "<controlURL>/nowhere</controlURL></service></r>",
            },
            "can't be understood",
        ),
        ({"datagrams": "silent", "address": "0.0.0.0"}, "can't be understood"),
    ],
)
def test_refusals_lies_and_garbage(router: FakeRouter, make_reach: MakeReach, moods: dict[str, Any], why: str) -> None:
    for name, value in moods.items():
        setattr(router.moods, name, value)
    reach = make_reach()
    reach.start(PORT)
    found = settled(reach)
    assert (found.level, found.addresses) == ("no", ())
    assert why in found.words
    assert router.opened == {}


def test_a_router_behind_another_one(router: FakeRouter, make_reach: MakeReach) -> None:
    router.moods.address = "100.64.7.7"
    reach = make_reach()
    reach.start(PORT)
    found = settled(reach)
    assert (found.level, found.addresses) == ("no", ())
    assert "behind another one" in found.words


def test_a_room_of_this_computer_alone_asks_no_router(router: FakeRouter, make_reach: MakeReach) -> None:
    reach = make_reach()
    reach.start(PORT, ("127.0.0.1",))
    wait_until(lambda: "for it alone" in reach.report().words)
    reach.stop()
    assert router.asked == []


@pytest.mark.expects_warnings
def test_a_defect_of_ours_is_logged_and_nothing_is_claimed(
    make_reach: MakeReach, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_self: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(reachability._PortKeeper, "hold", broken)
    reach = make_reach()
    reach.start(PORT)
    assert settled(reach).addresses == ()


def test_the_thread_ends_in_the_middle_of_a_look(router: FakeRouter, make_reach: MakeReach) -> None:
    router.moods.datagrams = "silent"
    reach = make_reach()
    reach.start(PORT)
    reach.start(PORT)
    reach.stop()
    assert "matinee-reach" not in [thread.name for thread in threading.enumerate()]


def test_what_is_granted_while_it_ends_is_taken_back(router: FakeRouter, make_reach: MakeReach) -> None:
    router.moods.datagrams, router.moods.holds = "silent", True
    reach = make_reach()
    reach.start(PORT)
    wait_until(lambda: "upnp: held" in router.asked)
    life = reach._life
    assert life is not None
    stopping = threading.Thread(target=reach.stop)
    stopping.start()
    wait_until(lambda: life._wants_end)
    router.moods.holds = False
    stopping.join(60)
    assert router.asked[-2:] == [f"upnp: open {PORT} for {PORT}", f"upnp: close {PORT}"]
    assert router.opened == {}


# -- a server outside --------------------------------------------------------------------------------------------------


class Knocker:
    """Says whatever a test wants."""

    def __init__(self) -> None:
        self.answer: str | int = "yes 8.8.4.4\n"
        self.asked: list[str] = []
        self.port = 0
        self._thread = LoopThread("knocker")
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        application = web.Application()
        application.router.add_get("/watch/knock", self._say)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]

    async def _say(self, request: web.Request) -> web.Response:
        self.asked.append(request.query["port"])
        if isinstance(self.answer, int):
            return web.Response(status=self.answer, headers={"Location": "/watch/knock?port=1"})
        return web.Response(text=self.answer)

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()


@pytest.fixture
def knocker() -> Iterator[Knocker]:
    made = Knocker()
    made._thread.call(made.start())
    yield made
    made._thread.call(made.stop())
    made._thread.stop()


def test_a_server_outside_settles_it(router: FakeRouter, make_reach: MakeReach, knocker: Knocker) -> None:
    router.moods.taken = {PORT}
    reach = make_reach(check=f"http://127.0.0.1:{knocker.port}/watch")
    reach.start(PORT)
    found = settled(reach)
    assert found.level == "yes"
    assert found.addresses == (("8.8.4.4", PORT + 1),)
    assert knocker.asked == [str(PORT + 1)]
    knocker.answer = "no 8.8.4.4"
    reach.look_again()
    wait_until(lambda: reach.report().level == "no")
    assert "nothing comes through" in reach.report().words


@pytest.mark.parametrize("answer", ["yes 127.0.0.1", "", "x" * 100_000, 404, 302, 503])
def test_a_server_that_proves_nothing(make_reach: MakeReach, knocker: Knocker, answer: str | int) -> None:
    knocker.answer = answer
    reach = make_reach(check=f"http://127.0.0.1:{knocker.port}/watch")
    reach.start(PORT)
    assert "Nobody outside has checked" in settled(reach).words
    assert len(knocker.asked) == 1


def test_a_server_outside_that_is_not_there(make_reach: MakeReach) -> None:
    reach = make_reach(check="http://127.0.0.1:9")
    reach.start(PORT)
    assert settled(reach).level == "unknown"


@pytest.mark.expects_warnings
def test_an_address_of_a_server_that_is_none(make_reach: MakeReach) -> None:
    reach = make_reach(check="ftp://x")
    reach.start(PORT)
    assert settled(reach).level == "unknown"


# -- which routers there are -------------------------------------------------------------------------------------------


async def test_this_machines_own_routers_can_be_looked_up() -> None:
    from player.net.gateway import _said, default_gateways

    assert all(address.count(".") == 3 for address in await default_gateways())
    assert await _said("/nowhere/route") == ""
    assert "gate" in await _said("/bin/echo", "gateway: 192.168.1.1")


@pytest.mark.parametrize("system", ["win32", "darwin"])
async def test_systems_that_are_asked_by_a_program(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    from player.net import gateway

    asked = []
    said = {"win32": "0.0.0.0 0.0.0.0 192.168.1.1 192.168.1.5 25\n", "darwin": "gateway: 192.168.1.1\n"}

    async def say(*command: str) -> str:
        asked.append(command)
        return said[system]

    monkeypatch.setattr(gateway.sys, "platform", system)
    monkeypatch.setattr(gateway, "_said", say)
    assert await gateway.default_gateways() == ("192.168.1.1",)
    assert asked


async def test_a_network_without_a_way_out_has_no_upnp(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("unreachable")

    monkeypatch.setattr(asyncio.get_running_loop(), "create_datagram_endpoint", refuse)
    with contextlib.suppress(router_datagrams.SilentError):
        await router_datagrams.DatagramRouter("127.0.0.1").open(1, 1)
        raise AssertionError("nobody can have answered")
    assert await router_upnp.find_upnp_routers() == []
