"""A library without folders: it knows the files that a test gives it, and answers as the real one does."""

from __future__ import annotations

from dataclasses import dataclass, field

from player.core.copies import (
    Candidate,
    Copy,
    Fingerprinted,
    Fit,
    FoundCopy,
    LibraryEvent,
    LibraryStatus,
    NoCopy,
    best_candidate,
)
from player.ports import Wake


@dataclass
class FakeLibrary:
    """`files` are what is in its folders. While it `is_silent` it answers nothing, as while a disk wakes up."""

    wake: Wake
    files: list[Candidate] = field(default_factory=list)
    folders: tuple[str, ...] = ()
    looked_for: list[tuple[Copy, str]] = field(default_factory=list)  # and not found yet
    asked: list[str] = field(default_factory=list)
    events: list[LibraryEvent] = field(default_factory=list)
    problems: tuple[str, ...] = ()
    is_silent: bool = False
    is_closed: bool = False

    def set_folders(self, folders: tuple[str, ...]) -> None:
        self.folders = folders

    def look_for(self, wanted: Copy, salt: str) -> None:
        self.looked_for.append((wanted, salt))
        self._answer()

    def stop_looking(self) -> None:
        self.looked_for.clear()

    def fingerprint(self, path: str) -> None:
        self.asked.append(path)
        self._answer()

    def take_events(self) -> list[LibraryEvent]:
        events, self.events = self.events, []
        return events

    def status(self) -> LibraryStatus:
        return LibraryStatus(len(self.files), self.is_silent, self.problems)

    def close(self) -> None:
        self.is_closed = True
        self.events.clear()

    # -- levers --------------------------------------------------------------------------------------------------------

    def add(self, *files: Candidate) -> None:
        """Files that have come into a folder; what was looked for may be among them."""
        self.files.extend(files)
        self._answer()

    def speak(self) -> None:
        """The disk is awake."""
        self.is_silent = False
        self._answer()

    def report(self, *events: LibraryEvent) -> None:
        if not self.is_closed:
            self.events.extend(events)
            self.wake()

    def _answer(self) -> None:
        if self.is_silent or self.is_closed:
            return
        known = {each.path: each for each in self.files}
        asked, self.asked = self.asked, []
        for path in asked:
            file = known.get(path)
            content = None if file is None else file.content_hash
            self.report(Fingerprinted(path, content, None if file is None or content is None else file.size))
        for wanted, salt in list(self.looked_for):
            best = best_candidate(wanted, self.files, salt)
            if isinstance(best, Fit):
                self.looked_for.remove((wanted, salt))
                self.report(FoundCopy(wanted, best.candidate.path, best.how))
            else:
                self.report(NoCopy(wanted, best.words))
