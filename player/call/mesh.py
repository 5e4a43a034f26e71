"""The mesh: a connection with each other member of the call. `player/core/mesh.py` decides, this obeys: it draws names,
sets connections up in tasks, hands packets to all of them and what they bring to the inbox."""

from __future__ import annotations

import asyncio
import logging
import secrets
import ssl
from collections import deque
from dataclasses import dataclass
from typing import assert_never

from player.call.certificate import new_certificate
from player.call.connection import Connection, Sources, StrangerError
from player.call.ice import NoWayError, Route
from player.call.key_requests import KeyRequests
from player.call.parts import Inbox, RoomClock
from player.call.relays import RelayFound, find_relay
from player.call.stun_choice import StunChoice
from player.core import mesh as core
from player.core.call_ends import Servers, servers_of
from player.core.call_media import ArrivedPicture, EncodedPicture, EncodedVoice, Kind, MediaClock, VoicePacket
from player.core.call_pipe import Company
from player.core.outgoing import Outgoing
from player.core.words import refusal_text
from server.core.protocol import Again, Answer, Ends, Hangup, Offer, Signal, Signalled, Ways

_log = logging.getLogger(__name__)

_TICK = 0.25  # s
_REPORT = 1.0  # s
_AWAIT_WAYS = 3.0  # s for the authority's word on them
_RENEW = 60.0  # s before they end
_RELAY_GAP = 5.0  # s: a relay that worked may be why a connection has ended, and is asked again
_FIRST_RATE = 400_000  # bit/s, before anybody has said what it can take


class _Talk:
    """One attempt to connect with a member, and the connection that it becomes: its ear."""

    def __init__(self, mesh: Mesh, peer: str, attempt: str, theirs: Ends | None) -> None:
        self.peer, self.attempt = peer, attempt
        self.offers = theirs is None
        self.ours: Ends | None = None
        self.theirs: asyncio.Future[Ends] = asyncio.get_running_loop().create_future()
        if theirs is not None:
            self.theirs.set_result(theirs)
        self.connection: Connection | None = None
        self.task: asyncio.Task[None] | None = None
        self._mesh = mesh
        self._inbox = mesh._inbox
        self._refused: set[Kind] = set()

    def take_voice(self, packet: VoicePacket) -> None:
        self._inbox.take_voice(self.peer, packet)

    def take_picture(self, picture: ArrivedPicture) -> None:
        self._inbox.take_picture(self.peer, picture)

    def take_clock(self, kind: Kind, clock: MediaClock) -> None:
        self._inbox.take_clock(self.peer, kind, clock)

    def key_wanted(self) -> None:
        self._mesh._key_requests.want()

    def refuse(self, kind: Kind, what: str) -> None:
        if kind not in self._refused:
            self._refused.add(kind)
            self._mesh._refuse(self.peer, kind, what)

    def end(self) -> None:
        self._mesh._ended(self, "")


@dataclass(frozen=True, slots=True)
class _Known:
    """The ways, and when they end."""

    servers: Servers
    until: float


class Mesh:
    """A `Carrier`. Made, and used, inside the loop."""

    def __init__(
        self,
        inbox: Inbox,
        clock: RoomClock,
        policy: core.MeshPolicy | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`tls`: whom relays by TLS are trusted by, other than the system's authorities."""
        self._inbox, self._clock, self._tls = inbox, clock, tls
        self._state = core.Mesh(policy or core.MeshPolicy())
        self._certificate = new_certificate()
        self._sources = Sources.drawn()
        self._outgoing = Outgoing((secrets.randbits(32), secrets.randbits(32)))
        self._talks: dict[str, _Talk] = {}
        self._open: list[tuple[_Talk, Connection]] = []
        self._closing: set[asyncio.Task[None]] = set()
        self._ways: asyncio.Future[_Known] = asyncio.get_running_loop().create_future()
        self._ways_asked = -1e9
        self._stun = StunChoice()
        self._relay: asyncio.Task[RelayFound] | None = None
        self._relay_asked = -1e9
        self._relay_words = ""
        self._searches: set[asyncio.Task[RelayFound]] = set()
        self._todo: deque[core.Action] = deque()
        self._is_stepping = False
        self._key_requests = KeyRequests(inbox, clock)
        self._fresh = secrets.token_urlsafe(8)
        self._company = Company()
        self._beat: asyncio.Task[None] | None = None
        self._is_closed = False

    # -- Carrier

    def be_in(self, company: Company) -> None:
        if company.relay_only != self._company.relay_only:
            self._forget_relay()
        self._company = company
        if company.joined and self._beat is None and not self._is_closed:
            self._beat = asyncio.create_task(self._keep_beat())
        if company.joined:
            self._want_ways()
        self._step(core.be_in(self._state, company, self._clock.now()))

    def receive(self, signal: Signalled) -> None:
        self._step(core.receive(self._state, signal, self._clock.now()))

    def use(self, ways: Ways) -> None:
        known = _Known(servers_of(ways), self._clock.now() + ways.seconds)
        if self._ways.done():
            if self._ways.result().servers != known.servers:
                self._forget_relay()
            self._ways = asyncio.get_running_loop().create_future()
        self._ways.set_result(known)
        self._look_for_relay(known.servers)
        if self._company.joined and not self._company.relay_only:
            self._stun.look(known.servers.stun)

    def begin_anew(self) -> None:
        self._stun.forget()
        self._forget_relay()
        self._step(core.begin_anew(self._state, self._clock.now()))

    def send_picture(self, picture: EncodedPicture) -> None:
        packets = self._outgoing.picture(picture)
        for _, connection in self._open:
            connection.send_picture(packets)

    def send_voice(self, voice: EncodedVoice) -> None:
        packet = self._outgoing.voice(voice)
        for _, connection in self._open:
            connection.send_voice(packet)

    def want_key(self, peer: str) -> None:
        for talk, connection in self._open:
            if talk.peer == peer:
                connection.want_key()

    @property
    def bit_rate(self) -> int:
        limits = [connection.limit for _, connection in self._open if connection.limit is not None]
        return min(limits, default=_FIRST_RATE)

    @property
    def loss(self) -> float:
        return max((connection.loss for _, connection in self._open), default=0.0)

    async def close(self) -> None:
        self._is_closed = True
        if self._beat is not None:
            self._beat.cancel()
        self._key_requests.close()
        self._stun.forget()
        for search in self._searches:
            search.cancel()
        self._step(core.be_in(self._state, Company(me=self._company.me), self._clock.now()))
        if self._closing:
            # a relay that is gone would keep its connection waiting for half a minute
            await asyncio.wait(self._closing, timeout=2.0)
        for task in self._closing:
            task.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)

    # -- the core's words

    def _step(self, step: core.Step) -> None:
        """Take a step of the core and do what it says; then what is due."""
        self._state, actions = step
        now = self._clock.now()
        heard = {talk.peer: connection.heard_at for talk, connection in self._open}
        self._state, due = core.tick(self._state, heard, now, self._fresh)
        self._todo.extend((*actions, *due))
        if self._is_stepping:
            return  # what is done has led to another step: its actions come after
        self._is_stepping = True
        try:
            while self._todo:
                self._do(self._todo.popleft())
        finally:
            self._is_stepping = False

    def _do(self, action: core.Action) -> None:
        match action:
            case core.Open(peer, attempt, theirs):
                talk = self._talks[peer] = _Talk(self, peer, attempt, theirs)
                talk.task = asyncio.create_task(self._set_up(talk), name=f"call with {peer}")
            case core.Join(peer, attempt, theirs):
                if (found := self._talk(peer, attempt)) is not None and not found.theirs.done():
                    found.theirs.set_result(theirs)
            case core.Repeat(peer, attempt):
                if (found := self._talk(peer, attempt)) is not None:
                    self._say_ends(found)
            case core.Drop(peer, attempt):
                if (found := self._talk(peer, attempt)) is not None:
                    del self._talks[peer]
                    self._let_go(found)
                    if self._clock.now() - self._relay_asked >= _RELAY_GAP:
                        self._forget_relay()
            case core.Ask(peer, attempt):
                self._inbox.signal(Signal(to=peer, attempt=attempt, what=Again()))
            case core.Tell(peer, state, words) if self._is_closed:
                pass  # another carrier may hold the call by now
            case core.Tell(peer, state, words):
                found = self._talks.get(peer)
                is_relayed = found is not None and found.connection is not None and found.connection.is_relayed
                if words and state != "connected" and self._relay_words:
                    words = f"{words} {self._relay_words}"
                self._inbox.take_state(peer, state, is_relayed, words)
            case _:
                assert_never(action)

    def _talk(self, peer: str, attempt: str) -> _Talk | None:
        talk = self._talks.get(peer)
        return talk if talk is not None and talk.attempt == attempt else None

    async def _keep_beat(self) -> None:
        reported = self._clock.now()
        while True:
            await asyncio.sleep(_TICK)
            try:
                self._step((self._state, ()))
                now = self._clock.now()
                if now - reported >= _REPORT:
                    reported = now
                    for _, connection in tuple(self._open):
                        connection.report()
            except Exception:
                _log.exception("the mesh stumbled")

    # -- connections

    async def _set_up(self, talk: _Talk) -> None:
        """From nothing to a connection that stands; whatever goes wrong is this member's matter alone."""
        try:
            route = await self._route()
            connection = talk.connection = Connection(
                talk, self._clock, self._outgoing, self._sources, self._certificate, route, offers=talk.offers
            )
            talk.ours = await connection.gather()
            if not talk.ours.candidates:
                raise NoWayError("This computer has no network over which a call could go.")
            self._say_ends(talk)
            await connection.connect(await talk.theirs)
        except StrangerError as error:
            _log.warning("call with %s: %s", talk.peer, error)
            # our end looks to it as if it stood
            self._inbox.signal(Signal(to=talk.peer, attempt=talk.attempt, what=Hangup()))
            self._ended(talk, str(error))
        except NoWayError as error:
            self._ended(talk, str(error))
        except ConnectionError as error:
            _log.info("call with %s: %s", talk.peer, error)
            self._ended(talk, "No way to this player was found.")
        except Exception:
            _log.exception("call with %s", talk.peer)
            self._ended(talk, "The connection could not be made.")
        else:
            self._opened(talk, connection)

    def _opened(self, talk: _Talk, connection: Connection) -> None:
        if self._talk(talk.peer, talk.attempt) is not talk:
            return
        self._open.append((talk, connection))
        self._step(core.opened(self._state, talk.peer, talk.attempt, self._clock.now()))
        connection.open()
        self._key_requests.want()  # by who has just come

    def _ended(self, talk: _Talk, words: str) -> None:
        if self._talk(talk.peer, talk.attempt) is talk:
            self._step(core.ended(self._state, talk.peer, talk.attempt, words, self._clock.now()))

    def _let_go(self, talk: _Talk) -> None:
        self._open = [each for each in self._open if each[0] is not talk]
        if talk.connection is not None:
            talk.connection.stop()
        task = asyncio.create_task(self._end_talk(talk))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _end_talk(self, talk: _Talk) -> None:
        talk.theirs.cancel()
        if talk.task is not None and talk.task is not asyncio.current_task():
            talk.task.cancel()
            await asyncio.gather(talk.task, return_exceptions=True)
        if talk.connection is not None:
            try:
                await talk.connection.close()
            except Exception:
                _log.exception("ending the call with %s", talk.peer)

    def _say_ends(self, talk: _Talk) -> None:
        if talk.ours is not None:
            what = Offer(ends=talk.ours) if talk.offers else Answer(ends=talk.ours)
            self._inbox.signal(Signal(to=talk.peer, attempt=talk.attempt, what=what))

    def _refuse(self, peer: str, kind: Kind, what: str) -> None:
        name = next((each.name for each in self._company.members if each.peer == peer), peer)
        self._inbox.say(refusal_text(name, kind, what), f"{kind} of {peer}")

    # -- ways

    def _want_ways(self) -> None:
        now = self._clock.now()
        if self._ways.done() and now < self._ways.result().until - _RENEW:
            return
        if now - self._ways_asked >= _AWAIT_WAYS:
            self._ways_asked = now
            self._inbox.ways_wanted()

    async def _route(self) -> Route:
        """By which servers a connection may be tried now."""
        self._want_ways()
        done, _ = await asyncio.wait([self._ways], timeout=_AWAIT_WAYS)
        servers = self._ways.result().servers if done else Servers()
        found = await asyncio.shield(self._look_for_relay(servers))
        relay_only = self._company.relay_only
        if relay_only and found.server is None:
            raise NoWayError(self._relay_words)
        stun = None if relay_only else await self._stun.first(servers.stun)
        return Route(
            stun=stun,
            relay=found.server,
            user=servers.user,
            password=servers.password,
            relay_only=relay_only,
            tls=self._tls,
        )

    def _look_for_relay(self, servers: Servers) -> asyncio.Task[RelayFound]:
        """One search serves all connections that are made meanwhile and after."""
        if self._relay is None:
            self._relay_asked = self._clock.now()
            self._relay = asyncio.create_task(self._find_relay(servers))
            self._searches.add(self._relay)
            self._relay.add_done_callback(self._searches.discard)
        return self._relay

    async def _find_relay(self, servers: Servers) -> RelayFound:
        found = await find_relay(servers, tls=self._tls)
        words = found.words
        if self._company.relay_only and found.server is None:
            why = words or "But its server announces none."
            words = f"Calls of this room go through a relay only. {why}"
            if words != self._relay_words:
                self._inbox.say(words, "relay")
        self._relay_words = words
        return found

    def _forget_relay(self) -> None:
        """The next connection asks again."""
        self._relay = None
