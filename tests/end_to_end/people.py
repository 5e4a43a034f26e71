"""People with a player each, in one program: real links and playback without a window, real servers when they host."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from player.clocks import SystemClock
from player.core.clock import RoomClock
from player.core.seat import Seat
from player.core.view import HostRoom, Intent, JoinRoom, View
from player.media.library import FolderLibrary
from player.media.playback import FilmPlayback
from player.net.hosting import ServerProcess
from player.net.link import SocketLink
from player.net.listing import fetch_listing
from player.net.solo import SoloLink
from player.ports import Ports
from player.session import Session
from player.settings import FileSettings
from player.telemetry import NoTelemetry
from tests.fakes import waiting
from tests.fakes.call import FakeCall
from tests.fakes.ports import FakeSurroundings

until = partial(waiting.until, pause=0.01)


class Person:
    """A session without a window; `view` is what a window would show. A loop must be running."""

    def __init__(self, folder: Path, name: str, listen: str = "127.0.0.1:0", folders: tuple[str, ...] = ()) -> None:
        self.name = name
        self.complaints: list[str] = []
        self.view = View()
        clock = SystemClock()
        settings = FileSettings(folder / f"{name}.json")
        wakes: list[Callable[[], None]] = []

        def wake() -> None:
            if wakes:
                wakes[0]()

        self.host = ServerProcess(settings, wake, certificates=folder / name / "server")
        playback = FilmPlayback(clock, NoTelemetry(), wake, silent=True)
        ports = Ports(
            clock=clock,
            playback=playback,
            telemetry=NoTelemetry(),
            settings=settings,
            make_link=lambda wake: SocketLink(clock, wake),
            make_solo=lambda wake: SoloLink(clock, wake),
            host=self.host,
            has_slept=lambda: False,
            has_moved=lambda: False,
            make_call=FakeCall,
            library=FolderLibrary((), wake),
            around=FakeSurroundings(),
            fetch_rooms=fetch_listing,
            draw_key=lambda: secrets.token_urlsafe(16),
            time_of_day=lambda: 72_840.0,
            listen=listen,
        )
        self.session = Session(ports, Seat(name=name), RoomClock(), self.complaints.append)
        wakes.append(self.session.wake)
        self.session.show_on(self)
        if folders:
            ports.library.set_folders(folders)

    def show_view(self, view: View) -> None:
        self.view = view

    def act(self, *intents: Intent) -> None:
        for intent in intents:
            self.session.act(intent)

    async def host_room(self, room: str = "Kino") -> str:
        """The friends' invite of a room on this person's own server."""
        self.act(HostRoom(room))
        await until(lambda: self.view.link == "joined", f"{self.name}'s room")
        return self.view.invite

    async def join(self, invite: str) -> None:
        self.act(JoinRoom(invite))
        await until(lambda: self.view.link == "joined", f"{self.name} in the room")

    @property
    def names(self) -> set[str]:
        """Who is here, as far as this person sees."""
        return {row.name for row in self.view.members if row.here}

    @property
    def said(self) -> list[str]:
        return [row.text for row in self.view.chat]

    @property
    def roles(self) -> dict[str, str]:
        return {row.name: row.facts.role for row in self.view.members if row.here}

    async def peer(self, name: str) -> str:
        """Who that is, as soon as this person sees them."""
        await until(lambda: name in self.names, f"{name}, for {self.name}")
        return next(row.peer for row in self.view.members if row.name == name)

    def kill_server(self) -> None:
        """As a crash of this computer would."""
        child = self.host._child
        assert child is not None
        child._process.kill()

    async def close(self) -> None:
        await self.session.close()


def copy_of(film: Path, folder: Path, name: str) -> Path:
    """The same film in another folder under another name."""
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(film, folder / name))
