"""Whether all have the same film, and that nothing of it stops anybody."""

import pytest

from server.core import protocol
from server.core.protocol import Copy, Load, Pause, micros
from server.core.room_copies import copy_entry
from server.core.timeline import PeerId
from tests.fakes.rooms import Stage, stage_of

LENGTH = micros(100.0)


def opened(size: int | None = 1000, fingerprint: str = "ab", duration_us: int | None = LENGTH) -> Stage:
    """Ana has opened her file, Ben has come."""
    stage = stage_of("Ana", "Ben")
    stage.command("ana", Load(title="Film", size=size, fingerprint=fingerprint, duration_us=duration_us))
    return stage


def compared(stage: Stage, peer: str = "ben") -> tuple[protocol.CopyState, int | None, int]:
    member = stage.room.member(PeerId(peer))
    assert member is not None
    return copy_entry(stage.room, member)


@pytest.mark.parametrize(
    ("copy", "state", "longer_us"),
    [
        (Copy(item="1", has=False), "none", None),
        (Copy(item="1"), "unknown", None),
        (Copy(item="1", fingerprint="ab"), "same", None),
        (Copy(item="1", fingerprint="ab", duration_us=1, size=1), "same", None),
        (Copy(item="1", duration_us=LENGTH), "similar", None),
        (Copy(item="1", duration_us=LENGTH + 500_000, size=1), "similar", None),
        (Copy(item="1", duration_us=LENGTH - 500_000, size=1000, fingerprint="ff"), "similar", None),
        (Copy(item="1", duration_us=LENGTH, fingerprint="ff"), "similar", None),
        (Copy(item="1", duration_us=LENGTH + 7, size=1, fingerprint="ff"), "differs", 7),
        (Copy(item="1", duration_us=LENGTH + 500_001, size=1000), "differs", 500_001),
        (Copy(item="1", duration_us=LENGTH - micros(12.0)), "differs", micros(-12.0)),
        (Copy(item="1", fingerprint="ff"), "differs", None),
    ],
    ids=repr,
)
def test_a_copy_is_compared_with_the_rooms_film(copy: Copy, state: protocol.CopyState, longer_us: int | None) -> None:
    stage = opened()
    stage.say("ben", copy)
    assert compared(stage) == (state, longer_us, 0)


@pytest.mark.parametrize(
    ("stage", "copy", "state"),
    [
        (opened(size=None), Copy(item="1", duration_us=LENGTH, size=1, fingerprint="ff"), "similar"),
        (opened(fingerprint=""), Copy(item="1", duration_us=LENGTH, size=1, fingerprint="ff"), "similar"),
        (opened(duration_us=None), Copy(item="1", duration_us=LENGTH), "unknown"),
    ],
    ids=["size unknown", "fingerprint unknown", "length unknown"],
)
def test_what_is_not_known_of_the_film_is_no_difference(stage: Stage, copy: Copy, state: str) -> None:
    stage.say("ben", copy)
    assert compared(stage)[0] == state


def test_who_has_opened_the_film_has_the_same_until_it_says_otherwise() -> None:
    stage = opened()
    assert compared(stage, "ana") == ("same", None, 0)
    assert compared(stage, "ben") == ("unknown", None, 0)
    stage.say("ana", Copy(item="1", duration_us=1, offset_us=5))
    assert compared(stage, "ana") == ("same", None, 5)
    stage.say("ana", Copy(item="1", fingerprint="ff", duration_us=LENGTH, size=3))
    assert compared(stage, "ana") == ("differs", 0, 0)
    stage.say("ana", Copy(item="1", has=False))
    assert compared(stage, "ana")[0] == "none"


def test_how_far_a_copy_lies_ahead_is_said() -> None:
    stage = opened()
    stage.say("ben", Copy(item="1", offset_us=-4_000_000))
    assert compared(stage) == ("unknown", None, -4_000_000)


def test_a_copy_of_another_film_is_passed_over() -> None:
    stage = opened()
    stage.say("ben", Copy(item="7", has=False))
    assert compared(stage) == ("unknown", None, 0)
    stage.command("ana", Load(title="B"))
    stage.say("ben", Copy(item="1", has=False))
    assert compared(stage) == ("unknown", None, 0)


def test_without_a_film_there_is_nothing_to_compare() -> None:
    stage = stage_of("Ana")
    stage.say("ana", Copy(item="", has=False))
    assert compared(stage, "ana") == ("unknown", None, 0)


def test_the_roster_is_stated_when_something_has_changed_that_it_shows() -> None:
    stage = opened()
    stage.wait(1.0)
    assert stage.room.roster_due is None
    stage.say("ben", Copy(item="1", has=False))
    assert stage.roster("ana")["Ben"].copy == "none"
    stage.wait(1.0)
    told = len(stage.told["ana"])
    stage.say("ben", Copy(item="1", has=False))
    stage.say("ben", Copy(item="1", has=False, size=5))
    stage.wait(1.0)
    assert len(stage.told["ana"]) == told


def test_the_roster_says_how_copies_differ() -> None:
    stage = opened()
    stage.say("ben", Copy(item="1", duration_us=LENGTH + micros(252.0), offset_us=micros(3.0)))
    stage.wait(1.0)
    entry = stage.roster("ana")["Ben"]
    assert (entry.copy, entry.longer_us, entry.offset_us) == ("differs", micros(252.0), micros(3.0))
    assert stage.roster("ana")["Ana"].copy == "same"


# -- what is learnt of the film ---------------------------------------------------------------------------------------


def told_item(stage: Stage) -> protocol.Item:
    item = stage.last("ben", protocol.Item)
    assert item == stage.room.item
    assert isinstance(item, protocol.Item)
    return item


def test_what_its_owner_finds_out_about_the_film_is_told_of_it() -> None:
    stage = opened(size=None, fingerprint="", duration_us=None)
    stage.wait(1.0)
    stage.say("ana", Copy(item="1", duration_us=LENGTH))
    stage.say("ana", Copy(item="1", duration_us=LENGTH, size=7, fingerprint="ab"))
    item = told_item(stage)
    assert (item.id, item.duration_us, item.size, item.fingerprint) == ("1", LENGTH, 7, "ab")
    (entry,) = stage.playlist("ben").entries
    assert (entry.duration_us, entry.size, entry.fingerprint) == (LENGTH, 7, "ab")
    assert stage.room.playlist.revision == 1
    stage.say("ben", Copy(item="1", duration_us=LENGTH + micros(5.0), size=9, fingerprint="ff"))
    assert compared(stage) == ("differs", micros(5.0), 0)


def test_a_file_with_the_same_content_tells_of_the_film_too() -> None:
    stage = opened(duration_us=None)
    stage.say("ben", Copy(item="1", duration_us=LENGTH, fingerprint="ab"))
    assert told_item(stage).duration_us == LENGTH


def test_a_length_that_would_end_the_film_is_only_believed_of_who_may_control_it_or_opened_it() -> None:
    stage = opened(duration_us=None)
    stage.command("ana", protocol.SetRules(control="operators"))
    stage.say("ben", Copy(item="1", duration_us=micros(1.0), fingerprint="ab"))
    assert told_item(stage).duration_us is None
    stage.command("ana", protocol.Grant(peer="ben", role="operator"))
    stage.say("ben", Copy(item="1", duration_us=LENGTH, fingerprint="ab"))
    assert told_item(stage).duration_us == LENGTH


@pytest.mark.parametrize(
    ("peer", "copy"),
    [
        ("ben", Copy(item="1", duration_us=LENGTH)),
        ("ben", Copy(item="1", duration_us=LENGTH, fingerprint="ff")),
        ("ana", Copy(item="1", duration_us=LENGTH, fingerprint="ff")),
        ("ana", Copy(item="1", has=False, fingerprint="ab", duration_us=LENGTH)),
    ],
    ids=repr,
)
def test_another_file_tells_nothing_of_the_film(peer: str, copy: Copy) -> None:
    stage = opened(duration_us=None)
    stage.say(peer, copy)
    assert told_item(stage).duration_us is None


def test_what_is_known_of_the_film_stays() -> None:
    stage = opened()
    before = stage.room.item
    stage.say("ben", Copy(item="1", duration_us=LENGTH * 2, size=7, fingerprint="ab"))
    assert stage.room.item == before


def test_a_length_that_the_film_has_passed_is_not_believed() -> None:
    stage = opened(duration_us=None)
    stage.play("ana", at=50.0)
    stage.wait(5.0)
    stage.say("ana", Copy(item="1", duration_us=micros(52.0), fingerprint="ab"))
    assert told_item(stage).duration_us is None
    stage.say("ana", Copy(item="1", duration_us=micros(60.0), fingerprint="ab"))
    stage.wait(5.0)
    assert stage.shape == ("paused", 60.0)


def test_a_film_that_is_in_no_list_any_more_is_told_alone() -> None:
    stage = opened(duration_us=None)
    stage.command("ana", protocol.Remove(entries=("1",)))
    told = len(stage.all("ben", protocol.Playlist))
    stage.say("ana", Copy(item="1", duration_us=LENGTH, fingerprint="ab"))
    assert told_item(stage).duration_us == LENGTH
    assert len(stage.all("ben", protocol.Playlist)) == told


def test_nothing_of_it_stops_anybody() -> None:
    stage = opened()
    stage.say("ben", Copy(item="1", has=False))
    stage.play("ana")
    assert stage.timeline.state == "playing"
    assert isinstance(stage.command("ben", Pause()), protocol.Accepted)
