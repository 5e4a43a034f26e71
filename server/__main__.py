"""`matinee-server` (and `python -m server`): options, logging, and running until a signal.

Prints `listening: ADDR:PORT` as soon as it accepts, after `pin: ...` if it made a certificate of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from server import __version__
from server.listener import ListenError, listening
from server.logs import set_up_log
from server.settings import DEFAULT_LISTEN, ServerSettings, SettingsError, read_settings
from server.sweeper import Sweeper

NAME = "matinee-server"
SUB_COMMANDS = ("rooms", "backup")


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{NAME}: {message}; see {NAME} --help\n")


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=NAME,
        description="The authority of Matinee: says what the time is and where the film is. "
        "`matinee-server rooms` lists the rooms of one that runs, `matinee-server backup FILE` copies them.",
        epilog="Each option can stand in the environment (MATINEE_SERVER_LISTEN, ...) or in the file of --config "
        "(TOML: listen = '...'), limits under [limits] and the rooms' policy under [room]. Secrets are better there: "
        "command lines are public.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{NAME} {__version__}")
    add = parser.add_argument
    add("--listen", metavar="ADDR:PORT", help=f"where to accept players (default {DEFAULT_LISTEN}; port 0: a free one)")
    add("--no-tls", action="store_true", help="do not encrypt (the default on loopback only)")
    add("--tls-cert", metavar="FILE", help="certificate chain, PEM; read again when it changes, and on SIGHUP")
    add("--tls-key", metavar="FILE", help="its key, PEM, not encrypted")
    add("--certificate-dir", metavar="DIR", help="keep the server's own certificate here, so that its pin stays")
    add("--state-dir", metavar="DIR", help="keep the rooms, and the server's own certificate, here")
    add("--adopt", metavar="FILE", help="take over the room in this file, which another server gave away")
    add("--redis", metavar="URL", help="keep the rooms in this Redis, so that several servers are one service")
    add("--password", metavar="P", help="what everybody has to know")
    add("--key", metavar="KEY", help="what every invite has to carry")
    add("--maker-key", metavar="KEY", help="what making a room takes")
    add("--path", metavar="PREFIX", help="serve below this path")
    add("--trusted-proxy", metavar="ADDR", action="append", help="believe this proxy's X-Forwarded-For (repeatable)")
    add(
        "--metrics-from", metavar="NET", action="append", help="who may read /metrics, beside this machine (repeatable)"
    )
    add("--turn", metavar="URL", action="append", help="a relay for calls, turn:HOST:PORT or turns:... (repeatable)")
    add("--turn-secret", metavar="S", help="what that relay shares with this server (coturn: static-auth-secret)")
    add("--no-stun", action="store_true", help="do not tell players by UDP, on the same port, where they come from")
    add("--janus", metavar="URL", help="the SFU of larger calls, ws: or wss: URL of a Janus (see packaging/janus)")
    add("--janus-secret", metavar="S", help="what that Janus shares with this server (its secret.jcfg)")
    add("--janus-public", metavar="URL", help="the same Janus as members reach it, if that is another URL")
    add("--until-stdin-closes", action="store_true", help="end when standard input ends")
    add("--log-level", metavar="LEVEL", help="debug, info, warning or error (default info)")
    add("--log-format", metavar="FORMAT", help="text or json (default text)")
    add("--limit", metavar="NAME=VALUE", action="append", help="change one limit or number of the rooms' policy")
    add("--config", metavar="FILE", help="settings in TOML")
    return parser


def read_command_line(argv: Sequence[str] | None) -> ServerSettings:
    """Settings of a command line. Exits with 2 and one sentence where it is wrong."""
    parser = build_parser()
    flags: dict[str, Any] = vars(parser.parse_args(argv))
    config = flags.pop("config", "")
    try:
        for text in flags.pop("limit", ()):
            name, equals, value = text.partition("=")
            table = ServerSettings.table_of(name)
            if not equals or not table:
                raise SettingsError(f"--limit {text} is no NAME=VALUE of a limit that exists; check its name")
            flags.setdefault(table, {})[name] = value
        return read_settings(flags, os.environ, config)
    except SettingsError as error:
        parser.exit(2, f"{NAME}: {error}\n")


async def run(settings: ServerSettings) -> None:
    """Serve until SIGINT, SIGTERM or, if asked for, the end of standard input. Raises ListenError."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(stop.set)

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: end())
    if settings.until_stdin_closes:
        threading.Thread(target=_wait_for_stdin, args=(end,), name="stdin", daemon=True).start()
    async with listening(settings) as server:
        if server.pin:
            print(f"pin: {server.pin}", flush=True)  # noqa: T201
        if server.files is not None and sys.platform != "win32":
            loop.add_signal_handler(signal.SIGHUP, server.files.reload)
        house = server.authority.house
        sweeper = Sweeper(lambda: house.crowd, lambda: house.ended)
        sweeper.begin()
        print(f"listening: {server.address}", flush=True)  # noqa: T201
        await stop.wait()
        sweeper.end()


def _wait_for_stdin(end: Callable[[], None]) -> None:
    """Read standard input, whatever it says, to its end."""
    with contextlib.suppress(OSError, ValueError):
        while sys.stdin is not None and os.read(sys.stdin.fileno(), 4096):
            pass
    end()


def _raise_file_limit() -> None:
    """Each connection is a file, and a shell's usual 1024 are fewer than our own limit."""
    try:
        import resource  # noqa: PLC0415  (not on Windows)
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 16384 if hard == resource.RLIM_INFINITY else min(hard, 16384)
    if soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _give_memory_back() -> None:
    """glibc keeps what was freed once large blocks come and go (a password's 19 MiB, a crowd's buffers): told how large
    a block may be to be kept, it gives the rest back."""
    trim_threshold, mmap_threshold = -1, -3  # of malloc.h
    with contextlib.suppress(OSError, AttributeError):  # another libc
        libc = ctypes.CDLL(None)
        libc.mallopt(mmap_threshold, 1024 * 1024)
        libc.mallopt(trim_threshold, 1024 * 1024)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where there is one: half the processor time, and a third of the worst delay."""
    try:
        import uvloop  # noqa: PLC0415  (not on Windows)
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def main(argv: Sequence[str] | None = None) -> int:
    words = sys.argv[1:] if argv is None else argv
    if words and words[0] in SUB_COMMANDS:
        from server import console  # noqa: PLC0415  (a server has no need of it)

        return console.main(words)
    settings = read_command_line(words)
    set_up_log(settings.log_level, settings.log_format)
    _raise_file_limit()
    _give_memory_back()
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(run(settings))
    except ListenError as error:
        print(f"{NAME}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
