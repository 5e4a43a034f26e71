"""Members who drop and come back all the time, behind two processes on one Redis: does anybody miss anything?

    python -m tests.bench.redis_drops [--members 5000] [--drops 50] [--seconds 40] [--seeks 10]

Rooms of five that play; so many members a second lose their connection without a word and come back by token within a
second, to the other process, while others seek. Each member checks that the revisions it is told follow one another,
from its welcome on; in the end all members of a room have to know the same timeline, and each room its film and its
people. All members live in the process that measures: its share of the processor is printed, for where it is the limit
the rate that was reached counts.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from typing import Any

import msgspec

from server.core.protocol import VERSION, Hello, Seek, micros
from tests.bench.crowd import ROOM, CrowdMember, runner
from tests.bench.figures import note
from tests.bench.redis_service import RedisService, SpreadCrowd, serving_redis

LIMITS = ("--limit", "connections=10000", "--limit", "connections_address=10000", "--limit", "rooms=10000")
AWAY = (0.05, 1.0)  # s between the end of a connection and the next one
TRIES = 3  # at each process
SETTLE = 5.0  # s


class Person(CrowdMember):
    """A member that keeps its token over connections, and what it was told."""

    token = ""
    here = 0  # in the last roster: how many of the room
    known: tuple[Any, ...] = ()
    gaps = 0  # revisions that it was not told
    life: asyncio.Future[None] | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self.life is not None:
            self.life.cancel()
        super().connection_lost(exc)

    def _receive(self, text: bytes) -> None:
        if text[:2] == b"0{":
            hello = Hello(version=VERSION, room=self.room, name=self.name, token=self.token)
            self._write(b"40" + msgspec.json.encode(hello))
        else:
            super()._receive(text)

    def _hear(self, kind: str, payload: dict[str, Any]) -> None:
        if kind == "welcome":
            self.token = payload["token"]
            self._note(payload["timeline"], payload["timeline"]["revision"])
            self._count(payload["roster"])
        elif kind == "timeline":
            self._note(payload, self.known[0] + 1)
        elif kind == "roster":
            self._count(payload)
        super()._hear(kind, payload)

    def _note(self, timeline: dict[str, Any], expected: int) -> None:
        revision = timeline["revision"]
        if self.known and revision not in (expected, self.known[0]):
            self.gaps += 1
        self.known = (revision, timeline["item"], timeline["media_us"], timeline["room_us"], timeline["state"])

    def _count(self, roster: dict[str, Any]) -> None:
        self.here = sum(member["here"] for member in roster["members"])


class DroppingCrowd(SpreadCrowd):
    def __init__(self) -> None:
        super().__init__()
        self.drops = self.refused = self.gaps = 0
        self.back: list[float] = []  # how long it took from the new connection to the welcome, s

    async def drop(self, number: int, ports: list[int]) -> None:
        """One loses its connection and comes back to another process."""
        old: Person = self.members[number]  # type: ignore[assignment]
        old.transport.abort()
        await asyncio.sleep(random.uniform(*AWAY))
        self.drops += 1
        begin = time.perf_counter()
        new: Person
        for port in TRIES * random.sample(ports, len(ports)):
            _, new = await asyncio.get_running_loop().create_connection(  # type: ignore[assignment]
                lambda: self._again(old), "127.0.0.1", port
            )
            try:
                await new.welcomed
            except ConnectionError:
                self.refused += 1
            else:
                self.back.append(time.perf_counter() - begin)
                break
        self.gaps += old.gaps
        self.members[number] = new
        self._live(new)

    def _again(self, old: Person) -> Person:
        person = Person(old.room, old.name, self._told)
        person.token = old.token
        return person

    def _live(self, person: Person) -> None:
        if not person.is_lost:
            person.life = asyncio.ensure_future(person.live())

    async def enter(self, port: int, number: int) -> None:
        _, person = await asyncio.get_running_loop().create_connection(
            lambda: Person(f"room {number // ROOM}", f"m{number}", self._told), "127.0.0.1", port
        )
        await person.welcomed
        self.members.append(person)
        self._live(person)


async def measure(service: RedisService, args: argparse.Namespace) -> None:
    crowd = DroppingCrowd()
    await crowd.spread(service.ports, args.members, args.join)
    await crowd.play()
    await asyncio.sleep(SETTLE)
    begin = time.perf_counter()
    before, operations = service.spent(), service.operations()
    dropping: set[asyncio.Task[None]] = set()
    away: set[int] = set()
    for number in range(int(args.drops * args.seconds)):
        await asyncio.sleep(begin + number / args.drops - time.perf_counter())
        victim = random.choice([each for each in random.sample(range(args.members), 20) if each not in away])
        away.add(victim)
        task = asyncio.ensure_future(crowd.drop(victim, service.ports))
        dropping.add(task)
        task.add_done_callback(lambda task, victim=victim: (dropping.discard(task), away.discard(victim)))
        if number % max(1, round(args.drops / args.seeks)) == 0:
            seeker = random.choice([each for each in random.sample(range(args.members), 20) if each not in away])
            crowd.members[seeker].command(f"s{number}", Seek(media_us=micros(1000 + number)))
    took = time.perf_counter() - begin
    after, operations = service.spent(), service.operations() - operations
    await asyncio.gather(*dropping)
    await asyncio.sleep(2 * SETTLE)
    people: list[Person] = crowd.members  # type: ignore[assignment]
    rooms = [people[start : start + ROOM] for start in range(0, len(people), ROOM)]
    elapsed = after[0] - before[0]
    ordered = sorted(crowd.back)
    apart = sum(len({each.known for each in room}) > 1 for room in rooms)
    incomplete = sum(any(each.here < len(room) for each in room) for room in rooms)
    note(f"{args.members} members: drops a second", crowd.drops / took, "")
    note("back in the room, p50", 1000 * ordered[len(ordered) // 2])
    note("back in the room, p99", 1000 * ordered[int(0.99 * len(ordered))])
    note("revisions that somebody was not told", crowd.gaps + sum(each.gaps for each in people), "", 0)
    note("members that are not connected in the end", sum(each.is_lost for each in people), "", 0)
    note("connections that were refused", crowd.refused, "", 0)
    note("rooms whose members know different timelines", apart, "", 0)
    note("rooms without their film", sum(any(not each.known[1] for each in room) for room in rooms), "", 0)
    note("rooms whose roster lacks somebody", incomplete, "", 0)
    note("processor of both processes", 100 * (after[1] - before[1]) / elapsed, "%")
    note("processor of Redis", 100 * (after[2] - before[2]) / elapsed, "%")
    note("processor of the members", 100 * (after[3] - before[3]) / elapsed, "%")
    note("operations of Redis a second", operations / elapsed, "")
    note("Redis' memory a room", service.kept() / len(rooms) / 1024, "KiB")
    await crowd.leave()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.redis_drops", description=__doc__)
    parser.add_argument("--members", type=int, default=5000)
    parser.add_argument("--drops", type=float, default=50.0, help="a second")
    parser.add_argument("--seeks", type=float, default=10.0, help="a second, in all rooms together")
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--join", type=float, default=60.0, help="seconds over which the joins are spread")
    args = parser.parse_args()
    with serving_redis(more=LIMITS) as service, runner() as loop:
        loop.run(measure(service, args))
    return 0


if __name__ == "__main__":
    sys.exit(main())
