"""Whatever is wrong is one clear sentence and an exit status, never a traceback."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.programs import Program, run

INVITE = "matinee://127.0.0.1:{port}/Friday?tls=off"


def sentence(done: subprocess.CompletedProcess[str], status: int) -> str:
    """What it said, which must be one sentence of ours."""
    said = done.stderr.strip()
    assert done.returncode == status, said
    assert "Traceback" not in said
    assert len(said.splitlines()) == 1, said
    assert said.startswith("matinee")
    return said


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def missing(folder: Path) -> Path:
    return folder / "missing.mkv"


def empty(folder: Path) -> Path:
    path = folder / "empty.mkv"
    path.touch()
    return path


def no_film(folder: Path) -> Path:
    path = folder / "letter.mkv"
    path.write_text("Dear Ana, this is not a film at all. " * 400)
    return path


def directory(folder: Path) -> Path:
    path = folder / "films"
    path.mkdir()
    return path


def unreadable(folder: Path) -> Path:
    path = no_film(folder)
    path.chmod(0)
    if os.access(path, os.R_OK):  # root may read everything: a socket may be opened by nobody
        path.unlink()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
    return path


@pytest.mark.parametrize("make", [missing, empty, no_film, directory, unreadable])
def test_a_file_that_is_no_film(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path)
    said = sentence(run("open", str(path), "--headless", HOME=str(tmp_path)), 1)
    assert path.name in said


def test_a_file_that_is_no_film_by_remote_control_of_nothing(tmp_path: Path) -> None:
    done = run("remote", INVITE.format(port=free_port()), "play", HOME=str(tmp_path))
    assert "127.0.0.1" in sentence(done, 1)


def test_an_invite_with_a_typo() -> None:
    for text in ("matinee:/127.0.0.1/Friday", "matinee://127.0.0.1:99999/Friday", "matinee://127.0.0.1:8998"):
        sentence(run("join", text, "--headless"), 2)


def test_a_server_that_is_down(tmp_path: Path) -> None:
    said = sentence(run("join", INVITE.format(port=free_port()), "--headless", HOME=str(tmp_path)), 1)
    assert "127.0.0.1" in said


def test_no_display(tmp_path: Path) -> None:
    done = run("open", "a.mkv", HOME=str(tmp_path), DISPLAY="", WAYLAND_DISPLAY="", QT_QPA_PLATFORM="xcb")
    assert "display" in sentence(done, 1)
    done = run("open", "a.mkv", HOME=str(tmp_path), DISPLAY=":7654", WAYLAND_DISPLAY="", QT_QPA_PLATFORM="xcb")
    assert "display" in sentence(done, 1)


def test_telemetry_that_can_not_be_written(tmp_path: Path) -> None:
    said = sentence(run("open", "a.mkv", "--headless", "--telemetry", str(tmp_path / "no" / "t.jsonl")), 1)
    assert "t.jsonl" in said


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        done = run(
            "host", "--headless", "--listen", f"127.0.0.1:{port}", HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path)
        )
        assert str(port) in sentence(done, 1)
        done = run("--listen", f"127.0.0.1:{port}", "--no-tls", module="server")
        assert str(port) in sentence(done, 1)


def test_an_invite_of_another_room_or_key(tmp_path: Path) -> None:
    with Program(tmp_path, "hub", "server", "--listen", "127.0.0.1:0", "--no-tls", MATINEE_SERVER_KEY="k1") as hub:
        address = hub.line("listening:")
        done = run("join", f"matinee://{address}/Friday?tls=off&key=k2", "--headless", HOME=str(tmp_path))
        sentence(done, 1)
        assert "k2" not in done.stderr + hub.said()
        assert "k1" not in hub.said()
