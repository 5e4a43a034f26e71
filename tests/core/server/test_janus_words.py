"""What is said to a Janus, and how suspiciously its answers are read."""

from __future__ import annotations

import json

import pytest

from server.core.janus_words import (
    Description,
    JanusError,
    gone_of,
    number_of,
    read_word,
    texts_of,
    word_of,
)


def test_a_request_holds_what_it_needs_and_nothing_else() -> None:
    assert json.loads(word_of("create", "1", "t")) == {"janus": "create", "transaction": "1", "token": "t"}
    offer = Description("offer", "v=0")
    said = json.loads(word_of("message", "2", "t", 5, 6, {"request": "join"}, offer, opaque_id="x"))
    assert (said["session_id"], said["handle_id"], said["opaque_id"]) == (5, 6, "x")
    assert said["body"] == {"request": "join"}
    assert said["jsep"] == {"type": "offer", "sdp": "v=0"}


def test_answers_of_core_and_plugin_are_read() -> None:
    said = read_word('{"janus": "success", "transaction": "1", "data": {"id": 7}}')
    assert (said.kind, said.transaction, said.error) == ("success", "1", None)
    assert number_of(said.data, "id") == 7
    said = read_word(
        '{"janus": "event", "sender": 9, "plugindata": {"plugin": "p", "data": {"videoroom": "joined", "id": "ab"}},'
        ' "jsep": {"type": "answer", "sdp": "v=0", "e2ee": false}, "session_id": 1}'
    )
    assert said.handle == 9
    assert texts_of(said.data, "videoroom", "id") == ("joined", "ab")
    assert said.description == Description("answer", "v=0")


def test_errors_of_core_and_plugin_are_errors() -> None:
    error = read_word('{"janus": "error", "error": {"code": 403, "reason": "no"}}').error
    assert error is not None
    assert (error.code, str(error)) == (403, "no")
    error = read_word('{"janus": "event", "plugindata": {"data": {"error_code": 426, "error": "No room"}}}').error
    assert error is not None
    assert error.code == 426
    error = read_word('{"janus": "event", "plugindata": {"data": {"error_code": "x"}}}').error
    assert error is not None
    assert error.code == 0


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"janus": 1}', '{"janus": "a", "jsep": {"type": "x", "sdp": ""}}', b"\xff", '{"janus": "a"'],
)
def test_what_is_no_word_is_refused(text: str | bytes) -> None:
    with pytest.raises(JanusError):
        read_word(text)


def test_what_is_missing_is_said() -> None:
    for data in (None, {}, {"id": "a"}, {"id": True}):
        with pytest.raises(JanusError, match="id"):
            number_of(data, "id")
    for data in (None, {"id": "a"}, {"id": "a", "room": 1}):
        with pytest.raises(JanusError, match="room"):
            texts_of(data, "id", "room")


def test_a_feed_that_is_gone_is_named() -> None:
    assert gone_of({"videoroom": "event", "unpublished": "ab"}) == "ab"
    assert gone_of({"videoroom": "event", "leaving": "cd"}) == "cd"
    for data in (None, {}, {"leaving": 5}):
        assert gone_of(data) is None
