"""Opus for voices, by libopus itself: PyAV's wheel carries it, and what PyAV offers of it lacks concealment of loss.

PyAV decodes a packet that came. A lost packet can be rebuilt from the one after it (in-band error correction) or be
made up from the sound before it; both are further ways to call `opus_decode` (RFC 6716, section 2.1.7;
opus-codec.org, "Opus Decoder"), so the library is called directly. Where it is not found, PyAV's own decoder
serves and a lost packet is silence that fades in and out.

A coder belongs to one thread at a time. The calls release the GIL.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import logging
import weakref
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
import numpy.typing as npt

from player.core.call_media import VOICE_RATE, VOICE_SAMPLES

log = logging.getLogger(__name__)

Sound = npt.NDArray[np.float32]
"""Mono at 48 kHz, shape (n,), 1.0 is full scale."""

MOST_SAMPLES = 5760  # 120 ms, of one packet
MOST_BYTES = 1275  # of one frame

# of opus_defines.h
_VOIP = 2048
_SET_BITRATE, _SET_COMPLEXITY, _SET_INBAND_FEC = 4002, 4010, 4012
_SET_PACKET_LOSS, _SET_DTX, _SET_SIGNAL, _VOICE = 4014, 4016, 4024, 3001
_RESET = 4028


class OpusError(Exception):
    """Bytes that are no Opus packet, or a coder that the library refuses to make."""


class Decoder(Protocol):
    """Packets of one voice, in order, and what is done where one is missing."""

    def decode(self, packet: bytes) -> Sound:
        """The sound of a packet, at most MOST_SAMPLES. Raises OpusError; the next packet may be fine again."""

    def recover(self, after: bytes) -> Sound:
        """The lost 20 ms before the packet `after`, which holds them once more at lower quality, or else made up.
        `after` is decoded next. Raises OpusError."""

    def conceal(self) -> Sound:
        """20 ms that nothing is known of, made up from what came before, fading."""

    def reset(self) -> None:
        """Another stream begins."""


class Encoder(Protocol):
    def encode(self, samples: npt.NDArray[np.float32] | npt.NDArray[np.int16]) -> bytes:
        """A packet of VOICE_SAMPLES of mono sound. Raises OpusError."""

    def set_bit_rate(self, bit_rate: int) -> None:
        """bit/s, of the packets' contents."""

    def set_loss(self, loss: float) -> None:
        """How many packets get lost, 0..1: so much is spent on saying things twice."""


def _places() -> list[Path]:
    """Files that may be libopus: in the wheel's folder (Linux, Windows), inside the package (macOS), and in a bundle
    beside it."""
    package = Path(av.__file__).parent
    folders = (package.parent / "av.libs", package / ".dylibs", package, package.parent)
    return [path for folder in folders for path in sorted(folder.glob("*opus*")) if path.is_file()]


@functools.cache
def library() -> Any | None:
    """libopus with the types of its functions, or None; PyAV has loaded it as a rule, so this costs nothing."""
    names = [str(path) for path in _places()]
    system = ctypes.util.find_library("opus")
    for name in [*names, *([system] if system else [])]:
        try:
            found = ctypes.CDLL(name)
            _declare(found)
        except (OSError, AttributeError):
            continue
        return found
    log.warning("libopus was not found beside PyAV nor in the system: lost pieces of voices will be silent.")
    return None


def _declare(opus: Any) -> None:
    """Raises AttributeError where a function is missing."""
    pointer, number = ctypes.c_void_p, ctypes.c_int
    opus.opus_decoder_create.argtypes = (ctypes.c_int32, number, pointer)
    opus.opus_decoder_create.restype = pointer
    opus.opus_decoder_destroy.argtypes = (pointer,)
    opus.opus_decoder_destroy.restype = None
    opus.opus_decode_float.argtypes = (pointer, ctypes.c_char_p, ctypes.c_int32, pointer, number, number)
    opus.opus_decode_float.restype = number
    opus.opus_encoder_create.argtypes = (ctypes.c_int32, number, number, pointer)
    opus.opus_encoder_create.restype = pointer
    opus.opus_encoder_destroy.argtypes = (pointer,)
    opus.opus_encoder_destroy.restype = None
    opus.opus_encode_float.argtypes = (pointer, pointer, number, pointer, ctypes.c_int32)
    opus.opus_encode_float.restype = ctypes.c_int32
    # what comes after these two is variadic, which ctypes must know on Apple's processors
    opus.opus_encoder_ctl.argtypes = (pointer, number)
    opus.opus_encoder_ctl.restype = number
    opus.opus_decoder_ctl.argtypes = (pointer, number)
    opus.opus_decoder_ctl.restype = number


class OpusDecoder:
    """By libopus."""

    def __init__(self, opus: Any) -> None:
        wrong = ctypes.c_int(0)
        self._opus = opus
        self._state = opus.opus_decoder_create(VOICE_RATE, 1, ctypes.byref(wrong))
        if not self._state:
            raise OpusError(f"libopus makes no decoder: {wrong.value}")
        self._out = np.zeros(MOST_SAMPLES, np.float32)
        weakref.finalize(self, opus.opus_decoder_destroy, self._state)

    def _decode(self, packet: bytes | None, most: int, recovers: bool) -> Sound:
        count = self._opus.opus_decode_float(
            self._state, packet, len(packet or b""), self._out.ctypes.data, most, int(recovers)
        )
        if count < 0:
            raise OpusError(f"no Opus packet: {count}")
        return self._out[:count].copy()

    def decode(self, packet: bytes) -> Sound:
        if not packet:  # to libopus, that would mean: conceal as much as there is room for
            raise OpusError("an empty packet")
        return self._decode(packet, MOST_SAMPLES, recovers=False)

    def recover(self, after: bytes) -> Sound:
        return self._decode(after, VOICE_SAMPLES, recovers=True) if after else self.conceal()

    def conceal(self) -> Sound:
        return self._decode(None, VOICE_SAMPLES, recovers=False)

    def reset(self) -> None:
        self._opus.opus_decoder_ctl(self._state, _RESET)


class OpusEncoder:
    """By libopus: for speech, with error correction inside, mono, 20 ms a packet."""

    def __init__(self, opus: Any, bit_rate: int, loss: float, rests: bool, complexity: int) -> None:
        wrong = ctypes.c_int(0)
        self._opus = opus
        self._state = opus.opus_encoder_create(VOICE_RATE, 1, _VOIP, ctypes.byref(wrong))
        if not self._state:
            raise OpusError(f"libopus makes no encoder: {wrong.value}")
        weakref.finalize(self, opus.opus_encoder_destroy, self._state)
        self._out = ctypes.create_string_buffer(MOST_BYTES)
        self._set(_SET_COMPLEXITY, complexity)
        self._set(_SET_SIGNAL, _VOICE)
        self._set(_SET_INBAND_FEC, 1)
        self._set(_SET_DTX, int(rests))
        self.set_bit_rate(bit_rate)
        self.set_loss(loss)

    def _set(self, what: int, value: int) -> None:
        answer = self._opus.opus_encoder_ctl(self._state, what, ctypes.c_int32(value))
        if answer != 0:
            raise OpusError(f"libopus refuses {value} for {what}: {answer}")

    def set_bit_rate(self, bit_rate: int) -> None:
        self._set(_SET_BITRATE, bit_rate)

    def set_loss(self, loss: float) -> None:
        self._set(_SET_PACKET_LOSS, round(100 * min(max(loss, 0.0), 1.0)))

    def encode(self, samples: npt.NDArray[np.float32] | npt.NDArray[np.int16]) -> bytes:
        sound = _as_float(samples)
        count = self._opus.opus_encode_float(
            self._state, sound.ctypes.data, VOICE_SAMPLES, ctypes.addressof(self._out), MOST_BYTES
        )
        if count < 0:
            raise OpusError(f"libopus does not encode: {count}")
        return self._out.raw[:count]


def _as_float(samples: npt.NDArray[np.float32] | npt.NDArray[np.int16]) -> Sound:
    """Raises OpusError: another length would be read beyond its end."""
    if samples.size != VOICE_SAMPLES:
        raise OpusError(f"{samples.size} samples, not {VOICE_SAMPLES}")
    flat = samples.reshape(-1)
    if flat.dtype == np.int16:
        return flat.astype(np.float32) / np.float32(32768)
    return np.ascontiguousarray(flat, np.float32)


# -- without the library -----------------------------------------------------------------------------------------------


class FallbackDecoder:
    """By PyAV: no error correction; what is lost is the last piece again, fading, then silence."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._context: Any = av.CodecContext.create("libopus" if "libopus" in av.codecs_available else "opus", "r")
        self._context.sample_rate = VOICE_RATE
        self._context.layout = "mono"
        self._last: Sound = np.zeros(VOICE_SAMPLES, np.float32)
        self._gain = 1.0

    def decode(self, packet: bytes) -> Sound:
        if not packet:
            raise OpusError("an empty packet")
        try:
            frames = self._context.decode(av.Packet(packet))
        except av.error.FFmpegError as error:
            raise OpusError(str(error)) from None
        pieces = [_mono(frame) for frame in frames]
        sound: Sound = np.concatenate(pieces) if pieces else np.zeros(VOICE_SAMPLES, np.float32)
        if len(sound) >= VOICE_SAMPLES:
            self._last, self._gain = sound[-VOICE_SAMPLES:].copy(), 1.0
        return sound

    def recover(self, after: bytes) -> Sound:
        return self.conceal()

    def conceal(self) -> Sound:
        first, self._gain = self._gain, self._gain * 0.3
        faded: Sound = self._last * np.linspace(first, self._gain, VOICE_SAMPLES, dtype=np.float32)
        return faded


def _mono(frame: Any) -> Sound:
    samples = frame.to_ndarray()
    count = len(frame.layout.channels)
    sound = samples.reshape(-1, count) if not frame.format.is_planar else samples.T
    mono: Sound = sound.astype(np.float32).mean(axis=1) / np.float32(32768 if sound.dtype == np.int16 else 1)
    return mono


class FallbackEncoder:
    """By PyAV. Another bit rate or loss takes a new coder, which is not heard."""

    def __init__(self, bit_rate: int, loss: float) -> None:
        self._bit_rate, self._loss = bit_rate, loss
        self._open()

    def _open(self) -> None:
        options = {
            "application": "voip",
            "frame_duration": "20",
            "fec": "1",
            "packet_loss": str(round(100 * min(max(self._loss, 0.0), 1.0))),
        }
        self._context: Any = av.CodecContext.create("libopus", "w")
        self._context.sample_rate = VOICE_RATE
        self._context.layout = "mono"
        self._context.format = "s16"
        self._context.bit_rate = self._bit_rate
        self._context.time_base = Fraction(1, VOICE_RATE)
        self._context.options = options
        self._next = 0

    def set_bit_rate(self, bit_rate: int) -> None:
        if bit_rate != self._bit_rate:
            self._bit_rate = bit_rate
            self._open()

    def set_loss(self, loss: float) -> None:
        if round(100 * loss) != round(100 * self._loss):
            self._loss = loss
            self._open()

    def encode(self, samples: npt.NDArray[np.float32] | npt.NDArray[np.int16]) -> bytes:
        whole = np.clip(np.rint(_as_float(samples) * 32767), -32768, 32767).astype(np.int16)
        frame: Any = av.AudioFrame.from_ndarray(whole[None, :], format="s16", layout="mono")
        frame.sample_rate = VOICE_RATE
        frame.pts, frame.time_base = self._next, Fraction(1, VOICE_RATE)
        self._next += VOICE_SAMPLES
        packets = self._context.encode(frame)
        if len(packets) != 1:
            raise OpusError(f"{len(packets)} packets of one frame")
        return bytes(packets[0])


def new_decoder() -> Decoder:
    """Raises OpusError."""
    opus = library()
    return FallbackDecoder() if opus is None else OpusDecoder(opus)


def new_encoder(bit_rate: int = 28_000, loss: float = 0.1, rests: bool = False, complexity: int = 5) -> Encoder:
    """`bit_rate` in bit/s, 24,000 to 32,000 for a voice; `loss` 0..1 that is reckoned with: libopus says nothing twice
    below 0.1 at these bit rates; `rests`: in silence only a sign of life goes out now and then; `complexity` 0..10.
    Raises OpusError."""
    opus = library()
    return FallbackEncoder(bit_rate, loss) if opus is None else OpusEncoder(opus, bit_rate, loss, rests, complexity)
