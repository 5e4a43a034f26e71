"""Asks STUN servers from one socket where it is seen from: a NAT that shows each of them another address is told by
that."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Iterable
from contextlib import suppress

from player.core.call_ends import Server
from player.core.nat import Place, Reading
from server.core.stun import MOST, TRANSACTION, read_answer, request_of

ASKED_AGAIN = (0.0, 0.3, 0.9, 1.8)  # s: UDP loses packets
PATIENCE = 3.0  # s


def ask_all(servers: Iterable[Server], patience: float = PATIENCE) -> tuple[Reading, ...]:
    """One reading for each address of the servers; names that don't exist are left out. Takes `patience` s if one of
    them is silent. Raises OSError where there is no network at all."""
    asked = {place: secrets.token_bytes(TRANSACTION) for server in servers for place in _places(server)}
    if not asked:
        return ()
    answers: dict[Place, Place] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.bind(("", 0))
        port = int(ours.getsockname()[1])
        begun = time.perf_counter()
        due = [begun + after for after in ASKED_AGAIN]
        while len(answers) < len(asked) and (now := time.perf_counter()) < begun + patience:
            if due and now >= due[0]:
                del due[0]
                for place, transaction in asked.items():
                    if place not in answers:
                        with suppress(OSError):  # no way there: it does not answer
                            ours.sendto(request_of(transaction), place)
            ours.settimeout(max(0.001, (due[0] if due else begun + patience) - now))
            with suppress(OSError):  # a time-out, or an ICMP message about one of them
                data = ours.recv(MOST)
                for place, transaction in asked.items():
                    seen = read_answer(data, transaction)
                    if seen is not None:
                        answers[place] = seen
    return tuple(Reading(place, (_own_address(place), port), answers.get(place)) for place in asked)


def _places(server: Server) -> list[Place]:
    """IPv4 only: that is what ICE asks by, and IPv6 has no NAT."""
    try:
        found = socket.getaddrinfo(server.host, server.port, socket.AF_INET, socket.SOCK_DGRAM)
    except OSError:
        return []
    return [(str(address[0]), int(address[1])) for *_, address in found[:1]]


def _own_address(place: Place) -> str:
    """This machine's on the way there; nothing is sent."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(place)
        return str(probe.getsockname()[0])
    return ""
