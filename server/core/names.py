"""What strangers may call themselves and their films: visible characters only, and no two names alike.

Control characters, bidirectional overrides, separators and other invisible format characters can reorder or hide
what stands beside them, so they go (Unicode Standard Annex 9, Technical Report 36). The two joiners and the variation
selectors stay: Persian, Mongolian and emoji need them; a name made of nothing else counts as empty, and two names that
differ in nothing else are alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

JOINERS = "\u200c\u200d"
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U00016fe4\U0001d159"  # signs that are drawn as nothing
SILENT = re.compile("[\u200c\u200d\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # stays, says nothing


def clean_text(text: str, limit: int) -> str:
    """`text` on one line, without what can't be seen, at most `limit` characters; may be empty."""
    spaced = " ".join(text.split())
    kept = "".join(sign for sign in spaced if _is_kept(sign))
    short = " ".join(unicodedata.normalize("NFC", kept).split())[:limit].strip()
    return short if SILENT.sub("", short).strip() else ""


def unique_name(wish: str, taken: Iterable[str], limit: int) -> str:
    """A name like `wish` that nobody in `taken` has: "Ana", "Ana 2", "Ana 3" ... An empty wish is "Guest"."""
    wish = clean_text(wish, limit) or "Guest"
    others = {_look(name) for name in taken}
    name, count = wish, 1
    while _look(name) in others:
        count += 1
        number = f" {count}"
        name = wish[: limit - len(number)].rstrip() + number
    return name


def _is_kept(sign: str) -> bool:
    return sign in JOINERS or (sign not in BLANKS and unicodedata.category(sign) not in UNSEEN)


def _look(name: str) -> str:
    """What two names share that people would take for one another."""
    bare = " ".join(SILENT.sub("", name).split())
    return unicodedata.normalize("NFKC", bare).casefold()
