"""How much of something a stranger may have: a token bucket; which addresses are one stranger; how one is shown.

The bucket holds at most `burst` tokens and fills with `rate` a second (the generic cell rate idea of ATM's usage
parameter control, ITU-T I.371). Addresses of one IPv6 /64 count as one: a single machine owns all of them (RFC 4291).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace


class Allowance(msgspec.Struct, frozen=True):
    """What is left of an allowance: `level` tokens at the instant `at`, s."""

    burst: float
    rate: float
    level: float
    at: float

    @classmethod
    def full(cls, burst: float, rate: float, now: float) -> Allowance:
        return cls(burst, rate, burst, now)

    def take(self, now: float) -> Allowance | None:
        """What is left after one more; None: there is nothing left to take. A clock that went back adds nothing."""
        level = min(self.burst, self.level + self.rate * max(0.0, now - self.at))
        return None if level < 1.0 else Allowance(self.burst, self.rate, level - 1.0, max(now, self.at))


@dataclass(slots=True)
class Allowances:
    """The same allowance for each of many. At most so many are remembered: whoever took something longest ago, and has
    the fullest bucket, is forgotten first."""

    burst: float
    rate: float
    most: int
    _left: dict[str, Allowance] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._left)

    def has(self, who: str, now: float) -> bool:
        """Whether there is something to take."""
        known = self._left.get(who)
        return known is None or known.take(now) is not None

    def take(self, who: str, now: float) -> bool:
        """Take one, if there is one to take."""
        known = self._left.pop(who, None) or Allowance.full(self.burst, self.rate, now)
        left = known.take(now)
        if len(self._left) >= self.most:
            del self._left[next(iter(self._left))]
        self._left[who] = left or known
        return left is not None

    def give_back(self, who: str) -> None:
        """What was taken last was not needed."""
        known = self._left.get(who)
        if known is not None:
            self._left[who] = replace(known, level=min(known.burst, known.level + 1.0))


def address_group(host: str) -> str:
    """The stranger that an address belongs to; a text that is no address stands for itself."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def address_shown(group: str) -> str:
    """What a log says of an address or a group of them: its /24 or /48, enough to see that two lines come from one
    place and too little to know whose it is. What is no address is not said at all: strangers choose such texts."""
    try:
        network = ipaddress.ip_interface(group.partition("%")[0]).network
    except ValueError:
        return "unknown"
    if isinstance(network, ipaddress.IPv6Network) and (mapped := network.network_address.ipv4_mapped) is not None:
        network = ipaddress.IPv4Network(mapped)
    cut = 24 if isinstance(network, ipaddress.IPv4Network) else 48
    return str(network if network.prefixlen <= cut else network.supernet(new_prefix=cut))
