"""Rooms on the local network: real zeroconf on both sides, over this machine's loopback."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from zeroconf import IPVersion, ServiceInfo, Zeroconf

from player.core.invite import Invite
from player.core.lan_rooms import MOST_ROOMS, LanRoom, announced, txt_of
from player.net import lan
from player.net.lan import LanAnnouncer, LanBrowser
from tests.fakes.waiting import wait_until

LOOPBACK = ("127.0.0.1",)
HERE = ("192.168.7.7", "fd00::7")
INVITE = Invite("192.168.7.7", 8998, "Кино 🎬", tls=False, key="s3cret", also=(("fd00::7", 8998),))


@pytest.fixture
def browser() -> Iterator[LanBrowser]:
    started = LanBrowser(lambda: None, LOOPBACK)
    started.start()
    yield started
    started.stop()


@pytest.fixture
def announcer() -> Iterator[LanAnnouncer]:
    made = LanAnnouncer(lambda: HERE, LOOPBACK)
    yield made
    made.stop()


@pytest.fixture
def stranger() -> Iterator[Zeroconf]:
    """Somebody else on the network, with tools of its own."""
    made = Zeroconf(interfaces=list(LOOPBACK), ip_version=IPVersion.V4Only)
    yield made
    made.close()


def announce(stranger: Zeroconf, name: str, properties: dict[Any, Any]) -> None:
    """At once, without asking first whether somebody has that name, as a liar would."""
    info = ServiceInfo(
        lan.SERVICE,
        f"{name}.{lan.SERVICE}",
        port=7,
        addresses=[ipaddress.ip_address("192.168.7.9").packed],
        properties=properties,
        server=f"{name}.local.",
    )
    stranger.registry.async_add(info)
    assert stranger.loop is not None
    stranger.loop.call_soon_threadsafe(stranger.async_send, stranger.generate_service_broadcast(info, None))


def strings(room: str) -> dict[str, bytes]:
    return txt_of(announced(replace(INVITE, room=room), "open"))


def titles(browser: LanBrowser) -> list[str]:
    return [room.title for room in browser.rooms()]


def test_a_room_appears_by_itself_and_goes(browser: LanBrowser, announcer: LanAnnouncer) -> None:
    room = announced(INVITE, "open")
    announcer.announce(room)
    assert announcer.room == room
    assert wait_until(browser.rooms) == (room,)
    announcer.stop()
    wait_until(lambda: not browser.rooms())
    assert announcer.room is None


def test_who_looks_later_finds_what_is_announced_already(announcer: LanAnnouncer) -> None:
    announcer.announce(announced(INVITE, "invite"))
    woken = threading.Event()
    browser = LanBrowser(woken.set, LOOPBACK)
    browser.start()
    browser.start()
    assert woken.wait(60)
    (room,) = browser.rooms()
    assert (room.entry, room.invite.key) == ("invite", "")
    browser.stop()
    assert browser.rooms() == ()


def test_a_host_that_changes_its_mind_is_shown_once(browser: LanBrowser, announcer: LanAnnouncer) -> None:
    announcer.announce(announced(INVITE, "open"))
    announcer.announce(announced(INVITE, "open"))
    wait_until(browser.rooms)
    announcer.announce(announced(INVITE, "invite"))
    wait_until(lambda: [room.entry for room in browser.rooms()] == ["invite"])


def test_a_machine_that_moves_to_another_network_is_found_there(
    browser: LanBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lan, "LOOK_AGAIN", 0.05)
    here = [("192.168.7.7",)]
    announcer = LanAnnouncer(lambda: here[0], LOOPBACK)
    announcer.announce(announced(INVITE, "open"))
    assert wait_until(browser.rooms)[0].invite.host == "192.168.7.7"
    here[0] = ("10.0.0.7",)
    wait_until(lambda: [room.invite.host for room in browser.rooms()] == ["10.0.0.7"])
    announcer.stop()


def test_two_hosts_of_one_name_are_two_rooms(browser: LanBrowser, announcer: LanAnnouncer) -> None:
    other = LanAnnouncer(lambda: ("192.168.7.8",), LOOPBACK)
    announcer.announce(announced(INVITE, "open"))
    other.announce(announced(replace(INVITE, port=9), "open"))
    wait_until(lambda: len(browser.rooms()) == 2)
    assert {room.invite.port for room in browser.rooms()} == {8998, 9}
    other.stop()


LIES: list[dict[Any, Any]] = [
    {"room": b""},
    {"room": b"\xff\xfe"},
    {"room": b"x" * 250},
    {"key": b"k" * 250},
    {"key": None},
    {"pin": b"../../etc/passwd"},
    {"version": b"-"},
    {"entry": None},
]
ODDITIES: list[dict[Any, Any]] = [
    {b"\xff\x00": b"\xff" * 250},
    {f"k{number}": b"v" * 250 for number in range(20)},
]


def test_lies_are_left_out_and_the_truth_is_still_heard(browser: LanBrowser, stranger: Zeroconf) -> None:
    announce(stranger, "empty", {})
    for number, lie in enumerate(LIES):
        announce(stranger, f"liar{number}", {**strings("lie"), **lie})
    for number, oddity in enumerate(ODDITIES):  # strings that nobody asks for
        announce(stranger, f"odd{number}", {**strings(f"odd {number}"), **oddity})
    announce(stranger, "honest", strings("truth"))
    wait_until(lambda: titles(browser) == ["odd 0", "odd 1", "truth"])


def test_a_name_that_could_trick_the_eye_is_cleaned(browser: LanBrowser, stranger: Zeroconf) -> None:
    announce(stranger, "odd", {**strings("r"), "room": "a\u3164 \u2800b".encode()})
    wait_until(lambda: titles(browser) == ["a b"])


def test_packets_of_garbage_change_nothing(browser: LanBrowser, announcer: LanAnnouncer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        for packet in (b"", b"\x00", b"\xff" * 1400, b"\x00\x00\x84\x00" + b"\x00\x01" * 4 + b"\xc0\x0c" * 50):
            sender.sendto(packet, ("224.0.0.251", 5353))
        announcer.announce(announced(INVITE, "open"))
        wait_until(browser.rooms)


def test_a_flood_is_bounded(browser: LanBrowser, stranger: Zeroconf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan, "MOST_UNASKED", 1000)
    for number in range(MOST_ROOMS + 10):
        announce(stranger, f"n{number}", strings(f"room {number}"))
    wait_until(lambda: len(browser.rooms()) == MOST_ROOMS)


def test_a_network_that_can_not_be_used_is_tried_again(
    announcer: LanAnnouncer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lan, "LOOK_AGAIN", 0.05)
    begin, tries = lan._Lan._begin, []

    def fail_twice(self: Any) -> Any:
        tries.append(1)
        if len(tries) <= 2:
            raise OSError("no network")
        return begin(self)

    monkeypatch.setattr(lan._Lan, "_begin", fail_twice)
    browser = LanBrowser(lambda: None, LOOPBACK)
    browser.start()
    announcer.announce(announced(INVITE, "open"))
    wait_until(browser.rooms)
    browser.stop()


def test_their_threads_end(browser: LanBrowser, announcer: LanAnnouncer) -> None:
    announcer.announce(announced(INVITE, "open"))
    wait_until(browser.rooms)
    announcer.stop()
    browser.stop()
    left = [thread.name for thread in threading.enumerate()]
    assert not {"matinee-announce", "matinee-browse"} & set(left)


def test_stopping_at_once(browser: LanBrowser, announcer: LanAnnouncer) -> None:
    announcer.announce(announced(INVITE, "open"))
    announcer.announce(announced(INVITE, "invite"))
    announcer.stop()
    browser.stop()
    wait_until(lambda: not {"matinee-announce", "matinee-browse"} & {thread.name for thread in threading.enumerate()})


def test_an_announced_room_is_the_invite_to_it() -> None:
    room = announced(INVITE, "open")
    assert isinstance(room, LanRoom)
    assert room.invite == INVITE
