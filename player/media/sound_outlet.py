"""The one sound of all films and of the call: there as long as either has something to be heard, on one device."""

from __future__ import annotations

import threading

from player.core.medium import SoundStatus
from player.core.target import Target
from player.media.sound import Sound
from player.ports import Clock, Telemetry, Voices, Wake

SILENCE = SoundStatus(asynchrony=None, playout_delay=0.0, underruns=0, device=None)


class SoundOutlet:
    """`sound` is replaced under `_lock` and read without; `_is_for_film` is guarded by it. What is set belongs to the
    session's thread and holds for a sound that is made later, too."""

    def __init__(self, clock: Clock, telemetry: Telemetry, wake: Wake, *, silent: bool) -> None:
        self._clock = clock
        self._telemetry = telemetry
        self._wake = wake
        self._silent = silent
        self._lock = threading.Lock()
        self._is_for_film = False
        self._gain = 1.0
        self._duck = (1.0, 0.0)
        self._voices: Voices | None = None
        self._target = Target()
        self.sound: Sound | None = None

    # -- the session's thread ------------------------------------------------------------------------------------------

    def follow(self, target: Target) -> None:
        self._target = target
        if self.sound is not None:
            self.sound.follow(target)

    def set_volume(self, volume: float) -> None:
        self._gain = volume
        if self.sound is not None:
            self.sound.set_volume(volume)

    def duck(self, gain: float, seconds: float) -> None:
        self._duck = gain, seconds
        if self.sound is not None:
            self.sound.duck(gain, seconds)

    def set_voices(self, voices: Voices | None) -> bool:
        """Whether that is another state than before. The device is opened here and not by who opens films, and may hang
        in a network meanwhile; it is let go by `end`."""
        if voices is self._voices:
            return False
        self._voices = voices
        if voices is not None:
            self._have().start()
        elif self.sound is not None:
            self.sound.set_voices(None)
        return True

    def status(self) -> SoundStatus:
        return SILENCE if self.sound is None else self.sound.status()

    # -- the playback thread -------------------------------------------------------------------------------------------

    def for_film(self) -> Sound:
        """For a film that has sound; its user starts it."""
        with self._lock:
            self._is_for_film = True
        return self._have()

    def end(self, *, is_needless: bool = False) -> None:
        """Let the device go. `is_needless`: only if there was never more than a call to hear, and that is over."""
        with self._lock:
            if is_needless and (self._is_for_film or self._voices is not None):
                return
            sound, self.sound, self._is_for_film = self.sound, None, False
        if sound is not None:
            sound.close()

    def _have(self) -> Sound:
        with self._lock:
            if self.sound is None:
                sound = Sound(self._clock, self._telemetry, self._wake, silent=self._silent)
                sound.set_volume(self._gain)
                sound.duck(*self._duck)
                sound.follow(self._target)
                self.sound = sound
            self.sound.set_voices(self._voices)
            return self.sound
