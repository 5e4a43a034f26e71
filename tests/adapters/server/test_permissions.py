"""Who may do what, over the real wire: each action by each role, and what it is answered.

The table is written down here once more, so that a slip in the server's own (`PERMITS`, `MAY`) is seen.
"""

from __future__ import annotations

import msgspec
import pytest

from server.core.protocol import (
    Action,
    Add,
    Ban,
    Bans,
    Bundle,
    CallOff,
    Check,
    Choose,
    Closing,
    Confirm,
    Ended,
    EndRoom,
    GoOn,
    Grant,
    HandOver,
    Keys,
    Kick,
    Load,
    MakeKey,
    Move,
    Moved,
    MoveRoom,
    Mute,
    NewEntry,
    Next,
    Pause,
    Play,
    React,
    Refused,
    Remove,
    RevokeKey,
    RoomMoved,
    Say,
    Seek,
    SetAway,
    SetLoop,
    SetPassword,
    SetRate,
    SetRules,
    Shuffle,
    Stay,
    Unban,
    Undo,
    key_id,
)
from server.core.room_roles import PERMITS
from server.core.timeline import PeerId
from server.settings import Limits
from tests.fakes.casts import ROLES, Cast
from tests.fakes.houses import House, OpenHouse
from tests.fakes.visitors import Friend
from tests.fakes.waiting import until

KEY, OTHER_KEY = "key-of-a-guest-0123456789", "key-of-an-operator-0123456789"
BUSY = Limits(commands_burst=1000, commands_rate=1000.0, guesses_burst=1000)

ALL = frozenset(ROLES)
MEMBERS = ALL - {"remote"}
SPEAKERS = MEMBERS - {"muted"}
OPERATORS = frozenset({"host", "operator"})
HOST = frozenset({"host"})
NOBODY = frozenset[str]()

# who may, where only operators control the film and edit the playlist; and where all do, if that is more
TABLE: list[tuple[Action, frozenset[str], frozenset[str]]] = [
    (Play(), OPERATORS, ALL),
    (Pause(), OPERATORS, ALL),
    (Seek(media_us=1_000_000), OPERATORS, ALL),
    (SetRate(rate=2.0), OPERATORS, ALL),
    (Load(title="A film"), OPERATORS, ALL),
    (Next(), OPERATORS, ALL),
    (GoOn(), OPERATORS, ALL),
    (Choose(entry="1"), OPERATORS, ALL),
    (Stay(), OPERATORS, ALL),
    (Check(), OPERATORS, ALL),
    (CallOff(), OPERATORS, ALL),
    (Add(entries=(NewEntry(title="D"),)), OPERATORS, ALL),
    (Remove(entries=("3",)), OPERATORS, ALL),
    (Move(entry="1", to=1), OPERATORS, ALL),
    (Shuffle(), OPERATORS, ALL),
    (SetLoop(loop="one"), OPERATORS, ALL),
    (Undo(), OPERATORS, ALL),
    (Ended(), MEMBERS, MEMBERS),
    (Confirm(ready=True), MEMBERS, MEMBERS),
    (SetAway(away=True), MEMBERS, MEMBERS),
    (Say(text="hello"), SPEAKERS, SPEAKERS),
    (React(emoji="🎉"), SPEAKERS, SPEAKERS),
    (Mute(peer="victim", muted=True), OPERATORS, OPERATORS),
    (Kick(peer="victim"), OPERATORS, OPERATORS),
    (Ban(peer="victim"), OPERATORS, OPERATORS),
    (Unban(ban="1"), OPERATORS, OPERATORS),
    (MakeKey(key=KEY), OPERATORS, OPERATORS),
    (MakeKey(key=OTHER_KEY, role="operator"), HOST, HOST),
    (RevokeKey(key=key_id(KEY)), OPERATORS, OPERATORS),
    (SetRules(waits=False), OPERATORS, OPERATORS),
    (SetPassword(password="sesame"), OPERATORS, OPERATORS),
    (Grant(peer="victim", role="operator"), HOST, HOST),
    (HandOver(peer="victim"), HOST, HOST),
    (MoveRoom(peer="victim"), HOST, HOST),
    (RoomMoved(invite="matinee://192.0.2.1/den"), NOBODY, NOBODY),
    (EndRoom(), HOST, HOST),
]
CASES = [
    pytest.param(who, action, strictly if who == "operators" else freely, id=f"{who} {action}")
    for action, strictly, freely in TABLE
    for who in (("operators", "all") if strictly != freely else ("operators",))
]


def test_the_table_has_every_action() -> None:
    assert {type(action) for action, _, _ in TABLE} == set(PERMITS)


async def prepared(cast: Cast, action: Action) -> Action:
    """The action as it can be done now, by whoever may: with somebody to do it to, and something to take back."""
    if getattr(action, "peer", "") == "victim":
        victim = await cast.join("victim")
        return msgspec.structs.replace(action, peer=victim.welcome.peer)
    match action:
        case Unban():
            victim = await cast.join("victim")
            await cast.do("host", Ban(peer=victim.welcome.peer))
            return Unban(ban=cast.room.bans[-1].id)
        case RevokeKey():
            await cast.do("host", MakeKey(key=KEY))
        case CallOff() | Confirm():
            await cast.do("host", Check())
        case Ended():
            await cast.do("host", Play())
            await cast.do("host", GoOn())
        case Undo():
            await cast.do("host", Shuffle())
        case Move():
            return Move(entry=cast.room.playlist.entries[-1].id, to=0)
        case Seek():
            return Seek(media_us=cast.room.revision * 1000)
        case _:
            pass
    return action


@pytest.mark.parametrize(("who", "action", "may"), CASES)
async def test_an_action_is_done_by_who_may_and_by_nobody_else(
    open_house: OpenHouse, who: str, action: Action, may: frozenset[str]
) -> None:
    async with open_house(limits=BUSY) as house:
        cast = await Cast.gather(house)
        await cast.do("host", SetRules(control=who, playlist=who))  # type: ignore[arg-type]
        for role in (role for role in ROLES if role not in may):
            tried = await prepared(cast, action)
            before = cast.facts
            assert await cast.ask(role, tried) == "forbidden", role
            assert cast.facts == before, role
        for role in reversed([role for role in ROLES if role in may]):  # the host ends the room at last
            tried = await prepared(cast, action)
            answer = await cast.ask(role, tried)
            assert answer == ("bad" if isinstance(action, Ended) and role not in OPERATORS else ""), role
        await cast.go()


@pytest.mark.parametrize("kind", [Mute, Kick, Ban])
async def test_nobody_is_silenced_or_removed_by_an_equal_or_somebody_below(house: House, kind: type) -> None:
    cast = await Cast.gather(house)
    second = await cast.join("second")
    await cast.do("host", Grant(peer=second.welcome.peer, role="operator"))
    before = cast.facts
    more = {"muted": True} if kind is Mute else {}
    for who, whom in (("operator", "host"), ("operator", "second"), ("guest", "muted"), ("guest", "host")):
        assert await cast.ask(who, kind(peer=cast.peer(whom), **more)) == "forbidden"
    for whom in ("host", "remote", "nobody"):  # oneself; what is in no roster; nobody
        peer = cast.peer(whom) if whom != "nobody" else "0123456789abcdef"
        assert await cast.ask("host", kind(peer=peer, **more)) == "nothing"
    assert cast.facts == before
    await cast.go()


async def test_who_is_an_operator_no_more_may_no_more(house: House) -> None:
    cast = await Cast.gather(house)
    await cast.do("host", Grant(peer=cast.peer("operator"), role="guest"))
    assert await cast.ask("operator", SetRules(waits=False)) == "forbidden"
    await cast.do("host", HandOver(peer=cast.peer("guest")))
    assert await cast.ask("host", EndRoom()) == "forbidden"
    await cast.do("guest", EndRoom())
    for who in ("host", "operator", "guest", "muted", "remote"):
        assert not (await cast.people[who].hear(Closing)).again
        await cast.people[who].end()
    assert house.authority.store.view("den") is None


# -- who sees what -----------------------------------------------------------------------------------------------------


async def test_keys_bans_tokens_and_hashes_are_heard_by_nobody_who_should_not(open_house: OpenHouse) -> None:
    async with open_house(limits=BUSY) as house:
        cast = await Cast.gather(house)
        await cast.join("victim")
        await cast.do("host", MakeKey(key=KEY))
        await cast.do("operator", Ban(peer=cast.peer("victim")))
        await cast.do("host", SetPassword(password="sesame-sesame"))
        late = await cast.join("late", key=KEY)
        hashed = cast.room.password
        assert hashed.startswith("$argon2id$")
        await cast.do("operator", Say(text="the last word"))
        for who, friend in cast.people.items():
            if who != "victim":
                await until(lambda friend=friend: "the last word" in repr(friend.heard), pause=0.001)
            kinds = {type(message) for message in friend.heard}
            assert (Keys in kinds, Bans in kinds) == ((True, True) if who in OPERATORS else (False, False)), who
            said = repr([friend.heard, friend.welcome if who == "late" else None])
            others = [each.welcome.token for each in cast.people.values() if each is not friend]
            for secret in (KEY, hashed, "sesame", "127.0.0.1", *others):
                assert secret not in said, who
        assert late.welcome.rules.has_password
        await cast.go()


async def test_who_becomes_an_operator_learns_of_keys_and_bans_then(house: House) -> None:
    cast = await Cast.gather(house)
    await cast.join("victim")
    await cast.do("host", MakeKey(key=KEY))
    await cast.do("host", Ban(peer=cast.peer("victim")))
    guest = cast.people["guest"]
    assert not [each for each in guest.heard if isinstance(each, Keys | Bans)]
    await cast.do("host", Grant(peer=cast.peer("guest"), role="operator"))
    assert [key.id for key in (await guest.hear(Keys)).keys] == [key_id(KEY)]
    assert [ban.name for ban in (await guest.hear(Bans)).bans] == ["victim"]
    await cast.go()


# -- while the room moves ----------------------------------------------------------------------------------------------


async def test_while_the_room_moves_only_who_gets_it_sees_it_and_says_where_it_is(house: House) -> None:
    cast = await Cast.gather(house)
    await cast.do("host", MoveRoom(peer=cast.peer("guest")))
    heir = cast.people["guest"]
    await until(lambda: any(isinstance(each, Bundle) for each in heir.heard), pause=0.001)
    late = await cast.join("late")
    before = cast.facts
    for who in ("host", "operator", "guest", "muted"):
        for action in (Play(), SetRules(persists=True), Kick(peer=cast.peer("muted")), EndRoom(), Say(text="hello")):
            assert await cast.ask(who, action) == "busy"
    for who in ("host", "operator", "muted", "remote", "late"):
        assert await cast.ask(who, RoomMoved(invite="matinee://192.0.2.66/trap")) == "forbidden"
        assert not [each for each in cast.people[who].heard if isinstance(each, Bundle | Moved)]
    assert cast.facts == before
    await cast.ask("guest", RoomMoved(invite="matinee://192.0.2.1/den"))
    for friend in cast.people.values():
        assert (await friend.hear(Moved)).invite == "matinee://192.0.2.1/den"
        await friend.end()
    assert house.authority.store.view("den") is None
    assert late.welcome.peer


# -- whose word it is --------------------------------------------------------------------------------------------------


async def test_nobody_is_somebody_else_by_a_peers_id_another_rooms_token_or_an_old_one(house: House) -> None:
    cast = await Cast.gather(house)
    other = await Friend.join(house.url, "attic", "Zoe")
    await cast.people["muted"].leave()
    await cast.do("host", Kick(peer=cast.peer("muted")))
    known = {each.peer for each in cast.room.members}
    for token in (
        cast.peer("host"),  # an id that all know
        other.welcome.token,  # of the host of another room
        cast.people["muted"].welcome.token,  # of who was removed meanwhile
        cast.people["remote"].welcome.token,  # of a remote control, as a member
        cast.people["host"].welcome.token[:-1],
        cast.people["host"].welcome.token.swapcase(),
    ):
        stranger = await Friend.join(house.url, "den", "host", token=token)
        assert (stranger.welcome.role, stranger.welcome.name) == ("guest", "host 2")
        assert stranger.welcome.peer not in known
        assert stranger.welcome.token != token
        await stranger.command(SetRules(persists=True))
        assert (await stranger.hear(Refused)).code == "forbidden"
        await stranger.client.emit("leave", {})
        await stranger.end()
        await until(lambda peer=stranger.welcome.peer: cast.room.member(PeerId(peer)) is None)
    assert cast.people["host"].is_connected
    await other.leave()
    await cast.go()
