"""What people write for a server becomes an invite to a room on it."""

from __future__ import annotations

import pytest

from player.core.invite import DEFAULT_PORT, Invite, InviteError
from player.core.server_url import invite_on_server, may_be_server


@pytest.mark.parametrize(
    ("url", "invite"),
    [
        ("films.example.org", Invite("films.example.org", DEFAULT_PORT, "Kino 1")),
        ("films.example.org:9000", Invite("films.example.org", 9000, "Kino 1")),
        (" https://films.example.org ", Invite("films.example.org", 443, "Kino 1")),
        ("HTTPS://films.example.org/together/", Invite("films.example.org", 443, "Kino 1", path="together")),
        ("http://[::1]:8998", Invite("::1", 8998, "Kino 1", tls=False)),
        ("matinee://192.0.2.7:8998?tls=off&key=k", Invite("192.0.2.7", 8998, "Kino 1", tls=False, key="k")),
    ],
)
def test_each_way_to_write_it(url: str, invite: Invite) -> None:
    assert invite_on_server(url, "Kino 1") == invite


@pytest.mark.parametrize("url", ["", "ftp://films.example.org", "https://", "films example", "host:port"])
def test_a_typo_is_named(url: str) -> None:
    with pytest.raises(InviteError):
        invite_on_server(url, "Kino 1")


@pytest.mark.parametrize("text", ["films.example.org", " https://films.example.org/together ", "[::1]:8998", "attic"])
def test_a_server_where_an_invite_was_expected(text: str) -> None:
    assert may_be_server(text)


@pytest.mark.parametrize(
    "text", ["", "mat", "matinee:", "matinee://192.0.2.7", "matinee://192.0.2.7/Kino", "ftp://films", "what is this"]
)
def test_what_is_no_server(text: str) -> None:
    assert not may_be_server(text)
