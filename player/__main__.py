"""`matinee`: one command line for the window, the room's remote, the demo and the doctor."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from player.command_line import Options, read_command_line

SWITCH_INTERVAL = 0.0005  # s: Python's 5 ms make a paint late as soon as another thread runs Python (facts/media.md)


def main(words: Sequence[str] | None = None) -> int:
    """The console script. Returns the exit status: 0 success, 1 failure, 2 wrong use."""
    words = sys.argv[1:] if words is None else words
    if words[:1] == ["--serve"]:  # inside a bundle there is one program: the authority is this one, too
        from server.__main__ import main as serve

        return serve(list(words[1:]))
    if words[:1] == ["--call-process"]:  # likewise the process of the call
        from player.call.__main__ import main as call

        return call(words[1:])
    options = read_command_line(words)
    sys.setswitchinterval(SWITCH_INTERVAL)
    logging.basicConfig(level=options.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        return _run(options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(options: Options) -> int:
    match options.command:
        case "remote":
            return _send(options)
        case "demo":
            from player.demo import run_demo

            call = (options.camera or "test", options.mic or "test") if options.call else None
            return run_demo(options.media or None, options.out, call)
        case "doctor":
            from player.doctor import run_doctor

            invite = options.invite and replace(options.invite, password=options.password)
            return run_doctor(invite)
        case _:
            from player.app import run_player

            return run_player(options)


def _send(options: Options) -> int:
    """`matinee remote`: one command, and what came of it as a line of JSON."""
    from player.net.remote import run_remote
    from player.ports import LinkError

    assert options.invite is not None  # the command line wants one
    invite = replace(options.invite, password=options.password)
    try:
        stated = asyncio.run(run_remote(invite, options.action, timeout=10.0))
    except LinkError as error:
        print(f"matinee: {error}", file=sys.stderr)  # noqa: T201
        return 1
    told = {
        "revision": stated.revision,
        "state": stated.state,
        "media_time": stated.media_us / 1e6,
        "room_time": stated.room_us / 1e6,
        "rate": stated.rate,
    }
    print(json.dumps(told))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
