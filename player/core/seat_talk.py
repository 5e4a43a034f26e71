"""What a seat makes of what its room says beyond film, timeline and people: playlist, chat, checks, invites, a move."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from player.core.copies import quoted
from player.core.happenings import Moment, RoomMessage
from player.core.invite import InviteError, parse_invite
from player.core.room_facts import BUNDLE_MOST, Offer
from player.core.seat import Seat, Step
from player.core.seat_actions import Action, ConnectTo, StopHosting
from player.core.seat_wishes import back_to_solo
from server.core import protocol


def receive_talk(seat: Seat, message: RoomMessage, moment: Moment) -> Step:
    facts = seat.facts
    match message:
        case protocol.Rules():
            return Step(_ruled(seat, message, moment))
        case protocol.Playlist():
            return Step(_listed(seat, message, moment))
        case protocol.Chat(lines):
            return Step(replace(seat, facts=facts.with_lines(lines)))
        case protocol.Reaction():
            return Step(float_reactions(replace(seat, facts=facts.with_reaction(message, moment.local)), moment))
        case protocol.Checked():
            # who asks and who is ready stands over the picture or in the panel for as long as it is open
            return Step(replace(seat, facts=replace(facts, check=message if message.by else None)))
        case protocol.Keys(keys):
            return Step(replace(seat, facts=facts.with_keys(keys)))
        case protocol.Bans(bans):
            return Step(replace(seat, facts=replace(facts, bans=bans)))
        case protocol.Bundle():
            return Step(_bundled(seat, message, moment))
        case protocol.Moved():
            return _moved(seat, message, moment)
        case _:
            assert_never(message)


def float_reactions(seat: Seat, moment: Moment) -> Seat:
    """The seat with those reactions in the air whose place in the film is now."""
    timeline = seat.schedule.at(moment.room)
    is_moving = timeline.state == "playing" and seat.link != "lost"
    place, speed = timeline.media_time_at(moment.room), timeline.rate if is_moving else 0.0
    facts = seat.facts.at(moment.local, place, timeline.item, speed)
    return seat if facts is seat.facts else replace(seat, facts=facts)


def _ruled(seat: Seat, rules: protocol.Rules, moment: Moment) -> Seat:
    before = seat.facts.rules
    seat = replace(seat, facts=replace(seat.facts, rules=rules))
    if rules.control == before.control:
        return seat
    words = "Everybody may play and pause now" if rules.control == "all" else "Only operators may play and pause now"
    return seat.told("info", words, moment, "rules")


def _listed(seat: Seat, page: protocol.Playlist, moment: Moment) -> Seat:
    known, is_first = seat.facts.listed, seat.facts.playlist.revision == 0  # the first list is no news
    seat = replace(seat, facts=seat.facts.with_page(page))
    added = [entry for entry in seat.facts.playlist.entries if entry.id not in known]
    others = [entry for entry in added if entry.by not in ("", seat.me)]
    if not others or is_first or seat.invite is None:
        return seat
    who = seat.name_of(others[0].by)
    if len(others) > 1:
        return seat.told("info", f"{who} added films to the playlist", moment, f"{others[0].by} added")
    words = f"{who} added {quoted(others[0].title)} to the playlist"
    return seat.told("info", words, moment, f"entry {others[0].id}")


def _bundled(seat: Seat, part: protocol.Bundle, moment: Moment) -> Seat:
    """A room that is given to us comes in parts; when it is whole, this person is asked. Nothing that comes by the wire
    starts a server on somebody's computer."""
    facts = seat.facts if part.part else replace(seat.facts, bundle=(), offer=None)
    is_next = part.part == len(facts.bundle) and part.of <= BUNDLE_MOST
    if not is_next or seat.is_hosting or seat.invite is None:
        return replace(seat, facts=replace(facts, bundle=()))
    parts = (*facts.bundle, part)
    if len(parts) < part.of:
        return replace(seat, facts=replace(facts, bundle=parts))
    host = next((entry.name for entry in seat.roster if entry.role == "host"), "Somebody")
    offer = Offer("".join(each.data for each in parts), seat.invite.room, host, moment.local)
    return replace(seat, facts=replace(facts, bundle=(), offer=offer))


def _moved(seat: Seat, moved: protocol.Moved, moment: Moment) -> Step:
    """The room is somewhere else now: go there, as who we are. The film plays on meanwhile."""
    try:
        invite = parse_invite(moved.invite)
    except InviteError:
        return back_to_solo(seat, moment, "The room has moved, but where to can't be read: ask for a new invite.")
    own = seat.taken_over
    before: tuple[Action, ...] = (StopHosting(),) if seat.is_hosting else ()
    told = tuple(each for each in seat.asked if not isinstance(each.command.action, protocol.RoomMoved))
    seat = replace(seat, facts=replace(seat.facts, bundle=(), offer=None), asked=told)  # this was its answer
    seat = replace(seat, invite=invite, is_hosting=own is not None, taken_over=None, link="lost")
    seat = replace(seat, link_words="The room moves to another computer …").told("info", moved.words, moment, "moved")
    return Step(seat, (*before, ConnectTo(own or invite, seat.name, is_return=True)))
