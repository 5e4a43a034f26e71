"""When the process of the call says how it does: soon after something has changed that a person would look for, a
little later when only a level has moved, and once a second in any case as a sign of life."""

from __future__ import annotations

from dataclasses import dataclass

from player.core.call_pipe import CallTold, PeerFigures


@dataclass(frozen=True, slots=True)
class ReportPolicy:
    """Seconds."""

    most_apart: float = 1.0
    least_apart: float = 0.1
    level: float = 0.04  # of 0..1: a movement of a meter that can be seen


POLICY = ReportPolicy()


def is_due(policy: ReportPolicy, last: CallTold | None, told: CallTold, since: float) -> bool:
    """Whether `told` is worth saying `since` s after `last`."""
    if last is None or since >= policy.most_apart:
        return True
    if since < policy.least_apart:
        return False
    if _steady(last) != _steady(told):
        return True
    levels = zip(_levels(last), _levels(told), strict=True)  # of the same people, since all else is the same
    return any(abs(now - before) > policy.level for before, now in levels)


def _steady(told: CallTold) -> tuple[object, ...]:
    """What does not tremble: ages, rates and levels do."""
    peers = tuple(
        (each.peer, each.state, each.is_speaking, _size(each), each.is_relayed, each.words) for each in told.peers
    )
    own = (told.camera, told.microphone, told.camera_words, told.microphone_words, told.is_speaking, told.words)
    return peers, own, (told.width, told.height)


def _size(figures: PeerFigures) -> tuple[int, int, bool]:
    return figures.width, figures.height, figures.fps > 0


def _levels(told: CallTold) -> list[float]:
    return [told.level, *(each.level for each in told.peers)]
