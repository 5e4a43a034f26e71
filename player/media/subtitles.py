"""The chosen subtitle track, read in a thread of its own: a file as a whole, a track of the film's a stretch at a time
around the present place, for reading all of it would be reading the whole film.
"""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import av.error
import av.subtitles.codeccontext  # which PyAV else imports with the first text, in whichever thread that is
from av.container import InputContainer
from av.packet import Packet
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import AssSubtitle

from player.core.medium import Track
from player.core.subtitles import Captions, Cue, captions_of, decoded_text, plain_text
from player.core.target import Target
from player.media.source import SUBTITLE_FILES, Source, file_track, local_path
from player.ports import Clock, MediaError, Wake

log = logging.getLogger(__name__)

MOST_BYTES = 16 << 20  # of a subtitle file; a long film's have a tenth of a megabyte
LASTING = 5.0  # s that a cue without an end is shown
BEFORE, AHEAD, ENOUGH = 15.0, 60.0, 20.0  # s read around the place, and left over when reading goes on
LOOK = 1.0  # s between looks at where the film is
RETRY_AFTER = 5.0  # s, of a URL
FORMATS = {".srt": "srt", ".ass": "ass", ".ssa": "ass", ".vtt": "webvtt"}


def read_file(path: str) -> list[Cue]:
    """The cues of a subtitle file. Raises MediaError."""
    file = Path(local_path(path))
    if file.suffix.lower() not in SUBTITLE_FILES:
        raise MediaError(f"“{file.name}” is no subtitle file. Choose one that ends in .srt, .ass or .vtt.")
    try:
        with file.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise MediaError(f"“{file.name}” was not found. Check its name, and that its disk is connected.") from error
    except (OSError, ValueError) as error:
        raise MediaError(f"“{file.name}” can't be read. Check its permissions and its disk.") from error
    words = f"“{file.name}” holds no subtitles that Matinee can read. Choose another file."
    if len(data) > MOST_BYTES:
        raise MediaError(words)
    text = io.BytesIO(decoded_text(data).encode())
    try:
        with av.open(text, "r", format=FORMATS[file.suffix.lower()]) as container:
            packets = container.demux(container.streams.subtitles[0])
            cues = [cue for packet in packets for cue in _cues_of(packet, 0.0)]
    except (av.error.FFmpegError, ValueError, IndexError) as error:
        raise MediaError(words) from error
    if not cues:
        raise MediaError(words)
    return cues


def _cues_of(packet: Packet[SubtitleStream], origin: float) -> Iterator[Cue]:
    if packet.pts is None or packet.time_base is None:
        return
    start = float(packet.pts * packet.time_base) - origin
    end = start + (float(packet.duration * packet.time_base) if packet.duration else LASTING)
    try:
        parts = packet.decode()
    except av.error.FFmpegError:
        return
    for part in parts:
        if isinstance(part, AssSubtitle):
            yield Cue(start, end, plain_text(part.dialogue.decode("utf-8", "replace")))


class Subtitles:
    """`_choice`, `_is_closing`, `_troubles` and `_added` are guarded by `_changed`; `captions`, `delay` and `_target`
    are replaced whole; the rest belongs to the thread."""

    def __init__(self, source: Source, clock: Clock, news: Wake, screen_wake: Wake) -> None:
        self._source = source
        self._clock = clock
        self._news = news
        self._screen_wake = screen_wake
        self._changed = threading.Condition()
        self._choice: str | None = None
        self._is_new = False
        self._is_closing = False
        self._troubles: list[str] = []
        self._added: list[Track] = []
        self._target = Target()
        self._thread: threading.Thread | None = None
        self.captions = Captions()
        self.delay = 0.0  # s, positive: later
        # of the thread
        self._container: InputContainer | None = None
        self._cues: set[Cue] = set()
        self._packets: Iterator[Packet[SubtitleStream]] = iter(())
        self._from, self._until = 0.0, 0.0  # what was read, media time

    # -- any thread ----------------------------------------------------------------------------------------------------

    def choose(self, track: str | None, *, is_added: bool = False) -> None:
        """Show a track, or none. `is_added`: one that the film's medium does not know yet."""
        with self._changed:
            self._choice, self._is_new = track, is_added
            self._changed.notify_all()
            if self._thread is None and track is not None:
                self._thread = threading.Thread(target=self._run, name="subtitles", daemon=True)
                self._thread.start()
        if track is None:
            self._show(Captions())

    def add(self, path: str) -> None:
        """Show a file."""
        self.choose(f"file:{path}", is_added=True)

    def follow(self, target: Target, *, is_other: bool) -> None:
        self._target = target
        if is_other and self._thread is not None:
            with self._changed:
                self._changed.notify_all()

    def caption_at(self, media_time: float) -> tuple[str, float | None]:
        """(the caption at a media time, the media time at which it changes)."""
        delay = self.delay
        text, following = self.captions.at(media_time - delay)
        return text, None if following is None else following + delay

    def take_troubles(self) -> list[str]:
        """Sentences for people since the last call."""
        with self._changed:
            troubles, self._troubles = self._troubles, []
        return troubles

    def take_added(self) -> list[Track]:
        """Tracks that were added and could be read, since the last call."""
        with self._changed:
            added, self._added = self._added, []
        return added

    def close(self, timeout: float) -> None:
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout)

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        chosen: str | None = None
        wait: float | None = None
        try:
            while True:
                with self._changed:
                    if not self._is_closing and self._choice == chosen:
                        self._changed.wait(wait)
                    if self._is_closing:
                        return
                    is_other = self._choice != chosen
                    chosen, is_added = self._choice, self._is_new
                wait = self._turn_to(chosen, is_added=is_added) if is_other else self._read_on(chosen)
        except Exception:
            log.exception("subtitles ended")
            self._complain("The subtitles failed for a reason that is in the log; the film goes on without them.")
        finally:
            self._let_go()

    def _let_go(self) -> None:
        self._packets = iter(())
        if self._container is not None:
            self._container.close()
            self._container = None

    def _complain(self, words: str) -> None:
        with self._changed:
            self._troubles.append(words)
        self._news()

    def _show(self, captions: Captions) -> None:
        if captions != self.captions:
            self.captions = captions
            self._screen_wake()

    def _turn_to(self, chosen: str | None, *, is_added: bool) -> float | None:
        """Begin with another track; returns the time until it is looked after again, s."""
        self._let_go()
        self._cues = set()
        if chosen is None or chosen.startswith("stream:"):
            self._show(Captions())
            self._from = self._until = float("inf")
            return None if chosen is None else 0.0
        path = chosen.removeprefix("file:")
        try:
            cues = read_file(path)
        except MediaError as error:
            self._complain(str(error))
            if not is_added:
                self._show(Captions())
            return None
        self._show(captions_of(cues))
        if is_added:
            with self._changed:
                self._added.append(file_track(path, self._source.medium.title))
            self._news()
        return None

    def _read_on(self, chosen: str | None) -> float | None:
        """Have the cues of a film's own track around the place."""
        if chosen is None or not chosen.startswith("stream:"):
            return None
        place = self._target.media_time_at(self._clock.now()) - self.delay
        is_elsewhere = not self._from <= place <= self._until
        if not is_elsewhere and place < self._until - ENOUGH:
            return LOOK
        try:
            if is_elsewhere:
                self._seek(int(chosen.removeprefix("stream:")), place)
            self._read_until(place + AHEAD)
        except IndexError:
            # a packet of a stream that turned up after opening, which PyAV does not know: go on after it
            self._packets = self._demux(int(chosen.removeprefix("stream:")))
            return 0.0
        except (av.error.FFmpegError, MediaError):
            if not self._source.is_url:
                self._until = float("inf")  # damaged from here on
                return LOOK
            self._let_go()
            self._from = self._until = float("inf")
            return RETRY_AFTER
        return LOOK

    def _seek(self, index: int, place: float) -> None:
        packets = self._demux(index)
        assert self._container is not None
        self._from = max(0.0, place - BEFORE)
        self._container.seek(round((self._from + self._source.origin) * av.time_base), backward=True)
        if self._from <= 0.0:
            self._from = float("-inf")
        self._until = self._from
        self._packets = packets

    def _demux(self, index: int) -> Iterator[Packet[SubtitleStream]]:
        if self._container is None:
            self._container = self._source.open()
        stream = self._source.select(self._container, index)
        assert isinstance(stream, SubtitleStream)
        return self._container.demux(stream)

    def _read_until(self, wanted: float) -> None:
        with self._changed:
            chosen = self._choice
        count = len(self._cues)
        for packet in self._packets:
            self._cues.update(_cues_of(packet, self._source.origin))
            if packet.pts is not None and packet.time_base is not None:
                self._until = max(self._until, float(packet.pts * packet.time_base) - self._source.origin)
            if self._until >= wanted or self._choice != chosen or self._is_closing:
                break
        else:
            self._until = float("inf")
        if len(self._cues) != count:
            self._show(captions_of(self._cues))
