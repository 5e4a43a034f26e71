"""A subtitle file that was added is a track of our film."""

from __future__ import annotations

from dataclasses import replace

from player.core.medium import Opened, SubtitlesAdded, Track
from tests.core.player.seats import FILM, joined

TRACK = Track("file:/films/nosferatu.en.srt", "subtitles", "English (nosferatu.en.srt)")
KNOWN = Track("stream:2", "subtitles", "French (SubRip)", "fra")


def test_an_added_file_is_a_track_and_chosen() -> None:
    film = replace(FILM, subtitle_tracks=(KNOWN,))
    medium = joined().happens(Opened(film), SubtitlesAdded(TRACK), SubtitlesAdded(TRACK)).seat.medium
    assert medium is not None
    assert medium.subtitle_tracks == (KNOWN, TRACK)
    assert medium.subtitle_track == TRACK.id


def test_a_file_that_was_read_too_late_changes_nothing() -> None:
    assert joined().happens(SubtitlesAdded(TRACK)).seat.medium is None
