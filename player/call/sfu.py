"""A call over the server's SFU, a Janus: our voice and camera go there once, each other member's come from there.

The shell of `player/core/sfu.py`; the ends themselves are in `feeds.py`. What passes is encrypted up to Janus and from
it, not through it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import ssl
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import assert_never

from player.call.certificate import new_certificate
from player.call.connection import Connection, StrangerError
from player.call.feeds import Kit, OtherFeed, OwnFeed
from player.call.ice import NoWayError, Route
from player.call.key_requests import KeyRequests
from player.call.parts import Inbox, RoomClock
from player.call.relays import RelayFound, find_relay
from player.core import sfu as core
from player.core.call_ends import Servers, servers_of
from player.core.call_media import EncodedPicture, EncodedVoice, Kind
from player.core.call_pipe import Company
from player.core.capture_stamp import stamped
from player.core.outgoing import Outgoing
from player.core.reception import RateGuess
from player.core.words import refusal_text
from server.core.janus_words import UNAUTHORIZED, JanusError
from server.core.protocol import Feed, Signal, Signalled, Ways

_log = logging.getLogger(__name__)

_TICK = 0.25  # s
_REPORT = 1.0  # s
_CLOSING_MOST = 2.0  # s
_FIRST_RATE = 400_000.0  # bit/s, before Janus has said what came of it
_FORBIDDEN = (403, 405, UNAUTHORIZED)


@dataclass(frozen=True, slots=True)
class _Relay:
    """Which of the servers' relays works, once somebody needs one."""

    servers: Servers
    found: asyncio.Task[RelayFound]


class Sfu:
    """A `Carrier` for one meeting. Made, and used, inside the loop."""

    def __init__(
        self,
        inbox: Inbox,
        clock: RoomClock,
        policy: core.SfuPolicy | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`tls`: whom Janus' and relays' certificates are trusted by, other than the system's authorities."""
        self._inbox, self._clock, self._tls = inbox, clock, tls
        self._state = core.Sfu(policy or core.SfuPolicy())
        self._outgoing = Outgoing((secrets.randbits(32), secrets.randbits(32)))
        self._kit = Kit(clock, self._outgoing, new_certificate())
        self._stay: OwnFeed | None = None
        self._takings: dict[str, OtherFeed] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._company = Company()
        self._servers = Servers()
        self._relay: _Relay | None = None
        self._needs_relay = False  # without one it did not work
        self._uplink = RateGuess(rate=_FIRST_RATE)
        self._unanswered_since = -1e9
        self._octets = 0  # of pictures, since the last guess
        self._todo: deque[core.Action] = deque()
        self._is_stepping = False
        self._key_requests = KeyRequests(inbox, clock)
        self._beat: asyncio.Task[None] | None = None
        self._is_closed = False

    # -- Carrier

    def be_in(self, company: Company) -> None:
        self._company = company
        if company.joined and self._beat is None and not self._is_closed:
            self._beat = asyncio.create_task(self._keep_beat())
        self._step(core.be_in(self._state, company, self._clock.now()))

    def receive(self, signal: Signalled) -> None:
        self._step(core.receive(self._state, signal, self._clock.now()))

    def use(self, ways: Ways) -> None:
        meeting, servers = ways.meeting, servers_of(ways)
        if servers != self._servers:
            self._servers = servers
            self._forget_relay()
        if self._stay is not None and meeting is not None and meeting.generation == self._stay.meeting.generation:
            self._stay.admit(meeting)
        self._step((core.use(self._state, meeting, self._clock.now() + ways.seconds), ()))

    def begin_anew(self) -> None:
        self._needs_relay = False
        self._forget_relay()
        self._step(core.begin_anew(self._state, self._clock.now()))

    def send_picture(self, picture: EncodedPicture) -> None:
        captured = self._clock.room(picture.captured)
        packets = self._outgoing.picture(replace(picture, data=stamped(picture.data, captured)))
        self._octets += len(picture.data)
        if (connection := self._way_out()) is not None:
            connection.send_picture(packets)

    def send_voice(self, voice: EncodedVoice) -> None:
        captured = self._clock.room(voice.captured)
        packet = self._outgoing.voice(replace(voice, data=stamped(voice.data, captured)))
        if (connection := self._way_out()) is not None:
            connection.send_voice(packet)

    def want_key(self, peer: str) -> None:
        taking = self._takings.get(peer)
        if taking is not None and taking.connection is not None:
            taking.connection.want_key()

    @property
    def bit_rate(self) -> int:
        connection = None if self._stay is None else self._stay.connection
        limit = None if connection is None else connection.limit
        return self._uplink.bit_rate if limit is None else min(limit, self._uplink.bit_rate)

    @property
    def loss(self) -> float:
        connection = None if self._stay is None else self._stay.connection
        return 0.0 if connection is None else connection.loss

    async def close(self) -> None:
        self._is_closed = True
        if self._beat is not None:
            self._beat.cancel()
        self._key_requests.close()
        self._forget_relay()
        self._step(core.be_in(self._state, Company(me=self._company.me), self._clock.now()))
        if self._closing:
            # a relay that is gone would keep its connection waiting for half a minute
            await asyncio.wait(self._closing, timeout=_CLOSING_MOST)
        for task in self._closing:
            task.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)

    # -- the core's words

    def _step(self, step: core.Step) -> None:
        """Take a step of the core and do what it says; then what is due."""
        self._state, actions = step
        self._state, due = core.tick(self._state, self._clock.now(), self._unheard())
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
            case core.Enter(number, meeting):
                stay = self._stay = OwnFeed(self, self._kit, number, meeting, self._tls)
                stay.task = asyncio.create_task(self._enter(stay), name="into the meeting")
            case core.Leave(number):
                if self._stay is not None and self._stay.number == number:
                    self._end_later(self._stay.leave())
                    self._stay = None
            case core.Take(peer, number, feed):
                if self._stay is not None:
                    taking = OtherFeed(self, self._kit, self._inbox, self._stay, (peer, number, feed))
                    self._takings[peer] = taking
                    taking.task = asyncio.create_task(self._take(taking), name=f"feed of {peer}")
            case core.Drop(peer, number):
                if peer in self._takings and self._takings[peer].number == number:
                    self._end_later(self._takings.pop(peer).drop())
            case core.Say(peer, attempt, feed):
                self._inbox.signal(Signal(to=peer, attempt=attempt, what=Feed(feed=feed)))
            case core.WantWays():
                self._inbox.ways_wanted()
            case core.Warn(words):
                self._inbox.say(words, "sfu")
            case core.Tell() if self._is_closed:
                pass  # another carrier may hold the call by now
            case core.Tell(peer, state, words):
                connection = self._takings[peer].connection if peer in self._takings else None
                is_relayed = connection is not None and connection.is_relayed
                self._inbox.take_state(peer, state, is_relayed, words)
            case _:
                assert_never(action)

    async def _keep_beat(self) -> None:
        reported = self._clock.now()
        while True:
            await asyncio.sleep(_TICK)
            try:
                self._step((self._state, ()))
                now = self._clock.now()
                if now - reported >= _REPORT:
                    self._guess_uplink(now - reported)
                    reported = now
                    for connection in self._open_connections():
                        connection.report()
            except Exception:
                _log.exception("the SFU's carrier stumbled")

    def _way_out(self) -> Connection | None:
        """By which something is sent now; it should be heard of soon."""
        if self._stay is None or self._stay.connection is None or self._state.phase != "open":
            return None
        connection = self._stay.connection
        if connection.heard_at >= self._unanswered_since:
            self._unanswered_since = self._clock.now()
        return connection

    def _unheard(self) -> float:
        """For how long we have sent without an answer, s."""
        connection = None if self._stay is None else self._stay.connection
        if connection is None or connection.heard_at >= self._unanswered_since:
            return 0.0
        return self._clock.now() - self._unanswered_since

    def _guess_uplink(self, seconds: float) -> None:
        """Janus says no more than what came (its rate limit is a fixed one): queues show in the round trip."""
        connection = None if self._stay is None else self._stay.connection
        sent, self._octets = self._octets, 0
        if connection is not None and sent > 0 and connection.round_trip > 0.0:
            self._uplink = self._uplink.receive_second(8 * sent / seconds, connection.loss, connection.round_trip)

    def _open_connections(self) -> list[Connection]:
        state = self._state
        open_peers = {bond.peer for bond in state.bonds if bond.phase == "open"}
        found = [taking.connection for peer, taking in self._takings.items() if peer in open_peers]
        if state.phase == "open" and self._stay is not None:
            found.append(self._stay.connection)
        return [connection for connection in found if connection is not None]

    # -- in and out

    async def _enter(self, stay: OwnFeed) -> None:
        words, is_refused = core.UNREACHABLE, False
        try:
            feed = await stay.enter(await self._route())
        except JanusError as error:
            _log.info("the SFU: %s", error)
            is_refused = error.code in _FORBIDDEN
        except NoWayError as error:
            words = str(error)
        except ConnectionError as error:
            _log.info("no way to the SFU: %s", error)
            self._needs_relay = True
        except StrangerError as error:
            _log.warning("the SFU: %s", error)
            words = str(error)
        except Exception:
            _log.exception("going into the meeting")
        else:
            if self._stay is stay and stay.connection is not None:
                stay.connection.open()
                self._step(core.entered(self._state, stay.number, feed, self._clock.now()))
                self.want_own_key()
            return
        self._lose(stay, words, is_refused=is_refused)

    async def _take(self, taking: OtherFeed) -> None:
        """Whatever goes wrong is this member's matter alone."""
        try:
            await taking.take(await self._route())
        except (JanusError, ConnectionError, StrangerError, NoWayError) as error:
            _log.info("the feed of %s: %s", taking.peer, error)
        except Exception:
            _log.exception("the feed of %s", taking.peer)
        else:
            if self._takings.get(taking.peer) is taking and taking.connection is not None:
                self._step(core.opened(self._state, taking.peer, taking.number, self._clock.now()))
                taking.connection.open()
            return
        self.give_up(taking)

    def _lose(self, stay: OwnFeed, words: str, *, is_refused: bool) -> None:
        if self._stay is not stay or self._is_closed:
            return
        self._step(core.lost(self._state, stay.number, words, self._clock.now(), is_refused=is_refused))

    def _end_later(self, ending: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(ending)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    # -- Attendant

    def lose(self, stay: OwnFeed, *, is_refused: bool = False) -> None:
        self._lose(stay, "", is_refused=is_refused)

    def give_up(self, taking: OtherFeed) -> None:
        if self._takings.get(taking.peer) is taking:
            self._step(core.ended(self._state, taking.peer, taking.number, self._clock.now()))

    def gone(self, stay: OwnFeed, feed: str) -> None:
        if self._stay is stay:
            self._step(core.gone(self._state, feed, self._clock.now()))

    def want_own_key(self) -> None:
        self._key_requests.want()

    def refuse(self, peer: str, kind: Kind, what: str) -> None:
        name = next((each.name for each in self._company.members if each.peer == peer), peer)
        self._inbox.say(refusal_text(name, kind, what), f"{kind} of {peer}")

    # -- ways

    async def _route(self) -> Route:
        """By which servers Janus may be reached. Raises NoWayError: this player uses relays only, and none works."""
        servers, relay_only = self._servers, self._company.relay_only
        if not relay_only and not (self._needs_relay and servers.relays):
            return Route(stun=servers.stun[0] if servers.stun else None, tls=self._tls)
        if self._relay is None:
            self._relay = _Relay(servers, asyncio.create_task(find_relay(servers, tls=self._tls)))
        found = await asyncio.shield(self._relay.found)
        if relay_only and found.server is None:
            self._forget_relay()
            raise NoWayError(found.words or "This call goes through a relay only, and the server announces none.")
        return Route(
            relay=found.server,
            user=servers.user,
            password=servers.password,
            relay_only=relay_only,
            is_to_server=True,
            tls=self._tls,
        )

    def _forget_relay(self) -> None:
        if self._relay is not None:
            self._relay.found.cancel()
            self._relay = None
