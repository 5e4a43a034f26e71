"""Joining, coming back, leaving, being lost; the roster; how a room without people ends."""

import pytest

from server.core import protocol
from server.core.protocol import Pause, Roster, RosterEntry, Seek, Welcome, micros
from server.core.room import next_deadline
from server.core.room_state import Admit, Cut, Dissolve, Due, Refuse, RoomPolicy, Send
from server.core.timeline import PeerId
from tests.fakes.rooms import stage_of, watching

# -- coming -----------------------------------------------------------------------------------------------------------


def test_who_joins_is_told_all_there_is_to_know() -> None:
    stage = watching("Ana")
    stage.skip(5.0)
    stage.join("Ben")
    assert stage.outbox[0] == Admit(PeerId("ben"), PeerId("ben"))
    assert stage.told["ben"][0] == Welcome(
        peer="ben",
        name="Ben",
        token="token of ben",
        epoch="epoch",
        room_us=micros(stage.now),
        item=stage.room.item,
        timeline=protocol.state_timeline(stage.timeline),
        roster=Roster(
            members=(
                RosterEntry(peer="ana", name="Ana", here=True, ready=True, role="host", copy="same"),
                RosterEntry(peer="ben", name="Ben", here=True, ready=False),
            )
        ),
    )
    assert set(stage.roster("ana")) == {"Ana", "Ben"}


@pytest.mark.parametrize("is_playing", [True, False])
def test_who_joins_late_does_not_move_the_room(is_playing: bool) -> None:
    stage = watching("Ana")
    if not is_playing:
        stage.command("ana", Pause())
    before = stage.room.schedule
    stage.join("Ben")
    assert stage.room.schedule == before


def test_who_joins_during_a_wait_is_not_waited_for() -> None:
    stage = watching("Ana")
    stage.command("ana", Seek(media_us=0))
    stage.join("Ben")
    assert stage.stated("ben").waiting == ("ana",)
    stage.ready("ana")
    assert stage.timeline.state == "playing"


def test_nobody_is_called_like_another() -> None:
    stage = stage_of("Ana")
    stage.join_as("other", protocol.Hello(version=protocol.VERSION, room="Cinema", name="ANA"))
    assert set(stage.roster("other")) == {"Ana", "ANA 2"}


def test_the_name_of_who_was_lost_is_kept_for_them() -> None:
    stage = stage_of("Ben", "Ana")
    stage.lose("ana")
    stage.join("Ana ")  # another peer, for the blank
    assert [member.name for member in stage.room.members] == ["Ben", "Ana", "Ana 2"]


def test_a_controller_is_in_no_roster_and_hears_what_happens() -> None:
    stage = watching("Ana")
    stage.join("Remote", role="controller")
    assert stage.stated("remote").revision == stage.room.revision
    assert set(stage.roster("remote")) == {"Ana"}
    stage.command("ana", Pause())
    assert stage.stated("remote").state == "paused"
    stage.join("", role="controller")
    assert stage.room.members[-1].name == "Remote control"


def test_a_controller_that_goes_or_is_lost_is_gone() -> None:
    stage = stage_of("Ana")
    for end in (stage.lose, stage.leave):
        stage.join("Remote", role="controller")
        told = len(stage.told["ana"])
        end("remote")
        assert [member.name for member in stage.room.members] == ["Ana"]
        assert len(stage.told["ana"]) == told


def test_a_full_room_turns_people_away_but_not_its_own() -> None:
    stage = stage_of("Ana", "Ben", policy=RoomPolicy(members_most=2, controllers_most=1))
    stage.join("Cem")
    (outcome,) = stage.outbox
    assert isinstance(outcome, Refuse)
    assert outcome.refusal.code == "full"
    stage.join("Ana", token="token of ana")  # on a second connection
    assert Admit(PeerId("ana"), PeerId("ana")) in stage.outbox
    stage.join("One", role="controller")
    stage.join("Two", role="controller")
    assert isinstance(stage.outbox[0], Refuse)
    stage.lose("ana")
    stage.join("Cem")
    stage.join("Ana", token="token of ana")  # her place was taken meanwhile
    assert isinstance(stage.outbox[0], Refuse)


# -- back by token ----------------------------------------------------------------------------------------------------


def test_who_comes_back_by_token_is_the_same_person_and_nobody_waits() -> None:
    stage = watching()
    stage.lose("ben")
    stage.skip(30.0)
    before = stage.room.schedule
    stage.join("Somebody", token="token of ben")
    welcome = stage.last("ben", Welcome)
    assert isinstance(welcome, Welcome)
    assert (welcome.peer, welcome.name, welcome.token) == ("ben", "Ben", "token of ben")
    assert stage.room.schedule == before
    assert stage.roster("ana")["Ben"].here
    assert len(stage.room.members) == 2


def test_who_is_back_after_a_long_silence_is_not_silent() -> None:
    stage = watching()
    stage.lose("ben")
    stage.wait(60.0)
    stage.join("Ben", token="token of ben")
    stage.apply(Due())
    assert stage.cut == []


def test_an_older_connection_of_who_is_back_is_cut_first() -> None:
    stage = watching()
    stage.join("Ben", token="token of ben")
    assert stage.outbox[:2] == (Cut(PeerId("ben")), Admit(PeerId("ben"), PeerId("ben")))


def test_who_was_held_for_and_is_back_is_still_waited_for() -> None:
    stage = watching()
    stage.command("ana", Seek(media_us=0))
    stage.ready("ana")
    stage.join("Ben", token="token of ben")  # its path was dead, nobody knew
    assert stage.timeline.waiting == ("ben",)
    stage.ready("ben")
    assert stage.timeline.state == "playing"


def test_who_comes_back_after_a_seek_while_lost_causes_no_wait() -> None:
    stage = watching()
    stage.lose("ben")
    stage.command("ana", Seek(media_us=micros(500.0)))
    stage.ready("ana")
    stage.now = stage.timeline.room_time
    stage.join("Ben", token="token of ben")
    stage.stall("ben")
    assert stage.shape == ("playing", 500.0)


@pytest.mark.parametrize("token", ["", "wrong", "tök\ud800en"])
def test_a_wrong_token_makes_somebody_new(token: str) -> None:
    stage = stage_of("Ana")
    stage.join("Ben", token=token)
    assert len(stage.room.members) == 2


def test_a_members_token_makes_no_controller() -> None:
    stage = stage_of("Ana")
    stage.join("Remote", token="token of ana", role="controller")
    assert [member.kind for member in stage.room.members] == ["member", "controller"]


# -- going ------------------------------------------------------------------------------------------------------------


def test_who_leaves_is_gone_and_so_is_the_token() -> None:
    stage = watching()
    stage.leave("ben")
    assert stage.cut == ["ben"]
    stage.wait(1.0)
    assert set(stage.roster("ana")) == {"Ana"}
    stage.join("Ben ", token="token of ben")
    assert stage.room.members[-1].peer == "ben "


@pytest.mark.parametrize("way", ["lose", "leave"])
def test_who_goes_is_waited_for_no_longer(way: str) -> None:
    stage = watching("Ana", "Ben", "Cem")
    stage.command("ana", Seek(media_us=0))
    stage.ready("ana")
    getattr(stage, way)("cem")
    assert stage.timeline.waiting == ("ben",)
    getattr(stage, way)("ben")
    assert stage.timeline.state == "playing"
    assert stage.stated("ana").why == "gone"


def test_who_goes_does_not_move_a_film_that_plays() -> None:
    stage = watching()
    before = stage.room.schedule
    stage.lose("ben")
    stage.leave("ben")
    assert stage.room.schedule == before
    assert not stage.roster("ana")["Ben"].here


def test_who_is_silent_for_long_is_held_as_lost_and_cut() -> None:
    stage = watching()
    stage.wait(60.0)
    assert all(member.is_here for member in stage.room.members)
    heard = stage.now
    for _ in range(4):
        stage.skip(5.0)
        stage.say("ana", protocol.ClockRequest(t0_us=0))
        deadline = next_deadline(stage.room)
        assert deadline is not None
        if deadline <= stage.now:
            break
    stage.until_due()
    assert stage.now - heard == pytest.approx(stage.room.policy.silence)
    assert stage.cut == ["ben"]
    assert not stage.roster("ana")["Ben"].here
    assert [member.peer for member in stage.room.present] == ["ana"]


def test_a_controller_may_be_silent() -> None:
    stage = stage_of("Ana")
    stage.join("Remote", role="controller")
    stage.wait(60.0)
    assert len(stage.room.everyone) == 2


@pytest.mark.parametrize("peer", ["nobody", "ben"])
def test_what_somebody_says_who_is_not_here_is_passed_over(peer: str) -> None:
    stage = watching()
    stage.lose("ben")
    before = stage.room
    for message in (
        protocol.Command(id="1", revision=0, item="1", action=Pause()),
        protocol.Ready(revision=1),
        protocol.Leave(),
    ):
        stage.say(peer, message)
        assert stage.outbox == ()
    stage.lose(peer)
    assert stage.outbox == ()
    assert stage.room == before


def test_who_was_lost_long_ago_is_in_the_roster_no_more_but_may_come_back() -> None:
    stage = watching()
    stage.lose("ben")
    stage.wait(stage.room.policy.listed - 1.0)
    assert set(stage.roster("ana")) == {"Ana", "Ben"}
    stage.wait(2.0)
    assert set(stage.roster("ana")) == {"Ana"}
    stage.join("Ben", token="token of ben")
    stage.wait(1.0)
    assert stage.roster("ana")["Ben"].here
    assert len(stage.room.members) == 2


def test_so_many_lost_are_listed_and_so_many_tokens_kept() -> None:
    stage = stage_of("Ana", policy=RoomPolicy(lost_listed_most=1, lost_most=2))
    for name in ("Ben", "Cem", "Dia"):
        stage.join(name)
        stage.skip(1.0)
        stage.lose(name.lower())
    stage.wait(1.0)
    assert set(stage.roster("ana")) == {"Ana", "Dia"}
    assert [member.name for member in stage.room.members] == ["Ana", "Cem", "Dia"]


def test_a_crowd_that_comes_and_goes_does_not_push_the_host_out() -> None:
    stage = stage_of("Ana", "Olga", policy=RoomPolicy(lost_most=3))
    stage.command("ana", protocol.Grant(peer="olga", role="operator"))
    stage.command("ana", protocol.SetRules(persists=True))
    stage.lose("olga")
    stage.lose("ana")
    for name in ("Ben", "Cem", "Dia", "Eva"):
        stage.join(name)
        stage.skip(1.0)
        stage.lose(name.lower())
    assert [member.name for member in stage.room.members] == ["Ana", "Olga", "Eva"]
    stage.join("Ana", token="token of ana")
    assert stage.room.present[0].role == "host"


# -- without people ---------------------------------------------------------------------------------------------------


def test_a_room_that_all_have_left_is_kept_for_a_while() -> None:
    stage = stage_of("Ana")
    stage.leave("ana")
    left = stage.now
    stage.wait(1.0)
    assert next_deadline(stage.room) == left + stage.room.policy.empty
    stage.until_due()
    assert stage.outbox[-1] == Dissolve()


def test_a_room_whose_people_are_lost_is_kept_for_longer() -> None:
    stage = stage_of("Ana", "Ben")
    stage.leave("ana")
    stage.lose("ben")
    stage.wait(stage.room.policy.abandoned - 1.0)
    assert Dissolve() not in stage.outbox
    stage.join("Ben", token="token of ben")
    stage.wait(stage.room.policy.abandoned)
    assert Dissolve() not in stage.outbox
    stage.lose("ben")
    stage.wait(stage.room.policy.abandoned)
    assert stage.outbox[-1] == Dissolve()


def test_a_controller_alone_keeps_no_room() -> None:
    stage = stage_of("Ana")
    stage.join("Remote", role="controller")
    stage.leave("ana")
    stage.wait(1.0)
    stage.until_due()
    assert [type(outcome) for outcome in stage.outbox] == [Send, Cut, Dissolve]
    assert stage.cut == ["remote"]
    assert isinstance(stage.last("remote", protocol.Closing), protocol.Closing)


def test_a_room_into_which_only_a_controller_has_come_ends_soon() -> None:
    stage = stage_of()
    stage.join("Remote", role="controller")
    stage.until_due()
    assert stage.outbox[-1] == Dissolve()


def test_who_comes_into_a_room_that_stands_empty_finds_it_as_it_was() -> None:
    stage = watching("Ana")
    stage.command("ana", Pause())
    stage.leave("ana")
    stage.skip(stage.room.policy.empty + 1.0)  # the timer is late
    place = stage.timeline
    stage.join("Ben")
    assert stage.timeline == place
    stage.wait(60.0)
    assert Dissolve() not in stage.outbox


def test_when_all_are_lost_the_film_plays_on_as_they_do() -> None:
    stage = watching(at=10.0)
    stage.lose("ana")
    stage.lose("ben")
    stage.wait(60.0)
    assert stage.timeline.state == "playing"
    stage.join("Ana", token="token of ana")
    assert stage.place == pytest.approx(70.0)
    stage.wait(600.0)
    assert stage.timeline.state == "playing"


def test_when_nobody_comes_back_the_film_stands_where_the_last_left_it() -> None:
    stage = watching(at=10.0)
    stage.lose("ana")
    stage.skip(5.0)
    stage.lose("ben")
    stage.wait(stage.room.policy.unwatched + 60.0)
    assert stage.shape == ("paused", 15.0)
    stage.join("Ben", token="token of ben")
    assert stage.stated("ben").state == "paused"
    assert stage.stated("ben").why is None


def test_a_film_that_a_controller_started_for_nobody_stands_at_its_start_again() -> None:
    stage = watching(at=10.0)
    stage.join("Remote", role="controller")
    stage.lose("ana")
    stage.lose("ben")
    stage.wait(60.0)
    stage.command("remote", Seek(media_us=micros(500.0)))
    stage.wait(stage.room.policy.unwatched - 1.0)
    assert stage.timeline.state == "playing"
    stage.wait(2.0)
    assert stage.shape == ("paused", 500.0)


def test_when_all_are_lost_during_a_wait_it_is_over() -> None:
    stage = watching()
    stage.command("ana", Seek(media_us=0))
    stage.lose("ana")
    stage.lose("ben")
    assert stage.timeline.state == "playing"
