"""Long lists in messages that fit: which of their values go into one page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from server.core.wire import MAX_MESSAGE_BYTES, Wire

PAGE_BYTES = MAX_MESSAGE_BYTES - 1024  # for the values; the rest is for what stands beside them

Value = TypeVar("Value", bound=Wire)


def pages_of(values: Sequence[Value]) -> tuple[tuple[Value, ...], ...]:
    """The values in their order, in as few pages as fit one message each. No values are one empty page."""
    pages: list[tuple[Value, ...]] = []
    page: list[Value] = []
    used = 1  # a bracket; each value and a comma or the other bracket come to it
    for value in values:
        size = len(msgspec.json.encode(value)) + 1
        if page and used + size > PAGE_BYTES:
            pages.append(tuple(page))
            page, used = [], 1
        page.append(value)
        used += size
    return (*pages, tuple(page))
