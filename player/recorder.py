"""What is new in a player's seat, as telemetry (DESIGN section 7) and as words for whoever watches its stderr."""

from __future__ import annotations

from collections.abc import Callable

from player.core.call_pipe import PeerFigures
from player.core.clock import RoomClock
from player.core.seat import Seat
from player.ports import Telemetry
from server.core.timeline import LocalTime

TILE_GAP = 1.0  # s between two lines of one peer


class Recorder:
    """Of the session's thread."""

    def __init__(self, telemetry: Telemetry, complain: Callable[[str], None]) -> None:
        """`complain` gets each error that is also shown in the window."""
        self._record = telemetry.record
        self._complain = complain
        self._told = 0  # id of the newest notice that was passed on
        self._tiled_at: LocalTime | None = None

    def tell(self, before: Seat, seat: Seat, now: LocalTime) -> None:
        """What has changed."""
        if seat.schedule is not before.schedule:
            newest = seat.schedule.newest
            self._record(
                "timeline",
                now,
                revision=newest.revision,
                item=newest.item,
                state=newest.state,
                media_time=newest.media_time,
                room_time=newest.room_time,
                rate=newest.rate,
            )
        members = [entry.name for entry in seat.roster]
        if members != [entry.name for entry in before.roster] or seat.link != before.link:
            self._record("room", now, members=members, state=seat.link)
        for notice in seat.notices.shown():
            if notice.id > self._told:
                self._told = notice.id
                if notice.kind == "error":
                    self._record("error", now, what=notice.words)
                    self._complain(notice.words)

    def tell_clock(self, clock: RoomClock, now: LocalTime) -> None:
        """After an exchange."""
        self._record(
            "clock",
            now,
            offset=clock.offset_at(now),
            dispersion=clock.dispersion_at(now),
            delay=clock.delay,
            skew_ppm=1e6 * clock.skew,
            epoch=clock.epoch,
        )

    def tell_tiles(self, seat: Seat, now: LocalTime) -> None:
        """Who is seen and heard in the call and how, once a second."""
        told = seat.call.told
        if told is None or (self._tiled_at is not None and now - self._tiled_at < TILE_GAP):
            return
        self._tiled_at = now
        for each in told.peers:
            self._tile(seat, each, now)

    def _tile(self, seat: Seat, figures: PeerFigures, now: LocalTime) -> None:
        self._record(
            "tile",
            now,
            peer=figures.peer,
            name=seat.name_of(figures.peer),
            state=figures.state,
            video_fps=figures.fps,
            audio_level=figures.level,
            width=figures.width,
            height=figures.height,
            age_ms=None if figures.age is None else 1e3 * figures.age,
        )
