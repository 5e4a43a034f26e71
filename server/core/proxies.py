"""Which proxies are ours, and whom a connection is for that one of them hands on (X-Forwarded-For)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable


class Proxies:
    """`trusted`: addresses and networks of proxies whose word about addresses counts."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        self._networks = tuple(ipaddress.ip_network(proxy, strict=False) for proxy in trusted)

    def is_trusted(self, host: str) -> bool:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._networks)

    def address_behind(self, host: str, forwarded: Iterable[str]) -> str:
        """Who a connection from `host` is for: the nearest address of the X-Forwarded-For lines that is no proxy of
        ours. What others write there says nothing."""
        hops = [hop.strip() for hop in ",".join(forwarded).split(",")]
        while self.is_trusted(host) and hops:
            host = hops.pop() or host
        return host
