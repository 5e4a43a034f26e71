"""PySide6 itself: one release takes references from None, which ends every program on Python 3.11."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject


def test_calls_that_return_nothing_leave_none_alone() -> None:
    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(1000):
        thing.parent()
    assert sys.getrefcount(None) > before - 100
