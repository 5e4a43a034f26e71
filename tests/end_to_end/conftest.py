"""One film for all that is tested end to end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.clips import Clip, make_clip


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """30 s, 30 numbered frames each, with sound."""
    return make_clip(tmp_path_factory.mktemp("films") / "counted.mkv", Clip(seconds=30.0))
