"""A room that another authority gives away: `--adopt FILE`, as the app's host starts its server with.

The film has played on since the bundle was made. How long that is we know from the file: its stamp is when the
bundle came.
"""

from __future__ import annotations

import base64
import binascii
import time
from pathlib import Path

from server.core.room_codec import CodecError, read_bundle
from server.core.room_state import Room, RoomPolicy
from server.core.timeline import RoomTime
from server.store.port import StoreError

OLDEST = 120.0  # s; a file that lay about for longer says nothing about the film
MOST_BYTES = 16 * 2**20


def read_adopted(path: str, policy: RoomPolicy) -> tuple[Room, RoomTime]:
    """The room and what its own clock reads now, both on the room time that it comes from. Raises StoreError."""
    try:
        file = Path(path)
        written = file.stat()
        if written.st_size > MOST_BYTES:
            raise CodecError("it is too large")
        room, made = read_bundle(base64.b64decode(file.read_bytes(), validate=True), policy)
    except OSError as error:
        raise StoreError(f"The room in {path!r} can't be read ({error.strerror}); check --adopt") from None
    except (CodecError, binascii.Error) as error:
        raise StoreError(f"{path!r} holds no room ({error}); let the room be handed over again") from None
    age = time.time() - written.st_mtime  # the calendar: it is all that a file has
    return room, RoomTime(made + (age if 0.0 <= age <= OLDEST else 0.0))
