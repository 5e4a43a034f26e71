"""What a seat does about its film: our copy of the room's item, and being ready."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from player.core.medium import Medium, Opened, OpenFailed, PlaybackEvent, Primed, RanDry, Remark, Sought
from player.core.seat import POLICY, Action, Moment, Pending, Seat, Send, SetGain, Step
from player.core.words import clock_text
from server.core import protocol


def receive_playback(seat: Seat, event: PlaybackEvent, moment: Moment) -> Step:
    match event:
        case Opened(medium):
            return _opened(seat, medium, moment)
        case OpenFailed(path, words):
            opening = "" if seat.opening == path else seat.opening
            seat = replace(seat, opening=opening, medium=None, bound_item="").told("error", words, moment, "film")
            return Step(seat, readiness(seat))
        case Primed(revision):
            seat = replace(seat, primed=revision)
            return Step(seat, readiness(seat))
        case RanDry(revision):
            return Step(seat, () if seat.invite is None else (Send(protocol.Stall(revision=revision)),))
        case Sought():
            return Step(seat)  # telemetry and the badge tell; a notice at each catch-up would annoy
        case Remark(words):
            return Step(seat.told("warning", words, moment))
        case _:
            assert_never(event)


def _opened(seat: Seat, medium: Medium, moment: Moment) -> Step:
    had_copy = seat.is_following
    seat = replace(seat, medium=medium, opening="", notices=seat.notices.forget("film"), subtitle_delay=0.0)
    gain: tuple[Action, ...] = (SetGain(seat.gain),)
    if seat.me == "":
        return Step(seat, gain)  # not in any room yet: `receive_welcome` goes on from here
    item = seat.item
    if item is None or had_copy:
        step = load(seat, medium, moment)
    else:
        step = bind(replace(seat, bound_item=item.id), medium, item, moment, mine=False)
    return Step(step.seat, (*gain, *step.actions))


def load(seat: Seat, medium: Medium, moment: Moment) -> Step:
    duration = None if medium.duration is None else protocol.micros(medium.duration)
    action = protocol.Load(title=medium.title[: protocol.MAX_TITLE], duration_us=duration)
    return send_command(replace(seat, is_loading=True), action, moment)


def bind(seat: Seat, medium: Medium, item: protocol.Item, moment: Moment, mine: bool) -> Step:
    seat = replace(seat, notices=seat.notices.forget("item"))
    if item.duration_us is not None and medium.duration is not None:
        longer = medium.duration - protocol.seconds(item.duration_us)
        if abs(longer) > POLICY.duration_differs:
            word = "longer" if longer > 0 else "shorter"
            words = f"Yours is {clock_text(abs(longer))} {word} than the room's “{item.title}”: another cut?"
            seat = seat.told("warning", words, moment, "cut")
    if not mine or seat.go_on is None:
        return Step(replace(seat, go_on=None))
    place, seat = seat.go_on, replace(seat, go_on=None)
    step = send_command(seat, protocol.Seek(media_us=max(0, protocol.micros(place.media_time))), moment)
    if not place.is_playing:
        return step
    then = send_command(step.seat, protocol.Play(), moment)
    return Step(then.seat, (*step.actions, *then.actions))


def send_command(seat: Seat, action: protocol.Action, moment: Moment) -> Step:
    count = seat.commands + 1
    newest = seat.schedule.newest
    command = protocol.Command(
        id=f"{seat.me}-{count}",
        revision=newest.revision,
        item="" if seat.item is None else seat.item.id,
        action=action,
    )
    return Step(replace(seat, commands=count, pending=Pending(command, moment.local)), (Send(command),))


def readiness(seat: Seat) -> tuple[Action, ...]:
    """Who has nothing to prepare for a standing timeline is ready at once: nobody waits for a member without the
    film. (A film that is being opened, or is open, reports by Primed.)"""
    newest = seat.schedule.newest
    if newest.state == "playing" or newest.item == "" or seat.invite is None:
        return ()
    is_coming = bool(seat.opening) or seat.is_loading
    if (seat.is_following and seat.primed != newest.revision) or (not seat.is_following and is_coming):
        return ()
    return (Send(protocol.Ready(revision=newest.revision)),)
