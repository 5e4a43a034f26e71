"""What the keys of the window do: seeking gathers, moving the room needs the right to, what is mine is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject

from player.core.room_intents import ChooseEntry, PlayNext
from player.core.view import (
    ChooseSound,
    ChooseSubtitles,
    Intent,
    SetMuted,
    SetSubtitleDelay,
    SetVolume,
    View,
    WantRate,
    WantSeek,
)
from player.core.words import delay_text, place_text, rate_text
from player.ports import Act, Clock
from player.ui.keys import MOVING, Press, Wish, skipped, wanted
from player.ui.seeking import SeekKeys
from player.ui.stage import Stage

ASK_FROM = 60.0  # s: from there in a film nobody leaves it by one slip of a finger
ASK_FOR = 5.0  # s in which the second press counts


class Keyboard(QObject):
    """`deeds`: what the window itself does about wishes that are no intents."""

    def __init__(self, act: Act, stage: Stage, clock: Clock, deeds: Mapping[Wish, Callable[[], object]]) -> None:
        super().__init__(stage)
        self._act = act
        self._stage = stage
        self._clock = clock
        self._deeds = deeds
        self._view = View()
        self._last_subtitles: str | None = None
        self._asked: tuple[Wish, float] | None = None  # which skip was asked back, and until when, local time
        self.seeking = SeekKeys(lambda at: act(WantSeek(at)), self)

    def show_view(self, view: View) -> None:
        if view.title != self._view.title:
            self._asked = None
        self._view = view
        if view.subtitle_track is not None:
            self._last_subtitles = view.subtitle_track
        self.seeking.show_view(view)

    def do(self, press: Press) -> None:
        """Fulfil the wish of a key."""
        view = self._view
        if press.wish in MOVING and not view.rights.control and view.state != "nothing":
            self._stage.notices.flash(view.rights.words or "Not everybody may do that in this room.")
            return
        match press.wish:
            case Wish.SEEK:
                aim = self.seeking.press(press.amount)
                if aim is not None and not self._stage.are_bars_shown and view.link != "lost":
                    self._stage.notices.flash(place_text(aim, view.duration))
            case Wish.PREVIOUS | Wish.NEXT:
                self._skip(press.wish)
            case wish if wish in self._deeds:
                self._deeds[wish]()
            case _:
                intent = wanted(press, view, self._last_subtitles)
                if intent is not None:
                    self._act(intent)
                    if words := answer_to(intent, view):
                        self._stage.notices.flash(words)

    def _skip(self, wish: Wish) -> None:
        intent = skipped(wish, self._view)
        if intent is None:
            return
        now = self._clock.now()
        is_sure = self._asked is not None and self._asked[0] is wish and now <= self._asked[1]
        if self._view.media_time > ASK_FROM and not is_sure:
            self._asked = (wish, now + ASK_FOR)
            sign = ">" if wish is Wish.NEXT else "<"
            whom = " for everyone" if self._view.room else ""
            aim = _aim(intent, self._view)
            self._stage.notices.flash(f"Press {sign} again to go to “{aim}”{whom}", ASK_FOR)
            return
        self._asked = None
        self._act(intent)


def _aim(intent: ChooseEntry | PlayNext, view: View) -> str:
    """The title that a skip leads to."""
    entries = view.playlist.entries
    if isinstance(intent, ChooseEntry):
        return next(entry.title for entry in entries if entry.id == intent.entry)
    at = next((place for place, entry in enumerate(entries) if entry.is_current), None)
    return "the next film" if at is None else entries[(at + 1) % len(entries)].title


def answer_to(intent: Intent, view: View) -> str:
    """What to say about a key that changed what is mine alone; the room's changes come as notices."""
    match intent:
        case SetVolume(volume):
            return f"Volume {volume} %"
        case SetMuted(is_muted):
            return "Sound off" if is_muted else "Sound on"
        case WantRate(rate):
            return f"Speed {rate_text(rate)}, for everyone" if view.room else f"Speed {rate_text(rate)}"
        case SetSubtitleDelay(seconds):
            return f"Subtitle delay: {delay_text(seconds)}"
        case ChooseSubtitles(track):
            tracks = {known.id: known.label for known in view.subtitle_tracks}
            return "Subtitles off" if track is None else f"Subtitles: {tracks.get(track) or track}"
        case ChooseSound(track):
            return f"Sound: {next((each.label for each in view.sound_tracks if each.id == track), track)}"
        case _:
            return ""
