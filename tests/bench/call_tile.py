"""From the camera to a picture that is ready for painting, on one machine: `python -m tests.bench.call_tile`.

Two processes of the call with test cameras at 24 fps, whose pictures hold the instant at which they were taken; the
instant at which each lies ready in the memory that the window reads is seen to 1 ms. Without voices, and with them:
then a picture waits for the voice that was taken with it. The reference, in the same run: the same pictures over
aiortc's own peer connections, until `recv` has given them and they are BGRA.
"""

from __future__ import annotations

import argparse
import asyncio
import fractions
import time

import av
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, VideoStreamTrack

from player.call.camera import TEST_FPS, TestCamera
from player.call.clock import CallClock
from player.call.test_picture import read_instant
from tests.bench.figures import note
from tests.call.party import CYCLE, Party

GOAL = 60.0  # ms
RUN_IN = 4.0  # s


def ours(seconds: float, *, microphone: bool) -> list[float]:
    """ms, of each picture at both ends."""
    party = Party("Ana", "Ben", microphone=microphone, pause=0.001)
    try:
        party.waits_for_pictures("ana", "ben")
        party.waits_for_pictures("ben", "ana")
        time.sleep(RUN_IN)
        pairs = ((party.guests["ana"], "ben"), (party.guests["ben"], "ana"))
        begun = [len(guest.delays[of]) for guest, of in pairs]
        time.sleep(seconds)
        return [
            1e3 * delay for (guest, of), begin in zip(pairs, begun, strict=True) for delay in guest.delays[of][begin:]
        ]
    finally:
        party.close()


class Shown(VideoStreamTrack):
    """The test camera as aiortc wants one."""

    def __init__(self) -> None:
        super().__init__()
        self._frames = TestCamera(CallClock(), "Ana").frames()
        self._number = 0

    async def recv(self) -> av.VideoFrame:
        frame = await asyncio.to_thread(next, self._frames)
        frame.pts, frame.time_base = self._number * 90_000 // TEST_FPS, fractions.Fraction(1, 90_000)
        self._number += 1
        return frame


async def aiortcs(seconds: float) -> list[float]:
    """ms, of each picture from one peer connection to another."""
    sends, takes = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    came: asyncio.Future[VideoStreamTrack] = asyncio.get_running_loop().create_future()
    takes.on("track", came.set_result)
    sends.addTrack(Shown())
    await sends.setLocalDescription(await sends.createOffer())
    await takes.setRemoteDescription(sends.localDescription)
    await takes.setLocalDescription(await takes.createAnswer())
    await sends.setRemoteDescription(takes.localDescription)
    track, delays = await came, []
    ends = time.perf_counter() + RUN_IN + seconds
    while time.perf_counter() < ends:
        frame = await track.recv()
        pixels = frame.reformat(format="bgra").to_ndarray()
        now = time.perf_counter()
        instant = read_instant(np.ascontiguousarray(pixels[:, :, 1]))
        if instant is not None and now > ends - seconds:
            delays.append(1e3 * ((now - instant) % CYCLE))
    await asyncio.gather(sends.close(), takes.close())
    return delays


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    seconds = parser.parse_args().seconds
    tile = ours(seconds, microphone=False)
    note(f"tile: camera to ready for painting, median of {len(tile)}", float(np.median(tile)), at_most=GOAL)
    note("tile: camera to ready for painting, p95", float(np.percentile(tile, 95)))
    reference = asyncio.run(aiortcs(seconds))
    note(f"tile: the same by aiortc's own connections, median of {len(reference)}", float(np.median(reference)))
    note("tile: ours / aiortc's", float(np.median(tile) / np.median(reference)), "x")
    voiced = ours(seconds, microphone=True)
    note("tile: with a voice that it is held for, median", float(np.median(voiced)))


if __name__ == "__main__":
    main()
