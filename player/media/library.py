"""The person's media folders: which files are in them, and which of them is the film that the room plays.

One thread, "library", keeps the index and decides; every touch of a disk is a step on a thread that it can do without
(`library_disk`). What was asked for comes first: a fingerprint that the room waits for, then a look for a film, then
the next step through the folders. Nobody ever waits for the library: what is asked of it is noted, what it finds is an
event.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from player.core.copies import Copy, Fingerprinted, Fit, FoundCopy, LibraryEvent, LibraryStatus, NoCopy, NoFit
from player.media.library_disk import Disk, look_into
from player.media.library_rounds import NEVER, Root, RoundPolicy, Rounds
from player.media.library_search import Question, Search
from player.media.library_store import LibraryStore, Look
from player.media.library_walk import Walk
from player.media.source import is_url, local_path
from player.ports import Wake

logger = logging.getLogger(__name__)

ENDING = 2.0  # s for the threads to end; one that hangs in a disk is left to itself
SEARCHES = 32  # films that are looked for at a time; the oldest are forgotten
ASKED = 64  # files whose fingerprints are waited for
LOOK_AGAIN = 2.0  # s between two looks, during a pass, at what it has found so far
COUNT_AGAIN = 1.0  # s between two counts of the files

Work = Walk | tuple[Search, Question] | str
"""What a step on the disk is for; a str is the path whose fingerprint was asked for."""


def default_cache() -> Path:
    """Where the index is kept: in the folder that the system keeps for what can be made anew."""
    from platformdirs import user_cache_path

    return user_cache_path("matinee", appauthor=False) / "library.sqlite"


@dataclass(frozen=True, slots=True)
class _Job:
    """The step that the disk is at. `root` None: the file lies in no media folder."""

    root: Root | None
    work: Work
    began: float
    patience: float


class FolderLibrary:
    """`ports.Library`. `_changed` guards `_inbox`, `_events`, `_status` and `_is_closing`; `_folders` and `_thread`
    belong to the session's thread, the rest to the library's."""

    def __init__(
        self, folders: tuple[str, ...], wake: Wake, cache_path: Path | None = None, policy: RoundPolicy | None = None
    ) -> None:
        """`cache_path` None: the index is forgotten at the end."""
        self._wake = wake
        self._cache_path = cache_path
        self._policy = policy or RoundPolicy()
        self._changed = threading.Condition()
        self._inbox: list[Callable[[], None]] = []
        self._events: list[LibraryEvent] = []
        self._status = LibraryStatus()
        self._is_closing = False
        self._thread: threading.Thread | None = None
        self._folders: tuple[str, ...] = ()
        # of the library's thread
        self._store: LibraryStore
        self._rounds: Rounds
        self._disk: Disk
        self._job: _Job | None = None
        self._hanging: dict[Disk, _Job] = {}
        self._asked: list[str] = []  # for their fingerprints
        self._searches: list[Search] = []
        self._look_at = self._counted_at = NEVER
        self.set_folders(folders)

    # -- the session's thread ------------------------------------------------------------------------------------------

    @property
    def folders(self) -> tuple[str, ...]:
        return self._folders

    def set_folders(self, folders: tuple[str, ...]) -> None:
        """Look through these from now on, and in the background again and again."""
        if folders != self._folders:
            self._folders = folders
            self._ask(lambda: self._take_folders(folders))

    def look_for(self, wanted: Copy, salt: str) -> None:
        """Find the file that is this film; answered by FoundCopy, or by NoCopy and perhaps a FoundCopy later."""
        self._ask(lambda: self._take_wanted(wanted, salt))

    def stop_looking(self) -> None:
        """Nothing is looked for any more: the room has been left."""
        self._ask(self._searches.clear)

    def fingerprint(self, path: str) -> None:
        """Find out a file's content; answered by Fingerprinted."""
        self._ask(lambda: self._take_path(path))

    def take_events(self) -> list[LibraryEvent]:
        with self._changed:
            events, self._events = self._events, []
        return events

    def status(self) -> LibraryStatus:
        with self._changed:
            return self._status

    def close(self) -> None:
        """End the threads, or leave those to themselves that hang in a disk. Nothing is reported any more."""
        with self._changed:
            self._is_closing = True
            self._events.clear()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(ENDING)

    def _ask(self, question: Callable[[], None]) -> None:
        with self._changed:
            if self._is_closing:
                return
            self._inbox.append(question)
            self._changed.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="library", daemon=True)
            self._thread.start()

    # -- the library's thread ------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._store = LibraryStore(self._cache_path)
        self._rounds = Rounds(self._store, self._policy)
        self._disk = Disk(self._deliver)
        while (questions := self._wait()) is not None:
            try:
                for question in questions:
                    question()
                self._turn(time.perf_counter())
            except sqlite3.Error as error:
                self._store.start_anew(error)
                self._rounds.begin_anew()
            except Exception:
                logger.exception("the library of media folders stumbled and has ended")
                self._end_with(
                    "Your film folders can't be searched. Start Matinee again, and report what its log says."
                )
        self._disk.abandon()
        self._disk.join(ENDING / 4)
        self._store.close()

    def _end_with(self, words: str) -> None:
        with self._changed:
            self._is_closing = True
            self._status = LibraryStatus(problems=(words,))
        self._wake()

    def _wait(self) -> list[Callable[[], None]] | None:
        """What there is to do now; None: the end."""
        now = time.perf_counter()
        job = self._job
        idle = self._rounds.idle(now) if job is None else max(0.0, job.began + job.patience - now)
        with self._changed:
            self._changed.wait_for(lambda: self._inbox or self._is_closing, idle)
            questions, self._inbox = self._inbox, []
            return None if self._is_closing else questions

    def _turn(self, now: float) -> None:
        self._leave_hanging(now)
        self._rounds.begin_if_due(now)
        if self._job is None:
            self._give_work(now)
        self._store.commit()
        self._publish(now)

    # what was asked

    def _take_folders(self, folders: tuple[str, ...]) -> None:
        hanging = {job.root.path: job.root for job in self._hanging.values() if job.root is not None}
        self._rounds.take_folders(folders, hanging)
        for search in self._searches:
            search.needs_pass = self._rounds.demand()
        self._search_anew()

    def _take_wanted(self, wanted: Copy, salt: str) -> None:
        others = [each for each in self._searches if (each.wanted, each.salt) != (wanted, salt)]
        self._searches[:] = [*others[1 - SEARCHES :], Search(wanted, salt, self._rounds.demand())]
        self._look_at = NEVER

    def _take_path(self, path: str) -> None:
        if is_url(path) or len(self._asked) >= ASKED:
            self._report(Fingerprinted(path, None, None))
        else:
            self._asked.append(path)

    def _search_anew(self) -> None:
        """Other folders answer than before."""
        for search in self._searches:
            search.forget()

    # the disk

    def _deliver(self, disk: Disk, answer: Any) -> None:
        """From the disk's thread."""
        with self._changed:
            self._inbox.append(lambda: self._receive(disk, answer))
            self._changed.notify()

    def _run_on_disk(self, work: Work, root: Root | None, step: Callable[[], Any]) -> None:
        patience = self._policy.patience if root is None else root.patience
        self._job = _Job(root, work, time.perf_counter(), patience)
        self._disk.run(step)

    def _receive(self, disk: Disk, answer: Any) -> None:
        if (late := self._hanging.pop(disk, None)) is not None:
            if late.root is not None:
                self._rounds.answers_again(late.root)
                self._search_anew()
            return
        job, self._job = self._job, None
        assert job is not None
        look = answer if isinstance(answer, Look) else Look()
        match job.work:
            case Walk() as walk:
                self._rounds.receive(walk, answer, job.began)
            case (search, question):
                search.receive(question, look, self._store)
            case str(path):
                self._store.put_look(os.path.abspath(local_path(path)), look)
                self._report(Fingerprinted(path, look.content, None if look.content is None else look.size))

    def _leave_hanging(self, now: float) -> None:
        """The step takes too long: go on without it."""
        job = self._job
        if job is None or now < job.began + job.patience:
            return
        self._job = None
        self._disk.abandon()
        self._hanging[self._disk] = job
        self._disk = Disk(self._deliver)
        if job.root is not None:
            logger.info("%r does not answer", job.root.path)
            self._rounds.fell_silent(job.root)
            self._search_anew()
        if isinstance(job.work, str):
            self._report(Fingerprinted(job.work, None, None))

    # what to do next

    def _give_work(self, now: float) -> None:
        if self._ask_for_fingerprint():
            return
        if now >= self._look_at or not self._rounds.is_under_way:
            if any(self._go_on(search) for search in list(self._searches)):
                return
            ended = time.perf_counter()
            self._look_at = ended + max(LOOK_AGAIN, 10 * (ended - now))
        if (step := self._rounds.step(now)) is not None:
            root, walk, take = step
            self._run_on_disk(walk, root, take)
        elif self._rounds.finish(now, bool(self._searches)):
            self._give_work(now)  # what the pass has found, or that it has found nothing

    def _ask_for_fingerprint(self) -> bool:
        for path in self._asked:
            local = os.path.abspath(local_path(path))
            root = self._rounds.root_of(local)
            if root is None or not root.silent:
                self._asked.remove(path)
                self._run_on_disk(path, root, partial(look_into, local, "content"))
                return True
        return False

    def _go_on(self, search: Search) -> bool:
        """Whether the disk has something to do for it."""
        search.begin(self._store, self._rounds.answering(), self._rounds.done)
        match search.next():
            case Question() as question:
                self._run_on_disk((search, question), self._rounds.root_of(question.path), question.step)
                return True
            case Fit(candidate, how):
                self._searches.remove(search)
                self._report(FoundCopy(search.wanted, candidate.path, how))
            case NoFit(words):
                words = " ".join([words, *self._rounds.problems()[:1]])
                if self._rounds.done >= search.needs_pass and words != search.told:
                    search.told = words
                    self._report(NoCopy(search.wanted, words))
        return False

    # what there is to tell

    def _report(self, event: LibraryEvent) -> None:
        with self._changed:
            if self._is_closing:
                return
            self._events.append(event)
        self._wake()

    def _publish(self, now: float) -> None:
        before = self._status
        is_scanning = self._rounds.is_under_way
        files = before.files
        if now >= self._counted_at or is_scanning != before.is_scanning:
            files, self._counted_at = self._store.count(), now + COUNT_AGAIN
        status = LibraryStatus(files, is_scanning, self._rounds.problems())
        with self._changed:
            self._status = status
        if (before.is_scanning, before.problems) != (is_scanning, status.problems):
            self._wake()
