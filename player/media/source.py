"""A film's file or URL: what is in it, and containers on it for whoever reads a part of it.

Sound, picture and subtitles each read with a container and a thread of their own. They then can't starve one another
however a file is interleaved, a seek of one is none of the other's business, and there is no queue of packets between
threads. A file is read twice that way, which the page cache makes cheap: streams that a reader does not want are
discarded in the demuxer. From a URL nothing is discarded: a demuxer that skips makes a request for each skip.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard, Disposition, Stream
from av.subtitles.stream import SubtitleStream
from av.video.stream import VideoStream

from player.core.medium import Medium, Track
from player.media.labels import file_label, language_of, track_label
from player.ports import MediaError

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")  # two letters at least: C:\ is a disk
OPEN_TIMEOUT, READ_TIMEOUT = 8.0, 5.0  # s, of a URL
PRIMING = 0.05  # s that sound may begin before the picture because of its coder: no part of the film
TEXT_SUBTITLES = {"subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text"}
SUBTITLE_FILES = {".srt", ".ass", ".ssa", ".vtt"}
WEB = ("http", "https")
URL_OPTIONS = {
    "reconnect": "1",  # in the middle of a film, not while opening
    "reconnect_delay_max": "4",
    "protocol_whitelist": "http,https,tcp,tls,crypto",  # a playlist of strangers leads to nothing of this computer
}


@dataclass(frozen=True, slots=True)
class Source:
    """A film that could be opened. Indices are of streams; `origin` is media time 0 in the container's own time, s."""

    medium: Medium
    is_url: bool
    origin: float
    video: int | None
    is_still: bool  # its picture is a cover
    aspect: float  # of a pixel: width over height
    sounds: tuple[int, ...]
    remarks: tuple[str, ...] = ()

    def open(self) -> InputContainer:
        """One more container on it. Raises MediaError."""
        return open_container(self.medium.path)

    def select(self, container: InputContainer, index: int) -> Stream:
        """The stream of a container, which gives packets of no other from now on."""
        if not self.is_url:
            for stream in container.streams:
                if stream.index != index:
                    stream.discard = Discard.all
        return container.streams[index]

    def rotated(self, quarter_turns: int) -> Source:
        """The same seen after so many quarter turns."""
        if self.medium.size is None or quarter_turns % 2 == 0:
            return self
        width, height = self.medium.size
        return replace(self, medium=replace(self.medium, size=(height, width)))


def is_url(path: str) -> bool:
    return URL.match(path) is not None and not path.startswith("file://")


def local_path(path: str) -> str:
    """A file's path, also from a file:// URL."""
    if not path.startswith("file://"):
        return path
    from urllib.request import url2pathname  # takes 25 ms to import: an HTTP client comes along

    return url2pathname(urlsplit(path).path)


def name_of(path: str) -> str:
    """What a person calls it: the file's name, or the URL's without its query, which may hold secrets."""
    if not is_url(path):
        return Path(local_path(path)).name or path
    parts = urlsplit(path)
    return unquote(parts.path.rsplit("/", 1)[-1]) or parts.hostname or "the address"


def open_container(path: str) -> InputContainer:
    """Open a file or URL. Raises MediaError with a sentence for a person."""
    if not is_url(path):
        path = local_path(path)
        _check_file(path)
    elif urlsplit(path).scheme not in WEB:
        raise MediaError(_other_protocol(path))
    try:
        if is_url(path):
            return av.open(
                path, timeout=(OPEN_TIMEOUT, READ_TIMEOUT), options=dict(URL_OPTIONS), metadata_errors="replace"
            )
        # `file:` so that a colon in the name is none of a protocol
        return av.open("file:" + os.path.abspath(path), metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise MediaError(_sentence(path, error)) from error


def _check_file(path: str) -> None:
    name = name_of(path)
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise MediaError(f"“{name}” is a folder. Choose a file in it.")
        if not stat.S_ISREG(status.st_mode):
            raise MediaError(f"“{name}” is not a file. Choose a film or sound file.")
        with open(path, "rb"):
            pass
    except FileNotFoundError as error:
        raise MediaError(f"“{name}” was not found. Check its name, and that its disk is connected.") from error
    except PermissionError as error:
        raise MediaError(
            f"“{name}” may not be read by you. Change its permissions, or copy it to your own folder."
        ) from error
    except (OSError, ValueError) as error:
        raise MediaError(f"“{name}” can't be read. Check its name and its disk.") from error
    if status.st_size == 0:
        raise MediaError(f"“{name}” is empty. Copy it again from where you got it.")


def _sentence(path: str, error: Exception) -> str:
    name = name_of(path)
    if not is_url(path):
        if isinstance(error, av.error.InvalidDataError):
            return f"“{name}” is not a film or sound that Matinee can read, or it is damaged. Choose another file."
        return f"“{name}” can't be read. Check its disk, or choose another copy."
    host = urlsplit(path).hostname or "the server"
    match error:
        case av.error.HTTPNotFoundError():
            return f"“{name}” does not exist on {host}. Check the address."
        case av.error.HTTPUnauthorizedError() | av.error.HTTPForbiddenError():
            return f"{host} does not let you have “{name}”. Check the address, or ask whoever gave it to you."
        case av.error.HTTPError() | av.error.HTTPClientError():
            return f"{host} can't deliver “{name}” now. Try again later."
        case av.error.ExitError() | TimeoutError():
            return f"{host} does not answer. Check your network, or try again later."
        case av.error.InvalidDataError():
            return f"“{name}” on {host} is not a film or sound that Matinee can read. Choose another address."
        case av.error.ProtocolNotFoundError():
            return _other_protocol(path)
        case _:
            return f"{host} can't be reached. Check the address and your network."


def _other_protocol(path: str) -> str:
    return f"Matinee can't fetch “{path.partition(':')[0]}” addresses. Use http or https, or a file."


# -- what is in it -----------------------------------------------------------------------------------------------------


def open_source(path: str) -> tuple[Source, InputContainer]:
    """Find out what a film holds; the container stands at its beginning and is the caller's. Raises MediaError."""
    container = open_container(path)
    try:
        return _describe(path, container), container
    except MediaError:
        container.close()
        raise


def _can_decode(stream: Stream) -> bool:
    # a stream without a decoder has no context, against PyAV's annotations
    context: object = stream.codec_context
    return context is not None


def _describe(path: str, container: InputContainer) -> Source:
    name = name_of(path)
    videos = [stream for stream in container.streams if isinstance(stream, VideoStream) and _is_picture(stream)]
    sounds = [stream for stream in container.streams if isinstance(stream, AudioStream)]
    moving = [stream for stream in videos if not stream.disposition & Disposition.attached_pic]
    playable = [stream for stream in (moving or videos) if _can_decode(stream)]
    heard = [stream for stream in sounds if _can_decode(stream) and stream.codec_context.sample_rate]
    if not videos and not sounds:
        raise MediaError(f"“{name}” holds no picture and no sound. Choose another file.")
    unknown = [stream for stream in (*videos, *sounds) if not _can_decode(stream)]
    if not playable and not heard:
        raise MediaError(
            f"Matinee can't decode what is in “{name}”. Choose a copy of it in another format, such as H.264."
        )
    remarks: tuple[str, ...] = ()
    if unknown and moving and not playable:
        remarks = (f"The picture of “{name}” can't be decoded; only its sound is played. Another copy may help.",)
    elif unknown and sounds and not heard:
        remarks = (f"The sound of “{name}” can't be decoded; only its picture is played. Another copy may help.",)
    video = playable[0] if playable else None
    is_still = video is not None and bool(video.disposition & Disposition.attached_pic)
    origin = _origin(container, None if is_still else video, heard)
    tracks = tuple(_track(stream, "sound", number) for number, stream in enumerate(heard, 1))
    usual = next((i for i, stream in enumerate(heard) if stream.disposition & Disposition.default), 0)
    subtitles = _subtitle_tracks(container, path)
    medium = Medium(
        path=path,
        title=Path(name).stem or name,
        duration=_duration(container, origin),
        size=None if video is None or is_still else _size(video),
        frame_duration=_frame_duration(video),
        sound_tracks=tracks,
        subtitle_tracks=subtitles,
        sound_track=tracks[usual].id if tracks else None,
        subtitle_track=_beside(subtitles, path),
    )
    return Source(
        medium=medium,
        is_url=is_url(path),
        origin=origin,
        video=None if video is None else video.index,
        is_still=is_still,
        aspect=1.0 if video is None else _aspect(video),
        sounds=tuple(stream.index for stream in heard),
        remarks=remarks,
    )


def _is_picture(stream: VideoStream) -> bool:
    """Text files are demuxed as a picture of characters ("tty"), which nobody means to watch."""
    return not _can_decode(stream) or (stream.codec_context.name != "ansi" and stream.codec_context.width > 0)


def _start(stream: Stream) -> float | None:
    if stream.start_time is None or stream.time_base is None:
        return None
    return float(stream.start_time * stream.time_base)


def _origin(container: InputContainer, video: VideoStream | None, sounds: list[AudioStream]) -> float:
    """The first presented instant. The picture's, unless there is sound before it that is more than a coder's
    priming."""
    of_sounds = [start for stream in sounds if (start := _start(stream)) is not None]
    of_picture = None if video is None else _start(video)
    if of_picture is None:
        first = container.start_time
        fallback = 0.0 if not isinstance(first, int) else first / av.time_base
        return min(of_sounds, default=fallback)
    sound = min(of_sounds, default=of_picture)
    return sound if sound < of_picture - PRIMING else of_picture


def _duration(container: InputContainer, origin: float) -> float | None:
    ends = []
    if container.duration is not None and container.duration > 0:
        start = container.start_time
        counts_from_zero = "matroska" in container.format.name  # whose lengths are those of the clock, not of the film
        begins = start / av.time_base if isinstance(start, int) and not counts_from_zero else 0.0
        ends.append(begins + container.duration / av.time_base)
    else:
        for stream in container.streams:
            if stream.duration and stream.time_base is not None:
                ends.append((_start(stream) or 0.0) + float(stream.duration * stream.time_base))
    return max(0.0, max(ends) - origin) if ends else None


def _aspect(stream: VideoStream) -> float:
    ratio = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    return float(ratio) if ratio else 1.0


def _size(stream: VideoStream) -> tuple[int, int]:
    context = stream.codec_context
    return max(1, round(context.width * _aspect(stream))), context.height


def _frame_duration(stream: VideoStream | None) -> float:
    rate = None if stream is None else stream.average_rate or stream.guessed_rate
    return 1.0 / float(rate) if rate and 1.0 <= rate <= 1000 else 0.04


def _track(stream: AudioStream | SubtitleStream, kind: str, number: int) -> Track:
    return Track(
        id=f"stream:{stream.index}",
        kind="sound" if kind == "sound" else "subtitles",
        label=track_label(stream, number),
        language=language_of(stream),
    )


def _subtitle_tracks(container: InputContainer, path: str) -> tuple[Track, ...]:
    streams = [
        stream
        for stream in container.streams
        if isinstance(stream, SubtitleStream) and _can_decode(stream) and stream.codec_context.name in TEXT_SUBTITLES
    ]
    embedded = tuple(_track(stream, "subtitles", number) for number, stream in enumerate(streams, 1))
    return embedded + (() if is_url(path) else tuple(files_beside(local_path(path))))


def files_beside(path: str) -> list[Track]:
    """The subtitle files of a film's name in its folder: NAME.srt, NAME.en.srt ..."""
    film = Path(path).absolute()
    try:
        names = sorted(os.listdir(film.parent))
    except OSError:
        return []
    return [
        file_track(str(film.parent / name), film.stem)
        for name in names
        if Path(name).suffix.lower() in SUBTITLE_FILES
        and (Path(name).stem == film.stem or name.startswith(film.stem + "."))
    ]


def file_track(path: str, film_stem: str) -> Track:
    """A subtitle file as a track."""
    return Track(id=f"file:{path}", kind="subtitles", label=file_label(path, film_stem))


def _beside(tracks: tuple[Track, ...], path: str) -> str | None:
    """The track to begin with: a file that has exactly the film's name was put there to be read."""
    stem = Path(local_path(path)).stem
    return next((track.id for track in tracks if track.id.startswith("file:") and Path(track.id).stem == stem), None)
