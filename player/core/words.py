"""Times, differences and the like as people read them."""

from __future__ import annotations

import re
from typing import Literal


def clock_text(seconds: float) -> str:
    """A media time: 3:07, 1:02:09. Whole seconds, cut, never rounded up into a place not reached yet."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{second:02d}" if hours else f"{minutes}:{second:02d}"


def place_text(media_time: float, duration: float | None) -> str:
    """Where in a film: "3:07 of 1:02:09"."""
    return clock_text(media_time) + ("" if duration is None else f" of {clock_text(duration)}")


def asynchrony_text(seconds: float) -> str:
    """A signed difference: "+3 ms" (ahead), "−120 ms" (behind), "+1.3 s", "0 ms"."""
    size = abs(seconds)
    if size < 0.0005:
        return "0 ms"
    return _signed(f"{seconds:+.1f} s" if size >= 0.9995 else f"{1e3 * seconds:+.0f} ms")


def figure_text(asynchrony: float | None, level: str) -> str:
    """What a member's line in the roster says about its place (`level` as in `view.Level`). An en dash: not known.

    While the film stands there is no figure: then somebody is ready or is not."""
    if asynchrony is not None:
        return asynchrony_text(asynchrony)
    return {"good": "ready", "near": "getting ready"}.get(level, "–")


def file_text(path: str) -> str:
    """What a file or link is called: the last part of its path."""
    parts = re.split(r"[/\\]+", path.partition("?")[0].rstrip("/\\") if "://" in path else path)
    return parts[-1]


def rate_text(rate: float) -> str:
    """A speed: "1×", "1.25×"."""
    return f"{rate:.2f}".rstrip("0").rstrip(".") + "×"


def delay_text(seconds: float) -> str:
    """A delay of subtitles: "+0.3 s (later)", "−0.1 s (earlier)", "none"."""
    if abs(seconds) < 0.0005:
        return "none"
    return _signed(f"{seconds:+.1f} s") + (" (later)" if seconds > 0 else " (earlier)")


def offset_text(seconds: float) -> str:
    """By how much a film is shown ahead: "+35 ms", "−2.52 s", "+4:12", "+4:12.5". With what was set by 5 ms."""
    size = abs(seconds)
    if size < 0.9995:
        return asynchrony_text(seconds)
    sign = "+" if seconds > 0 else "−"
    if size < 59.9995:
        return f"{sign}{size:.3f}".rstrip("0").rstrip(".") + " s"
    tenths = round(10 * size)
    rest = f".{tenths % 10}" if tenths % 10 else ""
    return f"{sign}{clock_text(tenths // 10)}{rest}"


def span_text(seconds: float) -> str:
    """How long: "40 s", "5 min", "23 h", "3 days"."""
    size = max(0.0, seconds)
    if size < 90:
        return f"{size:.0f} s"
    if size < 90 * 60:
        return f"{size / 60:.0f} min"
    return f"{size / 3600:.0f} h" if size < 48 * 3600 else f"{size / 86400:.0f} days"


def count_text(count: int, one: str, many: str) -> str:
    """ "1 film", "1,204 films"."""
    return f"{count:,} {one if count == 1 else many}"


def list_text(names: list[str]) -> str:
    """ "Ana", "Ana and Ben", "Ana, Ben and Cem", "Ana, Ben and 3 more"."""
    if len(names) <= 1:
        return "".join(names)
    if len(names) <= 3:
        return ", ".join(names[:-1]) + " and " + names[-1]
    return f"{names[0]}, {names[1]} and {len(names) - 2} more"


def refusal_text(name: str, kind: Literal["voice", "picture"], what: str) -> str:
    """That somebody in the call sends something that does not count: "640x480, which is more than was agreed"."""
    if kind == "voice":
        return f"{name}'s microphone sends {what}: it is not heard."
    return f"{name}'s camera sends {what}: it is not shown."


def _signed(text: str) -> str:
    """With a minus that is as wide and as high as the plus."""
    return text.replace("-", "−")
