"""When a member's picture is shown: with the sound that was taken with it.

A voice is the slower one, by its packets, the jitter buffer and the device; so a picture waits for its voice, as long
as there is one. The voice's place is known as one pair: sound taken at a room time leaves the device at a local time. A
voice that has been silent for a while is not waited for: nobody sees that nothing is said, and a picture that comes
early is worth more. Of several pictures that are due only the newest is shown.

People notice sound that is 45 ms early or 125 ms late (ITU-R BT.1359-1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.core.timeline import LocalTime, RoomTime


@dataclass(frozen=True, slots=True)
class LipSyncPolicy:
    """In seconds."""

    longest: float = 0.25  # that a picture is held
    early: float = 0.012  # it may be shown before its sound: the screen takes as long to paint
    lingers: float = 3.0  # a voice is waited for so long after its last word: pauses don't make the picture jump
    stale: float = 0.3  # a voice whose place was not told for so long has ended
    most_held: int = 16  # pictures


@dataclass(frozen=True, slots=True)
class VoicePlace:
    """Sound taken at `captured` leaves the device at `leaves_at`; told at `told`, by `spoke` it had last said
    something."""

    captured: RoomTime
    leaves_at: LocalTime
    told: LocalTime
    spoke: LocalTime | None


@dataclass(frozen=True, slots=True)
class HeldPicture:
    number: int  # the caller's
    captured: RoomTime | None
    arrived: LocalTime


@dataclass(frozen=True, slots=True)
class LipSync:
    """A value: the pictures of one member that wait, in the order of sending."""

    held: tuple[HeldPicture, ...] = ()


def due_at(policy: LipSyncPolicy, picture: HeldPicture, voice: VoicePlace | None, now: LocalTime) -> LocalTime:
    """When a picture should be shown; it is due at once where it arrived."""
    if picture.captured is None or voice is None or voice.spoke is None:
        return picture.arrived
    if now - voice.told > policy.stale or now - voice.spoke > policy.lingers:
        return picture.arrived
    wanted = voice.leaves_at + (picture.captured - voice.captured) - policy.early
    return LocalTime(min(wanted, picture.arrived + policy.longest))


def hold(policy: LipSyncPolicy, state: LipSync, picture: HeldPicture) -> LipSync:
    """With another picture, the newest; too many don't wait: the oldest is gone."""
    return replace(state, held=(*state.held, picture)[-policy.most_held :])


def show_due(
    policy: LipSyncPolicy, state: LipSync, voice: VoicePlace | None, now: LocalTime
) -> tuple[LipSync, HeldPicture | None]:
    """The newest picture that is due, if one is; those before it are not shown any more."""
    for place in reversed(range(len(state.held))):
        if due_at(policy, state.held[place], voice, now) <= now:
            return replace(state, held=state.held[place + 1 :]), state.held[place]
    return state, None


def next_due(policy: LipSyncPolicy, state: LipSync, voice: VoicePlace | None, now: LocalTime) -> LocalTime | None:
    """When to ask again; None: not before another picture comes."""
    return min((due_at(policy, held, voice, now) for held in state.held), default=None)
