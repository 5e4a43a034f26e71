"""Nobody waits for members whose link may be gone, long before they are held as lost."""

from server.core import protocol
from server.core.protocol import Seek, micros
from server.core.room_state import Due
from tests.fakes.rooms import START, watching


def test_a_silent_member_holds_nobody_up_for_long() -> None:
    stage = watching()
    stage.command("ana", Seek(media_us=micros(50.0)))
    stage.skip(4.0)
    stage.ready("ana")
    stage.skip(1.5)
    stage.apply(Due())
    assert stage.shape == ("holding", 50.0)
    stage.until_due()  # Ben has said nothing since the film began
    assert stage.shape == ("playing", 50.0)
    assert stage.stated("ana").why == "late"
    assert stage.now < stage.room.policy.hold + START


def test_the_wait_for_the_others_goes_on_without_a_silent_one() -> None:
    stage = watching("Ana", "Ben", "Cem")
    stage.command("ana", Seek(media_us=micros(50.0)))
    stage.skip(4.0)
    for peer in ("ana", "cem"):
        stage.say(peer, protocol.ClockRequest(t0_us=0))
    while stage.stated("ana").waiting != ("ana", "cem"):
        stage.until_due()
    assert stage.shape == ("holding", 50.0)


def test_a_seek_does_not_wait_for_who_is_silent_already() -> None:
    stage = watching()
    stage.skip(stage.room.policy.unheard)
    stage.command("ana", Seek(media_us=micros(50.0)))
    assert stage.timeline.waiting == ("ana",)
    stage.ready("ana")
    assert stage.shape == ("playing", 50.0)


def test_who_is_heard_of_again_is_waited_for_again() -> None:
    stage = watching()
    stage.skip(stage.room.policy.unheard)
    stage.say("ben", protocol.ClockRequest(t0_us=0))
    stage.command("ana", Seek(media_us=micros(50.0)))
    assert stage.timeline.waiting == ("ana", "ben")
