"""From a seat to the view that the window draws. Pure: what is shown is tested without a window."""

from __future__ import annotations

import math
from dataclasses import dataclass

from player.core.drawing_call import draw_call
from player.core.drawing_room import (
    draw_address,
    draw_chat,
    draw_check,
    draw_copy,
    draw_count_down,
    draw_hosting,
    draw_invite,
    draw_member,
    draw_missing,
    draw_offer,
    draw_playlist,
    draw_reactions,
    draw_rights,
    draw_rules,
)
from player.core.happenings import Moment
from player.core.seat import Seat
from player.core.view import Badge, Level, Lock, MemberRow, View
from player.core.words import asynchrony_text, file_text, list_text
from server.core import protocol
from server.core.timeline import Timeline


@dataclass(frozen=True, slots=True)
class DrawingPolicy:
    """How an asynchrony is judged: green only within one frame (PEERS section 3, row 1)."""

    good: float = 1.0  # frames
    near: float = 5.0  # frames
    frame: float = 1 / 25  # s, of a film that is not open here
    patience: float = 0.4  # s: a film that opens faster opens at once, as far as people can tell
    change: float = 0.8  # s: so long nothing is said of a film that follows another, found and opened by ourselves
    unsure: float = 0.05  # s: with a dispersion beyond this the clock is not known well enough to judge


POLICY = DrawingPolicy()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the clocks say at the moment of drawing, s. `time_of_day`: since midnight, where this person is."""

    dispersion: float = 0.0
    time_of_day: float = 0.0


def draw(seat: Seat, facts: Facts, moment: Moment) -> View:
    """The view of a moment."""
    timeline = seat.schedule.at(moment.room)
    medium = seat.medium
    item = seat.item
    duration = None if medium is None else medium.duration
    if item is not None and item.duration_us is not None and (medium is None or seat.is_following or duration is None):
        duration = protocol.seconds(item.duration_us)  # where it ends for all, however long our own copy is
    place = timeline.media_time_at(moment.room) if seat.go_on is None else seat.go_on.media_time_at(moment.local)
    in_room = seat.invite is not None
    has_picture = medium is not None and medium.size is not None
    badge = _badge(seat, timeline, facts) if in_room else Badge()
    return View(
        title=item.title if item is not None and item.title else ("" if medium is None else medium.title),
        has_medium=medium is not None,
        has_picture=has_picture,
        opening=_opening(seat, moment),
        state="nothing" if item is None else timeline.state,
        is_pending=seat.pending is not None or seat.schedule.next_after(moment.room) is not None,
        media_time=place if duration is None else min(place, duration),
        duration=duration,
        rate=timeline.rate,
        waiting_words=_waiting(seat, timeline, moment),
        link=seat.link,
        link_words=seat.link_words,
        room=seat.invite.room if seat.invite is not None else "",
        invite=draw_invite(seat),
        is_hosting=seat.is_hosting,
        lock=None if seat.locked is None else Lock(seat.locked.text(), seat.locked.room, bool(seat.locked.password)),
        members=_members(seat, timeline, badge) if in_room else (),
        badge=badge,
        notices=seat.notices.shown(),
        name=seat.name,
        volume=seat.volume,
        is_muted=seat.is_muted,
        sound_tracks=() if medium is None else medium.sound_tracks,
        sound_track=None if medium is None else medium.sound_track,
        subtitle_tracks=() if medium is None else medium.subtitle_tracks,
        subtitle_track=None if medium is None else medium.subtitle_track,
        subtitle_delay=seat.subtitle_delay,
        keeps_awake=seat.call.stage == "in" or (has_picture and timeline.state == "playing"),
        rights=draw_rights(seat),
        rules=draw_rules(seat),
        is_away=seat.is_away,
        playlist=draw_playlist(seat, moment),
        chat=draw_chat(seat, moment, facts.time_of_day) if in_room else (),
        reactions=draw_reactions(seat, moment),
        check=draw_check(seat) if in_room else None,
        offer=draw_offer(seat),
        count_down=draw_count_down(seat, moment),
        can_go_on=in_room and timeline.state == "holding" and draw_rights(seat).control,
        missing_words=draw_missing(seat),
        is_looking=seat.searching_since is not None,
        is_changing=_is_changing(seat, moment),
        address=draw_address(seat),
        copy=draw_copy(seat),
        hosting=draw_hosting(seat, moment) if in_room else None,
        lan_rooms=seat.lan,
        listing=seat.listing,
        library=seat.library,
        call=draw_call(seat),
    )


def _is_changing(seat: Seat, moment: Moment) -> bool:
    is_coming = seat.searching_since is not None or (seat.opening != "" and seat.opening_for != "")
    return seat.medium is None and is_coming and moment.local - seat.changing_since < POLICY.change


def _opening(seat: Seat, moment: Moment) -> str:
    is_quick = seat.medium is not None and moment.local - seat.opening_since < POLICY.patience
    return "" if is_quick else file_text(seat.opening)


def _waiting(seat: Seat, timeline: Timeline, moment: Moment) -> str:
    if timeline.state != "holding" or seat.invite is None:
        return ""
    names = ["you" if peer == seat.me else seat.name_of(peer) for peer in timeline.waiting]
    if not names:
        return "Starting …"
    left = "" if timeline.until is None else f" ({max(0, round(timeline.until - moment.room))} s)"
    return f"Waiting for {list_text(names)}{left}"


def _members(seat: Seat, timeline: Timeline, badge: Badge) -> tuple[MemberRow, ...]:
    rows = []
    is_playing = timeline.state == "playing"
    for entry in seat.roster:
        is_me = entry.peer == seat.me
        asynchrony = seat.asynchrony.shown if is_me else _seconds(entry.asynchrony_us)
        if not is_playing:
            asynchrony = None  # what was told before the film stood still
        rows.append(
            MemberRow(
                peer=entry.peer,
                name=entry.name,
                is_me=is_me,
                here=entry.here,
                is_waited_for=timeline.state == "holding" and entry.peer in timeline.waiting,
                asynchrony=asynchrony,
                delay=_seconds(entry.delay_us),
                level=badge.level if is_me else _level_of(seat, timeline, entry, asynchrony),
                facts=draw_member(seat, entry),
            )
        )
    return tuple(rows)


def _level_of(seat: Seat, timeline: Timeline, entry: protocol.RosterEntry, asynchrony: float | None) -> Level:
    """How somebody else is doing, as far as the authority has told: what the badge would say over there."""
    if seat.link != "joined" or not entry.here:
        return "unknown"
    if entry.copy == "none" and seat.item is not None:
        return "unknown"  # ready, as far as nothing is waited for, but there is nothing to be seen
    if timeline.state != "playing":
        return "good" if entry.ready else "near"
    return "unknown" if asynchrony is None else _judged(seat, asynchrony)


def _judged(seat: Seat, asynchrony: float) -> Level:
    frame = POLICY.frame if seat.medium is None else seat.medium.frame_duration
    frames = abs(asynchrony) / frame
    if frames < POLICY.good:
        return "good"
    return "near" if frames < POLICY.near else "off"


def _seconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else protocol.seconds(microseconds)


def _badge(seat: Seat, timeline: Timeline, facts: Facts) -> Badge:
    if seat.link == "lost":
        is_alone = seat.is_following and timeline.state == "playing"
        return Badge("unknown", "Not connected, playing on alone" if is_alone else "Not connected")
    if seat.link != "joined" or not seat.is_following:
        return Badge("unknown", "")
    if timeline.state != "playing":  # a still frame needs no clock
        is_shown = seat.primed == timeline.revision
        return Badge("good", "Same frame") if is_shown else Badge("near", "Getting ready …")
    if facts.dispersion > POLICY.unsure:
        return Badge("unknown", "Finding out what the time is …")
    asynchrony = seat.asynchrony.shown
    if asynchrony is None:
        return Badge("unknown", "Starting …")
    level, size = _judged(seat, asynchrony), abs(asynchrony)
    if level == "good":
        return Badge(level, f"In sync, within {max(1, math.ceil(round(1e3 * size, 1)))} ms")
    direction = "behind, catching up" if asynchrony < 0 else "ahead, correcting"
    return Badge(level, f"{asynchrony_text(size).lstrip('+')} {direction}")
