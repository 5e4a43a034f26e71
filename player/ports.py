"""What the session needs of the world. Adapters in `media`, `net`, `ui` and the fakes of the tests implement these.

Calls go down, never up: an adapter with news calls its `wake`, which carries nothing and may be called from any
thread; the session then asks with `take_events` on its own thread.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from player.core.call_pipe import CallNews, ToCall
from player.core.news import Joined, LinkEvent, LinkLost, LinkRefused, LinkRegained, Received, Sampled
from player.core.resampling import Samples
from server.core.protocol import ClientMessage
from server.core.timeline import LocalTime

if TYPE_CHECKING:  # the process of the call needs few of these, and making them takes a tenth of a second
    from player.core.copies import Copy, LibraryEvent, LibraryStatus
    from player.core.invite import Invite
    from player.core.listing import ListedRoom
    from player.core.medium import Due, Picture, PlaybackEvent, SoundStatus
    from player.core.room_view import LanRow, ReachView
    from player.core.target import Target
    from player.core.view import Intent, View

__all__ = [
    "Act",
    "Call",
    "Clock",
    "Joined",
    "Library",
    "LinkError",
    "LinkEvent",
    "LinkLost",
    "LinkRefused",
    "LinkRegained",
    "MediaError",
    "PictureSource",
    "Playback",
    "Ports",
    "Received",
    "RoomHost",
    "RoomLink",
    "Sampled",
    "Screen",
    "Settings",
    "Telemetry",
    "TilePicture",
    "TileSource",
    "Voices",
    "Wake",
]

Wake = Callable[[], None]


class MediaError(Exception):
    """A film, a device or a track that can't be used. The words are for a person."""


class LinkError(Exception):
    """An authority that can't be reached, started or spoken to. The words are for a person."""


class Clock(Protocol):
    """This machine's monotonic clock. The one real implementation reads `time.perf_counter`; levers make it wrong."""

    def now(self) -> LocalTime: ...


class Telemetry(Protocol):
    """Where events of DESIGN section 7 go; callable from any thread."""

    def record(self, event: str, mono: float, **fields: Any) -> None: ...


class PictureSource(Protocol):
    """Where whoever owns the screen gets pictures. All calls from the screen's thread."""

    def set_size(self, width: int, height: int) -> None:
        """The area in device pixels that the film may fill; pictures come scaled to fit, aspect kept."""

    def due(self, now: LocalTime) -> Due:
        """What belongs on the screen at `now`."""

    def presented(self, picture: Picture, at: LocalTime) -> None:
        """The paint of a picture returned at `at`."""

    def set_screen_wake(self, wake: Wake) -> None:
        """Who is woken when `due` may answer differently than it said."""


class Playback(PictureSource, Protocol):
    """Decodes one film and keeps its sound and picture on the target."""

    def open(self, path: str) -> None:
        """Begin to open a film in place of the one before; answered by Opened or OpenFailed."""

    def close(self) -> None:
        """Let go of the film, the device and all threads; returns when they have ended, or hang too long."""

    def follow(self, target: Target) -> None:
        """The newest clock and schedule. Cheap, called often; seeks by itself where the place is another."""

    def set_volume(self, volume: float) -> None:
        """Linear gain, 0 is silent, 1 is the film's own level; changes ramp."""

    def choose_sound(self, track: str) -> None: ...

    def choose_subtitles(self, track: str | None) -> None: ...

    def load_subtitles(self, path: str) -> None:
        """Add a subtitle file as a track and choose it; a Remark where it can't be read."""

    def set_subtitle_delay(self, seconds: float) -> None: ...

    def set_voices(self, voices: Voices | None) -> None:
        """The call's voices go out with the film's sound from now on, through one device, which stays open without a
        film too; None: no longer."""

    def duck(self, gain: float, seconds: float) -> None:
        """The film's own sound fades to this linear gain (1 is undisturbed) within so long; voices keep theirs."""

    def sound(self) -> SoundStatus: ...

    def missed(self) -> tuple[int, int]:
        """(frames that were dropped, frames that were painted late) since the player began."""

    def picture_asynchrony(self) -> float | None:
        """Media time on the screen minus the timeline's, s, over the last frames; None: no moving picture."""

    def take_events(self) -> list[PlaybackEvent]: ...


class Library(Protocol):
    """The person's media folders, looked through in the background. Nothing waits: what is found is an event."""

    @property
    def folders(self) -> tuple[str, ...]: ...

    def set_folders(self, folders: tuple[str, ...]) -> None:
        """Look through these from now on; what was known of others is forgotten."""

    def look_for(self, wanted: Copy, salt: str) -> None:
        """Find the file that is this film; answered by FoundCopy, or by NoCopy and perhaps a FoundCopy later. Several
        may be looked for. `salt` keys the fingerprints of the room."""

    def stop_looking(self) -> None:
        """Nothing is looked for any more: the room has been left."""

    def fingerprint(self, path: str) -> None:
        """Find out a file's content; answered by Fingerprinted. An address has none."""

    def take_events(self) -> list[LibraryEvent]: ...

    def status(self) -> LibraryStatus:
        """How much is known and what is wrong; the wake comes when it changes."""

    def close(self) -> None:
        """End the threads, or leave those to themselves that hang in a disk. Nothing is reported any more."""


# -- the room ------------------------------------------------------------------------------------------


class RoomLink(Protocol):
    """A member's connection with an authority: keeps itself alive, resumes, exchanges clocks."""

    def connect(self, invite: Invite, name: str, token: str = "") -> None:
        """`token`: of who we are there already."""

    def send(self, message: ClientMessage) -> None:
        """Best effort: what is sent while the link is lost is gone."""

    def burst(self) -> None:
        """Exchange clocks at once: this machine slept, or its network changed."""

    def close(self) -> None:
        """Leave the room for good and end the threads; returns soon."""

    def take_events(self) -> list[LinkEvent]: ...


class RoomHost(Protocol):
    """Runs an authority for the app. It ends with the app, however that ends."""

    async def start(self, room: str, listen: str) -> Invite:
        """Start it and return the invite for a room that can be joined. `listen` is ADDR:PORT, "" for the usual.
        The host's own player joins by `own_invite`. Raises LinkError."""

    async def take_over(self, bundle: str, room: str, age: float, listen: str) -> Invite:
        """Likewise for a room that another authority gave away `age` s ago, with its people and all."""

    def own_invite(self) -> Invite:
        """The way in for the host itself: loopback, with the right to make the room."""

    @property
    def has_ended(self) -> bool:
        """It was started and has gone without being asked to."""

    def stop(self) -> None: ...


Reach = tuple["ReachView", tuple[tuple[str, int], ...]]
"""Whether friends can reach us, and the addresses that belong into the invite."""


class Surroundings(Protocol):
    """The local network and the way in from outside; news by wake. All calls are cheap."""

    def browse(self, wants: bool) -> None:
        """Look for rooms on this network, or no longer."""

    def rooms(self) -> tuple[LanRow, ...]: ...

    def show(self, hosted: Invite | None, is_open: bool) -> None:
        """Announce the room that is hosted here, with its key if whoever is on this network may come in, and find out
        whether it can be reached from outside; None: there is none. Said again it does nothing."""

    def reach(self) -> Reach | None:
        """What is known of that."""

    def close(self) -> None: ...


# -- the call -------------------------------------------------------------------------------------------------------


class Voices(Protocol):
    """The voices of the call, for whoever owns the sound device. Called from the device's thread: never waits."""

    def mix(self, out: Samples, leaves_at: LocalTime) -> None:
        """Add the voices to `out`, (n, 2) float32 at 48 kHz, whose first sample leaves the DAC at `leaves_at`, and note
        the result as what the microphone must not bring back."""


@dataclass(frozen=True, slots=True)
class TilePicture:
    """A picture of a member, top row first, 4 bytes a pixel: B, G, R and one that means nothing. `pixels` is a copy.
    `number` counts up; `captured` in room time, None: not known."""

    number: int
    width: int
    height: int
    pixels: bytes
    captured: float | None = None


class TileSource(Protocol):
    """Where the window gets the pictures of the call; from its own thread, often, never waits."""

    def tile(self, peer: str, seen: int) -> TilePicture | None:
        """The newest picture of a member, "" is our own camera; None: none that is newer than number `seen`, which
        is 0 at first."""


class Call(TileSource, Voices, Protocol):
    """The process of the call. It is started by the first word to it, and again, told all anew, when it has died."""

    def tell(self, piece: ToCall) -> None:
        """What should be. The newest of each kind is remembered for a process that is started again."""

    def take_events(self) -> list[CallNews]: ...

    def close(self) -> None:
        """End it and let go of its memory; returns soon."""


# -- the person ------------------------------------------------------------------------------------------


class Settings(Protocol):
    """What is remembered between starts: "name", "volume", "folder", "window", "host_port", "host_key" ... (JSON
    values). A file that can't be read counts as empty; one that can't be written is said once."""

    def get(self, key: str) -> Any: ...

    def put(self, key: str, value: Any) -> None: ...


class Screen(Protocol):
    """What shows the view to a person: the window, or in headless nothing."""

    def show_view(self, view: View) -> None: ...


Act = Callable[["Intent"], None]
"""How a window hands its intents to the session."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What the session works with. The makers get the wake that their link or call uses."""

    clock: Clock
    playback: Playback
    telemetry: Telemetry
    settings: Settings
    make_link: Callable[[Wake], RoomLink]
    make_solo: Callable[[Wake], RoomLink]
    host: RoomHost
    has_slept: Callable[[], bool]
    has_moved: Callable[[], bool]  # this machine has come to another network since it was asked last
    library: Library
    around: Surroundings
    make_call: Callable[[Wake], Call]
    fetch_rooms: Callable[[Invite], Coroutine[Any, Any, tuple[ListedRoom, ...]]]  # raises ListingError
    draw_key: Callable[[], str]  # chance for an invite
    time_of_day: Callable[[], float]  # s since midnight here, for people
    listen: str = ""  # where a room that is hosted from here is to be found, ADDR:PORT; "" is the usual
