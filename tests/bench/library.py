"""Media folders with 10^5 files, and the fingerprint of a file of 50 GB: `python -m tests.bench.library [--files N]`.

The files are small, so what is measured is the library's own work, not a disk's. Memory is the process', beyond what it
needs with an empty folder.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from player.core.copies import Copy, LibraryEvent, room_fingerprint
from player.media.fingerprint import content_hash
from player.media.library import FolderLibrary
from player.media.library_rounds import RoundPolicy
from tests.bench.figures import note

FILES = 100_000
A_FOLDER = 50  # files in each
SALT = "bench"


class Stand:
    """A library and its wakes."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.news = threading.Event()
        once = RoundPolicy(full_again=3600.0)  # a pass for each question, none by itself
        self.library = FolderLibrary((str(folder),), self.news.set, cache, once)

    def wait(self, until: Callable[[], bool]) -> float:
        """s until it is so."""
        began = time.perf_counter()
        while not until():
            self.news.wait(0.05)
            self.news.clear()
        return time.perf_counter() - began

    def answer(self, wanted: Copy) -> tuple[float, LibraryEvent]:
        """s until it is answered, and with what."""
        events: list[LibraryEvent] = []
        self.library.look_for(wanted, SALT)
        took = self.wait(lambda: bool(events.extend(self.library.take_events()) or events))
        return took, events[0]

    def is_idle(self, files: int) -> bool:
        status = self.library.status()
        return status.files == files and not status.is_scanning


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=FILES)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="matinee-library-") as place:
        films = Path(place, "films")
        make_films(films, args.files)
        measure(films, args.files, Path(place, "index"))
        measure_fingerprint(Path(place, "large.mkv"))


def make_films(folder: Path, count: int) -> None:
    for number in range(count):
        place = folder / f"Collection {number // (A_FOLDER * 20)}" / f"Season {number // A_FOLDER}"
        if number % A_FOLDER == 0:
            place.mkdir(parents=True)
        name = f"Some.Film.About.Number.{number}.{1950 + number % 70}.1080p.BluRay.x264-GRP.mkv"
        (place / name).write_bytes(b"x" * (number % 1000 + 1))


def measure(films: Path, count: int, cache: Path) -> None:
    process = psutil.Process()
    warm_up(cache.with_name("empty"))
    memory, began = process.memory_info().rss, cpu(process)
    stand = Stand(films, cache)
    took = stand.wait(lambda: stand.is_idle(count))
    note(f"library: {count} files, first look through, elapsed", took, "s")
    note(f"library: {count} files, first look through, processor", cpu(process) - began, "s")
    note("library: memory for them", (process.memory_info().rss - memory) / 2**20, "MiB")
    note("library: the index on disk", cache.stat().st_size / 2**20, "MiB")
    for title in ("Nothing", "Nothing more"):  # then everything has been seen twice alike
        stand.answer(Copy(title))
        stand.wait(lambda: stand.is_idle(count))
    began = cpu(process)
    took, _ = stand.answer(Copy("Nothing at all"))
    note("library: nothing found, all folders checked", took, "s")
    note("library: nothing found, processor", cpu(process) - began, "s")
    target = next(films.rglob(f"*.Number.{count // 2}.*"))
    content = content_hash(str(target))
    assert content is not None
    found = []
    for run in range(5):
        wanted = Copy(f"Renamed {run}", target.stat().st_size, None, room_fingerprint(content, SALT))
        found.append(stand.answer(wanted)[0])
    note("library: a renamed file found among them, median", 1e3 * statistics.median(found))
    stand.library.close()
    began = cpu(process)
    stand = Stand(films, cache)
    note("library: the next start, all folders checked", stand.wait(lambda: stand.is_idle(count)), "s")
    note("library: the next start, processor", cpu(process) - began, "s")
    stand.library.close()


def warm_up(folder: Path) -> None:
    """What any library needs: modules, threads, a database."""
    folder.mkdir()
    stand = Stand(folder, folder / "index")
    stand.answer(Copy("Nothing"))
    stand.library.close()


def measure_fingerprint(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(50 * 10**9)
    took = []
    for _ in range(5):
        began = time.perf_counter()
        assert content_hash(str(path)) is not None
        took.append(time.perf_counter() - began)
    note("library: fingerprint of 50 GB (sparse), median", 1e3 * statistics.median(took))


def cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    main()
