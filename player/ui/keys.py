"""Which key wishes what (PEERS section 5), and what a wish means for the film as the view shows it.

Keys of the first kind move the room; they are absolute commands made from what the view says, never toggles.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent

from player.core.room_intents import ChooseEntry, PlayNext, SendReaction
from player.core.view import (
    ChooseSound,
    ChooseSubtitles,
    Intent,
    SetMuted,
    SetSubtitleDelay,
    SetVolume,
    View,
    WantPause,
    WantPlay,
    WantRate,
)
from player.ui.reactions import REACTIONS
from server.core.timeline import MAX_RATE, MIN_RATE


class Wish(Enum):
    PLAY_PAUSE = auto()
    PLAY = auto()
    PAUSE = auto()
    SEEK = auto()  # by seconds
    VOLUME = auto()  # by percent
    MUTE = auto()
    RATE = auto()  # by
    RATE_NORMAL = auto()
    SUBTITLES = auto()  # on or off
    SUBTITLES_NEXT = auto()  # by tracks
    SUBTITLE_DELAY = auto()  # by seconds
    SOUND_NEXT = auto()
    FULL_SCREEN = auto()
    ESCAPE = auto()
    OPEN = auto()
    INVITE = auto()
    PANEL = auto()
    PLAYLIST = auto()
    CHAT = auto()
    MICROPHONE = auto()  # on or off
    CAMERA = auto()
    TALK = auto()  # for as long as it is held
    TILES = auto()  # shown or hidden
    REACT = auto()  # with which of the reactions, from 1
    PREVIOUS = auto()
    NEXT = auto()
    QUIT = auto()


@dataclass(frozen=True, slots=True)
class Press:
    wish: Wish
    amount: float = 0.0


_K, _M = Qt.Key, Qt.KeyboardModifier
_NONE, _SHIFT, _ALT, _CTRL = _M.NoModifier, _M.ShiftModifier, _M.AltModifier, _M.ControlModifier

TALK_KEY = _K.Key_T  # held: its end counts, too

KEYS: dict[tuple[Qt.Key, Qt.KeyboardModifier], Press] = {
    (_K.Key_Space, _NONE): Press(Wish.PLAY_PAUSE),
    (_K.Key_K, _NONE): Press(Wish.PLAY_PAUSE),
    (_K.Key_MediaTogglePlayPause, _NONE): Press(Wish.PLAY_PAUSE),
    (_K.Key_MediaPlay, _NONE): Press(Wish.PLAY),
    (_K.Key_MediaPause, _NONE): Press(Wish.PAUSE),
    (_K.Key_Left, _NONE): Press(Wish.SEEK, -5),
    (_K.Key_Right, _NONE): Press(Wish.SEEK, 5),
    (_K.Key_Left, _SHIFT): Press(Wish.SEEK, -1),
    (_K.Key_Right, _SHIFT): Press(Wish.SEEK, 1),
    (_K.Key_Left, _ALT): Press(Wish.SEEK, -10),
    (_K.Key_Right, _ALT): Press(Wish.SEEK, 10),
    (_K.Key_Left, _CTRL): Press(Wish.SEEK, -60),
    (_K.Key_Right, _CTRL): Press(Wish.SEEK, 60),
    (_K.Key_Up, _NONE): Press(Wish.VOLUME, 5),
    (_K.Key_Down, _NONE): Press(Wish.VOLUME, -5),
    (_K.Key_9, _NONE): Press(Wish.VOLUME, -2),
    (_K.Key_0, _NONE): Press(Wish.VOLUME, 2),
    (_K.Key_M, _NONE): Press(Wish.MUTE),
    (_K.Key_Backspace, _NONE): Press(Wish.RATE_NORMAL),
    (_K.Key_V, _NONE): Press(Wish.SUBTITLES),
    (_K.Key_J, _NONE): Press(Wish.SUBTITLES_NEXT, 1),
    (_K.Key_J, _SHIFT): Press(Wish.SUBTITLES_NEXT, -1),
    (_K.Key_Z, _NONE): Press(Wish.SUBTITLE_DELAY, -0.1),
    (_K.Key_X, _NONE): Press(Wish.SUBTITLE_DELAY, 0.1),
    (_K.Key_B, _NONE): Press(Wish.SOUND_NEXT),
    (_K.Key_F, _NONE): Press(Wish.FULL_SCREEN),
    (_K.Key_F11, _NONE): Press(Wish.FULL_SCREEN),
    (_K.Key_Escape, _NONE): Press(Wish.ESCAPE),
    (_K.Key_O, _CTRL): Press(Wish.OPEN),
    (_K.Key_I, _CTRL): Press(Wish.INVITE),
    (_K.Key_Q, _CTRL): Press(Wish.QUIT),
    (_K.Key_F9, _NONE): Press(Wish.PANEL),
    (_K.Key_F8, _NONE): Press(Wish.PLAYLIST),
    (_K.Key_Return, _NONE): Press(Wish.CHAT),
    (_K.Key_Enter, _NONE): Press(Wish.CHAT),
    (_K.Key_D, _CTRL): Press(Wish.MICROPHONE),
    (_K.Key_E, _CTRL): Press(Wish.CAMERA),
    (_K.Key_G, _CTRL): Press(Wish.TILES),
    (TALK_KEY, _NONE): Press(Wish.TALK),
    (_K.Key_1, _CTRL): Press(Wish.REACT, 1),
    (_K.Key_2, _CTRL): Press(Wish.REACT, 2),
    (_K.Key_3, _CTRL): Press(Wish.REACT, 3),
    (_K.Key_4, _CTRL): Press(Wish.REACT, 4),
    (_K.Key_5, _CTRL): Press(Wish.REACT, 5),
    (_K.Key_6, _CTRL): Press(Wish.REACT, 6),
}

# signs that need other modifiers on other keyboards: they count by what they write
SIGNS: dict[str, Press] = {
    "[": Press(Wish.RATE, -0.1),
    "]": Press(Wish.RATE, 0.1),
    "#": Press(Wish.SOUND_NEXT),
    "<": Press(Wish.PREVIOUS),
    ">": Press(Wish.NEXT),
}

HELD = frozenset({Wish.SEEK, Wish.VOLUME, Wish.RATE, Wish.SUBTITLE_DELAY})
"""What goes on while its key is held; all others count once a press."""

MOVING = frozenset(
    {
        Wish.PLAY_PAUSE,
        Wish.PLAY,
        Wish.PAUSE,
        Wish.SEEK,
        Wish.RATE,
        Wish.RATE_NORMAL,
        Wish.PREVIOUS,
        Wish.NEXT,
    }
)
"""What moves the film for all: a right that not everybody has."""


def read_key(event: QKeyEvent) -> Press | None:
    """What a key press wishes; None: nothing, it is somebody else's."""
    combination: QKeyCombination = event.keyCombination()
    modifiers = combination.keyboardModifiers() & ~_M.KeypadModifier
    press = KEYS.get((combination.key(), modifiers)) or SIGNS.get(event.text())
    if press is None or (event.isAutoRepeat() and press.wish not in HELD):
        return None
    return press


def wanted(press: Press, view: View, last_subtitles: str | None = None) -> Intent | None:
    """The intent behind a wish that needs nothing but the view; None: there is nothing to do.

    `last_subtitles`: the track that was on before subtitles were switched off."""
    match press.wish:
        case Wish.PLAY_PAUSE:
            return play_or_pause(view)
        case Wish.PLAY:
            return None if view.state == "nothing" else WantPlay()
        case Wish.PAUSE:
            return None if view.state == "nothing" else WantPause()
        case Wish.VOLUME:
            volume = min(100, max(0, view.volume + round(press.amount)))
            return None if volume == view.volume else SetVolume(volume)
        case Wish.MUTE:
            return SetMuted(not view.is_muted)
        case Wish.RATE:
            rate = min(MAX_RATE, max(MIN_RATE, round(view.rate + press.amount, 2)))
            return None if view.state == "nothing" or rate == view.rate else WantRate(rate)
        case Wish.RATE_NORMAL:
            return None if view.state == "nothing" or view.rate == 1.0 else WantRate(1.0)
        case Wish.SUBTITLES:
            return _switch_subtitles(view, last_subtitles)
        case Wish.SUBTITLES_NEXT:
            return _step_subtitles(view, round(press.amount))
        case Wish.SUBTITLE_DELAY:
            return SetSubtitleDelay(round(view.subtitle_delay + press.amount, 1)) if view.subtitle_tracks else None
        case Wish.SOUND_NEXT:
            tracks = [track.id for track in view.sound_tracks]
            if len(tracks) < 2:
                return None
            at = tracks.index(view.sound_track) if view.sound_track in tracks else -1
            return ChooseSound(tracks[(at + 1) % len(tracks)])
        case Wish.REACT:
            return SendReaction(REACTIONS[round(press.amount) - 1].emoji) if view.members else None
        case Wish.PREVIOUS | Wish.NEXT:
            return skipped(press.wish, view)
        case _:
            return None


def play_or_pause(view: View) -> Intent | None:
    """What the button in the middle means now. A room that holds is about to play: pressing it asks to stay."""
    if view.state == "nothing":
        return None
    return WantPlay() if view.state == "paused" else WantPause()


def skipped(wish: Wish, view: View) -> ChooseEntry | PlayNext | None:
    """Where `<` and `>` lead in the playlist; None: nowhere. On goes `PlayNext`, which two people who press at once
    have meant once."""
    entries = view.playlist.entries
    at = next((place for place, entry in enumerate(entries) if entry.is_current), None)
    if wish is Wish.PREVIOUS:
        return ChooseEntry(entries[at - 1].id) if at else None
    has_more = bool(entries) and (at is None or at + 1 < len(entries) or view.playlist.loop == "all")
    return PlayNext() if has_more else None


def _switch_subtitles(view: View, last: str | None) -> Intent | None:
    if view.subtitle_track is not None:
        return ChooseSubtitles(None)
    tracks = [track.id for track in view.subtitle_tracks]
    if not tracks:
        return None
    return ChooseSubtitles(last if last in tracks else tracks[0])


def _step_subtitles(view: View, step: int) -> Intent | None:
    choices: list[str | None] = [None, *(track.id for track in view.subtitle_tracks)]
    if len(choices) == 1:
        return None
    at = choices.index(view.subtitle_track) if view.subtitle_track in choices else 0
    return ChooseSubtitles(choices[(at + step) % len(choices)])
