"""Under which addresses friends may reach this machine, found without sending a packet.

Connecting a UDP socket sends nothing, but makes the system choose the source address that it would use on the way
there. Asked about a few destinations (the internet, each private range), it tells the address on each network that
there is a route to: LAN, VPN, IPv6. The public address of a router is not among them.
"""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress

# never reached: documentation networks, unassigned space, the first address of each private range
_FAR_IPV4 = ("198.51.100.1", "192.168.0.1", "10.0.0.1", "172.16.0.1", "100.64.0.1")
_FAR_IPV6 = ("2000::1", "fd00::1")


def own_addresses() -> tuple[str, ...]:
    """This machine's addresses that others may know, the likeliest first; empty without a network."""
    found: list[str] = []
    for family, destinations in ((socket.AF_INET, _FAR_IPV4), (socket.AF_INET6, _FAR_IPV6)):
        for destination in destinations:
            address = _source(family, destination)
            if address is not None and address not in found:
                found.append(address)
    return tuple(found)


class NetworkWatch:
    """Notices that this machine has come to another network. One that is only gone is no reason to do anything."""

    def __init__(self) -> None:
        self._known = own_addresses()

    def has_changed(self) -> bool:
        """Whether there are other addresses than at the last question that had any."""
        now = own_addresses()
        if not now or now == self._known:
            return False
        self._known = now
        return True


def source_address(destination: str) -> str:
    """This machine's IPv4 address on the way to another; "": there is no way. Nothing is sent."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
            trial.connect((destination, 9))
            return str(trial.getsockname()[0])
    except OSError:
        return ""


def wildcard() -> str:
    """What to listen on to be reached under all of them: "::" takes IPv4 as well, where there is IPv6."""
    return "::" if can_listen("::", 0) else "0.0.0.0"


def free_port(host: str) -> int:
    """A port on which nobody listens now; 0, which leaves the choice to who listens, where there is no telling."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.bind((host, 0))
        return int(trial.getsockname()[1])
    return 0


def can_listen(host: str, port: int) -> bool:
    """Nobody else does, as far as can be told without staying there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as trial:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows: there REUSEADDR means "although it is taken"
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            trial.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        trial.bind((host, port))
        trial.listen(1)
        return True
    return False


def _source(family: socket.AddressFamily, destination: str) -> str | None:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as trial:
            trial.connect((destination, 9))
            text = str(trial.getsockname()[0])
        address = ipaddress.ip_address(text)
    except (OSError, ValueError):
        return None
    return None if address.is_loopback or address.is_link_local or address.is_unspecified else text
