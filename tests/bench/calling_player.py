"""`matinee` for the rig, which starts and commands it: who joins a room is in its call, too, with test devices."""

from __future__ import annotations

import os
import sys

from tests.bench.stage import program

CALL = ("--call", "--camera", "test", "--mic", "test")


def main() -> None:
    words = sys.argv[1:]
    os.execv(program("matinee"), ["matinee", *words, *(CALL if words[:1] == ["join"] else ())])


if __name__ == "__main__":
    main()
