"""A call of a room as a seat sees it, for tests that tell a story."""

from __future__ import annotations

from typing import Any, TypeVar

from player.core import call_view as wish
from player.core.call_pipe import ToCall
from player.core.seat_actions import Send, TellCall
from server.core import protocol
from tests.core.player.seats import ANA, ME, Table, entry, joined

P = TypeVar("P", bound=ToCall)
HANGUP = protocol.Hangup()
SERIAL = 1_000_000  # room time in ms


def pieces(table: Table, kind: type[P]) -> list[P]:
    """What of this kind the process was told since the last look, which goes on."""
    told = [action.piece for action in table.actions if isinstance(action, TellCall)]
    return [piece for piece in told if isinstance(piece, kind)]


def sent(table: Table) -> list[Any]:
    return [action.message for action in table.actions if isinstance(action, Send)]


def said(table: Table) -> list[protocol.InCall]:
    return [message for message in sent(table) if isinstance(message, protocol.InCall)]


def roster(serial: int | None = SERIAL, *others: protocol.RosterEntry) -> protocol.Roster:
    """With ourselves in the call, and with others."""
    call = None if serial is None else protocol.CallSeat(serial=serial)
    return protocol.Roster(members=(entry(ME, "Me", call=call), *others))


def caller(peer: str = ANA, name: str = "Ana", serial: int = 7, **fields: Any) -> protocol.RosterEntry:
    return entry(peer, name, call=protocol.CallSeat(serial=serial, camera=True), **fields)


def in_call(*others: protocol.RosterEntry) -> Table:
    """In a friend's room and its call, with Ana unless others are named."""
    table = joined().happens(wish.JoinCall())
    table.hears(roster(SERIAL, *(others or (caller(),))))
    table.took()
    table.words()
    return table


def asked(table: Table) -> int:
    return sum(isinstance(message, protocol.AskWays) for message in sent(table))
