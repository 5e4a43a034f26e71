"""A call beside the film, one condition a test: what the processes of the call are told of each other."""

from __future__ import annotations

import pytest

from player.core.call_pipe import CallEnded, CallSignalled, Company, Member, PeerSignalled, RoomLine
from player.core.call_view import JoinCall, LeaveCall, SwitchCamera
from player.core.view import LeaveRoom
from server.core import protocol
from server.core.room_state import RoomPolicy
from tests.fakes.call import FakeCall
from tests.simulation.cinema import Cinema
from tests.simulation.conftest import FAR, NEAR, assert_together, two_watching
from tests.simulation.player import SimulatedPlayer


def companies(player: SimulatedPlayer) -> list[Company]:
    return [piece for piece in player.calls[-1].told if isinstance(piece, Company)]


def sees(player: SimulatedPlayer, *others: SimulatedPlayer) -> bool:
    """Its process knows exactly these, as they call themselves now."""
    if not player.calls or not companies(player):
        return False
    company = companies(player)[-1]
    return company.joined and {member.peer for member in company.members} == {other.seat.me for other in others}


def two_in_call(cinema: Cinema) -> tuple[SimulatedPlayer, SimulatedPlayer]:
    ana, ben = two_watching(cinema)
    for player in (ana, ben):
        cinema.do(lambda player=player: player.act(JoinCall()))  # type: ignore[misc]
    cinema.until(lambda: sees(ana, ben) and sees(ben, ana), 2.0, "both are in the call")
    return ana, ben


def only_member(player: SimulatedPlayer) -> Member:
    (member,) = companies(player)[-1].members
    return member


def test_signals_come_after_who_sends_them(cinema: Cinema) -> None:
    """Who is offered a connection knows by whom: else the offer would be lost."""
    ana, ben = two_watching(cinema)
    offer = protocol.Hangup()

    def call_at_once(player: SimulatedPlayer, other: SimulatedPlayer) -> None:
        player.act(JoinCall())
        fake = player.calls[-1]
        tell = fake.tell

        def speak(piece: object) -> None:
            tell(piece)  # type: ignore[arg-type]
            if isinstance(piece, Company) and piece.members:
                fake.says(CallSignalled(signal=protocol.Signal(to=other.seat.me, attempt="a", what=offer)))

        fake.tell = speak  # type: ignore[method-assign, assignment]

    cinema.do(lambda: call_at_once(ana, ben))
    cinema.do(lambda: call_at_once(ben, ana))
    for player, other in ((ana, ben), (ben, ana)):
        cinema.until(lambda player=player: heard(player) != [], 3.0, "the signal has come")  # type: ignore[misc]
        told = player.calls[-1].told
        known = next(index for index, piece in enumerate(told) if isinstance(piece, Company) and piece.members)
        signalled = next(index for index, piece in enumerate(told) if isinstance(piece, PeerSignalled))
        assert known < signalled
        assert heard(player)[0].peer == other.seat.me


def heard(player: SimulatedPlayer) -> list[protocol.Signalled]:
    return [piece.signal for piece in player.calls[-1].told if isinstance(piece, PeerSignalled)]


def test_a_call_leaves_the_film_alone(cinema: Cinema) -> None:
    ana, _ = two_in_call(cinema)
    cinema.do(lambda: ana.act(SwitchCamera(True)))
    assert_together(cinema.watch(5.0))
    assert cinema.seeks == {"Ana": 0, "Ben": 0}


@pytest.mark.parametrize("kind", ["black hole", "reset"])
@pytest.mark.parametrize("seconds", [5.0, 30.0])
def test_link_cut(cinema: Cinema, kind: str, seconds: float) -> None:
    """Media goes from member to member: nobody's connections are touched when the link to the room is."""
    ana, ben = two_in_call(cinema)
    before = companies(ana)[-1], companies(ben)[-1]
    if kind == "reset":
        ben.route.refuses = True
        cinema.do(ben.route.reset)
    else:
        ben.route.is_hole = True
    cinema.run(1.0)
    cinema.do(lambda: ben.act(SwitchCamera(True)))
    cinema.run(seconds - 1.0)
    if kind == "reset":
        ben.route.refuses = False
    else:
        ben.route.is_hole = False
    cinema.until(lambda: ben.seat.link == "joined", 3.0, "Ben is back")
    cinema.until(lambda: only_member(ana).camera, 2.0, "Ana knows what Ben has done meanwhile")
    assert companies(ben)[-1] == before[1]
    assert only_member(ana).serial == before[0].members[0].serial
    cinema.run(10.0)
    assert ben.seat.call.stage == ana.seat.call.stage == "in"


def test_server_begins_anew(cinema: Cinema) -> None:
    """Everybody is somebody else then, and in the call again without a word of theirs."""
    ana, ben = two_in_call(cinema)
    cinema.do(cinema.authority.stop)
    cinema.run(2.0)
    cinema.do(cinema.authority.restart)
    cinema.until(lambda: sees(ana, ben) and sees(ben, ana), 10.0, "both are in the call again")
    assert len(ana.calls) == len(ben.calls) == 1


def test_room_clock_of_the_process(cinema: Cinema) -> None:
    """What a picture's age is measured by: the player's own, within half a millisecond, however it is slewed."""
    ana, ben = two_in_call(cinema)
    errors = []
    for _ in range(100):
        cinema.run(0.13)
        for player in (ana, ben):
            line = player.calls[-1].newest(RoomLine)
            now = player.machine.now()
            room = line.room + (now - line.local) * line.rate
            errors.append(abs(room - now - player.room_clock.offset_at(now)))
    assert max(errors) <= 0.0006


def test_process_dies(cinema: Cinema) -> None:
    """Others connect with the new one; the one who has died connects with nobody before they know."""
    ana, ben = two_in_call(cinema)
    serial = only_member(ana).serial
    count = len(companies(ben))
    cinema.do(lambda: ben.calls[-1].says(CallEnded("The call has crashed and is started again.")))
    cinema.until(lambda: only_member(ana).serial > serial, 2.0, "Ana knows")
    cinema.until(lambda: sees(ben, ana), 2.0, "Ben is told to connect")
    assert [company.joined for company in companies(ben)[count:]] == [False, True]
    assert_together(cinema.watch(3.0))


def test_leaving(cinema: Cinema) -> None:
    ana, ben = two_in_call(cinema)
    cinema.do(lambda: ben.act(LeaveCall()))
    cinema.until(lambda: sees(ana), 2.0, "Ana is alone in the call")
    cinema.do(lambda: ben.act(JoinCall()))
    cinema.until(lambda: sees(ana, ben) and sees(ben, ana), 2.0, "both are in the call")
    assert len(ben.calls) == 2
    cinema.do(lambda: ben.act(LeaveRoom()))
    cinema.until(lambda: sees(ana), 2.0, "Ana is alone in the call")


def test_a_call_that_is_full(cinema: Cinema) -> None:
    """Whoever finds no place is told so and is out of it again, with nothing captured."""
    most = RoomPolicy().call_most
    players = [cinema.player(f"P{number}", up=NEAR, down=NEAR) for number in range(most)]
    late = cinema.player("Late", up=FAR, down=FAR)
    cinema.gather(*players, late)
    for player in (*players, late):
        cinema.do(lambda player=player: player.act(JoinCall()))  # type: ignore[misc]
        cinema.run(0.5)
    cinema.until(lambda: late.calls != [] and late.calls[-1].is_closed, 10.0, "its process has ended")
    assert late.seat.call.stage == "off"
    assert all(player.seat.call.is_seated for player in players)


def test_fakes_are_as_strict_as_a_process() -> None:
    fake = FakeCall()
    fake.close()
    with pytest.raises(AssertionError):
        fake.tell(Company())
