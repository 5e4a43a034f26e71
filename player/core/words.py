"""Times and differences as people read them."""

from __future__ import annotations


def clock_text(seconds: float) -> str:
    """A media time: 3:07, 1:02:09. Whole seconds, cut, never rounded up into a place not reached yet."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{second:02d}" if hours else f"{minutes}:{second:02d}"


def asynchrony_text(seconds: float) -> str:
    """A signed difference: "+0.4 ms", "-120 ms", "+1.3 s"."""
    size = abs(seconds)
    if size >= 0.9995:
        return f"{seconds:+.1f} s"
    if size >= 0.00995:
        return f"{1e3 * seconds:+.0f} ms"
    return f"{1e3 * seconds:+.1f} ms" if size >= 0.00005 else "0 ms"


def rate_text(rate: float) -> str:
    """A speed: "1×", "1.25×"."""
    return f"{rate:.2f}".rstrip("0").rstrip(".") + "×"


def list_text(names: list[str]) -> str:
    """ "Ana", "Ana and Ben", "Ana, Ben and Cem", "Ana, Ben and 3 more"."""
    if len(names) <= 1:
        return "".join(names)
    if len(names) <= 3:
        return ", ".join(names[:-1]) + " and " + names[-1]
    return f"{names[0]}, {names[1]} and {len(names) - 2} more"
