"""What the log looks like, and what must never be in it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from server.logs import QUIET, set_up_log


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Where `set_up_log` may write; the test's own handlers are back in the end."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)


FIELDS = {"room": "den", "peer": "41f3", "address": "192.0.2.77"}


def test_a_line_for_people_ends_with_its_fields(log: io.StringIO) -> None:
    set_up_log("info", "text", log)
    logging.getLogger("server.gate").info("cut: %s", "too many messages", extra=FIELDS)
    logging.getLogger("server.gate").info("nobody's", extra={"room": "", "peer": ""})
    logging.getLogger("server.gate").debug("is below the level")
    first, second = log.getvalue().splitlines()
    words = " INFO server.gate: cut: too many messages [room='den' peer=41f3 address=192.0.2.0/24]"
    assert first.endswith(words)
    assert second.endswith(" INFO server.gate: nobody's")


def test_an_object_for_machines_has_them_by_name(log: io.StringIO) -> None:
    set_up_log("debug", "json", log)
    logging.getLogger("server.app").debug("is in “%s”", "den", extra=FIELDS)
    said = json.loads(log.getvalue())
    assert said.pop("time").endswith("Z")
    assert said == {
        "level": "debug",
        "logger": "server.app",
        "event": "is in “den”",
        **FIELDS,
        "address": "192.0.2.0/24",
    }


@pytest.mark.expects_warnings
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_traceback_is_kept(log: io.StringIO, form: str) -> None:
    set_up_log("info", form, log)
    try:
        raise ZeroDivisionError("for the test")
    except ZeroDivisionError:
        logging.getLogger("server.app").exception("went wrong")
    assert "ZeroDivisionError: for the test" in log.getvalue()
    assert (log.getvalue().count("\n") == 1) is (form == "json")


@pytest.mark.parametrize("form", ["text", "json"])
def test_nobody_writes_a_line_of_their_own(log: io.StringIO, form: str) -> None:
    set_up_log("info", form, log)
    forged = "den\n2026-01-01 00:00:00,000 ERROR server: all is lost\x1b[2J\u2028"
    logging.getLogger("server.app").info("room %s", forged, extra={"room": forged, "address": forged})
    assert log.getvalue().count("\n") == 1
    assert not {"\x1b", "\u2028"} & set(log.getvalue())


def test_libraries_that_tell_of_every_message_are_hushed(log: io.StringIO) -> None:
    set_up_log("debug", "text", log)
    for name in QUIET:
        logging.getLogger(name).warning("42[chat]")
    assert log.getvalue() == ""
