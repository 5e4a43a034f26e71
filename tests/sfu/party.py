"""A call over a real Janus in one process: carriers, an authority's signature, and signals passed on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from player.call.sfu import Sfu
from player.core import sfu as core
from player.core.call_pipe import Company, Member
from server.core.protocol import Meeting, Signal, Signalled, Ways
from tests.call.company import Camera, Notebook, StraightClock, voice
from tests.fakes.janus import PLUGIN, Caller, Janus

ROOM = "0123456789abcdef0123456789abcdef"
QUICK = core.SfuPolicy(gaps=(0.1, 0.2, 0.4), asked_again=0.5)


@dataclass
class Guest:
    name: str
    clock: StraightClock
    inbox: Notebook
    sfu: Sfu
    serial: int = 1
    count: int = 0  # of pieces sent
    sends: asyncio.Task[None] | None = None

    async def send_always(self) -> None:
        """Voice, 50 a second, and pictures, 12; a key frame whenever one is wanted."""
        camera, keys = Camera(), 0
        while True:
            now = self.clock.now()
            self.count += 1
            self.sfu.send_voice(voice(self.count, now))
            if self.count % 4 == 0:
                camera.wants_key, keys = self.inbox.keys_wanted > keys, self.inbox.keys_wanted
                self.sfu.send_picture(camera.picture(now))
            await asyncio.sleep(0.02)


@dataclass
class Party:
    janus: Janus
    policy: core.SfuPolicy = QUICK
    generation: int = 1
    relay_only: bool = False
    guests: dict[str, Guest] = field(default_factory=dict)
    carry: Callable[[str, Signal], Signal | None] = lambda sender, signal: signal
    ways_of: Callable[[Party], Ways] = lambda party: party.ways()

    def ways(self, room: str = ROOM, lasting: float = 60.0, **changes: Any) -> Ways:
        meeting = Meeting(
            url=self.janus.url,
            room=room,
            generation=self.generation,
            token=self.janus.sign(PLUGIN, lasting=lasting),
            ticket=self.janus.ticket(room, lasting=lasting),
        )
        return Ways(seconds=60, meeting=replace_struct(meeting, changes))

    async def prepare(self, room: str = ROOM) -> None:
        """The room, as the authority makes it."""
        caller = await (await Caller.call(self.janus)).enter()
        made = await caller.ask_plugin(
            request="create",
            room=room,
            admin_key=self.janus.secret,
            secret="end",
            is_private=True,
            signed_tokens=True,
            require_pvtid=True,
            publishers=16,
            audiocodec="opus",
            videocodec="vp8",
        )
        assert made["videoroom"] == "created"
        await caller.close()

    def join(self, name: str, *, serial: int = 1, ahead: float = 1000.0, is_told: bool = True) -> Guest:
        clock = StraightClock(ahead)
        inbox = Notebook(lambda signal: self._post(name, signal))
        guest = Guest(name, clock, inbox, Sfu(inbox, clock, self.policy), serial)
        asked = inbox.ways_wanted

        def give_ways() -> None:
            asked()
            asyncio.get_running_loop().call_soon(lambda: guest.sfu.use(self.ways_of(self)))

        inbox.ways_wanted = give_ways  # type: ignore[method-assign]
        self.guests[name] = guest
        if is_told:
            self.tell()
        return guest

    def tell(self) -> None:
        """Everybody the roster of now."""
        for name, guest in self.guests.items():
            members = tuple(
                Member(peer=each.name, name=each.name.title(), serial=each.serial, camera=True, microphone=True)
                for each in self.guests.values()
                if each.name != name
            )
            guest.sfu.be_in(
                Company(
                    joined=True,
                    me=name,
                    members=members,
                    mode="sfu",
                    generation=self.generation,
                    relay_only=self.relay_only,
                )
            )

    async def leave(self, name: str) -> None:
        guest = self.guests.pop(name)
        await _ended(guest)
        self.tell()

    def are_connected(self, *names: str) -> bool:
        among = names or tuple(self.guests)
        return all(
            self.guests[name].inbox.state(other) == "connected" for name in among for other in among if other != name
        )

    def send(self, *names: str) -> None:
        """These, or all, send from now on."""
        for name in names or self.guests:
            guest = self.guests[name]
            guest.sends = asyncio.create_task(guest.send_always())

    async def close(self) -> None:
        await asyncio.gather(*map(_ended, self.guests.values()))

    def _post(self, sender: str, signal: Signal) -> None:
        carried = self.carry(sender, signal)
        if carried is not None:
            asyncio.get_running_loop().call_soon(self._deliver, sender, carried)

    def _deliver(self, sender: str, signal: Signal) -> None:
        guest = self.guests.get(signal.to)
        if guest is not None:
            guest.sfu.receive(Signalled(peer=sender, attempt=signal.attempt, what=signal.what))


def replace_struct(meeting: Meeting, changes: dict[str, Any]) -> Meeting:
    return Meeting(**{name: changes.get(name, getattr(meeting, name)) for name in meeting.__struct_fields__})


async def _ended(guest: Guest) -> None:
    if guest.sends is not None:
        guest.sends.cancel()
    await guest.sfu.close()


@asynccontextmanager
async def a_party(janus: Janus, *names: str, **kinds: Any):  # type: ignore[no-untyped-def]
    """These in a meeting, who are told of each other at once."""
    party = Party(janus, **kinds)
    await party.prepare()
    try:
        for name in names:
            party.join(name, is_told=False)
        party.tell()
        yield party
    finally:
        await party.close()


async def until(question: Callable[[], Any], what: str, seconds: float = 40.0) -> None:
    """Wait for a condition that comes soon, unless something is broken."""
    end = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < end, f"there was never {what}"
        await asyncio.sleep(0.02)
