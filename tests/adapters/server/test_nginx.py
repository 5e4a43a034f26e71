"""An authority behind a real nginx with packaging/nginx-matinee.conf."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
import yarl

from player.core.attempts import AttemptsPolicy
from player.core.exchange import ExchangePolicy
from player.core.news import Joined, LinkLost, LinkRefused, Sampled
from player.net.lifeline import LifelinePolicy
from server.settings import Limits
from tests.fakes.authority import RealAuthority, invite_to
from tests.fakes.ear import Ear, ShiftedClock
from tests.fakes.houses import House, OpenHouse
from tests.fakes.nginx import Nginx
from tests.fakes.visitors import Friend, a_pair
from tests.fakes.waiting import until

PREFIX = "/watch"
BEHIND = {"path": PREFIX, "trusted_proxy": ("127.0.0.1",)}
UPGRADE = "proxy_set_header Upgrade               $http_upgrade;"
HASTY = LifelinePolicy(
    attempts=AttemptsPolicy(first_gaps=(0.0, 0.02), gap=0.05, scatter=0.01),
    exchange=ExchangePolicy(burst_gap=0.01, settle_gap=0.05),
)


def upstream(port: int) -> dict[str, str]:
    return {"server 127.0.0.1:8998;": f"server 127.0.0.1:{port};"}


def through(nginx: Nginx, address: str = "127.0.0.1") -> aiohttp.ClientSession:
    """A session of somebody at an address, who accepts exactly this proxy's certificate."""
    pin = aiohttp.Fingerprint(base64.urlsafe_b64decode(nginx.pin + "="))
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=pin, local_addr=(address, 0)))


@pytest.fixture
async def house(open_house: OpenHouse) -> AsyncIterator[House]:
    async with open_house(**BEHIND) as found:
        yield found


@pytest.fixture
def nginx(house: House, tmp_path: Path) -> Iterator[Nginx]:
    with Nginx(tmp_path, upstream(house.port)) as running:
        yield running


@pytest.fixture
async def session(nginx: Nginx) -> AsyncIterator[aiohttp.ClientSession]:
    async with through(nginx) as found:
        yield found


# -- a real player -----------------------------------------------------------------------------------------------------


def test_a_player_joins_and_is_back_after_the_server_was(tmp_path: Path) -> None:
    with RealAuthority(**BEHIND) as authority, Nginx(tmp_path, upstream(authority.port)) as nginx:
        ear = Ear(ShiftedClock(), HASTY)
        ear.join(invite_to(nginx.port, tls=True, pin=nginx.pin, path=PREFIX))
        first = ear.wait_for(Joined).welcome
        ear.wait_for(Sampled)
        authority.restart()
        ear.wait_for(LinkLost)
        assert ear.wait_for(Joined).welcome.epoch != first.epoch
        ear.wait_for(Sampled)
        ear.link.close()


# -- who it is, and that they stay -------------------------------------------------------------------------------------


async def test_a_pair_meets(nginx: Nginx, session: aiohttp.ClientSession) -> None:
    async with a_pair(nginx.url, path=PREFIX, http_session=session):
        pass


async def test_the_real_address_is_seen_and_nobody_chooses_one(house: House, nginx: Nginx) -> None:
    async with through(nginx, "127.0.0.5") as session:
        lie = {"X-Forwarded-For": "192.0.2.99"}
        ana = await Friend.join(nginx.url, path=PREFIX, http_session=session, headers=lie)
        assert {gate.who for gate in house.authority.house.gates} == {"127.0.0.5"}
        await ana.leave()


async def test_who_only_answers_pings_is_not_cut(open_house: OpenHouse, tmp_path: Path) -> None:
    impatient = {"proxy_read_timeout    60s;": "proxy_read_timeout 1s;"}
    async with open_house(**BEHIND, limits=Limits(ping_interval=0.05)) as house:
        with Nginx(tmp_path, {**upstream(house.port), **impatient}) as nginx:
            async with through(nginx) as session:
                ana = await Friend.join(nginx.url, path=PREFIX, http_session=session)
                (socket,) = house.authority._sio.eio.sockets.values()
                seen: set[float] = set()
                await until(lambda: seen.add(socket.last_ping) or len(seen) >= 40, "forty pings, two seconds")
                await ana.exchange()
                await ana.leave()


async def test_who_is_cut_by_the_server_is_cut_by_the_proxy(
    house: House, nginx: Nginx, session: aiohttp.ClientSession
) -> None:
    ana = await Friend.join(nginx.url, path=PREFIX, http_session=session)
    (gate,) = house.authority.house.gates
    gate.drop("for the test")
    await ana.end()


# -- what does not get through -----------------------------------------------------------------------------------------


async def status(session: aiohttp.ClientSession, url: str, **options: object) -> int:
    async with session.get(url, **options) as answer:  # type: ignore[arg-type]
        return answer.status


async def test_health_is_for_all_and_numbers_are_not(
    house: House, nginx: Nginx, session: aiohttp.ClientSession
) -> None:
    assert await status(session, f"{nginx.url}{PREFIX}/healthz") == 200
    async with aiohttp.ClientSession() as here:
        assert await status(here, f"{house.url}{PREFIX}/metrics") == 200
    for path in (
        f"{PREFIX}/metrics",
        "/metrics",
        f"{PREFIX}/socket.io/../metrics",
        f"{PREFIX}/socket.io/%2e%2e/metrics",
    ):
        assert await status(session, yarl.URL(nginx.url + path, encoded=True)) == 404


async def test_cookies_stay_outside(open_house: OpenHouse, tmp_path: Path) -> None:
    async with open_house(**BEHIND, limits=Limits(request_bytes=1500)) as house:
        with Nginx(tmp_path, upstream(house.port)) as nginx:
            async with through(nginx) as session:
                cookies = {f"X-{number}": "y" * 1500 for number in range(4)}
                ana = await Friend.join(nginx.url, path=PREFIX, http_session=session, headers=cookies)
                await ana.leave()


@pytest.mark.parametrize(
    ("query", "headers", "answer"),
    [
        ("&x=" + "y" * 2100, {}, 414),
        ("", {f"X-{number}": "y" * 2000 for number in range(8)}, 400),
        ("", {"Origin": "https://example.org"}, 403),
    ],
)
async def test_what_is_too_large_or_from_a_web_page_is_turned_away(
    nginx: Nginx, session: aiohttp.ClientSession, query: str, headers: dict[str, str], answer: int
) -> None:
    url = f"{nginx.url}{PREFIX}/socket.io/?transport=websocket&EIO=4{query}"
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await session.ws_connect(url, headers=headers)
    assert refused.value.status == answer


# -- a proxy that is not set up well -----------------------------------------------------------------------------------


async def test_polling_instead_of_an_upgrade_is_answered_and_said(
    nginx: Nginx, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "server.gate")
    assert await status(session, f"{nginx.url}{PREFIX}/socket.io/?transport=polling&EIO=4") == 426
    assert "Your proxy does not pass WebSocket upgrades" in caplog.text


def test_a_player_behind_a_proxy_without_upgrades_is_told(tmp_path: Path) -> None:
    with RealAuthority(**BEHIND) as authority, Nginx(tmp_path, {**upstream(authority.port), UPGRADE: ""}) as nginx:
        ear = Ear(ShiftedClock(), HASTY)
        ear.join(invite_to(nginx.port, tls=True, pin=nginx.pin, path=PREFIX))
        assert "proxy" in ear.wait_for(LinkRefused).words
        ear.link.close()
