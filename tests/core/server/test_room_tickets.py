"""A peer is on one connection at a time, and the end of an older one says nothing about it."""

from server.core import protocol
from server.core.room_state import Admit, Cut, Join, Lost
from server.core.timeline import PeerId
from tests.fakes.rooms import Stage

ANA = PeerId("first")


def back_again() -> Stage:
    """Ana, who has come by the ticket "first", and by "second" before the first connection's end was noticed."""
    stage = Stage()
    for ticket, token in (("first", ""), ("second", "token of first")):
        hello = protocol.Hello(version=protocol.VERSION, room="Cinema", name="Ana", token=token)
        stage.apply(Join(PeerId(ticket), f"token of {ticket}", hello))
    return stage


def test_who_is_back_before_its_end_was_noticed_is_on_the_new_connection_only() -> None:
    stage = back_again()
    assert stage.outbox[:2] == (Cut(ANA), Admit(ANA, PeerId("second")))


def test_the_end_of_an_older_connection_loses_nobody() -> None:
    stage = back_again()
    stage.apply(Lost(ANA, PeerId("first")))
    assert [each.peer for each in stage.room.present] == [ANA]


def test_the_end_of_the_connection_that_it_has_does() -> None:
    for ticket in ("second", ""):
        stage = back_again()
        stage.apply(Lost(ANA, PeerId(ticket)))
        assert stage.room.present == ()
