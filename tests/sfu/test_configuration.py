"""The configuration that we ship, on a real Janus: what it lets nobody do."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from websockets.exceptions import InvalidMessage
from websockets.typing import Origin

from tests.fakes.janus import HOME, PACKAGED, PLUGIN, Caller, Janus

ROOM = "0123456789abcdef"


async def code_of(caller: Caller, **question: object) -> int:
    """The core's error code."""
    return int((await caller.ask(**question)).get("error", {}).get("code", 0))


def listened(janus: Janus) -> list[str]:
    """Addresses at which that process accepts TCP."""
    lines = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split()[3] for line in lines if f"pid={janus.process_id}," in line]


async def test_there_is_one_door_and_it_is_on_this_machine(janus: Janus) -> None:
    assert listened(janus) == [f"127.0.0.1:{janus.port}"]


async def test_there_is_one_plugin_one_transport_and_no_admin(janus: Janus) -> None:
    caller = await Caller.call(janus)
    info = await caller.ask(janus="info")
    assert list(info["plugins"]) == [PLUGIN]
    assert list(info["transports"]) == ["janus.transport.websockets"]
    assert info["auth_token"] is True
    assert info["event_handlers"] is False
    assert "dependencies" not in info
    for request in ("list_sessions", "list_tokens", "add_token", "set_log_level", "get_status"):
        assert await code_of(caller, janus=request, admin_secret="janusoverlord") != 0
    await caller.close()


async def test_a_token_that_is_forged_expired_or_for_something_else_is_refused(janus: Janus) -> None:
    good = janus.sign(PLUGIN)
    expiry, _, rest = good.partition(",")
    for token in (
        "",
        janus.sign(PLUGIN, secret="janus"),
        janus.sign(PLUGIN, lasting=-2.0),
        janus.sign(PLUGIN, realm="janus.plugin.echotest"),
        f"{int(expiry) + 3600},{rest}",
    ):
        caller = await Caller.call(janus)
        caller.token = token
        assert await code_of(caller, janus="create") == 403
        await caller.close()
    caller = await Caller.call(janus, janus.sign("janus.plugin.echotest"))
    session = (await caller.ask(janus="create"))["data"]["id"]
    assert await code_of(caller, janus="attach", plugin=PLUGIN, session_id=session) == 405
    await caller.close()


async def test_only_who_has_the_secret_makes_a_room_and_nobody_lists_them(janus: Janus) -> None:
    member = await (await Caller.call(janus)).enter()
    assert (await member.ask_plugin(request="list"))["list"] == []
    for key in ({}, {"admin_key": "supersecret"}):
        assert (await member.ask_plugin(request="create", room=ROOM, **key))["error_code"] in (429, 433)
    made = await member.ask_plugin(
        request="create", room=ROOM, admin_key=janus.secret, is_private=True, signed_tokens=True, secret="x"
    )
    assert made["videoroom"] == "created"
    assert (await member.ask_plugin(request="list"))["list"] == []
    assert (await member.ask_plugin(request="destroy", room=ROOM))["error_code"] != 0
    forward = {"request": "rtp_forward", "room": ROOM, "publisher_id": "a", "host": "192.0.2.9", "secret": "x"}
    assert (await member.ask_plugin(**forward, streams=[]))["error_code"] in (429, 433)
    await member.close()


async def test_a_room_wants_a_ticket_of_its_own(janus: Janus) -> None:
    maker = await (await Caller.call(janus)).enter()
    await maker.ask_plugin(request="create", room=ROOM, admin_key=janus.secret, signed_tokens=True)
    for ticket in (
        None,
        janus.sign(PLUGIN),
        janus.ticket("another"),
        janus.ticket(ROOM, lasting=-2.0),
        janus.ticket(ROOM, secret="x"),
    ):
        member = await (await Caller.call(janus)).enter()
        said = {} if ticket is None else {"token": ticket}
        answer = await member.ask_plugin(request="join", ptype="publisher", room=ROOM, **said)
        assert answer["error_code"] == 433
        await member.close()
    member = await (await Caller.call(janus)).enter()
    joined = await member.ask_plugin(request="join", ptype="publisher", room=ROOM, token=janus.ticket(ROOM))
    assert joined["videoroom"] == "joined"
    await member.close()
    await maker.close()


async def test_no_web_page_speaks_for_a_browser(janus: Janus) -> None:
    for origin in (None, Origin("https://example.org")):
        with pytest.raises(InvalidMessage):
            await Caller.call(janus, origin=origin)


def test_the_service_does_not_start_without_a_secret_of_one_s_own(janus: Janus) -> None:
    """Janus itself would: it goes on without a file that is missing or broken."""
    unit = (PACKAGED / "matinee-janus.service").read_text("utf-8")
    checks = [line.partition("=")[2] for line in unit.splitlines() if line.startswith("ExecStartPre=")]
    assert len(checks) == 2
    for secret, wanted in (
        (janus.folder / "secret.jcfg", 0),
        (PACKAGED / "secret.jcfg.example", 1),
        (janus.folder / "nothing", 2),
    ):
        for check in checks:
            words = shlex.split(check.replace(f"{HOME}/secret.jcfg", str(secret)))
            assert subprocess.run(words, capture_output=True, check=False).returncode == wanted
