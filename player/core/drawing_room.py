"""From a seat to what the window draws of its room beyond the film. Pure, as all drawing."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import replace

from player.core.copies import difference, length_text
from player.core.happenings import Moment
from player.core.invite import Invite
from player.core.room_view import (
    AddressView,
    BanRow,
    ChatRow,
    CheckView,
    CopyView,
    EntryRow,
    Floating,
    HostingView,
    KeyRow,
    MemberFacts,
    OfferView,
    PlaylistView,
    Rights,
    RulesView,
)
from player.core.seat import Seat
from player.core.seat_copies import host_of, own_copy, wanted_copy
from player.core.words import clock_text, list_text, span_text
from server.core import protocol
from server.core.protocol import seconds
from server.core.room_keys import DOOR

DAY = 86_400.0
PUBLIC_NAME = re.compile(r"([\w-]+\.)+([^\W\d_]{2,}|xn--[a-z0-9-]+)")  # its last part is no number
NEAR = (".local", ".lan", ".home", ".internal", ".localhost", ".localdomain", ".arpa")
SHORT = 0.5  # s: less is no other length


# -- people ------------------------------------------------------------------------------------------------------------


def draw_rights(seat: Seat) -> Rights:
    """What this person may do. The authority has the last word; this only says it before."""
    role, rules = seat.facts.role, seat.facts.rules
    is_operator = seat.invite is None or role in ("host", "operator")
    control = is_operator or rules.control == "all"
    playlist = is_operator or rules.playlist == "all"
    words = "" if is_operator else _who_may(seat)
    return Rights(control, playlist, is_operator, seat.invite is None or role == "host", words)


def _who_may(seat: Seat) -> str:
    names = [entry.name for entry in seat.roster if entry.role in ("host", "operator") and entry.here]
    return "Only operators may do that here" + (f": ask {list_text(names)}." if names else ".")


def draw_rules(seat: Seat) -> RulesView:
    rules = seat.facts.rules
    return RulesView(
        rules.control,
        rules.playlist,
        rules.waits,
        rules.listed,
        rules.persists,
        rules.has_password,
        rules.relay_only,
    )


def draw_member(seat: Seat, entry: protocol.RosterEntry) -> MemberFacts:
    role, mine = entry.role, seat.facts.role
    is_below = role == "guest" or (role == "operator" and mine == "host")
    return MemberFacts(
        role=role,
        is_away=entry.away,
        is_muted=entry.muted,
        copy_words=_copy_words(entry) if seat.item is not None else "",
        offset=seconds(entry.offset_us),
        may_be_managed=entry.peer != seat.me and mine in ("host", "operator") and is_below,
    )


def _copy_words(entry: protocol.RosterEntry) -> str:
    match entry.copy:
        case "none":
            return "no film yet"
        case "differs":
            longer = 0.0 if entry.longer_us is None else seconds(entry.longer_us)
            if abs(longer) < SHORT:
                return "another film"
            return length_text(longer)
        case _:
            return ""


def draw_check(seat: Seat) -> CheckView | None:
    check = seat.facts.check
    if check is None:
        return None
    asked = [entry for entry in seat.roster if entry.here and not entry.away]
    return CheckView(
        by="you" if check.by == seat.me else seat.name_of(check.by),
        ready=tuple(entry.name for entry in asked if entry.peer in check.ready),
        missing=tuple(entry.name for entry in asked if entry.peer not in check.ready),
        am_ready=seat.me in check.ready,
        is_mine=check.by == seat.me or draw_rights(seat).operate,
    )


def draw_count_down(seat: Seat, moment: Moment) -> float | None:
    """s until the start that a ready check has led to."""
    newest = seat.schedule.newest
    left = newest.room_time - moment.room
    is_counting = newest.revision == seat.facts.counting and newest.state == "playing" and left > 0
    return left if is_counting else None


# -- words -------------------------------------------------------------------------------------------------------------


def draw_chat(seat: Seat, moment: Moment, time_of_day: float) -> tuple[ChatRow, ...]:
    """`time_of_day`: s since midnight where this person is."""
    return tuple(_chat_row(seat, line, moment, time_of_day) for line in seat.facts.lines)


def _chat_row(seat: Seat, line: protocol.Line, moment: Moment, time_of_day: float) -> ChatRow:
    said_at = (time_of_day - (moment.room - seconds(line.at_us))) % DAY
    hours, minutes = divmod(int(said_at) // 60, 60)
    is_of_film = seat.item is not None and line.item == seat.item.id
    place = seconds(line.media_us)
    return ChatRow(
        id=line.id,
        name=line.name,
        text=line.text,
        clock=f"{hours}:{minutes:02d}",
        media=clock_text(place) if is_of_film else "",
        media_time=place if is_of_film else None,
        is_me=line.peer == seat.me,
    )


def draw_reactions(seat: Seat, moment: Moment) -> tuple[Floating, ...]:
    return tuple(
        Floating(each.id, each.reaction.emoji, each.reaction.name, moment.local - each.since)
        for each in seat.facts.airborne
        if each.since is not None
    )


# -- the playlist ------------------------------------------------------------------------------------------------------


def draw_playlist(seat: Seat, moment: Moment) -> PlaylistView:
    playlist = seat.facts.playlist
    names = {each.peer: each.name for each in seat.roster} | {seat.me: "you"}
    following = next((entry for entry in playlist.entries if entry.id == playlist.next), None)
    next_in = None
    if following is not None and playlist.next_us is not None:
        next_in = max(0.0, seconds(playlist.next_us) - moment.room)
    return PlaylistView(
        entries=tuple(_entry_row(seat, entry, names) for entry in playlist.entries),
        loop=playlist.loop,
        can_undo=playlist.can_undo,
        next_title="" if following is None or next_in is None else following.title,
        next_in=next_in,
    )


def _entry_row(seat: Seat, entry: protocol.Entry, names: dict[str, str]) -> EntryRow:
    return EntryRow(
        id=entry.id,
        title=entry.title,
        duration=None if entry.duration_us is None else seconds(entry.duration_us),
        is_current=seat.item is not None and entry.id == seat.item.entry,
        by=names.get(entry.by, ""),
        note=host_of(entry.url),
    )


# -- the film ----------------------------------------------------------------------------------------------------------


def draw_copy(seat: Seat) -> CopyView:
    mine, item = own_copy(seat), seat.item
    if mine is None or item is None or seat.invite is None or not seat.is_following:
        return CopyView(offset=seat.offset)
    wanted = wanted_copy(item)
    found = difference(mine, wanted)
    if found.kind not in ("cut", "film"):
        return CopyView(offset=seat.offset)
    if found.kind == "film" or mine.duration is None or wanted.duration is None:
        return CopyView(found.words, seat.offset)
    # Where the minutes more are no length tells; at the beginning is the likeliest place: another logo, a foreword.
    return CopyView(found.words, seat.offset, round(mine.duration - wanted.duration, 3))


def draw_missing(seat: Seat) -> str:
    """Why there is no copy of the room's film here; "" where there is one, or one is on its way."""
    item = seat.item
    is_missed = item is not None and seat.sought == item.id and seat.medium is None and not seat.opening
    return seat.sought_words if is_missed else ""


def draw_address(seat: Seat) -> AddressView | None:
    item = seat.item
    if item is None or seat.sought != item.id or seat.medium is not None or seat.opening:
        return None
    host = host_of(item.url)
    return AddressView(host, _is_private(host)) if host else None


def _is_private(host: str) -> bool:
    """Whatever is not clearly a public address or name: resolvers take "127.1" and "0x7f.1" for this computer."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        name = unicodedata.normalize("NFKC", host).lower()
        return PUBLIC_NAME.fullmatch(name) is None or name.endswith(NEAR)


# -- hosting -----------------------------------------------------------------------------------------------------------


def draw_offer(seat: Seat) -> OfferView | None:
    return None if seat.facts.offer is None else OfferView(seat.facts.offer.by)


def draw_invite(seat: Seat) -> str:
    """The link for friends; "": there is none."""
    invite = None if seat.link == "connecting" else invite_for_friends(seat)
    return "" if invite is None else invite.text()


def invite_for_friends(seat: Seat) -> Invite | None:
    """The way in for friends, who become guests by it. Who runs the room knows which keys hold: where the one that we
    came by holds no longer, or makes operators, it is the newest for guests that was made here."""
    invite, facts = seat.invite, seat.facts
    if invite is None:
        return None
    own = _own_key(seat)
    holds = any(each.id == own and each.role == "guest" for each in facts.keys)
    is_told = bool(facts.keys or facts.revoked)
    if holds or not is_told or not invite.key:
        return invite
    known = (facts.key_of(each.id) for each in reversed(facts.keys) if each.role == "guest")
    return next((replace(invite, key=key) for key in known if key), None)


def _own_key(seat: Seat) -> str:
    """The id of the key that we came by: one that is listed, or was, else the server's own."""
    own = "" if seat.invite is None else protocol.key_id(seat.invite.key)
    return own if own in seat.facts.revoked or any(each.id == own for each in seat.facts.keys) else DOOR


def draw_hosting(seat: Seat, moment: Moment) -> HostingView | None:
    """The page for hosting, for those who may change something there."""
    facts = seat.facts
    if facts.role not in ("host", "operator"):
        return None
    return HostingView(
        reach=seat.reach if seat.is_hosting else None,
        is_lan_open=seat.is_lan_open,
        keys=tuple(_key_row(seat, key, moment) for key in facts.keys),
        bans=tuple(BanRow(ban.id, ban.name) for ban in facts.bans),
    )


def _key_row(seat: Seat, entry: protocol.KeyEntry, moment: Moment) -> KeyRow:
    """The link is known of those that were made here, and of the one that we came by."""
    expires = "" if entry.expires_us is None else f"in {span_text(seconds(entry.expires_us) - moment.room)}"
    key, link = seat.facts.key_of(entry.id), ""
    if seat.invite is not None and key:
        link = replace(seat.invite, key=key).text()
    elif seat.invite is not None and seat.invite.key and entry.id == _own_key(seat):
        link = seat.invite.text()
    return KeyRow(entry.id, entry.role, expires, entry.by, link)
