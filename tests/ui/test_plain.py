"""Strangers' words: what is taken out, and what is a link."""

from __future__ import annotations

import pytest

from player.ui.plain import split_links, tame


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Hello", "Hello"),
        (" a\u202eb\u2066c\u200e ", "abc"),
        ("a\r\nb\u2028c", "a\nb\nc"),
        ("a\x00\x1bb\tc", "ab\tc"),
        ("👨‍👩‍👧 ❤️", "👨‍👩‍👧 ❤️"),
        ("می\u200cروم", "می\u200cروم"),
        ("\ufeff\u00ad", ""),
    ],
)
def test_what_can_not_be_seen_is_taken_out(text: str, shown: str) -> None:
    assert tame(text) == shown


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("no link", []),
        ("https://example.org", ["https://example.org"]),
        ("see http://a.b/c?d=e#f.", ["http://a.b/c?d=e#f"]),
        ("(https://a.b/c_(d))", ["https://a.b/c_(d)"]),
        ("HTTPS://A.B, https://c.d!", ["HTTPS://A.B", "https://c.d"]),
        ('<a href="https://a.b">x</a>', ["https://a.b"]),
        ("ftp://a.b file:///etc javascript:x data:text/html,x", []),
        ("https://", []),
        ("https://...", []),
        ("xhttps://a.b", []),
    ],
)
def test_links(text: str, links: list[str]) -> None:
    pieces = split_links(text)
    assert [piece for piece, is_link in pieces if is_link] == links
    assert "".join(piece for piece, _ in pieces) == text
