"""What a member costs the authority, and how soon a seek is with the last of a room.

    python -m tests.bench.server_load --members 300 --seconds 15 [--seeks 8] [--json FILE]

Rooms of five that play. Each member exchanges clocks every three to four seconds and reports every two, as players
do; joins are spread, so that nothing comes in one wave. The members share one process beside the server's, so the
delays include that process's own; compare figures of one run only.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psutil
from websockets.frames import Opcode

from server.core import protocol
from server.core.protocol import VERSION, Hello, Seek, micros
from tests.bench.figures import note
from tests.fakes.visitors import frame, upgrade_request

ROOM = 5
UNITS = {"percent": "% of a core", "member": "KiB", "members": "", "seeks": "", "all": ""}


class LoadMember(asyncio.Protocol):
    """A player reduced to its wire: as little work as it can be, so that the server is what is measured."""

    def __init__(self, room: str, name: str, told: Callable[[LoadMember, dict[str, Any]], None]) -> None:
        self.room, self.name, self.told = room, name, told
        self.welcomed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.item, self.revision = "", 0
        self.delays: list[float] = []
        self._rest = b""
        self._is_upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(upgrade_request())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.welcomed.done():
            self.welcomed.set_exception(ConnectionError(f"{self.name} was not let in"))

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        if not self._is_upgraded:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._rest = head
                return
            self._is_upgraded = True
        while len(data) >= 2:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4]), 4
            if len(data) < start + size:
                break
            self._receive(data[start : start + size])
            data = data[start + size :]
        self._rest = data

    def _receive(self, text: bytes) -> None:
        match text[:2]:
            case b"2":
                self._write(b"3")
            case b"0{":
                self._write(b"40" + msgspec.json.encode(Hello(version=VERSION, room=self.room, name=self.name)))
            case b"42":
                kind, payload = msgspec.json.decode(text[2:])
                if kind == "clock":
                    self.delays.append(time.perf_counter() - payload["t0_us"] / 1e6)
                elif kind == "timeline":
                    self.item, self.revision = payload["item"], payload["revision"]
                    self.told(self, payload)
                    if payload["state"] == "holding":
                        self.send(protocol.Ready(revision=self.revision))
                elif kind == "welcome" and not self.welcomed.done():
                    self.item, self.revision = payload["timeline"]["item"], payload["timeline"]["revision"]
                    self.welcomed.set_result(None)

    def send(self, message: protocol.ClientMessage) -> None:
        kind, payload = protocol.encode(message)
        self._write(b'42["%b",%b]' % (kind.encode(), msgspec.json.encode(payload)))

    def command(self, id: str, action: protocol.Action) -> None:
        self.send(protocol.Command(id=id, revision=self.revision, item=self.item, action=action))

    def _write(self, text: bytes) -> None:
        self.transport.write(frame(Opcode.TEXT, text))

    async def live(self) -> None:
        """Exchange clocks and report, as long as it lasts."""
        count = 0
        await asyncio.sleep(random.uniform(0.0, 4.0))
        while True:
            self.send(protocol.ClockRequest(t0_us=micros(time.perf_counter())))
            if count % 2 == 0:
                self.send(protocol.Report(delay_us=20_000, playout_us=60_000, dispersion_us=500, asynchrony_us=300))
            count += 1
            await asyncio.sleep(random.uniform(3.0, 4.0) if count % 2 else 2.0)


class Load:
    """Rooms full of members, and what was seen."""

    def __init__(self) -> None:
        self.members: list[LoadMember] = []
        self.lives: list[asyncio.Future[None]] = []
        self.seeks: dict[tuple[str, int], tuple[float, list[float]]] = {}

    def told(self, member: LoadMember, payload: dict[str, Any]) -> None:
        known = self.seeks.get((member.room, payload["media_us"]))
        if known is not None and payload["state"] == "holding" and len(known[1]) < ROOM:
            known[1].append(time.perf_counter() - known[0])

    async def join(self, port: int, count: int, within: float) -> None:
        loop = asyncio.get_running_loop()
        for number in range(count):
            room = f"room {number // ROOM}"
            _, member = await loop.create_connection(
                lambda room=room, number=number: LoadMember(room, f"m{number}", self.told), "127.0.0.1", port
            )
            await member.welcomed
            self.members.append(member)
            self.lives.append(asyncio.ensure_future(member.live()))
            await asyncio.sleep(within / count)

    async def play(self) -> None:
        for first in self.members[::ROOM]:
            first.command("load", protocol.Load(title="film", duration_us=micros(36000)))
        await asyncio.sleep(1.0)
        for first in self.members[::ROOM]:
            first.command("play", protocol.Play())
        await asyncio.sleep(1.0)

    async def seek(self, rate: float, until: float) -> None:
        number = 0
        rooms = [self.members[i : i + ROOM] for i in range(0, len(self.members), ROOM)]
        while time.perf_counter() < until:
            room = rooms[number % len(rooms)]
            place = micros(1000 + number)
            self.seeks[(room[0].room, place)] = (time.perf_counter(), [])
            room[number % len(room)].command(f"s{number}", Seek(media_us=place))
            number += 1
            await asyncio.sleep(1 / rate)


async def measure(port: int, server: psutil.Process, args: argparse.Namespace) -> dict[str, float]:
    load = Load()
    empty = server.memory_info().rss
    await load.join(port, args.members, args.join)
    await load.play()
    await asyncio.sleep(2.0)
    figures: dict[str, float] = {"members": len(load.members)}
    for name, rate in (("idle", 0.0), ("seeks", args.seeks)):
        begin, before = time.perf_counter(), server.cpu_times()
        if rate:
            await load.seek(rate, begin + args.seconds)
        else:
            await asyncio.sleep(args.seconds)
        after = server.cpu_times()
        used = after.user + after.system - before.user - before.system
        figures[f"cpu_{name}_percent"] = 100 * used / (time.perf_counter() - begin)
    figures["kib_per_member"] = (server.memory_info().rss - empty) / 1024 / len(load.members)
    await asyncio.sleep(0.5)
    last = sorted(1000 * max(times) for _, times in load.seeks.values() if len(times) == ROOM)
    figures["seeks"] = len(load.seeks)
    figures["seeks_seen_by_all"] = len(last)
    for name, values in (
        ("seek_to_last_ms", last),
        ("clock_round_trip_ms", [1000 * delay for member in load.members for delay in member.delays]),
    ):
        cuts = statistics.quantiles(values, n=100)
        figures[f"{name}_p50"], figures[f"{name}_p99"] = cuts[49], cuts[98]
    for task in load.lives:
        task.cancel()
    await asyncio.gather(*load.lives, return_exceptions=True)
    for member in load.members:
        member.transport.abort()
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.server_load", description=__doc__)
    parser.add_argument("--members", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=15.0, help="each: idle, then with seeks")
    parser.add_argument("--seeks", type=float, default=8.0, help="a second, in all rooms together")
    parser.add_argument("--join", type=float, default=10.0, help="seconds over which the joins are spread")
    parser.add_argument("--keep", action="store_true", help="with --state-dir")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    argv = [sys.executable, "-m", "server", "--listen", "127.0.0.1:0", "--until-stdin-closes", "--log-level", "warning"]
    with tempfile.TemporaryDirectory(prefix="matinee-load-") as folder:
        return measured([*argv, *(("--state-dir", folder) if args.keep else ())], args)


def measured(argv: list[str], args: argparse.Namespace) -> int:
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().rpartition(":")[2])
        factory = None
        with contextlib.suppress(ImportError):
            import uvloop

            factory = uvloop.new_event_loop
        with asyncio.Runner(loop_factory=factory) as runner:
            figures = runner.run(measure(port, psutil.Process(process.pid), args))
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
    load = f"{int(figures['members'])} members{', kept' if args.keep else ''}"
    for name, value in figures.items():
        note(f"{load}: {name}", value, UNITS.get(name.rpartition("_")[2], "ms"))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
