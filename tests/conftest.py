"""What holds for every test: no display, no sound, no file of the developer's own, the same chance each time, and a
warning in a log that nobody expected fails the test."""

from __future__ import annotations

import atexit
import logging
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# Before the first import of Qt, PortAudio or anything that asks where its files are.
OWN_ENVIRONMENT = dict(os.environ)
_HOME = Path(tempfile.mkdtemp(prefix="matinee-tests-"))
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
for _variable, _folder in {
    "HOME": "",
    "XDG_CONFIG_HOME": "config",
    "XDG_CACHE_HOME": "cache",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "XDG_RUNTIME_DIR": "runtime",
}.items():
    (_HOME / _folder).mkdir(mode=0o700, exist_ok=True)
    os.environ[_variable] = str(_HOME / _folder)
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["PULSE_SERVER"] = f"unix:{_HOME}/silence"  # nobody listens there; who tests sound starts a server

# Slow machines are no counter-examples; the same examples every time, so that a red run is red again.
settings.register_profile("matinee", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("matinee")


@pytest.fixture
def own_environment() -> dict[str, str]:
    """The environment that the tests were started in: for pip, which has its settings and its cache there."""
    return dict(OWN_ENVIRONMENT)


@pytest.fixture(autouse=True)
def _same_chance() -> None:
    random.seed(1)
    np.random.seed(1)


class _Records(logging.Handler):
    """Collects what is logged as a warning or worse, by any thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        words = f"{record.levelname} {record.name}: {record.getMessage()}"
        if record.exc_info and record.exc_info[0]:
            words += f" ({record.exc_info[0].__name__}: {record.exc_info[1]})"
        self.lines.append(words)


@pytest.fixture(autouse=True)
def _no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Warnings and errors in a log fail the test, unless it has the marker `expects_warnings`."""
    records = _Records()
    logging.getLogger().addHandler(records)
    yield
    logging.getLogger().removeHandler(records)
    if records.lines and request.node.get_closest_marker("expects_warnings") is None:
        pytest.fail("logged without being expected:\n  " + "\n  ".join(records.lines), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything that tests need is installed, a test that is skipped is one that nobody runs: a failure."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and OWN_ENVIRONMENT.get("CI"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"skipped, which counts as a failure in CI: {reason}"
    return report


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter to start programs of ours with."""
    return sys.executable
