from __future__ import annotations

import pytest

from server.core.proxies import Proxies

OURS = Proxies(("127.0.0.1", "10.0.0.0/8", "2001:db8::/32"))


@pytest.mark.parametrize(
    ("host", "forwarded", "behind"),
    [
        ("192.0.2.1", ["198.51.100.9"], "192.0.2.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.9, 192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["198.51.100.9, 192.0.2.1", "10.1.2.3"], "192.0.2.1"),
        ("127.0.0.1", ["10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", [",,,"], "127.0.0.1"),
        ("2001:db8::1", ["2001:db9::1"], "2001:db9::1"),
        ("127.0.0.1", ["nonsense"], "nonsense"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_of_ours_counts(host: str, forwarded: list[str], behind: str) -> None:
    assert OURS.address_behind(host, forwarded) == behind


def test_without_proxies_nobody_is_trusted() -> None:
    assert not Proxies().is_trusted("127.0.0.1")
    assert Proxies().address_behind("127.0.0.1", ["192.0.2.1"]) == "127.0.0.1"
