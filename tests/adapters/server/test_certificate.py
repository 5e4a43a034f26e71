"""The server's own certificate, and files of somebody's that are none."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from server.certificate import CERTIFICATE, KEY, CertificateError, file_context, own_context, pin_of


def test_it_is_kept_between_starts(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    _, first = own_context(str(folder))
    _, second = own_context(str(folder))
    assert first == second == pin_of((folder / CERTIFICATE).read_bytes())
    assert len(first) == 43
    if sys.platform != "win32":
        assert stat.S_IMODE((folder / KEY).stat().st_mode) == 0o600


def test_without_a_folder_it_is_another_each_time() -> None:
    assert own_context()[1] != own_context()[1]


def test_a_half_written_pair_is_made_anew(tmp_path: Path) -> None:
    own_context(str(tmp_path))
    (tmp_path / KEY).unlink()
    (tmp_path / (CERTIFICATE + ".part")).write_text("from a crash")
    own_context(str(tmp_path))


def test_a_broken_one_is_named(tmp_path: Path) -> None:
    own_context(str(tmp_path))
    (tmp_path / CERTIFICATE).write_text("nonsense")
    with pytest.raises(CertificateError, match="new ones are made"):
        own_context(str(tmp_path))


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(CertificateError, match="--certificate-dir"):
        own_context(str(file))


def test_files_that_are_none_are_named(tmp_path: Path) -> None:
    own_context(str(tmp_path))
    certificate, key = str(tmp_path / CERTIFICATE), str(tmp_path / KEY)
    file_context(certificate, key)
    with pytest.raises(CertificateError, match="can't be read"):
        file_context(str(tmp_path / "nowhere.pem"), key)
    with pytest.raises(CertificateError, match="not a PEM certificate"):
        file_context(key, certificate)
