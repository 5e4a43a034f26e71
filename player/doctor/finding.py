"""What the doctor says: one line a finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grade = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`problem`: something that playing needs is missing. `note`: something works less well, or not; what to do is in
    the words."""

    grade: Grade
    subject: str
    words: str

    def line(self) -> str:
        """As it is printed."""
        return f"{self.grade:8} {self.subject:10} {self.words}"


def ok(subject: str, words: str) -> Finding:
    return Finding("ok", subject, words)


def note(subject: str, words: str) -> Finding:
    return Finding("note", subject, words)


def problem(subject: str, words: str) -> Finding:
    return Finding("problem", subject, words)
