"""An HTTP server for one film, or files by their paths, with ranges, whose delivery can be held back."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

CHUNK = 1 << 14  # bytes sent between two looks at the levers


class FilmServer:
    """`stalls_at`: the byte from which nothing more is delivered until it is None again. `status`: of every answer."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.files: dict[str, bytes] = {}  # by path ("/a.ts"); any other path is `data`
        self.status = 200
        self.stalls_at: int | None = None
        self.is_silent = False
        self._released = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server._answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def release(self) -> None:
        """Deliver all that was asked for."""
        self.stalls_at = None
        self.is_silent = False
        self._released.set()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        if self.is_silent:
            self._released.wait()
        wanted = request.headers.get("Range")
        start = int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted else 0
        if self.status != 200:
            request.send_error(self.status)
            return
        data = self.files.get(request.path, self.data)
        request.send_response(206 if wanted else 200)
        request.send_header("Content-Length", str(len(data) - start))
        request.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        request.send_header("Accept-Ranges", "bytes")
        request.end_headers()
        try:
            for at in range(start, len(data), CHUNK):
                if self.stalls_at is not None and at + CHUNK > self.stalls_at:
                    self._released.wait()
                request.wfile.write(data[at : at + CHUNK])
        except OSError:
            pass  # the player has gone elsewhere

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
