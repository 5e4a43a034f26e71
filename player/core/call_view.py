"""What the window draws of the call, and what people wish by clicking there. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from player.core.call_pipe import DeviceState, PeerState, VoiceMode

Ducking = Literal["off", "gentle", "strong"]
CallState = Literal["off", "lobby", "joining", "in"]


@dataclass(frozen=True, slots=True)
class TileRow:
    """One person of the call. `age` in s: the picture is so much older than now, None: not known, or no picture.
    `words`: what is wrong or what is being waited for, where `state` does not say it all."""

    peer: str  # what TileSource.tile is asked for; "" is me
    name: str
    is_me: bool = False
    state: PeerState = "connected"
    has_picture: bool = False
    camera: bool = False
    microphone: bool = False
    is_muted_by_me: bool = False
    is_speaking: bool = False
    age: float | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class DeviceRow:
    id: str
    label: str


@dataclass(frozen=True, slots=True)
class CallView:
    """`tiles` in an order that does not change while nobody comes or goes, this person last. `others`: how many are in
    the call besides us, also while we are not. `cameras` and `microphones` begin with the system's usual one, id "",
    and have the chosen one, be it there or not. In the lobby devices are off until they are switched on, and `tiles`
    has this person alone."""

    state: CallState = "off"
    tiles: tuple[TileRow, ...] = ()
    others: int = 0
    may_join: bool = False  # there is a room to call in
    join_words: str = ""  # why one can't, or who is there: "Ana and Ben are in the call"
    camera_on: bool = False
    microphone_on: bool = False
    camera_state: DeviceState = "off"
    microphone_state: DeviceState = "off"
    camera_words: str = ""  # "The camera is used by another program."
    microphone_words: str = ""
    level: float = 0.0  # of the own microphone, 0..1
    cameras: tuple[DeviceRow, ...] = ()
    microphones: tuple[DeviceRow, ...] = ()
    camera: str = ""  # the chosen one's id
    microphone: str = ""
    voice: VoiceMode = "open"
    is_talking: bool = False  # what is said now is heard
    ducking: Ducking = "gentle"
    cleans: bool = True  # echo cancelling, noise suppression, gain control
    relay_only: bool = False  # the room's rule
    words: str = ""  # how the call is held, where that is worth telling


# -- intents -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenLobby:
    """Choose and try devices before joining; in the call: the same page as settings. Nothing is captured yet."""


@dataclass(frozen=True, slots=True)
class CloseLobby:
    """Back without joining: devices are closed. In the call it does nothing but close the page."""


@dataclass(frozen=True, slots=True)
class JoinCall:
    """With the devices as they are switched in the lobby."""


@dataclass(frozen=True, slots=True)
class LeaveCall:
    pass


@dataclass(frozen=True, slots=True)
class SwitchCamera:
    on: bool


@dataclass(frozen=True, slots=True)
class SwitchMicrophone:
    on: bool


@dataclass(frozen=True, slots=True)
class ChooseCamera:
    device: str


@dataclass(frozen=True, slots=True)
class ChooseMicrophone:
    device: str


@dataclass(frozen=True, slots=True)
class ChooseVoice:
    mode: VoiceMode


@dataclass(frozen=True, slots=True)
class Talk:
    """The key of push to talk goes down or up."""

    is_held: bool


@dataclass(frozen=True, slots=True)
class MuteForMe:
    """This person does not want to hear that member, or does again; nobody else notices."""

    peer: str
    is_muted: bool


@dataclass(frozen=True, slots=True)
class ChooseDucking:
    ducking: Ducking


@dataclass(frozen=True, slots=True)
class CleanMicrophone:
    is_wanted: bool


@dataclass(frozen=True, slots=True)
class ShowTiles:
    """Whose pictures are on the screen ("" is me), and how high at most (device px): others need not be decoded."""

    shown: tuple[tuple[str, int], ...]


CallIntent = (
    OpenLobby
    | CloseLobby
    | JoinCall
    | LeaveCall
    | SwitchCamera
    | SwitchMicrophone
    | ChooseCamera
    | ChooseMicrophone
    | ChooseVoice
    | Talk
    | MuteForMe
    | ChooseDucking
    | CleanMicrophone
    | ShowTiles
)
