"""The command line of `matinee`, as values (DESIGN section 7)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

from player.core.invite import Invite, InviteError, parse_invite
from player.core.server_url import invite_on_server
from server import __version__
from server.core import protocol
from server.core.timeline import MAX_RATE, MIN_RATE

EPILOG = "Without a command the window opens on its welcome page."


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for. `invite` is set for join and remote, and perhaps for doctor; `action` None is remote's
    `status`; `camera` and `mic`: "" is not named."""

    command: Literal["window", "open", "host", "join", "remote", "demo", "doctor"] = "window"
    media: str = ""
    invite: Invite | None = None
    invite_text: str = ""
    action: protocol.Action | None = None
    room: str = ""
    password: str = ""
    listen: str = ""
    server: str = ""
    out: Path = Path("demo-out")
    name: str = ""
    headless: bool = False
    quit_after: float | None = None
    telemetry: Path | None = None
    geometry: str = ""
    volume: int | None = None
    log_level: str = "warning"
    config: Path | None = None
    clock_offset: float = 0.0
    clock_ppm: float = 0.0
    estimator_error: float = 0.0
    control: bool = False
    call: bool = False
    camera: str = ""
    mic: str = ""
    relay_only: bool = False


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Wrong use: one sentence, exit status 2."""
        self.exit(2, f"{self.prog}: {message[:1].upper()}{message[1:]}. Try {self.prog.split()[0]} --help.\n")


def read_command_line(words: Sequence[str] | None = None) -> Options:
    """The options of a start. Exits with 2 and one sentence on wrong use, with 0 after --help and --version."""
    parser = _build_parser()
    given = vars(parser.parse_args(words))
    given["command"] = given["command"] or "window"
    action = given.pop("do", None)
    if given["command"] == "remote":
        given["action"] = _read_action(parser, action or [])
    try:
        if "invite_text" in given:
            given["invite"] = parse_invite(given["invite_text"])
        if given.get("server"):
            invite_on_server(given["server"], given.get("room") or "room")
    except InviteError as error:
        parser.exit(2, f"matinee: {error}\n")
    volume, geometry = given.get("volume"), given.get("geometry", "")
    if volume is not None and not 0 <= volume <= 100:
        parser.error("--volume wants a number from 0 to 100")
    if geometry and not _is_geometry(geometry):
        parser.error(f"--geometry wants WxH+X+Y, such as 640x360+0+0, not {geometry!r}")
    return Options(**{key: value for key, value in given.items() if value is not None})


def _is_geometry(text: str) -> bool:
    size, plus, place = text.partition("+")
    numbers = [*size.split("x"), *(place.split("+") if plus else ["0", "0"])]
    return len(numbers) == 4 and all(number.isdigit() for number in numbers)


def _read_action(parser: argparse.ArgumentParser, words: list[str]) -> protocol.Action | None:
    match words:
        case ["play"]:
            return protocol.Play()
        case ["pause"]:
            return protocol.Pause()
        case ["seek", number]:
            return protocol.Seek(media_us=protocol.micros(_number(parser, number, 0.0, 1e6)))
        case ["rate", number]:
            return protocol.SetRate(rate=_number(parser, number, MIN_RATE, MAX_RATE))
    if words != ["status"]:
        parser.error("remote wants one of: play, pause, seek SECONDS, rate R, status")
    return None


def _number(parser: argparse.ArgumentParser, text: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        parser.error(f"{text!r} is no number from {least:g} to {most:g}")
    return number


def _build_parser() -> argparse.ArgumentParser:
    common, calling = _common_options(), _call_options()
    parser = _Parser(
        prog="matinee", description="Watch a film together, on the same frame.", parents=[common], epilog=EPILOG
    )
    parser.add_argument("--version", action="version", version=f"matinee {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    opening = commands.add_parser("open", parents=[common, calling], help="play a file or URL")
    opening.add_argument("media", metavar="MEDIA", nargs="?")  # a desktop's menu starts this without a file
    host = commands.add_parser("host", parents=[common, calling], help="host a room from this computer")
    host.add_argument("media", metavar="MEDIA", nargs="?")
    host.add_argument("--room", metavar="NAME", help="what the room is called")
    host.add_argument("--password", metavar="P", help="what whoever joins has to know, besides the invite")
    host.add_argument("--listen", metavar="ADDR:PORT", help="where friends reach it (usual: every address)")
    host.add_argument("--server", metavar="URL", help="make the room on that matinee-server instead")
    join = commands.add_parser("join", parents=[common, calling], help="join a room by its invite")
    join.add_argument("invite_text", metavar="INVITE")
    join.add_argument("media", metavar="MEDIA", nargs="?", help="your copy of the film")
    join.add_argument("--password", metavar="P", help="the room's password, if it has one")
    remote = commands.add_parser("remote", parents=[common], help="send a room one command")
    remote.add_argument("invite_text", metavar="INVITE")
    remote.add_argument("do", nargs="+", metavar="play|pause|seek SECONDS|rate R|status")
    remote.add_argument("--password", metavar="P", help="the room's password, if it has one")
    everything = "everything on one machine: two players in one room; with --call two more and a call of all"
    demo = commands.add_parser("demo", parents=[common, calling], help=everything)
    demo.add_argument("media", metavar="MEDIA", nargs="?")
    demo.add_argument("--out", type=Path, metavar="DIR", help="where results go (usual: ./demo-out)")
    doctor = commands.add_parser("doctor", parents=[common], help="what works here, and calls in a room")
    doctor.add_argument("invite_text", metavar="INVITE", nargs="?", default=argparse.SUPPRESS)
    doctor.add_argument("--password", metavar="P", help="the room's password, if it has one")
    return parser


def _call_options() -> _Parser:
    """Of what may come into a call."""
    calling = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    calling.add_argument(
        "--call",
        action="store_true",
        help="join the room's call by itself; nothing is captured but what --camera and --mic name",
    )
    devices = "NAME|test|off"
    calling.add_argument("--camera", metavar=devices, help="the camera for calls; with --call it is switched on")
    calling.add_argument("--mic", metavar=devices, help="the microphone for calls; with --call it is switched on")
    calling.add_argument("--relay-only", action="store_true", help="calls contact nothing but the room's relays")
    return calling


def _common_options() -> _Parser:
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--name", metavar="NAME", help="what others see (asked once, then remembered)")
    common.add_argument("--headless", action="store_true", help="no window, no sound device")
    common.add_argument("--quit-after", type=float, metavar="SECONDS", help="end by itself")
    common.add_argument("--telemetry", type=Path, metavar="FILE", help="write what was presented and when, JSON lines")
    common.add_argument("--geometry", metavar="WxH+X+Y", help="the window's size and place")
    common.add_argument("--volume", type=int, metavar="0..100")
    common.add_argument("--log-level", choices=("debug", "info", "warning", "error"), metavar="LEVEL")
    common.add_argument("--config", type=Path, metavar="FILE", help="where name, volume and window are remembered")
    for hidden in ("--clock-offset", "--clock-ppm", "--estimator-error"):  # levers of the demo and the tests
        common.add_argument(hidden, type=float, help=argparse.SUPPRESS)
    common.add_argument("--control", action="store_true", help=argparse.SUPPRESS)
    return common
