"""A real server's list of rooms, and addresses that have none."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from player.core.invite import Invite
from player.core.listing import ListingError
from player.net.listing import fetch_listing
from server.core import protocol
from server.listener import listening
from server.settings import ServerSettings
from tests.fakes.houses import open_a_house
from tests.fakes.visitors import Friend


async def test_listed_rooms_are_found_and_hidden_ones_are_not() -> None:
    async with open_a_house(path="/watch") as house:
        friends = [await Friend.join(house.url, room, path="/watch") for room in ("Open", "Hidden")]
        await friends[0].command(protocol.SetRules(listed=True))
        await friends[0].hear(protocol.Rules)
        server = Invite("127.0.0.1", house.port, "any", tls=False, path="watch")
        (room,) = await fetch_listing(server)
        assert (room.title, room.people, room.has_password) == ("Open", 1, False)
        assert room.invite.room == "Open"
        for friend in friends:
            await friend.leave()


async def test_a_list_comes_over_a_pinned_connection(tmp_path: Path) -> None:
    settings = ServerSettings(listen="0.0.0.0:0", certificate_dir=str(tmp_path))
    async with listening(settings) as server:
        assert await fetch_listing(Invite("127.0.0.1", server.port, "any", pin=server.pin)) == ()
        with pytest.raises(ListingError, match="certificate"):
            await fetch_listing(Invite("127.0.0.1", server.port, "any"))
        with pytest.raises(ListingError, match="certificate"):
            await fetch_listing(Invite("127.0.0.1", server.port, "any", pin="A" * 43))


async def test_a_server_that_wants_a_key_lists_nothing() -> None:
    async with open_a_house(key="secret-key-0123456789") as house:
        with pytest.raises(ListingError, match="ask for an invite"):
            await fetch_listing(Invite("127.0.0.1", house.port, "any", tls=False))


async def test_nobody_there_is_one_sentence() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(ListingError, match="No server answers"):
            await fetch_listing(Invite("127.0.0.1", nobody.getsockname()[1], "any", tls=False))
