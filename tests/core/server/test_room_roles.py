"""Host, operator, guest: who becomes what, what each may, and what people may do to one another."""

from typing import Literal, get_args

import pytest

from server.core import protocol
from server.core.protocol import (
    Accepted,
    Ban,
    Bans,
    Closing,
    Grant,
    HandOver,
    Keys,
    Kick,
    MakeKey,
    Mute,
    Notice,
    Play,
    Refused,
    Say,
    SetAway,
    SetRules,
    Unban,
)
from server.core.room_roles import PERMITS
from server.core.room_state import Cut, Join, Refuse
from server.core.timeline import PeerId
from tests.fakes.rooms import Stage, stage_of, watching


def roles(stage: Stage) -> dict[str, str]:
    return {member.name: member.role for member in stage.room.members}


def come(
    stage: Stage, name: str, *, address: str = "", token: str = "", is_maker: bool = False, is_remote: bool = False
) -> None:
    role: Literal["member", "controller"] = "controller" if is_remote else "member"
    hello = protocol.Hello(version=protocol.VERSION, room="Cinema", name=name, token=token, role=role)
    peer = name.lower()
    stage.apply(Join(PeerId(peer), f"token of {peer}", hello, address=address, is_maker=is_maker))


def test_every_action_says_whose_word_it_takes() -> None:
    assert set(PERMITS) == set(get_args(protocol.Action))


# -- who becomes what --------------------------------------------------------------------------------------------------


def test_who_makes_a_room_is_its_host_and_others_are_guests() -> None:
    assert roles(stage_of("Ana", "Ben")) == {"Ana": "host", "Ben": "guest"}


def test_who_runs_the_server_is_host_or_where_there_is_one_an_operator() -> None:
    stage = stage_of("Ana")
    come(stage, "Ben", is_maker=True)
    assert roles(stage) == {"Ana": "host", "Ben": "operator"}
    other = stage_of()
    come(other, "Ben", is_maker=True)
    assert roles(other) == {"Ben": "host"}


def test_a_controller_has_the_rights_of_who_sends_it_and_no_office() -> None:
    stage = stage_of()
    stage.join("Ana")
    hello = protocol.Hello(version=protocol.VERSION, room="Cinema", role="controller")
    stage.apply(Join(PeerId("remote"), "t", hello, is_maker=True))
    stage.join("Other", role="controller")
    assert roles(stage) == {"Ana": "host", "Remote control": "host", "Other": "guest"}
    assert isinstance(stage.command("remote", SetRules(waits=False)), Accepted)
    assert isinstance(stage.command("other", SetRules(waits=True)), Refused)


def test_the_host_hands_over() -> None:
    stage = stage_of("Ana", "Ben", "Cem")
    stage.command("ana", HandOver(peer="ben"))
    assert roles(stage) == {"Ana": "operator", "Ben": "host", "Cem": "guest"}
    assert stage.last("cem", Notice) == Notice(words="Ana made Ben the host.", peer="ben")
    refused = stage.command("ana", HandOver(peer="cem"))
    assert isinstance(refused, Refused)
    assert refused.words == "Only the host may do that: ask Ben."


def test_nobody_is_made_host_who_is_not_here() -> None:
    stage = stage_of("Ana", "Ben")
    stage.lose("ben")
    assert isinstance(stage.command("ana", HandOver(peer="ben")), Refused)
    assert isinstance(stage.command("ana", HandOver(peer="nobody")), Refused)
    assert isinstance(stage.command("ana", HandOver(peer="ana")), Refused)


def test_a_host_that_is_gone_for_long_is_followed_by_the_operator_who_came_first() -> None:
    stage = stage_of("Ana", "Ben", "Cem", "Dora")
    for peer in ("cem", "dora"):
        stage.command("ana", Grant(peer=peer, role="operator"))
    stage.lose("ana")
    stage.wait(stage.room.policy.host_gone - 0.1)
    assert roles(stage)["Ana"] == "host"
    stage.wait(0.2)
    assert roles(stage) == {"Ana": "operator", "Ben": "guest", "Cem": "host", "Dora": "operator"}
    assert stage.last("ben", Notice) == Notice(words="Cem is the host now.", peer="cem")
    stage.join("Ana", token="token of ana")
    assert roles(stage)["Ana"] == "operator"


def test_without_an_operator_the_member_who_came_first_is_next() -> None:
    stage = stage_of("Ana", "Ben", "Cem")
    stage.lose("ana")
    stage.wait(31.0)
    assert roles(stage)["Ben"] == "host"


def test_a_host_that_is_back_in_time_stays_host() -> None:
    stage = stage_of("Ana", "Ben")
    stage.lose("ana")
    stage.wait(20.0)
    stage.join("Ana", token="token of ana")
    stage.wait(60.0)
    assert roles(stage) == {"Ana": "host", "Ben": "guest"}


def test_a_host_that_leaves_for_good_is_followed_at_once() -> None:
    stage = stage_of("Ana", "Ben")
    stage.leave("ana")
    assert roles(stage) == {"Ben": "host"}


def test_a_room_that_is_kept_goes_to_operators_only() -> None:
    stage = stage_of("Ana", "Ben")
    stage.command("ana", SetRules(persists=True))
    stage.leave("ana")
    stage.wait(100.0)
    assert roles(stage) == {"Ben": "guest"}


def test_a_room_whose_members_are_all_gone_has_no_heir() -> None:
    stage = stage_of("Ana", "Ben")
    stage.lose("ben")
    stage.lose("ana")
    stage.wait(60.0)
    assert roles(stage) == {"Ana": "host", "Ben": "guest"}
    stage.join("Ben", token="token of ben")
    assert roles(stage) == {"Ana": "operator", "Ben": "host"}


def test_roles_are_given_and_taken() -> None:
    stage = stage_of("Ana", "Ben")
    stage.command("ana", Grant(peer="ben", role="operator"))
    assert stage.last("ben", Notice) == Notice(words="Ana made Ben an operator.", peer="ben")
    stage.command("ana", Grant(peer="ben", role="operator"))
    assert len(stage.all("ben", Notice)) == 1
    stage.command("ana", Grant(peer="ben", role="guest"))
    assert stage.last("ben", Notice) == Notice(words="Ana made Ben a guest.", peer="ben")
    stage.wait(1.0)
    assert stage.roster("ana")["Ben"].role == "guest"
    assert isinstance(stage.command("ben", Grant(peer="ana", role="guest")), Refused)


def test_an_office_is_given_to_who_is_lost_and_told_when_it_is_back() -> None:
    stage = stage_of("Ana", "Ben")
    stage.command("ana", MakeKey(key="0123456789abcdef"))
    stage.lose("ben")
    stage.command("ana", Grant(peer="ben", role="operator"))
    assert stage.all("ben", Keys) == []
    stage.join("Ben", token="token of ben")
    assert len(stage.all("ben", Keys)) == 1


# -- away --------------------------------------------------------------------------------------------------------------


def test_nobody_waits_for_who_is_away() -> None:
    stage = stage_of("Ana", "Ben")
    stage.load("ana")
    stage.ready("ana")
    stage.command("ana", Play())
    assert stage.timeline.waiting == ("ben",)
    stage.command("ben", SetAway(away=True))
    assert stage.timeline.state == "playing"
    stage.wait(1.0)
    assert stage.roster("ana")["Ben"].away
    stage.command("ben", SetAway(away=False))
    stage.wait(1.0)
    assert not stage.roster("ana")["Ben"].away


# -- mute, kick, ban ---------------------------------------------------------------------------------------------------


def test_who_is_muted_says_nothing_until_unmuted() -> None:
    stage = stage_of("Ana", "Ben")
    stage.command("ana", Mute(peer="ben", muted=True))
    assert stage.last("ben", Notice) == Notice(words="Ana muted Ben in the chat.", peer="ben")
    assert isinstance(stage.command("ben", Say(text="hello")), Refused)
    stage.command("ana", Mute(peer="ben", muted=False))
    assert isinstance(stage.command("ben", Say(text="hello")), Accepted)


def test_who_was_muted_and_becomes_host_may_speak() -> None:
    stage = stage_of("Ana", "Ben")
    stage.command("ana", Mute(peer="ben", muted=True))
    stage.command("ana", Grant(peer="ben", role="operator"))
    assert isinstance(stage.command("ben", Say(text="hello")), Refused)
    stage.leave("ana")
    assert roles(stage) == {"Ben": "host"}
    assert isinstance(stage.command("ben", Say(text="hello")), Accepted)


def test_who_is_removed_is_told_cut_and_forgotten() -> None:
    stage = watching("Ana", "Ben", "Cem")
    stage.command("ana", Kick(peer="ben"))
    assert stage.last("ben", Closing) == Closing(words="Ana removed you from the room.", again=False)
    assert stage.cut == ["ben"]
    assert stage.last("cem", Notice) == Notice(words="Ana removed Ben.", peer="ben")
    stage.join("Ben", token="token of ben")
    assert roles(stage)["Ben"] == "guest"
    assert stage.room.members[-1].token != "token of somebody"
    assert len(stage.room.present) == 3


def test_the_room_waits_no_longer_for_who_was_removed() -> None:
    stage = stage_of("Ana", "Ben")
    stage.load("ana")
    stage.ready("ana")
    stage.command("ana", Play())
    stage.command("ana", Kick(peer="ben"))
    assert stage.timeline.state == "playing"


def test_who_was_lost_can_be_removed_too() -> None:
    stage = stage_of("Ana", "Ben")
    stage.lose("ben")
    stage.command("ana", Kick(peer="ben"))
    assert not any(isinstance(each, Cut) for each in stage.outbox)
    assert roles(stage) == {"Ana": "host"}


def test_who_is_banned_does_not_come_back_from_there() -> None:
    stage = stage_of()
    come(stage, "Ana", address="192.0.2.1")
    come(stage, "Ben", address="192.0.2.2")
    stage.command("ana", Ban(peer="ben"))
    assert stage.last("ana", Bans) == Bans(bans=(protocol.BanEntry(id="1", name="Ben"),))
    come(stage, "Bob", address="192.0.2.2", token="token of ben")
    refusal = stage.outbox[0]
    assert isinstance(refusal, Refuse)
    assert refusal.refusal.code == "banned"
    come(stage, "Cem", address="192.0.2.3")
    assert roles(stage) == {"Ana": "host", "Cem": "guest"}
    stage.command("ana", Unban(ban="1"))
    come(stage, "Bob", address="192.0.2.2")
    assert "Bob" in roles(stage)


def test_a_ban_does_not_shut_out_the_household_and_says_so() -> None:
    stage = stage_of()
    come(stage, "Ana", address="192.0.2.1")
    come(stage, "Ben", address="192.0.2.1")
    come(stage, "Dora", address="192.0.2.2")
    stage.command("ana", Ban(peer="ben"))
    notice = stage.last("ana", Notice)
    assert isinstance(notice, Notice)
    assert "take back" in notice.words
    assert stage.last("dora", Notice) == Notice(words="Ana banned Ben.", peer="ben")
    come(stage, "Cem", address="192.0.2.1")
    assert "Cem" in roles(stage)


def test_who_is_banned_is_barred_from_where_it_is_now() -> None:
    stage = stage_of()
    come(stage, "Ana", address="192.0.2.1")
    come(stage, "Ben", address="192.0.2.2")
    stage.lose("ben")
    come(stage, "Ben", address="192.0.2.3", token="token of ben")  # on another network
    stage.command("ana", Ban(peer="ben"))
    come(stage, "Bob", address="192.0.2.3")
    assert isinstance(stage.outbox[0], Refuse)


def test_who_is_banned_keeps_no_way_in_by_what_it_left_behind() -> None:
    stage = stage_of()
    come(stage, "Ana", address="192.0.2.1")
    come(stage, "Ghost", address="192.0.2.2")
    stage.lose("ghost")
    come(stage, "Remote", address="192.0.2.2", is_remote=True)
    come(stage, "Ben", address="192.0.2.2")
    stage.command("ana", Ban(peer="ben"))
    assert set(stage.cut) == {"ben", "remote"}
    assert roles(stage) == {"Ana": "host"}
    for token in ("", "token of ghost", "token of ben"):
        come(stage, "Bob", address="192.0.2.2", token=token)
        assert isinstance(stage.outbox[0], Refuse)


def test_who_is_removed_loses_its_remote_controls_too() -> None:
    stage = stage_of()
    come(stage, "Ana", address="192.0.2.1")
    come(stage, "Lost", address="192.0.2.2")
    stage.lose("lost")
    come(stage, "Remote", address="192.0.2.2", is_remote=True)
    come(stage, "Ben", address="192.0.2.2")
    stage.command("ana", Kick(peer="ben"))
    assert set(stage.cut) == {"ben", "remote"}
    assert roles(stage) == {"Ana": "host", "Lost": "guest"}


def test_remote_controls_of_a_household_stay_and_so_does_what_an_operator_left() -> None:
    stage = stage_of()
    come(stage, "Ana", address="192.0.2.1")
    come(stage, "Eve", address="192.0.2.2")
    stage.command("ana", Grant(peer="eve", role="operator"))
    come(stage, "Remote", address="192.0.2.2", is_remote=True)
    come(stage, "Ben", address="192.0.2.2")
    stage.command("ana", Kick(peer="ben"))
    assert stage.cut == ["ben"]
    come(stage, "Ben", address="192.0.2.2")
    come(stage, "Cem", address="192.0.2.3")
    stage.command("ana", Grant(peer="cem", role="operator"))
    stage.lose("eve")
    stage.command("cem", Ban(peer="ben"))
    assert roles(stage) == {"Ana": "host", "Eve": "operator", "Cem": "operator"}
    come(stage, "Eve", address="192.0.2.2", token="token of eve")
    assert stage.room.members[1].is_here


def test_bans_are_bounded_and_only_operators_see_them() -> None:
    stage = stage_of("Ana", "Ben", "Cem")
    stage.command("ana", Ban(peer="ben"))
    assert stage.all("cem", Bans) == []
    stage.command("ana", Grant(peer="cem", role="operator"))
    assert stage.last("cem", Bans) == stage.last("ana", Bans)
    assert isinstance(stage.command("ana", Unban(ban="7")), Refused)


@pytest.mark.parametrize("action", [Kick(peer="cem"), Ban(peer="cem"), Mute(peer="cem", muted=True)])
def test_nobody_acts_on_who_is_not_below(action: protocol.Action) -> None:
    stage = stage_of("Ana", "Ben", "Cem", "Dora")
    for peer in ("ben", "cem"):
        stage.command("ana", Grant(peer=peer, role="operator"))
    by_guest, by_operator = stage.command("dora", action), stage.command("ben", action)
    assert isinstance(by_guest, Refused)
    assert isinstance(by_operator, Refused)
    assert "only the host may" in by_operator.words
    assert isinstance(stage.command("ana", action), Accepted)


@pytest.mark.parametrize("action", [Kick(peer="ana"), Ban(peer="ana"), Mute(peer="ana", muted=True)])
def test_the_host_is_above_all_even_an_operator(action: protocol.Action) -> None:
    stage = stage_of("Ana", "Ben")
    stage.command("ana", Grant(peer="ben", role="operator"))
    assert isinstance(stage.command("ben", action), Refused)
    assert isinstance(stage.command("ana", action), Refused)  # nor on oneself
