"""People of every role in one room of a real authority."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from server.core.protocol import (
    Accepted,
    Action,
    Add,
    Grant,
    Load,
    Move,
    Mute,
    NewEntry,
    Refused,
    Remove,
    SetLoop,
    Shuffle,
    Undo,
)
from server.core.room_state import Room
from tests.fakes.houses import House
from tests.fakes.visitors import Friend
from tests.fakes.waiting import until

EDITS = (Add, Remove, Move, Shuffle, SetLoop, Undo)
ROLES = ("host", "operator", "guest", "muted", "remote")


@dataclass
class Cast:
    """`people`: by what they are. Each is also called so."""

    house: House
    people: dict[str, Friend] = field(default_factory=dict)
    name: str = "den"

    @classmethod
    async def gather(cls, house: House, name: str = "den", **hello: Any) -> Cast:
        """A host, an operator, a guest, a muted guest and a guest's remote control, before a film of three."""
        cast = cls(house, name=name)
        for role in ("host", "operator", "guest", "muted"):
            await cast.join(role, **hello)
        await cast.join("remote", role="controller", **hello)
        await cast.do("host", Add(entries=tuple(NewEntry(title=title) for title in "ABC")))
        await cast.do("host", SetLoop(loop="all"))
        await cast.do("host", Load(title="A"))
        await cast.do("host", Grant(peer=cast.peer("operator"), role="operator"))
        await cast.do("host", Mute(peer=cast.peer("muted"), muted=True))
        return cast

    async def join(self, who: str, **hello: Any) -> Friend:
        friend = self.people[who] = await Friend.join(self.house.url, self.name, who, **hello)
        return friend

    def peer(self, who: str) -> str:
        return self.people[who].welcome.peer

    @property
    def room(self) -> Room:
        """As the authority has it."""
        room = self.house.authority.store.view(self.name)
        assert room is not None
        return room

    @property
    def facts(self) -> dict[str, Any]:
        """What a refused command must not change."""
        room = self.room
        people = {each.peer: (each.name, each.role, each.is_muted, each.is_away) for each in room.members}
        names = ("schedule", "item", "rules", "password", "keys", "bans", "playlist", "lines", "check", "moving_to")
        return {"people": people, **{name: getattr(room, name) for name in names}}

    async def ask(self, who: str, action: Action) -> str:
        """What a command is answered that has seen all: "" if it is accepted, else the code of its refusal."""
        room, friend = self.room, self.people[who]
        seen = room.playlist.revision if isinstance(action, EDITS) else room.revision
        id = await friend.command(action, revision=seen, item=room.item_id)

        def answer() -> Accepted | Refused | None:
            return next((each for each in friend.heard if isinstance(each, Accepted | Refused) and each.id == id), None)

        await until(lambda: answer() or not friend.is_connected, f"the answer to {who}'s {action}", pause=0.001)
        found = answer()
        return found.code if isinstance(found, Refused) else ""

    async def do(self, who: str, action: Action) -> None:
        """A command that has to be accepted."""
        assert await self.ask(who, action) == ""

    async def go(self) -> None:
        """All go, who are still there."""
        for friend in self.people.values():
            await friend.leave()
