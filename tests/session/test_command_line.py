"""The command line as values, and wrong use as one sentence with exit status 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from player.command_line import read_command_line
from server.core import protocol

INVITE = "matinee://192.0.2.7:8998/Friday?tls=off"


def test_without_words_the_window_opens() -> None:
    assert read_command_line([]).command == "window"


def test_a_desktops_menu_opens_nothing() -> None:
    assert read_command_line(["open"]).media == ""


def test_common_options_stand_before_and_after_the_command() -> None:
    before = read_command_line(["--name", "Ana", "open", "a.mkv"])
    after = read_command_line(["open", "a.mkv", "--name", "Ana"])
    assert before == after
    assert (after.command, after.media, after.name) == ("open", "a.mkv", "Ana")


def test_join_reads_its_invite() -> None:
    options = read_command_line(["join", INVITE, "a.mkv", "--headless", "--telemetry", "t.jsonl"])
    assert options.invite is not None
    assert (options.invite.host, options.invite.port, options.invite.room) == ("192.0.2.7", 8998, "Friday")
    assert options.headless
    assert options.telemetry == Path("t.jsonl")


@pytest.mark.parametrize("words", [["open"], ["host"], ["join", INVITE], ["demo"]])
def test_a_call_is_joined_by_itself_only_if_that_is_said(words: list[str]) -> None:
    assert not read_command_line(words).call
    options = read_command_line([*words, "--call", "--camera", "test", "--mic", "off", "--relay-only"])
    assert (options.call, options.camera, options.mic, options.relay_only) == (True, "test", "off", True)


@pytest.mark.parametrize(
    ("words", "action"),
    [
        (["play"], protocol.Play()),
        (["pause"], protocol.Pause()),
        (["seek", "12.5"], protocol.Seek(media_us=12_500_000)),
        (["rate", "1.5"], protocol.SetRate(rate=1.5)),
        (["status"], None),
    ],
)
def test_remote_reads_one_command(words: list[str], action: protocol.Action | None) -> None:
    assert read_command_line(["remote", INVITE, *words]).action == action


@pytest.mark.parametrize(
    "words",
    [
        ["dance"],
        ["join"],
        ["join", "matinee:/192.0.2.7"],
        ["join", "http://192.0.2.7/Friday"],
        ["host", "--server", "ftp://films.example.org"],
        ["host", "--room", "x" * 65, "--server", "films.example.org"],
        ["remote", INVITE, "toggle"],
        ["remote", INVITE, "seek"],
        ["remote", INVITE, "seek", "soon"],
        ["remote", INVITE, "seek", "-1"],
        ["remote", INVITE, "rate", "9"],
        ["remote", INVITE, "rate", "nan"],
        ["open", "a.mkv", "--volume", "101"],
        ["remote", INVITE, "play", "--call"],
        ["join", INVITE, "--camera"],
        ["doctor", "http://192.0.2.7/Friday"],
        ["open", "a.mkv", "--geometry", "large"],
        ["open", "a.mkv", "--quit-after", "soon"],
    ],
)
def test_wrong_use_is_one_sentence_and_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_command_line(words)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert len(said.strip().splitlines()) == 1
    assert said.startswith("matinee")


def test_the_doctor_may_be_given_an_invite() -> None:
    assert read_command_line(["doctor"]).invite is None
    options = read_command_line(["doctor", INVITE, "--password", "sesame"])
    assert options.invite is not None
    assert options.password == "sesame"


def test_help_says_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_command_line(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for command in ("open", "host", "join", "remote", "demo", "doctor"):
        assert command in said
    assert "--estimator-error" not in said
