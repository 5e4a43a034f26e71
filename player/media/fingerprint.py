"""A film's content in 32 bytes, without reading the film.

Sixteen blocks of 64 KiB at fixed relative places, the first and the last byte among them, and the size: one megabyte
for a film of any size, some 10 ms on a disk and a second on a slow network. A new name changes nothing. An encoded
film has the same bytes nowhere that another has, so two films of one size differ in every block; what is missed is a
change between the blocks, such as a damaged place, which does not make it another film.
"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from typing import Protocol

from player.media.source import is_url, local_path, name_of

logger = logging.getLogger(__name__)

BLOCKS = 16
BLOCK = 64 * 1024  # bytes
WHOLE = BLOCKS * BLOCK  # what is not larger is read whole


class SeekableFile(Protocol):
    """What of a raw binary file is needed; `read` may give less than was asked for."""

    def seek(self, offset: int, /) -> int: ...

    def read(self, size: int, /) -> bytes | None: ...


def content_hash(path: str) -> bytes | None:
    """The fingerprint of a file's content, 32 bytes.

    None: it has none that stays: an address, no file at all, an empty one, one that can't be read, or that is being
    written. The log says which, at info."""
    if is_url(path):
        return None
    path = local_path(path)
    try:
        # looked at before it is opened: opening a pipe waits for whoever writes into it
        if not stat.S_ISREG(os.stat(path).st_mode):
            return None
        with open(path, "rb", buffering=0) as file:
            before = os.fstat(file.fileno())
            if before.st_size == 0:
                return None
            digest = sampled_hash(file, before.st_size)
            after = os.fstat(file.fileno())
    except (OSError, ValueError) as error:
        logger.info("%r has no fingerprint: %s", name_of(path), error)
        return None
    if digest is None or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        logger.info("%r has no fingerprint yet: it is being written", name_of(path))
        return None
    return digest


def sampled_hash(file: SeekableFile, size: int) -> bytes | None:
    """BLAKE2b of the size and the sampled blocks. None: the file is shorter than it should be. Raises OSError."""
    digest = hashlib.blake2b(digest_size=32, person=b"matinee film 1")
    digest.update(size.to_bytes(8, "little"))
    for start, length in sampled_places(size):
        file.seek(start)
        left = length
        while left:
            part = file.read(left)
            if not part:
                return None
            digest.update(part)
            left -= len(part)
    return digest.digest()


def sampled_places(size: int) -> list[tuple[int, int]]:
    """(start, length) of what is read of a file of that size, in bytes, in order and without overlap."""
    if size <= WHOLE:
        return [(0, size)]
    return [((size - BLOCK) * number // (BLOCKS - 1), BLOCK) for number in range(BLOCKS)]
