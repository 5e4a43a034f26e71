"""A Janus behind a real nginx with packaging/janus/nginx-janus.conf: TLS, and only who can trust it goes in."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

from player.call.sfu import Sfu
from tests.fakes.janus import Janus
from tests.fakes.nginx import Nginx
from tests.sfu.party import a_party, until


async def test_members_come_by_tls_and_believe_no_other_certificate(janus: Janus, tmp_path: Path) -> None:
    folder = tmp_path / "nginx"
    folder.mkdir()
    changes = {"127.0.0.1:8188": f"127.0.0.1:{janus.port}"}
    with Nginx(folder, changes, "janus/nginx-janus.conf") as nginx:
        trusted = await asyncio.to_thread(ssl.create_default_context, cafile=str(folder / "fullchain.pem"))
        url = f"wss://127.0.0.1:{nginx.port}/janus"
        async with a_party(janus, ways_of=lambda party: party.ways(url=url)) as party:
            for name in ("ana", "ben", "eve"):
                guest = party.join(name, is_told=False)
                if name != "eve":
                    await guest.sfu.close()
                    guest.sfu = Sfu(guest.inbox, guest.clock, party.policy, tls=trusted)
            party.tell()
            await until(lambda: party.are_connected("ana", "ben"), "a connection")
            party.send("ana")
            await until(lambda: party.guests["ben"].inbox.pictures["ana"], "a picture")
            await until(lambda: party.guests["eve"].inbox.said, "a word of whom nginx' certificate does not convince")
            assert party.guests["ana"].inbox.said == []
            assert party.guests["eve"].inbox.state("ana") != "connected"
