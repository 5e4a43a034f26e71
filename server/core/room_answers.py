"""What a command that changes nothing is answered."""

from __future__ import annotations

from server.core import protocol

WORDS: dict[protocol.CommandRefusal, str] = {
    "item": "Another film has been opened meanwhile: nothing was changed.",
    "revision": "Somebody was faster: nothing was changed.",
    "nothing": "No film is open in the room: open one first.",
    "forbidden": "A remote control may not do that: do it in a player.",
    "bad": "That can't be done now: nothing was changed.",
    "busy": "Too many commands at once: wait a moment and try again.",
}


def refused(command: protocol.Command, code: protocol.CommandRefusal, words: str = "") -> protocol.Refused:
    """The refusal of a command; "busy" is for the shell, which limits rates."""
    return protocol.Refused(id=command.id, code=code, words=words or WORDS[code])
