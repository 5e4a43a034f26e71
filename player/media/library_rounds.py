"""The passes over the person's media folders: when one begins, and which folder answers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from player.media.library_store import LibraryStore
from player.media.library_walk import Walk, silent_words

NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class RoundPolicy:
    """Times in s."""

    again: float = 600.0  # between two passes
    full_every: int = 6  # passes; such a one lists every folder, changed or not
    full_again: float = 120.0  # at least between two such because a film is missing
    patience: float = 5.0  # for one step, after which a folder counts as silent and the others go on
    patience_most: float = 60.0  # it doubles each time that a folder answers late
    rest_most: float = 0.1  # after a step, as long as it took: films are played meanwhile


@dataclass(slots=True)
class Root:
    """A media folder. `silent`: how many threads hang in it."""

    path: str
    patience: float
    silent: int = 0
    problem: str = ""


class Rounds:
    """Of the library's thread. A pass has a number; `done` is that of the last one that came to its end."""

    def __init__(self, store: LibraryStore, policy: RoundPolicy) -> None:
        self._store = store
        self._policy = policy
        self._roots: dict[str, Root] = {}
        self._left: list[Root] = []  # of this pass, not begun yet
        self._walk: Walk | None = None
        self._begun = self.done = store.last_pass()
        self._due = self._full_at = self._rest_until = NEVER
        self._is_full = False

    # -- folders -------------------------------------------------------------------------------------------------------

    def take_folders(self, folders: Iterable[str], hanging: dict[str, Root]) -> None:
        """Look through these from now on; what lies in another one is looked through with that. `hanging` are folders
        that a thread still hangs in, perhaps some that had been taken out."""
        kept: dict[str, Root] = {}
        for path in sorted({os.path.abspath(os.path.expanduser(folder)) for folder in folders if folder}, key=len):
            if not any(_is_in(path, outer) for outer in kept):
                kept[path] = self._roots.get(path) or hanging.get(path) or Root(path, self._policy.patience)
        self._roots = kept
        self._store.keep_roots(kept)
        self.begin_anew()

    def answering(self) -> list[str]:
        return [path for path, root in self._roots.items() if not root.silent]

    def root_of(self, path: str) -> Root | None:
        return next((root for outer, root in self._roots.items() if _is_in(path, outer)), None)

    def problems(self) -> tuple[str, ...]:
        return tuple(root.problem for root in self._roots.values() if root.problem)

    def fell_silent(self, root: Root) -> None:
        root.silent += 1
        root.problem = silent_words(root.path)
        if self._walk is not None and self._walk.root == root.path:
            self._walk = None

    def answers_again(self, root: Root) -> None:
        root.silent -= 1
        root.problem = ""
        root.patience = min(2 * root.patience, self._policy.patience_most)
        self._due = NEVER

    # -- passes --------------------------------------------------------------------------------------------------------

    @property
    def is_under_way(self) -> bool:
        return self._walk is not None or bool(self._left)

    def demand(self) -> int:
        """Have a pass begin as soon as it can; returns its number."""
        self._due = NEVER
        return self._begun + 1

    def begin_anew(self) -> None:
        self._walk, self._left = None, []
        self._due = NEVER

    def idle(self, now: float) -> float:
        """s until `step` or `begin_if_due` has something to do."""
        if self.is_under_way:
            return max(0.0, self._rest_until - now)
        return max(0.0, min(self._due - now, self._policy.again))

    def begin_if_due(self, now: float) -> None:
        if now < self._due or self.is_under_way:
            return
        self._left = [root for root in self._roots.values() if not root.silent]
        self._begun += 1
        self._is_full = self._is_full or self._begun % self._policy.full_every == 0
        self._due = now + self._policy.again
        if not self._left:
            self.done = self._begun

    def step(self, now: float) -> tuple[Root, Walk, Callable[[], Any]] | None:
        """What the disk is to do for the pass; None: it rests, or this pass has come to its end."""
        while self.is_under_way and now >= self._rest_until:
            if self._walk is None:
                root = self._left.pop(0)
                if root.silent:
                    continue
                self._walk = Walk(self._store, root.path, self._begun, is_full=self._is_full)
            root = self._roots[self._walk.root]
            if (step := self._walk.step()) is not None:
                return root, self._walk, step
            root.problem = self._walk.problem
            self._walk = None
        return None

    def receive(self, walk: Walk, answer: Any, began: float) -> None:
        """The answer of a step that began then. Noting it down is part of the work that is rested from."""
        if walk is self._walk:  # else the folders are others now
            walk.receive(answer)
            now = time.perf_counter()
            self._rest_until = now + min(self._policy.rest_most, now - began)

    def finish(self, now: float, is_missing: bool) -> bool:
        """Whether a pass has just come to its end. When a film `is_missing`, one that lists everything follows before
        it is given up: times of change may lie."""
        if self.is_under_way or self.done == self._begun:
            return False
        self.done = self._begun
        if self._is_full:
            self._full_at, self._is_full = now, False
        elif is_missing and now - self._full_at >= self._policy.full_again:
            self._is_full, self._due = True, now
        return True


def _is_in(path: str, folder: str) -> bool:
    path, folder = os.path.normcase(path), os.path.normcase(folder)
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
