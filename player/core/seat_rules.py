"""The seat's rules in one call: something happens, the next seat and the actions come back. See `seat.py`."""

from __future__ import annotations

from dataclasses import replace

from player.core.call_pipe import CallEnded, CallSaid, CallSignalled, CallTold, DevicesFound, WaysWanted
from player.core.copies import Fingerprinted, FoundCopy, NoCopy
from player.core.happenings import (
    Happening,
    Hosted,
    HostEnded,
    HostFailed,
    KeyDrawn,
    LanSeen,
    LibraryTold,
    Listed,
    Moment,
    NetworkMoved,
    ReachTold,
    Tick,
    TookOver,
)
from player.core.medium import Opened, OpenFailed, Primed, RanDry, ReachedEnd, Remark, Sought, SubtitlesAdded
from player.core.news import Joined, LinkLost, LinkRefused, LinkRegained, Received
from player.core.seat import POLICY, Seat, Step
from player.core.seat_actions import Send
from player.core.seat_call import call_tick, network_changed, receive_call, settle
from player.core.seat_copies import library_words, receive_library
from player.core.seat_film import receive_playback, tell_readiness
from player.core.seat_hosting import receive_host
from player.core.seat_members import receive_listing, send_additions
from player.core.seat_room import receive_message, receive_welcome
from player.core.seat_talk import float_reactions
from player.core.seat_wishes import back_to_solo, receive_wish
from server.core import protocol


def receive(seat: Seat, happening: Happening, moment: Moment) -> Step:
    """What a player does about something. Never raises."""
    return _receive(seat, happening, moment).then(lambda seat: settle(seat, moment))


def _receive(seat: Seat, happening: Happening, moment: Moment) -> Step:
    match happening:
        case Tick():
            return _tick(seat, happening, moment)
        case Joined(welcome):
            return receive_welcome(seat, welcome, moment)
        case Received(message):
            # before the welcome only a room that we are leaving can speak
            return Step(seat) if seat.epoch == "" else receive_message(seat, message, moment)
        case LinkLost(words):
            seat = replace(seat, facts=replace(seat.facts, offer=None))  # nobody could be told where the room is
            return Step(replace(seat, link="lost" if seat.epoch else seat.link, link_words=words))
        case LinkRegained():
            return Step(_regained(seat) if seat.link == "lost" else seat)
        case LinkRefused(code, words):
            step = back_to_solo(seat, moment, "" if code == "password" else words)  # the window asks for it
            return replace(step, seat=replace(step.seat, locked=seat.invite)) if code == "password" else step
        case Hosted() | HostFailed() | HostEnded() | TookOver() | KeyDrawn() | ReachTold():
            return receive_host(seat, happening, moment)
        case FoundCopy() | NoCopy() | Fingerprinted():
            step = receive_library(seat, happening, moment).then(lambda seat: tell_readiness(seat, moment))
            return step.then(lambda seat: send_additions(seat, moment))
        case LanSeen(rooms):
            return Step(replace(seat, lan=rooms))
        case Listed():
            return receive_listing(seat, happening)
        case LibraryTold(status):
            return Step(replace(seat, library=replace(seat.library, words=library_words(status))))
        case Opened() | OpenFailed() | SubtitlesAdded() | Primed() | RanDry() | ReachedEnd() | Sought() | Remark():
            return receive_playback(seat, happening, moment)
        case CallTold() | CallSignalled() | WaysWanted() | DevicesFound() | CallSaid() | CallEnded():
            return receive_call(seat, happening, moment)
        case NetworkMoved():
            return network_changed(seat)
        case _:
            return receive_wish(seat, happening, moment)


def _tick(seat: Seat, tick: Tick, moment: Moment) -> Step:
    notices = seat.notices.at(moment.local)
    if notices is not seat.notices:
        seat = replace(seat, notices=notices)
    if seat.facts.offer is not None and moment.local - seat.facts.offer.since >= POLICY.offer:
        seat = replace(seat, facts=replace(seat.facts, offer=None))
    seat = float_reactions(seat, moment)
    is_playing = seat.is_following and seat.schedule.at(moment.room).state == "playing"
    figure = seat.asynchrony.receive(tick.asynchrony if is_playing else None, moment.local)
    seat = replace(seat, asynchrony=figure)
    step = Step(seat) if seat.searching_since is None else tell_readiness(seat, moment)  # its patience may be over
    return step.then(lambda seat: _report(seat, tick, moment)).then(lambda seat: call_tick(seat, tick, moment))


def _report(seat: Seat, tick: Tick, moment: Moment) -> Step:
    due = moment.local - seat.reported_at >= POLICY.report_every
    if seat.link != "joined" or not due:
        return Step(seat)
    asynchrony = seat.asynchrony.shown
    report = protocol.Report(
        delay_us=max(0, protocol.micros(tick.delay)),
        playout_us=max(0, protocol.micros(tick.playout)),
        dispersion_us=max(0, protocol.micros(min(tick.dispersion, 1e6))),
        asynchrony_us=None if asynchrony is None else protocol.micros(asynchrony),
    )
    return Step(replace(seat, reported_at=moment.local), (Send(report),))


def _regained(seat: Seat) -> Seat:
    """The link was silent, no more: nothing of what was said either way is lost."""
    return replace(seat, link="joined", link_words="", notices=seat.notices.forget("link"))
