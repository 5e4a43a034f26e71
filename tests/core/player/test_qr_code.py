"""QR codes: a real reader reads what was written, and what does not fit is said."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from player.core.invite import Invite, parse_invite
from player.core.qr_code import QUIET, Modules, QrError, qr_matrix

PIN = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
FULL = Invite(
    "198.51.100.7",
    8998,
    "Anas Kino 🎬",
    pin=PIN,
    key="k" * 22,
    also=tuple((f"2001:db8:1:2:3:4:5:{host:x}", 8998) for host in range(8)),
)


def picture(modules: Modules, scale: int = 3) -> np.ndarray:
    """As a screen shows it: dark modules black, `scale` pixels each."""
    shades = np.where(np.array(modules), 0, 255).astype(np.uint8)
    return np.kron(shades, np.ones((scale, scale), np.uint8))


def read(modules: Modules) -> str:
    (found,) = zxingcpp.read_barcodes(picture(modules))
    assert found.ec_level == "M"
    return str(found.text)


@pytest.mark.parametrize("invite", [FULL, Invite("kino.example", 443, "r"), Invite("::1", 1, "кино", tls=False)])
def test_a_reader_reads_the_invite(invite: Invite) -> None:
    assert parse_invite(read(qr_matrix(invite.text()))) == invite


@settings(max_examples=25)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=600))
def test_a_reader_reads_any_link(text: str) -> None:
    assert read(qr_matrix(text)) == text


def test_the_quiet_zone_is_light_and_as_wide_as_asked() -> None:
    bare, usual, wide = (np.array(qr_matrix("matinee://h/r", quiet)) for quiet in (0, QUIET, 9))
    assert bare.shape[0] == bare.shape[1] == usual.shape[0] - 2 * QUIET == wide.shape[0] - 18
    assert (wide[9:-9, 9:-9] == bare).all()
    assert wide.sum() == bare.sum()
    assert bare[0, :7].all()  # a finder pattern starts in the corner


@pytest.mark.parametrize(
    ("text", "says"), [("", "make an invite first"), ("x" * 2332, "does not fit"), ("\ud800", "does not fit")]
)
def test_what_no_code_can_hold_is_said(text: str, says: str) -> None:
    with pytest.raises(QrError, match=says) as caught:
        qr_matrix(text)
    assert str(caught.value).endswith(".")
