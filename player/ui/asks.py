"""What the room or a film asks of this person over the picture, made from a view: words and what can be answered."""

from __future__ import annotations

import math
from dataclasses import dataclass

from player.core.call_view import SwitchCamera, SwitchMicrophone
from player.core.room_intents import (
    AcceptRoom,
    CallOffCheck,
    DeclineRoom,
    GoOnWithout,
    PlayNext,
    SayReady,
    SetOffset,
    StayHere,
    TryAgain,
)
from player.core.view import View
from player.core.words import list_text, offset_text
from player.ui.pill import Answer


@dataclass(frozen=True, slots=True)
class Ask:
    """`key` says what it is about: one of each stands at most."""

    key: str
    words: str
    answers: tuple[Answer, ...] = ()


def asks_of(view: View) -> tuple[Ask, ...]:
    """The most pressing first: in a small window not all have room."""
    return tuple(
        ask
        for ask in (
            _link(view),
            _offer(view),
            _waiting(view),
            _check(view),
            _next(view),
            _device(view),
            _copy(view),
        )
        if ask
    )


def _link(view: View) -> Ask | None:
    if view.link != "lost":
        return None
    words = view.link_words or "Connection lost, trying again"
    return Ask("link", words, (Answer("Try again now", TryAgain()),))


def _offer(view: View) -> Ask | None:
    if view.offer is None:
        return None
    words = f"{view.offer.by} asks you to host the room on this computer from now on."
    return Ask("offer", words, (Answer("Not now", DeclineRoom()), Answer("Host it", AcceptRoom(), True)))


def _waiting(view: View) -> Ask | None:
    if view.link == "connecting" and view.has_picture:
        return Ask("waiting", view.link_words or "Connecting …")  # else the empty picture says it
    if view.waiting_words:
        on = (Answer("Go on without waiting", GoOnWithout()),) if view.can_go_on else ()
        return Ask("waiting", view.waiting_words, on)
    if view.opening and view.has_picture:
        return Ask("waiting", f"Opening “{view.opening}” …")
    return None


def _check(view: View) -> Ask | None:
    check = view.check
    if check is None:
        return None
    off = (Answer("Call it off", CallOffCheck()),) if check.is_mine else ()
    if check.am_ready:
        words = f"Not ready yet: {list_text(list(check.missing))}" if check.missing else "Everybody is ready"
        return Ask("check", words, (*off, Answer("Not yet", SayReady(False))))
    return Ask("check", asked_by(check.by), (*off, Answer("I’m ready", SayReady(True), True)))


def _next(view: View) -> Ask | None:
    playlist = view.playlist
    if playlist.next_in is None:
        return None
    may, words = view.rights.control, view.rights.words
    answers = (
        Answer("Stay", StayHere(), is_allowed=may, tip="" if may else words),
        Answer("Play now", PlayNext(), is_allowed=may, tip="" if may else words),
    )
    return Ask("next", f"Next in {max(0, math.ceil(playlist.next_in))} s: {playlist.next_title}", answers)


def _device(view: View) -> Ask | None:
    """A camera or microphone that can't be used, while one is in the call: the lobby says it by itself."""
    call = view.call
    if call.state not in ("joining", "in"):
        return None
    if call.microphone_on and call.microphone_state == "failed" and call.microphone_words:
        answers = (Answer("Leave it off", SwitchMicrophone(False)), Answer("Try again", SwitchMicrophone(True)))
        return Ask("device", call.microphone_words, answers)
    if call.camera_on and call.camera_state == "failed" and call.camera_words:
        answers = (Answer("Leave it off", SwitchCamera(False)), Answer("Try again", SwitchCamera(True)))
        return Ask("device", call.camera_words, answers)
    return None


def _copy(view: View) -> Ask | None:
    """A difference that an offset would mend. Any other is no matter of the moment: the panel says it."""
    copy = view.copy
    if copy.suggested is None or copy.suggested == copy.offset or not copy.words:
        return None
    return Ask(
        "copy",
        copy.words,
        (Answer(f"Use {offset_text(copy.suggested)}", SetOffset(copy.suggested)), Answer("Not now", None)),
    )


def asked_by(by: str) -> str:
    """Who asks for a ready check."""
    return "You ask: is everybody ready?" if by == "you" else f"{by or 'Somebody'} asks: is everybody ready?"
