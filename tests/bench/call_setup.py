"""From the click on "Join call" to the first picture of somebody in the call: `python -m tests.bench.call_setup`.

The click starts the process of the call, asks the authority for a seat (one round trip until everybody has the roster)
and connects; the first picture counts when it lies where the window reads it. All of it goes by paths of 20 ms each
way, signals and datagrams, in user space: directly, and with relays only through a real coturn, to which each member
has such a path. "Warm" is a process that runs already, as after the lobby. The reference, in the same run and by the
same direct path: aiortc's own peer connections, without any process to start.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from server.core.protocol import Answer, Candidate, Offer, Signal, Ways
from tests.bench.call_tile import Shown
from tests.bench.delayed_path import DelayedPath
from tests.bench.figures import note
from tests.call.party import Party
from tests.fakes.coturn import Coturn, own_address
from tests.fakes.waiting import wait_until

PATH = 0.02  # s each way: 40 ms there and back
DIRECT, RELAYED = 1500.0, 3000.0  # ms


@dataclass
class Scene:
    """Ana is in the call, Ben comes and goes."""

    path: DelayedPath
    ways: Ways
    relay_only: bool = False

    def times(self, rounds: int, *, warm: bool) -> list[float]:
        """ms, of each of Ben's arrivals."""
        found = []
        for _ in range(rounds):
            party = Party("Ana", path=PATH)
            party.ways, party.relay_only, party.carry = self.ways, self.relay_only, self.carry
            party.gather()
            try:
                party.waits_for_pictures("ana", "")
                found.append(self.arrival(party, warm=warm))
            finally:
                party.close()
        return found

    def arrival(self, party: Party, *, warm: bool) -> float:
        if warm:
            party.invite("Ben")
            party.waits_for_pictures("ben", "")
        clicked = time.perf_counter()
        if not warm:
            party.invite("Ben")
        time.sleep(2 * PATH)  # the roster that seats Ben
        party.gather()
        ben = party.guests["ben"]
        wait_until(lambda: ben.seen.get("ana"), "Ana's picture", pause=0.001)
        return 1e3 * (time.perf_counter() - clicked)

    def carry(self, signal: Signal) -> Signal:
        """Its candidates lead over the path; those of a relay have one already."""
        if not isinstance(signal.what, Offer | Answer):
            return signal
        ends = signal.what.ends
        candidates = tuple(self.led(each) for each in ends.candidates if each.kind == "relay" or ":" not in each.host)
        what = msgspec.structs.replace(signal.what, ends=msgspec.structs.replace(ends, candidates=candidates))
        return msgspec.structs.replace(signal, what=what)

    def led(self, candidate: Candidate) -> Candidate:
        if candidate.kind == "relay":
            return candidate
        host, port = self.path.to((candidate.host, candidate.port))
        return msgspec.structs.replace(candidate, host=host, port=port)


async def aiortcs(path: DelayedPath) -> float:
    """ms, from the first offer to the first picture, signals by the same path."""
    began = time.perf_counter()
    sends, takes = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    came: asyncio.Future[Shown] = asyncio.get_running_loop().create_future()
    takes.on("track", came.set_result)
    sends.addTrack(Shown())
    await sends.setLocalDescription(await sends.createOffer())
    await asyncio.sleep(2 * PATH)
    await takes.setRemoteDescription(await asyncio.to_thread(led, path, sends.localDescription))
    await takes.setLocalDescription(await takes.createAnswer())
    await asyncio.sleep(2 * PATH)
    await sends.setRemoteDescription(await asyncio.to_thread(led, path, takes.localDescription))
    await (await came).recv()
    took = time.perf_counter() - began
    await asyncio.gather(sends.close(), takes.close())
    return 1e3 * took


def led(path: DelayedPath, said: RTCSessionDescription) -> RTCSessionDescription:
    lines = []
    for line in said.sdp.splitlines():
        words = line.split(" ")
        if line.startswith("a=candidate:"):
            if ":" in words[4]:
                continue
            words[4], port = path.to((words[4], int(words[5])))
            words[5] = str(port)
        lines.append(" ".join(words))
    return RTCSessionDescription("\r\n".join(lines) + "\r\n", said.type)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    path = DelayedPath(own_address(), PATH)
    try:
        direct = Scene(path, Ways(seconds=3600))
        cold = tell("setup: click to first picture", lambda: direct.times(rounds, warm=False), DIRECT)
        tell("setup: the same with a process that runs", lambda: direct.times(rounds, warm=True), None)
        reference = tell(
            "setup: aiortc's own, in a program that runs",
            lambda: [asyncio.run(aiortcs(path)) for _ in range(rounds)],
            None,
        )
        note("setup: ours from the click / aiortc's", cold / reference, "x")
        with tempfile.TemporaryDirectory() as folder, Coturn(Path(folder)) as coturn:
            host, port = path.to((own_address(), coturn.port))
            ways = msgspec.structs.replace(coturn.ways("udp", wall_time=time.time()), turn=(f"turn:{host}:{port}",))
            relayed = Scene(path, ways, relay_only=True)
            tell("setup: click to first picture, through a relay", lambda: relayed.times(rounds, warm=False), RELAYED)
    finally:
        path.close()


def tell(name: str, measure: Callable[[], list[float]], goal: float | None) -> float:
    """Print the median and the worst; returns the median."""
    times = measure()
    median = float(np.median(times))
    note(f"{name}, median of {len(times)}", median, at_most=goal)
    note(f"{name}, worst", max(times))
    return median


if __name__ == "__main__":
    main()
