"""From what a microphone hears to what comes out of another's device: `python -m tests.bench.call_voice`.

Two players in windows, in a call of two, by a real sound server: a voice is played into the sink whose monitor is Ana's
microphone, and recorded there and where Ben's player plays. The delay is that of the best correlation of each 1.5 s of
both recordings: everything between is in it, devices, cleaning, Opus, the jitter buffer and the player's own sound
path. The reference, in the same run: the same voice through aiortc's own connection, with the devices' latencies that
ours asks for.
"""

from __future__ import annotations

import argparse
import asyncio
import fractions
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

import av
import numpy as np
from aiortc import AudioStreamTrack, RTCConfiguration, RTCPeerConnection

from player.call.clock import CallClock
from player.call.microphones import TestMicrophone
from player.core.call_media import VOICE_RATE, VOICE_SAMPLES
from tests.bench.figures import note
from tests.bench.stage import BenchError, Stage, need, program, wait_until

GOAL = 150.0  # ms
RUN_IN = 6.0  # s: cleaning and jitter buffer settle
PIECE = 1.5  # s, of the voice that is played again and again
MOST = 0.6  # s of delay that is looked for
MICROPHONE, SPEAKER = 30, 50  # ms, that ours asks its devices for in a call


@dataclass
class Recording:
    """What a sink plays, with the instant of its first sample, s; of a thread of its own."""

    stage: Stage
    sink: str
    chunks: list[np.ndarray] = field(default_factory=list)
    begins: float | None = None

    def __post_init__(self) -> None:
        words = ["parec", f"--device={self.sink}.monitor", "--latency-msec=5", *RAW]
        self.process = subprocess.Popen(words, env=sound(self.stage), stdout=subprocess.PIPE)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        length, offsets = 0, []
        while data := self.process.stdout.read(4 * 240):
            length += len(data) // 4
            offsets.append(time.perf_counter() - length / VOICE_RATE)
            self.begins = float(min(offsets[-2000:]))  # what came soonest came in time
            self.chunks.append(np.frombuffer(data, np.float32))

    def of(self, begin: float, end: float) -> np.ndarray:
        """The samples between two instants."""
        assert self.begins is not None
        first = round((begin - self.begins) * VOICE_RATE)
        return np.concatenate(self.chunks)[first : first + round((end - begin) * VOICE_RATE)]


RAW = ["--raw", "--format=float32le", "--channels=1", f"--rate={VOICE_RATE}"]


def sound(stage: Stage) -> dict[str, str]:
    return os.environ | {"PULSE_SERVER": stage.pulse}


def delays(said: Recording, heard: Recording, begin: float, end: float) -> list[float]:
    """ms, of each piece that was heard."""
    found = []
    at = begin
    while at + PIECE + MOST < end:
        a, b = said.of(at, at + PIECE), heard.of(at, at + PIECE + MOST)
        at += PIECE
        if not a.any() or np.abs(b).max() < 0.01:
            continue
        size = 1 << (len(b) + len(a)).bit_length()
        likeness = np.fft.irfft(np.fft.rfft(b, size) * np.conj(np.fft.rfft(a, size)))[: round(MOST * VOICE_RATE)]
        found.append(1e3 * float(np.argmax(np.abs(likeness))) / VOICE_RATE)
    return found


def speak(stage: Stage) -> subprocess.Popen[bytes]:
    """The voice into Ana's microphone, until it is ended."""
    voice = TestMicrophone(CallClock(), "Ana")._said
    words = ["pacat", "--device=said", "--latency-msec=50", *RAW]
    process = subprocess.Popen(words, env=sound(stage), stdin=subprocess.PIPE)

    def feed() -> None:
        assert process.stdin is not None
        try:
            while True:
                process.stdin.write(voice.astype(np.float32).tobytes())
        except (BrokenPipeError, ValueError):
            pass

    threading.Thread(target=feed, daemon=True).start()
    return process


def ours(stage: Stage, seconds: float) -> list[float]:
    _, port = stage.start_server()
    invite = f"matinee://127.0.0.1:{port}/voice?tls=off"
    listens = stage.start_player("Ben", "join", invite, "--call", geometry="640x360+640+0", sink="B")
    common = ("--name", "Ana", "--telemetry", str(stage.folder / "Ana.jsonl"), "--geometry", "640x360+0+0")
    words = ("env", "PULSE_SOURCE=said.monitor", program("matinee"), "join", invite, "--call", "--mic", "pulse")
    talks = stage.start("Ana", *words, *common, sink="A")
    wait_until(
        lambda: any(each["audio_level"] > 0 for each in listens.events("tile")) or None, f"Ana's voice ({talks.name})"
    )
    return recorded(stage, "B", seconds)


def recorded(stage: Stage, sink: str, seconds: float) -> list[float]:
    said, heard = Recording(stage, "said"), Recording(stage, sink)
    time.sleep(RUN_IN)
    begin = time.perf_counter()
    time.sleep(seconds)
    found = delays(said, heard, begin, time.perf_counter() - 0.2)
    for each in (said, heard):
        each.process.kill()
        each.process.wait()
    return found


class Spoken(AudioStreamTrack):
    """A microphone as aiortc wants one."""

    def __init__(self, source: asyncio.StreamReader) -> None:
        super().__init__()
        self._source = source
        self._at = 0

    async def recv(self) -> av.AudioFrame:
        data = np.frombuffer(await self._source.readexactly(4 * VOICE_SAMPLES), np.float32)
        frame = av.AudioFrame.from_ndarray((data * 32767).astype(np.int16)[None, :], layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = VOICE_RATE, self._at, fractions.Fraction(1, VOICE_RATE)
        self._at += VOICE_SAMPLES
        return frame


async def aiortcs(stage: Stage, seconds: float) -> list[float]:
    sends, takes = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    environment, pipe = sound(stage), asyncio.subprocess.PIPE
    latency = ("--device=said.monitor", f"--latency-msec={MICROPHONE}")
    microphone = await asyncio.create_subprocess_exec("parec", *latency, *RAW, env=environment, stdout=pipe)
    latency = ("--device=A", f"--latency-msec={SPEAKER}")
    speaker = await asyncio.create_subprocess_exec("pacat", *latency, *RAW, env=environment, stdin=pipe)
    assert microphone.stdout is not None
    assert speaker.stdin is not None
    came: asyncio.Future[AudioStreamTrack] = asyncio.get_running_loop().create_future()
    takes.on("track", came.set_result)
    sends.addTrack(Spoken(microphone.stdout))
    await sends.setLocalDescription(await sends.createOffer())
    await takes.setRemoteDescription(sends.localDescription)
    await takes.setLocalDescription(await takes.createAnswer())
    await sends.setRemoteDescription(takes.localDescription)
    track = await came

    async def play() -> None:
        assert speaker.stdin is not None
        while True:
            frame = await track.recv()
            both = frame.to_ndarray().reshape(-1, len(frame.layout.channels))
            speaker.stdin.write((both.mean(1) / 32768).astype(np.float32).tobytes())

    playing = asyncio.create_task(play())
    found = await asyncio.to_thread(recorded, stage, "A", seconds)
    playing.cancel()
    await asyncio.gather(playing, sends.close(), takes.close(), return_exceptions=True)
    for each in (microphone, speaker):
        each.kill()
        await each.wait()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    seconds = parser.parse_args().seconds
    try:
        for each in ("pactl", "parec", "pacat"):
            need(each, "pulseaudio-utils")
        with Stage() as stage:
            sink = ["pactl", "load-module", "module-null-sink", "sink_name=said", "rate=48000"]
            subprocess.run(sink, env=sound(stage), check=True, stdout=subprocess.DEVNULL)
            speaking = speak(stage)
            reference = asyncio.run(aiortcs(stage, seconds))
            voice = ours(stage, seconds)
            speaking.kill()
            speaking.wait()
    except BenchError as error:
        sys.exit(f"bench call_voice: {error}")
    if not voice or not reference:
        sys.exit(f"bench call_voice: nothing was heard of {'ours' if not voice else 'the reference'}")
    note(f"voice: microphone to sink, median of {len(voice)}", float(np.median(voice)), at_most=GOAL)
    note("voice: microphone to sink, p95", float(np.percentile(voice, 95)))
    note(f"voice: the same by aiortc's own connection, median of {len(reference)}", float(np.median(reference)))
    note("voice: ours / aiortc's", float(np.median(voice) / np.median(reference)), "x")


if __name__ == "__main__":
    main()
