"""Whether a short text is one emoji, so that what floats over a film is a picture and no word.

The forms are those of Unicode Technical Standard 51, read generously: a sign with perhaps a skin tone or the variation
selector, several of those joined by zero width joiners, a pair of regional indicators (a flag), a digit in a keycap, a
black flag with tags. Signs are symbols; code points that this Python's Unicode does not know yet count as such in the
blocks where emoji are added.
"""

from __future__ import annotations

import re
import unicodedata

JOINER = "\u200d"
_ELEMENT = re.compile("(.)[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?", re.DOTALL)
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}|\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
_LIKE_SYMBOLS = "‼⁉〰ℹ"  # of other categories
_NOT_ALONE = "\u2800\ufffc\ufffd" + "".join(map(chr, range(0x1F1E6, 0x1F200)))  # blanks, halves of flags
_NEW = range(0x1F000, 0x1FB00)


def is_emoji(text: str) -> bool:
    if _FLAG.fullmatch(text) or _KEYCAP.fullmatch(text):
        return True
    elements = (_ELEMENT.fullmatch(part) for part in text.split(JOINER))
    return all(element is not None and _is_symbol(element[1]) for element in elements)


def _is_symbol(sign: str) -> bool:
    match unicodedata.category(sign):
        case "So":
            return sign not in _NOT_ALONE
        case "Sm":  # arrows; what a keyboard has is no emoji
            return sign > "\u2000"
        case "Cn" | "Sk":
            return ord(sign) in _NEW
        case _:
            return sign in _LIKE_SYMBOLS
