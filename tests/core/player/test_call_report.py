"""When the process of the call says how it does."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from player.core.call_pipe import CallTold, PeerFigures
from player.core.call_report import POLICY, is_due

BEN = PeerFigures("ben", "connected", level=0.5, fps=24.0, width=640, height=480, age=0.1)
TOLD = CallTold(peers=(BEN,), camera="on", level=0.2)


def changed(**fields: object) -> CallTold:
    return msgspec.structs.replace(TOLD, **fields)


def of_ben(**fields: object) -> CallTold:
    return changed(peers=(msgspec.structs.replace(BEN, **fields),))


def test_the_first_is_said_and_one_a_second() -> None:
    assert is_due(POLICY, None, TOLD, 0.0)
    assert not is_due(POLICY, TOLD, TOLD, 0.9)
    assert is_due(POLICY, TOLD, TOLD, 1.0)


@pytest.mark.parametrize(
    "told",
    [
        changed(camera="failed"),
        changed(microphone_words="x"),
        changed(is_speaking=True),
        changed(peers=()),
        changed(words="x"),
        changed(width=3),
        of_ben(state="reconnecting"),
        of_ben(is_speaking=True),
        of_ben(fps=0.0),
        of_ben(width=320),
        of_ben(level=0.6),
        changed(level=0.3),
    ],
)
def test_what_people_look_for_is_said_soon_but_not_at_any_rate(told: CallTold) -> None:
    assert not is_due(POLICY, TOLD, told, 0.05)
    assert is_due(POLICY, TOLD, told, 0.1)


def test_what_trembles_waits() -> None:
    trembling = replace(POLICY, level=0.1)
    for told in (of_ben(age=0.2, fps=23.0), changed(level=0.25, fps=1.0)):
        assert not is_due(trembling, TOLD, told, 0.5)
