"""The session: what happens goes into the seat's rules, their actions go to the ports. It decides nothing itself.

Everything here runs on the session's own thread, which for a window is Qt's, except `wake`, which any thread calls
when it has news. The session then asks each port what is new, and hands the playback its new target.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from typing import Any, assert_never

from player.call_desk import CallDesk
from player.core import seat_actions as do
from player.core import seat_rules
from player.core.clock import RoomClock
from player.core.drawing import Facts, draw
from player.core.ducking import Duck
from player.core.happenings import (
    Happening,
    Hosted,
    HostEnded,
    HostFailed,
    KeyDrawn,
    Listed,
    Moment,
    NetworkMoved,
    Tick,
    TookOver,
)
from player.core.invite import Invite
from player.core.listing import ListingError
from player.core.medium import Sought
from player.core.news import Joined, LinkEvent, LinkLost, LinkRefused, Sampled
from player.core.seat import Seat
from player.core.target import ClockLine, Target
from player.core.view import Intent
from player.hosting_desk import HostingDesk
from player.lookout import Lookout
from player.ports import Ports, RoomLink, Screen, TileSource
from player.recorder import Recorder
from server.core.protocol import ClientMessage, seconds
from server.core.timeline import LocalTime

log = logging.getLogger(__name__)

TICK = 0.2  # s: how often the seek bar moves and figures are read


class NoLink:
    """Between two rooms: nobody to speak to, nobody to hear."""

    def connect(self, invite: Invite, name: str, token: str = "") -> None: ...

    def send(self, message: ClientMessage) -> None: ...

    def burst(self) -> None: ...

    def close(self) -> None: ...

    def take_events(self) -> list[LinkEvent]:
        return []


class Session:
    """One player's life. `wake` from any thread, all else from the loop's."""

    def __init__(self, ports: Ports, seat: Seat, room_clock: RoomClock, complain: Callable[[str], None]) -> None:
        """`complain` gets each error that is also shown in the window, for stderr and the exit status."""
        self._ports = ports
        self._seat = seat
        self._room_clock = room_clock
        self._complain = complain
        self._loop = asyncio.get_running_loop()
        self._line = ClockLine()
        self._target = Target()
        self._screen: Screen | None = None
        self._link: RoomLink = ports.make_solo(self.wake)
        self._recorder = Recorder(ports.telemetry, complain)
        self._is_woken = False
        self._is_closing = False
        self._wishes: dict[str, Any] = {}  # to be remembered at the next tick: a dragged slider writes no files
        self._tasks: set[asyncio.Future[Any]] = set()
        self._desk = HostingDesk(ports.host, ports.listen, self._take_host_news)
        self._call_desk = CallDesk(ports.make_call, self.wake, ports.playback)
        self._token = ""  # of who we are in the room
        self._lookout = Lookout(ports.library, ports.around)
        ports.library.set_folders(self._folders())
        self._ticker = asyncio.create_task(self._tick_on())
        self.wake()

    # -- what others ask -----------------------------------------------------------------------------------------------

    @property
    def seat(self) -> Seat:
        return self._seat

    @property
    def tiles(self) -> TileSource:
        """The pictures of the call, whenever there is one."""
        return self._call_desk

    def show_on(self, screen: Screen) -> None:
        """Draw every view there from now on."""
        self._screen = screen
        self._draw()

    def act(self, intent: Intent) -> None:
        """A person's wish."""
        self._receive(intent)
        self._refresh()

    def remember(self, key: str, value: Any) -> None:
        """Keep a habit."""
        self._wishes[key] = value
        if key == "folder":
            self._ports.library.set_folders(self._folders())

    def recall(self, key: str) -> Any:
        """A habit; None: not known."""
        return self._wishes[key] if key in self._wishes else self._ports.settings.get(key)

    def wake(self) -> None:
        """Somebody has news. Any thread."""
        if not self._is_woken and not self._is_closing:
            self._is_woken = True
            self._loop.call_soon_threadsafe(self._ask)

    async def close(self) -> None:
        """Leave the room, stop hosting, let go of film and devices."""
        if self._is_closing:
            return
        self._is_closing = True
        self._ticker.cancel()
        self._keep_habits()
        self._desk.stop()
        self._call_desk.end()
        ports = self._ports
        ends = (self._link.close, ports.playback.close, ports.library.close, ports.around.close)
        ending = (*(self._loop.run_in_executor(None, end) for end in ends), *self._tasks, *self._desk.tasks)
        ending = (*ending, *self._call_desk.tasks)
        for outcome in await asyncio.gather(*ending, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("something did not end well", exc_info=outcome)

    # -- what happens --------------------------------------------------------------------------------------------------

    def _ask(self) -> None:
        """Ask each port for what is new."""
        self._is_woken = False
        if self._is_closing:
            return
        link = self._link
        for event in link.take_events():
            if self._link is not link:
                break  # an action has left that room
            if isinstance(event, Sampled):
                self._take_sample(event)
            else:
                self._receive(event)
        for report in self._ports.playback.take_events():
            self._receive(report)
        for told in self._call_desk.take_events():
            self._receive(told)
        if self._seat.is_hosting and self._desk.has_died:
            self._receive(HostEnded())
        for news in self._lookout.news(self._seat, self._screen is not None):
            self._receive(news)
        self._refresh()

    def _take_sample(self, sample: Sampled) -> None:
        clock = self._room_clock
        clock.receive_sample(sample.t0, sample.t1, sample.t2, sample.t3, sample.epoch)
        now = self._ports.clock.now()
        self._line = clock.line(now)
        self._recorder.tell_clock(clock, now)

    def _receive(self, happening: Happening) -> None:
        moment = self._moment()
        if isinstance(happening, Joined):
            self._token = happening.welcome.token
            if self._seat.is_hosting and (invite := self._seat.invite) is not None:
                self.remember("host_seat", [invite.room, invite.port, self._token])
        if isinstance(happening, Joined) and happening.welcome.epoch != self._room_clock.epoch:
            # until the first exchange is back: late by the way here, and not yet followed
            self._line = ClockLine(self._ports.clock.now(), seconds(happening.welcome.room_us))
        if isinstance(happening, LinkLost):
            log.info("link lost: %s", happening.words)
            if self._seat.link == "connecting":
                self._complain(happening.words)  # a notice would say what the window says anyway
        if isinstance(happening, LinkRefused) and happening.code == "password":
            self._complain(happening.words)  # likewise: the window asks for it
        if isinstance(happening, Sought):
            log.info("controller seek, %+.3f s", happening.asynchrony)
        before = self._seat
        step = seat_rules.receive(before, happening, moment)
        self._seat = step.seat
        for action in step.actions:
            self._carry_out(action)
        self._recorder.tell(before, self._seat, moment.local)

    def _moment(self) -> Moment:
        now = self._ports.clock.now()
        return Moment(now, self._line.room_time(now))

    # -- what follows --------------------------------------------------------------------------------------------------

    def _carry_out(self, action: do.Action) -> None:
        playback = self._ports.playback
        match action:
            case do.OpenFilm(path):
                self._lead()  # first, so that it does not begin at the place of the one before
                playback.open(path)
            case do.CloseFilm():
                playback.open("")
            case do.Send(message):
                self._link.send(message)
            case do.ConnectTo(invite, name, is_return):
                self._change_link(self._ports.make_link(self.wake))
                self._link.connect(invite, name, self._token if is_return else self._hosts_token(invite))
            case do.GoSolo():
                self._change_link(self._ports.make_solo(self.wake))
                self.wake()
            case do.StartHosting(room):
                self._change_link(NoLink())
                self._desk.start(room)
            case do.TakeOver(bundle, room, age):
                self._desk.take_over(bundle, room, age)
            case do.StopHosting():
                self._desk.stop()
            case do.DrawKey(role, expires):
                self._receive(KeyDrawn(self._ports.draw_key(), role, expires))
            case do.FetchRooms(server, asked):
                self._keep(asyncio.ensure_future(self._fetch_rooms(server, asked)))
            case do.KnockNow():
                self._link.burst()
            case do.FindFilm(wanted, salt):
                self._ports.library.stop_looking()
                self._ports.library.look_for(wanted, salt)
            case do.Fingerprint(path):
                self._ports.library.fingerprint(path)
            case do.LookIn():
                self._ports.library.set_folders(self._folders())
            case do.SetGain(gain):
                playback.set_volume(gain)
            case do.PickSound(track):
                playback.choose_sound(track)
            case do.PickSubtitles(choice):
                playback.choose_subtitles(choice)
            case do.AddSubtitles(path):
                playback.load_subtitles(path)
            case do.DelaySubtitles(delay):
                playback.set_subtitle_delay(delay)
            case do.TellCall(piece):
                self._call_desk.tell(piece)
            case do.EndCall():
                self._call_desk.end()
            case do.HearVoices(are_wanted):
                self._call_desk.hear(are_wanted)
            case Duck(gain, seconds):
                playback.duck(gain, seconds)
            case do.Remember(key, value):
                self.remember(key, value)
            case _:
                assert_never(action)

    def _change_link(self, link: RoomLink) -> None:
        self._ports.library.stop_looking()  # for what that room watches
        old, self._link = self._link, link
        self._keep(self._loop.run_in_executor(None, old.close))  # it says goodbye, which may take a while

    async def _fetch_rooms(self, server: Invite, asked: str) -> None:
        try:
            listed = Listed(asked, await self._ports.fetch_rooms(server))
        except ListingError as error:
            listed = Listed(asked, words=str(error))
        if not self._is_closing:
            self._receive(listed)
            self._refresh()

    def _take_host_news(self, news: Hosted | HostFailed | TookOver) -> None:
        if not self._is_closing:
            self._receive(news)
            self._refresh()

    def _keep(self, task: asyncio.Future[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _refresh(self) -> None:
        """Hand on what has changed: to the playback a target, to the window a view."""
        self._lead()
        self._draw()

    def _hosts_token(self, invite: Invite) -> str:
        """Of who we were in the room that this app hosted last: it outlives the app, and so does the host in it. (In
        a friend's room an app that was started anew is somebody new: two of them may share these settings.)"""
        kept = self.recall("host_seat") if self._seat.is_hosting else None
        return str(kept[2]) if isinstance(kept, list) and kept[:2] == [invite.room, invite.port] else ""

    def _folders(self) -> tuple[str, ...]:
        """Where films are looked for: the folders that the person named, and the one of the film opened last."""
        last = self.recall("folder")
        named = self._seat.library.folders
        return (*named, last) if isinstance(last, str) and last and last not in named else named

    def _lead(self) -> None:
        schedule = self._seat.followed
        if schedule is None or (schedule is self._seat.schedule and not self._is_timed):
            return  # the film goes on as it did until there is something to follow and a clock to do it by
        if schedule != self._target.schedule or self._line != self._target.clock:
            self._target = Target(self._line, schedule, self._dispersion())
            self._ports.playback.follow(self._target)

    @property
    def _is_timed(self) -> bool:
        """The clock of the room that we are in is known."""
        return self._room_clock.is_known and self._room_clock.epoch == self._seat.epoch

    def _dispersion(self) -> float:
        return self._room_clock.dispersion_at(self._ports.clock.now()) if self._is_timed else math.inf

    def _draw(self) -> None:
        if self._screen is not None:
            self._screen.show_view(
                draw(self._seat, Facts(self._dispersion(), self._ports.time_of_day()), self._moment())
            )

    def _asynchrony(self) -> float | None:
        """How far what is seen and heard lies from the timeline, s: the worse of the two."""
        known = [self._ports.playback.picture_asynchrony(), self._ports.playback.sound().asynchrony]
        return max((each for each in known if each is not None), key=abs, default=None)

    # -- time ----------------------------------------------------------------------------------------------------------

    async def _tick_on(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            try:
                self._tick()
            except Exception:
                log.exception("a tick failed")

    def _tick(self) -> None:
        if self._ports.has_slept():
            log.info("this computer slept, or its clock was set")
            self._link.burst()
            self._receive(NetworkMoved())
        elif self._seat.call.stage == "in" and self._ports.has_moved():
            self._receive(NetworkMoved())
        self._keep_habits()
        now = self._ports.clock.now()
        if self._is_timed:
            self._line = self._room_clock.line(now)
        dropped, late = self._ports.playback.missed()
        tick = Tick(
            asynchrony=self._asynchrony(),
            delay=self._room_clock.delay or 0.0,
            dispersion=self._dispersion(),
            playout=self._ports.playback.sound().playout_delay,
            room_rate=self._room_rate(now) if self._is_timed else None,
            dropped=dropped,
            late=late,
        )
        self._receive(tick)
        self._ask()
        self._recorder.tell_tiles(self._seat, now)

    def _room_rate(self, now: LocalTime) -> float:
        """Of the next second, room seconds per local second."""
        return self._line.room_time(LocalTime(now + 1.0)) - self._line.room_time(now)

    def _keep_habits(self) -> None:
        wishes, self._wishes = self._wishes, {}
        for key, value in wishes.items():
            self._ports.settings.put(key, value)
