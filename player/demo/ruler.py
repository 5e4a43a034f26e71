"""The difference between what A and B presented at the same instant, and whether that is one film or two.

Pure: two `Presented`, the phases that were run, numbers out. A difference is A's media time minus B's, s: positive
means that B is behind. Its size is what counts in the figures, its sign is kept for the plot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from player.demo.presented import Presented, Values, picture_at, sound_at

GRID = 0.005  # s between two instants of comparison
PATIENCE = 2.0  # s that the two may be more than one frame apart outside a transition
USUAL_FRAME = 1 / 30  # s, what "one frame" means for a film without pictures
MUST_MOVE = 0.5  # share of a playing phase, its transition apart, in which a picture has to move
PLACE_SLACK = 0.3  # s between the place that was asked for and the one that is shown


@dataclass(frozen=True, slots=True)
class Span:
    """A phase as it was run. Instants are the machine's clock, s.

    In the first `transition` seconds being apart is what is to be expected and nobody's fault; the figures are taken
    from `settle` on; `aligned_after_s` counts from `counted_from` on (seconds after `start`, all three). `place`:
    where the film was sent, media s; None: it goes on. `watched`: whose pictures have to move while it is playing, from
    `moves_from` on (None: after the transition). `identical`: paused frames compared by pixels."""

    name: str
    start: float
    end: float
    is_playing: bool
    transition: float = 1.0
    settle: float = 0.5
    counted_from: float = 0.0
    rate: float = 1.0
    place: float | None = None
    watched: str = "AB"
    moves_from: float | None = None
    identical: bool | None = None

    @property
    def is_apart_by_design(self) -> bool:
        """One of the two can't know where the other is, and goes on alone."""
        return len(self.watched) == 1


@dataclass(frozen=True, slots=True)
class Spread:
    """Sizes of a difference, ms."""

    median_ms: float
    p95_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A phase's figures. `sound` and `picture` are None where there was none to compare."""

    span: Span
    picture: Spread | None
    sound: Spread | None
    aligned_after_s: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """A minus B over time: `instants` of the machine's clock and differences, s, NaN where there is nothing to
    compare; `moving_a` and `moving_b` are 1 where that picture moves; `media_a`, `media_b` are the pictures' media
    times."""

    instants: Values
    picture: Values
    sound: Values
    media_a: Values
    media_b: Values
    moving_a: Values
    moving_b: Values

    def between(self, start: float, end: float) -> slice:
        """The instants of a span as a slice of all arrays."""
        first, last = np.searchsorted(self.instants, [start, end])
        return slice(int(first), int(last))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every phase measured, and what is wrong, one sentence each; nothing: they were on the same frame."""

    phases: tuple[Measured, ...]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


def compare(a: Presented, b: Presented, start: float, end: float, frame: float) -> Difference:
    """The difference from `start` to `end` (machine's clock, s). `frame` is how long a frame lasts, s."""
    grid = np.arange(start, end, GRID)
    media_a, moving_a = picture_at(a.picture, grid, frame)
    media_b, moving_b = picture_at(b.picture, grid, frame)
    sound = sound_at(a.sound, grid) - sound_at(b.sound, grid)
    return Difference(grid, media_a - media_b, sound, media_a, media_b, moving_a, moving_b)


def measure(difference: Difference, span: Span, frame: float) -> Measured:
    """One phase's figures."""
    settled = difference.between(span.start + span.settle, span.end)
    counted = difference.between(span.start + span.counted_from, span.end)
    return Measured(
        span,
        picture=spread(difference.picture[settled]),
        sound=spread(difference.sound[settled]),
        aligned_after_s=aligned_after(_larger(difference.picture[counted], difference.sound[counted]), frame),
    )


def judge(difference: Difference, spans: list[Span], frame: float) -> Verdict:
    """All phases, and what speaks against the two having seen one film."""
    problems = [
        problem
        for span in spans
        for problem in (*_standstills(difference, span), *_wrong_places(difference, span), *_other_pixels(span))
    ]
    judged = _judged(difference, spans)
    for name, values in (("pictures", difference.picture), ("sounds", difference.sound)):
        for first, last in _runs(judged & is_apart(values, frame)):
            seconds = (last - first) * GRID
            if seconds > PATIENCE:
                most = 1e3 * float(np.max(np.abs(values[first:last])))
                where = _name_at(spans, float(difference.instants[first]))
                problems.append(
                    f"In {where!r} the {name} were over one frame apart for {seconds:.1f} s, by up to {most:.0f} ms."
                )
    return Verdict(tuple(measure(difference, span, frame) for span in spans), tuple(problems))


def spread(differences: Values) -> Spread | None:
    """Median, 95 % and maximum of the sizes, s in and ms out; None: nothing known."""
    sizes = np.abs(differences[np.isfinite(differences)]) * 1e3
    if not len(sizes):
        return None
    median, p95, most = np.percentile(sizes, [50, 95, 100])
    return Spread(round(float(median), 3), round(float(p95), 3), round(float(most), 3))


def aligned_after(differences: Values, frame: float) -> float | None:
    """Seconds until the two are within one frame and stay there, picture and sound; None: they never are, or nothing is
    known."""
    if not np.isfinite(differences).any():
        return None
    apart = np.flatnonzero(is_apart(differences, frame))
    if not len(apart):
        return 0.0
    after = int(apart[-1]) + 1
    return round(after * GRID, 3) if np.isfinite(differences[after:]).any() else None


def _larger(first: Values, second: Values) -> Values:
    """The larger of two differences' sizes, or the one that is known, s."""
    sizes: Values = np.fmax(np.abs(first), np.abs(second))
    return sizes


def is_apart(differences: Values, frame: float) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Where the two are more than one frame apart; unknown is not apart."""
    return np.abs(np.nan_to_num(differences)) > frame + 1e-6


def _judged(difference: Difference, spans: list[Span]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """The instants that belong to a phase and are not of its transition."""
    judged = np.zeros(len(difference.instants), bool)
    for span in spans:
        judged[difference.between(span.start + span.transition, span.end)] = True
    return judged


def _runs(flags: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    """First and one past the last index of every stretch that is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def _name_at(spans: list[Span], instant: float) -> str:
    return next((span.name for span in reversed(spans) if span.start <= instant), "the beginning")


def _standstills(difference: Difference, span: Span) -> list[str]:
    """Two pictures that both stand are never apart: so it is asked that they move."""
    first = span.transition if span.moves_from is None else span.moves_from
    settled = difference.between(span.start + first, span.end)
    count = settled.stop - settled.start
    if not span.is_playing or not count:
        return []
    if not np.isfinite(difference.media_a).any() and not np.isfinite(difference.media_b).any():
        heard = np.isfinite(difference.sound[settled]).mean()
        return [] if heard >= MUST_MOVE else [f"In {span.name!r} there was no sound of both players to compare."]
    both = (("A", difference.moving_a), ("B", difference.moving_b))
    return [
        f"In {span.name!r} the picture of player {name} stood still."
        for name, moving in both
        if name in span.watched and moving[settled].mean() < MUST_MOVE
    ]


def _wrong_places(difference: Difference, span: Span) -> list[str]:
    """Being together at another place than the one asked for is no merit."""
    if span.place is None:
        return []
    most = span.place + PLACE_SLACK + ((span.end - span.start) * span.rate if span.is_playing else 0.0)
    inside = difference.between(span.start, span.end)
    found = []
    for name, media in (("A", difference.media_a[inside]), ("B", difference.media_b[inside])):
        known = media[np.isfinite(media)]
        if len(known) and not span.place - PLACE_SLACK <= known[-1] <= most:
            found.append(f"In {span.name!r} player {name} was at {known[-1]:.2f} s and not at {span.place:.2f} s.")
    return found


def _other_pixels(span: Span) -> list[str]:
    return [f"In {span.name!r} the two paused pictures differ."] if span.identical is False else []
