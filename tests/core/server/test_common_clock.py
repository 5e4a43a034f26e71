"""Several processes, one store's clock that steps, skews and answers late: one room time for all."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from server.core.common_clock import BEGINNING, Agreement, Beat, CommonClock

GAP = 2.0  # s between beats


@dataclass
class Process:
    """A clock on a machine whose own clock reads `ahead` and runs `skew` fast; `delay` is how long a question takes."""

    name: str
    ahead: float
    skew: float = 0.0
    delay: float = 0.0002
    jitter: float = 0.0
    is_alive: bool = True
    clock: CommonClock = field(init=False)
    epochs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = CommonClock(self.name)

    def local(self, world: float) -> float:
        return self.ahead + world * (1.0 + self.skew)


@dataclass
class World:
    """True time, and the store: its clock, its record and its beats."""

    processes: list[Process]
    now: float = 0.0
    wrong: float = 1_700_000_000.0  # the store's clock minus true time
    pace: float = 0.0  # how much it runs fast
    agreement: Agreement | None = None
    beats: dict[str, Beat] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    proposals: int = 0

    def time(self, world: float) -> float:
        return self.wrong + world * (1.0 + self.pace)

    def exchange(self, process: Process) -> None:
        up, down = (process.delay / 2 + self.chance.expovariate(1.0) * process.jitter for _ in range(2))
        asked = self.now
        self.now += up
        stamp = self.time(self.now)
        self.now += down
        process.clock.receive_exchange(process.local(asked), stamp, process.local(self.now))

    def begin(self, process: Process, epoch: str = "first") -> None:
        """As a process starts, and agrees."""
        for _ in range(8):
            self.exchange(process)
            self.now += 0.02
        local = process.local(self.now)
        if self.agreement is None:
            self.agreement = process.clock.new_epoch(epoch, None, local)
        process.clock.receive_agreement(self.agreement, local)

    def beat(self, process: Process) -> None:
        self.exchange(process)
        local = process.local(self.now)
        self.beats[process.name] = process.clock.beat(local)
        dead = process.clock.receive_beats(self.beats, local)
        for name in dead:
            self.beats.pop(name, None)
        assert self.agreement is not None
        known = self.agreement
        if process.clock.receive_agreement(known, local):
            process.epochs.append(known.epoch)
        proposal = process.clock.decide(local)
        if proposal is not None and self.agreement.generation == known.generation:
            assert proposal.generation == known.generation + 1
            self.agreement = proposal
            self.proposals += 1

    def go_on(self, seconds: float) -> None:
        """All who live beat in turn."""
        end = self.now + seconds
        while self.now < end:
            start = self.now
            for process in self.processes:
                if process.is_alive:
                    self.beat(process)
                    self.now += GAP / 10
            self.now = max(self.now, start + GAP)

    def room(self, process: Process) -> float:
        return process.clock.at(process.local(self.now))

    def apart(self) -> float:
        rooms = [self.room(process) for process in self.processes if process.is_alive]
        return max(rooms) - min(rooms)


def world(*processes: Process) -> World:
    found = World(list(processes))
    for process in processes:
        found.begin(process)
    found.go_on(60.0)
    return found


def three() -> tuple[Process, Process, Process]:
    return Process("a", 5.0, 20e-6), Process("b", 900.0, -35e-6), Process("c", 77.0)


def elapsed(found: World, before: tuple[float, float], process: Process) -> float:
    """By how much room time has gone wrong since an instant."""
    began, room = before
    return (found.room(process) - room) - (found.now - began)


def test_nothing_is_known_before_there_is_an_agreement() -> None:
    clock = CommonClock("a")
    assert not clock.is_known
    assert clock.epoch == ""
    assert clock.beat(0.0) == Beat(1, 0, None)
    clock.receive_exchange(0.0, 50.0, 0.001)
    assert not clock.is_known
    clock.receive_exchange(0.0, 50.0, -1.0)  # what can't be is passed over
    assert clock.decide(1.0) is None


def test_the_first_room_time_is_the_beginning() -> None:
    found = World([process := Process("a", 5.0)])
    found.begin(process)
    assert found.room(process) == pytest.approx(BEGINNING, abs=1e-3)
    assert process.clock.is_known
    assert process.clock.epoch == "first"
    assert process.clock.dispersion_at(process.local(found.now)) < 1e-3
    assert not process.clock.is_in_doubt


def test_processes_on_machines_of_their_own_agree() -> None:
    found = world(*three())
    assert found.apart() < 0.2e-3


def test_jitter_of_the_path_keeps_them_together() -> None:
    found = world(Process("a", 5.0, 20e-6, jitter=0.002), Process("b", 900.0, -35e-6, delay=0.002, jitter=0.005))
    found.go_on(120.0)
    assert found.apart() < 1e-3
    assert found.proposals == 0


def test_a_skew_of_the_stores_clock_is_followed_by_all() -> None:
    found = world(*three())
    found.wrong, found.pace = found.wrong - found.now * 50e-6, 50e-6
    found.go_on(200.0)
    assert found.apart() < 1e-3
    assert found.proposals == 0


@pytest.mark.parametrize("step", [3.0, -3.0, 3600.0, -0.05, 0.008])
def test_a_step_of_the_stores_clock_is_not_followed(step: float) -> None:
    found = world(*three())
    before = [(found.now, found.room(process)) for process in found.processes]
    found.wrong += step
    worst = 0.0
    for _ in range(40):
        found.go_on(GAP)
        worst = max(worst, found.apart(), *map(abs, map(elapsed, [found] * 3, before, found.processes)))
    assert worst < 1e-3 + 80 * 60e-6  # as far as the store's own pace is unknown
    assert found.proposals == 1
    assert [process.epochs for process in found.processes] == [[], [], []]
    assert not any(process.clock.is_in_doubt for process in found.processes)


def test_a_small_step_is_slewed() -> None:
    found = world(*three())
    found.wrong += 0.003
    found.go_on(60.0)
    assert found.proposals == 0
    assert found.apart() < 0.5e-3


@pytest.mark.parametrize("pause", [2.0, 4.0, 8.0, 20.0])
def test_two_steps_one_after_the_other(pause: float) -> None:
    found = world(*three())
    before = (found.now, found.room(found.processes[0]))
    found.wrong += 5.0
    found.go_on(pause)
    found.wrong -= 11.0
    found.go_on(80.0)
    assert abs(elapsed(found, before, found.processes[0])) < 6e-3
    assert found.apart() < 1e-3
    assert found.proposals <= 2


def test_alone_a_step_is_not_followed_either() -> None:
    found = world(process := Process("a", 5.0, 20e-6))
    before = (found.now, found.room(process))
    found.wrong -= 100.0
    found.go_on(30.0)
    assert found.proposals == 1
    assert abs(elapsed(found, before, process)) < 5e-3


@pytest.mark.parametrize("jump", [30.0, -30.0])
def test_a_machine_whose_own_clock_jumped_goes_back_to_the_others(jump: float) -> None:
    """It slept, or was moved: they have gone on."""
    found = world(*three())
    before = (found.now, found.room(found.processes[0]))
    found.processes[1].ahead += jump
    found.go_on(40.0)
    assert found.proposals == 0
    assert abs(elapsed(found, before, found.processes[0])) < 3e-3
    assert found.apart() < 1e-3


def test_of_two_the_one_that_jumped_gives_way() -> None:
    found = world(Process("a", 5.0), Process("b", 900.0))
    found.processes[0].ahead -= 3.0
    found.go_on(40.0)
    assert found.proposals == 0
    assert found.apart() < 1e-3


def test_the_dead_are_not_waited_for_and_their_beats_are_thrown_away() -> None:
    found = world(*three())
    found.processes[2].is_alive = False
    found.wrong += 4.0
    found.go_on(40.0)
    assert found.proposals == 1
    assert "c" in found.beats
    found.go_on(60.0)
    assert "c" not in found.beats


def test_who_comes_while_the_others_are_in_doubt_joins_what_they_agree_on() -> None:
    first, second, late = three()
    found = world(first, second)
    before = (found.now, found.room(first))
    found.wrong += 20.0
    found.go_on(3.0)
    found.begin(late)  # takes the record at its word
    found.processes.append(late)
    found.go_on(60.0)
    assert abs(elapsed(found, before, first)) < 4e-3
    assert found.apart() < 1e-3


def test_a_process_that_knows_nothing_yet_is_waited_for() -> None:
    found = world(process := Process("a", 5.0))
    found.wrong += 4.0
    for count in range(1, 10):
        found.beats["b"] = Beat(count, 1, None)
        found.go_on(GAP)
    assert found.proposals == 0
    assert process.clock.is_in_doubt
    for count in range(10, 20):
        found.beats["b"] = Beat(count, 7, 0.0)  # of another generation: this one is behind
        found.go_on(GAP)
    assert found.proposals == 0
    found.go_on(20.0)  # it is dead
    assert found.proposals == 1


def test_another_epoch_is_another_time() -> None:
    found = world(first := Process("a", 5.0), second := Process("b", 900.0))
    local = second.local(found.now)
    found.agreement = second.clock.new_epoch("second", found.agreement, local)
    assert (found.agreement.before, found.agreement.generation) == ("first", 2)
    found.go_on(10.0)
    assert first.epochs == second.epochs == ["second"]
    assert found.apart() < 1e-3
    assert found.room(first) == pytest.approx(BEGINNING + 10.0, abs=3.0)


def test_whether_room_time_can_have_gone_on() -> None:
    found = world(process := Process("a", 5.0))
    local = process.local(found.now)
    assert found.agreement is not None
    lived = process.clock.carried_on(local, store="another")
    assert lived.store == "another"
    assert process.clock.is_plausible(lived, local)
    assert process.clock.is_plausible(lived, local + 599.0)
    assert not process.clock.is_plausible(lived, local + 601.0)
    assert not process.clock.is_plausible(lived, local - 2.0)


def test_whether_others_live() -> None:
    clock = CommonClock("a")
    clock.receive_beats({"a": Beat(1, 1, 0.0), "b": Beat(7, 1, 0.0)}, 0.0)
    assert not clock.others_live(0.0)
    clock.receive_beats({"a": Beat(2, 1, 0.0), "b": Beat(7, 1, 0.0)}, 2.0)
    assert not clock.others_live(2.0)
    clock.receive_beats({"a": Beat(3, 1, 0.0), "b": Beat(8, 1, 0.0)}, 4.0)
    assert clock.others_live(4.0)
    assert not clock.others_live(60.0)
    clock.receive_beats({}, 61.0)
    assert not clock.others_live(61.0)
