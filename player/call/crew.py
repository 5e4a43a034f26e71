"""Everybody who works in the process of the call, and who hands what to whom.

    camera -> encoder -> Carriage ~~~ network ~~~ Carriage -> Arrivals -> memory -> the app
    microphone --------^     | signals, ways                  | levels, ages
                             v                                v
                          the app's pipe: obey(ToCall) in, say(FromCall) out

All of it on the loop but what its parts do on threads of their own. A beat keeps the picture's quality and says how the
call does.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, assert_never

from player.call.arrivals import Arrivals, Arrived
from player.call.camera import Camera
from player.call.carriage import Carriage, MakeCarrier
from player.call.clock import CallClock
from player.call.encoder import Encoded, Encoder
from player.call.lookout import DeviceLookout, Find
from player.call.memory import CallMemory, Pixels, SharedSound
from player.core import call_quality, call_report
from player.core.call_media import ArrivedPicture, EncodedPicture, EncodedVoice, Kind, MediaClock, VoicePacket
from player.core.call_pipe import (
    CallSaid,
    CallSignalled,
    CallTold,
    Company,
    DevicesFound,
    DeviceState,
    FromCall,
    Hearing,
    LookForDevices,
    NetworkChanged,
    Own,
    PeerFigures,
    PeerSignalled,
    PeerState,
    Pressure,
    RoomLine,
    ToCall,
    WaysFound,
    WaysWanted,
)
from server.core.protocol import Signal
from server.core.timeline import LocalTime

log = logging.getLogger(__name__)

BEAT = 0.05  # s
JUDGE = 1.0  # s between two looks at the quality of our picture
MOST_SIGNALS = 60  # a second: what setting up eight connections takes is a tenth of it


@dataclass(frozen=True, slots=True)
class TalkerFigures:
    """Our microphone."""

    state: DeviceState = "off"
    words: str = ""
    is_speaking: bool = False
    level: float = 0.0


class Talker(Protocol):
    """What we say: microphone, cleaning, voice mode, Opus."""

    def want(self, own: Own) -> None: ...

    def look_again(self) -> None: ...

    def figures_at(self, now: LocalTime) -> TalkerFigures: ...

    def close(self) -> None: ...


MakeTalker = Callable[[CallClock, SharedSound, Callable[[EncodedVoice], None], Callable[[], None]], Talker]


@dataclass(slots=True)
class _Second:
    """What the last second brought, for the quality of our picture."""

    began: float
    processor: float  # s, this process'
    encoded: Encoded
    dropped: int = 0
    late: int = 0
    signals: int = 0


class Crew:
    """Implements `parts.Inbox`. Made inside the loop."""

    def __init__(
        self,
        clock: CallClock,
        memory: CallMemory,
        say: Callable[[FromCall], None],
        make: MakeCarrier,
        make_talker: MakeTalker,
        find_microphones: Find,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._clock = clock
        self._memory = memory
        self._say = say
        self._own = Own()
        self._company = Company()
        self._hearing = Hearing()
        self._carriage = Carriage(self, make)
        self._arrivals = Arrivals(clock, memory.sound, memory.tiles, self._carriage.want_key, self._loop)
        self._encoder = Encoder(self._hand_picture, self._show_own)
        self._camera = Camera(clock, self._encoder.take, self._stir)
        self._talker = make_talker(clock, memory.sound, self._hand_voice, self._stir)
        self._lookout = DeviceLookout(self._found, find_microphones)
        self._ladder = call_quality.Ladder()
        self._second = _Second(clock.now(), time.process_time(), Encoded())
        self._fps = 0.0  # of our own picture
        self._told: CallTold | None = None
        self._told_at = clock.now()
        self._stirred = asyncio.Event()
        self._beat = asyncio.create_task(self._keep_beat())
        memory.tiles.set_peers([""])

    # -- the app's words -----------------------------------------------------------------------------------------------

    def obey(self, piece: ToCall) -> None:
        match piece:
            case Own():
                self._own = piece
                self._settle_devices()
            case Company():
                self._be_in(piece)
            case WaysFound(ways=ways):
                self._carriage.use(ways)
            case PeerSignalled(signal=signal):
                self._carriage.receive(signal)
            case RoomLine():
                self._clock.follow(piece)
            case Hearing():
                self._hearing = piece
                self._arrivals.hear(piece)
                self._settle_picture()
            case Pressure(dropped=dropped, late=late, is_playing=is_playing):
                if is_playing:
                    self._second.dropped += dropped
                    self._second.late += late
            case LookForDevices():
                self._lookout.look()
            case NetworkChanged():
                self._carriage.begin_anew()
            case _:
                assert_never(piece)
        self._stirred.set()

    async def close(self) -> None:
        """Devices are closed and the others are told; returns soon."""
        self._beat.cancel()
        self._lookout.close()
        self._camera.close()
        self._talker.close()
        await self._carriage.close()
        self._arrivals.close()
        self._encoder.close()

    def _be_in(self, company: Company) -> None:
        self._company = company
        peers = [member.peer for member in company.members] if company.joined else []
        self._memory.tiles.set_peers(["", *peers])
        self._arrivals.be_in(company)
        self._carriage.be_in(company)
        self._settle_picture()

    def _settle_devices(self) -> None:
        own = self._own
        self._camera.want(own.camera if own.camera_on else None, own.name)
        self._talker.want(own)
        if not own.camera_on:
            self._memory.tiles.clear("")
        self._lookout.watch(own.camera_on or own.microphone_on)
        self._settle_picture()

    def _settle_picture(self) -> None:
        """Who gets our picture."""
        own, shown = self._own, self._hearing.shown
        sends = own.camera_on and self._connected() > 0
        self._encoder.send(self._ladder.quality() if sends else None)
        self._encoder.show(own.camera_on and (shown is None or any(peer == "" for peer, _ in shown)))

    def _connected(self) -> int:
        return sum(state == "connected" for state, _, _ in self._carriage.states.values())

    # -- from threads --------------------------------------------------------------------------------------------------

    def _hand_picture(self, picture: EncodedPicture) -> None:
        self._loop.call_soon_threadsafe(self._carriage.send_picture, picture)

    def _hand_voice(self, voice: EncodedVoice) -> None:
        self._loop.call_soon_threadsafe(self._carriage.send_voice, voice)

    def _show_own(self, pixels: Pixels, captured: LocalTime) -> None:
        if self._own.camera_on:  # one that was on its way when the camera went off would stay
            self._memory.tiles.show("", pixels, self._clock.room(captured) if self._clock.is_known else None)

    def _stir(self) -> None:
        """A device is in another state."""
        self._loop.call_soon_threadsafe(self._stirred.set)

    def _found(self, found: DevicesFound, is_news: bool) -> None:
        """From the lookout's thread."""
        self._say(found)
        if is_news:
            self._loop.call_soon_threadsafe(self._look_again)

    def _look_again(self) -> None:
        self._camera.look_again()
        self._talker.look_again()

    # -- Inbox ---------------------------------------------------------------------------------------------------------

    def take_voice(self, peer: str, packet: VoicePacket) -> None:
        self._arrivals.take_voice(peer, packet)

    def take_picture(self, peer: str, picture: ArrivedPicture) -> None:
        self._arrivals.take_picture(peer, picture)

    def take_clock(self, peer: str, kind: Kind, clock: MediaClock) -> None:
        self._arrivals.take_clock(peer, kind, clock)

    def take_state(self, peer: str, state: PeerState, is_relayed: bool, words: str) -> None:
        self._arrivals.take_state(peer, state, is_relayed, words)
        self._settle_picture()
        self._stirred.set()

    def key_wanted(self) -> None:
        self._encoder.want_key()

    def signal(self, signal: Signal) -> None:
        self._second.signals += 1
        if self._second.signals <= MOST_SIGNALS:
            self._say(CallSignalled(signal))
        elif self._second.signals == MOST_SIGNALS + 1:
            log.warning("more signals than %d in a second: the rest is not sent", MOST_SIGNALS)

    def ways_wanted(self) -> None:
        self._say(WaysWanted())

    def say(self, words: str, about: str = "") -> None:
        self._say(CallSaid("warning", words, about))

    # -- the beat ------------------------------------------------------------------------------------------------------

    async def _keep_beat(self) -> None:
        while True:
            self._stirred.clear()
            try:
                now = self._clock.now()
                if now - self._second.began >= JUDGE:
                    self._judge(now)
                told = self._figures(now)
                if call_report.is_due(call_report.POLICY, self._told, told, now - self._told_at):
                    self._told, self._told_at = told, now
                    self._say(told)
            except Exception:
                log.exception("the call's beat failed")
            await asyncio.sleep(BEAT)
            if self._is_idle():
                try:
                    async with asyncio.timeout(call_report.POLICY.most_apart - BEAT):
                        await self._stirred.wait()
                except TimeoutError:
                    pass

    def _is_idle(self) -> bool:
        """Nothing moves that a meter shows."""
        return not self._company.joined and not self._own.microphone_on and not self._own.camera_on

    def _judge(self, now: float) -> None:
        """Once a second: how our picture is sent from now on."""
        before, encoded = self._second, self._encoder.encoded
        self._second = _Second(now, time.process_time(), encoded)
        seconds = now - before.began
        others = self._connected()
        evidence = call_quality.Evidence(
            others=others,
            is_sfu=self._company.mode == "sfu",
            film_dropped=before.dropped,
            film_late=before.late,
            encoding=(encoded.seconds - before.encoded.seconds) / seconds,
            processor=(self._second.processor - before.processor) / seconds,
            loss=self._carriage.loss,
            bit_rate=self._carriage.bit_rate if others else None,
        )
        self._fps = (encoded.pictures - before.encoded.pictures) / seconds
        self._ladder = call_quality.receive(call_quality.POLICY, self._ladder, evidence, now)
        self._settle_picture()

    def _figures(self, now: LocalTime) -> CallTold:
        camera, camera_words = self._camera.state_at(now)
        talker = self._talker.figures_at(now)
        arrived, states = self._arrivals.arrived(), self._carriage.states
        peers = []
        for member in self._company.members if self._company.joined else ():
            state, is_relayed, words = states.get(member.peer, ("connecting", False, ""))
            peers.append(_peer_figures(member.peer, state, is_relayed, words, arrived.get(member.peer, Arrived())))
        encoded = self._encoder.encoded
        is_sent = self._fps > 0 and camera == "on"
        return CallTold(
            peers=tuple(peers),
            camera=camera,
            camera_words=camera_words,
            microphone=talker.state,
            microphone_words=talker.words,
            is_speaking=talker.is_speaking,
            level=round(talker.level, 3),
            fps=round(self._fps, 1) if is_sent else 0.0,
            width=encoded.width if is_sent else 0,
            height=encoded.height if is_sent else 0,
            words=self._ladder.words() if is_sent else "",
        )


def _peer_figures(peer: str, state: PeerState, is_relayed: bool, words: str, arrived: Arrived) -> PeerFigures:
    voice, picture = arrived.voice, arrived.picture
    figures = PeerFigures(peer, state, is_relayed=is_relayed, words=words)
    if state != "connected":
        return figures
    age = None if picture.age is None else round(picture.age, 4)
    return PeerFigures(
        peer,
        state,
        is_speaking=voice.is_speaking,
        level=round(voice.level, 3),
        fps=round(picture.fps, 1),
        width=picture.width,
        height=picture.height,
        age=age,
        is_relayed=is_relayed,
        words=words,
    )
