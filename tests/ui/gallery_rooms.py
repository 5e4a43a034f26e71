"""The states of the gallery that a room has: the pages of the panel and what lies over the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from player.core.room_view import (
    AddressView,
    ChatRow,
    CheckView,
    CopyView,
    EntryRow,
    Floating,
    LibraryView,
    MemberFacts,
    PlaylistView,
    Rights,
)
from player.core.view import View
from player.ui.pages import Page
from player.ui.window import MainWindow
from tests.ui.gallery_views import ALONE, CHAT, EVIL, FULL, LAN, LONG, PEOPLE, PLAYLIST, ROOM


def page(which: Page) -> Callable[[MainWindow], None]:
    return lambda window: window.split.open_page(which) and None


def room_states() -> list[tuple[str, View, dict[str, object]]]:
    """What a room adds: the panel's pages and what lies over the picture."""
    wide: dict[str, object] = {"width": 1120, "height": 660}
    small: dict[str, object] = {"width": 640, "height": 360}
    guest = Rights(control=False, playlist=False, words="Only operators may do that here: ask Ana.")
    check = CheckView("Bartholomew", ("Bartholomew",), ("Ana", "Chloë", "Yūma 悠真"))
    copy = CopyView("Yours is 4:12 longer than the room’s film: another cut?", 0.0, 2.52)
    floats = tuple(
        Floating(number, emoji, name, 0.3 + 0.42 * number)
        for number, (emoji, name) in enumerate(
            (
                ("😂", "Chloë"),
                ("👍", "Ana"),
                ("❤️", "Bartholomew"),
                ("🎉", "Yūma 悠真"),
                ("😮", "Fatima"),
                ("😢", "D"),
                ("🦄", "x"),
            )
        )
    )
    said = replace(ROOM, members=PEOPLE, chat=CHAT[:1])
    later = replace(said, chat=CHAT)

    def speak(window: MainWindow) -> None:
        window.split._wants = False
        window.show_view(said)
        for count in range(2, len(CHAT) + 1):
            window.show_view(replace(said, chat=CHAT[:count]))

    def write(window: MainWindow) -> None:
        speak(window)
        window.open_chat()
        window.stage.say.field.setPlainText("Nobody expects")

    def near_limit(window: MainWindow) -> None:
        window.split.open_page("chat")
        window.panel.chat.field.setPlainText("word " * 399)

    def unread(window: MainWindow) -> None:
        window.split.open_page("people")
        window.show_view(replace(FULL, chat=CHAT[:2]))
        window.show_view(FULL)

    def drop(window: MainWindow) -> None:
        window.drops.choice.ask(("/films/Sintel.mkv", "/films/Tears of Steel.mkv"), FULL)

    long = tuple(replace(row, name=LONG[:32]) for row in PEOPLE)
    return [
        ("people-host", FULL, {**wide, "prepare": page("people")}),
        ("people-offset", replace(FULL, copy=copy), {**wide, "prepare": page("people")}),
        ("people-check", replace(FULL, check=replace(check, is_mine=True)), {**wide, "prepare": page("people")}),
        ("people-guest", replace(FULL, rights=guest), {**wide, "prepare": page("people")}),
        ("people-small", FULL, {**small, "prepare": page("people")}),
        (
            "people-long",
            replace(FULL, members=long, room=LONG[:64]),
            {"width": 960, "height": 600, "prepare": page("people")},
        ),
        ("people-unread", replace(FULL, chat=CHAT[:2]), {**wide, "prepare": unread}),
        ("chat", FULL, {**wide, "prepare": page("chat")}),
        ("chat-empty", replace(FULL, chat=()), {**wide, "prepare": page("chat")}),
        (
            "chat-muted",
            replace(FULL, members=(replace(PEOPLE[0], facts=MemberFacts(is_muted=True)),)),
            {**wide, "prepare": page("chat")},
        ),
        ("chat-limit", FULL, {"width": 960, "height": 600, "prepare": near_limit}),
        ("chat-small", FULL, {**small, "prepare": page("chat")}),
        ("playlist", FULL, {**wide, "prepare": page("playlist")}),
        ("playlist-empty", replace(FULL, playlist=PlaylistView()), {**wide, "prepare": page("playlist")}),
        ("playlist-guest", replace(FULL, rights=guest), {**wide, "prepare": page("playlist")}),
        (
            "playlist-next",
            replace(FULL, playlist=replace(PLAYLIST, next_title="Tears of Steel", next_in=2.4)),
            {**wide, "prepare": page("playlist")},
        ),
        ("playlist-small", FULL, {**small, "prepare": page("playlist")}),
        ("playlist-alone", replace(ALONE, playlist=PLAYLIST), {**wide, "prepare": page("playlist")}),
        (
            "said",
            later,
            {"prepare": speak, "hides": True, "caption": "Well, this is a nice place.\nAren’t you coming along?"},
        ),
        ("said-small", later, {**small, "prepare": speak, "hides": True, "caption": "Well, this is a nice place."}),
        ("said-writing", later, {"prepare": write}),
        ("reactions", replace(ROOM, reactions=floats), {**wide, "hides": True}),
        ("reactions-small", replace(ROOM, reactions=floats), small),
        ("count-down", replace(ROOM, state="holding", count_down=2.6), {**wide, "hides": True}),
        ("count-down-small", replace(ROOM, state="holding", count_down=2.6), small),
        (
            "waiting-go-on",
            replace(ROOM, state="holding", waiting_words="Waiting for Chloë: loading (8 s)", can_go_on=True),
            {},
        ),
        (
            "asks",
            replace(FULL, check=check, copy=copy, playlist=replace(PLAYLIST, next_title="Tears of Steel", next_in=2.4)),
            wide,
        ),
        ("asks-small", replace(FULL, check=check), small),
        ("asks-narrow", replace(FULL, check=check), {**small, "prepare": page("people")}),
        ("asks-ready", replace(FULL, check=replace(check, am_ready=True, is_mine=True)), {}),
        ("drop-choice", FULL, {"prepare": drop}),
        ("drop-choice-small", FULL, {**small, "prepare": drop}),
        ("welcome-lan", View(lan_rooms=LAN), wide),
        ("welcome-lan-small", View(lan_rooms=LAN), small),
        (
            "address",
            View(
                link="joined",
                room="Friday",
                title="Sintel",
                state="paused",
                members=PEOPLE[:2],
                address=AddressView("media.example.org"),
            ),
            {},
        ),
        (
            "looking",
            View(link="joined", room="Friday", title="Sintel", state="paused", members=PEOPLE[:2], is_looking=True),
            {},
        ),
        (
            "not-found",
            View(
                link="joined",
                room="Friday",
                title="Sintel",
                state="paused",
                members=PEOPLE[:2],
                missing_words="“Sintel” is not in your film folders. Open your copy, or add the folder that it is in.",
                library=LibraryView(("/home/ana/Films",), "1,204 films known"),
            ),
            {},
        ),
        ("plain-text-room", hostile(), {**wide, "prepare": page("chat")}),
    ]


def hostile() -> View:
    """Markup wherever a stranger can write."""
    return replace(
        ROOM,
        members=(replace(PEOPLE[1], name=EVIL[:32]),),
        chat=(ChatRow(1, EVIL[:32], EVIL + " https://example.org/<b>x</b>", "21:02"),),
        playlist=PlaylistView((EntryRow("e", EVIL, None, True, EVIL[:32]),), next_title=EVIL, next_in=2.0),
        reactions=(Floating(1, "<b>x</b>", EVIL[:32], 1.0),),
        copy=CopyView(EVIL, 0.0, 1.0),
    )
