"""The process of the call with cameras that are generators of FFmpeg's, named as its filters are, and one that another
program has. Run as `python lavfi_call.py --memory NAME ...`."""

from __future__ import annotations

import errno
import os
import sys

from player.call import devices
from player.call.__main__ import main

BUSY = "the one that another program has"


class Generator(devices.InputCamera):
    def __init__(self, device: str, wish: dict[str, str]) -> None:
        if device == BUSY:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        super().__init__(device, wish)


if __name__ == "__main__":
    devices.FORMAT, devices.WISHES = "lavfi", ({},)
    devices.InputCamera = Generator  # type: ignore[misc]
    sys.exit(main())
