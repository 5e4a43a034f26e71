"""Which candidates of a member's connection the authority passes on to another member.

A candidate is an address that the other end will send packets to, so whoever writes one could make a friend's player
knock at doors of the friend's own network. Only what an honest end may have goes through: no loopback, link-local,
multicast or unspecified address, no name but mDNS's, no port below 1024, 16 at most. A private address goes only to who
comes from the same public address or, as its sender, from a private one: to all others it could be nothing but an
address of their own network.
"""

from __future__ import annotations

import ipaddress
import re

from server.core.call_messages import MAX_CANDIDATES, Candidate

LEAST_PORT = 1024
MDNS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.local", re.IGNORECASE)

GIVEN_OUT = ipaddress.IPv6Network("2000::/3")  # RFC 4291, 2.4: all that is routed on the internet

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def passed_on(
    candidates: tuple[Candidate, ...], sender: str, receiver: str, *, relay_only: bool
) -> tuple[Candidate, ...]:
    """Those of `candidates` that may be told, in their order. `sender` and `receiver` are where the two come from, as
    the authority's shell names it ("" is not known)."""
    is_near = _are_near(sender, receiver)
    passed = (each for each in candidates if _may_pass(each, is_near) and (each.kind == "relay" or not relay_only))
    return tuple(passed)[:MAX_CANDIDATES]


def read_address(text: str) -> Address | None:
    """The address, or the first one of a network; None: it is none. An IPv4 address within an IPv6 one is itself."""
    try:
        address = ipaddress.ip_network(text, strict=False).network_address
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address.sixtofour or address
    return address


def is_nobodys(address: Address) -> bool:
    """No other computer has it."""
    is_wrong = address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified
    return is_wrong or address == ipaddress.IPv4Address("255.255.255.255")


def is_public(address: Address) -> bool:
    """The internet has it. Of IPv6, only what is given out: a translator (NAT64) leads from other blocks into networks
    of its own, and Python calls them global."""
    return address.is_global and (address.version == 4 or address in GIVEN_OUT)


def _may_pass(candidate: Candidate, is_near: bool) -> bool:
    if candidate.port < LEAST_PORT:
        return False
    address = read_address(candidate.host)
    if address is None:  # a name, which only the local network can resolve
        return candidate.kind == "host" and is_near and MDNS.fullmatch(candidate.host) is not None
    return not is_nobodys(address) and (is_public(address) or is_near)


def _are_near(sender: str, receiver: str) -> bool:
    """Whether the two may be on one network."""
    if sender == receiver:
        return sender != ""
    ours, theirs = read_address(sender), read_address(receiver)
    return ours is not None and theirs is not None and not is_public(ours) and not is_public(theirs)
