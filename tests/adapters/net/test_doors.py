"""Attempts at doors, with connections that open at once."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from player.core.invite import Invite
from player.net.connection import Connection
from player.net.doors import Doors
from server.core.protocol import VERSION, Hello, Welcome

INVITE = Invite("127.0.0.1", 8998, "Friday", tls=False)
HELLO = Hello(version=VERSION, room="Friday", name="Ana")


class OpenDoor:
    """A connection that is let in as soon as it asks."""

    def __init__(self, *_: Any) -> None:
        self.is_aborted = False

    async def open(self, permission: Any) -> Welcome:
        await permission()
        return cast(Welcome, None)

    def abort(self) -> None:
        self.is_aborted = True


async def test_clearing_leaves_alone_what_was_handed_over_just_now() -> None:
    """Between an attempt's end and the callback that strikes it off: who waits for it runs there on Python >= 3.12."""
    entered: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
    doors = Doors(
        INVITE,
        lambda: 7.0,
        lambda: HELLO,
        lambda connection, welcome: entered.set_result(connection),
        lambda failure: None,
        cast(Any, OpenDoor),
    )
    doors.knock()
    connection = cast(OpenDoor, await entered)
    doors.clear()
    assert not connection.is_aborted
