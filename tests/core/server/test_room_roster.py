"""When the roster is told, and what it says."""

from server.core import protocol
from server.core.protocol import Pause, Play, Report, Roster, Welcome
from server.core.room_state import RoomPolicy
from tests.fakes.rooms import Stage, stage_of, watching


def test_the_roster_tells_what_members_reported() -> None:
    stage = watching()
    stage.say("ben", Report(asynchrony_us=-3000, delay_us=80_000, playout_us=1, dispersion_us=1))
    stage.wait(stage.room.policy.report_gap)
    entry = stage.roster("ana")["Ben"]
    assert (entry.asynchrony_us, entry.delay_us) == (-3000, 80_000)
    stage.say("ben", Report(delay_us=80_000, playout_us=1, dispersion_us=1))
    stage.wait(stage.room.policy.report_gap)
    assert stage.roster("ana")["Ben"].asynchrony_us is None


def test_a_flood_of_changes_is_few_rosters() -> None:
    stage = stage_of("Ana")
    before = len(stage.all("ana", Roster))
    for name in "BCDEFGHIJK":
        stage.join(name)
    stage.wait(1.0)
    assert len(stage.all("ana", Roster)) == before + 1
    assert len(stage.roster("ana")) == 11


def test_the_roster_says_who_is_ready() -> None:
    stage = stage_of("Ana", "Ben")
    stage.load("ana")
    stage.ready("ben")
    stage.wait(1.0)
    assert {name: entry.ready for name, entry in stage.roster("ana").items()} == {"Ana": False, "Ben": True}


def test_readiness_that_changes_nothing_is_not_told() -> None:
    stage = watching()
    stage.command("ana", Pause())
    stage.wait(1.0)
    stage.ready("ben")
    assert stage.outbox == ()
    assert stage.room.roster_due is None


def test_the_longest_welcome_and_timeline_fit_the_wire() -> None:
    policy = RoomPolicy(members_most=250)
    stage = Stage(policy)
    widest = "\U0001f600" * 29  # four bytes a sign; what stands behind makes each name another
    for index in range(policy.members_most + policy.lost_listed_most):
        peer = f"{index:016}"  # the server's ids are sixteen hexadecimal digits
        hello = protocol.Hello(version=protocol.VERSION, room="Cinema", name=f"{widest} {index}")
        stage.join_as(peer, hello)
        stage.say(peer, Report(asynchrony_us=-(2**53), delay_us=2**53, playout_us=1, dispersion_us=1))
        if index < policy.lost_listed_most:
            stage.lose(peer)
    assert len(stage.room.present) == policy.members_most
    newest = f"{policy.members_most + policy.lost_listed_most - 1:016}"
    stage.load(newest, title="\U0001f600" * protocol.MAX_TITLE)
    stage.command(newest, Play())
    stage.join_as(newest, protocol.Hello(version=protocol.VERSION, room="Cinema", token=f"token of {newest}"))
    welcome = stage.last(newest, Welcome)
    assert isinstance(welcome, Welcome)
    pages = [welcome.roster, *[each for each in stage.all(newest, Roster) if each.first][-12:]]
    assert sum(len(page.members) for page in pages if isinstance(page, Roster)) == 250 + policy.lost_listed_most
    assert all(stage.size_of(message) < protocol.MAX_MESSAGE_BYTES for message in stage.told[newest])
    assert len(welcome.timeline.waiting) == policy.members_most
    assert stage.size_of(welcome) < protocol.MAX_MESSAGE_BYTES
