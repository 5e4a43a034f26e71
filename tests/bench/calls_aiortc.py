"""A member of a call as aiortc's examples make it: the reference of `calls_mesh.py`."""

from __future__ import annotations

import asyncio
import contextlib
import fractions
import time
from collections.abc import Callable
from typing import Any

import av
import numpy as np

from player.core.call_media import VOICE_RATE, VOICE_SAMPLES
from tests.bench.calls_scene import FPS, frames, sound


class TheirMember:
    def __init__(self, name: str, names: list[str], post: Callable[[str, Any], None]) -> None:
        from aiortc import RTCConfiguration, RTCPeerConnection

        self._name, self._names, self._post = name, names, post
        self._links = {each: RTCPeerConnection(RTCConfiguration(iceServers=[])) for each in names if each != name}
        self._tasks: set[asyncio.Task[None]] = set()
        self.pictures = 0
        self.voices = 0
        made, said = frames(), sound()
        for link in self._links.values():
            link.addTrack(_picture_track(made))
            link.addTrack(_voice_track(said))
            link.on("track", self._take)

    def _take(self, track: Any) -> None:
        task = asyncio.ensure_future(self._count(track))
        self._tasks.add(task)

    async def _count(self, track: Any) -> None:
        from aiortc.mediastreams import MediaStreamError

        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if track.kind == "video":
                    frame.to_ndarray(format="bgra")  # as a window needs it
                    self.pictures += 1
                else:
                    self.voices += 1

    async def begin(self) -> None:
        for other, link in self._links.items():
            if self._name < other:
                await link.setLocalDescription(await link.createOffer())
                self._say(other, link)

    def _say(self, other: str, link: Any) -> None:
        self._post(other, {"type": link.localDescription.type, "sdp": link.localDescription.sdp})

    async def receive(self, sender: str, what: Any) -> None:
        from aiortc import RTCSessionDescription

        link = self._links[sender]
        await link.setRemoteDescription(RTCSessionDescription(**what))
        if what["type"] == "offer":
            await link.setLocalDescription(await link.createAnswer())
            self._say(sender, link)

    @property
    def is_connected(self) -> bool:
        return all(link.connectionState == "connected" for link in self._links.values())

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(link.close() for link in self._links.values()))


def _picture_track(made: list[av.VideoFrame]) -> Any:
    from aiortc import VideoStreamTrack

    class Track(VideoStreamTrack):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self._count, self._began = 0, time.perf_counter()

        async def recv(self) -> av.VideoFrame:
            await asyncio.sleep(max(0.0, self._began + self._count / FPS - time.perf_counter()))
            # of its own: aiortc writes into the frame that it encodes
            frame = av.VideoFrame.from_ndarray(made[self._count % len(made)].to_ndarray(), format="yuv420p")
            frame.pts, frame.time_base = self._count * 90_000 // FPS, fractions.Fraction(1, 90_000)
            self._count += 1
            return frame

    return Track()


def _voice_track(said: np.ndarray) -> Any:
    from aiortc import AudioStreamTrack

    class Track(AudioStreamTrack):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self._count, self._began = 0, time.perf_counter()

        async def recv(self) -> av.AudioFrame:
            await asyncio.sleep(max(0.0, self._began + self._count / 50 - time.perf_counter()))
            at = self._count * VOICE_SAMPLES % len(said)
            frame = av.AudioFrame.from_ndarray(said[None, at : at + VOICE_SAMPLES], format="s16", layout="mono")
            frame.sample_rate = VOICE_RATE
            frame.pts, frame.time_base = self._count * VOICE_SAMPLES, fractions.Fraction(1, VOICE_RATE)
            self._count += 1
            return frame

    return Track()
