"""What nobody may read in a log, however much is logged."""

from __future__ import annotations

import logging

import pytest

from player.core.call_pipe import Company
from server.core.call_messages import Answer, Offer
from server.core.room_state import RoomPolicy
from tests.call.company import HASTY, a_call, connected
from tests.fakes.houses import open_a_house
from tests.fakes.janus import SECRET, Janus
from tests.sfu.party import until
from tests.sfu.test_calls import are_by, people_at

POLICY = RoomPolicy(sfu_above=1, sfu_kept=60.0, sfu_again=600.0, silence=600.0)


async def test_what_admits_to_an_sfu_is_not_logged(janus: Janus, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with (
        open_a_house(room=POLICY, janus=janus.url, janus_secret=SECRET) as house,
        people_at(house, "Ana", "Ben") as people,
    ):
        await until(lambda: are_by(people, "sfu"), "two on the SFU")
        stays = [person.carriage._door.carrier._stay for person in people]  # type: ignore[union-attr,attr-defined]
        words = {SECRET, *(each.meeting.token for each in stays), *(each.meeting.ticket for each in stays)}
        words |= {each.connection._path.password for each in stays}
        assert len(words) >= 5
        said = caplog.text
        assert "Larger calls have an SFU" in said
        assert [word for word in words if word in said] == []
        assert " TEXT " not in said, "the beginnings and ends of frames, and so parts of tokens"


async def test_keys_of_a_mesh_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with a_call("ana", "ben", policy=HASTY) as call:
        await connected(call)
        call.people["ana"].mesh.be_in(Company())
    passwords = {signal.what.ends.ice_password for _, signal in call.signals if isinstance(signal.what, Offer | Answer)}
    assert len(passwords) == 2
    assert [word for word in passwords if word in caplog.text] == []
