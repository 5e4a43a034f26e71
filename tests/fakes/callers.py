"""Members of a call on computers of their own: real meshes in namespaces, which find each other through a real
`matinee-server` in another one."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from player.call.mesh import Mesh
from player.core.call_pipe import Company, Member
from player.core.mesh import MeshPolicy
from server.core.protocol import AskWays, ClockRequest, InCall, Roster, Rules, ServerMessage, Signalled, Ways
from tests.call.company import Camera, Notebook, StraightClock, voice
from tests.fakes.loop_thread import LoopThread
from tests.fakes.namespaces import Namespace
from tests.fakes.visitors import Friend
from tests.fakes.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def authority(space: Namespace, address: str, *options: str) -> Iterator[int]:
    """A real one, in a namespace; its port."""
    words = ("-m", "server", "--listen", f"{address}:0", "--no-tls", *options)
    program = space.start(sys.executable, *words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout is not None
        yield int(program.stdout.readline().rpartition(":")[2])
    finally:
        program.terminate()
        program.communicate()


class Desk(Notebook):
    """Asks for ways when they are wanted."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller.tell)
        self._caller = caller

    def ways_wanted(self) -> None:
        super().ways_wanted()
        self._caller.tell(AskWays())


@dataclass
class Caller:
    """One member. Public methods are for the test's own thread."""

    name: str
    space: Namespace
    url: str
    relay_only: bool = False
    policy: MeshPolicy | None = None
    ways: list[Ways] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = StraightClock()
        self._sent: set[asyncio.Task[None]] = set()
        self._is_leaving = False
        self.thread: LoopThread = self.space.thread()
        self.thread.call(self._begin())

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.call(self._end())
        self.thread.stop()

    def tell(self, message: Any) -> None:
        """Say something to the authority; from its own loop."""
        task = asyncio.get_running_loop().create_task(self.friend.send(message))
        self._sent.add(task)
        task.add_done_callback(self._sent.discard)

    @property
    def peer(self) -> str:
        return self.friend.welcome.peer

    def state(self, other: Caller) -> tuple[str | None, bool, str]:
        """What the mesh said last of another one: state, whether by a relay, and words."""
        states = self.inbox.states[other.peer]
        return states[-1] if states else (None, False, "")

    def sees(self, other: Caller) -> bool:
        """Once its state is known: whether a picture and a voice of the other one come here, if they are sent now."""
        other.thread.call(other._send())
        return bool(self.inbox.pictures[other.peer]) and bool(self.inbox.voices[other.peer])

    async def _begin(self) -> None:
        self.friend = await Friend.join(self.url, "den", self.name)
        self._camera = Camera()
        self.inbox = Desk(self)
        self.mesh = Mesh(self.inbox, self.clock, self.policy)
        loop = asyncio.get_running_loop()
        self._tasks = (loop.create_task(self._listen()), loop.create_task(self._show_life()))
        await self.friend.send(InCall(joined=True, serial=1, camera=True, microphone=True))

    async def _show_life(self) -> None:
        """By asking for the time: whoever is silent for long is taken for lost."""
        while True:
            await asyncio.sleep(3.0)
            self.tell(ClockRequest(t0_us=0))

    async def _send(self) -> None:
        self._camera.wants_key = True
        self.mesh.send_picture(self._camera.picture(self.clock.now()))
        self.mesh.send_voice(voice(1, self.clock.now()))

    async def _listen(self) -> None:
        while not self._is_leaving and self.friend.is_connected:
            heard, self.friend.heard[:] = list(self.friend.heard), []
            for message in heard:
                self._take(message)
            await self.friend.hear_anything()

    def _take(self, message: ServerMessage) -> None:
        match message:
            case Signalled():
                self.mesh.receive(message)
            case Ways():
                self.ways.append(message)
                self.mesh.use(message)
            case Rules():
                self.relay_only = message.relay_only
            case Roster(members):
                others = tuple(
                    Member(each.peer, each.name, each.call.serial, each.call.camera, each.call.microphone)
                    for each in members
                    if each.call is not None and each.peer != self.peer
                )
                company = Company(joined=True, me=self.peer, members=others, relay_only=self.relay_only)
                self.mesh.be_in(company)

    async def _end(self) -> None:
        self._is_leaving = True
        await self.mesh.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._sent, return_exceptions=True)
        await self.friend.leave()


@contextlib.contextmanager
def a_far_call(ana: Namespace, ben: Namespace, url: str, **kinds: Any) -> Iterator[tuple[Caller, Caller]]:
    """Ana and Ben in a call, or on the way there."""
    with Caller("Ana", ana, url, **kinds) as one, Caller("Ben", ben, url, **kinds) as other:
        yield one, other


def wait_for_talk(one: Caller, other: Caller) -> None:
    """Until both see and hear each other."""
    for caller, friend in ((one, other), (other, one)):
        wait_until(lambda c=caller, f=friend: c.state(f)[0] == "connected", f"{caller.name}: {caller.inbox.states}")
        wait_until(lambda c=caller, f=friend: c.sees(f), "a picture and a voice", pause=0.1)


def relay_of(caller: Caller) -> str:
    """By which transport it reaches the relay; "": there is none."""
    found = caller.mesh._relay
    server = found.result().server if found is not None and found.done() else None
    return "" if server is None else server.transport
