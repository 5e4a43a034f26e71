"""`matinee-server rooms` and `matinee-server backup FILE`: looking after a server from a shell on its machine.

They find the server by its state folder: what it says of itself there, which only its user may read, is where it
listens and a token. Whoever holds the folder's lock is that server, so its certificate need not be looked at. Without
a server that runs, the file with the rooms is read itself.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import msgspec

from server.core.room_codec import CodecError, room_of
from server.core.room_summary import RoomSummary, summary_of
from server.core.timeline import RoomTime
from server.settings import ServerSettings, SettingsError, read_settings
from server.store.port import StoreError
from server.store.room_file import back_up, read_rooms
from server.store.state_dir import Endpoint, StateDir

NAME = "matinee-server"
PATIENCE = 10.0  # s for an answer


class ConsoleError(Exception):
    """Something that can't be done. The words are for a person."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{NAME}: {message}; see {self.prog} --help\n")


def main(argv: Sequence[str]) -> int:
    """Run `rooms ...` or `backup ...`. Returns the exit code."""
    parser = _Parser(prog=f"{NAME} {argv[0]}", argument_default=argparse.SUPPRESS, allow_abbrev=False)
    if argv[0] == "rooms":
        parser.description = "Lists the rooms of the server that keeps its state in a folder."
        parser.add_argument("--close", metavar="NAME", default="", help="end this room instead")
        parser.add_argument("--json", action="store_true", default=False, help="for programs")
    else:
        parser.description = "Copies the rooms of a server, which may be running."
        parser.add_argument("file", metavar="FILE", help="where to; it must not be there yet")
    parser.add_argument("--state-dir", metavar="DIR", help="the server's own")
    parser.add_argument("--config", metavar="FILE", default="", help="the server's settings, if it is named there")
    options = vars(parser.parse_args(argv[1:]))
    flags = {name: options[name] for name in ("state_dir",) if name in options}
    try:
        settings = read_settings(flags, os.environ, options["config"])
        state = _state_of(settings)
        if argv[0] == "backup":
            back_up(state.rooms_file, Path(options["file"]))
        elif options["close"]:
            _close(state, options["close"])
        else:
            _list(state, settings, options["json"])
    except SettingsError as error:
        parser.exit(2, f"{NAME}: {error}\n")
    except (ConsoleError, StoreError) as error:
        print(f"{NAME}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _state_of(settings: ServerSettings) -> StateDir:
    if not settings.state_dir:
        raise SettingsError("there is no state folder; name the server's with --state-dir")
    return StateDir(settings.state_dir)


def _list(state: StateDir, settings: ServerSettings, as_json: bool) -> None:
    endpoint = state.endpoint()
    if endpoint is not None:
        answer = _ask(endpoint, "GET", "rooms")
        rooms = msgspec.convert(answer["rooms"], list[RoomSummary])
    else:
        print(f"{NAME}: the server does not run; these are the rooms that it keeps", file=sys.stderr)  # noqa: T201
        rooms = _kept_rooms(state, settings)
    text = json.dumps(msgspec.to_builtins(rooms), ensure_ascii=False) if as_json else table_of(rooms)
    print(text)  # noqa: T201


def _close(state: StateDir, name: str) -> None:
    endpoint = state.endpoint()
    if endpoint is None:
        raise ConsoleError("the server does not run; start it to close a room")
    if not _ask(endpoint, "POST", f"close?room={quote(name, safe='')}")["rooms"]:
        raise ConsoleError(f"there is no room {name!r}; see {NAME} rooms")


def _kept_rooms(state: StateDir, settings: ServerSettings) -> list[RoomSummary]:
    kept = read_rooms(state.rooms_file)
    now = RoomTime(float(kept.notes.get("lived", 0.0)))
    rooms = []
    for name, parts in kept.rooms.items():
        try:
            rooms.append(summary_of(room_of(name, parts, settings.room, ""), now))
        except CodecError as error:
            raise StoreError(f"The room {name!r} can't be read ({error}); put a backup there") from None
    return rooms


def _ask(endpoint: Endpoint, method: str, page: str) -> Any:
    """What the server that runs says. Raises ConsoleError."""
    connection: http.client.HTTPConnection
    if endpoint.tls:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # see above: it is the folder's holder
        connection = http.client.HTTPSConnection(endpoint.host, endpoint.port, timeout=PATIENCE, context=context)
    else:
        connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=PATIENCE)
    try:
        headers = {"Authorization": f"Bearer {endpoint.token}"}
        connection.request(method, f"{endpoint.path}/admin/{page}", headers=headers)
        answer = connection.getresponse()
        return json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ConsoleError(
            f"the server at {endpoint.host}:{endpoint.port} does not answer ({error}); look at its log"
        ) from None
    finally:
        connection.close()


# -- words ------------------------------------------------------------------------------------------------------------


def table_of(rooms: Sequence[RoomSummary]) -> str:
    """The rooms for a person, one a line."""
    if not rooms:
        return "no rooms"
    rows = [("ROOM", "PEOPLE", "PLAYS", "SINCE"), *map(_row, sorted(rooms, key=lambda room: room.name))]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join("  ".join((*(map(str.ljust, row[:3], widths)), row[3])) for row in rows)


def _row(room: RoomSummary) -> tuple[str, str, str, str]:
    people = f"{len(room.people)}"
    if room.people:
        people += f": {', '.join(room.people)}"
    if room.lost:
        people += f" (+{room.lost} lost)"
    plays = (
        "nothing" if room.state == "empty" else f"{room.title or 'a film'}, {room.state} at {clock_of(room.media_time)}"
    )
    return _plain(room.name), _plain(people), _plain(plays), "?" if room.age is None else age_of(room.age)


def _plain(text: str) -> str:
    """Without what would move a terminal's cursor: people choose these texts."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def clock_of(seconds: float) -> str:
    """H:MM:SS."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def age_of(seconds: float) -> str:
    """How long something has lasted, roughly."""
    minutes = int(seconds // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"
