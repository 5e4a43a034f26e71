"""What a seat does about what its room says: who is there, which film, where it is."""

from __future__ import annotations

from dataclasses import replace

from player.core.happenings import Moment
from player.core.room_facts import RoomFacts
from player.core.seat import POLICY, Pending, Seat, Step
from player.core.seat_actions import CloseFilm, Send
from player.core.seat_copies import look_for, tell_copy
from player.core.seat_film import bind, load, tell_readiness
from player.core.seat_members import receive_answer, send_additions
from player.core.seat_talk import receive_talk
from player.core.seat_wishes import back_to_solo
from player.core.words import clock_text, rate_text
from server.core import protocol
from server.core.timeline import MediaTime, PeerId, Schedule


def receive_welcome(seat: Seat, welcome: protocol.Welcome, moment: Moment) -> Step:
    timeline = protocol.read_timeline(welcome.timeline)
    again = seat.epoch == welcome.epoch and seat.me == welcome.peer
    if not again and seat.epoch:
        seat = replace(seat, go_on=seat.place(moment))  # its server began anew: bring the film back to where it was
    elif not again and seat.invite is not None and not seat.is_hosting:
        seat = replace(seat, go_on=None)  # a friend's room: what is played there begins at its own place
    resent = seat.pending if again and _is_still_wanted(seat, moment) else None
    seat = replace(
        seat,
        link="alone" if seat.invite is None else "joined",
        link_words="",
        notices=seat.notices if seat.invite is None else seat.notices.forget("link"),  # why we are alone is still true
        epoch=welcome.epoch,
        me=PeerId(welcome.peer),
        roster=welcome.roster.members,
        schedule=seat.schedule.receive(timeline, moment.room) if again else Schedule((timeline,)),
        pending=resent,
        is_loading=_is_load(resent),
        readied=-1,
    )
    if not again:
        seat = replace(seat, primed=-1, bound_item="", item=None)
    seat = _with_facts(seat, welcome, again)
    wanted = tuple(each for each in seat.asked if again and moment.local - each.since <= POLICY.resend_within)
    seat = replace(seat, asked=wanted, is_adding=any(isinstance(each.command.action, protocol.Add) for each in wanted))
    resends = (*(() if resent is None else (resent,)), *wanted)
    step = Step(seat, tuple(Send(each.command) for each in resends))
    item, medium = welcome.item, seat.medium
    if item is not None:
        step = step.then(lambda seat: take_item(seat, item, moment))
    elif medium is not None and not seat.is_loading:
        step = step.then(lambda seat: load(seat, medium, moment))
    return step.then(tell_readiness)


def _with_facts(seat: Seat, welcome: protocol.Welcome, again: bool) -> Seat:
    """What the room says of itself at the door. The rest follows in messages of its own."""
    page = welcome.roster
    facts = seat.facts if again else RoomFacts(links=seat.facts.links, reactions=seat.facts.reactions)
    is_whole = page.total is None or page.total <= len(page.members)
    facts = replace(
        facts,
        role=welcome.role,
        salt=welcome.salt,
        rules=welcome.rules,
        check=None,
        roster_pages=() if is_whole else (page,),
    )
    return replace(seat, facts=facts)


def _is_still_wanted(seat: Seat, moment: Moment) -> bool:
    return seat.pending is not None and moment.local - seat.pending.since <= POLICY.resend_within


def take_item(seat: Seat, item: protocol.Item, moment: Moment) -> Step:
    """The room has a film: is ours its copy?"""
    before, medium = seat.item, seat.medium
    seat = replace(seat, item=item)
    if before is not None and before.id == item.id and (seat.bound_item == item.id or seat.is_loading):
        return Step(seat)
    is_mine = seat.is_loading and item.by == seat.me
    seat = replace(seat, is_loading=False)
    if medium is not None and (is_mine or before is None or medium.title == item.title):
        return bind(replace(seat, bound_item=item.id), medium, item, moment, is_mine)
    seat = replace(seat, bound_item="", offset=0.0)
    if seat.opening:
        return Step(seat)  # it will be bound when it is open
    if medium is None:
        return look_for(seat, item).then(tell_copy)  # the empty picture says what is missing
    seat = replace(seat, medium=None)
    if item.by not in ("", seat.me):
        seat = seat.told("info", f"{seat.name_of(item.by)} opened “{item.title}”", moment, "item")
    return Step(seat, (CloseFilm(),)).then(lambda seat: look_for(seat, item)).then(tell_copy)


def receive_message(seat: Seat, message: protocol.ServerMessage, moment: Moment) -> Step:
    match message:
        case protocol.TimelineStated():
            return _stated(seat, message, moment)
        case protocol.Item():
            return take_item(seat, message, moment)
        case protocol.Roster():
            return _met(seat, message, moment)
        case protocol.Accepted(id, _):
            seat, _ = receive_answer(seat, id, moment)
            return send_additions(_answered(seat, id), moment)
        case protocol.Refused():
            return _refused(seat, message, moment).then(lambda seat: send_additions(seat, moment))
        case protocol.Notice(words):
            return Step(seat.told("info", words, moment))
        case protocol.Closing(words, again):
            return Step(replace(seat, link="lost", link_words=words)) if again else back_to_solo(seat, moment, words)
        case protocol.Welcome() | protocol.ClockReply():
            return Step(seat)  # the link's own business
        case _:
            return receive_talk(seat, message, moment)


def _answered(seat: Seat, command: str) -> Seat:
    if seat.pending is not None and seat.pending.command.id == command:
        return replace(seat, pending=None)
    return seat


def _refused(seat: Seat, refused: protocol.Refused, moment: Moment) -> Step:
    seat, asked = receive_answer(seat, refused.id, moment)
    if isinstance(asked, protocol.Ended | protocol.Next):
        return Step(seat) if refused.code == "revision" else Step(seat.told("warning", refused.words, moment))
    pending = seat.pending
    was_load = pending is not None and pending.command.id == refused.id and _is_load(pending)
    seat = _answered(seat, refused.id)
    if not was_load:
        return Step(seat.told("warning", refused.words, moment))
    if refused.code not in ("item", "revision"):  # then a friend's film came first, and its item has said so
        seat = seat.told("warning", refused.words, moment)
    seat = replace(seat, is_loading=False)
    # our film is not the room's: is it at least a copy of what the room has?
    return Step(seat) if seat.item is None or seat.medium is None else take_item(seat, seat.item, moment)


def _is_load(pending: Pending | None) -> bool:
    return pending is not None and isinstance(pending.command.action, protocol.Load)


def _stated(seat: Seat, stated: protocol.TimelineStated, moment: Moment) -> Step:
    timeline = protocol.read_timeline(stated)
    before = seat.schedule
    schedule = before.receive(timeline, moment.room)
    if schedule is before:
        return Step(seat)
    is_news = timeline.revision != before.newest.revision
    seat = replace(seat, schedule=schedule)
    if stated.why == "check":
        seat = replace(seat, facts=replace(seat.facts, counting=timeline.revision))
    if is_news:
        seat = _said(seat, stated, before.media_time_at(moment.room), moment)
    return tell_readiness(seat)


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
        case "next":
            return seat  # the film's title says it
        case "go_on":
            return seat.told("info", f"{who} chose not to wait any longer", moment, about)
        case "late":
            return seat.told("info", "The wait is over: going on, whoever is late catches up.", moment, about)
        case _:
            return seat


def _met(seat: Seat, page: protocol.Roster, moment: Moment) -> Step:
    """The roster, if that was its last page."""
    facts, members = seat.facts.with_roster(page)
    seat = replace(seat, facts=facts)
    if members is None:
        return Step(seat)
    before = seat.roster
    seat = replace(seat, roster=members)
    mine = next((entry for entry in members if entry.peer == seat.me), None)
    if mine is not None:
        seat = replace(seat, facts=replace(seat.facts, role=mine.role), is_away=mine.away)
    is_crowd = len(members) > protocol.ROSTER_PAGE  # of whom nobody is announced
    return Step(seat if is_crowd else _noticed(seat, before, moment))


def _noticed(seat: Seat, before: tuple[protocol.RosterEntry, ...], moment: Moment) -> Seat:
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
