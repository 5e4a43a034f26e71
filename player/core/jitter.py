"""The jitter buffer: which packet of a voice is played next, and what is done where none is there.

A packet of RTP time T that arrives at local time A was `A - T` under way, on clocks that have nothing to do with each
other; the least of the last seconds is the base. Whatever a packet takes beyond the base is its delay by jitter. The
voice is played so that RTP time T is asked for at `T + base + target`, where the target covers nearly all of the
jitter that was seen. Because the base follows the last seconds, a sender whose clock runs fast or slow is followed,
too: the place where the voice is played creeps away from where it should be and is brought back.

Whoever plays asks for 20 ms at a time and is told a step. Deviations of some milliseconds are for the player to stretch
away where that is not heard (`lean`); more than `backlog` is jumped over. What comes after its time is late and gone:
the delay never grows to play it. Where a packet is missing, time goes on as well, unless the voice is too early anyway.

The ideas (a histogram of delays, shortening and lengthening at the receiver) are those of adaptive playout since
R. Ramjee et al., "Adaptive playout mechanisms for packetized audio applications" (INFOCOM 1994), and Y. Liang,
N. Färber, B. Girod (IEEE Trans. Multimedia 2003).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from player.core.call_media import VOICE_RATE, VOICE_SAMPLES, VoicePacket
from player.core.opus_packet import carries_last, samples_of
from server.core.timeline import LocalTime

PIECE = VOICE_SAMPLES / VOICE_RATE  # s, of a packet


@dataclass(frozen=True, slots=True)
class JitterPolicy:
    """In seconds, unless said otherwise."""

    shortest: float = 0.020
    longest: float = 0.060
    at_first: float = 0.040  # target before `enough` packets were seen
    enough: int = 25  # packets
    remembered: int = 150  # packets, 3 s
    covered: float = 0.97  # of the packets come within the target
    margin: float = 0.010  # who plays asks in steps and wakes up late
    lossy: float = 0.01  # of packets are lost: then the one after a lost one is waited for, which may hold it, too
    judged: int = 5  # packets: so often the target is reckoned anew
    easing: float = 0.001  # by which it may fall then: 10 ms a second
    smoothing: float = 0.1  # weight of the newest deviation
    tolerance: float = 0.008  # by which it may be behind the target without anything being done
    least_early: float = 0.004  # by which it may be early: what comes late is missed then
    backlog: float = 0.060  # deviation that is jumped over
    most_packets: int = 50  # that wait, 1 s
    most_bytes: int = 1275
    jump: float = 1.0  # a packet so far from the base belongs to another stream, or is nonsense
    made_up: int = 5  # pieces in a row, 0.1 s, after which silence is better


@dataclass(frozen=True, slots=True)
class Play:
    """Decode this packet. `lean` is how far the voice is behind its target, s: positive should be shortened, negative
    lengthened; 0 is fine. `joins` False: it does not continue what was heard last."""

    payload: bytes
    timestamp: int
    lean: float = 0.0
    joins: bool = True


@dataclass(frozen=True, slots=True)
class Recover:
    """A packet is missing, but this one after it has it once more."""

    after: bytes
    timestamp: int


@dataclass(frozen=True, slots=True)
class Conceal:
    """A packet is missing: make 20 ms up."""

    timestamp: int


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing is being said, for so many samples."""

    samples: int = VOICE_SAMPLES


Step = Play | Recover | Conceal | Rest


class JitterCounts(NamedTuple):
    """Packets, or pieces of 20 ms."""

    arrived: int = 0
    played: int = 0
    recovered: int = 0
    concealed: int = 0
    late: int = 0
    repeated: int = 0
    refused: int = 0  # no 20 ms of Opus, or of a time that can't be
    skipped: int = 0  # dropped as a backlog


class _Waiting(NamedTuple):
    time: int  # RTP time, counted on beyond 32 bits
    payload: bytes


class Jitter(NamedTuple):
    """A value; the functions of this module return the next one. Times of RTP are counted on beyond 32 bits.

    A tuple and no dataclass: replacing a field costs a tenth, and that is done some hundred times a second."""

    waiting: tuple[_Waiting, ...] = ()  # by time
    next: int = 0  # RTP time of the next piece
    is_playing: bool = False
    has_begun: bool = False  # `next` means something
    newest: int = 0  # RTP time of the newest packet
    sequence: int = 0  # its number
    transits: tuple[float, ...] = ()  # arrival minus RTP time of the last packets, s
    strange: float | None = None  # the transit of a packet that fitted nowhere
    target: float = 0.0
    lag: float = 0.0  # smoothed deviation from the target, s
    loss: float = 0.0  # 0..1, smoothed
    made_up: int = 0  # pieces in a row
    counts: JitterCounts = JitterCounts()


def _counted(state: Jitter, name: str, count: int = 1) -> Jitter:
    return state._replace(counts=state.counts._replace(**{name: getattr(state.counts, name) + count}))


def _unwrapped(near: int, low: int, bits: int) -> int:
    """The number nearest to `near` whose lowest bits are `low`."""
    half = 1 << (bits - 1)
    return near + ((low - near + half) & ((1 << bits) - 1)) - half


def base_of(state: Jitter) -> float:
    """The least transit of the last packets, s; 0 before there are any."""
    return min(state.transits, default=0.0)


def receive_packet(policy: JitterPolicy, state: Jitter, packet: VoicePacket) -> Jitter:
    """With a packet as the network brought it."""
    state = _counted(state, "arrived")
    if len(packet.payload) > policy.most_bytes or samples_of(packet.payload) != VOICE_SAMPLES:
        return _counted(state, "refused")
    if not state.transits:
        time = packet.timestamp & 0xFFFFFFFF
        state = state._replace(sequence=packet.sequence - 1, newest=time)
    else:
        time = _unwrapped(state.newest, packet.timestamp, 32)
    transit = packet.arrived - time / VOICE_RATE
    if state.transits and abs(transit - base_of(state)) > policy.jump:
        known = state.strange
        if state.is_playing and (known is None or abs(transit - known) > policy.jump / 4):
            return _counted(state._replace(strange=transit), "refused")
        # the second in a row that agrees, or the first after silence: the stream has begun anew
        state = Jitter(newest=time, sequence=packet.sequence - 1, counts=state.counts)
    state = _measured(policy, state._replace(strange=None), packet.sequence, transit)
    state = state._replace(newest=max(state.newest, time))
    if state.has_begun and time < state.next - VOICE_SAMPLES // 2:
        return _counted(state, "late")
    if any(abs(each.time - time) < VOICE_SAMPLES // 2 for each in state.waiting):
        return _counted(state, "repeated")
    waiting = sorted((*state.waiting, _Waiting(time, packet.payload)), key=lambda each: each.time)
    over = max(0, len(waiting) - policy.most_packets)
    return _counted(state._replace(waiting=tuple(waiting[over:])), "skipped", over)


def _measured(policy: JitterPolicy, state: Jitter, sequence: int, transit: float) -> Jitter:
    """The target and the loss by this packet, too."""
    transits = state.transits
    if not state.is_playing and not state.waiting and transit - base_of(state) > policy.longest:
        transits = ()  # the sender's time stood still while it was silent, or the way is another
    transits = (*transits, transit)[-policy.remembered :]
    number = _unwrapped(state.sequence, sequence & 0xFFFF, 16)
    missing = number - state.sequence - 1
    weight = 0.01  # of one packet
    loss = 1 - (1 - state.loss) * (1 - weight) ** min(max(missing, 0), 100)
    if missing < 0:
        loss = max(0.0, loss - weight)  # it was taken for lost, and has come after all
    loss *= 1 - weight
    state = state._replace(transits=transits, sequence=max(state.sequence, number), loss=loss)
    is_due = len(transits) <= policy.enough or state.counts.arrived % policy.judged == 0
    return state._replace(target=_target(policy, state)) if is_due else state


def _target(policy: JitterPolicy, state: Jitter) -> float:
    if len(state.transits) < policy.enough:
        return max(state.target, policy.at_first)
    delays = sorted(state.transits)
    wanted = delays[min(int(policy.covered * len(delays)), len(delays) - 1)] - delays[0] + policy.margin
    if state.loss > policy.lossy:
        wanted += PIECE
    return min(max(wanted, policy.shortest, state.target - policy.easing), policy.longest)


def next_step(policy: JitterPolicy, state: Jitter, now: LocalTime) -> tuple[Jitter, Step]:
    """What the next piece is. `now` is when its first sample is asked for: what was asked for before and has not been
    used yet counts as time."""
    joins = state.is_playing and state.made_up <= policy.made_up
    if not state.is_playing:
        if not state.waiting:
            return state, Rest(VOICE_SAMPLES // 2)
        first = state.waiting[0].time
        deviation = now - first / VOICE_RATE - base_of(state) - state.target
        if deviation < -policy.least_early:
            return state, Rest(VOICE_SAMPLES // 2)
        state = state._replace(is_playing=True, has_begun=True, next=first, lag=deviation, made_up=0)
    deviation = now - state.next / VOICE_RATE - base_of(state) - state.target
    if deviation > policy.backlog:
        pieces = int(deviation / PIECE)
        deviation -= pieces * PIECE
        state, joins = _jumped(state, pieces)._replace(lag=deviation), False
    state = state._replace(lag=state.lag + policy.smoothing * (deviation - state.lag))
    if state.waiting and state.waiting[0].time < state.next + VOICE_SAMPLES // 2:
        packet = state.waiting[0]
        lean = 0.0 if -policy.least_early <= state.lag <= policy.tolerance else state.lag
        state = state._replace(waiting=state.waiting[1:], next=packet.time + VOICE_SAMPLES, made_up=0)
        return _counted(state, "played"), Play(packet.payload, packet.time & 0xFFFFFFFF, lean, joins)
    return _missing(policy, state, deviation)


def _jumped(state: Jitter, pieces: int) -> Jitter:
    to = state.next + pieces * VOICE_SAMPLES
    waiting = tuple(each for each in state.waiting if each.time >= to - VOICE_SAMPLES // 2)
    state = _counted(state, "skipped", len(state.waiting) - len(waiting))
    return state._replace(next=to, waiting=waiting)


def _missing(policy: JitterPolicy, state: Jitter, deviation: float) -> tuple[Jitter, Step]:
    stamp, after = state.next & 0xFFFFFFFF, state.waiting[0] if state.waiting else None
    if after is None and state.made_up >= policy.made_up:
        return state._replace(is_playing=False, lag=0.0), Rest(VOICE_SAMPLES // 2)
    is_held = after is not None and after.time < state.next + VOICE_SAMPLES * 3 // 2 and carries_last(after.payload)
    gone_on = state._replace(next=state.next + VOICE_SAMPLES, made_up=state.made_up + 1)
    if after is not None and is_held:
        return _counted(gone_on, "recovered"), Recover(after.payload, stamp)
    if state.made_up >= policy.made_up:
        return gone_on, Rest()  # the sender paused, and has ended that already
    if deviation <= -PIECE / 2:
        # too early by most of a piece anyway: it may only be late, and there is time
        state = state._replace(made_up=state.made_up + 1, lag=state.lag + PIECE)
        return _counted(state, "concealed"), Conceal(stamp)
    return _counted(gone_on, "concealed"), Conceal(stamp)


def after_stretching(state: Jitter, seconds: float) -> Jitter:
    """The last piece was played so much longer (shorter: negative) than it is."""
    return state._replace(lag=state.lag + seconds)
