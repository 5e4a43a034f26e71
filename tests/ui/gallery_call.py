"""The states of the gallery that a call has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from player.core.call_view import CallView, DeviceRow, TileRow
from player.core.view import View
from player.ui.window import MainWindow
from tests.fakes.tiles import FakeTiles, face_tile
from tests.ui.gallery_views import LONG, ROOM

PEOPLE = (
    TileRow("p2", "Bartholomew", has_picture=True, camera=True, microphone=True, age=0.31),
    TileRow("p3", "Chloë Martin", has_picture=True, camera=True, microphone=False, age=0.24),
    TileRow("p5", "Yūma 悠真", microphone=True),
    TileRow("p6", "Fatima", has_picture=True, camera=True, microphone=True, is_muted_by_me=True, age=0.45),
    TileRow("p4", "Dmitri", state="reconnecting", has_picture=True, camera=True, microphone=True),
    TileRow("p7", "فاطمة بنت محمد", microphone=False, is_muted_by_me=True),
    TileRow("p8", LONG[:32], state="absent", camera=True, microphone=True),
)
ME = TileRow("", "Ana", is_me=True, has_picture=True, camera=True, microphone=True)
DEVICES = (DeviceRow("", "The system’s usual one"), DeviceRow("/dev/video2", "Logitech HD Pro Webcam C920 (046d:082d)"))
CALL = CallView(
    "in",
    (PEOPLE[0], ME),
    others=1,
    may_join=True,
    camera_on=True,
    microphone_on=True,
    camera_state="on",
    microphone_state="on",
    level=0.5,
    cameras=DEVICES,
    microphones=(DEVICES[0], DeviceRow("hw:1", "USB Audio")),
    is_talking=True,
)
NOT_IN = CallView(others=2, may_join=True, join_words="Bartholomew and Chloë are in the call.")
LOBBY = replace(
    CALL,
    state="lobby",
    tiles=(replace(ME, has_picture=False, camera=False, microphone=False),),
    others=2,
    join_words=NOT_IN.join_words,
    camera_on=False,
    microphone_on=False,
    camera_state="off",
    microphone_state="off",
    level=0.0,
    is_talking=False,
)
IN_USE = "The camera is used by another program. Close that program and try again."
NO_MICROPHONE = "There is no microphone: plug one in."
SMALL: dict[str, object] = {"width": 640, "height": 360}
WIDE: dict[str, object] = {"width": 1120, "height": 660}


def pictures() -> FakeTiles:
    """A face for everybody."""
    faces = {row.peer: face_tile(1, seed) for seed, row in enumerate((*PEOPLE, ME), 3)}
    return FakeTiles(faces)


def of(count: int, **more: object) -> View:
    """A call of so many, this person among them."""
    others = list(PEOPLE[: count - 1])
    if count > 2:
        others[0] = replace(others[0], is_speaking=True)
    call = replace(CALL, tiles=(*others, ME), others=count - 1, **more)  # type: ignore[arg-type]
    return replace(ROOM, call=call)


def large(peer: str) -> Callable[[MainWindow], None]:
    return lambda window: window.calling.strip.enlarged.emit(peer)


def call_states() -> list[tuple[str, View, dict[str, object]]]:
    """Tiles for one to eight in all usual sizes, and what goes wrong."""
    shut = {"prepare": lambda window: window.split.is_panel_shown and window.split.switch()}
    alone = of(1)
    states: list[tuple[str, View, dict[str, object]]] = [
        ("call-join", replace(ROOM, call=NOT_IN), {}),
        ("call-join-small", replace(ROOM, call=NOT_IN), SMALL),
        ("call-join-none", replace(ROOM, call=CallView(may_join=True)), SMALL),
    ]
    for count in (1, 2, 3, 4, 6, 8):
        states.append((f"call-{count}-small", of(count), {**SMALL, "hides": count > 1}))
        states.append((f"call-{count}", of(count), {**WIDE, "hides": count > 2}))
    states += [
        ("call-8-hd", of(8), {"width": 1920, "height": 1080, **shut}),
        ("call-8-panel-small", of(8), {**SMALL, "prepare": lambda window: window.split.open_page("people")}),
        ("call-2-controls-small", of(2), SMALL),
        ("call-2-narrow", of(2), {"width": 420, "height": 360}),
        ("call-large", of(4), {**WIDE, **shut, "prepare": large("p2")}),
        ("call-large-small", of(2), {**SMALL, "prepare": large("p2")}),
        ("call-hidden-me", of(4), {**SMALL, "hides": True, "prepare": lambda window: window.calling._hide_me(True)}),
        ("call-hidden", of(4), {**SMALL, "prepare": lambda window: window.calling.switch_strip()}),
        (
            "call-camera-in-use",
            replace(
                alone,
                call=replace(
                    CALL,
                    tiles=(PEOPLE[0], replace(ME, has_picture=False, words=IN_USE)),
                    camera_state="failed",
                    camera_words=IN_USE,
                ),
            ),
            WIDE,
        ),
        (
            "call-no-microphone-small",
            replace(alone, call=replace(CALL, microphone_state="failed", microphone_words=NO_MICROPHONE)),
            SMALL,
        ),
        ("call-joining", of(2, state="joining"), WIDE),
        ("call-busy", of(3, words="Pictures are smaller: this computer is busy."), WIDE),
        (
            "call-audio-only",
            replace(
                ROOM,
                call=replace(
                    CALL,
                    tiles=tuple(replace(row, has_picture=False, camera=False, age=None) for row in (*PEOPLE[:3], ME)),
                    camera_on=False,
                    camera_state="off",
                    voice="push",
                ),
            ),
            WIDE,
        ),
    ]
    return states


LOBBIES: tuple[tuple[str, CallView], ...] = (
    ("lobby", LOBBY),
    (
        "lobby-on",
        replace(
            LOBBY, tiles=(ME,), camera_on=True, microphone_on=True, camera_state="on", microphone_state="on", level=0.6
        ),
    ),
    (
        "lobby-errors",
        replace(
            LOBBY,
            tiles=(replace(ME, has_picture=False, words=IN_USE),),
            camera_on=True,
            microphone_on=True,
            camera_state="failed",
            microphone_state="failed",
            camera_words=IN_USE,
            microphone_words=NO_MICROPHONE,
            relay_only=True,
        ),
    ),
    ("lobby-opening", replace(LOBBY, camera_on=True, camera_state="opening", others=0, join_words="")),
    ("call-settings", replace(CALL, voice="push", is_talking=False)),
)
