"""A call over the server's SFU: when to go in, whose feed to take, when again, and what is said about it; as values.

Theory of operation. Who is *in* has a session with Janus, a seat in the meeting and a connection by which its own voice
and camera go there: the feed. All of that is one *stay*, which stands or falls as a whole; after it another one is
tried, less and less often. From within, each other member's feed is taken by a connection of its own (a *bond*).

Which feed is whose is known by the room only: each member tells each other one by a signal, which the authority marks
with its sender. What is not known is asked for. A feed that somebody else has told before is nobody's again, so that
nobody stands under two names.

    state of the stay    out --due, meeting known--> entering --entered--> in --lost--> out
    state of a bond      idle --feed known, in--> opening --opened--> open --ended, gone, stay lost--> idle
    what is told         connecting ... connected ... reconnecting ... absent (after `absent` s), whatever is tried
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from player.core.call_pipe import Company, PeerState
from server.core.protocol import Feed, Meeting, Signalled
from server.core.timeline import LocalTime

UNREACHABLE = "The server's part for larger calls can't be reached: trying again."


@dataclass(frozen=True, slots=True)
class SfuPolicy:
    """Times in s."""

    setup: float = 15.0  # of a stay or a bond; 0.1 to 0.6 is usual
    silence: float = 10.0  # what we send is answered by a report each second
    gaps: tuple[float, ...] = (0.2, 1.0, 2.0, 4.0, 8.0, 15.0)  # before the next attempt, by failures in a row
    settled: float = 20.0  # what stood so long was no failure
    asked_again: float = 3.0  # ways, a member's feed
    absent: float = 30.0  # without a connection
    feeds_most: int = 32  # told, some perhaps by members that our roster does not have yet


Phase = Literal["idle", "opening", "open"]


@dataclass(frozen=True, slots=True)
class Bond:
    """One other member. `number` names the attempt; `due`: when something is to be done in this phase."""

    peer: str
    serial: int
    phase: Phase = "idle"
    number: int = 0
    since: float = 0.0  # of the phase
    due: float = 0.0
    asked_at: float = -1e9  # for its feed
    failures: int = 0
    apart_since: float = 0.0
    was_open: bool = False
    told: tuple[PeerState, str] | None = None


@dataclass(frozen=True, slots=True)
class Sfu:
    policy: SfuPolicy = field(default_factory=SfuPolicy)
    me: str = ""
    joined: bool = False
    generation: int | None = None  # of the meeting, which is one only: another one is another carrier's
    meeting: Meeting | None = None
    meeting_until: float = 0.0
    ways_asked_at: float = -1e9
    phase: Phase = "idle"  # of the stay
    number: int = 0  # of attempts so far
    stay: int = 0  # which of them the stay is
    since: float = 0.0
    due: float = 0.0
    failures: int = 0
    words: str = ""  # what is wrong with the stay
    feed: str = ""  # our own, while in
    bonds: tuple[Bond, ...] = ()
    feeds: tuple[tuple[str, str], ...] = ()  # (peer, feed), as told

    def bond(self, peer: str) -> Bond | None:
        return next((each for each in self.bonds if each.peer == peer), None)

    def feed_of(self, peer: str) -> str:
        return next((feed for each, feed in self.feeds if each == peer), "")


# -- what the shell is to do -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Enter:
    """Begin a stay in the meeting."""

    number: int
    meeting: Meeting


@dataclass(frozen=True, slots=True)
class Leave:
    """End the stay, whatever state it is in; its bonds have been dropped."""

    number: int


@dataclass(frozen=True, slots=True)
class Take:
    """Take a member's feed."""

    peer: str
    number: int
    feed: str


@dataclass(frozen=True, slots=True)
class Drop:
    """Take it no more, whatever state that is in."""

    peer: str
    number: int


@dataclass(frozen=True, slots=True)
class Say:
    """Tell a member which feed is ours, or ("") ask for its own. `attempt` goes with the signal."""

    peer: str
    attempt: str
    feed: str


@dataclass(frozen=True, slots=True)
class WantWays:
    pass


@dataclass(frozen=True, slots=True)
class Tell:
    peer: str
    state: PeerState
    words: str = ""


@dataclass(frozen=True, slots=True)
class Warn:
    """A sentence for people, about the stay."""

    words: str


Action = Enter | Leave | Take | Drop | Say | WantWays | Tell | Warn
Step = tuple[Sfu, tuple[Action, ...]]


# -- inputs; after each of them comes `tick` ---------------------------------------------------------------------------


def be_in(sfu: Sfu, company: Company, now: LocalTime) -> Step:
    """Who is in the call now. The first one that meets says in which meeting; it is left by closing the carrier."""
    members = {each.peer: each.serial for each in company.members} if company.joined else {}
    members.pop(company.me, None)
    actions: list[Action] = []
    if (company.me, company.joined) != (sfu.me, sfu.joined):
        sfu, left = _left(sfu, now)
        actions += left
        sfu = replace(sfu, me=company.me, joined=company.joined, due=now, failures=0, words="")
    if sfu.generation is None and company.mode == "sfu":
        sfu = replace(sfu, generation=company.generation)
    kept: list[Bond] = []
    for bond in sfu.bonds:
        if bond.peer not in members:
            actions += [*_dropped(bond), Tell(bond.peer, "absent")]
            sfu = _without_feed(sfu, bond.peer)
        elif bond.serial != members[bond.peer]:  # its call began anew, and its feed with it
            actions += _dropped(bond)
            sfu = _without_feed(sfu, bond.peer)
            kept.append(replace(_apart(bond, now), serial=members[bond.peer], due=now, failures=0))
        else:
            kept.append(bond)
    known = {bond.peer for bond in kept}
    for peer, serial in members.items():
        if peer not in known:
            kept.append(Bond(peer, serial, since=now, due=now, apart_since=now))
            if sfu.phase == "open":
                actions.append(_say(sfu, peer, sfu.feed))
    return replace(sfu, bonds=tuple(kept)), tuple(actions)


def use(sfu: Sfu, meeting: Meeting | None, until: float) -> Sfu:
    """The ways of now: where the room meets, if it does, and until when what admits there holds."""
    return sfu if meeting is None else replace(sfu, meeting=meeting, meeting_until=until)


def receive(sfu: Sfu, signal: Signalled, now: LocalTime) -> Step:
    """What another member says about feeds; all else belongs to other ways to hold a call."""
    if not isinstance(signal.what, Feed) or signal.attempt != str(sfu.generation):
        return sfu, ()
    feed, peer = signal.what.feed, signal.peer
    if not feed:
        return sfu, (_say(sfu, peer, sfu.feed),) if sfu.phase == "open" and sfu.bond(peer) else ()
    if feed == sfu.feed_of(peer) or feed == sfu.feed or any(feed == other for _, other in sfu.feeds):
        return sfu, ()
    others = tuple(each for each in sfu.feeds if each[0] != peer)
    sfu = replace(sfu, feeds=(*others, (peer, feed))[-sfu.policy.feeds_most :])
    bond = sfu.bond(peer)
    if bond is None:
        return sfu, ()
    return _with(sfu, replace(_apart(bond, now), due=now, failures=0)), _dropped(bond)


def entered(sfu: Sfu, number: int, feed: str, now: LocalTime) -> Step:
    """We are in, and what we send there is this feed."""
    if number != sfu.stay or sfu.phase != "opening":
        return sfu, ()
    bonds = tuple(replace(bond, due=now, failures=0, asked_at=-1e9) for bond in sfu.bonds)
    sfu = replace(sfu, phase="open", since=now, feed=feed, words="", bonds=bonds)
    return sfu, tuple(_say(sfu, bond.peer, feed) for bond in bonds)


def lost(sfu: Sfu, number: int, words: str, now: LocalTime, *, is_refused: bool = False) -> Step:
    """The stay could not begin, or has ended. `is_refused`: what admits there is not believed (any more)."""
    if number != sfu.stay or sfu.phase == "idle":
        return sfu, ()
    failures = _failures(sfu.policy, sfu.phase, sfu.since, sfu.failures, now)
    warning = (Warn(words),) if words and words != sfu.words else ()
    sfu, actions = _left(sfu, now)
    sfu = replace(
        sfu,
        failures=failures,
        due=now + _gap(sfu.policy, failures),
        words=words,
        meeting=None if is_refused else sfu.meeting,
    )
    return sfu, (*actions, *warning)


def opened(sfu: Sfu, peer: str, number: int, now: LocalTime) -> Step:
    """A member's feed comes."""
    bond = sfu.bond(peer)
    if bond is None or bond.number != number or bond.phase != "opening":
        return sfu, ()
    # told here and each time, before anything comes of it: what was known of the stream before is void
    bond = replace(bond, phase="open", since=now, was_open=True, told=("connected", ""))
    return _with(sfu, bond), (Tell(peer, "connected"),)


def ended(sfu: Sfu, peer: str, number: int, now: LocalTime) -> Step:
    """It could not be taken, or comes no more: is it still that member's?"""
    bond = sfu.bond(peer)
    if bond is None or bond.number != number or bond.phase == "idle":
        return sfu, ()
    return _given_up(sfu, bond, now)


def gone(sfu: Sfu, feed: str, now: LocalTime) -> Step:
    """Janus says that a feed is there no more."""
    bond = next((each for each in sfu.bonds if feed and sfu.feed_of(each.peer) == feed), None)
    return (sfu, ()) if bond is None else _given_up(sfu, bond, now)


def begin_anew(sfu: Sfu, now: LocalTime) -> Step:
    """This machine's network changed."""
    sfu, actions = _left(sfu, now)
    return replace(sfu, due=now, failures=0, words=""), actions


def tick(sfu: Sfu, now: LocalTime, unheard: float = 0.0) -> Step:
    """What is due. `unheard`: for so long we have sent and Janus has not said that anything came, s."""
    actions: list[Action] = []
    if sfu.joined and sfu.phase == "idle":
        meeting = _valid_meeting(sfu, now)
        if meeting is None and now - sfu.ways_asked_at >= sfu.policy.asked_again:
            sfu = replace(sfu, ways_asked_at=now)
            actions.append(WantWays())
        elif meeting is not None and now >= sfu.due:
            number = sfu.number + 1
            sfu = replace(sfu, phase="opening", number=number, stay=number, since=now, due=now + sfu.policy.setup)
            actions.append(Enter(number, meeting))
    elif (sfu.phase == "opening" and now >= sfu.due) or (sfu.phase == "open" and unheard >= sfu.policy.silence):
        sfu, left = lost(sfu, sfu.stay, UNREACHABLE, now)
        actions += left
    for peer in tuple(bond.peer for bond in sfu.bonds):
        sfu, done = _ticked(sfu, peer, now)
        actions += done
    return sfu, tuple(actions)


def _valid_meeting(sfu: Sfu, now: LocalTime) -> Meeting | None:
    """Ours: the ways may be those of the meeting before, or of the one after."""
    meeting = sfu.meeting
    return meeting if meeting and meeting.generation == sfu.generation and now < sfu.meeting_until else None


# -- parts -------------------------------------------------------------------------------------------------------------


def _with(sfu: Sfu, bond: Bond) -> Sfu:
    return replace(sfu, bonds=tuple(bond if each.peer == bond.peer else each for each in sfu.bonds))


def _without_feed(sfu: Sfu, peer: str) -> Sfu:
    return replace(sfu, feeds=tuple(each for each in sfu.feeds if each[0] != peer))


def _say(sfu: Sfu, peer: str, feed: str) -> Say:
    return Say(peer, str(sfu.generation), feed)


def _apart(bond: Bond, now: LocalTime) -> Bond:
    """Without a connection from now on, or as before."""
    return replace(bond, phase="idle", since=now, apart_since=now if bond.phase == "open" else bond.apart_since)


def _dropped(bond: Bond) -> tuple[Action, ...]:
    return () if bond.phase == "idle" else (Drop(bond.peer, bond.number),)


def _gap(policy: SfuPolicy, failures: int) -> float:
    return policy.gaps[min(failures, len(policy.gaps) - 1)]


def _failures(policy: SfuPolicy, phase: Phase, since: float, failures: int, now: LocalTime) -> int:
    """In a row, with this one."""
    return 0 if phase == "open" and now - since >= policy.settled else failures + 1


def _left(sfu: Sfu, now: LocalTime) -> Step:
    """Out, and all that hung on it."""
    if sfu.phase == "idle":
        return sfu, ()
    drops = tuple(drop for bond in sfu.bonds for drop in _dropped(bond))
    bonds = tuple(_apart(bond, now) for bond in sfu.bonds)
    return replace(sfu, phase="idle", since=now, feed="", bonds=bonds), (*drops, Leave(sfu.stay))


def _given_up(sfu: Sfu, bond: Bond, now: LocalTime) -> Step:
    """That feed is not taken (any more): the member is asked which is its own now."""
    failures = _failures(sfu.policy, bond.phase, bond.since, bond.failures, now)
    after = replace(_apart(bond, now), failures=failures, due=now + _gap(sfu.policy, failures))
    return _with(_without_feed(sfu, bond.peer), after), _dropped(bond)


def _ticked(sfu: Sfu, peer: str, now: LocalTime) -> Step:
    actions: list[Action] = []
    bond = next(each for each in sfu.bonds if each.peer == peer)
    if bond.phase == "opening" and now >= bond.due:
        sfu, done = _given_up(sfu, bond, now)
        actions += done
        bond = next(each for each in sfu.bonds if each.peer == peer)
    if bond.phase == "idle" and sfu.phase == "open" and now >= bond.due:
        feed, number = sfu.feed_of(peer), sfu.number + 1
        if feed:
            bond = replace(bond, phase="opening", number=number, since=now, due=now + sfu.policy.setup)
            actions.append(Take(peer, number, feed))
            sfu = replace(sfu, number=number)
        elif now - bond.asked_at >= sfu.policy.asked_again:
            bond = replace(bond, asked_at=now)
            actions.append(_say(sfu, peer, ""))
    bond, told = _telling(sfu, bond, now)
    return _with(sfu, bond), (*actions, *told)


def _telling(sfu: Sfu, bond: Bond, now: LocalTime) -> tuple[Bond, tuple[Action, ...]]:
    """The word on a member, if it is another than before."""
    state: PeerState
    if bond.phase == "open":
        state = "connected"
    elif now - bond.apart_since >= sfu.policy.absent:
        state = "absent"
    else:
        state = "reconnecting" if bond.was_open else "connecting"
    words = "" if state == "connected" else sfu.words
    if (state, words) == bond.told:
        return bond, ()
    return replace(bond, told=(state, words)), (Tell(bond.peer, state, words),)
