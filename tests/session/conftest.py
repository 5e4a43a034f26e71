"""A session for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fakes.stand import Stand


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    stand = Stand()
    yield stand
    await stand.session.close()
