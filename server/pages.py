"""What plain HTTP gets from an authority, and words for who brought no WebSocket.

healthz    200 while the process answers at all: restart it if it does not
readyz     503 while it is being stopped or its store can't be reached: send nobody here
knock      whether a host's own room can be reached from here: see `knock.py`
rooms      those that want to be found; and admin/..., for who runs the server: see `room_desk.py`
metrics    to this machine and the networks of --metrics-from, never through a proxy; to all others it is not there
socket.io  426: a proxy in between took the upgrade out of the request, or it is no player
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from server.knock import Knocker
from server.metrics import Metrics, may_see
from server.room_desk import RoomDesk

NO_UPGRADE = (
    "Your proxy does not pass WebSocket upgrades: the request for %s/socket.io came without one; "
    "packaging/nginx-matinee.conf shows the lines that a proxy needs"
)
NO_UPGRADE_ANSWER = b"This address takes WebSockets only. A proxy in between has to pass the upgrade on.\n"
TEXT = b"text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    body: bytes
    kind: bytes = TEXT
    headers: tuple[tuple[bytes, bytes], ...] = ()


NOT_HERE = Page(404, b"not here\n")


class Pages:
    """Answers ASGI's HTTP requests; no request's body is read. `say` logs what a stranger did wrong."""

    def __init__(
        self,
        prefix: str,
        metrics: Metrics,
        metrics_from: tuple[str, ...],
        is_ready: Callable[[], bool],
        say: Callable[..., None],
        knocker: Knocker,
        desk: RoomDesk,
    ) -> None:
        self._prefix, self._metrics, self._metrics_from = prefix, metrics, metrics_from
        self._is_ready, self._say, self._knocker, self._desk = is_ready, say, knocker, desk

    async def serve(self, scope: dict[str, Any], send: Callable[[dict[str, Any]], Any]) -> None:
        page = await self._page(scope)
        headers = [
            (b"content-type", page.kind),
            (b"content-length", b"%d" % len(page.body)),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
            *page.headers,
        ]
        body = b"" if scope["method"] == "HEAD" else page.body
        await send({"type": "http.response.start", "status": page.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _page(self, scope: dict[str, Any]) -> Page:
        path: str = scope["path"].rstrip("/")
        if not path.startswith(self._prefix):
            return NOT_HERE
        host = scope["client"][0] if scope.get("client") else ""
        match path.removeprefix(self._prefix):
            case "/socket.io":
                self._say(NO_UPGRADE, self._prefix, address=host)
                return Page(426, NO_UPGRADE_ANSWER, headers=((b"upgrade", b"websocket"), (b"connection", b"upgrade")))
            case page if page.startswith("/admin/") and _is_from_here(scope, host):
                return _json_page(await self._desk.administer(scope, page.removeprefix("/admin/")))
            case _ if scope["method"] not in ("GET", "HEAD"):
                return NOT_HERE
            case "/healthz":
                return Page(200, b"ok\n")
            case "/readyz":
                return Page(200, b"ready\n") if self._is_ready() else Page(503, b"not ready\n")
            case "/rooms":
                return _json_page(self._desk.listed())
            case "/knock":
                return Page(*await self._knocker.serve(scope))
            case "/metrics" if may_see(host, {name for name, _ in scope["headers"]}, self._metrics_from):
                kind, body = await self._metrics.render()
                return Page(200, body, kind)
            case _:
                return NOT_HERE


def _is_from_here(scope: dict[str, Any], host: str) -> bool:
    """Whether a request is of this machine's own: by loopback, or by the address that the server listens on."""
    own = scope["server"][0] if scope.get("server") else ""
    return may_see(host, {name for name, _ in scope["headers"]}, (own,) if own == host else ())


def _json_page(answer: tuple[int, bytes] | None) -> Page:
    return NOT_HERE if answer is None else Page(*answer, b"application/json")
