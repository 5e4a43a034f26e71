"""What all messages are made of: strict values, and the bounds of what may stand in them."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Literal

import msgspec

from server.core.timeline import MAX_RATE, MIN_RATE

MAX_MESSAGE_BYTES = 16 * 1024
MAX_NAME, MAX_ROOM, MAX_TITLE, MAX_WORDS, MAX_URL = 32, 64, 200, 300, 1000
MAX_SAID = 2000  # characters of a line of chat
MAX_EMOJI = 16  # code points: a family with skin tones has eleven
MAX_ADDED = 7  # entries of one `add`
ROSTER_PAGE = 20  # members of one page of a roster: the first stands in a welcome beside the film and who is waited for
BUNDLE_PART = 8000  # characters of one message of a bundle

_TEXT = r"^[^\ud800-\udfff]*\Z"  # JSON may hold half a surrogate pair, which could not be written again
# http or https, without a name and password: other schemes reach into the files of who opens them
_WEB = r"^(?:(?i:https?)://[!$-.0->A-\[\]-~]+(?:[/?#][!#-\[\]-~]*)?)?\Z"

Micros = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
Natural = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
AnyName = Annotated[str, msgspec.Meta(max_length=MAX_NAME, pattern=_TEXT)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME, pattern=_TEXT)]
RoomName = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ROOM, pattern=_TEXT)]
Title = Annotated[str, msgspec.Meta(max_length=MAX_TITLE, pattern=_TEXT)]
Words = Annotated[str, msgspec.Meta(max_length=MAX_WORDS, pattern=_TEXT)]
Url = Annotated[str, msgspec.Meta(max_length=MAX_URL, pattern=r"^[!#-\[\]-~]*\Z")]  # as it is percent-encoded: ASCII
WebUrl = Annotated[str, msgspec.Meta(max_length=MAX_URL, pattern=_WEB)]
Said = Annotated[str, msgspec.Meta(max_length=MAX_SAID, pattern=_TEXT)]
Emoji = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_EMOJI, pattern=_TEXT)]
Fingerprint = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[0-9a-f]*\Z")]
ShortId = Annotated[str, msgspec.Meta(max_length=40, pattern=_TEXT)]
Secret = Annotated[str, msgspec.Meta(max_length=128, pattern=_TEXT)]
FreshKey = Annotated[str, msgspec.Meta(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9_-]*\Z")]
Rate = Annotated[float, msgspec.Meta(ge=MIN_RATE, le=MAX_RATE)]

Role = Literal["host", "operator", "guest"]
Who = Literal["all", "operators"]
Loop = Literal["off", "one", "all"]


def is_web_url(url: str) -> bool:
    """Whether an address may be told to others; "" is none."""
    return len(url) <= MAX_URL and re.match(_WEB, url) is not None


class Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What all messages are: values, strict."""


def key_digest(key: str) -> str:
    """What a room keeps of an invite's key: SHA-256, hex. (The key is 96 bits of chance or more: nothing slower is
    needed.)"""
    return hashlib.sha256(key.encode()).hexdigest()


def key_id(key: str) -> str:
    """What an invite's key is called where the key itself must not stand."""
    return key_digest(key)[:8]
