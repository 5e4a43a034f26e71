"""A real Janus by our own configuration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.janus import Janus


@pytest.fixture
def janus(tmp_path: Path) -> Iterator[Janus]:
    with Janus(tmp_path) as janus:
        yield janus
