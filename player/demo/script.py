"""What happens in the demo, as data: phases, and what is done in each.

The commands are those of player A, who is near; player B hears of them over its long path. Places are media times of a
film of a minute; in a longer film they lie proportionally deeper.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from server.core import protocol

LEAST_SECONDS = 45.0  # a film has to last, so that no phase meets its end
SCRIPT_SECONDS = 60.0  # of film that the places below are meant for


@dataclass(frozen=True, slots=True)
class Send:
    """A command to the room."""

    action: protocol.Action


@dataclass(frozen=True, slots=True)
class StopB:
    """B's process does nothing for so many seconds, as on a machine that is busy with something else."""

    seconds: float


@dataclass(frozen=True, slots=True)
class CutB:
    """B's path is cut."""

    kind: Literal["silent", "reset"]


@dataclass(frozen=True, slots=True)
class RestoreB:
    """B's path works again."""


Deed = Send | StopB | CutB | RestoreB


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """`deeds`: (seconds after its beginning, what is done). For the other fields see `ruler.Span`.

    `compares_frames`: at its end the paused pictures are compared by their pixels; `takes_windows`: and both windows
    are kept as pictures."""

    name: str
    seconds: float
    deeds: tuple[tuple[float, Deed], ...]
    is_playing: bool = True
    transition: float = 1.0
    settle: float = 0.5
    counted_from: float = 0.0
    rate: float = 1.0
    place: float | None = None
    watched: str = "AB"
    moves_from: float | None = None
    compares_frames: bool = False
    takes_windows: bool = False


def script_for(duration: float) -> tuple[Phase, ...]:
    """The phases for a film that lasts so many seconds (at least LEAST_SECONDS)."""
    stretch = max(1.0, duration / SCRIPT_SECONDS)
    return tuple(_deeper(phase, stretch) for phase in SCRIPT)


def _deeper(phase: Phase, stretch: float) -> Phase:
    deeds = tuple(
        (at, Send(protocol.Seek(media_us=round(deed.action.media_us * stretch))))
        if isinstance(deed, Send) and isinstance(deed.action, protocol.Seek)
        else (at, deed)
        for at, deed in phase.deeds
    )
    return replace(phase, deeds=deeds, place=None if phase.place is None else phase.place * stretch)


def _seek(place: float) -> Send:
    return Send(protocol.Seek(media_us=protocol.micros(place)))


def _play() -> Send:
    return Send(protocol.Play())


def _pause() -> Send:
    return Send(protocol.Pause())


def _rate(rate: float) -> Send:
    return Send(protocol.SetRate(rate=rate))


def _paused(
    name: str, deeds: tuple[tuple[float, Deed], ...], *, seconds: float = 2.5, place: float | None = None
) -> Phase:
    return Phase(
        name=name, seconds=seconds, deeds=deeds, is_playing=False, place=place, settle=1.0, compares_frames=True
    )


def _cut(name: str, kind: Literal["silent", "reset"], place: float) -> Phase:
    """A is on another place while B plays on where it was, by its own clock: apart by design until the path works,
    but B has to move."""
    deeds = ((0.0, CutB(kind)), (1.0, _seek(place)))
    return Phase(name=name, seconds=5.0, deeds=deeds, transition=5.0, watched="B", moves_from=0.5)


def _back(name: str) -> Phase:
    return Phase(name=name, seconds=6.0, deeds=((0.0, RestoreB()),), settle=2.0)


SCRIPT = (
    _paused("first frame", (), seconds=1.5, place=0.0),
    Phase(name="play", seconds=8.0, deeds=((0.0, _play()),)),
    Phase(name="seek while playing", seconds=7.0, deeds=((0.0, _seek(25.0)),), place=25.0),
    _paused("pause", ((0.0, _pause()),)),
    replace(_paused("seek while paused", ((0.0, _seek(12.0)),), place=12.0), takes_windows=True),
    Phase(name="play again", seconds=5.0, deeds=((0.0, _play()),)),
    Phase(name="rate 1.25", seconds=4.0, deeds=((0.0, _rate(1.25)),), rate=1.25),
    Phase(name="rate 1.5", seconds=4.0, deeds=((0.0, _rate(1.5)),), rate=1.5),
    Phase(name="rate 1", seconds=4.0, deeds=((0.0, _rate(1.0)),)),
    # the second after the stop is for noticing; from then on the two seconds of the verdict run
    Phase(name="B stopped for 500 ms", seconds=6.0, deeds=((0.0, StopB(0.5)),), transition=1.5, counted_from=0.5),
    _cut("B's link silent, A seeks", "silent", 5.0),
    _back("B's link back"),
    _cut("B's link reset, A seeks", "reset", 30.0),
    _back("B's link back again"),
    _paused("pause at the end", ((0.0, _pause()),)),
)
