"""Films synthesised with PyAV: each frame carries its number, each second a beep, so that a test can tell what it got.

The number is drawn as a row of large blocks, which H.264 at any quality and any scaling leave readable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import SubtitleSet
from av.video.stream import VideoStream

from player.core.medium import Picture

BITS = 12  # of a frame's number
RATE = 48000
TONE = 1000.0  # Hz, of a beep
BEEP = 0.05  # s
ASS_HEADER = (
    b"[Script Info]\r\nScriptType: v4.00+\r\n\r\n[V4+ Styles]\r\n"
    b"Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, "
    b"Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, "
    b"MarginV, Encoding\r\n"
    b"Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1\r\n\r\n"
    b"[Events]\r\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\r\n"
)
TICKS = Fraction(1, 60000)


@dataclass(frozen=True)
class Clip:
    """What to synthesise. Times in s; `times` are the frames' own, in place of a steady `fps`."""

    seconds: float = 4.0
    fps: int = 30
    size: tuple[int, int] = (320, 180)
    gop: int = 60
    has_picture: bool = True
    has_sound: bool = True
    times: Sequence[float] | None = None
    start: float = 0.0  # of the picture
    sound_start: float | None = None  # of the sound, the same as the picture's where None
    codec: str = "libx264"
    options: dict[str, str] = field(default_factory=dict)
    sound_tracks: Sequence[str] = ("eng",)
    silence: tuple[float, float] | None = None  # for which the container holds no sound at all
    subtitles: Sequence[tuple[float, float, str]] = ()
    aspect: Fraction | None = None
    rotation: float | None = None
    paint: Callable[[int, np.ndarray], None] | None = None

    @property
    def stamps(self) -> list[float]:
        """The frames' times, the film's own first presented instant is `start`."""
        if self.times is not None:
            return [self.start + time for time in self.times]
        return [self.start + number / self.fps for number in range(round(self.seconds * self.fps))]


def paint_number(number: int, pixels: np.ndarray) -> None:
    """Draw a number into RGB pixels: in the upper half its bits, the highest left, below a moving ramp."""
    height, width = pixels.shape[:2]
    edges = np.linspace(0, width, BITS + 1).round().astype(int)
    for bit in range(BITS):
        value = 225 if number >> (BITS - 1 - bit) & 1 else 30
        pixels[: height // 2, edges[bit] : edges[bit + 1]] = value
    ramp = (np.arange(width) * 160 // max(1, width) + 40 + number * 2) % 200 + 28
    pixels[height // 2 :] = ramp[:, None].astype(np.uint8)


def pixels_of(picture: Picture) -> np.ndarray:
    """(height, width, 4) BGRA, a copy."""
    rows = np.frombuffer(picture.buffer, np.uint8)[: picture.stride * picture.height]
    return rows.reshape(picture.height, picture.stride)[:, : picture.width * 4].reshape(picture.height, -1, 4).copy()


def number_of(picture: Picture) -> int:
    """The number of a frame that was painted by `paint_number`."""
    pixels = pixels_of(picture)
    height, width = pixels.shape[:2]
    edges = np.linspace(0, width, BITS + 1)
    number = 0
    for bit in range(BITS):
        middle = round((edges[bit] + edges[bit + 1]) / 2)
        block = pixels[height // 8 : height * 3 // 8, max(0, middle - 2) : middle + 3, 1]
        number = number << 1 | int(block.mean() > 128)
    return number


def beeps(seconds: float) -> np.ndarray:
    """Mono samples with a beep at each full second."""
    sound = np.zeros(round(seconds * RATE), np.float32)
    wave = 0.5 * np.sin(2 * np.pi * TONE * np.arange(round(BEEP * RATE)) / RATE)
    for second in range(int(seconds)):
        part = sound[second * RATE : second * RATE + len(wave)]
        part += wave[: len(part)]
    return sound


def make_clip(path: Path, clip: Clip | None = None) -> Path:
    """Write a film; the container is chosen by the path's suffix."""
    clip = clip or Clip()
    with av.open(str(path), "w") as container:
        video = _add_video(container, clip) if clip.has_picture else None
        sounds = [_add_sound(container, clip, language) for language in clip.sound_tracks] if clip.has_sound else []
        texts = _add_subtitles(container, clip) if clip.subtitles else None
        packets = []
        if texts is not None:
            packets += [(float(p.pts * p.time_base), p) for p in _subtitle_packets(texts, clip)]
        if video is not None:
            packets += [(float(p.dts * p.time_base), p) for p in _video_packets(video, clip)]
        for index, sound in enumerate(sounds):
            packets += [(float(p.dts * p.time_base), p) for p in _sound_packets(sound, clip, index)]
        for _, packet in sorted(packets, key=lambda each: each[0]):
            container.mux(packet)
    return path


def _add_video(container: OutputContainer, clip: Clip) -> VideoStream:
    options = {"preset": "veryfast", "crf": "20", **clip.options} if clip.codec == "libx264" else dict(clip.options)
    video = container.add_stream(clip.codec, rate=clip.fps, options=options)
    assert isinstance(video, VideoStream)
    video.width, video.height = clip.size
    video.pix_fmt = "yuv420p"
    video.gop_size = clip.gop
    video.codec_context.time_base = TICKS
    if clip.aspect is not None:
        video.sample_aspect_ratio = clip.aspect
    if clip.rotation is not None:
        video.set_display_rotation(clip.rotation)
    return video


def _add_sound(container: OutputContainer, clip: Clip, language: str) -> AudioStream:
    codec = "pcm_s16le" if container.format.name in {"matroska", "wav"} else "aac"
    sound = container.add_stream(codec, rate=RATE, layout="stereo")
    assert isinstance(sound, AudioStream)
    sound.metadata["language"] = language
    return sound


def _add_subtitles(container: OutputContainer, clip: Clip) -> SubtitleStream:
    texts = container.add_stream("mov_text" if container.format.name == "mp4" else "subrip")
    assert isinstance(texts, SubtitleStream)
    texts.metadata["language"] = "fra"
    texts.codec_context.subtitle_header = ASS_HEADER
    return texts


def _subtitle_packets(texts: SubtitleStream, clip: Clip) -> list[av.Packet]:
    packets = []
    for start, end, words in clip.subtitles:
        line = "0,0,Default,,0,0,0,," + words.replace("\n", "\\N")
        said = SubtitleSet.create(line.encode(), 0, round((end - start) * 1000), pts=round(start * 1e6))
        packet = texts.codec_context.encode_subtitle(said)
        packet.stream, packet.time_base = texts, Fraction(1, 1000)
        packet.pts = packet.dts = round(start * 1000)
        packet.duration = round((end - start) * 1000)
        packets.append(packet)
    return packets


def _video_packets(video: VideoStream, clip: Clip) -> list[av.Packet]:
    packets: list[av.Packet] = []
    pixels = np.zeros((clip.size[1], clip.size[0], 3), np.uint8)
    for number, stamp in enumerate(clip.stamps):
        paint_number(number, pixels)
        if clip.paint is not None:
            clip.paint(number, pixels)
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        frame.pts, frame.time_base = round(stamp / TICKS), TICKS
        packets += video.encode(frame)
    return packets + list(video.encode(None))


def _sound_packets(sound: AudioStream, clip: Clip, index: int) -> list[av.Packet]:
    packets: list[av.Packet] = []
    samples = beeps(clip.seconds) if index == 0 else beeps(clip.seconds) * 0.25
    start = clip.start if clip.sound_start is None else clip.sound_start
    for first in range(0, len(samples), 1024):
        part = samples[first : first + 1024]
        frame = av.AudioFrame.from_ndarray(np.stack([part, part]), format="fltp", layout="stereo")
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = first + round(start * RATE)
        packets += sound.encode(frame)
    packets += sound.encode(None)
    if clip.silence is not None:
        begins, ends = clip.silence
        packets = [packet for packet in packets if not begins <= float(packet.pts * packet.time_base) - start < ends]
    return packets
