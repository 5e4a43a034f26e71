"""What the demo tells people: a table on the terminal, `demo.json`, the names of the pictures."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from player.demo.presented import Presented
from player.demo.ruler import Measured, Spread, Verdict

HEAD = (
    f"{'':32}{'picture, ms':^24}{'sound, ms':^24}{'one frame':>11}  {'paused':<10}",
    f"{'phase':32}{'median':>8}{'p95':>8}{'max':>8}{'median':>8}{'p95':>8}{'max':>8}{'after':>11}  {'frames':<10}",
)
NONE = "–"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What was measured on, for whoever reads the file later. `frame` in s."""

    media: str
    frame: float
    seconds: float
    path: str
    clock: str


def table(verdict: Verdict, both: dict[str, Presented]) -> str:
    """The figures of all phases, and what became of it in one sentence each."""
    lines = [*HEAD, "-" * len(HEAD[1].rstrip())]
    lines += [_row(measured) for measured in verdict.phases]
    lines.append("")
    for name, presented in both.items():
        lines.append(
            f"Player {name}: {len(presented.picture)} frames shown, {presented.dropped} dropped,"
            f" {presented.underruns} underruns of the sound."
        )
    lines += verdict.problems or ("A and B were on the same frame.",)
    return "\n".join(lines)


def figures(measured: Measured) -> str:
    """One phase in a few words, for the line that shows progress."""
    if measured.span.is_apart_by_design:
        return f"{measured.span.watched} plays on by its own clock"
    parts = []
    if measured.span.identical is not None:
        parts.append("frames identical" if measured.span.identical else "frames DIFFER")
    for name, spread in (("picture", measured.picture), ("sound", measured.sound)):
        if spread is not None and measured.span.is_playing:
            parts.append(f"{name} {spread.median_ms:.1f} ms, p95 {spread.p95_ms:.1f}")
    return "; ".join(parts) or "nothing to compare"


def as_json(verdict: Verdict, circumstances: Circumstances, both: dict[str, Presented]) -> dict[str, Any]:
    """The content of `demo.json` (DESIGN section 7; `phases` and `ok` are the contract)."""
    return {
        "ok": verdict.ok,
        "problems": list(verdict.problems),
        "phases": [
            {
                "name": measured.span.name,
                "picture": _spread(measured.picture),
                "sound": _spread(measured.sound),
                "aligned_after_s": measured.aligned_after_s,
                "frames_identical": measured.span.identical,
            }
            for measured in verdict.phases
        ],
        "circumstances": asdict(circumstances),
        "players": {
            name: {
                "frames": len(presented.picture),
                "dropped": presented.dropped,
                "underruns": presented.underruns,
                "complaints": list(presented.complaints),
            }
            for name, presented in both.items()
        },
    }


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write it. Raises OSError."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _spread(spread: Spread | None) -> dict[str, float | None]:
    """Always the three keys: null where the phase had none to compare."""
    return asdict(spread) if spread is not None else dict.fromkeys(("median_ms", "p95_ms", "max_ms"))


def _row(measured: Measured) -> str:
    cells = "".join(
        f"{_number(spread.median_ms if spread else None):>8}{_number(spread.p95_ms if spread else None):>8}"
        f"{_number(spread.max_ms if spread else None):>8}"
        for spread in (measured.picture, measured.sound)
    )
    after = NONE if measured.aligned_after_s is None else f"{measured.aligned_after_s:.2f} s"
    same = {True: "identical", False: "DIFFERENT", None: NONE}[measured.span.identical]
    note = "apart by design" if measured.span.is_apart_by_design else same
    return f"{measured.span.name:32}{cells}{after:>11}  {note}"


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.1f}" if value < 1000 else f"{value:.0f}"
