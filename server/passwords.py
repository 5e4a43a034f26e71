"""Passwords as they are kept: argon2id, made and checked by one thread beside the loop.

The parameters are OWASP's for little memory (RFC 9106 section 4 leaves them to who runs it): 19 MiB, two passes, one
lane, about 20 ms. One at a time, so that a crowd at the door takes 19 MiB and one core, not more, and with a bounded
queue: whoever comes when it is full is refused as "busy". Nobody waits in a queue who has gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import unicodedata
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

logger = logging.getLogger(__name__)

MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
ENCODED_MOST = 128  # characters; ours have 97
UNREADABLE = "A kept password can't be read, so nobody gets in by it: the room's host has to set it anew"

Answer = TypeVar("Answer")


class DeskBusy(Exception):  # noqa: N818  (it is an answer rather than an error)
    """Too many ask at once; the asker has to come again later."""


@dataclass(eq=False, slots=True)
class _Asker:
    work: Callable[[], Any]
    answer: asyncio.Future[Any]


class PasswordDesk:
    """Hashes and verifies, one at a time. Owner of all fields: the loop's thread; the worker sees one `work` each."""

    def __init__(self, waiting_most: int = 32) -> None:
        self._waiting_most = waiting_most
        self._waiting: deque[_Asker] = deque()
        self._is_working = False
        self._is_closed = False
        self._worker = ThreadPoolExecutor(1, "passwords")

    @property
    def waiting(self) -> int:
        """How many wait, without the one that is being worked on."""
        return len(self._waiting)

    async def hash(self, password: str) -> str:
        """What to keep of a password: at most `ENCODED_MOST` characters of ASCII. Raises DeskBusy."""
        return await self._ask(lambda: _HASHER.hash(_plain(password)))

    async def verify(self, encoded: str, password: str) -> bool:
        """Whether this is the password that `encoded` was made of. What is no such text fits no password. Raises
        DeskBusy."""
        if not _is_ours(encoded):
            logger.warning(UNREADABLE)
            return False
        return await self._ask(lambda: _fits(encoded, _plain(password)))

    def close(self) -> None:
        """Whoever still waits is told that the desk is busy; what is being worked on ends by itself."""
        self._is_closed = True
        while self._waiting:
            asker = self._waiting.popleft()
            if not asker.answer.done():
                asker.answer.set_exception(DeskBusy())
        self._worker.shutdown(wait=False)

    async def _ask(self, work: Callable[[], Answer]) -> Answer:
        if self._is_closed or len(self._waiting) >= self._waiting_most:
            raise DeskBusy
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        asker = _Asker(work, answer)
        self._waiting.append(asker)
        self._begin_next()
        try:
            return await answer
        finally:
            if asker in self._waiting:  # was cancelled
                self._waiting.remove(asker)

    def _begin_next(self) -> None:
        if self._is_working or not self._waiting:
            return
        self._is_working = True
        asker = self._waiting.popleft()
        loop = asyncio.get_running_loop()

        def hand_over(done: Future[Any]) -> None:  # in the worker's thread
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits any more
                loop.call_soon_threadsafe(self._end, asker, done)

        self._worker.submit(asker.work).add_done_callback(hand_over)

    def _end(self, asker: _Asker, done: Future[Any]) -> None:
        self._is_working = False
        if not asker.answer.done():
            error = done.exception()
            if error is None:
                asker.answer.set_result(done.result())
            else:
                asker.answer.set_exception(error)
        if not self._is_closed:
            self._begin_next()


_HASHER = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


def _plain(password: str) -> str:
    """One text for what looks the same: keyboards differ in how they compose an é (RFC 8265 section 4.2)."""
    return unicodedata.normalize("NFC", password)


def _is_ours(encoded: str) -> bool:
    """Whether it is argon2id that costs no more than our own: a text from elsewhere may ask for gigabytes."""
    try:
        asked = extract_parameters(encoded) if len(encoded) <= ENCODED_MOST and encoded.isascii() else None
    except (InvalidHashError, ValueError):
        return False
    return (
        asked is not None
        and asked.type.name == "ID"
        and asked.memory_cost <= MEMORY_KIB
        and asked.time_cost <= PASSES
        and asked.parallelism <= LANES
    )


def _fits(encoded: str, password: str) -> bool:
    try:
        return _HASHER.verify(encoded, password)
    except VerifyMismatchError:
        return False
    except (VerificationError, InvalidHashError):
        logger.warning(UNREADABLE)
        return False
