"""What the log looks like, and what must never be in it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from server.core import protocol
from server.core.protocol import VERSION, Accepted, Refused
from server.logs import QUIET, set_up_log
from tests.fakes.programs import run_server
from tests.fakes.visitors import Friend, Stranger, TurnedAwayError
from tests.fakes.waiting import until


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
    for name, least in QUIET.items():
        logging.getLogger(name).log(least - 1, "42[chat]")
    assert log.getvalue() == ""


# -- a whole life ------------------------------------------------------------------------------------------------------

KEY, MAKER, PASSWORD, WRONG = "the-key-of-it", "the-makers-key", "the servers password", "a wrong guess"
ROOM_PASSWORD, FRESH_KEY, TITLE, WORDS = (
    "the rooms password",
    "fresh-key-of-a-room-0",
    "A Secret Film.mkv",
    "hush, nobody!",
)
URL, INVITE = "https://example.org/secret-film", "matinee://192.0.2.1:8998/den?key=secret-invite-key"
SAID = (
    protocol.Load(title=TITLE, url=URL),
    protocol.Add(entries=(protocol.NewEntry(title=TITLE, url=URL),)),
    protocol.Say(text=WORDS),
    protocol.SetPassword(password=ROOM_PASSWORD),
    protocol.MakeKey(key=FRESH_KEY),
    protocol.RoomMoved(invite=INVITE),
    protocol.Seek(media_us=5),
    protocol.EndRoom(),
)


def answered(friend: Friend) -> set[str]:
    return {each.id for each in friend.heard if isinstance(each, Accepted | Refused)}


async def live(url: str, port: int) -> set[str]:
    """All that can be said to an authority, rightly and wrongly. Returns what was secret of it."""
    ana = await Friend.join(url, key=MAKER, password=PASSWORD)
    again = await Friend.join(url, key=KEY, token=ana.welcome.token)
    for action in SAID:
        item = "" if isinstance(action, protocol.Load) else again.welcome.timeline.item
        id = await again.command(action, item=item)
        await until(lambda id=id: not again.is_connected or id in answered(again), f"an answer to {type(action)}")
    wrong = (
        {"key": WRONG, "password": WRONG},
        {"key": WRONG, "name": WRONG, "token": WRONG},
        {"password": WRONG},
    )
    for said in wrong:
        with pytest.raises(TurnedAwayError):
            await Friend.join(url, **said)
    for hello in (
        {"version": VERSION, "room": "den", WORDS: KEY},
        {"version": VERSION, "room": "den", "role": PASSWORD},
    ):
        with pytest.raises(TurnedAwayError):
            await Friend().enter(url, hello)
    for event in (
        ["command", {"id": "x", "revision": 0, "item": "", "action": {"do": WORDS}}],
        [
            "command",
            {"id": "x", "revision": 0, "item": "", "action": {"do": "say", "text": WORDS, TITLE: ROOM_PASSWORD}},
        ],
        ["command", {"id": [TITLE], "revision": 0, "item": "", "action": {"do": "say", "text": WORDS}}],
        [WORDS, {"key": KEY}],
        [{"key": KEY}],
    ):
        stranger = await Stranger.upgrade(port)
        hello = {"version": VERSION, "room": "attic", "name": "Mallory", "key": MAKER}
        await stranger.say("40" + json.dumps(hello))
        await stranger.say("42" + json.dumps(event))
        await stranger.end()
    await again.leave()
    await ana.leave()
    await Stranger.send_home()
    return {KEY, MAKER, PASSWORD, WRONG, ROOM_PASSWORD, FRESH_KEY, TITLE, WORDS, URL, INVITE, ana.welcome.token}


@pytest.mark.parametrize("form", ["text", "json"])
async def test_no_secret_is_in_the_log_of_a_whole_life(form: str) -> None:
    environ = {
        "MATINEE_SERVER_KEY": KEY,
        "MATINEE_SERVER_MAKER_KEY": MAKER,
        "MATINEE_SERVER_PASSWORD": PASSWORD,
        "MATINEE_SERVER_LOG_LEVEL": "debug",
        "MATINEE_SERVER_LOG_FORMAT": form,
    }
    async with run_server("--listen", "127.0.0.1:0", "--until-stdin-closes", **environ) as server:
        port = await server.port()
        secrets = await live(f"http://127.0.0.1:{port}", port)
        assert server.process.stdin is not None
        server.process.stdin.close()
        assert await server.end() == 0
        log = await server.errors()
    assert "refused: password" in log
    assert "a wrong message" in log
    assert "Traceback" not in log
    assert "ERROR" not in log.upper()
    assert [secret for secret in secrets if secret in log or json.dumps(secret)[1:-1] in log] == []
    assert "127.0.0.1" not in log
    assert "127.0.0.0/24" in log
    if form == "json":
        assert all(json.loads(line)["level"] in ("debug", "info") for line in log.splitlines())
