"""The WebSocket under watch, with a script in place of aiohttp's reading."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from player.net.frames import Watch, WatchedSocket

OPENING = '0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000}'


async def read_all(frames: Iterable[str], monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], list[str]]:
    """What the watch was told and what Socket.IO got of text frames and the close frame behind them."""
    told: list[Any] = []
    texts = [aiohttp.WSMessage(aiohttp.WSMsgType.TEXT, frame, None) for frame in (OPENING, *frames)]
    script = iter([*texts, aiohttp.WSMessage(aiohttp.WSMsgType.CLOSE, 1000, "")])

    async def receive(self: object, timeout: float | None = None) -> aiohttp.WSMessage:
        return next(script)

    async def admitted() -> None:
        told.append("admitted")

    monkeypatch.setattr(aiohttp.ClientWebSocketResponse, "receive", receive)
    watch = Watch(
        opened=lambda socket: told.append("opened"),
        admitted=admitted,
        event=lambda kind, payload: told.append((kind, payload)),
        ended=lambda why: told.append("ended"),
    )
    opening: Any = SimpleNamespace(connection=None)
    writer: Any = SimpleNamespace(transport=None)
    loop = asyncio.get_running_loop()
    socket = WatchedSocket(watch, None, writer, None, opening, aiohttp.ClientWSTimeout(), True, True, loop)
    passed = []
    while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
        passed.append(message.data)
    return told, passed


async def test_last_words_are_told_before_the_end_that_came_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    told, passed = await read_all(['40{"sid":"x"}', '42["closing",{"words":"Bye."}]'], monkeypatch)
    assert told == ["opened", "admitted", ("closing", {"words": "Bye."}), "ended"]
    assert passed == [OPENING, '40{"sid":"x"}']


async def test_events_are_told_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    told, _ = await read_all(['42["item",{}]', "2", '42["clock",{}]', '42["item",{"id":"2"}]'], monkeypatch)
    assert told[2:-1] == [("item", {}), ("clock", {}), ("item", {"id": "2"})]


@pytest.mark.parametrize("frame", ["42", "42[", "42{}", '42["item"]', "42[1,{}]", '42["clock",1]', "43[]", "x", ""])
async def test_nothing_is_read_after_a_frame_that_is_none_of_ours(frame: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told, passed = await read_all([frame, '42["item",{}]'], monkeypatch)
    assert told == ["opened", "admitted", "ended"]
    assert passed == [OPENING]
