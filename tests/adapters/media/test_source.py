"""What a file is found to hold, and what is said of those that can't be opened."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from player.core.medium import Medium, Track
from player.media import source as source_module
from player.media.labels import language_name
from player.media.source import is_url, name_of, open_source
from player.ports import MediaError
from tests.fakes.cinema import Cinema
from tests.fakes.clips import Clip, pixels_of
from tests.fakes.film_server import FilmServer

Films = Callable[[str, Clip], Path]


def describe(path: Path | str) -> Medium:
    source, container = open_source(str(path))
    container.close()
    return source.medium


def complaint(path: Path | str) -> str:
    with pytest.raises(MediaError) as error:
        open_source(str(path))
    return str(error.value)


# -- what can't be opened ----------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert complaint(tmp_path / "gone.mkv").startswith("“gone.mkv” was not found. Check its name")


def test_a_folder(tmp_path: Path) -> None:
    assert complaint(tmp_path) == f"“{tmp_path.name}” is a folder. Choose a file in it."


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    assert complaint(path) == "“empty.mp4” is empty. Copy it again from where you got it."


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "locked.mp4"
    path.write_bytes(b"x")
    path.chmod(0)
    if os.geteuid() == 0:  # root may read everything

        def refuse(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(source_module, "open", refuse, raising=False)
    assert complaint(path).startswith("“locked.mp4” may not be read by you. Change its permissions")


@pytest.mark.parametrize("content", [b"plain words\n" * 50, bytes(range(256)) * 20, b"\x1aE\xdf\xa3" + bytes(5000)])
def test_a_file_that_is_no_film(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter.mp4"
    path.write_bytes(content)
    assert complaint(path).startswith("“letter.mp4” is not a film or sound that Matinee can read")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe.mp4"
    os.mkfifo(path)
    assert complaint(path) == "“pipe.mp4” is not a file. Choose a film or sound file."


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000])
def test_a_name_that_no_file_can_have(path: str) -> None:
    assert complaint(path).endswith("can't be read. Check its name and its disk.")


def test_only_subtitles_are_no_film(tmp_path: Path) -> None:
    path = tmp_path / "words.srt"
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    assert complaint(path) == "“words.srt” holds no picture and no sound. Choose another file."


def test_a_coding_that_is_not_known(films: Films, tmp_path: Path) -> None:
    data = films("known.mkv", Clip(seconds=0.5, has_sound=False)).read_bytes()
    path = tmp_path / "strange.mkv"
    path.write_bytes(data.replace(b"V_MPEG4/ISO/AVC", b"V_STRANGE/0/AVC"))
    assert complaint(path).startswith("Matinee can't decode what is in “strange.mkv”.")


def test_a_picture_that_is_not_known_leaves_its_sound(films: Films, tmp_path: Path) -> None:
    data = films("both.mkv", Clip(seconds=0.5)).read_bytes()
    path = tmp_path / "half.mkv"
    path.write_bytes(data.replace(b"V_MPEG4/ISO/AVC", b"V_STRANGE/0/AVC"))
    source, container = open_source(str(path))
    container.close()
    assert source.medium.size is None
    assert source.medium.sound_track is not None
    assert source.remarks[0].startswith("The picture of “half.mkv” can't be decoded")


# -- addresses ---------------------------------------------------------------------------------------------------------


def test_what_an_address_is() -> None:
    assert is_url("http://films.example/a.mp4")
    assert not is_url(r"C:\films\a.mp4")
    assert not is_url("file:///films/a.mp4")
    assert not is_url("/films/12:30.mp4")
    assert name_of("https://films.example/a%20b.mp4?key=secret") == "a b.mp4"
    assert name_of("https://films.example") == "films.example"
    assert name_of("file:///films/a%20b.mp4") == "a b.mp4"


def test_a_film_is_opened_from_an_address(film: Path) -> None:
    with FilmServer(film.read_bytes()) as server:
        medium = describe(f"{server.address}/usual.mp4?key=secret")
        assert (medium.title, medium.size) == ("usual", (320, 180))
        server.status = 404
        assert complaint(f"{server.address}/gone.mp4") == "“gone.mp4” does not exist on 127.0.0.1. Check the address."
        server.status = 403
        assert "does not let you have “gone.mp4”" in complaint(f"{server.address}/gone.mp4")
        server.status = 500
        assert "can't deliver “gone.mp4” now" in complaint(f"{server.address}/gone.mp4")


def playlist(*parts: str) -> bytes:
    """Of HLS, a second each."""
    lines = ("#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", *(f"#EXTINF:1.0,\n{part}" for part in parts))
    return "\n".join((*lines, "#EXT-X-ENDLIST", "")).encode()


def test_a_playlist_of_pieces_is_opened_from_an_address(films: Films) -> None:
    piece = films("piece.ts", Clip(seconds=1.0)).read_bytes()
    with FilmServer(b"") as server:
        server.files = {"/film.m3u8": playlist("a.ts", f"{server.address}/b.ts"), "/a.ts": piece, "/b.ts": piece}
        assert describe(f"{server.address}/film.m3u8").size == (320, 180)


@pytest.mark.parametrize("scheme", ["file://{}", "file:{}", "concat:{}|{}", "subfile,,start,0,end,0,,:{}", "data:{}"])
def test_an_address_leads_to_no_file_of_this_computer(films: Films, scheme: str) -> None:
    """A playlist on the network must not make a player read what lies here."""
    here = films("here.ts", Clip(seconds=1.0))
    with FilmServer(b"") as server:
        server.files = {
            "/film.m3u8": playlist(scheme.format(here, here)),
            "/passwd.m3u8": playlist("file:///etc/passwd"),
        }
        for name in ("film", "passwd"):
            words = complaint(f"{server.address}/{name}.m3u8")
            assert f"“{name}.m3u8” on 127.0.0.1 is not a film" in words
            assert words.count(".") == 4 + 1 + 1


@pytest.mark.parametrize("scheme", ["concat", "subfile", "ftp", "rtp", "tcp", "data", "crypto+file"])
def test_addresses_are_of_the_web_only(scheme: str) -> None:
    wanted = f"Matinee can't fetch “{scheme}” addresses. Use http or https, or a file."
    assert complaint(f"{scheme}://films.example/a.mp4") == wanted


def test_an_address_that_nobody_is_at() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert complaint(f"http://127.0.0.1:{port}/a.mp4").startswith("127.0.0.1 can't be reached. Check the address")


def test_an_address_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "OPEN_TIMEOUT", 0.3)
    monkeypatch.setattr(source_module, "READ_TIMEOUT", 0.3)
    with FilmServer(b"") as server:
        server.is_silent = True
        assert complaint(f"{server.address}/a.mp4").startswith("127.0.0.1 does not answer.")


def test_an_address_that_delivers_no_film() -> None:
    with FilmServer(b"<html>no</html>" * 100) as server:
        assert complaint(f"{server.address}/a.mp4").startswith("“a.mp4” on 127.0.0.1 is not a film")


def test_an_address_of_another_kind() -> None:
    assert complaint("gopher2://x/a.mp4").startswith("Matinee can't fetch “gopher2” addresses.")


# -- what is in it -----------------------------------------------------------------------------------------------------


def test_what_is_told_of_a_film(film: Path) -> None:
    medium = describe(film)
    assert medium.path == str(film)
    assert medium.title == "usual"
    assert medium.duration == pytest.approx(4.0, abs=0.05)
    assert medium.size == (320, 180)
    assert medium.frame_duration == pytest.approx(1 / 30)
    assert medium.sound_tracks == (Track("stream:1", "sound", "English (AAC, stereo)", "eng"),)
    assert medium.sound_track == "stream:1"
    assert medium.subtitle_tracks == ()


def test_a_name_with_a_colon_and_an_address_of_a_file(film: Path, tmp_path: Path) -> None:
    path = tmp_path / "12:30 a%20b.mp4"
    path.write_bytes(film.read_bytes())
    assert describe(path).title == "12:30 a%20b"
    assert describe(path.as_uri()).title == "12:30 a%20b"


def test_a_film_is_as_wide_as_it_should_be_seen(films: Films) -> None:
    path = films("wide.mkv", Clip(seconds=0.5, size=(160, 120), aspect=Fraction(4, 3), has_sound=False))
    assert describe(path).size == (213, 120)


def test_a_turned_film_is_upright(cinema: Cinema, films: Films) -> None:
    def paint(_: int, pixels: np.ndarray) -> None:
        pixels[:] = 30
        pixels[:60, :80] = 220  # above left

    cinema.playback.set_size(400, 400)
    medium = cinema.open(films("turned.mp4", Clip(seconds=0.5, rotation=90, paint=paint, has_sound=False)))
    assert medium.size == (180, 320)
    seen = cinema.prime(0.2)
    assert seen.shape[:2] == (320, 180)
    assert seen[300, 20, 1] > 180  # counterclockwise: below left
    assert seen[20, 20, 1] < 80


@pytest.mark.parametrize("name", ["begins.ts", "begins.mkv"])
def test_media_time_begins_with_the_film(films: Films, name: str) -> None:
    source, container = open_source(str(films(name, Clip(seconds=1, start=3.0))))
    container.close()
    # the stream's own muxer adds a delay of its own to MPEG-TS
    assert source.origin == pytest.approx(3.0 if name.endswith("mkv") else source.origin, abs=0.001)
    assert source.medium.duration == pytest.approx(1.0, abs=0.06)


def test_sound_that_begins_well_before_the_picture_is_part_of_the_film(films: Films) -> None:
    source, container = open_source(str(films("overture.mkv", Clip(seconds=2, start=1.5, sound_start=0.5))))
    container.close()
    assert source.origin == pytest.approx(0.5, abs=0.002)
    assert source.medium.duration == pytest.approx(3.0, abs=0.05)


def test_a_picture_that_begins_first_is_where_media_time_begins(films: Films) -> None:
    source, container = open_source(str(films("quiet.mkv", Clip(seconds=2, sound_start=1.0))))
    container.close()
    assert source.origin == pytest.approx(0.0, abs=0.001)


def test_a_cover_is_no_moving_picture_but_is_seen(cinema: Cinema, tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("libmp3lame", rate=48000, layout="stereo")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        container.start_encoding()
        for packet in cover.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), 200, np.uint8), format="rgb24")):
            container.mux(packet)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 48000), np.float32), format="fltp", layout="stereo")
        frame.sample_rate = 48000
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    medium = cinema.open(path)
    assert medium.size is None
    assert medium.sound_track is not None
    cinema.until(lambda: bool(cinema.shown))
    cinema.prime(0.7)
    assert abs(int(pixels_of(cinema.shown[-1].picture).mean()) - 213) < 6
    assert cinema.playback.picture_asynchrony() is None


def test_subtitle_files_beside_the_film_are_tracks(films: Films, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(films("plain.mp4", Clip(seconds=0.5)).read_bytes())
    for name in ("film.en.srt", "film.pt-BR.ass", "film.VTT", "film.txt", "filming.srt", "other.srt"):
        (tmp_path / name).touch()
    medium = describe(path)
    labels = ["film.VTT", "English (film.en.srt)", "Portuguese (film.pt-BR.ass)"]
    assert [track.label for track in medium.subtitle_tracks] == labels
    assert medium.subtitle_track == f"file:{tmp_path}/film.VTT"


def test_embedded_subtitles_are_tracks_and_off_at_first(films: Films) -> None:
    medium = describe(films("texts.mkv", Clip(seconds=2, subtitles=((0.5, 1.0, "Bonjour"),))))
    assert medium.subtitle_tracks == (Track("stream:2", "subtitles", "French (SubRip)", "fra"),)
    assert medium.subtitle_track is None


def test_languages_have_names() -> None:
    assert [language_name(code) for code in ("deu", "ger", "de-AT", "und", "", "xyz")] == [
        "German",
        "German",
        "German",
        "",
        "",
        "xyz",
    ]


def test_sentences_are_whole(tmp_path: Path) -> None:
    sentence = complaint(tmp_path / "gone.mkv")
    assert re.fullmatch(r"[^.]*“[^”]*”[^.]*\. [^.]*\.", sentence)
