"""The colours of the window, in one place: dark and calm, so that the film is the brightest thing on the screen.

Text on every surface it is used on has a contrast of at least 4.5 : 1 (WCAG 2.2, 1.4.3; a test computes it).
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from player.ui.assets import read_asset


@dataclass(frozen=True, slots=True)
class Colours:
    """Names say what a colour is for, not what it looks like."""

    ground: str = "#14161a"  # behind everything
    surface: str = "#1d2027"  # panels and dialogs
    raised: str = "#2a2e37"  # buttons, fields and menus
    lifted: str = "#363b46"  # the same under the pointer
    edge: str = "#3d434f"
    text: str = "#eef0f4"
    quiet: str = "#aab0bc"  # secondary text
    accent: str = "#f2b45a"
    on_accent: str = "#1b1408"
    focus: str = "#9cc2ff"
    good: str = "#5fd39a"
    near: str = "#f2c14e"
    off: str = "#ff8f87"
    groove: str = "#5b616d"
    veil: str = "rgba(16, 18, 22, 225)"  # what words over the picture stand on


COLOURS = Colours()


def stylesheet() -> str:
    """The theme with the colours filled in for their `@names`."""
    names = asdict(COLOURS)
    return re.sub(r"@(\w+)", lambda match: names[match.group(1)], read_asset("theme.qss").decode())


def apply_theme(app: QApplication) -> None:
    """Dress the application, once: Qt looks at every widget again each time. Fusion, because it is the one style that
    looks alike and obeys on all three systems."""
    if app.property("is_dressed"):
        return
    app.setProperty("is_dressed", True)
    app.setStyle("Fusion")
    palette = QPalette()
    role = QPalette.ColorRole
    for which, colour in (
        (role.Window, COLOURS.surface),
        (role.WindowText, COLOURS.text),
        (role.Base, COLOURS.raised),
        (role.AlternateBase, COLOURS.surface),
        (role.Text, COLOURS.text),
        (role.PlaceholderText, COLOURS.quiet),
        (role.Button, COLOURS.raised),
        (role.ButtonText, COLOURS.text),
        (role.BrightText, COLOURS.text),
        (role.Highlight, COLOURS.accent),
        (role.HighlightedText, COLOURS.on_accent),
        (role.ToolTipBase, COLOURS.raised),
        (role.ToolTipText, COLOURS.text),
        (role.Link, COLOURS.focus),
    ):
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(COLOURS.groove))
    app.setPalette(palette)
    app.setStyleSheet(stylesheet())
