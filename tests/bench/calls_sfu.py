"""What a call over the SFU costs each of its members, beside our own mesh of the same size: processor time and uplink.

    python -m tests.bench.calls_sfu [--seconds 20] [--size 6]

Members are those of `calls_mesh`, with the SFU's carrier in place of the mesh, and a real Janus by the packaged
configuration. One stream is what a member of the mesh sends to one other member, its reports included. Janus' own
processor time is printed beside.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from pathlib import Path

import psutil
from msgspec import convert
from msgspec.structs import replace

from player.call.parts import Carrier
from player.call.sfu import Sfu
from player.core.call_pipe import Company
from server.core.protocol import Meeting, Ways
from tests.bench.calls_mesh import Clock, OurMember, be_member, measure
from tests.bench.figures import note
from tests.fakes.janus import PLUGIN, Caller, Janus

MEETING = "MATINEE_BENCH_MEETING"  # JSON of it, for members
CPU_MOST, UPLINK_MOST = 1.3, 1.2  # times the mesh, times one stream
ROOM = "0123456789abcdef0123456789abcdef"


class SfuMember(OurMember):
    def carrier(self, clock: Clock) -> Carrier:
        return Sfu(self, clock)

    def held(self, company: Company) -> Company:
        return replace(company, mode="sfu", generation=1)

    def ways(self) -> Ways:
        return Ways(meeting=convert(json.loads(os.environ[MEETING]), Meeting))


async def make_meeting(janus: Janus) -> None:
    caller = await (await Caller.call(janus)).enter()
    made = await caller.ask_plugin(
        request="create",
        room=ROOM,
        admin_key=janus.secret,
        is_private=True,
        signed_tokens=True,
        require_pvtid=True,
        publishers=16,
        bitrate=1_000_000,
        audiocodec="opus",
        videocodec="vp8",
        transport_wide_cc_ext=False,
    )
    if made["videoroom"] != "created":
        raise SystemExit(f"Janus makes no room: {made}")
    await caller.close()
    os.environ[MEETING] = json.dumps(
        {
            "url": janus.url,
            "room": ROOM,
            "generation": 1,
            "token": janus.sign(PLUGIN, lasting=3600.0),
            "ticket": janus.ticket(ROOM, lasting=3600.0),
        }
    )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--size", type=int, default=6)
    parser.add_argument("--member", nargs=3, metavar=("KIND", "NAME", "NAMES"), help="what the bench starts")
    args = parser.parse_args()
    if args.member:
        await be_member(SfuMember, args.member[1], args.member[2].split(","))
        return
    size = args.size
    with tempfile.TemporaryDirectory(prefix="matinee-bench-janus-") as folder, Janus(Path(folder)) as janus:
        mesh = await measure("ours", size, args.seconds)
        await make_meeting(janus)
        process = psutil.Process(janus.process_id)
        used, began = sum(process.cpu_times()[:2]), time.perf_counter()
        sfu = await measure("sfu", size, args.seconds, "tests.bench.calls_sfu")
        janus_cpu = 100 * (sum(process.cpu_times()[:2]) - used) / (time.perf_counter() - began)
    stream = mesh.sent / (size - 1)
    for name, cost in (("mesh", mesh), ("SFU", sfu)):
        print(f"  {name}, {size} members: {cost.pictures:.1f} pictures and {cost.voices:.1f} voices a second each")
    note(f"SFU of {size}: uplink of a member", sfu.sent / 1000, "kbit/s")
    note(f"SFU of {size}: one stream, as the mesh sends it to each", stream / 1000, "kbit/s")
    note(f"SFU of {size}: uplink / one stream", sfu.sent / stream, "x", UPLINK_MOST)
    note(f"mesh of {size}: uplink / one stream", mesh.sent / stream, "x")
    note(f"SFU of {size}: processor time of a member", sfu.cpu, "%")
    note(f"mesh of {size}: processor time of a member, in the same run", mesh.cpu, "%")
    note(f"SFU of {size}: processor time / our mesh", sfu.cpu / mesh.cpu, "x", CPU_MOST)
    note(f"SFU of {size}: processor time of Janus, set-up included", janus_cpu, "%")


if __name__ == "__main__":
    asyncio.run(main())
