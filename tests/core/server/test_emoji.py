"""Whether a short text is one emoji."""

import pytest

from server.core.emoji import is_emoji


@pytest.mark.parametrize(
    "text",
    [
        "😀",
        "❤",
        "❤️",
        "☺︎",
        "👍🏽",
        "🏽",
        "👨‍👩‍👧‍👦",
        "👩🏿‍❤️‍💋‍👨🏻",
        "🏳️‍🌈",
        "🇨🇭",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "3️⃣",
        "#⃣",
        "↔️",
        "‼️",
        "ℹ️",
        "\U0001faff",  # not in this Unicode yet, or only just
    ],
)
def test_an_emoji_is_one(text: str) -> None:
    assert is_emoji(text)


WORDS = ("", "a", "ok", "1", "+", "<", "^", "漢", "e\u0301", "\n", "\u202e😀", "\U0010ffff")
PIECES = ("😀😀", "😀 ", "😀\u200d", "\u200d", "\u200d\u200d", "\ufe0f", "🇨", "🇨🇭🇨🇭", "😀\u0301", "\u2800")


@pytest.mark.parametrize("text", [*WORDS, *PIECES], ids=ascii)
def test_what_is_no_emoji_is_none(text: str) -> None:
    assert not is_emoji(text)
