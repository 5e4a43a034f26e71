"""The ruler on real players: an error of B's estimator, which B itself can't see, appears in full."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from player.demo.clip import ClipShape, make_clip
from player.demo.players import Stage, StageSettings
from player.demo.ruler import compare
from server.core import protocol

FRAME = 1 / 30
SETTLING, MEASURING = 3.0, 4.0  # s of film


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ruler") / "film.mp4"
    make_clip(path, 20, ClipShape(width=320, height=192))
    return path


@pytest.mark.parametrize("error", [0.05, 0.0])
async def test_an_error_of_bs_estimator_appears_in_full(film: Path, tmp_path: Path, error: float) -> None:
    from player.net.remote import Controller

    settings = StageSettings(folder=tmp_path, media=str(film), is_headless=True, estimator_error=error, path=None)
    async with Stage(settings) as stage:
        async with Controller(stage.invite, 10.0) as controller:
            await controller.command(protocol.Play())
            while any(
                not len(seen.picture) or seen.picture.media[-1] < SETTLING + MEASURING
                for seen in (player.presented() for player in (stage.a, stage.b))
            ):
                stage.check_alive()
                await asyncio.sleep(0.1)
        a, b = stage.a.presented(), stage.b.presented()
    end = min(a.picture.instants[-1], b.picture.instants[-1])
    difference = compare(a, b, end - MEASURING, end, FRAME)
    # B believes the room to be further than it is, so it is ahead of A by just that
    assert np.nanmedian(difference.picture) == pytest.approx(-error, abs=0.008)
    assert np.nanmedian(difference.sound) == pytest.approx(-error, abs=0.008)
