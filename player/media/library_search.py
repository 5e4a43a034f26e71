"""The search for one film among the files that are known, a look at a time. What to ask next and which file it is
decides `player.core.copies`; here is remembered what was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from player.core.copies import Candidate, Copy, Fact, Fit, NoFit, best_candidate, missing_fact
from player.media.library_disk import look_at, look_into
from player.media.library_store import KnownFile, LibraryStore, Look


@dataclass(frozen=True, slots=True)
class Question:
    """A look that the disk is to take. `fact` None: only whether the file is still there as it was."""

    path: str
    fact: Fact | None
    step: Callable[[], Look]


class Search:
    """Of the library's thread. `needs_pass`: after which pass over the folders it may be said that there is none."""

    def __init__(self, wanted: Copy, salt: str, needs_pass: int) -> None:
        self.wanted = wanted
        self.salt = salt
        self.needs_pass = needs_pass
        self.told = ""  # the words that were said last
        self._revision = self._done = -1
        self._has_lost = False  # a file that was known
        self._known: dict[str, KnownFile] = {}
        self._asked: dict[tuple[str, Fact], tuple[int, int]] = {}  # and what the file was then
        self._sure: set[str] = set()  # looked at a moment ago
        self._outcome: NoFit | None = None  # until something changes

    def begin(self, store: LibraryStore, roots: Iterable[str], done: int) -> None:
        """Take the files that come near, unless nothing has changed since. `done`: number of the last pass."""
        is_back = self._has_lost and done != self._done  # perhaps
        if store.revision == self._revision and not is_back:
            return
        self._revision, self._done = store.revision, done
        self._has_lost = False
        self._outcome = None
        self._known = {known.candidate.path: known for known in store.shortlist(self.wanted, roots)}
        self._asked = {
            (path, fact): was
            for (path, fact), was in self._asked.items()
            if path in self._known and _state(self._known[path]) == was
        }
        self._sure.clear()

    def forget(self) -> None:
        """Other folders answer now: begin again."""
        self._revision = -1

    def next(self) -> Question | Fit | NoFit:
        if self._outcome is not None:
            return self._outcome
        candidates = [known.candidate for path, known in self._known.items() if not known.is_broken]
        missing = missing_fact(self.wanted, candidates, self._asked.keys(), self.salt)
        if missing is not None:
            candidate, fact = missing
            return Question(candidate.path, fact, _look_step(candidate, fact))
        best = best_candidate(self.wanted, candidates, self.salt)
        if isinstance(best, Fit) and best.candidate.path not in self._sure:
            path = best.candidate.path
            return Question(path, None, lambda: look_at(path))
        self._outcome = best if isinstance(best, NoFit) else None
        return best

    def receive(self, question: Question, look: Look, store: LibraryStore) -> None:
        is_current = store.revision == self._revision
        store.put_look(question.path, look)
        if is_current:
            self._revision = store.revision
        known = store.known(question.path)
        if known is None or look.size is None:
            self._known.pop(question.path, None)
            self._has_lost = True
            return
        self._known[question.path] = known
        self._sure.add(question.path)
        if question.fact is not None:
            self._asked[question.path, question.fact] = _state(known)


def _look_step(candidate: Candidate, fact: Fact) -> Callable[[], Look]:
    return lambda: look_into(candidate.path, fact)


def _state(known: KnownFile) -> tuple[int, int]:
    return known.candidate.size, known.modified
