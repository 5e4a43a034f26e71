"""What travels for the call is bounded where it is read."""

from __future__ import annotations

from typing import Any

import pytest

from server.core import protocol
from server.core.protocol import WireError, decode_client, decode_server, is_janus_url, is_turn_url

ENDS: dict[str, Any] = {
    "ice_user": "abcd",
    "ice_password": "x" * 22,
    "fingerprint": ":".join(["0F"] * 32),
    "audio": 1,
    "video": 2,
    "candidates": [{"kind": "relay", "host": "8.8.4.4", "port": 5000, "priority": 1, "foundation": "1"}],
}


def offer(**changes: Any) -> dict[str, Any]:
    return {"to": "ben", "attempt": "a1", "what": {"is": "offer", "ends": {**ENDS, **changes}}}


def test_a_signal_is_what_was_said() -> None:
    message = decode_client("signal", offer())
    kind, payload = protocol.encode(message)
    assert kind == "signal"
    assert decode_client(kind, payload) == message


@pytest.mark.parametrize(
    "changes",
    [
        {"fingerprint": "AB"},
        {"fingerprint": ":".join(["0f"] * 32)},
        {"ice_user": "a\r\nm=video"},
        {"ice_password": "short"},
        {"audio": 0},
        {"video": 2**32},
        {"sdp": "v=0"},
        {"candidates": [{"kind": "prflx", "host": "8.8.4.4", "port": 1, "priority": 1, "foundation": "1"}]},
        {"candidates": [{"kind": "host", "host": "a b", "port": 1, "priority": 1, "foundation": "1"}]},
        {"candidates": ENDS["candidates"] * 65},
    ],
)
def test_garbage_is_no_signal(changes: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        decode_client("signal", offer(**changes))


def test_a_way_leads_nowhere_but_to_stun_and_turn() -> None:
    decode_server("ways", {"stun": ["stun:192.0.2.1:3478"], "turn": ["turns:[2001:db8::1]:5349?transport=tcp"]})
    for url in ("http://192.0.2.1/", "turn:", "turn:a b", "turn:host:port", "turn:host?transport=tls"):
        with pytest.raises(WireError):
            decode_server("ways", {"turn": [url]})


def test_a_relay_is_no_mere_stun_server() -> None:
    assert is_turn_url("turn:relay.example.org")
    assert is_turn_url("turns:[2001:db8::1]:5349?transport=tcp")
    assert not is_turn_url("stun:relay.example.org")
    assert not is_turn_url("turn:" + "a" * 300)


def test_a_meeting_is_at_a_socket_and_nowhere_else() -> None:
    assert all(map(is_janus_url, ("ws://127.0.0.1:8188", "wss://sfu.example.org/janus", "wss://[2001:db8::1]:443/")))
    for url in ("http://a/", "ws://", "ws://a b/", "ws://u:p@a/", "wss://a/\n", "wss://" + "a" * 200):
        assert not is_janus_url(url)
        with pytest.raises(WireError):
            decode_server("ways", {"meeting": {"url": url, "room": "ab", "generation": 1}})


def test_a_feed_is_told_as_a_signal() -> None:
    message = decode_client("signal", {"to": "ben", "attempt": "a1", "what": {"is": "feed", "feed": "ab"}})
    assert protocol.encode(message)[1]["what"] == {"is": "feed", "feed": "ab"}
