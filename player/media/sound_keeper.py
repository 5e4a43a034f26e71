"""Keeps a way out for the sound: the device as long as there is one, the silent clock otherwise."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from player.media.sound_device import LATENCY, SoundDevice
from player.media.sound_ring import SoundRing
from player.media.sound_silence import SilentClock
from player.portaudio import abandon, look_again
from player.ports import Clock, MediaError

log = logging.getLogger(__name__)

CLOSED_WITHIN = 3.0  # s; a sound server that hangs must not keep the player from ending

NO_DEVICE = "No sound device was found: nothing is heard. Connect one and it will be used."
GONE = "The sound device is gone; nothing is heard until one is back, the film goes on."
BACK = "The sound is back, on {}."


@dataclass(frozen=True, slots=True)
class KeeperPolicy:
    """How often a device is looked for while there is none."""

    retry: float = 3.0  # s between two looks
    retry_rarely: float = 10.0  # s, once there was none for a while: a look costs up to 0.3 s of a core
    rarely_from: int = 10  # looks


class SoundKeeper:
    """`_out`, `device` and `latency` belong to the keeper's thread (the latter two are read by others, replaced
    whole); `wanted_latency` is anybody's, replaced whole; the rest is constant.

    `changed` is called before another taker of samples begins; `remark` with a sentence for people. Both from the
    keeper's thread."""

    def __init__(
        self,
        clock: Clock,
        ring: SoundRing,
        sample_rate: int,
        changed: Callable[[], None],
        remark: Callable[[str], None],
        *,
        silent: bool,
        policy: KeeperPolicy | None = None,
    ) -> None:
        self._clock = clock
        self._ring = ring
        self._rate = sample_rate
        self._changed = changed
        self._remark = remark
        self._is_silent = silent
        self._policy = policy or KeeperPolicy()
        self._lost = threading.Event()  # set by the device's thread, and by `close` and `renew`
        self._closing = threading.Event()
        self._out: SoundDevice | SilentClock | None = None
        self._thread = threading.Thread(target=self._run, name="sound-keeper", daemon=True)
        self._is_renewing = False
        self.device: str | None = None
        self.latency = self.wanted_latency = LATENCY  # s, of the device that is open; of the next one

    def start(self) -> None:
        """Open what there is, in a thread of its own: a sound server may take its time."""
        self._thread.start()

    def renew(self) -> None:
        """Open the device again, with the latency that is wanted. What sounds meanwhile is lost: some 0.1 s."""
        if self.device is not None:
            self._is_renewing = True
            self._lost.set()

    def close(self) -> None:
        """Returns when nothing takes samples any more, or the sound server has not let go in time."""
        self._closing.set()
        self._lost.set()
        if self._thread.is_alive():
            self._thread.join(CLOSED_WITHIN)
        if self._thread.is_alive():
            log.info("the sound device does not close; it is left to itself")
            abandon()

    def _run(self) -> None:
        try:
            self._keep()
        except Exception:
            log.exception("sound ended")
            self._remark("The sound failed for a reason that is in the log; the film goes on without it.")
            self._use_silence()
            self._closing.wait()
        finally:
            if self._out is not None:
                self._out.close()

    def _keep(self) -> None:
        if self._is_silent:
            self._use_silence()
            self._closing.wait()
            return
        looks, words = 0, NO_DEVICE
        while not self._closing.is_set():
            if self._use_device(looks):
                if looks:
                    self._remark(BACK.format(self.device))
                self._lost.wait()
                self.device = None
                looks, words = 0, GONE
                if self._is_renewing:
                    self._is_renewing = False
                    self._take_over(None)  # first: some devices can be open once only
                    continue
            if self._closing.is_set():
                return
            if looks == 0:
                self._use_silence()
                self._remark(words)
                log.info("no sound device, a silent clock runs instead")
            looks += 1
            policy = self._policy
            self._closing.wait(policy.retry if looks < policy.rarely_from else policy.retry_rarely)

    def _use_device(self, looks: int) -> bool:
        """Whether there is a device now; it takes over from the silent clock."""
        self._lost.clear()
        if self._closing.is_set():  # `close` sets it before `_lost`
            return False
        try:
            if looks:
                look_again()
            latency = self.wanted_latency
            device = SoundDevice(self._clock, self._ring, self._rate, self._lost.set, latency)
        except MediaError as error:
            log.info("no sound device: %s", error)
            return False
        self._take_over(device)
        try:
            device.start()
        except MediaError as error:
            log.info("the sound device does not start: %s", error)
            self._use_silence()
            return False
        self.device, self.latency = device.name, latency
        return True

    def _use_silence(self) -> None:
        self._take_over(None)
        self._out = SilentClock(self._clock, self._ring, self._rate)

    def _take_over(self, device: SoundDevice | None) -> None:
        """End what takes samples now, so that only one ever does."""
        if self._out is not None:
            self._out.close()
        self._out = device
        self._changed()
