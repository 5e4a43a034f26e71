"""The reference: a python-socketio server on uvicorn and uvloop that knows no rules and says again what it is told.

    python -m tests.bench.bare_server

Who connects is in the room that it names. A `command` is told to that room as `timeline`, a `clock` to whoever asked.
Everything else is heard by nobody. It prints its port and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
from typing import Any

import socketio
import uvicorn

NOTHING = {"item": "", "revision": 0}  # a timeline, as far as a member looks at it


def make_app() -> socketio.ASGIApp:
    sio = socketio.AsyncServer(async_mode="asgi", transports=["websocket"], cors_allowed_origins=[])
    rooms: dict[str, str] = {}

    async def connect(sid: str, _environ: dict[str, Any], auth: dict[str, Any]) -> None:
        rooms[sid] = auth["room"]
        await sio.enter_room(sid, auth["room"])
        await sio.emit("welcome", {"timeline": NOTHING}, to=sid)

    async def command(sid: str, payload: Any) -> None:
        await sio.emit("timeline", payload, room=rooms[sid])

    async def clock(sid: str, payload: Any) -> None:
        await sio.emit("clock", payload, to=sid)

    async def disconnect(sid: str, _reason: str) -> None:
        rooms.pop(sid, None)

    for handler in (connect, command, clock, disconnect):
        sio.on(handler.__name__, handler)
    return socketio.ASGIApp(sio)


async def serve() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = uvicorn.Config(
        make_app(),
        ws="websockets-sansio",
        ws_ping_interval=None,  # Engine.IO pings
        log_level="warning",
        access_log=False,
        lifespan="off",
    )
    server = uvicorn.Server(config)

    async def end_with_stdin() -> None:
        await asyncio.to_thread(sys.stdin.read)
        server.should_exit = server.force_exit = True

    print(f"127.0.0.1:{listener.getsockname()[1]}", flush=True)
    end = asyncio.ensure_future(end_with_stdin())
    await server.serve(sockets=[listener])
    end.cancel()


def main() -> int:
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # members that are aborted, at the end
    factory = None
    with contextlib.suppress(ImportError):
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as loop:
        loop.run(serve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
