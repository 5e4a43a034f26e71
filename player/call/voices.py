"""Voices of the others: packets become one sound, written ahead of the device into the ring that the app reads.

A thread of its own wakes each 10 ms while packets come, and makes as much as the device is going to need. What is
decided about packets is decided in `player.core.jitter`; here they are decoded, cut, joined and added up. While no
device takes anything (none there, or it hangs) time goes on all the same, so that nothing piles up.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from player.call.opus import Decoder, OpusError, Sound, new_decoder
from player.call.parts import RoomClock
from player.call.shared_sound import Note
from player.core.call_media import VOICE_RATE, MediaClock, VoicePacket
from player.core.capture_time import CaptureTime, CaptureTimePolicy, captured_at, receive_report
from player.core.jitter import (
    Conceal,
    Jitter,
    JitterCounts,
    JitterPolicy,
    Play,
    Recover,
    Rest,
    Step,
    after_stretching,
    next_step,
    receive_packet,
)
from player.core.limiter import limited
from player.core.lip_sync import VoicePlace
from player.core.speaking import Speaking, SpeakingPolicy, decibels, receive_level, without_sound
from player.core.voice_stretch import VoiceStretchPolicy, cut_of, joined, lengthened, loudness, shortened
from player.core.voices_ahead import Ahead, AheadPolicy, came_late, end_of, look
from server.core.timeline import LocalTime

log = logging.getLogger(__name__)

BLOCK = 480  # samples, 10 ms
EVERY = 0.010  # s between two looks at the device
MOST_WAITING = 2048  # packets of all that the thread has not seen yet: some seconds, then the oldest are gone
FAR = VOICE_RATE // 5  # samples beyond where voices should end: the device has begun anew
FORCED = 0.030  # s a voice leans before it is cut where it is heard
FAINT = 0.01  # of a level that falls
SILENCE: Sound = np.zeros(0, np.float32)

JITTER, STRETCH, SPEAKING = JitterPolicy(), VoiceStretchPolicy(), SpeakingPolicy()
CAPTURE, AHEAD = CaptureTimePolicy(), AheadPolicy()
NO_COUNTS = JitterCounts()


class VoicesOut(Protocol):
    """Where voices go: `player.call.shared_sound.SharedSound`."""

    @property
    def taken(self) -> int:
        """The number of the next sample that the device will take."""

    def note(self) -> Note | None:
        """When one of its last samples leaves the DAC; None: it has not taken anything yet."""

    def write(self, at: int, samples: Sound) -> int:
        """Voices from number `at` on; how many of them came in time."""


@dataclass(frozen=True, slots=True)
class VoiceFigures:
    """How a voice is heard."""

    is_speaking: bool = False
    level: float = 0.0  # 0..1
    target: float = 0.0  # s, of the jitter buffer
    counts: JitterCounts = NO_COUNTS


class VoiceTrack:
    """One member's voice: packets in, 10 ms at a time out. Of one thread."""

    def __init__(self, decoder: Callable[[], Decoder] = new_decoder) -> None:
        self._decoder = decoder()
        self._jitter = Jitter()
        self._capture = CaptureTime(VOICE_RATE)
        self._speaking = Speaking()
        self._kept: Sound = SILENCE  # decoded and not yet used
        self._is_sounding = False
        self.place: VoicePlace | None = None

    def receive(self, packet: VoicePacket) -> None:
        self._jitter = receive_packet(JITTER, self._jitter, packet)

    def receive_clock(self, report: MediaClock, clock: RoomClock) -> None:
        self._capture = receive_report(CAPTURE, self._capture, report, clock.room(clock.now()))

    def block(self, asked: LocalTime, leaves_at: LocalTime, clock: RoomClock) -> Sound | None:
        """The next 10 ms, asked for at `asked` and leaving the DAC at `leaves_at`; None: silence."""
        while len(self._kept) < BLOCK:
            ahead = len(self._kept) / VOICE_RATE
            self._jitter, step = next_step(JITTER, self._jitter, LocalTime(asked + ahead))
            if not self._jitter.is_playing and not self._is_sounding:
                return self._rest(asked)
            if isinstance(step, Play):
                self._note_place(step, LocalTime(leaves_at + ahead), asked, clock)
            self._kept = np.concatenate((self._kept, self._sound_of(step)))
        block, self._kept = self._kept[:BLOCK], self._kept[BLOCK:]
        self._speaking = receive_level(SPEAKING, self._speaking, decibels(loudness(block)), asked)
        return block

    def _rest(self, asked: LocalTime) -> Sound | None:
        self._speaking = without_sound(SPEAKING, self._speaking, asked)
        left, self._kept = self._kept, SILENCE
        return np.concatenate((left, np.zeros(BLOCK - len(left), np.float32))) if len(left) else None

    def _sound_of(self, step: Step) -> Sound:
        was_sounding, self._is_sounding = self._is_sounding, not isinstance(step, Rest)
        match step:
            case Rest(samples=samples):
                silence = np.zeros(samples, np.float32)
                return joined(STRETCH, self._decoder.conceal(), silence) if was_sounding else silence
            case Conceal():
                return self._decoder.conceal()
            case Recover(after=after):
                try:
                    return self._decoder.recover(after)
                except OpusError:
                    return self._decoder.conceal()
            case Play(payload=payload, lean=lean, joins=joins):
                before = SILENCE if joins or not was_sounding else self._decoder.conceal()
                try:
                    sound = self._decoder.decode(payload)
                except OpusError:
                    return self._decoder.conceal()
                if not joins:
                    sound = joined(STRETCH, before, sound)
                return self._stretched(sound, lean) if lean else sound

    def _stretched(self, sound: Sound, lean: float) -> Sound:
        reaches = JITTER.least_early if lean > 0 else JITTER.tolerance  # beyond the target, which is no harm
        longest = int((abs(lean) + reaches) * VOICE_RATE)
        cut = cut_of(STRETCH, sound, longest, must=abs(lean) > FORCED)
        if not cut:
            return sound
        result = shortened(STRETCH, sound, cut) if lean > 0 else lengthened(STRETCH, sound, cut)
        self._jitter = after_stretching(self._jitter, (len(result) - len(sound)) / VOICE_RATE)
        return result

    def _note_place(self, step: Play, leaves_at: LocalTime, asked: LocalTime, clock: RoomClock) -> None:
        captured = captured_at(CAPTURE, self._capture, step.timestamp, clock.room(asked))
        self.place = None if captured is None else VoicePlace(captured, leaves_at, asked, self._speaking.heard)

    @property
    def is_resting(self) -> bool:
        """Nothing is to be said until another packet comes."""
        quiet = not self._speaking.is_speaking and self._speaking.level < FAINT
        return quiet and not self._is_sounding and not self._jitter.is_playing and not self._jitter.waiting

    @property
    def figures(self) -> VoiceFigures:
        return VoiceFigures(self._speaking.is_speaking, self._speaking.level, self._jitter.target, self._jitter.counts)


class Voices:
    """All methods but `turn` from the loop or any other thread. `_waiting` and `_gone` are guarded by `_lock`;
    `_silenced`, `figures` and `places` are replaced whole; the rest belongs to the thread, or to whoever calls `turn`
    where it was not started."""

    def __init__(self, clock: RoomClock, out: VoicesOut) -> None:
        self._clock = clock
        self._out = out
        self._lock = threading.Lock()
        self._waiting: deque[tuple[str, VoicePacket | MediaClock]] = deque(maxlen=MOST_WAITING)
        self._gone: set[str] = set()
        self._silenced: frozenset[str] = frozenset()
        self._tracks: dict[str, VoiceTrack] = {}
        self._ahead = Ahead()
        self._next: int | None = None  # the sample that is made next
        self.figures: Mapping[str, VoiceFigures] = {}
        self.places: Mapping[str, VoicePlace] = {}
        self._stirred, self._closing = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    # -- from anywhere -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="call-voices", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Returns when the thread has ended."""
        self._closing.set()
        self._stirred.set()
        if self._thread is not None:
            self._thread.join(timeout=2.0)

    def take(self, peer: str, what: VoicePacket | MediaClock) -> None:
        """A packet of a member's voice, or what its times mean."""
        with self._lock:
            self._waiting.append((peer, what))
        self._stirred.set()

    def forget(self, peer: str) -> None:
        """What comes from now on is another stream; what came before is not said to an end."""
        with self._lock:
            self._waiting = deque((each for each in self._waiting if each[0] != peer), MOST_WAITING)
            self._gone.add(peer)
        self._stirred.set()

    def silence(self, peers: Collection[str]) -> None:
        """Whom this person does not want to hear; absolute."""
        self._silenced = frozenset(peers)

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closing.is_set():
            self._stirred.clear()
            try:
                self.turn(self._clock.now())
            except Exception:
                log.exception("Voices could not be mixed; they go on with the next 10 ms.")
            if all(track.is_resting for track in self._tracks.values()):
                self._stirred.wait()
            self._closing.wait(EVERY)

    def turn(self, now: LocalTime) -> None:
        """Make what the device is going to need."""
        self._receive()
        taken, note = self._out.taken, self._out.note()
        playing = round(now * VOICE_RATE) if note is None else note.number_at(now)
        self._ahead = look(AHEAD, self._ahead, taken, playing, now)
        is_standing = self._ahead.is_standing(AHEAD, now)
        end = end_of(self._ahead)
        at = self._next
        if at is None or at > end + FAR or at < end - FAR:
            at = end - BLOCK
        if at < taken and not is_standing:
            self._ahead, at = came_late(AHEAD, self._ahead), taken
        while at + BLOCK <= end:
            # the newest block is asked for now, one before it 10 ms ago: evenly, however late this thread wakes
            asked = LocalTime(now - (end - BLOCK - at) / VOICE_RATE)
            mix = self._mixed(asked, LocalTime(now + (at - playing) / VOICE_RATE))
            if mix is not None and not is_standing and self._out.write(at, mix) < len(mix):
                self._ahead = came_late(AHEAD, self._ahead)
            at += BLOCK
        self._next = at
        self._tell()

    def _receive(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, deque(maxlen=MOST_WAITING)
            gone, self._gone = self._gone, set()
        for peer in gone:
            self._tracks.pop(peer, None)
        for peer, what in waiting:
            track = self._tracks.get(peer)
            if track is None:
                track = self._tracks[peer] = VoiceTrack()
            if isinstance(what, VoicePacket):
                track.receive(what)
            else:
                track.receive_clock(what, self._clock)

    def _mixed(self, asked: LocalTime, leaves_at: LocalTime) -> Sound | None:
        """10 ms of everybody who is to be heard; None: nobody says anything."""
        silenced, mix = self._silenced, None
        for peer, track in self._tracks.items():
            block = track.block(asked, leaves_at, self._clock)
            if block is not None and peer not in silenced:
                mix = block.copy() if mix is None else mix + block
        return None if mix is None else limited(mix)

    def _tell(self) -> None:
        silenced = self._silenced
        self.figures = {peer: track.figures for peer, track in self._tracks.items()}
        self.places = {
            peer: track.place
            for peer, track in self._tracks.items()
            if track.place is not None and peer not in silenced
        }
