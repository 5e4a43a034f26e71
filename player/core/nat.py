"""What kind of NAT this computer is behind, and whether relays work, in words for people.

A NAT maps a socket's address to one of its own. If that is the same whoever is spoken to (endpoint-independent mapping,
RFC 4787), the address that one server has seen serves everybody, and two such homes connect directly. If it differs
from server to server (a symmetric NAT), nobody can know it in advance, and calls need a relay. Two servers that were
asked from one socket tell the two apart (the comparison of RFC 5780, 4.3, with servers that we have anyway).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal, assert_never

from player.core.call_ends import Server
from player.core.words import list_text

Place = tuple[str, int]
"""An address and a port."""

NatKind = Literal["unasked", "blocked", "near", "open", "one asked", "steady", "symmetric"]
RelayOutcome = Literal[
    "works", "refused", "full", "silent", "unreachable", "unknown name", "untrusted", "passes nothing", "nonsense"
]


@dataclass(frozen=True, slots=True)
class Reading:
    """A server that was asked over UDP from `own`: where it saw us; None: no answer. `asked` is its address."""

    asked: Place
    own: Place
    mapped: Place | None = None


@dataclass(frozen=True, slots=True)
class RelayTrial:
    """`address`: where others find us on that relay, if it came so far."""

    server: Server
    outcome: RelayOutcome
    address: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """`is_good`: nothing to do about it. `words` begin small and end with a full stop."""

    is_good: bool
    words: str


def nat_kind(readings: tuple[Reading, ...]) -> NatKind:
    """What readings of one socket mean; servers of this network, which see no NAT, count only if no other answers."""
    if not readings:
        return "unasked"
    answered = [each for each in readings if each.mapped is not None]
    if not answered:
        return "blocked"
    outside = [each for each in answered if _is_public(each.asked[0])]
    if not outside:
        return "near"
    if all(each.mapped == each.own for each in outside):
        return "open"
    if len({each.mapped for each in outside}) > 1:
        return "symmetric"
    return "steady" if len({each.asked for each in outside}) > 1 else "one asked"


def judge_nat(readings: tuple[Reading, ...]) -> Judgement:
    """The same for people."""
    seen = next((each.mapped[0] for each in readings if each.mapped and _is_public(each.asked[0])), "")
    kind = nat_kind(readings)
    match kind:
        case "unasked":
            return Judgement(False, "nobody could be asked which address this computer has on the internet.")
        case "blocked":
            places = list_text([f"{host}:{port}" for host, port in (each.asked for each in readings)])
            words = (
                f"nothing comes back by UDP from {places}: this network or the server's firewall blocks it, and calls"
            )
            return Judgement(False, f"{words} need a relay by TCP or TLS.")
        case "near":
            return Judgement(True, "the server is in this network: calls with others in it need nothing else.")
        case "open":
            words = f"this computer has an address of its own on the internet, {seen}: calls connect directly unless"
            return Judgement(True, f"{words} a firewall is in the way.")
        case "one asked":
            words = f"this computer is behind a router, which others see as {seen}; of what kind can't be told"
            return Judgement(True, f"{words} from one server alone.")
        case "steady":
            words = f"this computer is behind a router ({seen} outside) that gives it one address towards everybody:"
            return Judgement(True, f"{words} calls with most others connect directly.")
        case "symmetric":
            words = f"this computer is behind a router ({seen} outside) that gives it another address towards each"
            return Judgement(False, f"{words} server (a symmetric NAT): calls from here need the server's relay.")
        case _:
            assert_never(kind)


def judge_relay(trial: RelayTrial) -> Judgement:
    """What the trial of a relay means."""
    place = trial.server.words()
    match trial.outcome:
        case "works":
            if _is_public(trial.address) or not _is_public(trial.server.host):
                return Judgement(True, f"{place} works.")
            words = f"{place} gives out the private address {trial.address}, which nobody outside its network reaches:"
            return Judgement(False, f"{words} whoever runs it has to set external-ip.")
        case "refused":
            words = f"{place} does not accept the credentials that the server makes: whoever runs them has to give both"
            return Judgement(False, f"{words} the same secret and the right time.")
        case "full":
            return Judgement(False, f"{place} has no place left: try again later, or tell whoever runs it.")
        case "silent":
            return Judgement(False, f"{place} does not answer: it is down, or this network lets nothing through to it.")
        case "unreachable":
            return Judgement(False, f"{place} can't be connected to: it is down, or this network has no way there.")
        case "unknown name":
            return Judgement(False, f"there is no computer named {trial.server.host}: tell whoever runs the server.")
        case "untrusted":
            words = f"the certificate of {place} can't be verified: whoever runs it needs one for that very name."
            return Judgement(False, words)
        case "passes nothing":
            words = f"{place} lets us in but passes nothing on: whoever runs it has to look at its rules for peers and"
            return Judgement(False, f"{words} at its firewall.")
        case "nonsense":
            return Judgement(False, f"what answers at {place} is no relay: tell whoever runs the server.")
        case _:
            assert_never(trial.outcome)


def judge_call(readings: tuple[Reading, ...], trials: tuple[RelayTrial, ...]) -> Judgement:
    """Whether calls from here will connect."""
    has_relay = any(each.outcome == "works" for each in trials)
    match nat_kind(readings):
        case "open" | "steady" | "near":
            more = "" if has_relay else " A relay would help those who are less lucky."
            return Judgement(True, f"from here they should connect.{more}")
        case _ if has_relay:
            return Judgement(True, "from here they should connect, by the server's relay where nothing else does.")
        case "symmetric" | "blocked":
            words = (
                "from here they won't connect with most others: ask whoever runs the server for a relay (--turn), or"
            )
            return Judgement(False, f"{words} try another network.")
        case _:
            words = "from here they may not connect with everybody: the server offers no relay that works (--turn)."
            return Judgement(False, words)


def judge_own(addresses: tuple[str, ...]) -> Judgement:
    """What this computer's own addresses tell while nobody can be asked."""
    public = next((each for each in addresses if _is_public(each) and ":" not in each), "")
    if public:
        return Judgement(True, f"this computer has an address of its own on the internet, {public}.")
    if any(_is_public(each) for each in addresses):
        words = "by IPv6 this computer has an address of its own on the internet, by IPv4 it is behind a router;"
    elif addresses:
        words = "this computer is behind a router;"
    else:
        return Judgement(False, "this computer is in no network.")
    return Judgement(True, f"{words} say `matinee doctor INVITE` to see of what kind, and whether a relay works.")


def _is_public(text: str) -> bool:
    """An address of the internet; a name counts as one: nobody names the computers of a home."""
    try:
        return ipaddress.ip_address(text).is_global
    except ValueError:
        return text != "localhost"
