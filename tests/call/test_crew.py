"""Calls between real processes over this machine's network: seen, heard, switched, killed and stopped."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import numpy as np
import psutil
import pytest

from player.core.call_pipe import (
    CallEnded,
    CallSaid,
    Company,
    DevicesFound,
    Hearing,
    LookForDevices,
    NetworkChanged,
    PeerSignalled,
    Pressure,
)
from server.core.protocol import Answer, Candidate, Ends, Hangup, Signalled
from tests.call.party import Party
from tests.fakes.waiting import wait_until


@pytest.fixture
def party() -> Iterator[Party]:
    made = Party("Ana", "Ben")
    yield made
    made.close()


def pid_of(party: Party, peer: str) -> int:
    child = party.guests[peer].call._child
    assert child is not None
    return child.pid


def test_two_see_each_other_and_know_how_old_the_picture_is(party: Party) -> None:
    for who, of in (("ana", "ben"), ("ben", "ana")):
        party.waits_for_state(who, of, "connected")
        tile = party.waits_for_pictures(who, of, more=30)
        guest = party.guests[who]
        figures = guest.of(of)
        assert figures is not None
        assert (figures.width, figures.height) == (640, 480)
        assert tile.captured is not None
        assert np.median(np.abs(guest.errors[of])) < 0.002, "what the tile says of its instant was drawn into it"
        assert guest.camera == "on"


def test_where_both_want_the_processor_the_film_gets_it(party: Party) -> None:
    party.waits_for_state("ana", "ben", "connected")
    assert os.getpriority(os.PRIO_PROCESS, pid_of(party, "ana")) > os.getpriority(os.PRIO_PROCESS, os.getpid())


def test_one_sees_oneself_without_being_in_the_call() -> None:
    party = Party("Ana")
    try:
        tile = party.waits_for_pictures("ana", "")
        assert (tile.width, tile.height) == (640, 480)
    finally:
        party.close()


def test_a_camera_that_is_off_is_closed_and_leaves_no_picture(party: Party) -> None:
    party.waits_for_pictures("ana", "ben")
    party.change("ben", camera_on=False)
    ana, ben = party.guests["ana"], party.guests["ben"]
    wait_until(lambda: ben.camera == "off", "the camera's end")
    wait_until(lambda: ana.call.tile("ben", 0) is None, "the tile without picture")
    wait_until(lambda: ben.call.tile("", 0) is None, "the own tile without picture")
    party.waits_for_pictures("ben", "ana")
    party.change("ben", camera_on=True)
    party.waits_for_pictures("ana", "ben")


def test_who_is_not_on_the_screen_is_not_decoded_and_comes_back(party: Party) -> None:
    party.waits_for_pictures("ana", "ben")
    party.tell("ana", Hearing(shown=(("", 240),)))
    ana = party.guests["ana"]

    def stands() -> bool:
        count = len(ana.delays["ben"])
        party.waits_for_pictures("ana", "", more=10)
        return len(ana.delays["ben"]) == count

    wait_until(stands, "the picture to stand")
    party.tell("ana", Hearing(shown=(("ben", 240),)))
    tile = party.waits_for_pictures("ana", "ben")
    assert tile.height <= 240


def hears(party: Party, who: str) -> bool:
    """Whether something was in the last second of what this one's device played."""
    return any(block.any() for block in party.guests[who].heard[-100:])


def test_voices_are_heard_until_they_are_muted(party: Party) -> None:
    party.change("ben", microphone_on=True)
    wait_until(lambda: hears(party, "ana"), "Ben's voice")
    wait_until(lambda: any(each.is_speaking for each in party.guests["ana"].told.peers), "that Ben speaks")
    assert party.guests["ben"].told.microphone == "on"
    assert not hears(party, "ben"), "nobody hears oneself"
    party.tell("ana", Hearing(silenced=("ben",)))
    wait_until(lambda: not hears(party, "ana"), "silence")
    party.tell("ana", Hearing())
    wait_until(lambda: hears(party, "ana"), "Ben's voice again")
    party.change("ben", microphone_on=False)
    wait_until(lambda: party.guests["ben"].told.microphone == "off", "the microphone's end")
    wait_until(lambda: not hears(party, "ana"), "silence")


def test_push_to_talk_sends_what_is_said_while_the_key_is_held(party: Party) -> None:
    party.waits_for_state("ana", "ben", "connected")
    party.change("ben", microphone_on=True, voice="push")
    wait_until(lambda: party.guests["ben"].told.level > 0, "the meter")
    assert not hears(party, "ana")
    party.change("ben", is_talking=True)
    wait_until(lambda: hears(party, "ana"), "Ben's voice")
    party.change("ben", is_talking=False)
    wait_until(lambda: not hears(party, "ana"), "silence")


def test_a_voice_ends_with_its_process(party: Party) -> None:
    party.change("ben", microphone_on=True)
    wait_until(lambda: hears(party, "ana"), "Ben's voice")
    os.kill(pid_of(party, "ana"), signal.SIGSTOP)
    wait_until(lambda: not hears(party, "ana"), "silence")
    os.kill(pid_of(party, "ana"), signal.SIGCONT)
    wait_until(lambda: hears(party, "ana"), "Ben's voice again")


def test_somebody_comes_later_and_somebody_goes(party: Party) -> None:
    party.waits_for_pictures("ana", "ben")
    party.invite("Cleo")
    party.gather()
    for who, of in (("ana", "cleo"), ("cleo", "ana"), ("cleo", "ben"), ("ben", "cleo")):
        party.waits_for_pictures(who, of)
    party.leave("ben")
    wait_until(lambda: party.guests["ana"].call.tile("ben", 0) is None, "an empty tile")
    wait_until(lambda: party.guests["ana"].of("ben") is None, "that nobody speaks of Ben")
    party.waits_for_pictures("ana", "cleo")


@pytest.mark.expects_warnings
def test_a_process_that_is_killed_comes_back_into_the_call(party: Party) -> None:
    party.waits_for_pictures("ben", "ana")
    os.kill(pid_of(party, "ana"), signal.SIGKILL)
    wait_until(lambda: any(isinstance(each, CallEnded) for each in party.guests["ana"].news), "its end")
    party.waits_for_pictures("ben", "ana")
    party.waits_for_pictures("ana", "ben")


@pytest.mark.expects_warnings
def test_a_process_that_hangs_is_replaced_and_comes_back_into_the_call(party: Party) -> None:
    party.waits_for_pictures("ben", "ana")
    hung = pid_of(party, "ana")
    os.kill(hung, signal.SIGSTOP)
    wait_until(lambda: any(isinstance(each, CallEnded) for each in party.guests["ana"].news), "its end")
    assert not psutil.pid_exists(hung)
    party.waits_for_pictures("ben", "ana")
    party.waits_for_pictures("ana", "ben")


def test_another_network_makes_new_connections(party: Party) -> None:
    party.waits_for_pictures("ana", "ben")
    party.tell("ana", NetworkChanged())
    party.waits_for_pictures("ana", "ben", more=30)
    party.waits_for_pictures("ben", "ana", more=30)


@pytest.mark.expects_warnings
def test_ten_thousand_signals_of_nonsense_disturb_nobody(party: Party) -> None:
    party.waits_for_pictures("ana", "ben")
    ends = Ends(
        ice_user="abcd",
        ice_password="x" * 22,
        fingerprint=":".join(["00"] * 32),
        audio=1,
        video=2,
        candidates=(Candidate("host", "192.0.2.77", 9999, 1, "a"),),
    )
    for number in range(5000):
        party.tell("ana", PeerSignalled(Signalled("ben", f"x{number % 7}", Answer(ends))))
        party.tell("ana", PeerSignalled(Signalled("nobody", f"y{number % 7}", Hangup())))
    party.waits_for_pictures("ana", "ben", more=30)
    assert not [each for each in party.guests["ana"].news if isinstance(each, CallEnded)]


def test_the_film_comes_first(party: Party) -> None:
    party.waits_for_pictures("ana", "ben")
    ben = party.guests["ben"]

    def is_less() -> bool:
        party.tell("ben", Pressure(dropped=1, is_playing=True))
        return ben.told.words == "Your picture is smaller, so that the film runs smoothly." and ben.told.width < 640

    wait_until(is_less, "a smaller picture", pause=0.2)
    wait_until(lambda: party.guests["ana"].seen["ben"].width < 640, "that Ana gets it")


def test_devices_are_listed_when_somebody_asks(party: Party) -> None:
    party.tell("ana", LookForDevices())
    wait_until(lambda: any(isinstance(each, DevicesFound) for each in party.guests["ana"].news), "the devices")


def test_a_camera_that_is_not_there_is_said_and_the_call_goes_on(party: Party) -> None:
    party.waits_for_pictures("ana", "ben")
    party.change("ben", camera="/dev/video-nowhere")
    ben = party.guests["ben"]
    wait_until(lambda: ben.camera == "failed", "the camera's failure")
    assert ben.told.camera_words == "The camera is not there any more: connect it, or choose another."
    party.waits_for_pictures("ben", "ana")
    assert not [each for each in ben.news if isinstance(each, CallSaid) and each.kind == "error"]


def test_leaving_the_call_ends_connections_and_keeps_the_preview(party: Party) -> None:
    party.waits_for_pictures("ana", "ben")
    party.tell("ana", Company())
    ana = party.guests["ana"]
    wait_until(lambda: not ana.told.peers, "nobody")
    wait_until(lambda: ana.call.tile("ben", 0) is None, "an empty tile")
    party.waits_for_pictures("ana", "")
    party.gather()
    party.waits_for_pictures("ana", "ben")
