"""How the doctor judges what it found: good, less good, and missing; each with what to do."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from player.call import devices, microphones
from player.core.call_pipe import Device
from player.core.news import LinkEvent, LinkLost, Sampled
from player.core.playout_line import Note
from player.doctor import senses
from player.doctor.finding import note, ok, problem
from player.doctor.network import judge_exchange
from player.doctor.senses import inspect_cameras, judge_sound
from player.doctor.software import NEEDED, judge_codecs, judge_gpu, judge_qt
from player.doctor.timing import judge_clock, judge_suspend
from player.media.capabilities import SoundReading, can_open_gpu, missing_decoders, since_last_pause


def test_a_line_begins_with_its_grade_and_subject() -> None:
    assert ok("Sound", "it is there").line().split() == ["ok", "Sound", "it", "is", "there"]
    assert note("Sound", "x").line().startswith("note ")
    assert problem("Sound", "x").line().startswith("problem ")


def test_the_broken_qt_is_told_on_the_pythons_that_it_breaks() -> None:
    assert judge_qt("6.12.0", (3, 11)).grade == "problem"
    assert judge_qt("6.12.0", (3, 12)).grade == "ok"
    assert judge_qt("6.11.3", (3, 11)).grade == "ok"


def test_a_missing_needed_codec_is_a_problem_another_a_note() -> None:
    assert judge_codecs([]).grade == "ok"
    rare = judge_codecs(["AV1", "DTS"])
    assert rare.grade == "note"
    assert "AV1, DTS" in rare.words
    assert judge_codecs(["AV1", next(iter(NEEDED))]).grade == "problem"


def test_a_gpu_is_a_luxury() -> None:
    assert judge_gpu("no cuda\nyes vaapi\n").words == "vaapi can decode"
    assert judge_gpu("no cuda\nno drm\n").grade == "note"
    assert "cuda, drm" in judge_gpu("no cuda\nno drm\n").words
    assert judge_gpu("").grade == "note"
    assert judge_gpu(None).grade == "note"


def test_sound_is_judged_by_how_well_it_is_known() -> None:
    good = judge_sound(SoundReading("Speakers", 0.1, 0.0001), "0.5")
    assert good.grade == "ok"
    assert "100 ms" in good.words
    assert judge_sound(SoundReading("Speakers", 0.1, 0.02), "0.5").grade == "note"
    assert judge_sound(SoundReading("Speakers", None, None), "0.5").grade == "note"


def test_cameras_are_named_once_and_only_if_there_are_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senses.sys, "platform", "linux")
    assert inspect_cameras(tmp_path / "none", tmp_path)[0].grade == "note"
    for node in ("video0", "video1"):
        (tmp_path / "class" / node).mkdir(parents=True)
        (tmp_path / "class" / node / "name").write_text("HD Webcam\n")
        (tmp_path / node).touch()
    (found,) = inspect_cameras(tmp_path / "class", tmp_path)
    assert (found.grade, found.words) == ("ok", "“HD Webcam”")
    (tmp_path / "video0").unlink()
    (found,) = inspect_cameras(tmp_path / "class", tmp_path)
    assert found.grade == "note"
    assert "usermod" in found.words


def test_microphones_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(microphones, "find_microphones", lambda: (Device("0", "Headset"), Device("1", "Array")))
    (found,) = senses.inspect_microphones()
    assert (found.grade, found.words) == ("ok", "“Headset”, “Array”")
    monkeypatch.setattr(microphones, "find_microphones", lambda: ())
    assert senses.inspect_microphones()[0].grade == "note"


def test_elsewhere_cameras_are_listed_by_their_own_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senses.sys, "platform", "darwin")
    monkeypatch.setattr(devices, "find_cameras", lambda: (Device("0", "FaceTime HD"),))
    assert inspect_cameras()[0].words == "“FaceTime HD”"
    monkeypatch.setattr(devices, "find_cameras", lambda: ())
    assert inspect_cameras()[0].grade == "note"
    never = threading.Event()
    monkeypatch.setattr(devices, "find_cameras", never.wait)
    monkeypatch.setattr(senses, "LISTING", 0.01)
    assert inspect_cameras()[0].grade == "note"
    never.set()


def test_a_coarse_clock_and_a_late_sleep_are_noted() -> None:
    assert judge_clock(1e-9, [0.0001, 0.0002, 0.0003]).grade == "ok"
    assert judge_clock(0.015, [0.0001]).grade == "note"
    assert judge_clock(1e-9, [0.01, 0.02, 0.03]).grade == "note"


def test_sleep_that_the_clock_left_out_is_told() -> None:
    assert "has not slept yet" in judge_suspend(0.0).words
    assert "120 min" in judge_suspend(7200.0).words


def test_a_server_is_judged_by_its_fastest_exchange() -> None:
    fast: list[LinkEvent] = [Sampled(1.0, 5.0, 5.0001, 1.01, "e"), Sampled(2.0, 6.0, 6.0001, 2.0006, "e")]
    found = judge_exchange(fast)
    assert found.grade == "ok"
    assert "0.50 ms" in found.words
    assert judge_exchange(fast[:1]).grade == "note"
    silent = judge_exchange([LinkLost("The server does not answer.")])
    assert silent.grade == "problem"
    assert "The server does not answer." in silent.words
    assert judge_exchange([]).grade == "problem"


def test_one_decoder_of_several_is_enough() -> None:
    wanted = {"AAC": ("no-such-decoder", "aac"), "Nothing": ("no-such-decoder",)}
    assert missing_decoders(wanted) == ["Nothing"]


def test_a_gpu_of_no_known_kind_can_not_be_opened() -> None:
    assert not can_open_gpu("no-such-kind")


def test_a_device_is_measured_from_when_it_runs() -> None:
    filled = tuple(Note(1200 * index, 0.1, 0.0) for index in range(5))
    running = tuple(Note(6000 + 1200 * index, 2.1, 2.0 + index / 40) for index in range(5))
    assert since_last_pause(filled + running) == running
    assert since_last_pause(filled) == filled
    assert since_last_pause(()) == ()
