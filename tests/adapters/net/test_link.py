"""A member's link against authorities on loopback: the real one and one that does whatever a test wants."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from player.core.attempts import AttemptsPolicy
from player.core.exchange import ExchangePolicy
from player.core.news import Joined, LinkLost, LinkRefused, LinkRegained, Received, Sampled
from server.core.protocol import Accepted, Item, Roster, TimelineStated
from tests.fakes.authority import RealAuthority, ScriptedAuthority, invite_to
from tests.fakes.ear import Ear, ShiftedClock
from tests.fakes.proxy import Proxy

MakeEar = Callable[..., Ear]
Authority = RealAuthority | ScriptedAuthority


def names(roster: Roster) -> list[str]:
    return [entry.name for entry in roster.members]


def title_in(event: object) -> str:
    """Of the film that an event tells: the old connection brings it itself, another one in its welcome."""
    item = event.welcome.item if isinstance(event, Joined) else event.message if isinstance(event, Received) else None
    return item.title if isinstance(item, Item) else ""


# -- what every authority does -----------------------------------------------------------------------------------------


def test_a_member_joins_and_learns_the_time(authority: Authority, make_ear: MakeEar) -> None:
    before = time.perf_counter()
    ear = make_ear().join(authority.invite())
    welcome = ear.wait_for(Joined).welcome
    assert welcome.name == "Ana"
    sample = ear.wait_for(Sampled)
    assert sample.epoch == welcome.epoch
    assert before <= sample.t0 <= sample.t1 + 2e-6
    assert sample.t1 <= sample.t2 <= sample.t3 + 2e-6
    assert sample.t3 <= time.perf_counter()


def test_a_burst_begins_the_exchange(authority: Authority, make_ear: MakeEar) -> None:
    ear = make_ear().join(authority.invite())
    for _ in range(8):
        ear.wait_for(Sampled)


def test_stamps_are_of_the_links_own_clock(authority: Authority) -> None:
    clock = ShiftedClock(1000.0)
    ear = Ear(clock).join(authority.invite())
    sample = ear.wait_for(Sampled)
    assert 999.0 < sample.t0 - sample.t1 < 1001.0
    assert sample.t0 <= sample.t3 <= clock.now()
    ear.link.close()


def test_a_command_is_answered_and_stated(authority: Authority, make_ear: MakeEar) -> None:
    ear = make_ear().join(authority.invite())
    ear.wait_for(Joined)
    ear.load()
    said = [ear.wait_for(Received, lambda event: isinstance(event.message, (Accepted, TimelineStated)))]
    said.append(ear.wait_for(Received, lambda event: isinstance(event.message, (Accepted, TimelineStated))))
    assert {type(event.message) for event in said} == {Accepted, TimelineStated}


def test_who_was_reset_is_back_as_the_same_person(authority: Authority, make_ear: MakeEar) -> None:
    with Proxy(authority.port) as proxy:
        ear = make_ear().join(invite_to(proxy.port))
        first = ear.wait_for(Joined).welcome
        ear.wait_for(Sampled)
        proxy.reset()
        assert ear.wait_for(LinkLost).words.endswith(".")
        again = ear.wait_for(Joined).welcome
        assert (again.peer, again.token) == (first.peer, first.token)
        ear.wait_for(Sampled)


def test_leaving_is_said(scripted: ScriptedAuthority, make_ear: MakeEar) -> None:
    ear = make_ear().join(scripted.invite())
    ear.wait_for(Joined)
    ear.link.close()
    scripted.wait_until(lambda: ("leave", {}) in scripted.said)


# -- the real one ------------------------------------------------------------------------------------------------------


def test_two_see_each_other_come_and_go(real: RealAuthority, make_ear: MakeEar) -> None:
    ana = make_ear().join(real.invite(), "Ana")
    ana.wait_for(Joined)
    bo = make_ear().join(real.invite(), "Bo")
    assert names(bo.wait_for(Joined).welcome.roster) == ["Ana", "Bo"]
    ana.wait_for(Received, lambda event: isinstance(event.message, Roster) and names(event.message) == ["Ana", "Bo"])
    bo.link.close()
    ana.wait_for(Received, lambda event: isinstance(event.message, Roster) and names(event.message) == ["Ana"])


def test_what_one_loads_reaches_the_other_with_its_name_unescaped(real: RealAuthority, make_ear: MakeEar) -> None:
    ana, bo = make_ear().join(real.invite(), "Ana"), make_ear().join(real.invite(), "Бо")
    ana.wait_for(Joined)
    assert bo.wait_for(Joined).welcome.name == "Бо"
    ana.load("Ночь 🌙")
    item = bo.wait_for(Received, lambda event: isinstance(event.message, Item)).message
    assert isinstance(item, Item)
    assert item.title == "Ночь 🌙"


def test_several_addresses_make_one_person(real: RealAuthority, make_ear: MakeEar) -> None:
    watcher = make_ear().join(real.invite(), "Ana")
    watcher.wait_for(Joined)
    also = (("127.0.0.1", real.port),) * 3
    bo = make_ear().join(real.invite(also=also), "Bo")
    assert names(bo.wait_for(Joined).welcome.roster) == ["Ana", "Bo"]
    bo.wait_for(Sampled)
    bo.link.close()
    rosters = [event.message for event in watcher.of(Received) if isinstance(event.message, Roster)]
    assert all(len(roster.members) <= 2 for roster in rosters)


def test_a_dead_address_does_not_hold_up_a_good_one(real: RealAuthority, make_ear: MakeEar) -> None:
    with Proxy(real.port) as proxy:
        proxy.hold()
        ear = make_ear().join(invite_to(proxy.port, also=(("127.0.0.1", 1), ("127.0.0.1", real.port))))
        ear.wait_for(Joined)
        assert ear.of(LinkLost) == []


@pytest.mark.parametrize("is_first", [True, False])
def test_a_wrong_server_at_one_address_does_not_stop_the_others(make_ear: MakeEar, is_first: bool) -> None:
    """Somebody else's machine may have that address in the network where a friend is: the pin tells."""
    with ScriptedAuthority(tls=True) as wrong, ScriptedAuthority() as plain, ScriptedAuthority(tls=True) as right:
        places = [("127.0.0.1", wrong.port), ("127.0.0.1", plain.port), ("127.0.0.1", right.port)]
        (host, port), *also = places if is_first else reversed(places)
        ear = make_ear().join(replace(right.invite(), host=host, port=port, also=tuple(also)))
        ear.wait_for(Joined)
        ear.wait_for(Sampled)
        assert ear.of(LinkRefused) == []
        assert wrong.hellos == plain.hellos == []
        assert len(right.hellos) == 1


def test_wrong_servers_alone_are_told(make_ear: MakeEar) -> None:
    with ScriptedAuthority(tls=True) as wrong, ScriptedAuthority(tls=True) as right:
        invite = wrong.invite(pin=right.pin)
    with wrong:
        words = make_ear().join(invite).wait_for(LinkRefused).words
        assert "another certificate" in words
        assert wrong.hellos == []


def test_tls_with_a_pin(make_ear: MakeEar) -> None:
    with ScriptedAuthority(tls=True) as authority:
        ear = make_ear().join(authority.invite())
        ear.wait_for(Joined)
        ear.wait_for(Sampled)


@pytest.mark.parametrize(
    ("room", "part"), [("Kino", "room=Kino&"), ("Ночь & 1%", "room=%D0%9D%D0%BE%D1%87%D1%8C%20%26%201%25&")]
)
def test_the_room_is_in_the_url_for_a_proxy_to_read(
    scripted: ScriptedAuthority, make_ear: MakeEar, room: str, part: str
) -> None:
    make_ear().join(scripted.invite(room=room)).wait_for(Joined)
    (url,) = scripted.urls
    assert part in url
    assert url.endswith("&transport=websocket&EIO=4")


@pytest.mark.parametrize("room", ["Kino", "Ночь & transport=polling&EIO=3&sid=1 #?"])
def test_a_server_lets_in_whatever_the_room_is_called(real: RealAuthority, make_ear: MakeEar, room: str) -> None:
    make_ear().join(real.invite(room=room)).wait_for(Joined)


def test_a_path_before_the_socket(make_ear: MakeEar) -> None:
    with RealAuthority(path="/films") as authority:
        make_ear().join(authority.invite(path="/films")).wait_for(Joined)


# -- a link that is gone -----------------------------------------------------------------------------------------------


def test_a_black_hole_is_told_and_left_as_the_same_person(proxy: Proxy, real: RealAuthority, make_ear: MakeEar) -> None:
    friend = make_ear().join(real.invite(), "Bo")
    ear = make_ear().join(invite_to(proxy.port))
    first = ear.wait_for(Joined).welcome
    ear.wait_for(Sampled)
    proxy.hold()
    assert "does not answer" in ear.wait_for(LinkLost).words
    friend.wait_for(Joined)
    friend.load("meanwhile")
    friend.wait_for(Received, lambda event: isinstance(event.message, Accepted))
    proxy.release()
    ear.wait_for(object, lambda event: title_in(event) == "meanwhile")
    assert {joined.welcome.peer for joined in ear.of(Joined)} == {first.peer}
    sample = ear.wait_for(Sampled)
    assert sample.epoch == first.epoch


def test_the_old_connection_may_answer_first(scripted: ScriptedAuthority, make_ear: MakeEar) -> None:
    ear = make_ear().join(scripted.invite())
    ear.wait_for(Sampled)
    scripted.script.answers_hello = scripted.script.answers_clock = False
    ear.wait_for(LinkLost)
    stated = TimelineStated(revision=7, item="", state="paused", media_us=5, room_us=0, rate=1.0)
    scripted.send(stated)
    scripted.script.answers_clock = True
    ear.wait_for(Received, lambda event: event.message == stated)
    ear.wait_for(LinkRegained)
    assert len(ear.of(Joined)) == 1, "nothing is missing, so nothing is told anew"


def test_a_server_that_is_killed_in_mid_film_and_comes_back(real: RealAuthority, make_ear: MakeEar) -> None:
    ear = make_ear().join(real.invite())
    first = ear.wait_for(Joined).welcome
    ear.wait_for(Sampled)
    real.restart()
    ear.wait_for(LinkLost)
    again = ear.wait_for(Joined).welcome
    assert again.epoch != first.epoch
    ear.wait_for(Sampled, lambda sample: sample.epoch == again.epoch)


def test_a_server_that_stays_away_is_told_by_its_own_words_and_then_ours(make_ear: MakeEar) -> None:
    with RealAuthority() as authority:
        ear = make_ear().join(authority.invite())
        ear.wait_for(Sampled)
    assert "is being stopped" in ear.wait_for(LinkLost).words
    assert f"No server answers at 127.0.0.1:{authority.port}" in ear.wait_for(LinkLost).words


def test_a_friend_waits_until_the_host_has_made_the_room_again(make_ear: MakeEar) -> None:
    with RealAuthority(maker_key="host", key="friend") as authority:
        host = make_ear().join(authority.invite(key="host"), "Host")
        host.wait_for(Joined)
        friend = make_ear().join(authority.invite(key="friend"), "Friend")
        friend.wait_for(Joined)
        host.link.close()
        authority.restart()
        friend.wait_for(LinkLost, lambda event: "no room" in event.words)
        make_ear().join(authority.invite(key="host"), "Host").wait_for(Joined)
        friend.wait_for(Joined)
        assert friend.of(LinkRefused) == []


def test_who_was_inside_waits_for_a_place_after_a_restart(scripted: ScriptedAuthority, make_ear: MakeEar) -> None:
    ear = make_ear().join(scripted.invite())
    ear.wait_for(Joined)
    scripted.script.refusal = {"code": "full", "words": "Full."}
    scripted.cut()
    ear.wait_for(LinkLost, lambda event: event.words == "Full.")
    scripted.script.refusal = None
    ear.wait_for(Joined)


def test_a_host_that_is_gone_for_long_is_still_waited_for(make_ear: MakeEar) -> None:
    ear = make_ear(AttemptsPolicy(first_gaps=(0.0,), gap=0.05, late_gap=0.05, slow_gap=0.06, eager=0.1, hopeful=0.3))
    with ScriptedAuthority() as authority:
        ear.join(authority.invite())
        first = ear.wait_for(Joined).welcome
    ear.wait_for(LinkLost, lambda event: "goes on trying" in event.words)
    with authority:
        assert ear.wait_for(Joined).welcome.token == first.token


def test_trying_at_once_when_the_person_wants_it(make_ear: MakeEar) -> None:
    ear = make_ear(AttemptsPolicy(first_gaps=(0.0,), gap=3600.0, scatter=0.0))
    with ScriptedAuthority() as authority:
        ear.join(authority.invite())
        ear.wait_for(Joined)
    ear.wait_for(LinkLost)
    with authority:
        ear.link.burst()
        ear.wait_for(Joined)


def test_trying_at_once_on_another_network(make_ear: MakeEar, monkeypatch: pytest.MonkeyPatch) -> None:
    own = ["192.168.1.5"]
    monkeypatch.setattr("player.net.addresses.own_addresses", lambda: tuple(own))
    ear = make_ear(AttemptsPolicy(first_gaps=(0.0,), gap=3600.0, scatter=0.0))
    with ScriptedAuthority() as authority:
        ear.join(authority.invite())
        ear.wait_for(Joined)
    ear.wait_for(LinkLost)
    with authority:
        own.clear()  # the network is gone: no reason yet
        own.append("10.0.0.5")
        ear.wait_for(Joined)


def test_another_network_is_a_reason_to_compare_clocks(
    scripted: ScriptedAuthority, make_ear: MakeEar, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ["192.168.1.5"]
    monkeypatch.setattr("player.net.addresses.own_addresses", lambda: tuple(own))
    ear = make_ear(look_around=0.02, exchange=ExchangePolicy(burst_gap=0.01, settle_gap=3600.0, least_gap=3600.0))
    ear.join(scripted.invite())
    scripted.wait_until(lambda: len(scripted.said) == 8)
    own[0] = "10.0.0.5"
    scripted.wait_until(lambda: len(scripted.said) == 16)


def test_after_a_sleep_the_clocks_are_compared_at_once(scripted: ScriptedAuthority, make_ear: MakeEar) -> None:
    ear = make_ear().join(scripted.invite())
    ear.wait_for(Sampled)
    before = len(scripted.said)
    ear.link.burst()
    scripted.wait_until(lambda: len(scripted.said) >= before + 8)


def test_what_is_sent_without_a_link_is_gone(make_ear: MakeEar) -> None:
    ear = make_ear()
    ear.load()
    ear.link.burst()
    ear.link.close()
    assert ear.of(LinkLost) == []


# -- the end -----------------------------------------------------------------------------------------------------------


def alive() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "matinee-net"]


def test_closing_ends_the_thread_even_if_the_link_hangs(proxy: Proxy, make_ear: MakeEar) -> None:
    ear = make_ear().join(invite_to(proxy.port))
    ear.wait_for(Sampled)
    proxy.hold()
    ear.link.close()
    assert alive() == []


def test_closing_while_it_connects(proxy: Proxy, make_ear: MakeEar) -> None:
    proxy.hold()
    ear = make_ear().join(invite_to(proxy.port))
    ear.wait_for(LinkLost)
    ear.link.close()
    assert alive() == []


def test_a_refused_link_has_ended_by_itself(scripted: ScriptedAuthority, make_ear: MakeEar) -> None:
    scripted.script.refusal = {"code": "full", "words": "Full."}
    ear = make_ear().join(scripted.invite())
    ear.wait_for(LinkRefused)
    ear.link.close()
    assert alive() == []


@pytest.mark.expects_warnings
def test_a_defect_of_ours_is_logged_and_shown(make_ear: MakeEar, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("player.net.lifeline.Lifeline.live", broken)
    assert "join again" in make_ear().join(invite_to(7)).wait_for(LinkRefused).words
