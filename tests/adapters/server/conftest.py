"""An authority in this process, on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fakes.houses import House, OpenHouse, open_a_house
from tests.fakes.visitors import a_pair


@pytest.fixture
def open_house() -> OpenHouse:
    """Start an authority with some settings, for a block."""
    return open_a_house


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with open_a_house() as found:
        yield found


@pytest.fixture
async def lived_in(house: House) -> AsyncIterator[House]:
    """An authority with a pair in it that has to be able to go on in the end."""
    async with a_pair(house.url):
        yield house
