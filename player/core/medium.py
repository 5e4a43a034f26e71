"""What is known of a film once it is open: values that the session, the picture and the window share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from server.core.timeline import MediaTime


@dataclass(frozen=True, slots=True)
class Track:
    """A sound or subtitle track that can be chosen. `id` is opaque: "stream:2", or "file:/films/a.en.srt"."""

    id: str
    kind: Literal["sound", "subtitles"]
    label: str  # for people: "English (AAC, 5.1)", plain text
    language: str = ""


@dataclass(frozen=True, slots=True)
class Medium:
    """An open film. `duration` None: not known. `size` None: no picture. `frame_duration`: the usual one, s."""

    path: str
    title: str  # the file's name without its folder and suffix
    duration: float | None
    size: tuple[int, int] | None  # square pixels, as it should be seen
    frame_duration: float
    sound_tracks: tuple[Track, ...] = ()
    subtitle_tracks: tuple[Track, ...] = ()
    sound_track: str | None = None  # chosen at opening; None: silent film
    subtitle_track: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A converted frame: rows of BGRA (alpha unused), `stride` bytes each, scaled to what the window asked for.

    `keep` owns the memory of `buffer`; whoever draws keeps the whole value alive while it draws."""

    media_time: MediaTime
    width: int
    height: int
    stride: int
    buffer: memoryview
    keep: object


@dataclass(frozen=True, slots=True)
class Due:
    """What the screen should show now, and when to ask again.

    `again_at` is local time, s; None: nothing is known to change before the next wake-up. `dropped`: frames that were
    too late to be shown, so far. `caption`: subtitle text that belongs over the picture now, lines by newline."""

    picture: Picture | None
    again_at: float | None
    dropped: int = 0
    caption: str = ""


@dataclass(frozen=True, slots=True)
class SoundStatus:
    """How the sound does. `asynchrony` s, None while it does not play; `playout_delay` s from write to the DAC."""

    asynchrony: float | None
    playout_delay: float
    underruns: int
    device: str | None  # None: no device, the silent clock runs instead


# -- what playback reports -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """The film is open; its first frame follows."""

    medium: Medium


@dataclass(frozen=True, slots=True)
class OpenFailed:
    """It could not be opened, or broke for good. One sentence: what, which, what to do."""

    path: str
    words: str


@dataclass(frozen=True, slots=True)
class SubtitlesAdded:
    """A subtitle file could be read; it is a track of the film now, and shown."""

    track: Track


@dataclass(frozen=True, slots=True)
class Primed:
    """The place of a standing timeline's revision is decoded and shown: playing can start there."""

    revision: int


@dataclass(frozen=True, slots=True)
class RanDry:
    """Nothing left to present while that revision plays, and it is not the end of the film."""

    revision: int


@dataclass(frozen=True, slots=True)
class Sought:
    """The controller gave up slewing and jumped, which people should never see in steady play."""

    asynchrony: float


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a person should know that does not stop the film ("3 broken packets were skipped")."""

    words: str


@dataclass(frozen=True, slots=True)
class ReachedEnd:
    """The film's last picture and sample have been presented while that revision plays."""

    revision: int


PlaybackEvent = Opened | OpenFailed | SubtitlesAdded | Primed | RanDry | ReachedEnd | Sought | Remark
