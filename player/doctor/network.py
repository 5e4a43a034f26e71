"""The way to others: does a server run here and answer, is the usual port free, which address do friends use."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from player.clocks import SystemClock
from player.core.invite import DEFAULT_PORT, Invite
from player.core.news import LinkEvent, LinkLost, LinkRefused, Sampled
from player.doctor.finding import Finding, note, ok, problem
from player.doctor.program import last_line, program

TIMEOUT = 6.0  # s, for a server to start and answer
SAMPLES = 5  # exchanges, of which the fastest counts
SLOW = 0.005  # s there and back on loopback: something sits between


class NoServerError(Exception):
    """It did not start; the words are its own."""


def inspect_network() -> list[Finding]:
    """A server on loopback, as `matinee host` starts one, and a player's exchange with it."""
    try:
        with _server() as port:
            return [_exchange(port), _port(DEFAULT_PORT), _address()]
    except NoServerError as error:
        words = f"the server does not start, so rooms can't be hosted here: {error}"
        return [problem("Server", words), _port(DEFAULT_PORT), _address()]


@contextmanager
def _server() -> Iterator[int]:
    """A server of our own while the block runs; its port. Raises NoServerError."""
    words = [*program("server"), "--listen", "127.0.0.1:0", "--no-tls", "--until-stdin-closes"]
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True, errors="replace")
    except OSError as error:
        raise NoServerError(str(error)) from error
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    impatience = threading.Timer(TIMEOUT, process.kill)
    impatience.start()
    try:
        for line in process.stdout:
            if line.startswith("listening: "):
                yield int(line.rpartition(":")[2])
                return
        raise NoServerError(last_line(process.stderr.read()))
    finally:
        impatience.cancel()
        process.stdin.close()
        try:
            process.wait(2.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        process.stderr.close()


def _exchange(port: int) -> Finding:
    from player.net.link import SocketLink

    woken = threading.Event()
    link = SocketLink(SystemClock(), woken.set)
    events: list[LinkEvent] = []
    deadline = time.perf_counter() + TIMEOUT
    link.connect(Invite(host="127.0.0.1", port=port, room="doctor", tls=False), "Doctor")
    try:
        while time.perf_counter() < deadline and not _is_enough(events):
            woken.wait(0.2)
            woken.clear()
            events += link.take_events()
    finally:
        link.close()
    return judge_exchange(events)


def _is_enough(events: list[LinkEvent]) -> bool:
    return sum(isinstance(event, Sampled) for event in events) >= SAMPLES or any(
        isinstance(event, LinkRefused) for event in events
    )


def judge_exchange(events: list[LinkEvent]) -> Finding:
    """`events`: what a player's link said while it was connected."""
    delays = [event.t3 - event.t0 - (event.t2 - event.t1) for event in events if isinstance(event, Sampled)]
    if delays:
        words = f"it starts and answers on loopback; clocks are exchanged in {1e3 * min(delays):.2f} ms"
        if min(delays) > SLOW:
            return note("Server", f"{words}, which is slow: a security program may be looking at each message.")
        return ok("Server", words)
    said = [event.words for event in events if isinstance(event, LinkRefused | LinkLost)]
    return problem("Server", f"it starts but does not answer on loopback: {said[-1] if said else 'nothing came back'}")


def _port(port: int) -> Finding:
    """Whether the usual port can be listened on."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("0.0.0.0", port))
        except OSError as error:
            words = f"port {port} can't be used ({error.strerror}); hosting takes another, or say --listen ADDR:PORT."
            return note("Port", words)
    return ok("Port", f"{port} is free for hosting")


def _address() -> Finding:
    """The address that this machine uses towards others; nothing is sent."""
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((far, 9))
                own = probe.getsockname()[0]
        except OSError:
            continue
        return ok(
            "Address", f"friends in this network reach you at {own}; through the internet they need a port forward"
        )
    return note("Address", "this machine has no network; rooms can only be on it itself.")
