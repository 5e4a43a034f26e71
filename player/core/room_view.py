"""What the window draws of a room beyond its film: people, chat, playlist, ready check, hosting. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from server.core.protocol import Loop, Role, Who


@dataclass(frozen=True, slots=True)
class Rights:
    """What this person may do here; what may not be done is shown disabled, with `words` saying who may."""

    control: bool = True  # play, pause, seek, speed, choose, ready check, go on without somebody
    playlist: bool = True
    operate: bool = False  # mute, kick, ban, rules, password, invites
    host: bool = False  # give roles, hand over, end the room
    words: str = ""  # "Only operators may do that here: ask Ana."


@dataclass(frozen=True, slots=True)
class RulesView:
    """The rules of the room, for the hosting page."""

    control: Who = "all"
    playlist: Who = "all"
    waits: bool = True
    listed: bool = False
    persists: bool = False
    has_password: bool = False
    relay_only: bool = False  # the call goes by the server's relays only: no member learns another one's address


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One line of the playlist. `note` says what is special about it ("not found here"), "" is nothing."""

    id: str
    title: str
    duration: float | None = None  # s
    is_current: bool = False
    by: str = ""  # name
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlaylistView:
    entries: tuple[EntryRow, ...] = ()
    loop: Loop = "off"
    can_undo: bool = False
    next_title: str = ""  # begins by itself ...
    next_in: float | None = None  # ... in so many s; None: nothing does


@dataclass(frozen=True, slots=True)
class ChatRow:
    """A line of chat. Plain text; `clock` is this machine's time of day, `media` the film's place, for people."""

    id: int
    name: str
    text: str
    clock: str = ""
    media: str = ""
    media_time: float | None = None  # s, to go there; None: of another film
    is_me: bool = False


@dataclass(frozen=True, slots=True)
class Floating:
    """A reaction that floats over the picture now; `age` s since it began."""

    id: int
    emoji: str
    name: str
    age: float


@dataclass(frozen=True, slots=True)
class CheckView:
    """A ready check that is open."""

    by: str  # name
    ready: tuple[str, ...] = ()  # names
    missing: tuple[str, ...] = ()
    am_ready: bool = False
    is_mine: bool = False  # I asked, or may call it off


@dataclass(frozen=True, slots=True)
class OfferView:
    """Somebody asks that this computer hosts the room from now on."""

    by: str  # name


@dataclass(frozen=True, slots=True)
class KeyRow:
    """An invite that holds. `link` is "" where only its maker has it."""

    id: str
    role: Literal["operator", "guest"]
    expires: str = ""  # for people: "in 23 h"; "" is never
    by: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class BanRow:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ReachView:
    """Whether friends can reach a room that is hosted here. `todo`: what to do if not, a sentence each."""

    level: Literal["checking", "yes", "no", "unknown"] = "checking"
    words: str = ""
    todo: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HostingView:
    """The page for hosting: only while this person is host or operator."""

    reach: ReachView | None = None  # None: the server is not this computer's
    is_lan_open: bool = False  # people on this network may join without an invite
    keys: tuple[KeyRow, ...] = ()
    bans: tuple[BanRow, ...] = ()


@dataclass(frozen=True, slots=True)
class LanRow:
    """A room on the local network. `invite` is "" where it takes an invite to get in."""

    room: str
    where: str
    invite: str = ""


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A room that a server lists. `invite` leads there; one with a password asks for it at the door."""

    room: str
    people: int
    has_password: bool
    invite: str


@dataclass(frozen=True, slots=True)
class ListingView:
    """What a server that was asked for its rooms has answered. `server` "" : none was asked."""

    server: str = ""
    is_asking: bool = False
    rooms: tuple[ListedRow, ...] = ()
    words: str = ""  # what is wrong, or that there is none


@dataclass(frozen=True, slots=True)
class CopyView:
    """My file beside the room's film. `words` "" : nothing to say. Offsets s: mine is shown so much ahead."""

    words: str = ""
    offset: float = 0.0
    suggested: float | None = None


@dataclass(frozen=True, slots=True)
class AddressView:
    """The room's film is at an address on the network, and we were not asked yet whether to open it."""

    host: str
    is_private: bool = False  # a computer on this network, or this one: ask twice


@dataclass(frozen=True, slots=True)
class LibraryView:
    """The folders in which films are looked for."""

    folders: tuple[str, ...] = ()
    words: str = ""  # "1,204 films known", "looking …", a problem


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What a roster line says beyond name and asynchrony."""

    role: Role = "guest"
    is_away: bool = False
    is_muted: bool = False
    copy_words: str = ""  # "4:12 longer", "no film yet"; "" is the same film
    offset: float = 0.0
    may_be_managed: bool = False  # kick, ban, mute by me
