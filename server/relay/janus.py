"""The SFU of larger calls: makes and ends the meetings of rooms on a Janus, and signs what admits members to them.

A Janus by our configuration (packaging/janus) believes only what is signed by the secret that it and the authority
share. Members get two signatures that end by themselves: the token to speak with Janus at all, the ticket to their
meeting. The rooms say who gets them (who is in the call), and when a meeting is wanted (`core/call_mode.py`).

One task looks after everything: it connects, sees that Janus is guarded as it should be, asks every few seconds whether
it lives, and makes true what the rooms need. If Janus is gone, the rooms are told.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from msgspec.structs import replace
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin, Subprotocol

from server.core.call_mode import meeting_of
from server.core.janus_words import (
    CORE_REALM,
    NO_ROOM,
    ORIGIN,
    PLUGIN,
    ROOM_EXISTS,
    SUBPROTOCOL,
    WORD_MOST,
    JanusError,
    Said,
    number_of,
    read_word,
    word_of,
)
from server.core.meetings import MeetingKey, Meetings, needed_by, planned
from server.core.protocol import Meeting, Ways
from server.core.room_state import Met, Room, RoomCommand
from server.core.timeline import LocalTime, RoomTime

logger = logging.getLogger(__name__)

LASTING = 300  # s that a token and a ticket hold: who has left the call is out by then, who lost the server is not
LOOK_EVERY = 0.5  # s
ALIVE_EVERY = 3.0  # s
ANSWER_MOST = 3.0  # s that an answer may take
AGAIN_FIRST, AGAIN_MOST = 1.0, 15.0  # s between attempts to connect
PATIENCE = 2.0  # s for a connection that broke to be made anew before the calls are told
BITS_MOST = 1_000_000  # bit/s of one camera: 640x480 at 24 needs less

UNSIGNED, NO_ADMIN_KEY = 403, 429  # error codes of what nobody may do

OPEN = "it lets anybody in: run it by the configuration under packaging/janus"


def sign(secret: str, until: int, realm: str, *permits: str) -> str:
    """A token of Janus (`token_auth_secret`): what it permits until a time, s since 1970, and the HMAC-SHA1 of that."""
    said = ",".join((str(until), realm, *permits))
    return f"{said}:{base64.b64encode(hmac.new(secret.encode(), said.encode(), hashlib.sha1).digest()).decode()}"


def meeting_id(secret: str, key: MeetingKey) -> str:
    """What Janus calls a meeting: nobody guesses it, every process that shares the secret says the same."""
    return _digest(secret, "meeting", key)


def with_meeting(ways: Ways, url: str, secret: str, room: Room, wall_time: float) -> Ways:
    """The ways, and what a member of the room's call needs to meet the others, if they do on the SFU."""
    generation = meeting_of(room)
    if generation is None:
        return ways
    id = meeting_id(secret, MeetingKey(room.name, room.salt, generation))
    until = int(wall_time) + LASTING
    meeting = Meeting(
        url=url,
        room=id,
        generation=generation,
        token=sign(secret, until, CORE_REALM, PLUGIN),
        ticket=sign(secret, until, PLUGIN, f"room={id}"),
    )
    return replace(ways, seconds=min(ways.seconds, LASTING), meeting=meeting)


def _digest(secret: str, purpose: str, key: MeetingKey) -> str:
    said = "\0".join((purpose, key.room, key.salt, str(key.generation)))
    return hmac.new(secret.encode(), said.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]


class RoomShelf(Protocol):
    """What is needed of a store of rooms."""

    def rooms(self) -> Iterable[Room]: ...

    async def find(self, name: str) -> Room | None: ...


class Line:
    """A connection to Janus with a handle of the plugin. One question at a time. Owner: the loop's thread."""

    def __init__(self, socket: ClientConnection, secret: str) -> None:
        self._socket, self._secret = socket, secret
        self._session = self._handle = 0
        self._numbers = itertools.count(1)

    async def open(self) -> None:
        """Begin a session. Raises JanusError, also if this Janus is open to anybody."""
        await self._see_that_it_refuses(UNSIGNED, self._ask("create", token=sign("", 0, CORE_REALM, PLUGIN)))
        self._session = number_of((await self._ask("create")).data, "id")
        self._handle = number_of((await self._ask("attach", plugin=PLUGIN)).data, "id")
        await self._see_that_it_refuses(NO_ADMIN_KEY, self.ask_plugin(request="create", room="open-to-anybody"))

    async def ask_plugin(self, **body: Any) -> Said:
        """Raises JanusError."""
        return await self._ask("message", body=body)

    async def live(self) -> None:
        """Raises JanusError if Janus does not."""
        await self._ask("keepalive")

    async def _see_that_it_refuses(self, code: int, question: Awaitable[Said]) -> None:
        try:
            await question
        except JanusError as error:
            if error.code == code:
                return
            raise
        raise JanusError(OPEN)

    async def _ask(self, kind: str, body: dict[str, Any] | None = None, token: str = "", **more: Any) -> Said:
        number = str(next(self._numbers))
        token = token or sign(self._secret, int(time.time()) + LASTING, CORE_REALM, PLUGIN)
        text = word_of(kind, number, token, self._session, self._handle, body, **more)
        try:
            async with asyncio.timeout(ANSWER_MOST):
                await self._socket.send(text)
                said = read_word(await self._socket.recv())
                while said.transaction != number or (said.kind == "ack" and kind != "keepalive"):
                    said = read_word(await self._socket.recv())
        except TimeoutError:
            raise JanusError("it does not answer") from None
        except (OSError, WebSocketException) as error:
            raise JanusError(f"the connection ended ({error})") from None
        if said.error is not None:
            raise said.error
        return said


class Sfu:
    """`lasts`: the rooms go on without this process, and so do their meetings. Owner of all fields: the loop's
    thread."""

    def __init__(
        self,
        url: str,
        public_url: str,
        secret: str,
        store: RoomShelf,
        submit: Callable[[str, RoomCommand, RoomTime], None],
        now: Callable[[], RoomTime],
        lasts: bool,
    ) -> None:
        self.public_url = public_url  # as members reach it
        self._url, self._secret, self._lasts = url, secret, lasts
        self._store, self._submit, self._now = store, submit, now
        self._meetings = Meetings()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.is_up = False

    def open(self) -> None:
        self._task = asyncio.create_task(self._run(), name="sfu")

    async def close(self) -> None:
        """End the meetings, if the rooms end, too."""
        self._closing.set()
        if self._task is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._task, ANSWER_MOST)

    # -- the task ------------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        time_now = asyncio.get_running_loop().time
        pause, words, patient_until = AGAIN_FIRST, "", time_now() + PATIENCE
        while not self._closing.is_set():
            error = await self._serve()
            if self.is_up:
                self.is_up, self._meetings = False, self._meetings.doubted()
                pause, words, patient_until = AGAIN_FIRST, "", time_now() + PATIENCE
            if error != words:  # not the same every few seconds
                words = error
                logger.warning("Larger calls have no SFU at %s: %s", self._url, words)
            if time_now() >= patient_until:
                self._give_up()
            await self._wait(pause)
            pause = min(2 * pause, AGAIN_MOST)

    async def _serve(self) -> str:
        """Connect, and do what there is to do until that ends. Returns why; "": this authority is being closed."""
        try:
            async with asyncio.timeout(ANSWER_MOST):
                socket = await connect(
                    self._url,
                    origin=Origin(ORIGIN),
                    subprotocols=[Subprotocol(SUBPROTOCOL)],
                    max_size=WORD_MOST,
                    ping_interval=None,  # `live` asks more: whether Janus does anything
                    proxy=None,
                    logger=logging.getLogger("server.janus"),
                )
        except (OSError, TimeoutError, WebSocketException, ValueError) as error:
            return f"it can't be reached ({str(error) or 'no answer'})"
        try:
            line = Line(socket, self._secret)
            await line.open()
            self.is_up = True
            logger.info("Larger calls have an SFU at %s", self._url)
            await self._look_after(line)
        except JanusError as error:
            return str(error)
        except Exception:  # the top of this task
            logger.exception("Looking after the SFU went wrong")
            return "an error of this server's own"
        finally:
            socket.transport.abort()
        return ""

    async def _look_after(self, line: Line) -> None:
        time_now = asyncio.get_running_loop().time
        asked_at = time_now()
        while not self._closing.is_set():
            await self._do(line, LocalTime(time_now()))
            if time_now() >= asked_at + ALIVE_EVERY:
                asked_at = time_now()
                await line.live()
            await self._wait(LOOK_EVERY)
        for key in () if self._lasts else self._meetings.standing:
            await self._end(line, key)

    async def _do(self, line: Line, now: LocalTime) -> None:
        """Make true what the rooms need."""
        rooms = {room.name: room for room in self._store.rooms() if needed_by(room)}
        try:
            for key in self._meetings.standing:
                if key.room not in rooms and (room := await self._store.find(key.room)) is not None:
                    rooms[key.room] = room
        except Exception as error:  # each store has its own kind; nothing is known of the room, so nothing is done
            logger.warning("A room could not be looked up, whose call the SFU may have: %s", error)
            return
        plan = planned(self._meetings, rooms, now)
        self._meetings = plan.meetings
        for key in plan.make:
            await self._make(line, key)
        for key in plan.tell:
            self._submit(key.room, Met(key.generation, stands=True), self._now())
        for key in plan.end:
            await self._end(line, key)

    async def _make(self, line: Line, key: MeetingKey) -> None:
        try:
            await line.ask_plugin(
                request="create",
                room=meeting_id(self._secret, key),
                admin_key=self._secret,
                secret=_digest(self._secret, "end", key),
                is_private=True,
                signed_tokens=True,
                require_pvtid=True,
                publishers=16,
                bitrate=BITS_MOST,
                fir_freq=0,
                audiocodec="opus",
                videocodec="vp8",
                audiolevel_ext=False,
                videoorient_ext=False,
                playoutdelay_ext=False,
                transport_wide_cc_ext=False,
                lock_record=True,
            )
        except JanusError as error:
            if error.code == 0:
                raise
            if error.code != ROOM_EXISTS:
                logger.warning("The SFU makes no meeting: %s", error)
                self._submit(key.room, Met(key.generation, stands=False), self._now())
                return
        self._meetings = self._meetings.with_made(key)

    async def _end(self, line: Line, key: MeetingKey) -> None:
        try:
            await line.ask_plugin(
                request="destroy", room=meeting_id(self._secret, key), secret=_digest(self._secret, "end", key)
            )
        except JanusError as error:
            if error.code == 0:
                raise
            if error.code != NO_ROOM:
                logger.warning("The SFU does not end a meeting: %s", error)
        self._meetings = self._meetings.without(key)

    def _give_up(self) -> None:
        """Tell the rooms that meet there that they do no more."""
        for room in list(self._store.rooms()):
            generation = meeting_of(room)
            if generation is not None:
                self._submit(room.name, Met(generation, stands=False), self._now())

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)
