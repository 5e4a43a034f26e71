"""The script fits its film, and covers what the demo promises."""

from __future__ import annotations

import pytest

from player.demo.script import LEAST_SECONDS, CutB, RestoreB, Send, StopB, script_for
from server.core import protocol


def walk(duration: float) -> list[tuple[str, float]]:
    """Where A's film is at the end of each phase, if every command took effect at once."""
    place, rate, is_playing, ends = 0.0, 1.0, False, []
    for phase in script_for(duration):
        done = 0.0
        for at, deed in phase.deeds:
            place += rate * (at - done) if is_playing else 0.0
            done = at
            match deed:
                case Send(protocol.Play()):
                    is_playing = True
                case Send(protocol.Pause()):
                    is_playing = False
                case Send(protocol.SetRate(rate=rate)):
                    pass
                case Send(protocol.Seek(media_us=micros)):
                    place = micros / 1e6
                    if phase.place is not None:
                        assert phase.place == pytest.approx(place)
        place += rate * (phase.seconds - done) if is_playing else 0.0
        assert phase.is_playing == is_playing, phase.name
        assert phase.rate == rate, phase.name
        ends.append((phase.name, place))
    return ends


@pytest.mark.parametrize("duration", [LEAST_SECONDS, 60.0, 7200.0])
def test_no_phase_meets_the_end_of_the_film(duration: float) -> None:
    for name, place in walk(duration):
        assert place < duration - 1.0, name


def test_in_a_long_film_places_lie_deeper() -> None:
    assert max(place for _, place in walk(7200.0)) > 3000.0


def test_all_that_was_promised_happens() -> None:
    deeds = [deed for phase in script_for(60.0) for _, deed in phase.deeds]
    kinds = [deed.action.__class__ for deed in deeds if isinstance(deed, Send)]
    assert {protocol.Play, protocol.Pause, protocol.Seek, protocol.SetRate} == set(kinds)
    assert StopB(0.5) in deeds
    assert [deed.kind for deed in deeds if isinstance(deed, CutB)] == ["silent", "reset"]
    assert deeds.count(RestoreB()) == 2


def test_names_are_unique_and_the_whole_leaves_time_for_a_start() -> None:
    script = script_for(60.0)
    assert len({phase.name for phase in script}) == len(script)
    assert sum(phase.seconds for phase in script) < 90.0
