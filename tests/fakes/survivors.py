"""A member that outlives its server: it comes back by token and knows what it was told before."""

from __future__ import annotations

import asyncio
import random

import socketio

from server.core import protocol
from server.core.protocol import Add, Chat, Item, Pause, Play, Playlist, Say, Seek, TimelineStated, Welcome
from tests.fakes.visitors import Friend, Message

KNOCK_EVERY = 0.05  # s


class Survivor:
    """`friend` is its connection at the moment. What was told is remembered over all of them."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.name = url, name
        self.friend: Friend
        self.token = ""
        self.peer = ""
        self.epoch = ""
        self.item = ""
        self.revision = 0
        self.playlist = 0
        self.lines: set[int] = set()
        self._commands = 0

    async def join(self) -> None:
        """Come in, or back: until everything about the room has been told. Raises what Socket.IO raises if there is no
        server."""
        self.friend = await Friend.join(self.url, "den", self.name, token=self.token)
        await self.friend.exchange()  # its answer stands behind all that the welcome brought along

    async def come_back(self) -> None:
        """The same, until there is a server."""
        while True:
            try:
                return await self.join()
            except (socketio.exceptions.SocketIOError, OSError):
                await asyncio.sleep(KNOCK_EVERY)

    def missing(self) -> list[str]:
        """What the room does not know any more that was told before. (Just after it has come back.)"""
        welcome, missing = self.friend.welcome, []
        if self.token and (welcome.token, welcome.peer) != (self.token, self.peer):
            missing.append("the person")
        if welcome.timeline.revision < self.revision:
            missing.append(f"revision {self.revision}: it is {welcome.timeline.revision}")
        playlist = max((each.revision for each in self._heard(Playlist)), default=0)
        if playlist < self.playlist:
            missing.append(f"playlist {self.playlist}: it is {playlist}")
        lines = {line.id for chat in self._heard(Chat) for line in chat.lines}
        bygone = min(lines, default=0)  # a chat is bounded
        lost = {line for line in self.lines if line >= bygone} - lines
        if lost:
            missing.append(f"lines {sorted(lost)}")
        return missing

    def remember(self) -> None:
        """Take note of all that was told so far."""
        welcome = self.friend.welcome
        self.token, self.peer, self.epoch = welcome.token, welcome.peer, welcome.epoch
        for stated in (welcome.timeline, *self._heard(TimelineStated)):
            if stated.revision > self.revision:
                self.revision, self.item = stated.revision, stated.item
        for item in (welcome.item, *self._heard(Item)):
            self.item = self.item if item is None else item.id
        self.playlist = max((self.playlist, *(each.revision for each in self._heard(Playlist))))
        self.lines.update(line.id for chat in self._heard(Chat) for line in chat.lines)
        self.friend.heard = [each for each in self.friend.heard if isinstance(each, Welcome)]

    async def do_something(self, chance: random.Random) -> None:
        """A command of some kind, without waiting for what comes of it."""
        self.remember()
        self._commands += 1
        action, revision = chance.choice(
            (
                (Play(), self.revision),
                (Pause(), self.revision),
                (Seek(media_us=chance.randrange(10**9)), self.revision),
                (Say(text=f"{self.name} {self._commands}"), self.revision),
                (Add(entries=(protocol.NewEntry(title=f"film {self._commands}"),)), self.playlist),
            )
        )
        await self.friend.command(action, revision, self.item, id=f"{self.name} {self._commands}")

    async def go_on(self, turn: int) -> None:
        """To another place and with another film in the playlist, and wait until both have been told. Nobody else may
        be doing anything."""
        self.remember()
        place = 100_000_000 + turn  # µs: nowhere that chance would choose
        await self.friend.command(Seek(media_us=place), item=self.item, id=f"{self.name} at {turn}")
        self.revision = (await self.friend.hear(TimelineStated, media_us=place)).revision
        entry = protocol.NewEntry(title=f"turn {turn}")
        await self.friend.command(Add(entries=(entry,)), self.playlist, id=f"{self.name} adds {turn}")
        self.playlist = (await self.friend.hear(Playlist, revision=self.playlist + 1)).revision

    def _heard(self, kind: type[Message]) -> list[Message]:
        return [each for each in self.friend.heard if isinstance(each, kind)]
