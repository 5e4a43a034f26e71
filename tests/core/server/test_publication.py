"""What processes tell each other: a version, changed parts, and outcomes for those who are there."""

from __future__ import annotations

import msgspec
import pytest

from server.core import protocol
from server.core.protocol import SERVER_KINDS
from server.core.publication import NO_ROOM, Publication, Version, keep, publish, read_publication
from server.core.room_codec import CodecError
from server.core.room_state import Admit, Cut, Dissolve, Outcome, Refuse, Send
from server.core.timeline import PeerId

ANA, BEN, TICKET = PeerId("ana"), PeerId("ben"), PeerId("ticket")
ONE = Version("life", 1)
OUTBOX: tuple[Outcome, ...] = (
    Cut(ANA),
    Admit(ANA, TICKET),
    Send((ANA, BEN), protocol.Notice(words="Hello.")),
    Send((BEN,), protocol.Accepted(id="1", revision=2)),
    Refuse(protocol.Refusal(code="full", words="Full."), TICKET),
    Dissolve(),
)


def told(outbox: tuple[Outcome, ...] = OUTBOX, **fields: bool) -> Publication:
    return Publication.of(ONE, "author", "epoch", {"film": "{}", "line 1": None}, outbox, **fields)


def test_it_arrives_as_it_was_sent() -> None:
    publication = read_publication(publish(told(is_gone=True)))
    assert publication == told(is_gone=True)
    assert publication.version == ONE
    assert tuple(publication.outbox(lambda _: True)) == OUTBOX


def test_what_is_said_to_nobody_here_is_not_even_read() -> None:
    kept = tuple(told().outbox({"ana"}.__contains__))
    assert kept == tuple(each for each in OUTBOX if not isinstance(each, Send) or ANA in each.to)


def test_who_is_here_is_asked_when_it_is_their_turn() -> None:
    here: set[str] = set()
    found = []
    for outcome in told().outbox(here.__contains__):
        found.append(outcome)
        if isinstance(outcome, Admit):
            here.add(outcome.peer)
    assert Send((ANA, BEN), protocol.Notice(words="Hello.")) in found


def test_what_is_kept_of_it_has_no_parts() -> None:
    publication = read_publication(keep(told()))
    assert publication.parts == {}
    assert publication.told == told().told


def test_outcomes_have_names_of_their_own() -> None:
    assert not SERVER_KINDS.keys() & {"admit", "refuse", "cut", "dissolve"}


@pytest.mark.parametrize(
    "raw",
    [
        ("accepted", ("ana",), b"{}"),
        ("admit", ("ana",), b""),
        ("refuse", ("ana",), b"no"),
        ("sing", (), b""),
    ],
)
def test_nonsense_is_an_error_of_its_own(raw: object) -> None:
    fields = list(msgspec.to_builtins(told(())))
    fields[-1] = [raw]
    publication = read_publication(msgspec.msgpack.encode(fields))
    with pytest.raises(CodecError):
        list(publication.outbox(lambda _: True))


def test_what_is_no_publication_is_an_error_of_its_own() -> None:
    for data in (b"", b"nonsense", msgspec.msgpack.encode([1, 2])):
        with pytest.raises(CodecError):
            read_publication(data)


def test_versions_are_counted_within_a_life() -> None:
    two, other = Version("life", 2), Version("other life", 1)
    assert two.follows(ONE)
    assert not two.follows(NO_ROOM)
    assert ONE.follows(NO_ROOM)
    assert other.follows(NO_ROOM)
    assert not other.follows(ONE)
    assert ONE.is_known_at(two)
    assert two.is_known_at(two)
    assert not two.is_known_at(ONE)
    assert not other.is_known_at(two)
    assert NO_ROOM.is_known_at(NO_ROOM)


def test_versions_are_texts_in_the_store() -> None:
    for version in (NO_ROOM, ONE, Version("a-b", 12345678901)):
        assert Version.read(version.text) == version
    for text in ("x", "x.", ".3", "x.y", "x.-1", "x.²"):
        with pytest.raises(CodecError):
            Version.read(text)
