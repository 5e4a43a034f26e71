"""This person's part in a call, as a value."""

from __future__ import annotations

from player.core.call_pipe import CallTold, Device
from player.core.call_state import CallPart, Choice

CAMERAS = (Device("/dev/video0", "Camera"), Device("/dev/video2", "Camera two"))


def test_an_exact_name_comes_before_one_that_contains_it() -> None:
    assert Choice(named="camera two").found(CAMERAS) == Choice("/dev/video2")
    assert Choice(named="camera").found(CAMERAS) == Choice("/dev/video0")
    assert Choice(named="two").found(CAMERAS) == Choice("/dev/video2")
    assert Choice(named="three").found(CAMERAS) is None
    assert Choice("/dev/video9").found(CAMERAS) == Choice("/dev/video9")


def test_each_time_in_the_call_has_a_serial_of_its_own() -> None:
    part = CallPart().joined(500)
    assert part.serial == 500
    assert part.joined(20).serial == 501


def test_whoever_leaves_keeps_what_it_chose_and_nothing_that_is_on() -> None:
    part = CallPart(camera=Choice("a"), voice="push", ducking="off", cleans=False, silenced=("p2",))
    there = part.joined(5)
    assert there.out().stage == "off"
    assert (there.out().camera, there.out().voice, there.out().silenced) == (Choice("a"), "push", ("p2",))
    assert there.elsewhere().silenced == ()


def test_a_device_is_shown_to_others_unless_it_is_off_sought_or_broken() -> None:
    assert CallPart(camera_on=True, microphone_on=True).shows_camera
    assert not CallPart(camera_on=True, camera=Choice(named="x")).shows_camera
    assert not CallPart(camera_on=True, told=CallTold(camera="failed")).shows_camera
    assert CallPart(microphone_on=True, told=CallTold(microphone="opening")).opens_microphone
    assert not CallPart(microphone_on=True, told=CallTold(microphone="failed")).opens_microphone


def test_nobody_is_heard_before_the_microphone_is_on() -> None:
    assert not CallPart(microphone_on=True).is_heard
    assert not CallPart(microphone_on=True, told=CallTold(microphone="opening")).is_heard
    assert CallPart(microphone_on=True, told=CallTold(microphone="on")).is_heard
