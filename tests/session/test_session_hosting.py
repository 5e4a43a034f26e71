"""A room of one's own: starting its server, and what may come between."""

from __future__ import annotations

import pytest

from player.core.view import HostRoom, LeaveRoom, WantPlay
from tests.fakes.stand import Stand
from tests.fakes.waiting import until


async def test_hosting_starts_a_server_and_joins_it_by_the_hosts_own_way(stand: Stand) -> None:
    stand.session.act(HostRoom("Friday"))
    await until(lambda: bool(stand.links and stand.links[-1].connected))
    assert stand.links[-1].connected == [(stand.host.own_invite(), "Ana")]
    stand.session.act(LeaveRoom())
    await until(lambda: stand.host.stops == 1)
    assert len(stand.solos) == 2


async def test_a_host_that_can_not_start_is_said(stand: Stand) -> None:
    stand.host.refuses = "Port 8998 is taken by another program: choose another one."
    stand.session.act(HostRoom("Friday"))
    await until(lambda: bool(stand.complaints))
    assert stand.complaints == [stand.host.refuses]
    assert stand.screen.view.link == "alone"
    assert stand.telemetry.of("error")[0]["what"] == stand.host.refuses


@pytest.mark.expects_warnings
async def test_a_fault_of_ours_while_hosting_is_said(stand: Stand) -> None:
    stand.host.fault = RuntimeError("a fault")
    stand.session.act(HostRoom("Friday"))
    await until(lambda: bool(stand.complaints))
    assert "log" in stand.complaints[0]
    assert stand.screen.view.link == "alone"


async def test_a_hosted_server_that_dies_is_said(stand: Stand) -> None:
    stand.session.act(HostRoom("Friday"))
    await until(lambda: bool(stand.links))
    stand.host.has_ended = True
    stand.session.wake()
    await until(lambda: bool(stand.complaints))
    assert "stopped" in stand.complaints[0]
    assert stand.screen.view.link == "alone"


async def test_the_room_before_is_left_when_hosting_begins(stand: Stand) -> None:
    link = await stand.join()
    stand.host.may_start.clear()
    stand.session.act(HostRoom("Saturday"))
    link.report(stand.welcome(), stand.exchange())  # it came back just then
    await until(lambda: link.is_closed)
    await stand.tick()
    assert stand.screen.view.link == "connecting"
    stand.session.act(WantPlay())
    stand.has_slept = True
    await stand.tick()
    stand.has_slept = False
    stand.host.may_start.set()
    await until(lambda: bool(stand.links[-1].connected) and stand.links[-1] is not link)
    assert link.bursts == 0


async def test_being_alone_for_a_moment_does_not_come_between_leaving_and_hosting(stand: Stand) -> None:
    await stand.join()
    stand.host.may_start.clear()
    stand.session.act(LeaveRoom())
    stand.session.act(HostRoom("Saturday"))
    stand.solos[-1].report(stand.welcome(epoch="solo"))
    await stand.tick()
    assert stand.screen.view.link == "connecting"


async def test_a_second_wish_to_host_takes_the_place_of_the_first(stand: Stand) -> None:
    stand.host.may_start.clear()
    stand.session.act(HostRoom("Friday"))
    await until(lambda: stand.host.starts == ["Friday"])
    stand.session.act(LeaveRoom())
    stand.session.act(HostRoom("Sunday"))
    stand.session.act(LeaveRoom())
    stand.session.act(HostRoom("Saturday"))
    await until(lambda: stand.host.starts == ["Friday", "Saturday"])
    assert (stand.host.cancelled, stand.host.stops) == (1, 2)
    assert stand.session.seat.is_hosting
    stand.host.may_start.set()
    await until(lambda: bool(stand.links and stand.links[-1].connected))
    assert stand.links[-1].connected[0][0].room == "Saturday"
    assert stand.host.stops == 2
    assert not stand.complaints


async def test_a_server_that_has_died_is_not_the_one_that_is_being_started(stand: Stand) -> None:
    stand.host.may_start.clear()
    stand.host.has_ended = True  # the one before
    stand.session.act(HostRoom("Friday"))
    await until(lambda: stand.host.starts == ["Friday"])
    await stand.tick()
    assert stand.session.seat.is_hosting
    assert not stand.complaints


async def test_closing_does_not_wait_for_a_server_that_is_being_started(stand: Stand) -> None:
    stand.host.may_start.clear()
    stand.session.act(HostRoom("Friday"))
    await until(lambda: stand.host.starts == ["Friday"])
    await stand.session.close()
    assert stand.host.cancelled == 1
    assert not stand.complaints


async def test_a_server_that_does_not_start_is_no_matter_to_who_has_closed(stand: Stand) -> None:
    stand.host.may_start.clear()
    stand.session.act(HostRoom("Friday"))
    await until(lambda: stand.host.starts == ["Friday"])
    stand.host.refuses = "The room's server has stopped while it started: try again, or see the log."
    stand.host.may_start.set()
    await stand.session.close()
    assert not stand.complaints
