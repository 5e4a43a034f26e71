"""A room as texts under names, so that a store writes only what has changed: a pause rewrites no chat.

    film         item, schedule, place: what each command changes
    rules        rules, password, keys, bans
    playlist     its entries once each, and the orders of its past as numbers of them
    member PEER  one person; `people` has their order
    line N       one line of chat
    rest         every other field of `Room`

Values are frozen, so that what is the same object has not changed. What lives only as long as a connection or a moment
(VOLATILE: who was heard when, reports, when the roster is due) is not kept and causes no writing. The policy is the
server's own and the epoch the store's. A field that is new in `Room` or `Member` is kept without a word here.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any, get_type_hints

import msgspec
from msgspec.structs import fields, replace

from server.core import protocol
from server.core.room_state import Listing, Member, PlaylistState, Room, RoomPolicy
from server.core.timeline import RoomTime

VOLATILE = frozenset({"name", "epoch", "policy", "roster_at", "roster_due", "is_wait_shorter"})
VOLATILE_OF_MEMBER = frozenset({"heard_at", "ticket", "delay", "playout", "dispersion", "asynchrony"})

FILM = ("item", "items", "schedule", "place_revision", "has_played", "is_ended")
RULES = ("rules", "password", "salt", "keys", "bans", "bans_made")

_ROOM_HINTS: dict[str, Any] = get_type_hints(Room)
_MEMBER_HINTS: dict[str, Any] = get_type_hints(Member)
_PLAYLIST_HINTS: dict[str, Any] = get_type_hints(PlaylistState)

_REST = tuple(name for name in _ROOM_HINTS if name not in {*VOLATILE, *FILM, *RULES, "members", "playlist", "lines"})
_PARTS: dict[str, tuple[str, ...]] = {"film": FILM, "rules": RULES, "rest": _REST}
_KEPT_OF_ROOM = attrgetter(*(name for name in _ROOM_HINTS if name not in {*VOLATILE, "members"}))
_KEPT_OF_MEMBER = attrgetter(*(name for name in _MEMBER_HINTS if name not in VOLATILE_OF_MEMBER))
_MEMBER_DEFAULTS = {each.name: each.default for each in fields(Member) if each.default is not msgspec.NODEFAULT}
_PLAYLIST_REST = tuple(name for name in _PLAYLIST_HINTS if name not in ("entries", "past"))

Parts = Mapping[str, str]
"""JSON texts by the name of the part."""


class CodecError(ValueError):
    """Parts that make no room. Its words are for a log."""


def has_changed(before: Room | None, after: Room | None) -> bool:
    """Whether there is anything to write."""
    if before is None or after is None:
        return before is not after
    if before is after:
        return False
    if any(old is not new for old, new in zip(_KEPT_OF_ROOM(before), _KEPT_OF_ROOM(after), strict=True)):
        return True
    if before.members is after.members:
        return False
    if len(before.members) != len(after.members):
        return True
    return any(map(_differ, before.members, after.members))


def changed_parts(before: Room | None, after: Room) -> dict[str, str | None]:
    """What to write so that `after` is kept where `before` is (None: nothing is). None is a part that goes."""
    parts: dict[str, str | None] = {}
    for part, names in _PARTS.items():
        if before is None or any(getattr(before, name) is not getattr(after, name) for name in names):
            parts[part] = _text({name: getattr(after, name) for name in names})
    if before is None or before.playlist is not after.playlist:
        parts["playlist"] = _text(_kept_playlist(after.playlist))
    _change_members(parts, () if before is None else before.members, after.members, before is None)
    _change_lines(parts, () if before is None else before.lines, after.lines)
    return parts


def room_of(name: str, parts: Parts, policy: RoomPolicy, epoch: str) -> Room:
    """The room that was kept in parts, its people on no connection. Raises CodecError."""
    try:
        found: dict[str, Any] = {}
        for part, names in _PARTS.items():
            raw = msgspec.json.decode(parts[part], type=dict[str, Any])
            found |= {field: msgspec.convert(raw[field], _ROOM_HINTS[field]) for field in names if field in raw}
        order = msgspec.json.decode(parts["people"], type=tuple[str, ...])
        members = tuple(_read_member(msgspec.json.decode(parts[f"member {peer}"])) for peer in order)
        lines = [
            msgspec.json.decode(text, type=protocol.Line) for part, text in parts.items() if part.startswith("line ")
        ]
        return Room(
            name=name,
            epoch=epoch,
            policy=policy,
            members=members,
            playlist=_read_playlist(msgspec.json.decode(parts["playlist"])),
            lines=tuple(sorted(lines, key=lambda line: line.id)),
            **found,
        )
    except KeyError as error:
        raise CodecError(f"there is no {error}") from None
    except (msgspec.DecodeError, TypeError, AttributeError, IndexError) as error:
        raise CodecError(str(error)) from None


# -- a whole room as one text ------------------------------------------------------------------------------------------


class _Bundle(msgspec.Struct, frozen=True):
    name: str
    epoch: str
    now: float
    parts: dict[str, str]
    version: int = 1


def bundle_of(room: Room, now: RoomTime) -> bytes:
    """The whole room as it is at `now`, to be taken over by another authority. It holds tokens and hashes, but not what
    commands were answered, which a crowd can make larger than all else: it has to fit what may wait for one peer."""
    members = tuple(replace(each, answers=()) for each in room.members)
    room = replace(room, members=members, moving_to=None, moving_until=None, check=None)
    parts = {part: text for part, text in changed_parts(None, room).items() if text is not None}
    return msgspec.json.encode(_Bundle(name=room.name, epoch=room.epoch, now=now, parts=parts))


def read_bundle(data: bytes, policy: RoomPolicy) -> tuple[Room, RoomTime]:
    """The room of a bundle and when it was made, both on the room time that it comes from (`room_restoring.restore`
    moves it). Raises CodecError."""
    try:
        bundle = msgspec.json.decode(data, type=_Bundle)
    except msgspec.DecodeError as error:
        raise CodecError(str(error)) from None
    if bundle.version != 1:
        raise CodecError(f"version {bundle.version} is not known")
    return room_of(bundle.name, bundle.parts, policy, bundle.epoch), RoomTime(bundle.now)


def with_parts(room: Room, changes: Mapping[str, str | None]) -> Room:
    """The room after what `changed_parts` found elsewhere; what is not kept of it stays. Raises CodecError."""
    try:
        found: dict[str, Any] = {}
        for part, names in _PARTS.items():
            if part in changes:
                raw = msgspec.json.decode(changes[part] or "", type=dict[str, Any])
                found |= {field: msgspec.convert(raw[field], _ROOM_HINTS[field]) for field in names if field in raw}
        if "playlist" in changes:
            found["playlist"] = _read_playlist(msgspec.json.decode(changes["playlist"] or ""))
        found["members"] = _changed_members(room.members, changes)
        found["lines"] = _changed_lines(room.lines, changes)
        return replace(room, **found)
    except KeyError as error:
        raise CodecError(f"there is no {error}") from None
    except (msgspec.DecodeError, TypeError, AttributeError, IndexError) as error:
        raise CodecError(str(error)) from None


# -- people -----------------------------------------------------------------------------------------------------------


def _differ(before: Member, after: Member) -> bool:
    return before is not after and _KEPT_OF_MEMBER(before) != _KEPT_OF_MEMBER(after)


def _change_members(
    parts: dict[str, str | None], before: tuple[Member, ...], after: tuple[Member, ...], is_new: bool
) -> None:
    if before is after and not is_new:
        return
    known = {each.peer: each for each in before}
    for member in after:
        old = known.pop(member.peer, None)
        if old is None or _differ(old, member):
            parts[f"member {member.peer}"] = _text(_kept_member(member))
    for peer in known:
        parts[f"member {peer}"] = None
    if is_new or [each.peer for each in before] != [each.peer for each in after]:
        parts["people"] = _text([each.peer for each in after])


def _kept_member(member: Member) -> dict[str, Any]:
    return {
        name: getattr(member, name)
        for name in _MEMBER_HINTS
        if name not in VOLATILE_OF_MEMBER and getattr(member, name) != _MEMBER_DEFAULTS.get(name, msgspec.NODEFAULT)
    }


def _read_member(raw: dict[str, Any]) -> Member:
    answers: tuple[protocol.Accepted | protocol.Refused, ...] = tuple(
        msgspec.convert(each, protocol.Refused) if "code" in each else msgspec.convert(each, protocol.Accepted)
        for each in raw.pop("answers", ())
    )
    kept = {name: msgspec.convert(value, _MEMBER_HINTS[name]) for name, value in raw.items() if name in _MEMBER_HINTS}
    return Member(heard_at=RoomTime(0.0), answers=answers, **kept)


def _changed_members(members: tuple[Member, ...], changes: Mapping[str, str | None]) -> tuple[Member, ...]:
    known = {f"member {each.peer}": each for each in members}
    changed = {part: text for part, text in changes.items() if part.startswith("member ")}
    for part, text in changed.items():
        old = known.pop(part, None) if text is None else known.get(part)
        if text is not None:
            kept = {} if old is None else {name: getattr(old, name) for name in VOLATILE_OF_MEMBER}
            known[part] = replace(_read_member(msgspec.json.decode(text)), **kept)
    if "people" in changes:
        order = msgspec.json.decode(changes["people"] or "", type=tuple[str, ...])
        return tuple(known[f"member {peer}"] for peer in order)
    return tuple(known.values()) if changed else members


# -- chat and playlist ------------------------------------------------------------------------------------------------


def _change_lines(
    parts: dict[str, str | None], before: tuple[protocol.Line, ...], after: tuple[protocol.Line, ...]
) -> None:
    if before is after:
        return
    known = {each.id: each for each in before}
    for line in after:
        if known.pop(line.id, None) is not line:
            parts[f"line {line.id}"] = _text(line)
    for number in known:
        parts[f"line {number}"] = None


def _changed_lines(lines: tuple[protocol.Line, ...], changes: Mapping[str, str | None]) -> tuple[protocol.Line, ...]:
    changed = {part: text for part, text in changes.items() if part.startswith("line ")}
    if not changed:
        return lines
    known = {f"line {each.id}": each for each in lines}
    for part, text in changed.items():
        known.pop(part, None)
        if text is not None:
            known[part] = msgspec.json.decode(text, type=protocol.Line)
    return tuple(sorted(known.values(), key=lambda line: line.id))


def _kept_playlist(playlist: PlaylistState) -> dict[str, Any]:
    """The orders of the past name the same entries over and over: as numbers they are 20 times 250 of those at most,
    not of titles and addresses."""
    numbers: dict[protocol.Entry, int] = {}

    def orders(entries: tuple[protocol.Entry, ...]) -> list[int]:
        return [numbers.setdefault(entry, len(numbers)) for entry in entries]

    now = orders(playlist.entries)
    past = [{"entries": orders(each.entries), "loop": each.loop} for each in playlist.past]
    rest = {name: getattr(playlist, name) for name in _PLAYLIST_REST}
    return {**rest, "known": list(numbers), "entries": now, "past": past}


def _read_playlist(raw: dict[str, Any]) -> PlaylistState:
    known = msgspec.convert(raw["known"], tuple[protocol.Entry, ...])
    rest = {name: msgspec.convert(raw[name], _PLAYLIST_HINTS[name]) for name in _PLAYLIST_REST if name in raw}
    return PlaylistState(
        entries=tuple(known[number] for number in raw["entries"]),
        past=tuple(Listing(tuple(known[number] for number in each["entries"]), each["loop"]) for each in raw["past"]),
        **rest,
    )


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
