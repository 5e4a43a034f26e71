"""The desk at which passwords are made and checked: argon2id, one at a time, beside the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import argon2
import pytest

from server.passwords import ENCODED_MOST, UNREADABLE, DeskBusy, PasswordDesk
from tests.fakes.waiting import until

OURS = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash("sesame")


@pytest.fixture
async def desk() -> AsyncIterator[PasswordDesk]:
    desk = PasswordDesk(waiting_most=2)
    yield desk
    desk.close()


class Hindrance:
    """Work that lasts as long as a test wants."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.begun = 0

    def __call__(self) -> str:
        self.begun += 1
        assert self.may_end.wait(60)
        return "done"


async def test_a_password_fits_what_was_made_of_it_and_nothing_else(desk: PasswordDesk) -> None:
    encoded = await desk.hash("open sesame")
    assert "sesame" not in encoded
    assert encoded != await desk.hash("open sesame")  # salted
    assert await desk.verify(encoded, "open sesame")
    assert not await desk.verify(encoded, "open barley")
    assert not await desk.verify(encoded, "")


async def test_it_is_argon2id_of_19_mib_and_fits_its_field(desk: PasswordDesk) -> None:
    for password in ("", "é" * 128, "x" * 10_000):
        encoded = await desk.hash(password)
        assert len(encoded) <= ENCODED_MOST
        assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_an_accent_may_be_typed_in_either_way(desk: PasswordDesk) -> None:
    assert await desk.verify(
        await desk.hash("caf\N{LATIN SMALL LETTER E WITH ACUTE}"), "cafe\N{COMBINING ACUTE ACCENT}"
    )


@pytest.mark.expects_warnings
@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "sesame",
        "\N{LATIN SMALL LETTER E WITH ACUTE}",
        OURS + "$",
        OURS[:-6],
        OURS[:40] + "!" + OURS[41:],
        OURS.replace("argon2id", "argon2i"),
        OURS.replace("m=19456", "m=4194304"),
        OURS.replace("m=19456", "m=4"),
        OURS.replace("t=2", "t=1000"),
        OURS.replace("p=1", "p=200"),
        OURS.replace("t=2", "t=0"),
        OURS + "A" * 100,
        "$argon2id$" * 1000,
    ],
)
async def test_what_is_no_kept_password_fits_nothing_and_is_said_once(
    desk: PasswordDesk, encoded: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert not await desk.verify(encoded, "sesame")
    assert [record.getMessage() for record in caplog.records] == [UNREADABLE]
    assert await desk.verify(OURS, "sesame")


async def test_the_loop_goes_on_meanwhile_and_one_is_worked_on_at_a_time(desk: PasswordDesk) -> None:
    first, second = Hindrance(), Hindrance()
    asked = [asyncio.ensure_future(desk._ask(work)) for work in (first, second)]
    await until(lambda: first.begun)  # and the loop has turned
    assert (second.begun, desk.waiting) == (0, 1)
    second.may_end.set()
    first.may_end.set()
    assert await asyncio.gather(*asked) == ["done", "done"]
    assert desk.waiting == 0


async def test_a_full_queue_is_said_at_once(desk: PasswordDesk) -> None:
    work = Hindrance()
    asked = [asyncio.ensure_future(desk._ask(work)) for _ in range(3)]
    await until(lambda: desk.waiting == 2)
    with pytest.raises(DeskBusy):
        await desk.hash("x")
    with pytest.raises(DeskBusy):
        await desk.verify(OURS, "sesame")
    work.may_end.set()
    await asyncio.gather(*asked)
    assert await desk.verify(OURS, "sesame")


async def test_who_has_gone_does_not_stand_in_the_queue(desk: PasswordDesk) -> None:
    work, unwanted = Hindrance(), Hindrance()
    running = asyncio.ensure_future(desk._ask(work))
    await until(lambda: work.begun)
    for _ in range(50):
        gone = asyncio.ensure_future(desk._ask(unwanted))
        await until(lambda: desk.waiting)
        gone.cancel()
        await until(gone.done)
        assert desk.waiting == 0
    running.cancel()  # the one that is worked on: its work goes on, and still nothing runs beside it
    await until(running.done)
    last = asyncio.ensure_future(desk.verify(OURS, "sesame"))
    await until(lambda: desk.waiting == 1)
    work.may_end.set()
    assert await last
    assert unwanted.begun == 0


async def test_a_fault_is_the_askers_and_the_desk_goes_on(desk: PasswordDesk) -> None:
    with pytest.raises(ZeroDivisionError):
        await desk._ask(lambda: 1 // 0)
    assert await desk.verify(OURS, "sesame")


async def test_a_closed_desk_is_busy_for_all(desk: PasswordDesk) -> None:
    work = Hindrance()
    running, waiting = (asyncio.ensure_future(desk._ask(work)) for _ in range(2))
    await until(lambda: work.begun and desk.waiting == 1)
    desk.close()
    with pytest.raises(DeskBusy):
        await waiting
    with pytest.raises(DeskBusy):
        await desk.hash("x")
    work.may_end.set()
    assert await running == "done"
