"""What is around a player: rooms on its network, and whether a room that is hosted here can be found and reached.

Starting and ending the finders and announcers can take seconds, so it is done one after the other in a thread of its
own; what they have found is read without waiting.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from player.core.invite import Invite
from player.core.lan_rooms import LanRoom, announced
from player.core.reach import ReachReport
from player.core.room_view import LanRow, ReachView
from player.net.lan import LanAnnouncer, LanBrowser
from player.net.reachability import Reachability
from player.ports import Reach, Wake

log = logging.getLogger(__name__)


class Neighbourhood:
    """`ports.Surroundings`. Its fields belong to the session's thread, its parts to the worker's."""

    def __init__(self, wake: Wake, check: str = "") -> None:
        """`check`: the address of a server outside that is asked to knock; "" is none."""
        self._announcer = LanAnnouncer()
        self._browser = LanBrowser(wake)
        self._reachability = Reachability(wake, check)
        self._worker: ThreadPoolExecutor | None = None
        self._is_closed = False
        self._is_browsing = False
        self._shown: tuple[Invite, bool] | None = None
        self._port: int | None = None
        self._known: tuple[ReachReport, Reach] | None = None

    def browse(self, wants: bool) -> None:
        if wants != self._is_browsing:
            self._is_browsing = wants
            self._work(self._browser.start if wants else self._browser.stop)

    def rooms(self) -> tuple[LanRow, ...]:
        return tuple(_row(room) for room in self._browser.rooms()) if self._is_browsing else ()

    def show(self, hosted: Invite | None, is_open: bool) -> None:
        shown = None if hosted is None or _is_hidden(hosted) else (hosted, is_open)
        if shown == self._shown:
            return
        self._shown = shown
        if shown is None:
            self._port = self._known = None
            self._work(self._announcer.stop)
            self._work(self._reachability.stop)
            return
        invite, _ = shown
        room = announced(invite, "open" if is_open and invite.key else "invite")
        self._work(lambda: self._announcer.announce(room))
        if invite.port != self._port:
            self._port = invite.port
            self._work(lambda: self._reachability.start(invite.port))

    def reach(self) -> Reach | None:
        if self._port is None:
            return None
        report = self._reachability.report()
        if self._known is None or self._known[0] != report:
            todo = (report.advice,) if report.advice else ()
            level = report.level if report.words else "checking"
            self._known = (report, (ReachView(level, report.words, todo), report.addresses))
        return self._known[1]

    def close(self) -> None:
        """Others see the room go, the router gets its port back; a few seconds at most."""
        if self._worker is not None:
            for stop in (self._browser.stop, self._announcer.stop, self._reachability.stop):
                self._work(stop)
            self._worker.shutdown(wait=True)
        self._is_closed = True

    def _work(self, what: Callable[[], None]) -> None:
        if self._is_closed:
            return
        if self._worker is None:
            self._worker = ThreadPoolExecutor(1, thread_name_prefix="matinee-around")
        self._worker.submit(_do, what)


def _do(what: Callable[[], None]) -> None:
    try:
        what()
    except Exception:
        log.exception("what is around this player is not looked after")


def _is_hidden(invite: Invite) -> bool:
    """Only this computer can reach it."""
    return all(_is_loopback(host) for host, _ in invite.addresses)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _row(room: LanRoom) -> LanRow:
    may_enter = room.entry in ("open", "password") and room.speaks_our_version
    return LanRow(room.title, room.invite.where, room.invite.text() if may_enter else "")
