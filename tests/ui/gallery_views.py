"""What the pictures of the gallery show: one evening of a few people."""

from __future__ import annotations

from dataclasses import replace

from player.core.medium import Track
from player.core.room_view import (
    BanRow,
    ChatRow,
    EntryRow,
    HostingView,
    KeyRow,
    LanRow,
    ListedRow,
    MemberFacts,
    PlaylistView,
    ReachView,
    Rights,
    RulesView,
)
from player.core.view import Badge, MemberRow, Shown, View

INVITE = "matinee://192.0.2.7:8998/Friday?pin=pGv1dpkq8mRZs0vZz3C2mA&key=Zx81kQhV2cE&also=203.0.113.9:8998"
LONG = "The Extraordinarily Long and Winding Title of a Film That Nobody Could Ever Fit Into One Line, Part II"

ALONE = View(
    title="Big Buck Bunny",
    has_medium=True,
    has_picture=True,
    state="playing",
    media_time=754.2,
    duration=5430.0,
    name="Ana",
    volume=80,
    sound_tracks=(Track("stream:1", "sound", "English (AAC, 5.1)", "en"), Track("stream:2", "sound", "Deutsch (AC-3)")),
    sound_track="stream:1",
    subtitle_tracks=(Track("file:/films/bunny.en.srt", "subtitles", "English – bunny.en.srt", "en"),),
)
MEMBERS = (
    MemberRow("p1", "Ana", is_me=True, asynchrony=0.0004, delay=0.002, level="good"),
    MemberRow("p2", "Bartholomew", asynchrony=0.003, delay=0.162, level="good"),
    MemberRow("p3", "Chloë", asynchrony=-0.120, delay=0.048, level="near"),
    MemberRow("p4", "Dmitri", here=False, asynchrony=-0.5),
    MemberRow("p5", "Yūma 悠真", is_waited_for=True, delay=0.3),
)
ROOM = replace(
    ALONE,
    link="joined",
    room="Friday",
    invite=INVITE,
    is_hosting=True,
    members=MEMBERS[:3],
    badge=Badge("good", "In sync, within 1 ms"),
)
HOST = Rights(operate=True, host=True)
PEOPLE = (
    replace(MEMBERS[0], facts=MemberFacts(role="host")),
    replace(MEMBERS[1], facts=MemberFacts(role="operator", may_be_managed=True)),
    replace(MEMBERS[2], facts=MemberFacts(copy_words="4:12 longer", offset=2.5, may_be_managed=True)),
    replace(MEMBERS[3], facts=MemberFacts(may_be_managed=True)),
    replace(MEMBERS[4], facts=MemberFacts(is_muted=True, copy_words="no film yet", may_be_managed=True)),
    MemberRow("p6", "Fatima", asynchrony=0.0, level="good", facts=MemberFacts(is_away=True, may_be_managed=True)),
)
CHAT = (
    ChatRow(1, "Bartholomew", "Is everybody here? 🍿", "21:02", "0:00", 0.0),
    ChatRow(2, "Ana", "Ready when you are.", "21:02", "0:00", 0.0, is_me=True),
    ChatRow(
        3,
        "Chloë",
        "That squirrel is going to regret this. See https://example.org/wiki/Big_Buck_Bunny_(film)",
        "21:09",
        "7:12",
        432.0,
    ),
    ChatRow(4, "Yūma 悠真", "この場面は本当に美しいですね 😂", "21:14", "12:01", 721.0),
    ChatRow(5, "فاطمة", "هذا المشهد رائع! wow", "21:15", "12:20", 740.0),
    ChatRow(6, "Bartholomew", "Told you so", "21:15", "12:31", 751.0),
)
ENTRIES = (
    EntryRow("e1", "Big Buck Bunny", 596.0, by="Ana"),
    EntryRow("e2", "Sintel", 888.0, is_current=True, by="Bartholomew"),
    EntryRow("e3", "Tears of Steel", 734.0, by="Chloë", note="not found here"),
    EntryRow("e4", "The Extraordinarily Long and Winding Title of a Film, Part II (Director’s Cut)", 7265.0, by="Ana"),
    EntryRow("e5", "https://example.org/stream.m3u8", None, by="Yūma 悠真"),
)
PLAYLIST = PlaylistView(ENTRIES, loop="all", can_undo=True)
FULL = replace(ROOM, members=PEOPLE, rights=HOST, chat=CHAT, playlist=PLAYLIST)
KEYS = (
    KeyRow("k1", "operator", "in 23 h", "Ana", "matinee://192.0.2.7:8998/Friday?key=abc"),
    KeyRow("k2", "guest", "", "Bartholomew"),
)
HOSTING = HostingView(
    ReachView(
        "no",
        "Friends outside your network can’t reach this computer yet.",
        (
            "Switch on UPnP in your router’s settings, then host again.",
            "Or forward the TCP port 8998 to this computer, 192.168.1.20, in your router.",
        ),
    ),
    True,
    KEYS,
    (BanRow("b1", "Mallory"),),
)
RULES = RulesView(control="operators", persists=True, has_password=True)
LISTED = (
    ListedRow("Sunday matinee", 12, False, "matinee://watch.example/Sunday"),
    ListedRow("Silent film club", 3, True, "matinee://watch.example/Silent"),
    ListedRow("映画の夜", 1, False, "matinee://watch.example/Night"),
    ListedRow(LONG[:64], 0, True, "matinee://watch.example/Long"),
)
LAN = (
    LanRow("Film night", "on Bartholomew’s computer", "matinee://192.168.1.7:8998/Film"),
    LanRow("Kino 2", "on attic-pc"),
)
EVIL = "<img src=x onerror=alert(1)><b>bold</b> & Co."
HELLO = Shown(1, "info", "Bartholomew went from 3:12 to 12:34", None)
WARNING = Shown(2, "warning", "3 broken packets of “Big Buck Bunny” were skipped.", None)
ERROR = Shown(
    3,
    "error",
    "“holiday.txt” is no film that Matinee can play: it has neither picture nor sound. Open another one.",
    None,
)
