"""The commands that move a room: play, pause, seek, rate, load, choose, next, stay, ended.

Theory of operation. A command is absolute ("paused", never "toggle"), so applying one that is true already changes
nothing and is accepted with the revision that stands. RULES says, for each action, what the sender must have seen and
in which states it means something; whoever passes goes to the one function that makes the new timeline. A command
that fails gets a `Refused` value and the room stays as it was. Whatever the answer, it is kept with the sender's id
for it, so that a repeat (the link broke before the answer came) is answered and not applied again.

    state \\ action   play            pause            seek            rate            load            end
    paused           hold, playing   -                paused there    paused          paused there    -
    holding          -               paused, now      hold there      holding         hold there      -
    playing          -               paused, turn     hold there      playing, turn   hold there      paused at the end
    (turn: a lead ahead. hold: waits for who is not ready, then plays; with nobody to wait for it plays after a lead)

A seek in a room that stands is stated as a pause at the new place at once: everybody shows that frame, there is no
barrier to end. The wait, if somebody is not there yet, comes with `play`. Choose and next are loads from the playlist
(`room_items.py`). Whatever moves a room that stands at an end cancels what was about to begin; so do pause and stay.

The timeline is told before the answer to its sender, so that a button that shows "pending" until then doesn't blink.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

from msgspec.structs import replace

from server.core import protocol
from server.core.protocol import (
    Add,
    Ban,
    CallOff,
    Check,
    Choose,
    Confirm,
    Ended,
    EndRoom,
    GoOn,
    Grant,
    HandOver,
    Kick,
    Load,
    MakeKey,
    Move,
    MoveRoom,
    Mute,
    Next,
    Pause,
    Play,
    React,
    Remove,
    RevokeKey,
    RoomMoved,
    Say,
    Seek,
    SetAway,
    SetLoop,
    SetPassword,
    SetRate,
    SetRules,
    Shuffle,
    Stay,
    Unban,
    Undo,
    is_web_url,
)
from server.core.room_answers import refused
from server.core.room_chat import act_on_chat
from server.core.room_check import act_on_check, end_check
from server.core.room_entries import cancel_next
from server.core.room_items import START, choose, go_to_next, load
from server.core.room_play import (
    arrivals,
    clamp,
    end,
    end_time,
    go_to,
    hold,
    is_at_end,
    moved,
    place_at,
    release,
    state,
    turn_time,
    unready,
)
from server.core.room_playlist import MISSING, NO_ADDRESS, act_on_playlist
from server.core.room_roles import act_on_people, forbidden, may
from server.core.room_rules import act_on_rules
from server.core.room_state import Member, Room, Send, Transition
from server.core.room_whole import act_on_whole
from server.core.timeline import MediaTime, RoomTime

NO_NEXT = "This was the last film: there is no next one."


@dataclass(frozen=True, slots=True)
class Rule:
    """What an action asks for."""

    seen: Literal["item", "revision"]  # of what it names, what has to be the room's
    is_for_item: bool = True  # there has to be one
    while_playing: bool = False  # it means something only then


RULES: dict[type[protocol.Action], Rule] = {
    Play: Rule(seen="item"),
    Pause: Rule(seen="item"),
    Seek: Rule(seen="item"),
    SetRate: Rule(seen="item"),
    Load: Rule(seen="item", is_for_item=False),
    Choose: Rule(seen="item", is_for_item=False),
    Next: Rule(seen="revision", is_for_item=False),
    Stay: Rule(seen="item"),
    Ended: Rule(seen="revision", while_playing=True),
    GoOn: Rule(seen="item"),
}


def receive_command(
    room: Room, member: Member, command: protocol.Command, is_allowed: bool, now: RoomTime
) -> Transition:
    """A peer's command and its answer; a repeated id gets the answer that it had."""
    known = next((answer for answer in member.answers if answer.id == command.id), None)
    if known is not None:
        return Transition(room, (Send((member.peer,), known),))
    refusal = forbidden(room, member, command) if is_allowed else refused(command, "forbidden")
    outcome = _act(room, member, command, now) if refusal is None else refusal
    if isinstance(outcome, protocol.Refused):
        return _answer(Transition(room), member, outcome)
    outcome = end_check(outcome, member, command.action)
    return _answer(outcome, member, protocol.Accepted(id=command.id, revision=outcome.room.revision))


def _answer(transition: Transition, member: Member, answer: protocol.Accepted | protocol.Refused) -> Transition:
    room = transition.room
    answers = (*member.answers, answer)[-room.policy.answers_most :]
    members = (replace(each, answers=answers) if each.peer == member.peer else each for each in room.members)
    room = replace(room, members=tuple(members))
    return Transition(room, (*transition.outbox, Send((member.peer,), answer)))


def _check(room: Room, command: protocol.Command) -> protocol.Refused | None:
    rule = RULES[type(command.action)]
    if command.item != room.item_id:
        return refused(command, "item")
    if rule.is_for_item and room.item is None:
        return refused(command, "nothing")
    if rule.seen == "revision" and command.revision != room.revision:
        return refused(command, "revision")
    if rule.while_playing and room.newest.state != "playing":
        return refused(command, "bad")
    return None


def _act(room: Room, member: Member, command: protocol.Command, now: RoomTime) -> Transition | protocol.Refused:
    """A command of any family, each of which has a file."""
    match command.action:
        case (Play() | Pause() | Seek() | SetRate() | Load() | Choose() | Next() | Stay() | Ended() | GoOn()) as action:
            return _check(room, command) or _move(room, member, command, action, now)
        case (Add() | Remove() | Move() | Shuffle() | SetLoop() | Undo()) as action:
            return act_on_playlist(room, member, command, action, now)
        case (Check() | Confirm() | CallOff()) as action:
            return act_on_check(room, member, command, action, now)
        case (SetAway() | Grant() | HandOver() | Mute() | Kick() | Ban() | Unban()) as action:
            return act_on_people(room, member, command, action, now)
        case (SetRules() | SetPassword() | MakeKey() | RevokeKey()) as action:
            return act_on_rules(room, member, command, action, now)
        case (MoveRoom() | RoomMoved() | EndRoom()) as action:
            return act_on_whole(room, member, command, action, now)
        case (Say() | React()) as action:
            return act_on_chat(room, member, command, action, now)
        case _:
            assert_never(command.action)


Moving = Play | Pause | Seek | SetRate | Load | Choose | Next | Stay | Ended | GoOn


def _move(
    room: Room, member: Member, command: protocol.Command, action: Moving, now: RoomTime
) -> Transition | protocol.Refused:
    match action:
        case Play():
            return _play(room, member.peer, now)
        case Pause():
            return _pause(room, member.peer, now)
        case Seek(media_us):
            return _seek(room, member.peer, MediaTime(protocol.seconds(media_us)), now)
        case SetRate(rate):
            return _set_rate(room, member.peer, rate, now)
        case Load():
            if not is_web_url(action.url):
                return refused(command, "bad", NO_ADDRESS)
            return load(room, member.peer, action, now, may_list=may(room, member, "playlist"))
        case Choose(entry_id):
            entry = next((each for each in room.playlist.entries if each.id == entry_id), None)
            return refused(command, "nothing", MISSING) if entry is None else choose(room, entry, now, member.peer)
        case Next():
            return go_to_next(room, now, member.peer) or refused(command, "nothing", NO_NEXT)
        case Stay():
            return cancel_next(room)
        case Ended():
            if not _may_end(room, member, now):
                return refused(command, "bad", "The film is not at its end: the room plays on.")
            at = end_time(room)
            return end(room, now if at is None else at, now)
        case GoOn():
            return go_on(room, member.peer, now)
        case _:
            assert_never(action)


def _play(room: Room, by: str, now: RoomTime) -> Transition:
    newest = room.newest
    if newest.state != "paused":
        return Transition(room)
    if is_at_end(room):
        return moved(hold(room, START, now, now, arrivals(room, now), why="play", by=by))
    stands_from = RoomTime(max(now, newest.room_time))  # a pause may have been stated that is still to come
    return hold(room, newest.media_time, stands_from, now, unready(room, now), why="play", by=by)


def _pause(room: Room, by: str, now: RoomTime) -> Transition:
    newest = room.newest
    match newest.state:
        case "paused":
            return cancel_next(room)
        case "holding":
            return state(
                room, "paused", newest.media_time, RoomTime(max(now, newest.room_time)), now, why="pause", by=by
            )
        case "playing":
            at = turn_time(room, now)
            return state(room, "paused", place_at(room, at), at, now, why="pause", by=by)
        case _:
            assert_never(newest.state)


def go_on(room: Room, by: str, now: RoomTime) -> Transition:
    """Wait no longer: who is not ready catches up alone."""
    if room.newest.state != "holding":
        return Transition(room)
    return release(room, now, "go_on", by)


def _seek(room: Room, by: str, media_time: MediaTime, now: RoomTime) -> Transition:
    goes_on = room.newest.state != "paused"
    return go_to(room, clamp(room, media_time), now, "seek", by, goes_on=goes_on)


def _set_rate(room: Room, by: str, rate: float, now: RoomTime) -> Transition:
    newest = room.newest
    if rate == newest.rate:
        return Transition(room)
    if newest.state == "playing":
        at = turn_time(room, now)
        return state(room, "playing", place_at(room, at), at, now, why="rate", by=by, rate=rate)
    return state(
        room,
        newest.state,
        newest.media_time,
        RoomTime(max(now, newest.room_time)),
        now,
        why="rate",
        by=by,
        rate=rate,
        until=newest.until,
        waiting=newest.waiting,
    )


def _may_end(room: Room, member: Member, now: RoomTime) -> bool:
    """May a member's end of file end the film? If its length is known, only near the end: a shorter copy's end is
    not the room's. Else only who may control the film can be believed."""
    duration = room.duration
    if duration is None:
        return may(room, member, "control")
    return place_at(room, now) >= duration - room.policy.end_reach
