"""What the app and the process of the call say to each other over its pipe: one JSON object a line, typed both ways.

    app -> call    what should be (absolute, so that any of it may be said again after the process died)
    call -> app    what is, signals for other members, sentences for people

Pictures, voices and what the microphone must not hear do not go this way: they lie in memory that both map
(`player/call/memory.py`). A line may hold at most LINE_MOST bytes.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from server.core import protocol

LINE_MOST = 64 * 1024  # bytes

CallMode = Literal["mesh", "sfu"]
VoiceMode = Literal["open", "push", "activation"]
PeerState = Literal["connecting", "connected", "reconnecting", "absent"]
DeviceState = Literal["off", "opening", "on", "failed"]
OFF, TEST = "off", "test"  # names of devices that always exist


class Piece(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="is"):
    """What goes over the pipe."""


# -- app -> call -------------------------------------------------------------------------------------------------------


class Own(Piece, frozen=True, tag="own"):
    """What this person's devices should do. `camera` and `microphone` are ids of DevicesFound, "test", or "" for the
    system's usual one. A device that is not wanted is closed, not muted."""

    name: str = ""  # that a test picture shows
    camera: str = ""
    microphone: str = ""
    camera_on: bool = False
    microphone_on: bool = False
    voice: VoiceMode = "open"
    is_talking: bool = False  # the key is held, in mode "push"
    cleans: bool = True  # echo cancelling, noise suppression, gain control


class Member(msgspec.Struct, frozen=True):
    """Somebody else in the call."""

    peer: str
    name: str
    serial: int
    camera: bool
    microphone: bool


class Company(Piece, frozen=True, tag="company"):
    """Who we are and who else is in the call; `joined` False: we are not, connections end, devices may be previewed."""

    joined: bool = False
    me: str = ""
    members: tuple[Member, ...] = ()
    mode: CallMode = "mesh"
    generation: int = 0
    relay_only: bool = False


class WaysFound(Piece, frozen=True, tag="ways"):
    ways: protocol.Ways


class PeerSignalled(Piece, frozen=True, tag="signalled"):
    signal: protocol.Signalled


class RoomLine(Piece, frozen=True, tag="clock"):
    """room time = `room` + (local time - `local`) * `rate`, s; until the next one."""

    local: float
    room: float
    rate: float = 1.0


class Hearing(Piece, frozen=True, tag="hearing"):
    """Whom this person does not want to hear; which pictures are on the screen and how high (px), others need not be
    decoded."""

    silenced: tuple[str, ...] = ()
    shown: tuple[tuple[str, int], ...] | None = None  # None: all, at any size


class Pressure(Piece, frozen=True, tag="pressure"):
    """How the film does: `dropped` and `late` frames since the last one. The call gives way before it drops more."""

    dropped: int = 0
    late: int = 0
    is_playing: bool = False


class LookForDevices(Piece, frozen=True, tag="devices"):
    pass


class NetworkChanged(Piece, frozen=True, tag="network"):
    """This machine slept or its network changed: connections are made anew."""


ToCall = Own | Company | WaysFound | PeerSignalled | RoomLine | Hearing | Pressure | LookForDevices | NetworkChanged

# -- call -> app -------------------------------------------------------------------------------------------------------


class PeerFigures(msgspec.Struct, frozen=True):
    """One member as we see and hear it. `level` 0..1; `age` of the picture that is shown, s of room time."""

    peer: str
    state: PeerState
    is_speaking: bool = False
    level: float = 0.0
    fps: float = 0.0
    width: int = 0
    height: int = 0
    age: float | None = None
    is_relayed: bool = False
    words: str = ""  # what is wrong, for people


class CallTold(Piece, frozen=True, tag="told"):
    """How the call does; on each change, and once a second as a sign of life."""

    peers: tuple[PeerFigures, ...] = ()
    camera: DeviceState = "off"
    microphone: DeviceState = "off"
    camera_words: str = ""
    microphone_words: str = ""
    is_speaking: bool = False  # we, as others hear it
    level: float = 0.0
    fps: float = 0.0  # of our own camera, as it is sent
    width: int = 0
    height: int = 0
    words: str = ""  # how the call is held, where that is worth telling: "pictures are smaller: this computer is busy"


class CallSignalled(Piece, frozen=True, tag="signal"):
    """For another member, by way of the authority."""

    signal: protocol.Signal


class WaysWanted(Piece, frozen=True, tag="ways_wanted"):
    """The ways are needed, or end soon."""


class Device(msgspec.Struct, frozen=True):
    id: str
    label: str


class DevicesFound(Piece, frozen=True, tag="devices_found"):
    cameras: tuple[Device, ...] = ()
    microphones: tuple[Device, ...] = ()


class CallSaid(Piece, frozen=True, tag="said"):
    """A sentence for people. `about`: a newer one about the same replaces it."""

    kind: Literal["info", "warning", "error"]
    words: str
    about: str = ""


FromCall = CallTold | CallSignalled | WaysWanted | DevicesFound | CallSaid


class CallEnded(msgspec.Struct, frozen=True):
    """The process of the call has died, or hung and was ended. It is started again, and told what should be."""

    words: str


CallNews = FromCall | CallEnded


class PipeError(ValueError):
    """A line that is not of this pipe."""


_to_call: msgspec.json.Decoder[ToCall] = msgspec.json.Decoder(ToCall)
_from_call: msgspec.json.Decoder[FromCall] = msgspec.json.Decoder(FromCall)


def line_of(piece: ToCall | FromCall) -> bytes:
    """A piece as a line of the pipe, its end included."""
    return msgspec.json.encode(piece) + b"\n"


def read_to_call(line: bytes) -> ToCall:
    """Raises PipeError."""
    try:
        return _to_call.decode(line)
    except msgspec.DecodeError as error:
        raise PipeError(str(error)) from None


def read_from_call(line: bytes) -> FromCall:
    """Raises PipeError."""
    try:
        return _from_call.decode(line)
    except msgspec.DecodeError as error:
        raise PipeError(str(error)) from None
