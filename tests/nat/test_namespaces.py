"""The networks that these tests are made of, and that nobody can fail to notice where there are none."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes import namespaces
from tests.fakes.homes import AUTHORITY, apart, homes
from tests.fakes.namespaces import Namespace, need_namespaces
from tests.fakes.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = """
import pytest
from tests.conftest import pytest_runtest_makereport

def test_nothing():
    pytest.skip("there is no moon")

@pytest.mark.xfail(strict=True)
def test_known():
    assert False
"""


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("yes", 1)])
def test_in_ci_a_skipped_test_is_a_failure(ci: str, status: int, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_runtest_makereport\n")
    (tmp_path / "test_it.py").write_text(SKIPPED.replace("from tests.conftest import pytest_runtest_makereport\n", ""))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout
    assert ("there is no moon" in done.stdout) == bool(ci)
    assert "1 xfailed" in done.stdout


def test_where_there_can_be_none_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces.os, "geteuid", lambda: 1000)
    with pytest.raises(pytest.skip.Exception, match="only root"):
        need_namespaces()


def test_a_namespace_ends_with_whoever_made_it() -> None:
    need_namespaces()
    program = (
        "from tests.fakes.namespaces import Namespace\n"
        "import os\n"
        "space = Namespace('x').__enter__()\n"
        "print(space.process_id, flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    holder = Path(f"/proc/{done.stdout.strip()}/cmdline")
    wait_until(lambda: not holder.exists() or not holder.read_bytes(), "the end of the namespace's process")


async def _reaches(host: str) -> bool:
    """Somebody there refuses a connection, since nothing listens."""
    try:
        async with asyncio.timeout(1.0):
            await asyncio.open_connection(host, 9)
    except ConnectionRefusedError:
        return True
    except OSError:  # a time-out is one, too
        return False
    raise AssertionError("something listens there")


def reaches(space: Namespace, host: str) -> bool:
    loop = space.thread()
    try:
        return loop.call(_reaches(host))
    finally:
        loop.stop()


def test_nothing_leads_from_one_to_the_other() -> None:
    with apart() as net:
        for space, near, far in ((net.ana, "9.1.0.1", "9.2.0.2"), (net.ben, "9.2.0.1", "9.1.0.2")):
            assert reaches(space, near)
            assert not reaches(space, far)


def test_homes_reach_the_internet_and_not_each_other() -> None:
    with homes() as net:
        assert reaches(net.ana.computer, AUTHORITY)
        assert reaches(net.ben.computer, AUTHORITY)
        for far in ("10.2.0.2", "9.9.0.12"):
            assert not reaches(net.ana.computer, far)
        assert not reaches(net.internet, "10.1.0.2")
        net.ana.block("meta l4proto tcp")
        assert not reaches(net.ana.computer, AUTHORITY)
