"""How times and differences are written for people."""

from __future__ import annotations


def time_words(seconds: float) -> str:
    """1:02:03, or 2:03 below an hour."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def asynchrony_words(asynchrony: float | None) -> str:
    """+3 ms (ahead), −120 ms (behind), +1.2 s; an en dash is "not known"."""
    if asynchrony is None:
        return "–"
    sign = "−" if asynchrony < 0 else "+"
    size = abs(asynchrony)
    if size < 0.0005:
        return "0 ms"
    return f"{sign}{size * 1000:.0f} ms" if size < 0.9995 else f"{sign}{size:.1f} s"


def rate_words(rate: float) -> str:
    """1×, 1.25×."""
    return f"{rate:.2f}".rstrip("0").rstrip(".") + "×"


def delay_words(seconds: float) -> str:
    """+0.3 s later, −0.1 s earlier, or "none"."""
    if abs(seconds) < 0.0005:
        return "none"
    return f"{seconds:+.1f} s".replace("-", "−") + (" (later)" if seconds > 0 else " (earlier)")
