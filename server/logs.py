"""The log on standard error, as text for people or as JSON for machines (`--log-format`).

A record has a time, a level, a logger, what happened in words, and fields: `room`, `peer`, `address`. An address is cut
to its /24 or /48 here, at the last door, so that no caller can forget it. Keys, passwords, tokens, chat and the names
of films are in no record, whatever the level: nothing logs a message's content (tests/adapters/server/test_logs.py
lives a whole life and looks for them).

    text   2026-11-25 01:14:23,512 INFO server.gate: cut: too many messages [room='den' peer=41f3 address=192.0.2.0/24]
    json   {"time":"2026-11-25T01:14:23.512Z","level":"info","logger":"server.gate","event":"cut: too many messages",
            "room":"den","peer":"41f3","address":"192.0.2.0/24"}
"""

from __future__ import annotations

import datetime
import json
import logging
import sys
from typing import IO, Any

from server.core.allowance import address_shown

FIELDS = ("room", "peer", "address")
# They log messages' contents, or errors that are a stranger's, below these levels; what is wrong with us stays.
QUIET = {"server.socketio": logging.ERROR, "server.engineio": logging.ERROR, "uvicorn.error": logging.ERROR}
QUIET["server.janus"] = logging.INFO  # below, each frame's beginning and end: parts of tokens


def set_up_log(level: str, form: str, stream: IO[str] | None = None) -> None:
    """Send what is logged to `stream` (standard error) from now on. `level` and `form` as in ServerSettings."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    hush()


def hush() -> None:
    """Libraries that tell of every message say only what is wrong."""
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)


class TextFormatter(logging.Formatter):
    """One line for each record, fields in brackets; a traceback follows on lines of its own."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        fields = _fields(record)
        shown = " ".join(f"{name}={value!r}" if name == "room" else f"{name}={value}" for name, value in fields.items())
        return _on_one_line(f"{line} [{shown}]" if shown else line)


class JsonFormatter(logging.Formatter):
    """One object on one line for each record."""

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        said: dict[str, Any] = {
            "time": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said)


def _fields(record: logging.LogRecord) -> dict[str, str]:
    found = {name: value for name in FIELDS if (value := str(getattr(record, name, "") or ""))}
    if "address" in found:
        found["address"] = address_shown(found["address"])
    return found


def _on_one_line(text: str) -> str:
    """So that nobody's text can pretend to be a line of its own."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
