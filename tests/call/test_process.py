"""The app's end of the process of the call, with a stand-in that dies, hangs and babbles on request."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from player.call.process import CallProcess
from player.clocks import LeveredClock, SystemClock
from player.core.call_keeping import KeepingPolicy
from player.core.call_pipe import (
    CallEnded,
    CallNews,
    CallSignalled,
    CallTold,
    Company,
    Member,
    Own,
    PeerSignalled,
    RoomLine,
)
from player.ports import Clock
from server.core.protocol import Hangup, Signalled
from server.core.timeline import LocalTime
from tests.fakes.waiting import wait_until

STAND_IN = (sys.executable, str(Path(__file__).with_name("stand_in.py")))
QUICK = KeepingPolicy(silence=1.0, look=0.05, first_wait=0.05)


class Caller:
    """A session's view of a process."""

    def __init__(self, policy: KeepingPolicy = QUICK, clock: Clock | None = None) -> None:
        self.woken = threading.Event()
        self.call = CallProcess(clock or SystemClock(), self.woken.set, STAND_IN, policy)
        self.news: list[CallNews] = []

    def look(self) -> list[CallNews]:
        self.news += self.call.take_events()
        return self.news

    def of(self, kind: type) -> list[CallNews]:
        return [each for each in self.look() if isinstance(each, kind)]

    def told(self, condition: Callable[[list[str]], bool]) -> list[str]:
        """Wait for the stand-in's words [pid, name, me, option ...] to be like this."""

        def found() -> list[str]:
            told = [each.words.split(" ") for each in self.look() if isinstance(each, CallTold)]
            self.news = [each for each in self.news if not isinstance(each, CallTold)]
            return next((words for words in reversed(told) if condition(words)), [])

        return wait_until(found, "words of the call")


@pytest.fixture
def caller() -> Iterator[Caller]:
    made = Caller()
    yield made
    made.call.close()


def company(me: str) -> Company:
    return Company(joined=True, me=me, members=(Member("b", "Ben", 1, True, True),))


def test_nothing_is_started_before_somebody_speaks() -> None:
    caller = Caller()
    caller.call.mix(np.zeros((480, 2), np.float32), LocalTime(0.0))
    assert caller.call.tile("", 0) is None
    assert not psutil.Process().children()
    caller.call.close()
    caller.call.tell(Own())
    assert not psutil.Process().children()


def test_words_go_and_come(caller: Caller) -> None:
    caller.call.tell(Own(name="Ana"))
    caller.call.tell(company("a"))
    caller.told(lambda words: words[1:3] == ["Ana", "a"])
    assert caller.woken.is_set()
    said = Signalled("b", "x", Hangup())
    caller.call.tell(PeerSignalled(said))
    wait_until(lambda: caller.of(CallSignalled), "the signal")


@pytest.mark.expects_warnings
def test_a_death_is_told_and_what_should_be_is_told_anew(caller: Caller) -> None:
    caller.call.tell(company("a"))
    caller.call.tell(RoomLine(1.0, 2.0))
    first = caller.told(lambda words: words[2] == "a")[0]
    os.kill(int(first), signal.SIGKILL)
    wait_until(lambda: caller.of(CallEnded), "the end")
    again = caller.told(lambda words: words[2] == "a" and words[0] != first)
    assert psutil.pid_exists(int(again[0]))


def test_a_signal_that_comes_before_the_process_waits_for_it(caller: Caller) -> None:
    caller.call.tell(PeerSignalled(Signalled("b", "early", Hangup())))
    wait_until(lambda: caller.of(CallSignalled), "the signal")


@pytest.mark.expects_warnings
def test_a_process_that_hangs_is_ended_and_replaced(caller: Caller) -> None:
    caller.call.tell(company("a"))
    first = int(caller.told(lambda words: words[2] == "a")[0])
    os.kill(first, signal.SIGSTOP)
    for _ in range(2000):  # more than the pipe holds: nobody waits for it
        caller.call.tell(PeerSignalled(Signalled("b", "x" * 40, Hangup())))
    caller.told(lambda words: words[0] != str(first) and words[2] == "a")
    assert not psutil.pid_exists(first)
    assert caller.of(CallEnded)


def test_what_should_be_is_told_however_many_signals_wait() -> None:
    caller = Caller(KeepingPolicy(silence=60.0))
    caller.call.tell(Own(name="Ana"))
    pid = int(caller.told(lambda words: words[1] == "Ana")[0])
    os.kill(pid, signal.SIGSTOP)
    for _ in range(5000):  # more than the pipe and the queue hold
        caller.call.tell(PeerSignalled(Signalled("b", "x" * 40, Hangup())))
    caller.call.tell(company("late"))
    os.kill(pid, signal.SIGCONT)
    assert caller.told(lambda words: words[2] == "late")[0] == str(pid)
    caller.call.close()


@pytest.mark.expects_warnings
def test_one_that_says_nothing_any_more_is_ended_and_replaced(caller: Caller) -> None:
    caller.call.tell(Own(name="Ana"))
    first = caller.told(lambda words: words[1] == "Ana")[0]
    caller.call.tell(Own(name="silent"))
    wait_until(lambda: caller.of(CallEnded), "the end")
    caller.call.tell(Own(name="Ben"))
    caller.told(lambda words: words[1] == "Ben" and words[0] != first)


@pytest.mark.expects_warnings
@pytest.mark.parametrize("name", ["die", "babble"])
def test_one_that_breaks_at_once_is_started_again_and_again(caller: Caller, name: str) -> None:
    caller.call.tell(Own(name=name))
    wait_until(lambda: len(caller.of(CallEnded)) >= 3, "three ends")
    caller.call.tell(Own(name="Ana"))
    caller.told(lambda words: words[1] == "Ana")


@pytest.mark.expects_warnings
def test_nonsense_is_passed_over(caller: Caller) -> None:
    caller.call.tell(Own(name="nonsense"))
    caller.told(lambda words: words[1] == "nonsense")
    assert not caller.of(CallEnded)


def test_what_nobody_takes_is_bounded(caller: Caller) -> None:
    caller.call.tell(Own(name="many"))
    kept = caller.call._news
    wait_until(lambda: any(isinstance(each, CallTold) and " many " in each.words for each in list(kept)), "the last")
    events = caller.call.take_events()
    assert len([each for each in events if isinstance(each, CallSignalled)]) == 512
    assert len([each for each in events if isinstance(each, CallTold)]) == 1


@pytest.mark.expects_warnings
def test_a_program_that_is_not_there_is_said_in_words() -> None:
    caller = Caller()
    caller.call._command = ("/nowhere/python",)
    caller.call.tell(Own())
    wait_until(lambda: caller.of(CallEnded), "the end")
    assert "install Matinee again" in caller.news[0].words  # type: ignore[union-attr]
    caller.call.close()


def test_closing_ends_it_even_if_it_hangs() -> None:
    caller = Caller(KeepingPolicy())
    caller.call.tell(Own(name="Ana"))
    pid = int(caller.told(lambda words: words[1] == "Ana")[0])
    os.kill(pid, signal.SIGSTOP)
    caller.call.close()
    wait_until(lambda: not psutil.pid_exists(pid), "its end")
    assert caller.call.take_events() == []


def test_the_levers_of_a_clock_are_passed_on() -> None:
    clock = LeveredClock(100.0, 50.0)
    caller = Caller(clock=clock)
    caller.call.tell(Own(name="Ana"))
    words = caller.told(lambda words: words[1] == "Ana")
    assert f"--clock-offset={clock.offset!r}" in words
    assert f"--clock-ppm={clock.ppm!r}" in words
    assert f"--clock-origin={clock.origin!r}" in words
    caller.call.close()


APP = """
import sys, time
from player.call.process import CallProcess
from player.clocks import SystemClock
from player.core.call_pipe import CallTold, Own
call = CallProcess(SystemClock(), lambda: None, sys.argv[1:])
call.tell(Own())
while True:
    for news in call.take_events():
        if isinstance(news, CallTold):
            print(news.words.split()[0], flush=True)
    time.sleep(0.01)
"""


def test_it_ends_with_its_app_even_if_that_is_killed() -> None:
    app = subprocess.Popen([sys.executable, "-c", APP, *STAND_IN], stdout=subprocess.PIPE, text=True)
    assert app.stdout is not None
    pid = int(app.stdout.readline())
    assert psutil.pid_exists(pid)
    app.kill()
    app.wait()
    app.stdout.close()
    wait_until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE, "its end")


def test_processes_read_one_clock() -> None:
    """`perf_counter` of another process lies between two readings of ours, on all systems that we run on."""
    program = "import time; print(time.perf_counter())"
    before = time.perf_counter()
    there = float(subprocess.check_output([sys.executable, "-c", program]))
    assert before < there < time.perf_counter()
