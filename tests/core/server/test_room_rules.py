"""Rules of a room: who may do what, and what is kept."""

import pytest

from server.core import protocol
from server.core.protocol import Accepted, Add, NewEntry, Pause, Play, Refused, Rules, SetPassword, SetRules
from server.core.room import next_deadline
from server.core.room_state import Dissolve, Due, Join, Refuse
from server.core.timeline import PeerId
from tests.fakes.rooms import stage_of, watching

FILM = Add(entries=(NewEntry(title="Film"),))


def test_everybody_may_play_among_friends() -> None:
    stage = watching()
    assert isinstance(stage.command("ben", Pause()), Accepted)


def test_where_operators_control_a_guest_is_told_whom_to_ask() -> None:
    stage = watching()
    stage.command("ana", SetRules(control="operators"))
    answer = stage.command("ben", Pause())
    assert isinstance(answer, Refused)
    assert answer.code == "forbidden"
    assert answer.words == "Only operators may play and pause in this room: ask Ana."
    assert isinstance(stage.command("ana", Pause()), Accepted)
    stage.command("ana", protocol.Grant(peer="ben", role="operator"))
    assert isinstance(stage.command("ben", Play()), Accepted)


def test_the_playlist_has_a_rule_of_its_own() -> None:
    stage = stage_of("Ana", "Ben")
    stage.command("ana", SetRules(playlist="operators"))
    answer = stage.command("ben", FILM, revision=stage.room.playlist.revision)
    assert isinstance(answer, Refused)
    assert answer.code == "forbidden"
    assert isinstance(stage.command("ana", FILM, revision=stage.room.playlist.revision), Accepted)


def test_a_guest_changes_no_rules() -> None:
    stage = stage_of("Ana", "Ben")
    answer = stage.command("ben", SetRules(control="operators"))
    assert isinstance(answer, Refused)
    assert stage.room.rules == Rules()


def test_a_rule_is_told_to_all_and_only_if_it_changes() -> None:
    stage = stage_of("Ana", "Ben")
    stage.command("ana", SetRules(waits=False))
    assert stage.last("ben", Rules) == Rules(waits=False)
    stage.command("ana", SetRules(waits=False))
    assert len(stage.all("ben", Rules)) == 1


def test_a_listed_room_is_its_operators_unless_they_say_otherwise() -> None:
    stage = stage_of("Ana")
    stage.command("ana", SetRules(listed=True))
    assert stage.room.rules.control == "operators"
    stage.command("ana", SetRules(control="all"))
    stage.command("ana", SetRules(listed=True))
    assert stage.room.rules.control == "all"
    other = stage_of("Ana")
    other.command("ana", SetRules(listed=True, control="all"))
    assert other.room.rules.control == "all"


def test_nobody_is_waited_for_who_runs_dry_where_the_room_does_not_wait() -> None:
    stage = watching()
    stage.command("ana", SetRules(waits=False))
    stage.skip(10.0)
    stage.say("ana", protocol.ClockRequest(t0_us=0))
    stage.stall("ben")
    assert stage.timeline.state == "playing"


def test_a_room_that_persists_ends_when_nobody_has_visited_it_for_long() -> None:
    stage = stage_of("Ana")
    stage.command("ana", SetRules(persists=True))
    stage.leave("ana")
    stage.skip(stage.room.policy.forsaken - 1.0)
    assert not any(isinstance(each, Dissolve) for each in stage.apply(Due()))
    stage.skip(1.0)
    assert any(isinstance(each, Dissolve) for each in stage.apply(Due()))


def test_a_room_that_persists_outlives_its_people() -> None:
    stage = stage_of("Ana")
    stage.command("ana", SetRules(persists=True))
    stage.leave("ana")
    stage.wait(100_000.0)
    assert next_deadline(stage.room) == stage.room.policy.forsaken + (stage.room.empty_since or 0.0)
    assert not any(isinstance(each, Dissolve) for each in stage.outbox)
    stage.join("Ben")
    assert stage.room.present[0].role == "guest"  # no stranger who comes at night becomes the host


def test_a_password_is_asked_of_who_is_new() -> None:
    stage = stage_of("Ana")
    stage.command("ana", SetPassword(password="hashed"))
    assert stage.room.rules.has_password
    hello = protocol.Hello(version=protocol.VERSION, room="Cinema", name="Ben")
    stage.join_as("ben", hello)
    refusal = stage.outbox[0]
    assert isinstance(refusal, Refuse)
    assert refusal.refusal.code == "password"
    stage.apply(Join(PeerId("ben"), "token of ben", hello, has_password=True))
    assert stage.room.member(PeerId("ben")) is not None
    stage.lose("ben")
    stage.join("Ben", token="token of ben")
    assert len(stage.room.present) == 2
    stage.command("ana", SetPassword(password=""))
    stage.join("Cem")
    assert not stage.room.rules.has_password
    assert len(stage.room.present) == 3


@pytest.mark.parametrize("is_maker", [True, False])
def test_who_makes_a_room_may_bring_its_password(is_maker: bool) -> None:
    stage = stage_of()
    hello = protocol.Hello(version=protocol.VERSION, room="Cinema", name="Ana")
    stage.apply(Join(PeerId("ana"), "t", hello, is_maker=is_maker, password="hashed"))
    assert (stage.room.password, stage.room.rules.has_password) == ("hashed", True)
    stage.apply(Join(PeerId("ben"), "u", hello, has_password=True, password="another"))
    assert stage.room.password == "hashed"
