"""What a seat does about its film: our copy of the room's item, and being ready."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from player.core.happenings import Moment
from player.core.medium import (
    Medium,
    Opened,
    OpenFailed,
    PlaybackEvent,
    Primed,
    RanDry,
    ReachedEnd,
    Remark,
    Sought,
    SubtitlesAdded,
    Track,
)
from player.core.seat import POLICY, Pending, Seat, Step
from player.core.seat_actions import Action, Send, SetGain
from player.core.seat_copies import (
    compare,
    copy_of,
    is_that_film,
    known_offset,
    look_again,
    own_film_opened,
    shared_address,
    tell_copy,
)
from player.core.seat_members import ask
from server.core import protocol


def receive_playback(seat: Seat, event: PlaybackEvent, moment: Moment) -> Step:
    match event:
        case Opened(medium):
            return _opened(seat, medium, moment)
        case OpenFailed(path, words):
            return _failed(seat, path, words, moment)
        case SubtitlesAdded(track):
            return Step(_with_subtitles(seat, track))
        case Primed(revision):
            return tell_readiness(replace(seat, primed=revision), moment)
        case RanDry(revision):
            return Step(seat, (Send(protocol.Stall(revision=revision)),))
        case ReachedEnd(revision):
            return _ended(seat, revision, moment)
        case Sought():
            return Step(seat)  # telemetry and the badge tell; a notice at each catch-up would annoy
        case Remark(words):
            return Step(seat.told("warning", words, moment))
        case _:
            assert_never(event)


def _failed(seat: Seat, path: str, words: str, moment: Moment) -> Step:
    opened_for = ""
    if seat.opening == path:
        opened_for, seat = seat.opening_for, replace(seat, opening="", opening_for="")
    seat = replace(seat, medium=None, bound_item="").told("error", words, moment, "film")
    step = look_again(seat, path, opened_for, moment).then(tell_copy)
    return step.then(lambda seat: tell_readiness(seat, moment))


def _ended(seat: Seat, revision: int, moment: Moment) -> Step:
    """A film of known length is ended by the authority; of another one only those who play it know the end."""
    is_news = seat.is_following and seat.schedule.newest.revision == revision
    if not is_news or not seat.can_ask or seat.item is None or seat.item.duration_us is not None:
        return Step(seat)
    return ask(seat, protocol.Ended(), moment)


def _with_subtitles(seat: Seat, track: Track) -> Seat:
    if seat.medium is None:
        return seat
    others = tuple(each for each in seat.medium.subtitle_tracks if each.id != track.id)
    medium = replace(seat.medium, subtitle_tracks=(*others, track), subtitle_track=track.id)
    return replace(seat, medium=medium)


def _opened(seat: Seat, medium: Medium, moment: Moment) -> Step:
    had_copy = seat.is_following
    seat = replace(seat, medium=medium, opening="", opening_for="", subtitle_delay=0.0, compared="")
    seat = replace(seat, notices=seat.notices.forget("film").forget("cut"))
    known = own_film_opened(seat, medium)
    seat = known.seat
    gain: tuple[Action, ...] = (SetGain(seat.gain), *known.actions)
    if seat.me == "":
        return Step(seat, gain)  # not in any room yet: `receive_welcome` goes on from here
    item, is_lost = seat.item, seat.link == "lost"
    in_company = seat.invite is not None
    if item is not None and (not had_copy or is_lost or (in_company and is_that_film(seat, medium, item))):
        step = bind(replace(seat, bound_item=item.id), medium, item, moment, mine=False)
    elif is_lost:
        return Step(seat, gain)  # an empty room: `receive_welcome` loads it
    else:
        step = load(seat, medium, moment)
    return Step(step.seat, (*gain, *step.actions))


def load(seat: Seat, medium: Medium, moment: Moment) -> Step:
    duration = None if medium.duration is None else protocol.micros(medium.duration)
    place = 0.0 if seat.go_on is None else seat.go_on.media_time_at(moment.local)
    mine = copy_of(seat, medium)
    action = protocol.Load(
        title=mine.title,
        duration_us=duration,
        media_us=max(0, protocol.micros(place)),
        size=mine.size,
        fingerprint=mine.fingerprint,
        url=shared_address(medium.path),
    )
    return send_command(replace(seat, is_loading=True, bound_item=""), action, moment)


def bind(seat: Seat, medium: Medium, item: protocol.Item, moment: Moment, mine: bool) -> Step:
    seat = replace(seat, notices=seat.notices.forget("item"))
    seat = compare(replace(seat, sought="", offset=0.0 if mine else known_offset(seat, medium, item)), item, moment)
    place, step = seat.go_on, tell_copy(replace(seat, go_on=None))
    if not mine:
        return step
    if place is not None and place.rate != 1.0:
        rate = protocol.SetRate(rate=place.rate)
        step = step.then(lambda seat: send_command(seat, rate, moment))
    is_alone = seat.invite is None and not seat.is_hosting  # who is about to host waits for friends
    begins = is_alone if place is None else place.is_playing  # alone, to open is to play
    if place is not None and medium.duration is not None:
        left = medium.duration - place.media_time_at(moment.local)
        begins = begins and left > POLICY.is_over  # at its end, Play would begin it again
    return step.then(lambda seat: send_command(seat, protocol.Play(), moment)) if begins else step


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


def tell_readiness(seat: Seat, moment: Moment) -> Step:
    """Say once for each standing timeline that this member can start from there. Who has nothing to prepare is ready
    at once: nobody waits for a member without the film, nor long for one that looks for it. (A film that is being
    opened, or is open, reports by Primed.)
    """
    newest = seat.schedule.newest
    if newest.state == "playing" or newest.item == "" or seat.readied == newest.revision:
        return Step(seat)
    since = seat.searching_since
    is_searching = since is not None and moment.local - since < POLICY.search
    is_opening = bool(seat.opening) or seat.is_loading or is_searching
    if seat.primed != newest.revision if seat.is_following else is_opening:
        return Step(seat)
    return Step(replace(seat, readied=newest.revision), (Send(protocol.Ready(revision=newest.revision)),))
