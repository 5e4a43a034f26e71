"""Routes as three systems tell them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from player.core.default_gateway import (
    gateways_of_linux,
    gateways_of_macos,
    gateways_of_windows,
    guessed_gateways,
)

LINUX = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\tFE01000A\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t0001000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
tun0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0
ppp0\t00000000\t08080808\t0003\t0\t0\t1\t00000000\t0\t0\t0
odd0\t00000000\t0101\t0003\t0\t0\t1\t00000000\t0\t0\t0
eth1\t00000000\t0101A8C0\t0003\t0\t0\t700\t00000000\t0\t0\t0
broken
x\ty\tz\tw\t0\t0\t0
"""
WINDOWS = """
Aktive Routen:
     Netzwerkziel    Netzwerkmaske          Gateway    Schnittstelle Metrik
          0.0.0.0          0.0.0.0      192.168.1.1     192.168.1.23     35
          0.0.0.0          0.0.0.0        10.0.0.1       10.0.0.23     25
          0.0.0.0          0.0.0.0   Auf Verbindung      10.8.0.23     5
          0.0.0.0          0.0.0.0   999.1.1.1      10.8.0.23     5
===========================================================================
Ständige Routen:
  Keine
"""
MACOS = """   route to: default
destination: default
       mask: default
    gateway: 192.168.1.1
  interface: en0
"""


def test_linux_the_cheapest_first_and_each_once() -> None:
    assert gateways_of_linux(LINUX) == ("10.0.1.254", "192.168.1.1")


def test_windows_in_any_language() -> None:
    assert gateways_of_windows(WINDOWS) == ("10.0.0.1", "192.168.1.1")


def test_macos() -> None:
    assert gateways_of_macos(MACOS) == ("192.168.1.1",)
    assert gateways_of_macos("    gateway: link#12\n") == ()


def test_a_guess_is_the_first_of_the_network() -> None:
    own = ("192.168.1.23", "192.168.1.99", "8.8.4.4", "fd00::2", "10.20.30.40")
    assert guessed_gateways(own) == ("192.168.1.1", "10.20.30.1")


@given(st.text(max_size=200))
def test_no_table_is_too_strange(text: str) -> None:
    for read in (gateways_of_linux, gateways_of_windows, gateways_of_macos):
        assert isinstance(read(text), tuple)
        assert isinstance(read("\n0.0.0.0 0.0.0.0 " + text), tuple)
