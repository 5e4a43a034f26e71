"""One connection, without a network below it."""

from __future__ import annotations

from typing import ClassVar, cast

import pytest

from player.core.invite import Invite
from player.net.connection import Connection
from player.net.frames import WatchedSocket
from server.core.protocol import Report, ServerMessage
from tests.fakes.waiting import until

INVITE = Invite("127.0.0.1", 8998, "Friday", tls=False)
REPLY = {"t0_us": 1, "t1_us": 2, "t2_us": 3, "epoch": "e1"}


async def test_a_connection_that_has_ended_tells_no_time_any_more() -> None:
    """What aiohttp has read already is still handed out; another connection may be in its place by then."""
    samples: list[float] = []
    connection = Connection(INVITE, ("127.0.0.1", 8998), lambda: 7.0)
    connection.listen(lambda message: None, lambda reply, t3: samples.append(t3), lambda: None)
    connection._receive_event("clock", REPLY)
    connection.abort()
    connection._receive_event("clock", REPLY)
    assert samples == [7.0]


async def test_the_newest_report_goes_with_the_next_clock_request() -> None:
    class Socket:
        sent: ClassVar[list[str]] = []

        async def send_str(self, text: str) -> None:
            self.sent.append(text)

        def abort(self) -> None:
            pass

    connection, opened = Connection(INVITE, ("127.0.0.1", 8998), lambda: 7.0), Socket()
    connection._receive_socket(cast(WatchedSocket, opened))
    for delay_us in (1, 2):
        connection.send(Report(delay_us=delay_us, playout_us=3, dispersion_us=4))
    assert not opened.sent
    for count in (2, 3):
        connection.ask_clock()
        await until(lambda count=count: len(opened.sent) == count)
    clock = '42["clock",{"t0_us":7000000}]'
    assert opened.sent == [clock, '42["report", {"delay_us": 2, "playout_us": 3, "dispersion_us": 4}]', clock]
    connection.abort()


@pytest.mark.expects_warnings
async def test_a_message_that_goes_wrong_here_ends_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    def broken(message: ServerMessage) -> None:
        raise RuntimeError("a defect")

    connection = Connection(INVITE, ("127.0.0.1", 8998), lambda: 7.0)
    connection.listen(broken, lambda reply, t3: None, lambda: None)
    connection._receive_event("closing", {"words": "Bye."})
    assert connection.is_ended
    assert "a defect" in caplog.text
