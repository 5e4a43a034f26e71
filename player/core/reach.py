"""Whether friends outside this network can reach a room that is hosted here, in plain words, and what to do if not.

Only an answer from outside proves anything. A router that has opened a port makes it likely; a router that has not, or
that is itself behind another one (its own address outside is private, or of a carrier's NAT, RFC 6598), makes it a no,
unless there is IPv6. What nobody outside has looked at is said to be so.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal

from player.core.port_requests import Mapped

Answer = Literal["yes", "no", "unknown"]
Failure = Literal["", "silent", "refused", "nonsense"]

CANT = "Friends outside your network can't reach this computer yet"
ELSEWHERE = "or make the room on somebody's server"


@dataclass(frozen=True, slots=True)
class ReachPolicy:
    """When to look again, s."""

    failed: float = 120.0  # the person may be switching on UPnP in the router just now
    unchanged: float = 1200.0  # a router that was started anew has forgotten us, or has another address


@dataclass(frozen=True, slots=True)
class Outside:
    """What somebody outside has seen: whether our port answered, and the address that we came from."""

    answer: Answer = "unknown"
    address: str = ""


@dataclass(frozen=True, slots=True)
class ReachFacts:
    """What was found so far. `own`: the addresses on which the room listens; `mapped`: what the router grants, else
    `failure` says why not ("": was not asked)."""

    port: int
    own: tuple[str, ...] = ()
    mapped: Mapped | None = None
    failure: Failure = ""
    by_ipv4: Outside = Outside()
    by_ipv6: Outside = Outside()
    is_looking: bool = False

    @property
    def private(self) -> str:
        """Our first address behind a router; "": none."""
        return next((each for each in self.own if _version(each) == 4 and not is_public(each)), "")

    @property
    def public_ipv4(self) -> tuple[str, int] | None:
        """Where friends outside find us by IPv4, as far as is known."""
        if self.mapped is not None and _version(self.mapped.address) == 4 and is_public(self.mapped.address):
            return (self.mapped.address, self.mapped.port)
        own = next((each for each in self.own if _version(each) == 4 and is_public(each)), "")
        if own:
            return (own, self.port)
        seen = self.by_ipv4
        return (seen.address, self.port) if seen.answer == "yes" and is_public(seen.address) else None

    @property
    def public_ipv6(self) -> tuple[str, int] | None:
        own = next((each for each in self.own if _version(each) == 6 and is_public(each)), "")
        return (own, self.port) if own else None

    @property
    def is_behind_two(self) -> bool:
        """The router is itself behind another one."""
        return self.mapped is not None and not is_public(self.mapped.address)


@dataclass(frozen=True, slots=True)
class ReachReport:
    """`words` and `advice` are sentences for people, `advice` "" where there is nothing to do. `addresses` belong
    into an invite, the likeliest first."""

    level: Answer = "unknown"
    words: str = ""
    advice: str = ""
    addresses: tuple[tuple[str, int], ...] = ()
    is_looking: bool = False  # nothing is known yet


def report(facts: ReachFacts) -> ReachReport:
    """What the facts mean."""
    level, words, advice = _verdict(facts)
    found = (facts.public_ipv4, facts.public_ipv6)
    addresses = tuple(address for address in found if address is not None)
    return ReachReport(level, words, advice, addresses, facts.is_looking and level == "unknown")


def next_look(facts: ReachFacts, policy: ReachPolicy) -> float:
    """In how many seconds the router is asked again."""
    if facts.mapped is None:
        return policy.failed if facts.failure else policy.unchanged
    lifetime = facts.mapped.lifetime
    return min(lifetime / 2, policy.unchanged) if lifetime else policy.unchanged


def read_knock(text: str) -> Outside:
    """The answer of a server that was asked to knock: "yes ADDRESS" or "no ADDRESS". What it saw of us through a local
    network proves nothing."""
    found = re.fullmatch(r"(yes|no) ([0-9a-fA-F:.]{2,45})\s*", text)
    if found is None or not is_public(found[2]):
        return Outside()
    return Outside("yes" if found[1] == "yes" else "no", found[2])


def is_public(address: str) -> bool:
    """An address that the whole internet knows."""
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def _verdict(facts: ReachFacts) -> tuple[Answer, str, str]:
    if facts.own and all(ipaddress.ip_address(each).is_loopback for each in facts.own):
        return "no", "Only players on this computer can join: the room is hosted for it alone.", ""
    if not facts.own and not facts.is_looking:
        return "no", "This computer is in no network: nobody else can join.", "Connect it to a network."
    if facts.by_ipv4.answer == "yes":
        return "yes", "Friends outside your network can join: that was checked from outside.", ""
    if facts.by_ipv6.answer == "yes":
        words = "Friends outside your network can join if they have IPv6, too: that was checked from outside."
        return "yes", words, _forwarding(facts)
    if facts.is_looking:
        return "unknown", "Looking whether friends outside your network can reach this computer.", ""
    return _closed(facts) or _unchecked(facts)


def _closed(facts: ReachFacts) -> tuple[Answer, str, str] | None:
    """The ways in that are known not to be ones; None: there may be one."""
    hope = facts.public_ipv6 is not None and facts.by_ipv6.answer != "no"
    if facts.by_ipv4.answer == "no" and not hope and facts.public_ipv4 is not None:
        way = "the router has opened a port" if facts.mapped is not None else "it has an address on the internet"
        advice = f"Allow Matinee (TCP port {facts.port}) in this computer's firewall, {ELSEWHERE}."
        return "no", f"{CANT}: {way}, but nothing comes through.", advice
    if facts.public_ipv4 is not None or hope:
        return None
    if facts.is_behind_two:
        words = f"{CANT}: your router is itself behind another one, of your provider or in your house."
        return "no", words, f"Ask your provider for a public IPv4 address, {ELSEWHERE}."
    return "no", f"{CANT}: {_why(facts)}.", _forwarding(facts)


def _unchecked(facts: ReachFacts) -> tuple[Answer, str, str]:
    """There may be a way in."""
    if facts.by_ipv4.answer == "no" or facts.public_ipv4 is None:
        why = "your router is itself behind another one" if facts.is_behind_two else _why(facts)
        if facts.public_ipv4 is not None:
            why = "by IPv4 nothing comes through"
        words = f"Friends outside your network can join by IPv6 at most, which nobody outside has checked: {why}."
        return "unknown", words, _forwarding(facts)
    if facts.mapped is not None:
        words = "Friends outside your network can probably join: your router has opened a port for them."
    else:
        words = "Friends outside your network can probably join: this computer has an address on the internet."
    return "unknown", f"{words} Nobody outside has checked it.", ""


def _why(facts: ReachFacts) -> str:
    match facts.failure:
        case "refused":
            return "your router refuses to open a port"
        case "nonsense":
            return "what your router answers can't be understood"
        case _:
            return "your router opens no port by itself"


def _forwarding(facts: ReachFacts) -> str:
    if facts.is_behind_two:
        return f"Ask your provider for a public IPv4 address, {ELSEWHERE}."
    if facts.mapped is not None or not facts.private:
        return ""
    return (
        f"In your router's settings switch on UPnP, or forward TCP port {facts.port} to {facts.private} "
        f"(if it is forwarded already, they can), {ELSEWHERE}."
    )


def _version(address: str) -> int:
    try:
        return ipaddress.ip_address(address).version
    except ValueError:
        return 0
