"""What the app and the process of the call share without asking: pictures of the members, voices, what was played.

The app makes it and hands its name to the process. A process that is started again gets the same memory: numbers of
samples and of pictures go on, and the device's thread and the window never have to look elsewhere.
"""

from __future__ import annotations

import time

from player.call.shared_file import SharedFile
from player.call.shared_sound import SOUND_BYTES, Mono, Note, SharedSound
from player.call.shared_tiles import MOST_PIXELS, SLOTS, TILES_BYTES, Pixels, SharedTiles

__all__ = ["MOST_PIXELS", "SLOTS", "CallMemory", "Mono", "Note", "Pixels", "SharedSound", "SharedTiles"]

MARK = b"Matinee call 1\0\0"  # at the beginning: another program's memory, or another version's, is not taken
PAGE = 4096
_SOUND_ROOM = -(-SOUND_BYTES // PAGE) * PAGE
SIZE = PAGE + _SOUND_ROOM + TILES_BYTES


class CallMemory:
    """`sound` and `tiles` say which side may call what."""

    def __init__(self, file: SharedFile) -> None:
        self._file = file
        view = memoryview(file.bytes)
        self.sound = SharedSound(view[PAGE : PAGE + SOUND_BYTES])
        self.tiles = SharedTiles(view[PAGE + _SOUND_ROOM :])

    @classmethod
    def make(cls) -> CallMemory:
        """In the app. Raises OSError: there is no room for it."""
        file = SharedFile.make(SIZE)
        file.bytes[: len(MARK)] = MARK
        memory = cls(file)
        # who watched the call before this one waits for a higher number; no call has a thousand pictures a second
        memory.tiles.number_from(int(time.perf_counter() * 1000))
        return memory

    @classmethod
    def open(cls, name: str) -> CallMemory:
        """In the process of the call, which is the only one of its app. Raises OSError or ValueError."""
        file = SharedFile.open(name)
        if len(file.bytes) != SIZE or file.bytes[: len(MARK)] != MARK:
            raise ValueError("this is not the memory of a call")
        memory = cls(file)
        memory.sound.forget()
        memory.tiles.begin()
        return memory

    @property
    def name(self) -> str:
        """What `open` takes in a process that inherits `descriptors`."""
        return self._file.name

    @property
    def descriptors(self) -> tuple[int, ...]:
        """For `pass_fds`."""
        return self._file.descriptors

    def close(self) -> None:
        """Nobody looks at it any more, or soon."""
        self._file.close()
