"""The menus: what is for everyone and what is only for me (PEERS section 0, row 7), and the window's own.

Menus pop up; none runs a loop of its own. Words of strangers in them (track names) are plain: an ampersand is doubled.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QAbstractButton, QMenu, QWidgetAction

from player.core.medium import Track
from player.core.view import ChooseSound, ChooseSubtitles, Intent, SetSubtitleDelay, View, WantRate
from player.core.words import delay_text, rate_text
from player.ports import Act
from player.ui.label import Label

RATES = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
LONGEST = 60  # letters of a track's name in a menu


class ButtonMenu(QMenu):
    """The menu of a button, made anew each time it opens. (A tool button's own menu runs a nested loop.)"""

    def __init__(
        self, button: QAbstractButton, opens_upwards: bool, fill: Callable[[QMenu], None], is_left: bool = False
    ) -> None:
        """`is_left`: its left edge is at the button's left, else right at right."""
        super().__init__(button)
        self._button = button
        self._opens_upwards = opens_upwards
        self._is_left = is_left
        self._fill = fill
        button.clicked.connect(self.pop_up)

    def renew(self) -> None:
        """Fill it for what is the case now."""
        old = self.findChildren(QMenu)
        self.clear()
        for submenu in old:
            submenu.deleteLater()  # clear() leaves them
        self._fill(self)

    def pop_up(self) -> None:
        """Open at the button, edge at edge."""
        self.renew()
        size, button = self.sizeHint(), self._button
        y = -size.height() - 4 if self._opens_upwards else button.height() + 4
        x = 0 if self._is_left else button.width() - size.width()
        self.popup(button.mapToGlobal(QPoint(x, y)))


def plain_words(text: str) -> str:
    """Text for a menu's line: one line, no mnemonics, not wider than a screen."""
    text = " ".join(text.split())
    return (text if len(text) <= LONGEST else text[: LONGEST - 1] + "…").replace("&", "&&")


def add_heading(menu: QMenu, text: str) -> None:
    """A line that says what the lines below it are for."""
    action = QWidgetAction(menu)
    label = Label(text, "menu-heading")
    action.setDefaultWidget(label)
    action.setEnabled(False)
    menu.addAction(action)


def add_line(menu: QMenu, text: str, do: Callable[[], object], keys: str = "") -> QAction:
    """A line that does something; `keys` are shown, the window itself listens for them."""
    action = menu.addAction(plain_words(text) + (f"\t{keys}" if keys else ""))
    action.triggered.connect(lambda _checked=False: do())
    return action


def _add_choice(menu: QMenu, group: QActionGroup, text: str, is_chosen: bool, do: Callable[[], object]) -> None:
    action = add_line(menu, text, do)
    action.setCheckable(True)
    action.setChecked(is_chosen)
    group.addAction(action)


def fill_rate_menu(menu: QMenu, view: View, act: Act) -> None:
    """The speeds."""
    add_heading(menu, "Speed, for everyone")
    group = QActionGroup(menu)
    for rate in RATES:
        _add_choice(menu, group, rate_text(rate), abs(view.rate - rate) < 0.001, _doing(act, WantRate(rate)))


def fill_tracks_menu(menu: QMenu, view: View, act: Act, load: Callable[[], object]) -> None:
    """Speed for everyone; sound, subtitles and their delay only for me."""
    add_heading(menu, "For everyone")
    speed = menu.addMenu(f"Speed: {rate_text(view.rate)}")
    fill_rate_menu(speed, view, act)
    speed.setEnabled(view.state != "nothing")
    menu.addSeparator()
    add_heading(menu, "Only for me")
    sounds = menu.addMenu(_with_choice("Sound", view.sound_tracks, view.sound_track, "none"))
    sounds.setEnabled(bool(view.sound_tracks))
    group = QActionGroup(sounds)
    for track in view.sound_tracks:
        _add_choice(
            sounds, group, track.label or track.id, track.id == view.sound_track, _doing(act, ChooseSound(track.id))
        )
    subtitles = menu.addMenu(_with_choice("Subtitles", view.subtitle_tracks, view.subtitle_track, "off"))
    subtitles.setEnabled(view.has_medium)
    group = QActionGroup(subtitles)
    _add_choice(subtitles, group, "Off", view.subtitle_track is None, _doing(act, ChooseSubtitles(None)))
    for track in view.subtitle_tracks:
        _add_choice(
            subtitles,
            group,
            track.label or track.id,
            track.id == view.subtitle_track,
            _doing(act, ChooseSubtitles(track.id)),
        )
    subtitles.addSeparator()
    add_line(subtitles, "Load a subtitle file…", load)
    delay = menu.addMenu(f"Subtitle delay: {delay_text(view.subtitle_delay)}")
    delay.setEnabled(view.subtitle_track is not None)
    later, earlier = round(view.subtitle_delay + 0.1, 1), round(view.subtitle_delay - 0.1, 1)
    add_line(delay, "0.1 s later", _doing(act, SetSubtitleDelay(later)), "X")
    add_line(delay, "0.1 s earlier", _doing(act, SetSubtitleDelay(earlier)), "Z")
    add_line(delay, "No delay", _doing(act, SetSubtitleDelay(0.0)))


def _doing(act: Act, intent: Intent) -> Callable[[], None]:
    return lambda: act(intent)


def _with_choice(name: str, tracks: tuple[Track, ...], chosen: str | None, otherwise: str) -> str:
    label = next((track.label or track.id for track in tracks if track.id == chosen), otherwise)
    return plain_words(f"{name}: {label if len(label) <= 28 else label[:27] + '…'}")
