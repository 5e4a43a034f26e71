"""Under which addresses this machine can be reached, and when that changes."""

from __future__ import annotations

import socket

import pytest

from player.net.addresses import NetworkWatch, can_listen, free_port, own_addresses, source_address, wildcard


def test_own_addresses_are_bindable_and_told_once() -> None:
    addresses = own_addresses()
    assert len(set(addresses)) == len(addresses)
    for address in addresses:
        assert can_listen(address, 0)
        assert not address.startswith("127.")


def test_without_a_network_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("unreachable")

    monkeypatch.setattr("player.net.addresses.socket.socket", refuse)
    assert own_addresses() == ()
    assert wildcard() == "0.0.0.0"


def test_a_taken_port_can_not_be_listened_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert not can_listen("127.0.0.1", taken.getsockname()[1])


def test_a_free_port_can_be_listened_on() -> None:
    assert can_listen("127.0.0.1", free_port("127.0.0.1"))
    assert free_port("203.0.113.7") == 0  # not ours


def test_the_address_on_the_way_to_another() -> None:
    assert source_address("127.0.0.1") == "127.0.0.1"
    assert source_address("no address") == ""


def test_another_network_is_noticed_once_and_one_that_is_gone_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    own: list[str] = ["192.168.1.5"]
    monkeypatch.setattr("player.net.addresses.own_addresses", lambda: tuple(own))
    watch = NetworkWatch()
    assert not watch.has_changed()
    own.clear()
    assert not watch.has_changed()
    own.append("192.168.1.5")
    assert not watch.has_changed()
    own.append("10.0.0.5")
    assert watch.has_changed()
    assert not watch.has_changed()
