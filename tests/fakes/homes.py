"""Two homes and the internet between them, as namespaces: Ana's and Ben's computers, each behind a router, and a host
with public addresses on which relays and authorities run.

    ana 10.1.0.2 -- 10.1.0.1 router 9.9.0.11 --+-- 9.9.0.3, 9.9.0.4 on the internet
    ben 10.2.0.2 -- 10.2.0.1 router 9.9.0.12 --+

Or no router at all, and nothing that would lead from one to the other: `apart`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tests.fakes.namespaces import Namespace, need_namespaces

Nat = Literal["", "random", "fully-random"]
"""How a router chooses the port that the internet sees: "" keeps the one of the computer where it can (then it is the
same towards everybody), the other two draw one for each that is spoken to: a symmetric NAT."""

RELAY, AUTHORITY = "9.9.0.3", "9.9.0.4"
MASQUERADE = """
table ip nat {{
    chain out {{
        type nat hook postrouting priority 100;
        oifname "{outside}" masquerade {how}
    }}
}}
table ip filter {{
    chain forward {{
        type filter hook forward priority 0;
    }}
    chain in {{
        type filter hook input priority 0;
        iifname "{outside}" ct state new drop
    }}
}}
"""


@dataclass(frozen=True)
class Home:
    computer: Namespace
    router: Namespace

    def block(self, what: str) -> None:
        """Let the router drop what these words of nftables match, such as "meta l4proto udp"."""
        self.router.filter(f"add rule ip filter forward {what} drop\n")


@dataclass(frozen=True)
class Homes:
    """`internet` has RELAY and AUTHORITY as its addresses."""

    ana: Home
    ben: Home
    internet: Namespace


@contextlib.contextmanager
def homes(nat: Nat = "") -> Iterator[Homes]:
    """Both behind a NAT of a kind. Skips the test where there can be no namespaces."""
    need_namespaces()
    with contextlib.ExitStack() as stack:
        internet = stack.enter_context(Namespace("internet"))
        internet.run("ip", "link", "add", "public", "type", "bridge")
        for address in (RELAY, AUTHORITY):
            internet.run("ip", "address", "add", f"{address}/24", "dev", "public")
        internet.run("ip", "link", "set", "public", "up")
        made = []
        for number, name in ((1, "ana"), (2, "ben")):
            computer, router = (stack.enter_context(Namespace(each)) for each in (name, f"router of {name}"))
            computer.connect(router, f"10.{number}.0.2/24", f"10.{number}.0.1/24")
            outside, port = router.connect(internet, f"9.9.0.1{number}/24", "")
            internet.run("ip", "link", "set", port, "master", "public")
            computer.run("ip", "route", "add", "default", "via", f"10.{number}.0.1")
            router.set("net.ipv4.ip_forward", 1)
            router.filter(MASQUERADE.format(outside=outside, how=nat))
            made.append(Home(computer, router))
        yield Homes(*made, internet)


@dataclass(frozen=True)
class Apart:
    """`middle` has the addresses 9.1.0.1, towards Ana at 9.1.0.2, and 9.2.0.1, towards Ben at 9.2.0.2."""

    ana: Namespace
    ben: Namespace
    middle: Namespace


@contextlib.contextmanager
def apart() -> Iterator[Apart]:
    """Two computers that both reach a third one, which lets nothing through. Skips where there can be no namespaces."""
    need_namespaces()
    with Namespace("ana") as ana, Namespace("ben") as ben, Namespace("middle") as middle:
        for number, computer in ((1, ana), (2, ben)):
            computer.connect(middle, f"9.{number}.0.2/24", f"9.{number}.0.1/24")
            computer.run("ip", "route", "add", "default", "via", f"9.{number}.0.1")
        middle.set("net.ipv4.ip_forward", 0)
        yield Apart(ana, ben, middle)
