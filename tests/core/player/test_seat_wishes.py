"""What a person wishes: commands, rooms, own choices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from player.core import view as wish
from player.core.medium import Medium, Track
from player.core.news import LinkLost
from player.core.seat import Place, Seat
from player.core.seat_actions import (
    AddSubtitles,
    ConnectTo,
    DelaySubtitles,
    GoSolo,
    OpenFilm,
    PickSound,
    PickSubtitles,
    Remember,
    SetGain,
    StartHosting,
    StopHosting,
)
from server.core import protocol
from server.core.timeline import Schedule
from tests.core.player.seats import FILM, INVITE, Table, alone, joined, watching, welcome

# -- commands ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("intent", "action"),
    [
        (wish.WantPlay(), protocol.Play()),
        (wish.WantPause(), protocol.Pause()),
        (wish.WantSeek(12.5), protocol.Seek(media_us=12_500_000)),
        (wish.WantSeek(-3.0), protocol.Seek(media_us=0)),
        (wish.WantRate(1.5), protocol.SetRate(rate=1.5)),
        (wish.WantRate(9.0), protocol.SetRate(rate=4.0)),
        (wish.WantRate(0.1), protocol.SetRate(rate=0.25)),
    ],
)
def test_a_wish_for_everybody_is_a_command_that_names_what_it_saw(intent: wish.Intent, action: protocol.Action) -> None:
    table = watching().happens(intent)
    assert table.sent() == [protocol.Command(id="p1-1", revision=5, item="i1", action=action)]
    assert table.seat.pending is not None
    assert table.seat.schedule == watching().seat.schedule  # nobody acts before the broadcast


def test_each_command_has_an_id_of_its_own() -> None:
    sent = watching().happens(wish.WantPause(), wish.WantPlay()).sent()
    assert [message.id for message in sent if isinstance(message, protocol.Command)] == ["p1-1", "p1-2"]


def test_without_a_film_in_the_room_there_is_nothing_to_play() -> None:
    assert joined().happens(wish.WantPlay()).took() == ()


def test_while_the_link_is_lost_nothing_is_changed_and_that_is_said() -> None:
    table = watching().happens(LinkLost("No answer."), wish.WantPause())
    assert table.took() == ()
    assert table.words() == ["Not connected to the room: nothing was changed. Leave it to watch alone."]


def test_alone_commands_go_to_the_authority_inside_the_app() -> None:
    assert alone().happens(wish.WantPause()).asked() == [protocol.Pause()]


# -- rooms -------------------------------------------------------------------------------------------------------------


def test_joining_connects_under_our_name() -> None:
    table = alone().happens(wish.JoinRoom(INVITE.text(), "open sesame"))
    invite = replace(INVITE, password="open sesame")
    assert table.took() == (ConnectTo(invite, "Me"),)
    assert table.seat.link == "connecting"
    assert INVITE.host in table.seat.link_words
    assert table.seat.invite == invite


def test_a_text_that_is_no_invite_changes_nothing_but_is_explained() -> None:
    table = watching().happens(wish.JoinRoom("http://192.0.2.7/"))
    assert table.took() == ()
    assert len(table.words()) == 1
    assert table.seat.link == "joined"


def test_leaving_leads_home_with_the_film_where_it_was() -> None:
    table = watching("paused", 60.0).happens(wish.LeaveRoom())
    assert table.took() == (GoSolo(),)
    seat = table.seat
    assert (seat.link, seat.invite, seat.roster, seat.item, seat.schedule) == ("alone", None, (), None, Schedule())
    assert seat.go_on == Place(60.0, is_playing=False, since=100.0)
    assert seat.medium == FILM


def test_at_home_there_is_nothing_to_leave() -> None:
    assert alone().happens(wish.LeaveRoom()).took() == ()


def test_a_place_survives_a_room_that_was_never_reached() -> None:
    table = alone("playing", 60.0).happens(wish.JoinRoom(INVITE.text()), wish.LeaveRoom(), at=2.0)
    assert table.seat.go_on == Place(62.0, is_playing=True, since=102.0)


def test_hosting_starts_a_room_and_says_so() -> None:
    table = watching().happens(wish.HostRoom("Saturday"))
    assert table.took() == (StartHosting("Saturday"),)
    assert (table.seat.link, table.seat.link_words) == ("connecting", "Starting the room …")
    assert table.seat.invite is None


def test_who_hosts_stops_that_room_before_the_next() -> None:
    hosting = replace(watching().seat, is_hosting=True)
    assert Table(hosting).happens(wish.HostRoom("Saturday")).took() == (StopHosting(), StartHosting("Saturday"))
    assert Table(hosting).happens(wish.JoinRoom(INVITE.text())).took() == (StopHosting(), ConnectTo(INVITE, "Me"))
    assert Table(hosting).happens(wish.LeaveRoom()).took() == (StopHosting(), GoSolo())


def test_the_next_wish_for_a_room_ends_what_was_said_about_the_last_one() -> None:
    table = alone().happens(wish.JoinRoom("nonsense"), wish.JoinRoom(INVITE.text()))
    assert table.words() == []


# -- own choices -------------------------------------------------------------------------------------------------------


def test_opening_a_film_is_left_to_the_playback() -> None:
    table = alone().happens(wish.OpenMedium("/films/a.mkv"))
    assert table.took() == (OpenFilm("/films/a.mkv"),)
    assert table.seat.opening == "/films/a.mkv"


def test_a_name_is_remembered() -> None:
    table = Table(Seat()).happens(wish.SetName("Zoë"))
    assert table.took() == (Remember("name", "Zoë"),)
    assert table.seat.name == "Zoë"


@pytest.mark.parametrize(("wanted", "volume"), [(50, 50), (-5, 0), (130, 100)])
def test_a_volume_is_bounded_heard_and_remembered(wanted: int, volume: int) -> None:
    table = Table(Seat(is_muted=True)).happens(wish.SetVolume(wanted))
    assert table.took() == (SetGain((volume / 100) ** 2), Remember("volume", volume))
    assert not table.seat.is_muted


def test_mute_is_heard_and_forgotten() -> None:
    table = Table(Seat(volume=50)).happens(wish.SetMuted(True))
    assert table.took() == (SetGain(0.0),)
    assert table.happens(wish.SetMuted(False)).took() == (SetGain(0.25),)


def test_tracks_are_our_own_business() -> None:
    tracks = (Track("stream:1", "sound", "English"), Track("stream:3", "sound", "Deutsch"))
    table = watching()
    table.seat = replace(table.seat, medium=replace(FILM, sound_tracks=tracks, sound_track="stream:1"))
    table.happens(wish.ChooseSound("stream:3"), wish.ChooseSubtitles("stream:4"))
    assert table.took() == (PickSound("stream:3"), PickSubtitles("stream:4"))
    medium = table.seat.medium
    assert isinstance(medium, Medium)
    assert (medium.sound_track, medium.subtitle_track) == ("stream:3", "stream:4")
    table.happens(wish.ChooseSubtitles(None))
    assert table.took() == (PickSubtitles(None),)


def test_tracks_chosen_without_a_film_are_only_handed_on() -> None:
    table = alone()
    table.seat = replace(table.seat, medium=None)
    table.happens(wish.ChooseSound("stream:3"), wish.ChooseSubtitles(None))
    assert table.took() == (PickSound("stream:3"), PickSubtitles(None))
    assert table.seat.medium is None


def test_subtitles_from_a_file_and_their_delay() -> None:
    table = watching().happens(wish.LoadSubtitles("/films/a.srt"), wish.SetSubtitleDelay(-0.3))
    assert table.took() == (AddSubtitles("/films/a.srt"), DelaySubtitles(-0.3))
    assert table.seat.subtitle_delay == -0.3


def test_a_notice_is_dismissed_by_its_number() -> None:
    table = watching().hears(protocol.Notice(words="a"), protocol.Notice(words="b"))
    first = table.seat.notices.shown()[0]
    assert table.happens(wish.Dismiss(first.id)).words() == ["b"]


def test_every_intent_has_a_rule() -> None:
    for intent in get_args(wish.Intent):
        values = [argument(field.type) for field in intent.__dataclass_fields__.values()]
        for seat in (watching().seat, alone().seat, Seat()):
            Table(seat).happens(intent(*values), welcome())


def argument(kind: str) -> Any:
    values = {"str": "x", "float": 1.0, "int": 1, "bool": True, "tuple[str, ...]": ("x",)}
    values |= {"VoiceMode": "push", "Ducking": "strong", "tuple[tuple[str, int], ...]": (("x", 1),)}
    return values.get(kind, None if kind.endswith("| None") else {"Loop": "all"}.get(kind, "guest"))
