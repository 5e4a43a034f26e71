"""The session's lookout: what is new around a player besides its film and its room, as happenings.

Rooms on the local network, whether friends can reach a room that is hosted here, what the person's folders have.
Everything on the session's thread.
"""

from __future__ import annotations

from collections.abc import Iterator

from player.core.copies import LibraryEvent, LibraryStatus
from player.core.drawing_room import invite_for_friends
from player.core.happenings import LanSeen, LibraryTold, ReachTold
from player.core.room_view import LanRow
from player.core.seat import Seat
from player.ports import Library, Reach, Surroundings


class Lookout:
    def __init__(self, library: Library, around: Surroundings) -> None:
        self._library = library
        self._around = around
        self._lan: tuple[LanRow, ...] = ()  # as it was told last
        self._reach: Reach | None = None
        self._status = LibraryStatus()

    def news(self, seat: Seat, has_screen: bool) -> Iterator[LibraryEvent | LanSeen | ReachTold | LibraryTold]:
        """What has changed since it was asked last. The surroundings hear what is hosted here now."""
        is_up = seat.is_hosting and seat.epoch != ""  # a moment without our own server changes nothing for others
        friends = invite_for_friends(seat)  # without one nobody can come in, but the room is still seen
        self._around.show((friends or seat.invite) if is_up else None, seat.is_lan_open and friends is not None)
        self._around.browse(has_screen and seat.invite is None)
        yield from self._library.take_events()
        if (rooms := self._around.rooms()) != self._lan:
            self._lan = rooms
            yield LanSeen(rooms)
        reach, before = self._around.reach(), self._reach
        self._reach = reach
        if reach is not None and (reach != before or (is_up and seat.reach is None)):
            yield ReachTold(*reach)
        if (status := self._library.status()) != self._status:
            self._status = status
            yield LibraryTold(status)
