"""What clients do to an authority who keep to every limit of one connection, or come back when they are cut: many at
once, for as long as they are let. See `attacks.py`."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json

from server.core import protocol
from tests.fakes.attacks import CLOCK, OVER, TEXT, Raid, attack, command, crowd, hear
from tests.fakes.visitors import Stranger, frame


async def _members(raid: Raid, count: int, in_a_room: int) -> list[Stranger]:
    """So many of them, in rooms of so many."""
    found: list[Stranger] = []

    async def one(number: int) -> None:
        found.append(await raid.join(f"mob {number // in_a_room}"))

    await crowd(raid, count, one, at_once=20)
    return found


async def _persist(raid: Raid, mob: list[Stranger], said: list[bytes], gap: float, rounds: int) -> None:
    """Each says the next of it every `gap` s, and reads what comes."""
    reading = [asyncio.ensure_future(hear(member, 3600.0)) for member in mob]
    turns = itertools.cycle(said)
    for _ in raid.times(rounds):
        words = next(turns)
        for member in mob:
            with contextlib.suppress(*OVER):
                member.writer.write(words)
        await asyncio.sleep(gap)
    for each in reading:
        each.cancel()
    await asyncio.gather(*reading, return_exceptions=True)


@attack
async def patient_questions(raid: Raid) -> None:
    """A thousand members who ask for the time just as often as one connection may."""
    mob = await _members(raid, 1000, 20)
    await _persist(raid, mob, [frame(TEXT, CLOCK.encode()) * 20], 0.5, 10)


@attack
async def patient_commands(raid: Raid) -> None:
    """Full rooms in which everybody commands as often as one member may."""
    mob = await _members(raid, 400, 40)
    for member in mob[::40]:
        await member.say(command(protocol.Load(title="film", duration_us=10**9)))
    seeks = [frame(TEXT, command(protocol.Seek(media_us=n * 10**6), f"s{n}", item="1").encode()) * 5 for n in range(9)]
    await _persist(raid, mob, seeks, 0.5, 10)


@attack
async def patient_words(raid: Raid) -> None:
    """Chat as long and as often as it may be, in full rooms and in many."""
    for size in (40, 2):
        mob = await _members(raid, 400, size)
        said = [frame(TEXT, command(protocol.Say(text="\U0001f469" * 1900), f"w{n}").encode()) * 5 for n in range(9)]
        await _persist(raid, mob, said, 0.5, 5)
        await Stranger.send_home()


@attack
async def patient_lists(raid: Raid) -> None:
    """Playlists as full as they may be, in as many rooms as possible."""
    mob = await _members(raid, 400, 1)
    entry = protocol.NewEntry(title="\U0001f469" * 200, url="http://x/".ljust(1000, "x"))
    adds = [frame(TEXT, command(protocol.Add(entries=(entry,) * 6), f"a{n}", revision=n).encode()) for n in range(60)]
    await _persist(raid, mob, adds, 0.1, 40)


@attack
async def flood_and_return(raid: Raid) -> None:
    """Each says as much as it can before it is cut, and is there again at once."""
    burst = frame(TEXT, CLOCK.encode()) * 99

    async def one(number: int) -> None:
        stranger = await raid.join(f"mob {number % 50}")
        await stranger.write(burst * 3)
        await hear(stranger, 0.2)

    await crowd(raid, 1000, one, at_once=50)


@attack
async def readiness_storm(raid: Raid) -> None:
    """Full rooms whose members are ready, run dry and report all the time."""
    mob = await _members(raid, 400, 40)
    for member in mob[::40]:
        await member.say(
            command(protocol.Load(title="film", duration_us=10**9)), command(protocol.Play(), "y", item="1")
        )
    said = [protocol.Ready(revision=9), protocol.Stall(revision=9)]
    said += [protocol.Report(delay_us=n, playout_us=n, dispersion_us=n, asynchrony_us=n) for n in range(3)]
    texts = ["42" + protocol_text(message) for message in said]
    await _persist(raid, mob, [b"".join(frame(TEXT, text.encode()) for text in texts) * 4], 0.5, 10)


def protocol_text(message: protocol.ClientMessage) -> str:
    return json.dumps(list(protocol.encode(message)))
