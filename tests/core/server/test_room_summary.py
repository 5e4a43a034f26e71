"""What who is not in a room may know of it."""

from msgspec.structs import replace

from server.core import protocol
from server.core.room import new_room
from server.core.room_summary import ListedRoom, RoomSummary, listed_rooms, summary_of
from server.core.timeline import RoomTime
from tests.fakes.rooms import watching


def test_only_rooms_that_want_it_are_found() -> None:
    room = watching("Ana", "Ben").room
    listed = replace(room, rules=protocol.Rules(listed=True, has_password=True, control="operators"))
    other = replace(listed, name="Attic")
    assert listed_rooms([listed, new_room("hidden", ""), other]) == [
        ListedRoom("Attic", 2, True, "operators", "all"),
        ListedRoom("Cinema", 2, True, "operators", "all"),
    ]


def test_who_runs_the_server_sees_who_is_there_and_what_plays() -> None:
    stage = watching("Ana", "Ben", "Cleo")
    stage.join("remote", role="controller")
    stage.lose("ben")
    stage.skip(5.0)
    room = replace(stage.room, made_at=RoomTime(stage.now - 60.0))
    assert summary_of(room, stage.now) == RoomSummary(
        name="Cinema",
        people=("Ana", "Cleo"),
        lost=1,
        controllers=1,
        title="Film",
        state=stage.timeline.state,
        media_time=stage.place,
        age=60.0,
        is_listed=False,
        persists=False,
        has_password=False,
    )


def test_a_room_without_a_film_is_empty() -> None:
    summary = summary_of(new_room("den", ""), RoomTime(5.0))
    assert (summary.state, summary.title, summary.media_time, summary.age) == ("empty", "", 0.0, None)
