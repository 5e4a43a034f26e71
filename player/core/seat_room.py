"""What a seat does about what its room says: who is there, which film, where it is."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from player.core.seat import POLICY, Action, CloseFilm, Moment, Seat, Send, Step
from player.core.seat_film import bind, load, readiness
from player.core.words import clock_text, rate_text
from server.core import protocol
from server.core.timeline import MediaTime, PeerId, Schedule


def receive_welcome(seat: Seat, welcome: protocol.Welcome, moment: Moment) -> Step:
    timeline = protocol.read_timeline(welcome.timeline)
    again = seat.epoch == welcome.epoch and seat.me == welcome.peer
    schedule = seat.schedule.receive(timeline, moment.room) if again else Schedule((timeline,))
    if not again and seat.link == "lost":
        seat = replace(seat, go_on=seat.place(moment))  # its server began anew: bring the film back to where it was
    seat = replace(
        seat,
        link="alone" if seat.invite is None else "joined",
        link_words="",
        notices=seat.notices.forget("link"),
        epoch=welcome.epoch,
        me=PeerId(welcome.peer),
        roster=welcome.roster.members,
        schedule=schedule,
    )
    if not again:
        seat = replace(seat, primed=-1, bound_item="", item=None)
    actions: list[Action] = []
    if welcome.item is not None:
        step = take_item(seat, welcome.item, moment)
        seat, actions = step.seat, [*step.actions]
    elif seat.medium is not None:
        step = load(seat, seat.medium, moment)
        seat, actions = step.seat, [*step.actions]
    if seat.pending is not None and again and moment.local - seat.pending.since <= POLICY.resend_within:
        actions.append(Send(seat.pending.command))
    elif not actions or not isinstance(actions[-1], Send):
        seat = replace(seat, pending=None)
    return Step(seat, (*actions, *readiness(seat)))


def take_item(seat: Seat, item: protocol.Item, moment: Moment) -> Step:
    """The room has a film: is ours its copy?"""
    known = seat.item is not None and seat.item.id == item.id
    was_bound = bool(seat.bound_item)
    seat = replace(seat, item=item)
    if known and seat.bound_item == item.id:
        return Step(seat)
    medium = seat.medium
    mine = item.by == seat.me and item.by != ""
    if medium is not None and (mine or seat.is_loading or not was_bound or medium.title == item.title):
        seat = replace(seat, bound_item=item.id, is_loading=False)
        return bind(seat, medium, item, moment, mine)
    seat = replace(seat, bound_item="", is_loading=False)
    if seat.opening:
        return Step(seat)  # it will be bound when it is open
    words = f"The room watches “{item.title}”. Open your copy of it to watch along."
    seat = seat.told("warning", words, moment, "item")
    return Step(replace(seat, medium=None), (CloseFilm(),) if medium is not None else ())


def receive_message(seat: Seat, message: protocol.ServerMessage, moment: Moment) -> Step:
    match message:
        case protocol.TimelineStated():
            return _stated(seat, message, moment)
        case protocol.Item():
            return take_item(seat, message, moment)
        case protocol.Roster(members):
            return Step(_met(replace(seat, roster=members), seat.roster, moment))
        case protocol.Accepted(id, _):
            return Step(_answered(seat, id))
        case protocol.Refused(id, code, words):
            loading = seat.is_loading
            seat = _answered(seat, id)
            if loading and code in ("item", "revision"):
                return Step(seat)  # a friend's film came first; its item says so
            return Step(replace(seat, is_loading=False).told("warning", words, moment))
        case protocol.Notice(words):
            return Step(seat.told("info", words, moment))
        case protocol.Closing(words):
            return Step(replace(seat, link="lost", link_words=words))
        case protocol.Welcome() | protocol.ClockReply():
            return Step(seat)  # the link's own business
        case _:
            assert_never(message)


def _answered(seat: Seat, command: str) -> Seat:
    if seat.pending is not None and seat.pending.command.id == command:
        return replace(seat, pending=None)
    return seat


def _stated(seat: Seat, stated: protocol.TimelineStated, moment: Moment) -> Step:
    timeline = protocol.read_timeline(stated)
    before = seat.schedule
    schedule = before.receive(timeline, moment.room)
    if schedule is before:
        return Step(seat)
    is_news = timeline.revision != before.newest.revision
    seat = replace(seat, schedule=schedule)
    if is_news:
        seat = _said(seat, stated, before.media_time_at(moment.room), moment)
    return Step(seat, readiness(seat))


def _said(seat: Seat, stated: protocol.TimelineStated, before: MediaTime, moment: Moment) -> Seat:
    """The notice about what somebody else did: who, what, from → to."""
    if stated.by == seat.me and stated.by != "":
        return seat
    who = seat.name_of(stated.by)
    about = f"{stated.by} {stated.why}"
    match stated.why:
        case "play":
            return seat.told("info", f"{who} pressed play", moment, about)
        case "pause":
            return seat.told("info", f"{who} paused", moment, about)
        case "seek":
            to = protocol.seconds(stated.media_us)
            return seat.told("info", f"{who}: {clock_text(before)} → {clock_text(to)}", moment, about)
        case "rate":
            return seat.told("info", f"{who} set the speed to {rate_text(stated.rate)}", moment, about)
        case "late":
            return seat.told("info", "The wait is over: going on, whoever is late catches up.", moment, about)
        case _:
            return seat


def _met(seat: Seat, before: tuple[protocol.RosterEntry, ...], moment: Moment) -> Seat:
    """Notices about who came, went, was lost or is back."""
    was = {entry.peer: entry for entry in before}
    now = {entry.peer: entry for entry in seat.roster}
    for peer, entry in now.items():
        old = was.get(peer)
        if peer == seat.me:
            continue
        if old is None:
            seat = seat.told("info", f"{entry.name} joined", moment)
        elif old.here and not entry.here:
            seat = seat.told("info", f"{entry.name} lost the connection", moment, f"{peer} here")
        elif not old.here and entry.here:
            seat = seat.told("info", f"{entry.name} is back", moment, f"{peer} here")
    for peer, old in was.items():
        if peer not in now and peer != seat.me:
            seat = seat.told("info", f"{old.name} left", moment)
    return seat
