"""How a bench says what it measured: a line for a person, and one for the table at the end of `make bench`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

COLLECT = "MATINEE_BENCH_FIGURES"  # names the file that `python -m tests.bench` reads at the end


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` None: it could not be read. `at_most` None: nothing was promised."""

    name: str
    value: float | None
    unit: str = "ms"
    at_most: float | None = None

    @property
    def is_kept(self) -> bool | None:
        """Whether the promise is kept; None: there is none."""
        if self.at_most is None:
            return None
        return self.value is not None and self.value <= self.at_most

    def words(self) -> str:
        value = "not seen" if self.value is None else f"{self.value:.4g} {self.unit}"
        if self.at_most is None:
            return f"  {self.name:<62} {value:>14}"
        verdict = "kept" if self.is_kept else "MISSED"
        return f"  {self.name:<62} {value:>14}   at most {self.at_most:g} {self.unit}: {verdict}"


def note(name: str, value: float | None, unit: str = "ms", at_most: float | None = None) -> Figure:
    """Print a figure and keep it for the table."""
    figure = Figure(name, value, unit, at_most)
    print(figure.words(), flush=True)
    if path := os.environ.get(COLLECT):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(figure)) + "\n")
    return figure


def read_figures(path: Path) -> list[Figure]:
    """What was noted into a file, oldest first."""
    if not path.exists():
        return []
    return [Figure(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]
