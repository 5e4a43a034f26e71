"""A room that moves to another authority, or ends for all."""

import base64

from server.core import protocol
from server.core.protocol import Accepted, Bundle, Closing, EndRoom, Moved, MoveRoom, Notice, Pause, Refused, RoomMoved
from server.core.room_codec import read_bundle
from server.core.room_restoring import restore
from server.core.room_state import Cut, Dissolve
from server.core.timeline import RoomTime
from tests.fakes.rooms import Stage, watching

INVITE = "matinee://192.0.2.7:8998/Cinema?key=k"


def given(stage: Stage) -> bytes:
    """The bundle that Ben was sent."""
    parts = [each for each in stage.all("ben", Bundle) if isinstance(each, Bundle)]
    assert [part.part for part in parts] == list(range(parts[0].of))
    return base64.b64decode("".join(part.data for part in parts))


def test_a_room_moves_whole() -> None:
    stage = watching("Ana", "Ben", "Cem", at=100.0)
    stage.command("cem", protocol.Say(text="Kept?"))
    stage.skip(5.0)
    assert isinstance(stage.command("ana", MoveRoom(peer="ben")), Accepted)
    room, made_at = read_bundle(given(stage), stage.room.policy)
    elsewhere = restore(room, "another epoch", RoomTime(7.0), made_at)
    assert [(each.name, each.role, each.token) for each in elsewhere.members] == [
        (each.name, each.role, each.token) for each in stage.room.members
    ]
    assert elsewhere.lines[0].text == "Kept?"
    assert abs(elsewhere.schedule.media_time_at(RoomTime(7.0)) - stage.place) < 1e-6
    assert elsewhere.moving_to is None

    stage.command("ben", RoomMoved(invite=INVITE))
    assert stage.last("cem", Moved) == Moved(invite=INVITE, words="The room has moved to Ben’s computer.")
    assert {each.peer for each in stage.outbox if isinstance(each, Cut)} == {"ana", "ben", "cem"}
    assert any(isinstance(each, Dissolve) for each in stage.outbox)


def test_while_a_room_moves_nothing_changes_that_would_be_lost() -> None:
    stage = watching("Ana", "Ben", "Cem")
    stage.command("ana", MoveRoom(peer="ben"))
    answer = stage.command("cem", Pause())
    assert isinstance(answer, Refused)
    assert answer.code == "busy"


def test_a_room_that_is_not_taken_stays() -> None:
    stage = watching("Ana", "Ben", "Cem")
    stage.command("ana", MoveRoom(peer="ben"))
    stage.wait(stage.room.policy.moving + 0.1)
    assert stage.last("cem", Notice) == Notice(words="The room could not be moved to Ben’s computer: it stays here.")
    assert isinstance(stage.command("cem", Pause()), Accepted)
    assert isinstance(stage.command("ben", RoomMoved(invite=INVITE)), Refused)


def test_a_room_stays_when_its_taker_goes() -> None:
    stage = watching("Ana", "Ben", "Cem")
    stage.command("ana", MoveRoom(peer="ben"))
    stage.lose("ben")
    assert isinstance(stage.command("cem", Pause()), Accepted)
    other = watching("Ana", "Ben", "Cem")
    other.command("ana", MoveRoom(peer="ben"))
    other.leave("ben")
    assert isinstance(other.command("cem", Pause()), Accepted)


def test_a_room_is_given_to_somebody_who_is_here() -> None:
    stage = watching("Ana", "Ben", "Cem")
    stage.lose("cem")
    for peer in ("cem", "nobody", "ana"):
        answer = stage.command("ana", MoveRoom(peer=peer))
        assert isinstance(answer, Refused)
        assert answer.code == "nothing"
    assert isinstance(stage.command("ben", MoveRoom(peer="ana")), Refused)


def test_nobody_says_where_a_room_is_that_it_was_not_given() -> None:
    stage = watching("Ana", "Ben", "Cem")
    stage.command("ana", MoveRoom(peer="ben"))
    answer = stage.command("cem", RoomMoved(invite=INVITE))
    assert isinstance(answer, Refused)
    assert answer.code == "forbidden"


def test_the_host_ends_the_room_for_all() -> None:
    stage = watching("Ana", "Ben")
    assert isinstance(stage.command("ben", EndRoom()), Refused)
    stage.command("ana", EndRoom())
    assert stage.last("ben", Closing) == Closing(words="Ana has ended the room for all.", again=False)
    assert any(isinstance(each, Dissolve) for each in stage.outbox)
