"""Who waits for a turn, and that it comes: on a real loop with a clock by hand, then at a real authority's door."""

from __future__ import annotations

import asyncio

from server.core.sharing import Share, Sharing, SharingPolicy
from server.turns import RANK_EVERY, Turns
from tests.fakes.houses import House
from tests.fakes.visitors import Friend, Stranger
from tests.fakes.waiting import until


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Speaker:
    """Somebody whose words take some time each."""

    def __init__(self, name: str, turns: Turns, clock: Clock, spoken: list[str], *, is_modest: bool = False) -> None:
        self.name, self.turns, self.clock, self.spoken = name, turns, clock, spoken
        self.takes = 0.0001 if is_modest else 0.011
        self.share = Share(used=0.0 if is_modest else 0.1, at=clock.now)
        turns.enrol(self.share)

    def speak(self) -> None:
        if self.turns.may_take(self.share):
            self.go_on()
        else:
            self.turns.wait(self)

    def go_on(self) -> None:
        self.turns.begin()
        self.clock.now += self.takes
        self.turns.end(self.share)
        self.spoken.append(self.name)


def speak(turns: Turns, clock: Clock, spoken: list[str], count: int) -> list[Speaker]:
    """A crowd in which everybody has said much."""
    crowd = [Speaker(f"m{number}", turns, clock, spoken) for number in range(count)]
    for member in crowd:
        member.turns.begin()
        member.turns.end(member.share)
    return crowd


async def test_a_crowd_takes_turns_and_who_says_little_comes_between() -> None:
    clock = Clock()
    turns, spoken = Turns(clock), list[str]()
    crowd = speak(turns, clock, spoken, 6)
    ana = Speaker("ana", turns, clock, spoken, is_modest=True)
    ana.speak()
    for member in crowd:
        member.speak()
    ana.speak()
    assert spoken == ["ana", "m0", "m1", "ana"]  # half of 40 ms was over with the second
    assert turns.waits == 4
    while len(spoken) < 8:
        clock.now += 0.04
        before = len(spoken)
        await until(lambda before=before: len(spoken) > before)
    assert spoken[4:] == ["m2", "m3", "m4", "m5"]


async def test_who_was_here_first_comes_first() -> None:
    clock = Clock()
    turns, spoken = Turns(clock), list[str]()
    ana = Speaker("ana", turns, clock, spoken)
    crowd = speak(turns, clock, spoken, 60)
    clock.now += RANK_EVERY
    for member in crowd[10:]:
        member.speak()
    ana.speak()
    assert spoken == ["m10", "m11", "ana"]
    assert not crowd[-1].share.is_first
    for member in crowd[:2]:  # who were early, too
        member.speak()
    ana.speak()
    clock.now += 0.04
    await until(lambda: len(spoken) >= 5)
    assert "m12" not in spoken


async def test_who_has_gone_is_forgotten_and_time_that_was_not_begun_is_nobodys() -> None:
    clock = Clock()
    turns = Turns(clock)
    ana = Speaker("ana", turns, clock, [], is_modest=True)
    turns.dismiss(ana.share)
    turns.dismiss(ana.share)
    turns.end(ana.share)
    assert (ana.share.used, turns.is_busy) == (0.0, False)
    await asyncio.sleep(0)


# -- a gate and a porch that have to wait ------------------------------------------------------------------------------


def use_up(house: House) -> Turns:
    """No time is left for an hour, or until `give` says otherwise."""
    turns = house.authority.house.turns
    turns._sharing = Sharing(SharingPolicy(window=3600.0), turns._clock())
    turns.charge(3600.0)
    return turns


def give(turns: Turns) -> None:
    turns._sharing = Sharing(now=turns._clock())
    turns._take_turns()


async def test_what_a_member_says_waits_and_is_stamped_when_it_came(house: House) -> None:
    ana = await Friend.join(house.url)
    await ana.exchange()
    turns = use_up(house)
    asked = asyncio.ensure_future(ana.exchange())
    await until(lambda: turns.waits)
    said_late = turns._clock()
    give(turns)
    t0, t1, t2, t3 = await asked
    assert t0 - 1e-6 <= t1 < said_late <= t2 + 1e-6 <= t3 + 2e-6
    await ana.leave()


async def test_who_says_much_while_time_is_short_is_cut(house: House) -> None:
    stranger = await Stranger.join(house.port)
    use_up(house)
    await stranger.write(b"\x82\xfe\x3f\x00" + b"x" * 300_000)
    await stranger.end()
    assert house.authority.metrics.cuts["says too much while time is short"] == 1


async def test_the_end_of_a_connection_waits_and_comes(house: House) -> None:
    ana, ben = await Friend.join(house.url), await Friend.join(house.url, name="Ben")
    await ben.exchange()
    turns = use_up(house)
    await ben.vanish()
    await until(lambda: turns.waits)
    room = house.authority.store.view("den")
    assert room is not None
    assert all(member.is_here for member in room.members)
    give(turns)
    await until(lambda: not all(member.is_here for member in house.authority.store.view("den").members))  # type: ignore[union-attr]
    await ana.leave()


async def test_whoever_comes_in_waits_too(house: House) -> None:
    turns = use_up(house)
    coming = asyncio.ensure_future(Friend.join(house.url))
    await until(lambda: turns.waits)
    give(turns)
    await (await coming).leave()
