"""How large, how often and with how many bits our camera goes to the others.

Steps lead from the best picture to the least. How many of them are open depends on how many people get it; which one
is taken, on trouble: the film drops frames, this process or its encoder is busy, packets are lost, the slowest
connection takes less. The frame rate goes first, then the size. One step at a time is taken down, the next one only
when its effect could be seen. Back up it goes after a calm, and slower each time that this was a mistake, so that
nobody watches a picture that pumps. What a connection takes is known: there it goes down to what fits, and up sooner.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Trouble = Literal["", "film", "processor", "connection"]


@dataclass(frozen=True, slots=True)
class Quality:
    """A picture fits into `width` x `height`, its aspect kept. `bit_rate` is what it is worth, bit/s, `least_rate`
    what it needs to be better than the next step."""

    width: int
    height: int
    fps: int
    bit_rate: int
    least_rate: int


@dataclass(frozen=True, slots=True)
class QualityPolicy:
    """Rates are those at which libvpx' real-time mode shows a face without blocks."""

    steps: tuple[Quality, ...] = (
        Quality(640, 480, 24, 900_000, 350_000),
        Quality(640, 480, 20, 750_000, 280_000),
        Quality(640, 480, 15, 600_000, 220_000),
        Quality(480, 360, 15, 400_000, 170_000),
        Quality(320, 240, 15, 250_000, 110_000),
        Quality(320, 240, 10, 180_000, 80_000),
        Quality(320, 240, 7, 130_000, 60_000),
        Quality(240, 180, 7, 80_000, 45_000),
        Quality(160, 120, 5, 40_000, 0),
    )
    # the best step by the number of others who get it over a connection of their own each: 0, 1, 2 ...
    best_in_mesh: tuple[int, ...] = (0, 0, 1, 3, 4)
    best_in_sfu: tuple[int, ...] = (0, 0, 1, 2, 3, 3, 4)  # the uplink is one; what all decode still adds up
    hold: float = 3.0  # s between two steps down: until the first one shows
    calm: float = 15.0  # s without trouble before a step up
    known_calm: float = 4.0  # s, where the trouble was a connection, which is known to take more now
    most_caution: float = 16.0  # by which that is multiplied after steps up that went wrong
    relapse: float = 10.0  # s in which trouble is blamed on the last step up
    most_late: int = 2  # frames of the film a second; one or two are anybody's
    most_encoding: float = 0.5  # of the time between two pictures
    most_processor: float = 0.6  # of a core, this whole process
    most_loss: float = 0.08
    least_rate: int = 40_000  # bit/s: less shows nothing
    rate_step: float = 1.2  # of the encoder's rate: a smaller change is not worth a key frame


POLICY = QualityPolicy()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of the last second. `bit_rate` None: not known."""

    others: int = 0  # who get our picture
    is_sfu: bool = False
    film_dropped: int = 0
    film_late: int = 0
    encoding: float = 0.0  # s of encoding per s
    processor: float = 0.0  # of a core
    loss: float = 0.0
    bit_rate: int | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """A value; `receive` returns the next one. `step` is an index into the policy's."""

    step: int = 0
    best: int = 0
    bit_rate: int = POLICY.steps[0].bit_rate
    trouble: Trouble = ""  # why it is not the best that is open
    stepped_at: float = float("-inf")  # down
    rose_at: float = float("-inf")
    calm_since: float = float("-inf")
    caution: float = 1.0  # times the calm

    def quality(self, policy: QualityPolicy = POLICY) -> Quality:
        """What is sent, with the bit rate that it gets."""
        return replace(policy.steps[self.step], bit_rate=self.bit_rate)

    def words(self) -> str:
        """For the person whose picture it is; "" when it is as good as may be."""
        if self.step <= self.best:
            return ""
        match self.trouble:
            case "film":
                return "Your picture is smaller, so that the film runs smoothly."
            case "processor":
                return "Your picture is smaller: this computer is busy."
            case _:
                return "Your picture is smaller: the connection is slow."


def receive(policy: QualityPolicy, ladder: Ladder, evidence: Evidence, now: float) -> Ladder:
    """Once a second. `now` is local time, s."""
    table = policy.best_in_sfu if evidence.is_sfu else policy.best_in_mesh
    best = table[min(evidence.others, len(table) - 1)]
    was_best = ladder.step <= ladder.best
    step = max(best, best if was_best else ladder.step)  # people come and go: that is no trouble
    ladder = replace(ladder, step=step, best=best)
    trouble = _trouble(policy, policy.steps[step], evidence)
    if trouble:
        ladder = _lowered(policy, replace(ladder, calm_since=now), trouble, evidence, now)
    elif now - max(ladder.calm_since, ladder.rose_at) >= _patience(policy, ladder):
        ladder = _raised(policy, ladder, evidence, now) if step > best else replace(ladder, caution=1.0)
    if ladder.step == best and ladder.trouble:
        ladder = replace(ladder, trouble="")
    return replace(ladder, bit_rate=_bit_rate(policy, ladder, evidence))


def _trouble(policy: QualityPolicy, quality: Quality, evidence: Evidence) -> Trouble:
    """The worst that there is."""
    if evidence.film_dropped or evidence.film_late > policy.most_late:
        return "film"
    if evidence.encoding > policy.most_encoding or evidence.processor > policy.most_processor:
        return "processor"
    if evidence.loss > policy.most_loss or (
        evidence.bit_rate is not None and evidence.others and evidence.bit_rate < quality.least_rate
    ):
        return "connection"
    return ""


def _lowered(policy: QualityPolicy, ladder: Ladder, trouble: Trouble, evidence: Evidence, now: float) -> Ladder:
    """A step down; where the connection takes so much less, as many as it takes."""
    if now - ladder.stepped_at < policy.hold or ladder.step == len(policy.steps) - 1:
        return ladder
    was_mistake = now - ladder.rose_at < policy.relapse
    caution = min(2 * ladder.caution, policy.most_caution) if was_mistake else ladder.caution
    step = ladder.step + 1
    if trouble == "connection" and evidence.bit_rate is not None:
        step += sum(each.least_rate > evidence.bit_rate for each in policy.steps[step:])
    return replace(ladder, step=step, trouble=trouble, stepped_at=now, caution=caution)


def _patience(policy: QualityPolicy, ladder: Ladder) -> float:
    return ladder.caution * (policy.known_calm if ladder.trouble == "connection" else policy.calm)


def _raised(policy: QualityPolicy, ladder: Ladder, evidence: Evidence, now: float) -> Ladder:
    better = policy.steps[ladder.step - 1]
    if evidence.bit_rate is not None and evidence.others and evidence.bit_rate < better.least_rate:
        return ladder
    has_lasted = ladder.stepped_at < ladder.rose_at  # the rise before this one
    caution = max(1.0, ladder.caution / 2) if has_lasted else ladder.caution
    return replace(ladder, step=ladder.step - 1, rose_at=now, caution=caution)


def _bit_rate(policy: QualityPolicy, ladder: Ladder, evidence: Evidence) -> int:
    """The rate of the encoder: what the step is worth, or less where the slowest connection takes less."""
    wanted = policy.steps[ladder.step].bit_rate
    if evidence.bit_rate is not None and evidence.others:
        wanted = max(policy.least_rate, min(wanted, evidence.bit_rate))
    before = ladder.bit_rate
    is_same = before / policy.rate_step < wanted < before * policy.rate_step
    return before if is_same and before <= policy.steps[ladder.step].bit_rate else wanted


# -- pictures in time --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pacing:
    """Which of a camera's pictures are sent, so that they come evenly at the wanted rate. `due` is local time, s."""

    due: float = float("-inf")

    def receive(self, captured: float, fps: float) -> tuple[Pacing, bool]:
        """With a picture's instant: whether it is sent. It may be a quarter of the distance early, as cameras are."""
        distance = 1.0 / fps
        if captured < self.due - distance / 4 and captured > self.due - 4 * distance:
            return self, False
        is_steady = abs(captured - self.due) <= distance
        return Pacing(self.due + distance if is_steady else captured + distance), True


def fitted(width: int, height: int, quality: Quality) -> tuple[int, int]:
    """The size of a camera's picture within a quality: even numbers, aspect kept, never larger than it is."""
    share = min(1.0, quality.width / width, quality.height / height)
    return max(2, round(width * share / 2) * 2), max(2, round(height * share / 2) * 2)
