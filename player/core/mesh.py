"""Who connects with whom, when again, and what is said about it: the mesh of a call's members, as values.

Theory of operation. The lower peer id offers, so there is no glare. An `attempt`, drawn by who offers, names one
connection and replaces the one before; whatever is said about another one is late and ignored. The offer is said again
until it is answered, since a message that meets a lost link is gone. Who answers may only ask for another attempt
(`again`): when set-up fails at its end, when it has heard nothing for too long, or when its network changed.

A connection is replaced when its set-up takes too long or nothing at all was heard over it for `silence`: also who is
muted without a camera sends reports each second. Attempts that fail come less and less often. One member's failure is
a matter of that member's bond alone.

A member whose call began anew (`serial`) offers itself or is offered to. An end that waits for an offer does nothing
about a new serial: the roster may be later than the offer that came of it, and a connection that is dead falls silent.

    state of a bond      opening --opened--> open --silence, ended, again--> idle --due--> opening
    what is told         connecting ... connected ... reconnecting ... absent (after `absent` s), whatever is tried
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from player.core.call_pipe import Company, PeerState
from server.core.protocol import Again, Answer, Ends, Hangup, Offer, Signalled
from server.core.timeline import LocalTime


@dataclass(frozen=True, slots=True)
class MeshPolicy:
    """Times in s."""

    setup: float = 15.0  # 0.05 to 0.6 is usual, some seconds over a relay by TLS
    silence: float = 14.0  # a cut of 10 s is sat out, and who is gone is noticed within 15, beat and report included
    said_again: float = 3.0  # an offer without an answer
    gaps: tuple[float, ...] = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0)  # before the next attempt, by failures in a row
    settled: float = 20.0  # a connection that stood so long was no failure
    await_offer: float = 15.0  # then who answers asks for one: the offer, or our wish for it, is lost
    offer_gap: float = 0.5  # a peer's offers, and its beginnings, sooner than this wait: each costs sockets
    absent: float = 30.0  # without a connection
    early_most: int = 16  # offers of members that our roster does not have yet, of which the newest are kept ...
    early_for: float = 10.0  # ... for so long


Phase = Literal["idle", "opening", "open"]


@dataclass(frozen=True, slots=True)
class Bond:
    """One member and us. `due`: when something is to be done in this phase."""

    peer: str
    serial: int
    offers: bool  # we do
    phase: Phase = "idle"
    attempt: str = ""
    since: float = 0.0  # of the phase
    due: float = 0.0
    said_at: float = 0.0  # our offer
    is_answered: bool = False
    failures: int = 0
    apart_since: float = 0.0  # without a connection
    was_open: bool = False
    told: tuple[PeerState, str] | None = None
    words: str = ""  # what is wrong
    held: tuple[str, Ends] | None = None  # an offer that came too soon after the last


@dataclass(frozen=True, slots=True)
class Early:
    peer: str
    attempt: str
    ends: Ends
    at: float


@dataclass(frozen=True, slots=True)
class Mesh:
    policy: MeshPolicy = field(default_factory=MeshPolicy)
    me: str = ""
    relay_only: bool = False
    bonds: tuple[Bond, ...] = ()
    early: tuple[Early, ...] = ()
    count: int = 0  # of attempts that we named

    def bond(self, peer: str) -> Bond | None:
        return next((each for each in self.bonds if each.peer == peer), None)


# -- what the shell is to do -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Open:
    """Set up a connection; `theirs` None: we offer."""

    peer: str
    attempt: str
    theirs: Ends | None


@dataclass(frozen=True, slots=True)
class Join:
    """The other end's answer to our offer."""

    peer: str
    attempt: str
    theirs: Ends


@dataclass(frozen=True, slots=True)
class Repeat:
    """Say our offer or answer again, if there is one by now."""

    peer: str
    attempt: str


@dataclass(frozen=True, slots=True)
class Drop:
    """End a connection, whatever state it is in."""

    peer: str
    attempt: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Send `again`."""

    peer: str
    attempt: str


@dataclass(frozen=True, slots=True)
class Tell:
    peer: str
    state: PeerState
    words: str = ""


Action = Open | Join | Repeat | Drop | Ask | Tell
Step = tuple[Mesh, tuple[Action, ...]]


# -- inputs; after each of them comes `tick` ---------------------------------------------------------------------------


def be_in(mesh: Mesh, company: Company, now: LocalTime) -> Step:
    """Who is in the call now."""
    members = {each.peer: each.serial for each in company.members} if company.joined else {}
    members.pop(company.me, None)
    actions: list[Action] = []
    is_other = (company.me, company.relay_only) != (mesh.me, mesh.relay_only)
    kept: list[Bond] = []
    for bond in mesh.bonds:
        if bond.peer not in members or company.me != mesh.me:
            actions += [*_dropped(bond), Tell(bond.peer, "absent")]
        elif is_other:
            anew, done = _begun_anew(bond, now)
            actions += done
            kept.append(replace(anew, serial=members[bond.peer]))
        elif bond.offers and bond.serial != members[bond.peer]:
            actions += _dropped(bond)
            due = max(now, bond.since + mesh.policy.offer_gap)  # who begins anew all the time costs us no more
            kept.append(replace(_apart(bond, now), serial=members[bond.peer], due=due, failures=0, words=""))
        else:
            kept.append(replace(bond, serial=members[bond.peer]))
    known = {bond.peer for bond in kept}
    for peer, serial in members.items():
        if peer not in known:
            offers = company.me < peer
            due = now if offers else now + mesh.policy.await_offer
            kept.append(Bond(peer, serial, offers, since=now, due=due, apart_since=now))
    mesh = replace(mesh, me=company.me, relay_only=company.relay_only, bonds=tuple(kept))
    mesh, done = _take_early(mesh, now)
    return mesh, (*actions, *done)


def receive(mesh: Mesh, signal: Signalled, now: LocalTime) -> Step:
    """What another member says. What does not fit is late, or somebody's mischief, and is ignored."""
    bond = mesh.bond(signal.peer)
    match signal.what:
        case Offer(ends):
            if bond is None:
                return _kept_early(mesh, Early(signal.peer, signal.attempt, ends, now)), ()
            return _with(mesh, *_offered(mesh, bond, signal.attempt, ends, now))
        case Answer(ends):
            if bond is None or not _is_at(bond, signal.attempt, "opening") or not bond.offers or bond.is_answered:
                return mesh, ()
            return _with(mesh, replace(bond, is_answered=True), (Join(bond.peer, bond.attempt, ends),))
        case Again():
            if bond is None or not bond.offers or bond.phase == "idle":
                return mesh, ()
            # about another attempt: only news if ours stands, for it has not heard of ours otherwise
            if bond.attempt != signal.attempt and bond.phase != "open":
                return mesh, ()
            return _with(mesh, *_failed(mesh.policy, bond, "", now))
        case Hangup():
            if bond is None or bond.attempt != signal.attempt or bond.phase == "idle":
                return mesh, ()
            return _with(mesh, *_failed(mesh.policy, bond, "", now))
        case _:  # of another way to hold a call
            return mesh, ()


def opened(mesh: Mesh, peer: str, attempt: str, now: LocalTime) -> Step:
    """The connection stands: encrypted, with the certificate that was told."""
    bond = mesh.bond(peer)
    if bond is None or not _is_at(bond, attempt, "opening"):
        return mesh, ()
    bond = replace(bond, phase="open", since=now, due=now + mesh.policy.silence, was_open=True, words="")
    # told here and each time, before anything comes of it: what was known of the stream before is void
    return _with(mesh, replace(bond, told=("connected", "")), (Tell(peer, "connected"),))


def ended(mesh: Mesh, peer: str, attempt: str, words: str, now: LocalTime) -> Step:
    """The connection could not be made, or has ended. `words`: why, for people; "" is nothing to say."""
    bond = mesh.bond(peer)
    if bond is None or bond.attempt != attempt or bond.phase == "idle":
        return mesh, ()
    return _with(mesh, *_failed(mesh.policy, bond, words, now))


def begin_anew(mesh: Mesh, now: LocalTime) -> Step:
    """This machine's network changed."""
    actions: list[Action] = []
    bonds = []
    for bond in mesh.bonds:
        anew, done = _begun_anew(bond, now)
        actions += done
        bonds.append(anew)
    return replace(mesh, bonds=tuple(bonds)), tuple(actions)


def tick(mesh: Mesh, heard: Mapping[str, float], now: LocalTime, fresh: str) -> Step:
    """What is due. `heard`: when each member was last heard over its connection; `fresh`: chance for the names of
    attempts, 8 characters or more, never the same."""
    actions: list[Action] = []
    bonds: list[Bond] = []
    count = mesh.count
    for bond in mesh.bonds:
        now_due = bond.due
        if bond.phase == "open" and (last := heard.get(bond.peer)) is not None:
            now_due = max(now_due, last + mesh.policy.silence)
        is_to_open = bond.phase == "idle" and bond.offers and now >= now_due
        count += is_to_open
        after, done = _ticked(mesh.policy, replace(bond, due=now_due), now, f"{fresh}{count}" if is_to_open else "")
        actions += done
        bonds.append(after)
    early = tuple(each for each in mesh.early if now - each.at < mesh.policy.early_for)
    return replace(mesh, bonds=tuple(bonds), count=count, early=early), tuple(actions)


# -- bonds -------------------------------------------------------------------------------------------------------------


def _with(mesh: Mesh, bond: Bond, actions: tuple[Action, ...] | list[Action]) -> Step:
    """States are told by `tick`, which follows each input."""
    bonds = tuple(bond if each.peer == bond.peer else each for each in mesh.bonds)
    return replace(mesh, bonds=bonds), tuple(actions)


def _ticked(policy: MeshPolicy, bond: Bond, now: LocalTime, attempt: str) -> tuple[Bond, tuple[Action, ...]]:
    """`attempt`: of the connection that we are to offer now; "": none is."""
    done: tuple[Action, ...] = ()
    if attempt:
        bond, done = _opening(policy, bond, attempt, now), (Open(bond.peer, attempt, None),)
    elif now >= bond.due:
        bond, done = _overdue(policy, bond, now)
    elif bond.phase == "opening" and bond.offers and not bond.is_answered and now - bond.said_at >= policy.said_again:
        bond, done = replace(bond, said_at=now), (Repeat(bond.peer, bond.attempt),)
    if bond.held is not None and now - bond.since >= policy.offer_gap:
        bond, more = _accepted(policy, bond, *bond.held, now)
        done = (*done, *more)
    bond, told = _telling(policy, bond, now)
    return bond, (*done, *told)


def _is_at(bond: Bond, attempt: str, phase: Phase) -> bool:
    return bond.attempt == attempt and bond.phase == phase


def _apart(bond: Bond, now: LocalTime) -> Bond:
    """Without a connection from now on, or as before."""
    apart_since = now if bond.phase == "open" else bond.apart_since
    return replace(bond, phase="idle", since=now, apart_since=apart_since)


def _opening(policy: MeshPolicy, bond: Bond, attempt: str, now: LocalTime) -> Bond:
    bond = _apart(bond, now)
    return replace(
        bond, phase="opening", attempt=attempt, due=now + policy.setup, said_at=now, is_answered=False, held=None
    )


def _dropped(bond: Bond) -> tuple[Action, ...]:
    return () if bond.phase == "idle" else (Drop(bond.peer, bond.attempt),)


def _failed(policy: MeshPolicy, bond: Bond, words: str, now: LocalTime) -> tuple[Bond, tuple[Action, ...]]:
    """The connection is given up; another comes after a while, longer each time."""
    failures = bond.failures + 1
    if bond.phase == "open" and now - bond.since >= policy.settled:
        failures = 0
    gap = policy.gaps[min(failures, len(policy.gaps) - 1)]
    dropped = _dropped(bond)
    return replace(_apart(bond, now), failures=failures, due=now + gap, words=words or bond.words), dropped


def _overdue(policy: MeshPolicy, bond: Bond, now: LocalTime) -> tuple[Bond, tuple[Action, ...]]:
    """A phase took too long."""
    if bond.phase == "idle":  # we wait for an offer, which does not come
        failures = bond.failures + 1
        gap = policy.gaps[min(failures, len(policy.gaps) - 1)]
        due = now + max(gap, policy.said_again)
        return replace(bond, due=due, failures=failures), (Ask(bond.peer, bond.attempt),)
    words = "" if bond.phase == "open" else "No way to this player was found."
    return _failed(policy, bond, words, now)


def _begun_anew(bond: Bond, now: LocalTime) -> tuple[Bond, tuple[Action, ...]]:
    """Who answers asks at once, that is when it is ticked."""
    return replace(_apart(bond, now), due=now, failures=0, words=""), _dropped(bond)


def _offered(mesh: Mesh, bond: Bond, attempt: str, ends: Ends, now: LocalTime) -> tuple[Bond, tuple[Action, ...]]:
    if bond.offers:
        return bond, ()
    if bond.attempt == attempt:
        if bond.phase == "opening":
            return bond, (Repeat(bond.peer, attempt),)
        return bond, ()
    if bond.phase != "idle" and now - bond.since < mesh.policy.offer_gap:
        return replace(bond, held=(attempt, ends)), ()
    return _accepted(mesh.policy, bond, attempt, ends, now)


def _accepted(
    policy: MeshPolicy, bond: Bond, attempt: str, ends: Ends, now: LocalTime
) -> tuple[Bond, tuple[Action, ...]]:
    dropped = _dropped(bond)
    return _opening(policy, bond, attempt, now), (*dropped, Open(bond.peer, attempt, ends))


def _kept_early(mesh: Mesh, offer: Early) -> Mesh:
    others = [each for each in mesh.early if each.peer != offer.peer]
    return replace(mesh, early=(*others, offer)[-mesh.policy.early_most :])


def _take_early(mesh: Mesh, now: LocalTime) -> Step:
    """Offers whose members the roster has by now."""
    actions: list[Action] = []
    for offer in mesh.early:
        bond = mesh.bond(offer.peer)
        if bond is not None and now - offer.at < mesh.policy.early_for:
            mesh, done = _with(mesh, *_offered(mesh, bond, offer.attempt, offer.ends, now))
            actions += done
    left = tuple(each for each in mesh.early if mesh.bond(each.peer) is None)
    return replace(mesh, early=left), tuple(actions)


def _telling(policy: MeshPolicy, bond: Bond, now: LocalTime) -> tuple[Bond, tuple[Action, ...]]:
    """The word on a bond, if it is another than before."""
    state: PeerState
    if bond.phase == "open":
        state = "connected"
    elif now - bond.apart_since >= policy.absent:
        state = "absent"
    else:
        state = "reconnecting" if bond.was_open else "connecting"
    if (state, bond.words) == bond.told:
        return bond, ()
    return replace(bond, told=(state, bond.words)), (Tell(bond.peer, state, bond.words),)
