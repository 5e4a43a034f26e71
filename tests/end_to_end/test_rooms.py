"""Evenings in a room: people, words, playlists and what they survive, with real servers, links and players."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from player.core.room_intents import (
    AcceptRoom,
    AddToPlaylist,
    AskReady,
    ChangeRules,
    GiveRole,
    MakeInvite,
    MoveRoomTo,
    RemoveMember,
    RevokeInvite,
    SayLine,
    SayReady,
    SetOffset,
)
from player.core.room_view import OfferView
from player.core.view import JoinRoom, OpenMedium, WantPause, WantPlay
from tests.end_to_end.people import Person, copy_of, until
from tests.fakes.clips import Clip, make_clip

Make = Callable[..., Person]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """People, who go home at the end."""
    people: list[Person] = []

    def person(name: str, **settings: object) -> Person:
        people.append(Person(tmp_path, name, **settings))  # type: ignore[arg-type]
        return people[-1]

    yield person
    await asyncio.gather(*(each.close() for each in people))


@pytest.fixture(scope="module")
def shorts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two films of two seconds."""
    folder = tmp_path_factory.mktemp("shorts")
    clip = Clip(seconds=2.0)
    return make_clip(folder / "first.mkv", clip), make_clip(folder / "second.mkv", clip)


async def test_what_is_said_reaches_all_and_who_comes_later(make: Make) -> None:
    ana, ben = make("Ana"), make("Ben")
    invite = await ana.host_room()
    await ben.join(invite)
    ana.act(SayLine("Popcorn?"))
    await until(lambda: ben.said == ["Popcorn?"], "the question")  # two connections are in no order
    ben.act(SayLine("<b>Always</b>"))
    await until(lambda: ana.said == ben.said == ["Popcorn?", "<b>Always</b>"], "both lines with both")
    cem = make("Cem")
    await cem.join(invite)
    await until(lambda: cem.said == ["Popcorn?", "<b>Always</b>"], "what was said before")
    assert [row.name for row in cem.view.chat] == ["Ana", "Ben"]


async def test_a_friends_film_is_found_by_its_content_under_another_name(
    make: Make, film: Path, tmp_path: Path
) -> None:
    copy = copy_of(film, tmp_path / "bens films", "holiday 2019.mkv")
    ana, ben = make("Ana"), make("Ben", folders=(str(copy.parent),))
    ana.act(OpenMedium(str(film)))
    await until(lambda: ana.session.seat.content is not None, "the film's fingerprint")
    await ben.join(await ana.host_room())
    await until(lambda: ben.session.seat.is_following, "Ben's own copy")
    medium = ben.session.seat.medium
    assert medium is not None
    assert medium.path == str(copy)
    await until(lambda: {row.facts.copy_words for row in ana.view.members} == {""}, "the same film for both")


async def test_the_playlist_goes_on_for_all(make: Make, shorts: tuple[Path, Path], tmp_path: Path) -> None:
    first, second = shorts
    copy_of(first, tmp_path / "ben", "eins.mkv")
    copy_of(second, tmp_path / "ben", "zwei.mkv")
    ana, ben = make("Ana"), make("Ben", folders=(str(tmp_path / "ben"),))
    await ben.join(await ana.host_room())
    ana.act(AddToPlaylist((str(second),)))
    await until(lambda: len(ben.view.playlist.entries) == 1, "the second film in the list")
    ana.act(OpenMedium(str(first)))
    await until(lambda: ana.session.seat.is_following and ben.session.seat.is_following, "the first film with both")
    ana.act(WantPlay())
    await until(lambda: ana.view.playlist.next_in is not None, "the end, and what comes next")
    for person in (ana, ben):
        await until(
            lambda person=person: person.view.title == "second" and person.view.state == "playing", "the second"
        )
        assert person.session.seat.is_following
    assert ana.session.seat.schedule.newest == ben.session.seat.schedule.newest


async def test_a_ready_check_starts_all_at_one_instant(make: Make, film: Path) -> None:
    ana, ben = make("Ana"), make("Ben")
    await ben.join(await ana.host_room())
    for person in (ana, ben):
        person.act(OpenMedium(str(film)))
        await until(lambda person=person: person.session.seat.is_following, "the film")
    ana.act(AskReady())
    await until(lambda: ben.view.check is not None, "the question")
    ben.act(SayReady(True))
    await until(lambda: ana.view.count_down is not None and ben.view.count_down is not None, "3, 2, 1")
    await until(lambda: ana.view.state == ben.view.state == "playing", "the film")
    assert ana.session.seat.schedule.newest == ben.session.seat.schedule.newest


async def test_a_guest_is_told_who_may_and_a_role_changes_that(make: Make, film: Path) -> None:
    ana, ben = make("Ana"), make("Ben")
    await ben.join(await ana.host_room())
    ana.act(OpenMedium(str(film)), ChangeRules(control="operators"))
    await until(lambda: not ben.view.rights.control and ben.view.title != "", "Ben's rights")
    assert "ask Ana" in ben.view.rights.words
    ben.act(WantPlay())
    await until(lambda: any("ask Ana" in notice.words for notice in ben.view.notices), "the refusal")
    ana.act(GiveRole(await ana.peer("Ben"), "operator"))
    await until(lambda: ben.view.rights.control, "the right")
    assert ben.roles == {"Ana": "host", "Ben": "operator"}
    ben.act(WantPlay())
    await until(lambda: ana.view.state == "playing", "the film")


async def test_who_is_removed_is_out_and_does_not_come_back_by_itself(make: Make) -> None:
    ana, ben = make("Ana"), make("Ben")
    await ben.join(await ana.host_room())
    ana.act(RemoveMember(await ana.peer("Ben"), is_for_good=False))
    await until(lambda: ben.view.link == "alone", "Ben outside")
    assert any("Ana removed you" in notice.words for notice in ben.view.notices)
    await until(lambda: ana.names == {"Ana"}, "Ana alone")


async def test_links_for_operators_and_guests_and_one_that_was_taken_back(make: Make) -> None:
    ana, ben, cem = make("Ana"), make("Ben"), make("Cem")
    await ana.host_room()

    def links() -> dict[str, str]:
        hosting = ana.view.hosting
        return {} if hosting is None else {key.role: key.link for key in hosting.keys if key.by == "Ana"}

    ana.act(MakeInvite("operator"))
    await until(lambda: links().get("operator"), "the operators' link")
    await ben.join(links()["operator"])
    await until(lambda: ana.roles.get("Ben") == "operator", "an operator")
    ana.act(MakeInvite("guest", expires=3600.0))
    await until(lambda: links().get("guest"), "the guests' link")
    hosting = ana.view.hosting
    assert hosting is not None
    guest = next(key for key in hosting.keys if key.role == "guest" and key.by == "Ana")
    assert guest.expires == "in 60 min"
    ana.act(RevokeInvite(guest.id))
    await until(lambda: "guest" not in links(), "the end of the link")
    cem.act(JoinRoom(guest.link))
    await until(lambda: cem.complaints, "Cem's refusal")
    assert "no longer valid" in cem.complaints[0]


async def test_a_room_moves_to_a_friends_computer_with_everybody_in_it(make: Make, film: Path) -> None:
    ana, ben, cem = make("Ana"), make("Ben"), make("Cem")
    invite = await ana.host_room()
    for person in (ben, cem):
        await person.join(invite)
    for person in (ana, ben, cem):
        person.act(OpenMedium(str(film)))
        await until(lambda person=person: person.session.seat.is_following, "the film")
    cem.act(SayLine("Stay!"))
    ana.act(WantPlay())
    await until(lambda: cem.view.state == "playing" and cem.view.media_time > 1.0, "the film playing")
    ana.act(MoveRoomTo(await ana.peer("Ben")))
    await until(lambda: ben.view.offer is not None, "the question to Ben")
    assert ben.view.offer == OfferView("Ana")
    ben.act(AcceptRoom())
    await until(lambda: ben.view.is_hosting and ben.view.link == "joined", "Ben hosting")
    for person in (ana, cem):
        await until(lambda person=person: person.view.link == "joined" and not person.view.is_hosting, person.name)
        assert person.view.invite.startswith(ben.view.invite.partition("?")[0])
    await until(lambda: cem.names == {"Ana", "Ben", "Cem"}, "everybody")
    assert cem.said == ["Stay!"]
    assert cem.roles["Ana"] == "host"
    place = cem.view.media_time
    assert place > 1.0
    await until(lambda: cem.view.state == "playing" and cem.view.media_time > place + 1.0, "the film going on")
    ana.act(WantPause())
    await until(lambda: ben.view.state == cem.view.state == "paused", "Ana's pause, over there")


async def test_a_hosts_app_that_dies_and_comes_back_brings_the_room_back(make: Make, film: Path) -> None:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{trial.getsockname()[1]}"
    ana, ben = make("Ana", listen=listen), make("Ben")
    await ben.join(await ana.host_room())
    for person in (ana, ben):
        person.act(OpenMedium(str(film)))
        await until(lambda person=person: person.session.seat.is_following, "the film")
    ben.act(SayLine("Still there?"))
    await until(lambda: ana.said == ["Still there?"], "Ben's line")
    ana.act(WantPlay())
    await until(lambda: ben.view.state == "playing" and ben.view.media_time > 1.0, "the film")
    ana.kill_server()
    await ana.close()
    await until(lambda: ben.view.link == "lost", "Ben seeing it")
    place = ben.view.media_time
    await until(lambda: ben.view.media_time > place + 0.5, "Ben's film playing on")
    again = make("Ana", listen=listen)
    again.act(OpenMedium(str(film)))
    await again.host_room()
    await until(lambda: ben.view.link == "joined", "Ben back")
    await until(lambda: ben.roles == {"Ana": "host", "Ben": "guest"}, "the same two")
    assert again.said == ["Still there?"]
    await until(lambda: ben.view.state == "playing" and ben.view.media_time > place, "the film going on")


async def test_a_longer_cut_is_explained_and_watched_with_an_offset(make: Make, tmp_path: Path) -> None:
    short = make_clip(tmp_path / "short.mkv", Clip(seconds=10.0))
    long = make_clip(tmp_path / "long.mkv", Clip(seconds=15.0))
    ana, ben = make("Ana"), make("Ben")
    await ben.join(await ana.host_room())
    ana.act(OpenMedium(str(short)))
    await until(lambda: ben.view.title == "short", "Ana's film")
    ben.act(OpenMedium(str(long)))
    await until(lambda: ben.view.copy.words, "the difference")
    assert ben.view.copy.words == "Yours is 5 s longer: a different cut?"
    assert ben.view.copy.suggested == pytest.approx(5.0, abs=0.1)
    ben.act(SetOffset(5.0))
    await until(lambda: any(row.facts.offset == 5.0 for row in ana.view.members), "the offset, for all to see")
    followed = ben.session.seat.followed
    assert followed is not None
    assert followed.newest.media_time == pytest.approx(ben.session.seat.schedule.newest.media_time + 5.0)
