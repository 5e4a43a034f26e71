"""This person's part in the room's call: what it chose, what it wishes now, what the room and the call's process know.

A value of the seat. What should be is computed from it (`seat_call.py`); what was said last is noted here, so that
only a difference is said again, and all of it is after a welcome.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from player.core.call_pipe import CallTold, Company, Device, Hearing, Own, RoomLine, VoiceMode
from player.core.call_view import Ducking
from player.core.ducking import DuckingState
from server.core.protocol import CallStated, InCall
from server.core.timeline import LocalTime

LONG_AGO = LocalTime(float("-inf"))


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """Times in s."""

    patience: float = 5.0  # so long the room may take to seat us: a roster comes within a second
    ways_gap: float = 5.0  # between two questions for ways
    ways_share: float = 0.9  # of the time that ways hold; then they are asked for again
    line_every: float = 1.0
    line_error: float = 0.0005  # a clock that is this far from the line that was told is told at once
    pressure_every: float = 1.0


POLICY = CallPolicy()


@dataclass(frozen=True, slots=True)
class Choice:
    """Which camera or microphone. `named`: by the command line, an id or a label that is looked for among what is
    found; until then the device stays off."""

    id: str = ""
    named: str = ""

    def found(self, devices: tuple[Device, ...]) -> Choice | None:
        """With the device that has that name; None: there is none."""
        if not self.named:
            return self
        name = self.named.casefold()
        tests = (
            lambda each: each.id == self.named,
            lambda each: each.label.casefold() == name,
            lambda each: name in each.label.casefold(),
        )
        fits = (each.id for test in tests for each in devices if test(each))
        return next((Choice(id) for id in fits), None)


@dataclass(frozen=True, slots=True)
class Entrance:
    """How this person comes into the call by itself."""

    camera_on: bool = False
    microphone_on: bool = False


@dataclass(frozen=True, slots=True)
class CallPart:
    # what this person chose; the first four and `cleans` are remembered between starts
    camera: Choice = Choice()
    microphone: Choice = Choice()
    voice: VoiceMode = "open"
    ducking: Ducking = "gentle"
    cleans: bool = True
    relays_only: bool = False  # this player contacts nothing but relays, whatever the room's rule
    comes_in: Entrance | None = None  # joins the call by itself with the next room that is joined

    # what it wishes now
    stage: Literal["off", "lobby", "in"] = "off"
    camera_on: bool = False
    microphone_on: bool = False
    is_talking: bool = False  # the key is held
    silenced: tuple[str, ...] = ()  # peers
    shown: tuple[tuple[str, int], ...] | None = None

    # what the room knows
    serial: int = 0
    is_seated: bool = False  # the roster has had us in the call with this serial
    waiting_since: LocalTime | None = None  # for the roster to say so; None: it does
    said: InCall | None = None  # to this room; None: what it knows is not known
    held: CallStated = field(default_factory=CallStated)  # how the room holds its call
    ways_asked: LocalTime = LONG_AGO
    ways_until: LocalTime = LONG_AGO
    ways_wanted: bool = False

    # what the call's process says, and what it was told last
    told: CallTold | None = None
    cameras: tuple[Device, ...] = ()
    microphones: tuple[Device, ...] = ()
    own: Own | None = None  # None: there is no process
    company: Company | None = None
    hearing: Hearing | None = None
    line: RoomLine | None = None
    pressed_at: LocalTime = LONG_AGO
    dropped: int = 0  # frames of the film, at the time of the last Pressure
    late: int = 0
    hears: bool = False  # the voices go out with the film's sound
    duck: DuckingState = field(default_factory=DuckingState)  # of the film

    def joined(self, serial: int) -> CallPart:
        """In the call, as far as it goes by this person. `serial`: to be greater than any that was before."""
        serial = max(self.serial + 1, serial)
        return replace(self, stage="in", serial=serial, is_seated=False, waiting_since=None, comes_in=None)

    def out(self) -> CallPart:
        """Neither in the call nor before it: devices are off. What is on the screen is the window's to say anew."""
        return replace(
            self,
            stage="off",
            camera_on=False,
            microphone_on=False,
            is_talking=False,
            is_seated=False,
            waiting_since=None,
            told=None,
        )

    def elsewhere(self) -> CallPart:
        """Out of this room: what it and its people were is void."""
        return replace(self.out(), silenced=(), said=None, held=CallStated()).unwayed()

    def unwayed(self) -> CallPart:
        """The ways are to be asked for at once."""
        return replace(self, ways_asked=LONG_AGO, ways_until=LONG_AGO, ways_wanted=False)

    def ended(self) -> CallPart:
        """Without its process, or with none that knows anything."""
        return replace(self, told=None, own=None, company=None, hearing=None, line=None, pressed_at=LONG_AGO)

    @property
    def shows_camera(self) -> bool:
        """The camera is on and works, or may: what others are told."""
        is_wanted = self.camera_on and not self.camera.named
        return is_wanted and (self.told is None or self.told.camera != "failed")

    @property
    def opens_microphone(self) -> bool:
        is_wanted = self.microphone_on and not self.microphone.named
        return is_wanted and (self.told is None or self.told.microphone != "failed")

    @property
    def is_heard(self) -> bool:
        """What is said now goes to the others."""
        if not self.opens_microphone or self.told is None or self.told.microphone != "on":
            return False
        return {"open": True, "push": self.is_talking, "activation": self.told.is_speaking}[self.voice]
