"""What a player presented and knew, as JSON lines for whoever measures it (DESIGN section 7)."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import Any

import msgspec

log = logging.getLogger(__name__)


class NoTelemetry:
    """Nobody measures."""

    def record(self, event: str, mono: float, **fields: Any) -> None:
        pass

    def close(self) -> None:
        pass


class FileTelemetry:
    """One line an event, written at once. Any thread; `_file` is guarded by `_lock`, a leaf."""

    def __init__(self, path: Path) -> None:
        """Raises OSError: the file can't be written."""
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        self._is_open = True

    def record(self, event: str, mono: float, **fields: Any) -> None:
        line = msgspec.json.encode({"event": event, "mono": mono, **fields}) + b"\n"
        with self._lock:
            if not self._is_open:
                return
            try:
                os.write(self._file, line)
            except OSError as error:  # a full disk must not stop the film
                log.warning("telemetry ends: %s", error)
                self._is_open = False

    def close(self) -> None:
        with self._lock:
            if self._is_open:
                self._is_open = False
                os.close(self._file)
