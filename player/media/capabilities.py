"""What this machine's media libraries can do, for `matinee doctor`.

Run as a program it tries to open each kind of GPU decoder and prints one line a kind: drivers are known to end the
process that asks them, so a child asks.
"""

from __future__ import annotations

import importlib.metadata
import sys
import time
from dataclasses import dataclass

from player.core.playout_line import Note, PlayoutLine
from player.media.sound_device import SoundDevice
from player.media.sound_ring import SoundRing
from player.ports import Clock, MediaError

SAMPLE_RATE = 48000
POLL = 0.05  # s
PAUSE = 0.3  # s between two notes of a device that did not run


@dataclass(frozen=True, slots=True)
class SoundReading:
    """A device that was open for a while: how long a sample takes from writing to the DAC, and how far the device's
    notes lie from one line (s). None: it took too little to tell."""

    name: str
    delay: float | None
    residual: float | None


def versions() -> dict[str, str]:
    """Names and versions of the media libraries."""
    import av

    return {"PyAV": av.__version__, "FFmpeg": str(getattr(av, "ffmpeg_version_info", "?"))}


def missing_decoders(names: dict[str, tuple[str, ...]]) -> list[str]:
    """Which of the formats can't be decoded here: name -> decoders, of which one is enough."""
    from av.codec import Codec
    from av.codec.codec import UnknownCodecError

    def is_there(decoder: str) -> bool:
        try:
            return bool(Codec(decoder, "r").is_decoder)
        except UnknownCodecError:
            return False

    return [name for name, decoders in names.items() if not any(map(is_there, decoders))]


def gpu_kinds() -> list[str]:
    """Kinds of GPU decoding that FFmpeg was built with, whether or not there is such a GPU."""
    from av.codec.hwaccel import hwdevices_available

    return list(hwdevices_available())


def can_open_gpu(kind: str) -> bool:
    """Whether a decoder of that kind can be opened. May end the process where a driver is broken."""
    import av
    from av.codec import Codec
    from av.codec.hwaccel import HWAccel

    try:
        HWAccel(device_type=kind).create(Codec("h264", "r"))
    except (av.FFmpegError, NotImplementedError, RuntimeError, ValueError):
        return False
    return True


def listen_to_silence(clock: Clock, seconds: float, patience: float) -> SoundReading:
    """Open the usual sound device, play silence until it has been taken for so long, and measure it.

    A device may take two seconds to begin; after `patience` s what there is has to do. Raises MediaError: there is
    none, or it can't be opened."""
    ring = SoundRing()
    device = SoundDevice(clock, ring, SAMPLE_RATE, lambda: None)
    notes: tuple[Note, ...] = ()
    try:
        device.start()
        end = clock.now() + patience
        while clock.now() < end and not (notes and notes[-1].taken_at - notes[0].taken_at >= seconds):
            time.sleep(POLL)
            notes = since_last_pause((*notes, *ring.take_notes()))
    finally:
        device.close()
    line = PlayoutLine(SAMPLE_RATE).receive_notes(notes)
    if not line.is_settled:
        return SoundReading(device.name, None, None)
    delay = sum(note.at - note.taken_at for note in line.notes) / len(line.notes)
    return SoundReading(device.name, delay, line.residual)


def since_last_pause(notes: tuple[Note, ...]) -> tuple[Note, ...]:
    """A device is filled at once, and then some take their time before they run."""
    begins = [index for index in range(1, len(notes)) if notes[index].taken_at - notes[index - 1].taken_at > PAUSE]
    return notes[begins[-1] :] if begins else notes


def sound_library() -> str:
    """The version of PortAudio's binding. Raises MediaError: it is missing or can't start."""
    try:
        import sounddevice
    except Exception as error:  # OSError: the library itself was not found
        raise MediaError(str(error)) from error
    return f"{importlib.metadata.version('sounddevice')}, {sounddevice.get_portaudio_version()[1].split(',')[0]}"


def main() -> int:
    for kind in gpu_kinds():
        sys.stdout.write(f"{'yes' if can_open_gpu(kind) else 'no'} {kind}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
