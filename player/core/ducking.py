"""When the film gives way to people: it sinks while somebody speaks and comes back softly when they have finished.

Driven by speech, which the call process tells from noise, never by level: films that pump with each cough are what
people complain of. One pause for breath does not bring the film back.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from player.core.call_view import Ducking
from server.core.timeline import LocalTime


@dataclass(frozen=True, slots=True)
class DuckingPolicy:
    """Gains are linear, times in s."""

    gentle: float = 10 ** (-6 / 20)  # half as loud in level: words are understood, the film is followed
    strong: float = 10 ** (-15 / 20)  # the film is a background
    attack: float = 0.15  # longer and the first word is lost, shorter and it sounds like a switch
    hold: float = 0.7  # after the last word: the pause of a breath or a thought
    release: float = 1.0  # back so slowly that nobody notices the moment


@dataclass(frozen=True, slots=True)
class DuckingState:
    gain: float = 1.0  # what was told last
    spoke_at: LocalTime | None = None  # when somebody was last heard, as long as that holds the film down


@dataclass(frozen=True, slots=True)
class Duck:
    """The film fades to `gain` within `seconds`. For `ports.Playback.duck`."""

    gain: float
    seconds: float


def decide(
    policy: DuckingPolicy,
    state: DuckingState,
    ducking: Ducking,
    speaking: Collection[str],
    silenced: Collection[str],
    now: LocalTime,
) -> tuple[DuckingState, Duck | None, LocalTime | None]:
    """(next state, what to do if anything, when to ask again at the latest; None: when something changes).

    `speaking`: the other members who speak; this person is not among them and ducks nothing. `silenced`: whom this
    person does not hear."""
    depth = {"off": 1.0, "gentle": policy.gentle, "strong": policy.strong}[ducking]
    spoke_at = now if any(peer not in silenced for peer in speaking) else state.spoke_at
    if spoke_at is not None and now >= spoke_at + policy.hold:
        spoke_at = None
    wanted = 1.0 if spoke_at is None else depth
    again_at = None if spoke_at is None or depth == 1.0 else LocalTime(spoke_at + policy.hold)
    duck = None
    if wanted != state.gain:
        duck = Duck(wanted, policy.attack if wanted < state.gain else policy.release)
    return DuckingState(wanted, spoke_at), duck, again_at
