"""What people say: lines of chat, kept for who comes later, and reactions.

A line carries when it was said and where the film was. The last ones are kept, within bounds. A reaction belongs to a
place in the film a lead ahead, so that it floats over the same picture for all; it is not kept.
"""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from server.core import protocol
from server.core.emoji import is_emoji
from server.core.names import clean_text
from server.core.protocol import Chat, Line, React, Reaction, Say, micros
from server.core.room_answers import refused
from server.core.room_pages import pages_of
from server.core.room_play import lead, place_at
from server.core.room_state import Member, Room, RoomPolicy, Send, Transition, tell
from server.core.timeline import PeerId, RoomTime

MUTED = "You are muted in this room: ask its host or an operator to let you speak."
EMPTY = "There is nothing to be seen in that message: write something first."
FLOOD = "Too many messages at once: wait a few seconds and send it again."
NO_EMOJI = "Only a single emoji can be a reaction: choose one, or write in the chat."


def act_on_chat(
    room: Room, member: Member, command: protocol.Command, action: Say | React, now: RoomTime
) -> Transition | protocol.Refused:
    """A line or a reaction."""
    if member.is_muted:
        return refused(command, "forbidden", MUTED)
    match action:
        case Say(said):
            text = plain_text(said, room.policy)
            if not text:
                return refused(command, "bad", EMPTY)
            if _said_lately(room, member, now) >= room.policy.says_most:
                return refused(command, "busy", FLOOD)
            return _say(room, member, text, now)
        case React(emoji):
            return _react(room, member, emoji, now) if is_emoji(emoji) else refused(command, "bad", NO_EMOJI)
        case _:
            assert_never(action)


def welcome_chat(room: Room, peer: PeerId) -> tuple[Send, ...]:
    """What was said, to who has just come, if anything was."""
    if not room.lines:
        return ()
    return tuple(Send((peer,), Chat(lines=lines)) for lines in pages_of(room.lines))


def plain_text(text: str, policy: RoomPolicy) -> str:
    """What was said without what can't be seen, in at most a few lines; may be empty. What stands in further lines is
    put into the last."""
    cleaned = (clean_text(line, protocol.MAX_SAID) for line in text.splitlines())
    lines = [line for line in cleaned if line]
    first = lines[: policy.say_lines_most - 1]
    rest = " ".join(lines[policy.say_lines_most - 1 :])
    return "\n".join((*first, rest) if rest else first)[: protocol.MAX_SAID].rstrip()


def _said_lately(room: Room, member: Member, now: RoomTime) -> int:
    since = now - room.policy.says_within
    return sum(line.peer == member.peer and micros(since) < line.at_us <= micros(now) for line in room.lines)


def _say(room: Room, member: Member, text: str, now: RoomTime) -> Transition:
    line = Line(
        id=room.lines_made + 1,
        peer=member.peer,
        name=member.name,
        text=text,
        at_us=micros(now),
        media_us=micros(place_at(room, now)),
        item=room.item_id,
    )
    kept = _bounded((*room.lines, line), room.policy)
    return Transition(replace(room, lines=kept, lines_made=line.id), tell(room, Chat(lines=(line,))))


def _bounded(lines: tuple[Line, ...], policy: RoomPolicy) -> tuple[Line, ...]:
    """The newest lines, as many as may be kept."""
    lines = lines[-policy.lines_most :]
    chars = sum(len(line.text) for line in lines)
    first = 0
    while chars > policy.line_chars_most:
        chars -= len(lines[first].text)
        first += 1
    return lines[first:]


def _react(room: Room, member: Member, emoji: str, now: RoomTime) -> Transition:
    place = place_at(room, RoomTime(now + lead(room)))
    reaction = Reaction(peer=member.peer, name=member.name, emoji=emoji, media_us=micros(place), item=room.item_id)
    return Transition(room, tell(room, reaction))
