"""Rooms in this process's memory: they end with it."""

from __future__ import annotations

from server.core.room_state import Room


class MemoryStore:
    """One value per room, by name. Owner: the loop's thread."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    def get(self, name: str) -> Room | None:
        return self._rooms.get(name)

    def put(self, room: Room) -> None:
        self._rooms[room.name] = room

    def forget(self, name: str) -> None:
        self._rooms.pop(name, None)

    def __len__(self) -> int:
        return len(self._rooms)
