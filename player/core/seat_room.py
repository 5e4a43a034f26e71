"""What a seat does about what its room says: who is there, which film, where it is."""

from __future__ import annotations

from dataclasses import replace

from player.core.copies import quoted
from player.core.happenings import Moment
from player.core.room_facts import RoomFacts
from player.core.seat import POLICY, Pending, Seat, Step
from player.core.seat_actions import Action, CloseFilm, Send, StopHosting
from player.core.seat_call import receive_call_message, welcomed
from player.core.seat_copies import compare, is_our_copy, look_for, tell_copy
from player.core.seat_film import bind, load, tell_readiness
from player.core.seat_members import receive_answer, receive_refusal, send_additions, still_wanted
from player.core.seat_talk import receive_talk
from player.core.seat_wishes import back_to_solo
from player.core.words import clock_text, rate_text
from server.core import protocol
from server.core.timeline import MediaTime, PeerId, Schedule


def receive_welcome(seat: Seat, welcome: protocol.Welcome, moment: Moment) -> Step:
    """We are in. `again`: nothing was lost but the connection. `is_known`: we are who we were, in a room that is what
    it was, though its server may have begun anew or be another one."""
    timeline = protocol.read_timeline(welcome.timeline)
    is_known = seat.me == welcome.peer
    again = seat.epoch == welcome.epoch and is_known
    if not again and seat.epoch:
        seat = replace(seat, go_on=seat.place(moment))  # its server began anew: bring the film back to where it was
    elif not again and seat.invite is not None and not seat.is_hosting:
        seat = replace(seat, go_on=None)  # a friend's room: what is played there begins at its own place
    resent = seat.pending if is_known and _is_still_wanted(seat, moment) else None
    wanted = still_wanted(seat, moment) if is_known else ()
    seat = replace(
        seat,
        link="alone" if seat.invite is None else "joined",
        link_words="",
        notices=seat.notices if seat.invite is None else seat.notices.forget("link"),  # why we are alone is still true
        epoch=welcome.epoch,
        me=PeerId(welcome.peer),
        schedule=seat.schedule.receive(timeline, moment.room) if again else Schedule((timeline,)),
        primed=seat.primed if again else -1,
        pending=resent,
        asked=wanted,
        is_loading=_is_load(resent),
        readied=-1,
    )
    if welcome.item is None or not is_known:
        seat = replace(seat, bound_item="", item=None)
    seat = _with_facts(seat, welcome, again)
    sends: tuple[Action, ...] = tuple(Send(each.command) for each in (*(() if resent is None else (resent,)), *wanted))
    if seat.taken_over is not None and not any(isinstance(each.command.action, protocol.RoomMoved) for each in wanted):
        seat, sends = replace(seat, taken_over=None), (StopHosting(), *sends)  # the room has stayed where it is
    step = Step(seat, sends).then(lambda seat: _with_film(seat, welcome.item, moment))
    step = step.then(lambda seat: tell_readiness(seat, moment)).then(lambda seat: send_additions(seat, moment))
    return step.then(lambda seat: welcomed(seat, is_known, again, moment))


def _with_film(seat: Seat, item: protocol.Item | None, moment: Moment) -> Step:
    """What the room that we have come into watches, or else we."""
    medium = seat.medium
    if item is not None:
        is_bound = seat.bound_item == item.id
        step = take_item(replace(seat, go_on=None) if is_bound else seat, item, moment)
        return step.then(tell_copy) if is_bound else step  # what is known of it since was told to nobody
    if medium is not None and not seat.is_loading:
        return load(seat, medium, moment)
    return Step(seat)


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
        keys=(),
        bans=(),
        bundle=(),
        offer=None,
        roster_pages=() if is_whole else (page,),
    )
    mine = next((entry for entry in page.members if entry.peer == welcome.peer), None)
    roster = page.members if is_whole or not again else seat.roster  # until its last page is here
    return replace(seat, facts=facts, roster=roster, is_away=seat.is_away if mine is None else mine.away)


def _is_still_wanted(seat: Seat, moment: Moment) -> bool:
    return seat.pending is not None and moment.local - seat.pending.since <= POLICY.resend_within


def take_item(seat: Seat, item: protocol.Item, moment: Moment) -> Step:
    """The room has a film: is ours its copy?"""
    before, medium = seat.item, seat.medium
    seat = replace(seat, item=item)
    if item.entry:
        seat = replace(seat, notices=seat.notices.forget(f"entry {item.entry}"))  # that it is on says more
    if before is not None and before.id == item.id and (seat.bound_item == item.id or seat.is_loading):
        is_bound = seat.bound_item == item.id
        return Step(compare(seat, item, moment) if is_bound else seat)  # more is known of it than before
    is_mine = seat.is_loading and item.by == seat.me
    seat = replace(seat, is_loading=False)
    if medium is not None and (is_mine or is_our_copy(seat, medium, before, item)):
        return bind(replace(seat, bound_item=item.id), medium, item, moment, is_mine)
    seat = replace(seat, bound_item="", offset=0.0, go_on=None, sought="", searching_since=None)
    if seat.opening and seat.opening_for in ("", item.id):
        return Step(seat)  # it will be bound when it is open
    is_change = medium is not None or seat.opening != ""
    if is_change:
        seat = replace(seat, medium=None, opening="", opening_for="", changing_since=moment.local)
    step = Step(seat, (CloseFilm(),) if is_change else ())
    return step.then(lambda seat: look_for(seat, item, moment)).then(tell_copy)


def receive_message(seat: Seat, message: protocol.ServerMessage, moment: Moment) -> Step:
    match message:
        case protocol.TimelineStated():
            return _stated(seat, message, moment)
        case protocol.Item():
            return take_item(seat, message, moment)
        case protocol.Roster():
            return _met(seat, message, moment)
        case protocol.Accepted(id, _):
            seat, _ = receive_answer(seat, id)
            return send_additions(_answered(seat, id), moment)
        case protocol.Refused():
            return _refused(seat, message, moment).then(lambda seat: send_additions(seat, moment))
        case protocol.Notice(words, peer):
            return Step(seat.told("info", words, moment, f"{peer} said" if peer else ""))
        case protocol.Closing(words, again):
            return Step(replace(seat, link="lost", link_words=words)) if again else back_to_solo(seat, moment, words)
        case protocol.Welcome() | protocol.ClockReply():
            return Step(seat)  # the link's own business
        case protocol.Signalled() | protocol.Ways() | protocol.CallStated():
            return receive_call_message(seat, message, moment)
        case _:
            return receive_talk(seat, message, moment)


def _answered(seat: Seat, command: str) -> Seat:
    if seat.pending is not None and seat.pending.command.id == command:
        return replace(seat, pending=None)
    return seat


def _refused(seat: Seat, refused: protocol.Refused, moment: Moment) -> Step:
    seat, asked = receive_answer(seat, refused.id)
    if asked is not None:
        return receive_refusal(seat, asked, refused, moment)
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
    return tell_readiness(seat, moment)


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
        case "load" if seat.item is not None and seat.item.id == stated.item:
            return seat.told("info", f"{who} opened {quoted(seat.item.title)}", moment, about)
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
        facts = replace(seat.facts, role=mine.role)
        if mine.role == "guest":
            facts = replace(facts, keys=(), bans=())  # of which only operators hear
        seat = replace(seat, facts=facts, is_away=mine.away)
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
        if peer not in now and peer != seat.me and not seat.notices.has(f"{peer} said"):  # "Ana removed Ben."
            seat = seat.told("info", f"{old.name} left", moment)
    return seat
