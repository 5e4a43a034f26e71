"""What a seat does about the authority that this app runs: a room of our own, one that was given to us, its invites."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from player.core.happenings import (
    Hosted,
    HostEnded,
    HostFailed,
    HostNews,
    KeyDrawn,
    Moment,
    ReachTold,
    TookOver,
)
from player.core.invite import MAX_ALSO
from player.core.seat import Seat, Step
from player.core.seat_actions import ConnectTo, StopHosting
from player.core.seat_members import ask, receive_key
from player.core.seat_wishes import back_to_solo
from server.core import protocol


def receive_host(seat: Seat, news: HostNews, moment: Moment) -> Step:
    match news:
        case KeyDrawn():
            return receive_key(seat, news, moment)
        case ReachTold(reach, addresses):
            return Step(_reachable(replace(seat, reach=reach), addresses) if seat.is_hosting else seat)
        case TookOver():
            return _took_over(seat, news, moment)
        case HostFailed(words) if seat.facts.is_taking:
            seat = replace(seat, facts=replace(seat.facts, is_taking=False))
            return Step(seat.told("error", words, moment, "link"))
        case Hosted() | HostFailed() | HostEnded():
            return _hosting(seat, news, moment)
        case _:
            assert_never(news)


def _took_over(seat: Seat, news: TookOver, moment: Moment) -> Step:
    """Our server has the room: all may come. If nobody can be told any more the room stays where it was."""
    if not seat.facts.is_taking or not seat.can_ask:
        return Step(replace(seat, facts=replace(seat.facts, is_taking=False)), (StopHosting(),))
    seat = replace(seat, taken_over=news.own, facts=replace(seat.facts, is_taking=False))
    return ask(seat, protocol.RoomMoved(invite=news.invite.text()), moment)


def _hosting(seat: Seat, news: Hosted | HostFailed | HostEnded, moment: Moment) -> Step:
    if not seat.is_hosting:  # we have left in the meantime
        return Step(seat, (StopHosting(),) if isinstance(news, Hosted) else ())
    match news:
        case Hosted(invite, own):
            return Step(replace(seat, invite=invite, link="connecting"), (ConnectTo(own, seat.name),))
        case HostFailed(words):
            return back_to_solo(seat, moment, words)
        case HostEnded():
            words = "The room's server on this computer has stopped. Host again to go on together."
            return back_to_solo(seat, moment, words)
        case _:
            assert_never(news)


def _reachable(seat: Seat, addresses: tuple[tuple[str, int], ...]) -> Seat:
    """With what was found out since in the invite, before what may have to make room: an address of the router lets in
    everybody, one of many of our own somebody."""
    if seat.invite is None:
        return seat
    new = tuple(address for address in addresses if address not in seat.invite.addresses)
    return replace(seat, invite=replace(seat.invite, also=(*new, *seat.invite.also)[:MAX_ALSO])) if new else seat
