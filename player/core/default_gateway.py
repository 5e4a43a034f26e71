"""Which router this machine sends to, read from what each system says about its routes: texts in, addresses out.

    Linux    /proc/net/route          hexadecimal, in the machine's byte order
    Windows  route print -4 0.0.0.0   the numbers are the same in every language
    macOS    route -n get default     `gateway: 192.168.1.1`

Where none of these is known, a router of a home has the first address of its network, as a guess.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

_UP_AND_GATEWAY = 3


def gateways_of_linux(table: str) -> tuple[str, ...]:
    """Those of the default routes, the cheapest first."""
    found: list[tuple[int, str]] = []
    for line in table.splitlines()[1:]:
        fields = line.split()
        try:
            destination, gateway, flags, metric = (
                fields[1],
                bytes.fromhex(fields[2]),
                int(fields[3], 16),
                int(fields[6]),
            )
        except (IndexError, ValueError):
            continue
        if destination == "00000000" and flags & _UP_AND_GATEWAY == _UP_AND_GATEWAY and len(gateway) == 4:
            found.append((metric, str(ipaddress.IPv4Address(gateway[::-1]))))
    return _plausible(address for _metric, address in sorted(found, key=lambda route: route[0]))


def gateways_of_windows(table: str) -> tuple[str, ...]:
    """Those of the default routes, the cheapest first."""
    rows = re.findall(r"^\s*0\.0\.0\.0\s+0\.0\.0\.0\s+([0-9.]+)\s+[0-9.]+\s+([0-9]{1,9})\s*$", table, re.MULTILINE)
    return _plausible(address for address, _metric in sorted(rows, key=lambda row: int(row[1])))


def gateways_of_macos(answer: str) -> tuple[str, ...]:
    return _plausible(re.findall(r"^\s*gateway:\s*([0-9.]+)\s*$", answer, re.MULTILINE))


def guessed_gateways(own: Iterable[str]) -> tuple[str, ...]:
    """The first address of the 256 around each private IPv4 address of ours."""
    found = []
    for address in own:
        parsed = ipaddress.ip_address(address)
        if parsed.version == 4 and parsed.is_private:
            found.append(str(ipaddress.IPv4Network((int(parsed) & 0xFFFFFF00, 24))[1]))
    return _plausible(found)


def _plausible(addresses: Iterable[str]) -> tuple[str, ...]:
    """Each once, and only addresses of a network around here: a router of a home has no other."""
    found: list[str] = []
    for address in addresses:
        try:
            parsed = ipaddress.IPv4Address(address)
        except ValueError:
            continue
        if parsed.is_private and not parsed.is_loopback and not parsed.is_unspecified and address not in found:
            found.append(address)
    return tuple(found)
