"""The wheel, in an empty environment and from another folder, as somebody who only wants to use it has it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHECK = """
import sys
from importlib import resources
from pathlib import Path

import player, server
from player.ui.assets import read_asset

home = Path(player.__file__).parent
assert home.is_relative_to(sys.prefix) and Path(server.__file__).is_relative_to(sys.prefix), home
icons = [entry.name for entry in (resources.files("player") / "assets" / "icons").iterdir()]
assert "app.svg" in icons
for name in [*(f"icons/{icon}" for icon in icons), "theme.qss"]:
    assert read_asset(name), name
"""


def run(*argv: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{argv}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs' folder of an environment that holds the wheel and what it depends on, nothing else."""
    from tests.conftest import OWN_ENVIRONMENT

    home = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", home, cwd=home)
    install = ("-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-compile", wheel)
    run(home / "bin" / "python", *install, cwd=home, env=OWN_ENVIRONMENT)
    return home / "bin"


def test_wheel_holds_the_programs_and_their_assets_only(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"matinee", "player", "server"}
    checkout = {str(path.relative_to(ROOT)) for path in (ROOT / "assets").rglob("*.*") if path.name != ".keep"}
    assert checkout <= {name.removeprefix("player/") for name in names}


def test_programs_run_from_another_folder(installed: Path, tmp_path: Path) -> None:
    assert "matinee" in run(installed / "matinee", "--help", cwd=tmp_path)
    assert "--listen" in run(installed / "matinee-server", "--help", cwd=tmp_path)


def test_assets_are_read_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    run(installed / "python", "-I", "-c", CHECK, cwd=tmp_path)


def test_doctor_says_what_works(installed: Path, tmp_path: Path) -> None:
    told = subprocess.run(
        [installed / "matinee", "doctor"], cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ
    )
    assert told.returncode in {0, 1}
    assert "Traceback" not in told.stderr
    assert "H.264" in told.stdout
