"""What can be wrong with an authority or the way to it: one sentence each, and a link that goes on where it can."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest

from player.core.news import Joined, LinkLost, LinkRefused, Received, Sampled
from server.core import protocol
from tests.fakes.authority import RealAuthority, ScriptedAuthority, invite_to, serve_bytes
from tests.fakes.ear import Ear
from tests.fakes.loop_thread import LoopThread
from tests.fakes.proxy import Proxy

MakeEar = Callable[[], Ear]


@pytest.mark.parametrize(
    ("flags", "changes", "code", "says"),
    [
        ({"key": "right"}, {"key": "wrong"}, "key", "ask for a new one"),
        ({"password": "right"}, {}, "password", "ask whoever runs the server"),
        ({"maker_key": "m", "key": "k"}, {"key": "k", "room": "Nowhere"}, "room", "no room “Nowhere”"),
    ],
)
def test_the_servers_no_is_passed_on(
    flags: dict[str, str], changes: dict[str, str], code: str, says: str, make_ear: MakeEar
) -> None:
    with RealAuthority(**flags) as authority:
        refused = make_ear().join(authority.invite(**changes)).wait_for(LinkRefused)
    assert refused.code == code
    assert says in refused.words


def test_another_version(real: RealAuthority, make_ear: MakeEar, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = protocol.VERSION + 1
    original = protocol.Hello

    def hello_of_the_future(**fields: object) -> protocol.Hello:
        return original(**{**fields, "version": newer})  # type: ignore[arg-type]

    monkeypatch.setattr("player.net.lifeline.Hello", hello_of_the_future)
    refused = make_ear().join(real.invite()).wait_for(LinkRefused)
    assert refused.code == "version"
    assert "update" in refused.words


def test_a_welcome_of_another_version(scripted: ScriptedAuthority, make_ear: MakeEar) -> None:
    scripted.script.welcome_changes = {"colour": "blue"}
    ear = make_ear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("player.net.connection.log.warning", lambda *_: None)
        refused = ear.join(scripted.invite()).wait_for(LinkRefused)
    assert refused.code == "bad"
    assert "update the older" in refused.words


@pytest.mark.parametrize(
    ("payload", "code", "says"),
    [
        ({"code": "full", "words": "Full."}, "full", "Full."),
        ({"message": "no", "data": {"code": "banned", "words": "Go away."}}, "banned", "Go away."),
        ({"message": "Unable"}, "bad", "refused: Unable"),
        ({"code": "later", "words": "?"}, "bad", "without a reason"),
        ({"message": "\n" * 400}, "bad", "without a reason"),
    ],
)
def test_any_refusal_has_words(
    scripted: ScriptedAuthority, make_ear: MakeEar, payload: object, code: str, says: str
) -> None:
    scripted.script.refusal = payload
    refused = make_ear().join(scripted.invite()).wait_for(LinkRefused)
    assert refused.code == code
    assert says in refused.words


def test_who_is_busy_is_asked_again(scripted: ScriptedAuthority, make_ear: MakeEar) -> None:
    scripted.script.refusal = {"code": "busy", "words": "Too busy."}
    ear = make_ear().join(scripted.invite())
    assert ear.wait_for(LinkLost).words == "Too busy."
    scripted.script.refusal = None
    ear.wait_for(Joined)


def test_a_server_that_is_down_is_told_and_waited_for(make_ear: MakeEar) -> None:
    with RealAuthority() as authority:
        pass
    ear = make_ear().join(authority.invite())
    assert "No server answers" in ear.wait_for(LinkLost).words
    with RealAuthority(authority.port):
        ear.wait_for(Joined)


def test_a_server_that_never_answers_is_told(proxy: Proxy, make_ear: MakeEar) -> None:
    proxy.hold()
    ear = make_ear().join(invite_to(proxy.port))
    assert "does not answer" in ear.wait_for(LinkLost).words
    proxy.release()
    ear.wait_for(Joined)


def test_a_computer_that_does_not_exist(make_ear: MakeEar, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr("player.net.resolving.socket.getaddrinfo", unknown)
    refused = make_ear().join(invite_to(7, host="nowhere.invalid")).wait_for(LinkRefused)
    assert "no computer named nowhere.invalid" in refused.words


def test_a_name_server_that_is_away_is_waited_for(
    real: RealAuthority, make_ear: MakeEar, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    ear = make_ear()
    with monkeypatch.context() as patch:
        patch.setattr("player.net.resolving.socket.getaddrinfo", away)
        ear.join(real.invite(host="localhost"))
        assert "can't be looked up now" in ear.wait_for(LinkLost).words
    ear.wait_for(Joined)


def test_another_certificate_than_the_pinned_one(make_ear: MakeEar) -> None:
    with ScriptedAuthority(tls=True) as authority:
        refused = make_ear().join(authority.invite(pin="A" * 43)).wait_for(LinkRefused)
        assert authority.hellos == []
    assert "another certificate" in refused.words


def test_a_certificate_that_nobody_vouches_for(make_ear: MakeEar) -> None:
    with ScriptedAuthority(tls=True) as authority:
        refused = make_ear().join(authority.invite(pin="", tls=True)).wait_for(LinkRefused)
        assert authority.hellos == []
    assert "can't be verified" in refused.words


def test_a_plain_server_where_the_invite_wants_tls(real: RealAuthority, make_ear: MakeEar) -> None:
    refused = make_ear().join(real.invite(tls=True)).wait_for(LinkRefused)
    assert "does not encrypt" in refused.words


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    ],
    ids=["ssh", "404", "page"],
)
def test_something_that_is_no_matinee(answer: bytes, make_ear: MakeEar) -> None:
    thread = LoopThread("stranger")
    server = thread.call(serve_bytes(answer))
    try:
        refused = make_ear().join(invite_to(server.sockets[0].getsockname()[1])).wait_for(LinkRefused)
        assert "no Matinee server" in refused.words
    finally:
        thread.call(_close(server))
        thread.stop()


async def _close(server: asyncio.Server) -> None:
    server.close()


def test_a_proxy_without_its_server_is_waited_for(make_ear: MakeEar) -> None:
    thread = LoopThread("gateway")
    server = thread.call(serve_bytes(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"))
    try:
        ear = make_ear().join(invite_to(server.sockets[0].getsockname()[1]))
        assert "closes the connection" in ear.wait_for(LinkLost).words
    finally:
        thread.call(_close(server))
        thread.stop()


@pytest.mark.parametrize("opening", ['0{"sid":1}', "0[", "4hello", "", "0" + "[" * 5000])
def test_a_websocket_that_is_no_matinee(scripted: ScriptedAuthority, make_ear: MakeEar, opening: str) -> None:
    scripted.script.opening = opening
    assert "no Matinee server" in make_ear().join(scripted.invite()).wait_for(LinkRefused).words


@pytest.mark.parametrize(
    "frame", ["x", "42", "42[]", "42[1,{}]", '42["a"]', "42{}", "451-[]", "44", "40[]", "9", "42[" * 9]
)
def test_nonsense_ends_the_connection_and_nothing_else(
    scripted: ScriptedAuthority, make_ear: MakeEar, frame: str
) -> None:
    ear = make_ear().join(scripted.invite())
    ear.wait_for(Sampled)
    scripted.write(frame)
    ear.wait_for(LinkLost)
    ear.wait_for(Joined)


@pytest.mark.expects_warnings
@pytest.mark.parametrize("frame", ['42["dance",{}]', '42["timeline",{}]', '42["clock",{"t0_us":"x"}]'])
def test_a_message_of_another_protocol_is_refused_alone(
    scripted: ScriptedAuthority, make_ear: MakeEar, frame: str, caplog: pytest.LogCaptureFixture
) -> None:
    ear = make_ear().join(scripted.invite())
    ear.wait_for(Sampled)
    scripted.write(frame)
    scripted.send(protocol.Notice(words="after"))
    ear.wait_for(Received, lambda event: event.message == protocol.Notice(words="after"))
    assert ear.of(LinkLost) == []
    assert len([record for record in caplog.records if record.name == "player.net.connection"]) == 1
    assert not any(record.exc_info for record in caplog.records)
