"""What of calls is remembered, and what the command line says about them."""

from __future__ import annotations

from pathlib import Path

import pytest

from player.app import _call_part
from player.command_line import read_command_line
from player.core.call_state import CallPart, Choice, Entrance
from player.settings import FileSettings


def part(folder: Path, *words: str, **remembered: object) -> CallPart:
    settings = FileSettings(folder / "settings.json")
    for key, value in remembered.items():
        settings.put(key, value)
    return _call_part(read_command_line(["open", *words]), settings)


def test_nothing_is_on_and_nobody_calls_by_itself(tmp_path: Path) -> None:
    assert part(tmp_path) == CallPart()
    assert part(tmp_path, "--call").comes_in == Entrance()
    assert part(tmp_path, "--call", "--camera", "off").comes_in == Entrance()
    assert part(tmp_path, "--camera", "test").comes_in is None


def test_devices_and_habits_are_remembered_but_not_whether_they_were_on(tmp_path: Path) -> None:
    found = part(
        tmp_path, camera="/dev/video2", microphone="hw:1", voice="push", ducking="strong", clean=False, call=True
    )
    assert found == CallPart(
        camera=Choice("/dev/video2"), microphone=Choice("hw:1"), voice="push", ducking="strong", cleans=False
    )


@pytest.mark.parametrize("wrong", [7, None, ["x"], "shout"])
def test_settings_that_are_none_are_the_usual_ones(tmp_path: Path, wrong: object) -> None:
    found = part(tmp_path, voice=wrong, ducking=wrong, clean=wrong)
    assert found == CallPart()


def test_a_device_that_is_named_is_sought_and_a_test_is_always_there(tmp_path: Path) -> None:
    found = part(tmp_path, "--call", "--camera", "BRIO", "--mic", "test", "--relay-only", camera="/dev/video2")
    assert found.camera == Choice(named="BRIO")
    assert found.microphone == Choice("test")
    assert found.comes_in == Entrance(camera_on=True, microphone_on=True)
    assert found.relays_only
