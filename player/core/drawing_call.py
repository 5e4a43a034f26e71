"""From a seat to what the window draws of the call. Pure, as all drawing."""

from __future__ import annotations

from player.core.call_pipe import TEST, CallTold, Device, PeerFigures
from player.core.call_state import CallPart, Choice
from player.core.call_view import CallState, CallView, DeviceRow, TileRow
from player.core.seat import Seat
from player.core.words import list_text
from server.core import protocol

NOTHING = CallTold()


def draw_call(seat: Seat) -> CallView:
    part = seat.call
    told = part.told or NOTHING
    others = [entry for entry in seat.roster if entry.call is not None and entry.peer != seat.me]
    figures = {each.peer: each for each in told.peers}
    rows: tuple[TileRow, ...] = ()
    if part.stage == "in":
        rows = tuple(_tile(part, entry, figures.get(entry.peer)) for entry in sorted(others, key=_order))
    may_join = seat.invite is not None and seat.link == "joined"
    return CallView(
        state=_state(part),
        tiles=() if part.stage == "off" else (*rows, _own_tile(seat, told)),
        others=len(others),
        may_join=may_join,
        join_words=_join_words(seat, may_join, [entry.name for entry in others]),
        camera_on=part.camera_on,
        microphone_on=part.microphone_on,
        camera_state=told.camera,
        microphone_state=told.microphone,
        camera_words=told.camera_words,
        microphone_words=told.microphone_words,
        level=told.level,
        cameras=_devices(part, part.cameras, part.camera, "Usual camera", "Test picture"),
        microphones=_devices(part, part.microphones, part.microphone, "Usual microphone", "Test tone"),
        camera=part.camera.id,
        microphone=part.microphone.id,
        voice=part.voice,
        is_talking=part.is_heard,
        ducking=part.ducking,
        cleans=part.cleans,
        relay_only=seat.facts.rules.relay_only,
        words=told.words if part.stage == "in" else "",
    )


def _state(part: CallPart) -> CallState:
    if part.stage != "in":
        return part.stage
    return "in" if part.is_seated else "joining"


def _order(entry: protocol.RosterEntry) -> tuple[int, str]:
    """Of tiles, which depends on nothing that changes while somebody is there."""
    return len(entry.peer), entry.peer


def _join_words(seat: Seat, may_join: bool, names: list[str]) -> str:
    if seat.call.stage == "in":
        return ""
    if not may_join:
        return "" if seat.invite is None else "Not connected to the room."
    return f"{list_text(names)} {'is' if len(names) == 1 else 'are'} in the call" if names else ""


def _tile(part: CallPart, entry: protocol.RosterEntry, figures: PeerFigures | None) -> TileRow:
    assert entry.call is not None
    figures = figures or PeerFigures(entry.peer, "connecting")
    state = figures.state if entry.here or figures.state == "absent" else "reconnecting"
    has_picture = entry.call.camera and figures.width > 0
    return TileRow(
        peer=entry.peer,
        name=entry.name,
        state=state,
        has_picture=has_picture,
        camera=entry.call.camera,
        microphone=entry.call.microphone,
        is_muted_by_me=entry.peer in part.silenced,
        is_speaking=figures.is_speaking,
        age=figures.age if has_picture else None,
        words=figures.words,
    )


def _own_tile(seat: Seat, told: CallTold) -> TileRow:
    part = seat.call
    is_waiting = part.stage == "in" and not part.is_seated
    return TileRow(
        peer="",
        name=next((entry.name for entry in seat.roster if entry.peer == seat.me), seat.name),
        is_me=True,
        state="connecting" if is_waiting else "connected",
        has_picture=part.camera_on and told.camera == "on",
        camera=part.camera_on,
        microphone=part.microphone_on,
        is_speaking=told.is_speaking,
        words=told.camera_words if told.camera == "failed" else "",
    )


def _devices(part: CallPart, found: tuple[Device, ...], chosen: Choice, usual: str, test: str) -> tuple[DeviceRow, ...]:
    """The usual one, those that are there, and the chosen one if it is not among them. Nobody has looked for any before
    the person asks for the call."""
    if part.stage == "off":
        return ()
    rows = [DeviceRow("", usual), *(DeviceRow(each.id, each.label) for each in found if each.id)]
    if all(row.id != chosen.id for row in rows):
        rows.append(DeviceRow(chosen.id, test if chosen.id == TEST else f"{chosen.id} (not connected)"))
    return tuple(rows)
