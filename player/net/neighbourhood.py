"""What is around a player: rooms on its network, and whether a room that is hosted here can be found and reached.

Starting and ending the finders and announcers can take seconds, so it is done one after the other in a thread of its
own; what they have found is read without waiting.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from player.core.invite import Invite
from player.core.lan_rooms import Entry, LanRoom, announced
from player.core.reach import ReachFacts, ReachReport, report
from player.core.room_view import LanRow, ReachView
from player.net.lan import LanAnnouncer, LanBrowser
from player.net.reachability import Reachability
from player.ports import Reach, Wake

log = logging.getLogger(__name__)

HIDDEN = report(ReachFacts(0, ("127.0.0.1",)))  # only this computer itself finds the room


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be looked after."""

    browses: bool = False
    room: LanRoom | None = None  # to be announced
    port: int | None = None  # which friends have to reach


class Neighbourhood:
    """`ports.Surroundings`. Its fields belong to the session's thread, but: `_wish`, which the worker reads; `_has` and
    `_begun`, which it replaces. These are immutable values. The parts belong to the worker."""

    def __init__(
        self,
        wake: Wake,
        check: str = "",
        *,
        announcer: LanAnnouncer | None = None,
        browser: LanBrowser | None = None,
        reachability: Reachability | None = None,
    ) -> None:
        """`check`: the address of a server outside that is asked to knock; "" is none."""
        self._announcer = announcer or LanAnnouncer()
        self._browser = browser or LanBrowser(wake)
        self._reachability = reachability or Reachability(wake, check)
        self._worker: ThreadPoolExecutor | None = None
        self._is_closed = False
        self._wish = self._has = _Wish()
        self._begun: int | None = None  # the port for which the worker looks: what is known of another is old
        self._shown: tuple[Invite, bool] | None = None
        self._known: tuple[ReachReport, Reach] | None = None

    def browse(self, wants: bool) -> None:
        self._want(replace(self._wish, browses=wants))

    def rooms(self) -> tuple[LanRow, ...]:
        return tuple(_row(room) for room in self._browser.rooms()) if self._wish.browses else ()

    def show(self, hosted: Invite | None, is_open: bool) -> None:
        shown = None if hosted is None else (hosted, is_open)
        if shown == self._shown:
            return
        self._shown = shown
        if hosted is None or _is_hidden(hosted):
            self._want(replace(self._wish, room=None, port=None))
            return
        entry: Entry = "invite" if not is_open else "open" if hosted.key else "password"
        self._want(replace(self._wish, room=announced(hosted, entry), port=hosted.port))

    def reach(self) -> Reach | None:
        if self._shown is None:
            return None
        port = self._wish.port
        known = self._reachability.report() if self._begun == port else ReachReport()
        told = HIDDEN if port is None else known
        if self._known is None or self._known[0] != told:
            todo = (told.advice,) if told.advice else ()
            level = told.level if told.words and not told.is_looking else "checking"
            self._known = (told, (ReachView(level, told.words, todo), told.addresses))
        return self._known[1]

    def close(self) -> None:
        """Others see the room go, the router gets its port back; a few seconds at most."""
        self._want(_Wish())
        self._is_closed = True
        if self._worker is not None:
            self._worker.shutdown(wait=True)

    def _want(self, wish: _Wish) -> None:
        if self._is_closed or wish == self._wish:
            return
        self._wish = wish
        if self._worker is None:
            self._worker = ThreadPoolExecutor(1, thread_name_prefix="matinee-around")
        self._worker.submit(self._settle)

    # -- the worker ----------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Look after what is wanted now; what was wanted in between is over already."""
        wish, had = self._wish, self._has
        self._has = wish
        if wish.browses != had.browses:
            _do(self._browser.start if wish.browses else self._browser.stop)
        if wish.room != had.room:
            room = wish.room
            _do(self._announcer.stop if room is None else lambda: self._announcer.announce(room))
        if wish.port != had.port:
            _do(lambda: self._look_for(wish.port))

    def _look_for(self, port: int | None) -> None:
        self._begun = None
        if port is None:
            self._reachability.stop()
        else:
            self._reachability.start(port)
            self._begun = port


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
