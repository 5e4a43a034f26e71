"""What the window draws (`View`) and what people wish by clicking in it (intents). Values only: no widget is needed
to test what is shown, and none decides anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from player.core.call_view import CallIntent, CallView
from player.core.medium import Track
from player.core.room_intents import RoomIntent
from player.core.room_view import (
    AddressView,
    ChatRow,
    CheckView,
    CopyView,
    Floating,
    HostingView,
    LanRow,
    LibraryView,
    ListingView,
    MemberFacts,
    OfferView,
    PlaylistView,
    Rights,
    RulesView,
)

Level = Literal["alone", "good", "near", "off", "unknown"]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One line of the roster. `asynchrony` and `delay` in s, None: not known. `level` judges it as the badge does."""

    peer: str
    name: str
    is_me: bool = False
    here: bool = True
    is_waited_for: bool = False
    asynchrony: float | None = None
    delay: float | None = None
    level: Level = "unknown"
    facts: MemberFacts = field(default_factory=MemberFacts)


@dataclass(frozen=True, slots=True)
class Badge:
    """The sync badge: green ("good") only within one frame."""

    level: Level = "alone"
    words: str = ""


@dataclass(frozen=True, slots=True)
class Lock:
    """A room that we were not let into without its password. `was_wrong`: one was given."""

    invite: str
    room: str
    was_wrong: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice over the picture, gone after `seconds`; None: until it is dismissed. Plain text."""

    id: int
    kind: Literal["info", "warning", "error"]
    words: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class View:
    """Everything the window shows. Times in s."""

    title: str = ""  # the room's item or the file; "" is nothing open
    has_medium: bool = False  # a film of our own is open
    has_picture: bool = False
    opening: str = ""  # the name of the film that is being opened, if that takes a while
    state: Literal["nothing", "playing", "paused", "holding"] = "nothing"
    is_pending: bool = False  # what was asked for has not been stated by the authority yet
    media_time: float = 0.0
    duration: float | None = None
    rate: float = 1.0
    waiting_words: str = ""  # "waiting for Ana: loading (8 s)"; "" is not waiting
    link: Literal["alone", "connecting", "joined", "lost"] = "alone"
    link_words: str = ""  # "Connecting to 192.0.2.7 …", "Connection lost, trying again"
    room: str = ""
    invite: str = ""  # to be copied; "" is none
    is_hosting: bool = False
    lock: Lock | None = None  # the window asks for the password and joins again
    members: tuple[MemberRow, ...] = ()
    badge: Badge = Badge()
    notices: tuple[Shown, ...] = ()
    name: str = ""  # "" : the window asks for it before hosting or joining
    volume: int = 100
    is_muted: bool = False
    sound_tracks: tuple[Track, ...] = ()
    sound_track: str | None = None
    subtitle_tracks: tuple[Track, ...] = ()
    subtitle_track: str | None = None
    subtitle_delay: float = 0.0
    keeps_awake: bool = False  # the screen must not sleep now
    rights: Rights = field(default_factory=Rights)
    rules: RulesView = field(default_factory=RulesView)
    is_away: bool = False
    playlist: PlaylistView = field(default_factory=PlaylistView)
    chat: tuple[ChatRow, ...] = ()  # oldest first
    reactions: tuple[Floating, ...] = ()
    check: CheckView | None = None
    offer: OfferView | None = None  # to be accepted or declined
    count_down: float | None = None  # s until the film starts for all
    can_go_on: bool = False  # the room waits, and this person may end that
    missing_words: str = ""  # why this person's copy of the room's film is not there, and what to do
    is_looking: bool = False  # this person's folders are being searched for the room's film
    is_changing: bool = False  # the room went on to another film just now, and ours is on its way: nothing to say yet
    address: AddressView | None = None
    copy: CopyView = field(default_factory=CopyView)
    hosting: HostingView | None = None
    lan_rooms: tuple[LanRow, ...] = ()
    listing: ListingView = field(default_factory=ListingView)
    library: LibraryView = field(default_factory=LibraryView)
    call: CallView = field(default_factory=CallView)


# -- intents -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenMedium:
    """Play a file or URL: alone, or as my copy of the room's film (the room's first film if it has none)."""

    path: str


@dataclass(frozen=True, slots=True)
class HostRoom:
    room: str


@dataclass(frozen=True, slots=True)
class JoinRoom:
    invite: str
    password: str = ""


@dataclass(frozen=True, slots=True)
class LeaveRoom:
    pass


@dataclass(frozen=True, slots=True)
class SetName:
    name: str


@dataclass(frozen=True, slots=True)
class WantPlay:
    pass


@dataclass(frozen=True, slots=True)
class WantPause:
    pass


@dataclass(frozen=True, slots=True)
class WantSeek:
    media_time: float


@dataclass(frozen=True, slots=True)
class WantRate:
    rate: float


@dataclass(frozen=True, slots=True)
class SetVolume:
    volume: int  # 0..100


@dataclass(frozen=True, slots=True)
class SetMuted:
    is_muted: bool


@dataclass(frozen=True, slots=True)
class ChooseSound:
    track: str


@dataclass(frozen=True, slots=True)
class ChooseSubtitles:
    track: str | None  # None: off


@dataclass(frozen=True, slots=True)
class LoadSubtitles:
    path: str


@dataclass(frozen=True, slots=True)
class SetSubtitleDelay:
    seconds: float  # positive: later


@dataclass(frozen=True, slots=True)
class Dismiss:
    notice: int


Intent = (
    OpenMedium
    | HostRoom
    | JoinRoom
    | LeaveRoom
    | SetName
    | WantPlay
    | WantPause
    | WantSeek
    | WantRate
    | SetVolume
    | SetMuted
    | ChooseSound
    | ChooseSubtitles
    | LoadSubtitles
    | SetSubtitleDelay
    | Dismiss
    | RoomIntent
    | CallIntent
)
