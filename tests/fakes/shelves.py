"""A store under test, the rooms that are submitted to it and what it delivered."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from server.core import protocol
from server.core.room import new_room
from server.core.room_state import Admit, Join, Outcome, Refuse, Room, RoomPolicy, Said, Send
from server.core.timeline import PeerId, RoomTime
from server.store.port import Deliver, RoomStore
from tests.fakes.waiting import until

OpenStore = Callable[[Callable[[str], Room], Deliver], RoomStore]


class Shelves:
    """`heard` is what each peer was sent, `outcomes` everything, with the room's name."""

    def __init__(self, make_store: OpenStore, policy: RoomPolicy | None = None) -> None:
        self.policy = policy or RoomPolicy()
        self.outcomes: list[tuple[str, Outcome]] = []
        self.heard: dict[str, list[protocol.ServerMessage]] = {}
        self.on_delivery: Callable[[str], None] = lambda name: None
        self.store = make_store(self._make, self._deliver)
        self._ids = itertools.count(1)

    def _make(self, name: str) -> Room:
        return new_room(name, self.store.clock.epoch, self.policy, salt="chance")

    def _deliver(self, name: str, outbox: tuple[Outcome, ...]) -> None:
        self.on_delivery(name)
        for outcome in outbox:
            self.outcomes.append((name, outcome))
            if isinstance(outcome, Send):
                for peer in outcome.to:
                    self.heard.setdefault(peer, []).append(outcome.message)

    @property
    def now(self) -> RoomTime:
        return self.store.clock.now()

    def submit_join(self, peer: str, room: str = "den", token: str = "", role: str = "member") -> None:
        hello = protocol.Hello(version=protocol.VERSION, room=room, name=peer, token=token, role=role)  # type: ignore[arg-type]
        self.store.submit(room, Join(PeerId(peer), f"token of {peer}", hello), self.now)

    async def join(self, peer: str, room: str = "den", token: str = "") -> Any:
        """Its `Welcome`, or the `Refuse` that it got instead."""
        self.submit_join(peer, room, token)
        answer = await until(
            lambda: next(
                (
                    each
                    for _, each in reversed(self.outcomes)
                    if isinstance(each, Admit | Refuse) and each.ticket == peer
                ),
                None,
            )
        )
        if isinstance(answer, Refuse):
            return answer
        return await self.hear(answer.peer, protocol.Welcome)

    def say(self, peer: str, message: protocol.ClientMessage, room: str = "den") -> None:
        self.store.submit(room, Said(PeerId(peer), message), self.now)

    def submit(self, peer: str, action: protocol.Action, room: str = "den", revision: int | None = None) -> str:
        """A command that names what the store's view knows; returns its id."""
        view = self.store.view(room)
        assert view is not None
        id = f"{peer} {next(self._ids)}"
        command = protocol.Command(
            id=id, revision=view.revision if revision is None else revision, item=view.item_id, action=action
        )
        self.say(peer, command, room)
        return id

    async def command(self, peer: str, action: protocol.Action, room: str = "den") -> protocol.Accepted:
        id = self.submit(peer, action, room)
        answer = await self.hear(peer, protocol.Accepted, protocol.Refused, id=id)
        assert isinstance(answer, protocol.Accepted), answer
        return answer

    async def hear(self, peer: str, *kinds: type[protocol.ServerMessage], **wanted: object) -> Any:
        """The newest message of a kind with these fields that a peer was sent."""
        return await until(
            lambda: next(
                (
                    each
                    for each in reversed(self.heard.get(peer, []))
                    if isinstance(each, kinds) and all(getattr(each, name) == wanted[name] for name in wanted)
                ),
                None,
            ),
            f"{kinds} {wanted}",
            pause=0.001,
        )
