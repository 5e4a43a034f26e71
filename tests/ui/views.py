"""Views that several tests start from."""

from __future__ import annotations

from dataclasses import replace

from player.core.medium import Track
from player.core.view import Badge, MemberRow, View

FILM = View(
    title="Nosferatu",
    has_medium=True,
    has_picture=True,
    state="paused",
    media_time=60.0,
    duration=600.0,
    volume=50,
    sound_tracks=(Track("s1", "sound", "English"), Track("s2", "sound", "Deutsch")),
    sound_track="s1",
    subtitle_tracks=(Track("t1", "subtitles", "English"), Track("t2", "subtitles", "Français")),
)
ROOM = replace(
    FILM,
    state="playing",
    link="joined",
    room="Friday",
    invite="matinee://192.0.2.1:8998/Friday",
    members=(MemberRow("a", "Ana", is_me=True), MemberRow("b", "Ben", asynchrony=-0.12, level="near")),
    badge=Badge("good", "In sync, within 1 ms"),
)
