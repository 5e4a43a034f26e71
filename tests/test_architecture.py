"""The shape of the source: who imports whom, how long files are, what they are called, what starts without what."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = ("player", "server", "tests")
MOST_LINES = 400
NOT_A_NAME = {"utils", "helpers", "common", "manager", "base", "constants", "misc"}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def test_import_contracts_are_kept() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_files_are_short() -> None:
    lengths = {str(path.relative_to(ROOT)): path.read_text("utf-8").count("\n") for path in sources(*OURS)}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_modules_are_named_by_what_they_hold() -> None:
    names = [path for path in sources(*OURS) if NOT_A_NAME & {path.stem, *path.relative_to(ROOT).parts}]
    assert names == []


def core_modules() -> list[Path]:
    """Those that decide something; pages of plain values have nothing to test."""
    return [path for path in sources("server/core", "player/core") if "def " in path.read_text("utf-8")]


@pytest.mark.parametrize("module", core_modules(), ids=lambda path: f"{path.parts[-3]}.{path.stem}")
def test_core_modules_have_their_test_module(module: Path) -> None:
    """`seat_film` is tested by test_seat_film, or by test_seat as the part of the seat that it is."""
    tests = {path.stem for path in (ROOT / "tests" / "core" / module.parts[-3]).glob("test_*.py")}
    words = module.stem.split("_")
    fitting = {"test_" + "_".join(words[:count]) for count in range(1, len(words) + 1)}
    assert fitting & tests, f"tests/core/{module.parts[-3]}/ has none of {sorted(fitting)}"


def loaded_by(statement: str) -> set[str]:
    """The top-level names of all modules that a fresh interpreter has loaded after a statement."""
    program = f"import sys\n{statement}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_running_server_has_loaded_neither_qt_nor_pyav_nor_the_player() -> None:
    every = "import pkgutil, importlib, server\n" + (
        "for found in pkgutil.walk_packages(server.__path__, 'server.'): importlib.import_module(found.name)"
    )
    loaded = loaded_by(every)
    assert {"server", "socketio"} <= loaded
    assert not {"player", "PySide6", "shiboken6", "av", "aiortc", "sounddevice", "qasync", "PIL"} & loaded


def test_the_window_opens_without_what_is_slow_to_load() -> None:
    """Socket.IO and the like cost 0.2 s each (facts/media.md section 6): they come after the first paint."""
    loaded = loaded_by("import player.__main__, player.app, player.ui.window")
    assert not {"socketio", "aiohttp", "aiortc", "sounddevice", "uvicorn", "PIL"} & loaded


def test_headless_loads_no_qtgui() -> None:
    loaded = loaded_by(
        "import player.__main__, player.app, player.headless, player.media.playback, player.net.link\n"
        "assert 'PySide6.QtGui' not in sys.modules"
    )
    assert "av" in loaded
