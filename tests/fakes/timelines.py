"""Timelines of one film, written short."""

from __future__ import annotations

from server.core.timeline import MediaTime, RoomTime, State, Timeline


def stated(revision: int, state: State, media_time: float, room_time: float, rate: float = 1.0) -> Timeline:
    return Timeline(
        revision=revision,
        item="film",
        state=state,
        media_time=MediaTime(media_time),
        room_time=RoomTime(room_time),
        rate=rate,
    )
