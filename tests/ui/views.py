"""Views that several tests start from."""

from __future__ import annotations

from dataclasses import replace

from player.core.medium import Track
from player.core.room_view import ChatRow, EntryRow, MemberFacts, PlaylistView, Rights
from player.core.view import Badge, MemberRow, View

EVIL = ("<b>x</b>", "<img src=x>", "a & b")

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
WORDS = "Only operators may do that here: ask Ana."
GUEST = Rights(control=False, playlist=False, words=WORDS)
HOST = Rights(operate=True, host=True)
MANAGED = MemberFacts(may_be_managed=True)
PEOPLE = (
    MemberRow("a", "Ana", is_me=True, facts=MemberFacts(role="host")),
    MemberRow("b", "Ben", facts=replace(MANAGED, role="operator")),
    MemberRow("c", "Cem", facts=MANAGED),
)
CHAT = (
    ChatRow(1, "Ben", "Hello", "21:02", "0:12", 12.0),
    ChatRow(2, "Ana", "Look: https://example.org/a_(b).", "21:03", "1:00", 60.0, is_me=True),
    ChatRow(3, "Ben", "From another film", "21:04", "3:00"),
)
ENTRIES = (
    EntryRow("e1", "Faust", 600.0, by="Ben"),
    EntryRow("e2", "Nosferatu", 5400.0, is_current=True, by="Ana"),
    EntryRow("e3", "Metropolis", None, note="not found here"),
    EntryRow("e4", "Sunrise", 90.0),
)
LISTED = replace(ROOM, rights=HOST, members=PEOPLE, playlist=PlaylistView(ENTRIES, can_undo=True))
