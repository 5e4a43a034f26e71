"""Pictures that the process of the call shows and the window paints, without either waiting for the other.

A member has a slot with room for two pictures. The writer fills the older one, so the newer one stays whole for as long
as two pictures take to come. A count before each picture is odd while it is being written: who copied meanwhile sees
that it has changed, and copies the other. Numbers of pictures go on when the process was started again.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from player.call.shared_file import fence
from player.ports import TilePicture

Pixels = npt.NDArray[np.uint8]
"""A picture, shape (height, width, 4), B G R and one that means nothing."""

SLOTS = 16  # the own camera "", and others: the mesh holds 8, an SFU some more
MOST_PIXELS = 1280 * 720
NAME = 168  # bytes of a member's id
_PICTURES = 2
_COUNT, _NUMBER, _WIDTH, _HEIGHT, _CAPTURED = range(5)  # words of a picture
_PICTURE_WORDS = 8
_SLOT_WORDS = NAME // 8 + _PICTURES * _PICTURE_WORDS
_CHANGES, _LAST_NUMBER = 0, 1  # words of the table
_TABLE_WORDS = 8
_WORDS = _TABLE_WORDS + SLOTS * _SLOT_WORDS
_PICTURE_BYTES = MOST_PIXELS * 4
TILES_BYTES = 8 * _WORDS + SLOTS * _PICTURES * _PICTURE_BYTES


class _Slot:
    def __init__(self, words: npt.NDArray[np.int64], pixels: npt.NDArray[np.uint8]) -> None:
        self.name = words[: NAME // 8].view(np.uint8)
        self.pictures = words[NAME // 8 :].reshape(_PICTURES, _PICTURE_WORDS)
        self.pixels = pixels


class SharedTiles:
    """`tile` belongs to one thread of the app; the rest to any thread of the process of the call."""

    def __init__(self, memory: memoryview) -> None:
        """Over TILES_BYTES of what both map, zeros at first."""
        words = np.frombuffer(memory, np.int64, _WORDS)
        pixels = np.frombuffer(memory, np.uint8, SLOTS * _PICTURES * _PICTURE_BYTES, offset=words.nbytes)
        pixels = pixels.reshape(SLOTS, _PICTURES, _PICTURE_BYTES)
        slots = words[_TABLE_WORDS:].reshape(SLOTS, _SLOT_WORDS)
        self._table = words[:_TABLE_WORDS]
        self._slots = [_Slot(slots[place], pixels[place]) for place in range(SLOTS)]
        self._lock = threading.Lock()  # among the writer's threads
        self._writing: dict[str, _Slot] = {}  # guarded by `_lock`
        self._reading: dict[str, _Slot] = {}  # of the reader's thread, true at `_read_at`
        self._read_at = -1

    def number_from(self, number: int) -> None:
        """Pictures are numbered upwards from here; before anybody looks."""
        self._table[_LAST_NUMBER] = number

    # -- the side of the call ------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """This process is the writer now; whatever one before it left is gone."""
        with self._lock, self._changing():
            for slot in self._slots:
                slot.name[:] = 0
                slot.pictures[:] = 0
            self._writing = {}

    def set_peers(self, peers: Sequence[str]) -> None:
        """Whose pictures there are from now on, "" is our own camera; those of others are gone. Beyond SLOTS, and for
        ids that are too long, nothing is shown."""
        with self._lock:
            wanted = [peer for peer in dict.fromkeys(peers) if len(peer.encode()) < NAME][:SLOTS]
            gone = [peer for peer in self._writing if peer not in wanted]
            new = [peer for peer in wanted if peer not in self._writing]
            if not gone and not new:
                return
            with self._changing():
                for peer in gone:
                    slot = self._writing.pop(peer)
                    slot.name[:] = 0
                    slot.pictures[:] = 0
                taken = {id(slot) for slot in self._writing.values()}
                free = [slot for slot in self._slots if id(slot) not in taken]
                for peer, slot in zip(new, free, strict=False):
                    name = b"\1" + peer.encode()  # so that "" differs from nobody
                    slot.name[: len(name)] = np.frombuffer(name, np.uint8)
                    slot.name[len(name) :] = 0
                    self._writing[peer] = slot

    def show(self, peer: str, picture: Pixels, captured: float | None) -> bool:
        """The newest picture of a member; `captured` in room time. False: it has no slot, or the picture is too large
        or empty."""
        height, width = picture.shape[:2]
        if not 0 < height * width <= MOST_PIXELS:
            return False
        with self._lock:
            slot = self._writing.get(peer)
            if slot is None:
                return False
            place = int(np.argmin(slot.pictures[:, _NUMBER]))
            words, number = slot.pictures[place], int(self._table[_LAST_NUMBER]) + 1
            self._table[_LAST_NUMBER] = number
            words[_COUNT] |= 1
            fence()
            slot.pixels[place, : height * width * 4].reshape(height, width, 4)[...] = picture
            words[_NUMBER : _HEIGHT + 1] = (number, width, height)
            words[_CAPTURED : _CAPTURED + 1].view(np.float64)[0] = math.nan if captured is None else captured
            fence()
            words[_COUNT] += 1
        return True

    def clear(self, peer: str) -> None:
        """There is no picture of this member for now."""
        with self._lock:
            slot = self._writing.get(peer)
            if slot is not None and slot.pictures[:, _NUMBER].any():
                with self._changing():
                    slot.pictures[:, _NUMBER] = 0

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        self._table[_CHANGES] |= 1
        fence()
        yield
        fence()
        self._table[_CHANGES] += 1

    # -- the window's side ---------------------------------------------------------------------------------------------

    def tile(self, peer: str, seen: int) -> TilePicture | None:
        """The newest picture of a member; None: none that is newer than `seen`, or it changes just now."""
        changes = int(self._table[_CHANGES])
        if changes % 2:
            return None
        if changes != self._read_at:
            self._reading = self._named()
            fence()
            if int(self._table[_CHANGES]) != changes:
                return None
            self._read_at = changes
        slot = self._reading.get(peer)
        if slot is None:
            return None
        places = (0, 1) if slot.pictures[0, _NUMBER] > slot.pictures[1, _NUMBER] else (1, 0)
        for place in places:
            picture = self._copied(slot, place, seen)
            if picture is not None:
                fence()
                return picture if int(self._table[_CHANGES]) == changes else None
        return None

    def _named(self) -> dict[str, _Slot]:
        named = {}
        for slot in self._slots:
            name = bytes(slot.name).rstrip(b"\0")
            if name:
                named[name[1:].decode(errors="replace")] = slot
        return named

    @staticmethod
    def _copied(slot: _Slot, place: int, seen: int) -> TilePicture | None:
        words = slot.pictures[place]
        count = int(words[_COUNT])
        number, width, height = (int(word) for word in words[_NUMBER : _HEIGHT + 1])
        captured = float(words[_CAPTURED : _CAPTURED + 1].view(np.float64)[0])
        if count % 2 or number <= seen or width <= 0 or height <= 0 or width * height > MOST_PIXELS:
            return None
        pixels = slot.pixels[place, : width * height * 4].tobytes()
        fence()
        if int(words[_COUNT]) != count:
            return None
        return TilePicture(number, width, height, pixels, None if math.isnan(captured) else captured)
