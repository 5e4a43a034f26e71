"""Subtitles of real files, over a real film."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from player.core.medium import SubtitlesAdded
from player.core.subtitles import Cue
from player.media.subtitles import read_file
from player.ports import MediaError
from tests.fakes.cinema import Cinema
from tests.fakes.clips import Clip

Films = Callable[[str, Clip], Path]
WORDS = ((0.2, 0.9, "Bonjour"), (1.5, 2.0, "Comment\nallez-vous"), (70.0, 71.0, "Adieu"))
SRT = "1\n00:00:00,500 --> 00:00:01,000\n<i>Grüße</i>\n\n2\n00:00:02,000 --> 00:00:03,000\nzwei\nZeilen\n"
ASS = (
    "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Dialogue: 0,0:00:00.50,0:00:01.00,Default,,0,0,0,,{\\an8\\i1}up, there{\\i0}\\Nbelow\n"
)
VTT = "WEBVTT\n\n00:00.500 --> 00:01.000\n<v Ana>Hi <b>you</b>\n"


@pytest.mark.parametrize(
    ("name", "text", "encoding", "cue"),
    [
        ("a.srt", SRT, "utf-8", Cue(0.5, 1.0, "Grüße")),
        ("a.srt", SRT, "utf-8-sig", Cue(0.5, 1.0, "Grüße")),
        ("a.srt", SRT, "utf-16", Cue(0.5, 1.0, "Grüße")),
        ("a.SRT", SRT, "cp1252", Cue(0.5, 1.0, "Grüße")),
        ("a.ass", ASS, "utf-8", Cue(0.5, 1.0, "up, there\nbelow")),
        ("a.ssa", ASS, "utf-16", Cue(0.5, 1.0, "up, there\nbelow")),
        ("a.vtt", VTT, "utf-8", Cue(0.5, 1.0, "Hi you")),
    ],
)
def test_files_are_read(tmp_path: Path, name: str, text: str, encoding: str, cue: Cue) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    assert read_file(str(path))[0] == cue


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.srt", None, "“gone.srt” was not found."),
        ("film.txt", b"words", "“film.txt” is no subtitle file."),
        ("noise.srt", bytes(range(256)) * 9, "“noise.srt” holds no subtitles"),
        ("empty.ass", b"", "“empty.ass” holds no subtitles"),
        ("large.vtt", b"WEBVTT\n" + b"\n" * (17 << 20), "“large.vtt” holds no subtitles"),
    ],
)
def test_files_that_hold_none(tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MediaError) as error:
        read_file(str(path))
    assert str(error.value).startswith(words)


def test_a_file_of_the_films_name_is_shown_from_the_start(cinema: Cinema, film: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(film.read_bytes())
    (tmp_path / "film.srt").write_text(SRT)
    cinema.open(path)
    cinema.prime(0.75)
    cinema.until(lambda: cinema.due.caption == "Grüße")
    cinema.prime(1.5)
    cinema.until(lambda: cinema.due.caption == "")
    cinema.playback.set_subtitle_delay(0.75)
    cinema.until(lambda: cinema.due.caption == "Grüße")
    cinema.playback.choose_subtitles(None)
    cinema.until(lambda: cinema.due.caption == "")
    assert cinema.remarks == []


@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_embedded_subtitles_follow_the_film(still_cinema: Cinema, films: Films, suffix: str) -> None:
    cinema = still_cinema
    clip = Clip(seconds=2, subtitles=WORDS[:2] if suffix == "mp4" else WORDS, has_sound=False)
    medium = cinema.open(films(f"french.{suffix}", clip))
    cinema.playback.choose_subtitles(medium.subtitle_tracks[0].id)
    cinema.prime(1.6)
    cinema.until(lambda: cinema.due.caption == "Comment\nallez-vous")
    begins = cinema.state("playing", 0.1).room_time
    cinema.until(lambda: cinema.due.caption == "")
    seen = cinema.playback.due(cinema.clock.now())
    assert seen.again_at is not None
    assert seen.again_at <= begins + 0.1 + 1e-6
    cinema.prime(0.2)
    cinema.until(lambda: cinema.due.caption == "Bonjour")
    if suffix == "mkv":
        cinema.prime(70.5)
        cinema.until(lambda: cinema.due.caption == "Adieu")
        cinema.prime(0.3)
        cinema.until(lambda: cinema.due.caption == "Bonjour")


def test_a_file_is_added_and_chosen(cinema: Cinema, film: Path, tmp_path: Path) -> None:
    path = tmp_path / "words.vtt"
    path.write_text(VTT)
    cinema.open(film)
    cinema.prime(0.75)
    cinema.playback.load_subtitles(str(path))
    cinema.until(lambda: cinema.due.caption == "Hi you")
    cinema.until(lambda: bool(cinema.of(SubtitlesAdded)))
    assert cinema.of(SubtitlesAdded)[0].track.id == f"file:{path}"
    cinema.playback.load_subtitles(str(tmp_path / "gone.srt"))
    cinema.until(lambda: bool(cinema.remarks))
    assert cinema.remarks[0].startswith("“gone.srt” was not found.")
    assert cinema.due.caption == "Hi you"


def test_choosing_without_a_film_does_nothing(cinema: Cinema) -> None:
    cinema.playback.choose_subtitles("stream:2")
    cinema.playback.load_subtitles("/nowhere.srt")
    cinema.playback.set_subtitle_delay(1.0)
    cinema.playback.choose_sound("stream:1")
    cinema.look()
    assert cinema.due.caption == ""
