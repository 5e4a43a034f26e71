"""The bounds of what stands in messages, and what is said in place of a secret."""

from __future__ import annotations

import hashlib

import pytest

from server.core.wire import MAX_URL, is_web_url, key_digest, key_id


def test_a_key_is_known_by_its_hash_and_called_by_its_beginning() -> None:
    assert key_digest("0123456789abcdef") == hashlib.sha256(b"0123456789abcdef").hexdigest()
    assert key_id("0123456789abcdef") == key_digest("0123456789abcdef")[:8]
    assert key_id("0123456789abcdef") != key_id("0123456789abcdeg")


@pytest.mark.parametrize(
    ("url", "is_fit"),
    [
        ("", True),
        ("https://films.example/a.mkv?x=1#t", True),
        ("HTTP://[::1]:80/", True),
        ("https://ana:secret@films.example/a.mkv", False),
        ("file:///etc/passwd", False),
        ("https://films.example/a b", False),
        ("https://films.example/ä", False),
        ("https://", False),
        ("https://films.example/\n", False),
        ("https://films.example/" + "a" * MAX_URL, False),
    ],
)
def test_an_address_on_the_web_without_a_secret_may_be_told(url: str, is_fit: bool) -> None:
    assert is_web_url(url) == is_fit
