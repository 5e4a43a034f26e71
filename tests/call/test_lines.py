"""The process of the call by itself: started wrongly, told nonsense, left alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from player.call.memory import CallMemory
from player.core.call_pipe import LINE_MOST, CallTold, Own, line_of, read_from_call

PROGRAMS = ((sys.executable, "-m", "player.call"), (sys.executable, "-m", "player", "--call-process"))


@pytest.fixture
def memory() -> Iterator[CallMemory]:
    made = CallMemory.make()
    yield made
    made.close()


def start(memory: CallMemory, *words: str, program: tuple[str, ...] = PROGRAMS[0]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*program, "--memory", memory.name, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=memory.descriptors,
    )


def said_until(process: subprocess.Popen[bytes], camera: str) -> CallTold:
    assert process.stdout is not None
    for line in process.stdout:
        told = read_from_call(line)
        if isinstance(told, CallTold) and told.camera == camera:
            return told
    raise AssertionError("it has ended")


@pytest.mark.parametrize("program", PROGRAMS, ids=["module", "bundle"])
def test_it_lives_until_its_input_ends(memory: CallMemory, program: tuple[str, ...]) -> None:
    process = start(memory, program=program)
    assert process.stdin is not None
    process.stdin.write(line_of(Own(camera="test", camera_on=True)))
    process.stdin.flush()
    said_until(process, "on")
    _, complaints = process.communicate()
    assert (process.returncode, complaints) == (0, b"")


@pytest.mark.parametrize(
    "nonsense", [b"\n", b"\xff\x00\n", b'{"is":"told"}\n', b'{"is":"own","camera":7}\n', b"[" * 1000 + b"\n"]
)
def test_nonsense_is_passed_over(memory: CallMemory, nonsense: bytes) -> None:
    process = start(memory)
    assert process.stdin is not None
    process.stdin.write(nonsense + line_of(Own(camera="test", camera_on=True)))
    process.stdin.flush()
    said_until(process, "on")
    _, complaints = process.communicate()
    assert process.returncode == 0
    assert complaints.startswith(b"WARNING")
    assert b"Traceback" not in complaints


def test_a_line_without_end_is_the_end(memory: CallMemory) -> None:
    process = start(memory)
    assert process.stdin is not None
    process.stdin.write(b"x" * (3 * LINE_MOST))
    process.stdin.flush()
    process.wait()
    _, complaints = process.communicate()
    assert b"speaks without end" in complaints


def test_without_its_memory_it_says_so(memory: CallMemory) -> None:
    done = subprocess.run([*PROGRAMS[0], "--memory", "fd:999"], capture_output=True, check=False)
    assert done.returncode == 1
    assert b"memory of the call" in done.stderr
    assert b"Traceback" not in done.stderr


HANGING = """
import sys, time
from player.call import __main__ as call
call.assembled = lambda *parts: (print("here", flush=True), time.sleep(1000))
sys.exit(call.main(sys.argv[1:]))
"""


def test_it_ends_with_its_input_even_if_its_loop_hangs(memory: CallMemory) -> None:
    process = start(memory, program=(sys.executable, "-c", HANGING))
    assert process.stderr is not None
    assert process.stderr.readline() == b"here\n", "what is printed does not get into the pipe"
    process.communicate()
    assert process.returncode == 1
