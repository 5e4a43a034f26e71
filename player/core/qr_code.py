"""A text as a QR code: what a phone, or a friend's camera, reads an invite from.

Error correction M (15 % of the picture may be unreadable): L saves one version at the length of an invite, and a screen
that is photographed has moiré and reflections. The code is as small as the text allows; whoever draws it gives each
module whole pixels. The encoding is ISO/IEC 18004, done by segno: arithmetic, so allowed in a core.
"""

from __future__ import annotations

import segno

Modules = tuple[tuple[bool, ...], ...]
"""Rows from the top; True is dark."""

QUIET = 4  # modules of light around the code: the standard's least


class QrError(ValueError):
    """A text that no QR code holds. The words are for a person."""


def qr_matrix(text: str, quiet: int = QUIET) -> Modules:
    """The square of modules, `quiet` light ones on every side included. Raises QrError."""
    if not text:
        raise QrError("There is nothing to make a QR code of: make an invite first.")
    try:
        code = segno.make_qr(text, error="m", boost_error=False)
    except (segno.DataOverflowError, UnicodeError):
        raise QrError("The invite does not fit into a QR code: send it as a link.") from None
    return tuple(tuple(bool(module) for module in row) for row in code.matrix_iter(border=quiet))
