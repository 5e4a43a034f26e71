"""What can be set, from where, and what is said when it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from server.__main__ import read_command_line
from server.core.room_state import RoomPolicy
from server.settings import Limits, ServerSettings, SettingsError, read_settings, split_address


def test_nothing_said_is_loopback_without_tls() -> None:
    settings = read_settings({}, {})
    assert settings == ServerSettings()
    assert settings.address == ("127.0.0.1", 8998)
    assert not settings.wants_tls


def test_flags_win_over_the_environment_which_wins_over_the_file(tmp_path: Path) -> None:
    config = tmp_path / "server.toml"
    config.write_text(
        "listen = '127.0.0.1:1'\npassword = 'file'\npath = 'watch'\n[limits]\nrooms = 5\nconnections = 50\n"
        "[room]\nmembers_most = 3\n"
    )
    environ = {
        "MATINEE_SERVER_CONFIG": str(config),
        "MATINEE_SERVER_LISTEN": "127.0.0.1:2",
        "MATINEE_SERVER_PASSWORD": "environment",
        "MATINEE_SERVER_KEY": "sesame",
        "MATINEE_SERVER_TRUSTED_PROXY": "10.0.0.1, 10.1.0.0/16",
        "MATINEE_SERVER_METRICS_FROM": "192.0.2.0/24,2001:db8::/32",
        "MATINEE_SERVER_LOG_FORMAT": "json",
        "MATINEE_SERVER_NO_TLS": "true",
        "MATINEE_SERVER_LIMITS_ROOMS": "6",
        "MATINEE_SERVER_ROOM_SILENCE": "7.5",
    }
    settings = read_settings({"listen": "127.0.0.1:3", "limits": {"messages_rate": "20"}}, environ)
    assert settings == ServerSettings(
        listen="127.0.0.1:3",
        password="environment",
        key="sesame",
        path="/watch",
        no_tls=True,
        trusted_proxy=("10.0.0.1", "10.1.0.0/16"),
        metrics_from=("192.0.2.0/24", "2001:db8::/32"),
        log_format="json",
        limits=Limits(rooms=6, connections=50, messages_rate=20.0),
        room=RoomPolicy(members_most=3, silence=7.5),
    )


def test_a_limit_on_the_command_line_is_found_by_its_name() -> None:
    settings = read_command_line(["--limit", "rooms=7", "--limit", "members_most=9"])
    assert (settings.limits.rooms, settings.room.members_most) == (7, 9)


def test_limits_and_policy_have_no_name_in_common() -> None:
    assert not set(Limits.__struct_fields__) & set(RoomPolicy.__slots__)


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1:0", ("127.0.0.1", 0)), ("[::1]:80", ("::1", 80)), ("localhost:65535", ("localhost", 65535))],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert split_address(text) == address


@pytest.mark.parametrize("text", ["", "8998", ":8998", "::1:80", "host:", "host:x", "host:65536", "[]:1", "host:²"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(SettingsError):
        split_address(text)


@pytest.mark.parametrize(
    ("listen", "flags", "wants"),
    [
        ("127.0.0.1:1", {}, False),
        ("[::1]:1", {}, False),
        ("localhost:1", {}, False),
        ("0.0.0.0:1", {}, True),
        ("example.org:1", {}, True),
        ("0.0.0.0:1", {"no_tls": True}, False),
        ("127.0.0.1:1", {"tls_cert": "c", "tls_key": "k"}, True),
    ],
)
def test_tls_is_for_all_but_loopback(listen: str, flags: dict[str, Any], wants: bool) -> None:
    assert read_settings({"listen": listen, **flags}, {}).wants_tls is wants


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"listen": "nowhere"}, "ADDR:PORT"),
        ({"tls_cert": "c"}, "belong together"),
        ({"turn": ["turn:192.0.2.1"]}, "--turn-secret belong together"),
        ({"turn_secret": "s"}, "--turn-secret belong together"),
        ({"turn": ["stun:192.0.2.1"], "turn_secret": "s"}, "turns: URLs"),
        ({"turn": ["relay"], "turn_secret": "s"}, "turns: URLs"),
        ({"turn": ["turn:192.0.2.1"] * 9, "turn_secret": "s"}, "8 at most"),
        ({"janus": "ws://192.0.2.1:8188"}, "--janus-secret belong together"),
        ({"janus_secret": "s"}, "--janus-secret belong together"),
        ({"janus": "http://192.0.2.1:8088/janus", "janus_secret": "s"}, "--janus wants a ws: or wss: URL"),
        ({"janus_public": "wss://a/"}, "give that, too"),
        ({"no_tls": True, "tls_cert": "c", "tls_key": "k"}, "contradicts"),
        ({"no_tls": True, "certificate_dir": "d"}, "contradicts"),
        ({"certificate_dir": "d", "tls_cert": "c", "tls_key": "k"}, "--certificate-dir"),
        ({"trusted_proxy": ["nginx"]}, "no address for --trusted-proxy"),
        ({"metrics_from": ["everybody"]}, "no address for --metrics-from"),
        ({"path": "/a b"}, "no path prefix"),
        ({"log_level": "loud"}, "log_level"),
        ({"log_format": "xml"}, "log_format"),
        ({"limits": {"rooms": 0}}, "limits.rooms"),
        ({"limits": {"rooms": "many"}}, "limits.rooms"),
        ({"limits": {"rumours": 1}}, "rumours"),
        ({"room": {"silence": "long"}}, "room.silence"),
        ({"room": {"noise": 1}}, "room.noise"),
        ({"more": 1}, "more"),
    ],
)
def test_what_is_wrong_is_named(flags: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read_settings(flags, {})


def test_the_wrong_source_is_named(tmp_path: Path) -> None:
    config = tmp_path / "server.toml"
    config.write_text("listen = 5")
    with pytest.raises(SettingsError, match=r"server\.toml"):
        read_settings({"listen": "127.0.0.1:1"}, {}, str(config))
    with pytest.raises(SettingsError, match="environment"):
        read_settings({}, {"MATINEE_SERVER_LIMITS_ROOMS": "many"})


@pytest.mark.parametrize(
    "argv",
    [
        ["--listen"],
        ["--list", "127.0.0.1:1"],
        ["--bogus"],
        ["extra"],
        ["--listen", "here"],
        ["--limit", "rooms"],
        ["--limit", "rumours=1"],
        ["--limit", "rooms=x"],
        ["--config", "/nowhere/server.toml"],
    ],
)
def test_wrong_use_is_one_sentence_and_exit_code_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_command_line(argv)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("matinee-server: ")
    assert said.count("\n") == 1


def test_without_a_janus_no_room_wants_one() -> None:
    assert read_settings({}, {}).room_policy == RoomPolicy(sfu_above=0)
    assert read_settings({"janus": "ws://127.0.0.1:8188", "janus_secret": "s"}, {}).room_policy == RoomPolicy()
