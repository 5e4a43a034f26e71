"""The session and the process of the call: started when a person asks, ended when nobody wants it, never in the way."""

from __future__ import annotations

from player.core import call_view as wish
from player.core.call_pipe import (
    CallEnded,
    CallTold,
    Company,
    NetworkChanged,
    Own,
    PeerFigures,
    Pressure,
    RoomLine,
)
from player.core.news import Received
from player.core.view import LeaveRoom
from player.ports import TilePicture
from server.core import protocol
from tests.fakes.call import FakeCall
from tests.fakes.ports import FakeLink
from tests.fakes.stand import OFFSET, Stand
from tests.fakes.waiting import until

ANA = protocol.RosterEntry(peer="p2", name="Ben", here=True, ready=True, call=protocol.CallSeat(serial=1, camera=True))


async def in_call(stand: Stand) -> tuple[FakeLink, FakeCall]:
    link = await stand.join()
    stand.session.act(wish.JoinCall())
    said = next(message for message in link.sent if isinstance(message, protocol.InCall))
    me = protocol.RosterEntry(peer="p1", name="Ana", here=True, ready=True, call=protocol.CallSeat(serial=said.serial))
    link.report(Received(protocol.Roster(members=(me, ANA))))
    await until(lambda: stand.screen.view.call.state == "in")
    return link, stand.calls[-1]


async def test_there_is_no_process_before_the_person_asks(stand: Stand) -> None:
    await stand.join()
    await stand.tick()
    assert stand.calls == []
    assert stand.session.tiles.tile("", 0) is None
    stand.session.act(wish.OpenLobby())
    assert stand.calls[-1].newest(Own) == Own(name="Ana")


async def test_in_the_call_voices_go_out_with_the_film(stand: Stand) -> None:
    _, call = await in_call(stand)
    assert call.newest(Company).members[0].name == "Ben"
    assert [each for each in stand.playback.calls if each[0] == "voices"][-1] == ("voices", call)
    stand.session.act(wish.LeaveCall())
    assert [each for each in stand.playback.calls if each[0] == "voices"][-1] == ("voices", None)
    await until(lambda: call.is_closed)


async def test_the_window_sees_the_pictures_of_whatever_process_there_is(stand: Stand) -> None:
    _, call = await in_call(stand)
    picture = TilePicture(1, 2, 2, b"\0" * 16)
    call.pictures["p2"] = picture
    tiles = stand.session.tiles
    assert tiles.tile("p2", 0) == picture
    assert tiles.tile("p2", 1) is None
    stand.session.act(wish.LeaveCall())
    assert tiles.tile("p2", 0) is None


async def test_a_process_begins_when_the_one_before_has_let_go_of_the_camera(stand: Stand) -> None:
    _, call = await in_call(stand)
    call.may_close.clear()
    stand.session.act(wish.LeaveCall())
    stand.session.act(wish.JoinCall())
    stand.session.act(wish.SwitchCamera(True))
    await stand.tick()
    assert stand.calls == [call]
    call.may_close.set()
    await until(lambda: len(stand.calls) == 2)
    assert call.is_closed
    assert stand.calls[-1].newest(Own).camera_on
    assert [each for each in stand.playback.calls if each[0] == "voices"][-1] == ("voices", stand.calls[-1])


async def test_one_that_is_not_wanted_any_more_does_not_begin(stand: Stand) -> None:
    _, call = await in_call(stand)
    call.may_close.clear()
    stand.session.act(wish.LeaveCall())
    stand.session.act(wish.OpenLobby())
    stand.session.act(wish.CloseLobby())
    call.may_close.set()
    await until(lambda: call.is_closed)
    await stand.tick()
    assert stand.calls == [call]


async def test_leaving_the_room_ends_the_process_and_so_does_the_end(stand: Stand) -> None:
    _, call = await in_call(stand)
    stand.session.act(LeaveRoom())
    await until(lambda: call.is_closed)
    stand.session.act(wish.OpenLobby())
    await until(lambda: len(stand.calls) == 2)
    await stand.session.close()
    assert stand.calls[-1].is_closed


async def test_the_process_knows_room_time_and_how_the_film_does(stand: Stand) -> None:
    _, call = await in_call(stand)
    await until(lambda: any(isinstance(piece, RoomLine) for piece in call.told))
    line = call.newest(RoomLine)
    assert abs(line.room - line.local - OFFSET) < 1e-6
    assert abs(line.rate - 1.0) < 1e-3
    stand.playback.dropped, stand.playback.late = 5, 2
    stand.clock.time += 1.5
    await until(lambda: any(isinstance(piece, Pressure) for piece in call.told))
    assert call.newest(Pressure) == Pressure(dropped=5, late=2)


async def test_after_sleep_or_on_another_network_connections_are_made_anew(stand: Stand) -> None:
    link, call = await in_call(stand)
    stand.has_moved = True
    await until(lambda: NetworkChanged() in call.told)
    stand.has_moved = False
    call.told.clear()
    stand.has_slept = True
    await until(lambda: NetworkChanged() in call.told)
    assert link.bursts > 0


async def test_a_process_that_dies_is_a_notice_and_the_film_goes_on(stand: Stand) -> None:
    link, call = await in_call(stand)
    targets = len(stand.playback.targets)
    call.says(CallEnded("The call has crashed and is started again."))
    await until(lambda: any("crashed" in notice.words for notice in stand.screen.view.notices))
    assert stand.complaints == []
    assert len(stand.playback.targets) == targets
    serials = [message.serial for message in link.sent if isinstance(message, protocol.InCall)]
    assert len(set(serials)) == 2


async def test_whoever_speaks_lowers_the_film(stand: Stand) -> None:
    _, call = await in_call(stand)
    call.says(CallTold(peers=(PeerFigures("p2", "connected", is_speaking=True),)))
    await until(lambda: any(each[0] == "duck" and each[1] < 1.0 for each in stand.playback.calls))


async def test_each_member_of_the_call_has_a_line_a_second(stand: Stand) -> None:
    _, call = await in_call(stand)
    figures = PeerFigures("p2", "connected", level=0.5, fps=15.0, width=320, height=240, age=0.25)
    call.says(CallTold(peers=(figures, PeerFigures("p3", "connecting"))))
    await until(lambda: len(stand.telemetry.of("tile")) == 2)
    first, second = stand.telemetry.of("tile")
    assert {key: first[key] for key in ("peer", "video_fps", "audio_level", "width", "height", "age_ms")} == {
        "peer": "p2",
        "video_fps": 15.0,
        "audio_level": 0.5,
        "width": 320,
        "height": 240,
        "age_ms": 250.0,
    }
    assert second["age_ms"] is None
    await stand.tick()
    await stand.tick()
    assert len(stand.telemetry.of("tile")) == 2
    stand.clock.time += 1.0
    await until(lambda: len(stand.telemetry.of("tile")) == 4)
