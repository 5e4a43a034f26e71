"""Faults of one member between real processes: one sentence to who has it, and everybody else goes on."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import psutil
import pytest

from player.call import devices
from player.call.microphones import GONE
from player.core.call_pipe import CallEnded, CallSaid, PeerSignalled
from player.ports import TilePicture
from server.core.protocol import Candidate, Ends, Offer, Signal, Signalled
from tests.call import lavfi_call
from tests.call.party import Party
from tests.fakes.waiting import wait_until

SOCKETS = 16  # four were seen: two connections, and one that is made or ended


@pytest.fixture
def party() -> Iterator[Party]:
    made = Party("Ana", "Ben", "Cid", microphone=True)
    yield made
    made.close()


def goes_on(party: Party, *pairs: tuple[str, str]) -> None:
    """They see and hear each other by what is sent from now on, by the connections that they had."""
    for who, of in pairs:
        party.waits_for_pictures(who, of, more=10)
        party.guests[who].heard.clear()
        wait_until(lambda w=who: any(block.any() for block in party.guests[w].heard), f"{who} to hear somebody")
        figures = party.guests[who].of(of)
        assert figures is not None
        assert figures.state == "connected"


def is_colourful(picture: TilePicture) -> bool:
    """As FFmpeg's test picture is, and ours is not."""
    pixels = np.frombuffer(picture.pixels, np.uint8).reshape(-1, 4).astype(int)
    return bool((pixels[:, 2] - pixels[:, 1]).max() > 150)


def nothing_is_said(party: Party, *peers: str) -> bool:
    return not any(isinstance(each, CallSaid | CallEnded) for peer in peers for each in party.guests[peer].news)


def test_without_a_microphone_one_sees_hears_and_is_seen(party: Party) -> None:
    party.waits_for_pictures("ana", "ben")
    party.change("ben", microphone="no such microphone")
    ben = party.guests["ben"]
    wait_until(lambda: ben.told.microphone == "failed", "the microphone's failure")
    assert ben.told.microphone_words == GONE
    assert ben.told.camera == "on"
    goes_on(party, ("ben", "ana"), ("ben", "cid"), ("ana", "ben"), ("cid", "ana"))
    assert nothing_is_said(party, "ana", "ben", "cid")
    party.change("ben", microphone="test")
    wait_until(lambda: ben.told.microphone == "on", "another one")
    wait_until(lambda: ben.told.microphone_words == "", "that all is well")


def test_devices_are_switched_without_a_word_to_the_others_players(party: Party) -> None:
    """Nothing is negotiated: who is muted sends nothing, by the connections that there are."""
    for who in party.guests:
        for of in party.guests.keys() - {who}:
            party.waits_for_pictures(who, of)
    signals: list[Signal] = []

    def noted(signal: Signal) -> Signal:
        signals.append(signal)
        return signal

    party.carry = noted
    party.change("ben", camera_on=False, microphone_on=False)
    for who in ("ana", "cid"):
        wait_until(lambda w=who: party.guests[w].call.tile("ben", 0) is None, "that there is no picture of Ben")
    party.change("ben", camera_on=True, microphone_on=True)
    for who in ("ana", "cid"):
        goes_on(party, (who, "ben"))
    assert signals == []


@pytest.mark.parametrize(
    ("camera", "sentence"),
    [("testsrc=size=640x480:rate=24:duration=3,realtime", devices.GONE), (lavfi_call.BUSY, devices.BUSY)],
    ids=["unplugged", "used by another program"],
)
def test_a_camera_that_fails_in_mid_call_is_one_sentence_and_voices_go_on(camera: str, sentence: str) -> None:
    """A camera that ends after three seconds is what one is that was unplugged."""
    party = Party("Ana", "Ben", microphone=True, command=(sys.executable, lavfi_call.__file__))
    try:
        party.waits_for_pictures("ana", "ben")
        party.change("ben", camera=camera)
        ben = party.guests["ben"]
        if sentence == devices.GONE:
            wait_until(lambda: is_colourful(party.guests["ana"].seen["ben"]), "its pictures, before that")
        wait_until(lambda: ben.camera == "failed", "the camera's failure")
        assert ben.told.camera_words == sentence
        assert ben.told.microphone == "on"
        goes_on(party, ("ben", "ana"))
        party.guests["ana"].heard.clear()
        wait_until(lambda: any(block.any() for block in party.guests["ana"].heard), "Ana to hear Ben")
        party.waits_for_state("ana", "ben", "connected")
        assert nothing_is_said(party, "ana", "ben")
        party.change("ben", camera="test")
        party.waits_for_pictures("ana", "ben")
        wait_until(lambda: ben.told.camera_words == "", "that all is well")
    finally:
        party.close()


@pytest.mark.expects_warnings
def test_offers_without_end_cost_their_sender_its_connection_and_nobody_else(party: Party) -> None:
    """Each would be a new connection. They come as if from Ana, faster than any authority lets them through."""
    party.waits_for_pictures("ben", "ana")
    party.waits_for_pictures("ben", "cid")
    ends = Ends(
        ice_user="abcd",
        ice_password="x" * 22,
        fingerprint=":".join(["00"] * 32),
        audio=1,
        video=2,
        candidates=tuple(Candidate("srflx", "192.0.2.77", port, 1, "a") for port in range(9000, 9016)),
    )
    child = party.guests["ben"].call._child
    assert child is not None
    process = psutil.Process(child.pid)
    most = 0
    for number in range(2000):
        party.tell("ben", PeerSignalled(Signalled("ana", f"x{number}", Offer(ends))))
        if number % 100 == 99:
            party.waits_for_pictures("ben", "cid", more=4)
            most = max(most, len(process.net_connections("udp")))
    assert most <= SOCKETS
    assert process.is_running()
    goes_on(party, ("ben", "cid"), ("cid", "ben"), ("cid", "ana"), ("ana", "cid"))
    assert nothing_is_said(party, "ana", "cid")
    for who, of in (("ben", "ana"), ("ana", "ben")):
        party.waits_for_state(who, of, "connected")
        party.waits_for_pictures(who, of)
