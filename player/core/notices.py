"""Notices over the picture: short, few, gone by themselves.

Too many toasts annoy (PEERS section 6), so the same person doing the same kind of thing within two seconds is one
notice that says the newest, and at most `NoticePolicy.most` stand at a time. Errors stay until they are dismissed, or
until there are so many of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from player.core.view import Shown

Kind = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class NoticePolicy:
    """Times in s."""

    merge_within: float = 2.0  # the same `about` again this soon: one notice
    info: float = 3.0
    warning: float = 7.0
    most: int = 4  # older ones make room: a wall of text covers the film


@dataclass(frozen=True, slots=True)
class _Entry:
    shown: Shown
    about: str  # what makes two notices the same: person and kind
    since: float


@dataclass(frozen=True, slots=True)
class Notices:
    """The notices that stand, oldest first. `now` is local time, s."""

    entries: tuple[_Entry, ...] = ()
    count: int = 0
    policy: NoticePolicy = NoticePolicy()

    def add(self, kind: Kind, words: str, now: float, about: str = "") -> Notices:
        """The notices with one more, or with the one about the same thing said anew."""
        about = about or words
        kept = [each for each in self.entries if not (each.about == about and self._merges(each, now))]
        if len(kept) >= self.policy.most:
            kept.remove(next((each for each in kept if each.shown.seconds is not None), kept[0]))
        seconds = {"info": self.policy.info, "warning": self.policy.warning, "error": None}[kind]
        entry = _Entry(Shown(self.count + 1, kind, words, seconds), about, now)
        return replace(self, entries=(*kept, entry), count=self.count + 1)

    def _merges(self, entry: _Entry, now: float) -> bool:
        return entry.shown.seconds is None or now - entry.since <= self.policy.merge_within

    def dismiss(self, notice: int) -> Notices:
        """Without one."""
        return replace(self, entries=tuple(each for each in self.entries if each.shown.id != notice))

    def forget(self, about: str) -> Notices:
        """Without those about a thing that is over."""
        return replace(self, entries=tuple(each for each in self.entries if each.about != about))

    def has(self, about: str) -> bool:
        """Does one about that stand?"""
        return any(each.about == about for each in self.entries)

    def at(self, now: float) -> Notices:
        """Without those whose time is over."""
        kept = tuple(
            each for each in self.entries if each.shown.seconds is None or now < each.since + each.shown.seconds
        )
        return self if len(kept) == len(self.entries) else replace(self, entries=kept)

    def shown(self) -> tuple[Shown, ...]:
        """What the window draws."""
        return tuple(each.shown for each in self.entries)
