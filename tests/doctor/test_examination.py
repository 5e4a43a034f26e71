"""The doctor's visit: order, exit status, and that no inspection can spoil it."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from player.doctor import examination, network, senses, software, timing
from player.doctor.examination import examine, run_doctor, summary
from player.doctor.finding import Finding, note, ok, problem
from player.doctor.program import last_line, program, run_briefly


def test_findings_are_told_in_order() -> None:
    told: list[Finding] = []
    what: dict[str, Callable[[], list[Finding]]] = {
        "one": lambda: [ok("One", "a"), note("One", "b")],
        "two": lambda: [problem("Two", "c")],
    }
    found = examine(what, told.append)
    assert [each.words for each in told] == ["a", "b", "c"]
    assert found == told
    assert "Two" in summary(found)
    assert summary([ok("One", "a")]) == "Films can be played here."


def test_an_inspection_that_fails_is_a_note() -> None:
    def fail() -> list[Finding]:
        raise ValueError("odd driver")

    (found,) = examine({"GPU": fail}, lambda finding: None)
    assert found.grade == "note"
    assert "odd driver" in found.words


@pytest.mark.parametrize(("finding", "status"), [(ok("Qt", "x"), 0), (note("GPU", "x"), 0), (problem("Qt", "x"), 1)])
def test_the_exit_status_says_whether_films_can_be_played(
    finding: Finding, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(examination, "inspections", lambda invite: {"all": lambda: [finding]})
    assert run_doctor() == status
    assert finding.line() in capsys.readouterr().out


def test_a_program_that_hangs_is_ended() -> None:
    assert run_briefly([sys.executable, "-c", "import sys; sys.stdin.read(); input()"], 20.0) is not None
    assert run_briefly([sys.executable, "-c", "import time; time.sleep(600)"], 0.0) is None
    assert run_briefly(["/no/such/program"], 1.0) is None


def test_what_a_program_said_last_is_found() -> None:
    assert last_line("one\n\ntwo \n\n") == "two"
    assert last_line("") == "it said nothing"
    assert program("server")[-2:] == ["-m", "server"]


def test_this_machine_has_versions_codecs_and_a_clock() -> None:
    found = software.inspect_software() + timing.inspect_clock()
    assert {each.subject for each in found} == {"Matinee", "Qt", "PyAV", "Codecs", "Clock", "Sleep"}
    assert all(each.grade != "problem" for each in found)


def test_without_a_sound_server_there_is_a_note_on_sound() -> None:
    (found,) = senses.inspect_sound()
    assert (found.grade, found.subject) == ("note", "Sound")


def test_the_gpu_is_asked_by_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(software, "GPU_TIMEOUT", 60.0)
    (found,) = software.inspect_gpu()
    assert found.subject == "GPU"
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert "not tried" in software.inspect_gpu()[0].words


def test_a_display_that_fails_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [sys.executable, "-c", "import sys; sys.exit('libEGL.so.1 is missing')"]
    monkeypatch.setattr(senses, "program", lambda name: words)
    (found,) = senses.inspect_display()
    assert found.grade == "problem"
    assert "libEGL.so.1 is missing" in found.words
    monkeypatch.setattr(senses, "program", lambda name: ["/no/such/program"])
    assert senses.inspect_display()[0].grade == "problem"
    monkeypatch.setattr(senses, "program", lambda name: [sys.executable, "-c", ""])
    assert senses.inspect_display()[0].grade == "ok"
    monkeypatch.setattr(senses, "missing_display", lambda: "No display was found.")
    assert senses.inspect_display()[0].grade == "note"


def test_a_server_that_does_not_start_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [sys.executable, "-c", "import sys; sys.exit('out of memory')"]
    monkeypatch.setattr(network, "program", lambda name: words)
    found = network.inspect_network()
    assert [each.subject for each in found] == ["Server", "Port", "Address"]
    assert found[0].grade == "problem"
    assert "out of memory" in found[0].words


def test_a_taken_port_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    with socket.create_server(("0.0.0.0", 0)) as taken:
        assert network._port(taken.getsockname()[1]).grade == "note"
    with socket.socket() as free:
        free.bind(("0.0.0.0", 0))
        port = free.getsockname()[1]
    assert network._port(port).grade == "ok"
