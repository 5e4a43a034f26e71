"""What people say: for whom it is kept, what is left out of it, and reactions at one place in the film."""

import pytest
from msgspec.structs import replace

from server.core import protocol
from server.core.protocol import Accepted, Chat, Line, Pause, React, Reaction, Refused, Say, Seek, micros
from server.core.room_chat import EMPTY, FLOOD, MUTED, NO_EMOJI, plain_text, welcome_chat
from server.core.room_play import lead
from server.core.room_state import RoomPolicy
from server.core.timeline import PeerId
from tests.fakes.rooms import Stage, stage_of, watching

FREELY = RoomPolicy(says_most=1000)


def heard(stage: Stage, peer: str) -> list[Line]:
    """What was told to a peer, in order."""
    return [line for chat in stage.all(peer, Chat) if isinstance(chat, Chat) for line in chat.lines]


def mute(stage: Stage, peer: str) -> None:
    member = stage.room.member(PeerId(peer))
    assert member is not None
    stage.room = stage.room.with_member(replace(member, is_muted=True))


# -- lines ------------------------------------------------------------------------------------------------------------


def test_a_line_says_who_when_and_where_in_the_film() -> None:
    stage = watching(at=10.0)
    stage.skip(2.5)
    assert stage.command("ben", Say(text="Look!")) == Accepted(id=str(stage.commands), revision=stage.room.revision)
    line = Line(id=1, peer="ben", name="Ben", text="Look!", at_us=micros(stage.now), media_us=micros(12.5), item="1")
    assert heard(stage, "ana") == heard(stage, "ben") == [line]
    stage.command("ana", Say(text="Yes"))
    assert heard(stage, "ben")[-1].id == 2


def test_there_is_talk_before_a_film_is_open_too() -> None:
    stage = stage_of("Ana")
    stage.command("ana", Say(text="Hello?"))
    assert heard(stage, "ana") == [
        Line(id=1, peer="ana", name="Ana", text="Hello?", at_us=micros(stage.now), media_us=0)
    ]


def test_a_controller_hears_and_has_no_voice() -> None:
    stage = watching()
    stage.join("Remote", role="controller")
    stage.command("ana", Say(text="Hello"))
    assert [line.text for line in heard(stage, "remote")] == ["Hello"]
    answer = stage.command("remote", Say(text="Hello"))
    assert isinstance(answer, Refused)
    assert answer.code == "forbidden"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("  Hello \t you ", "Hello you"),
        ("one\r\ntwo\nthree", "one\ntwo\nthree"),
        ("one\n\n \n\u200b\n\ntwo\n", "one\ntwo"),
        ("a\u202eb\u2066c\x00d\x1b[31m", "abcd[31m"),
        ("\n".join("123456789"), "1\n2\n3\n4\n5\n6\n7\n8 9"),
        ("👨‍👩‍👧 سلام 你好", "👨‍👩‍👧 سلام 你好"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("x" * 2000, "x" * 2000),
        ("\u0958" * 2000, "\u0915\u093c" * 1000),  # which normalisation makes longer
    ],
    ids=range(9),
)
def test_what_is_said_is_plain_text_of_a_few_lines(said: str, text: str) -> None:
    assert plain_text(said, RoomPolicy()) == text


@pytest.mark.parametrize("text", ["", " \n ", "\u202e", "\u200d"])
def test_what_nobody_can_see_is_not_said(text: str) -> None:
    stage = watching()
    answer = stage.command("ana", Say(text=text))
    assert isinstance(answer, Refused)
    assert (answer.code, answer.words) == ("bad", EMPTY)
    assert heard(stage, "ben") == []


def test_who_is_muted_says_nothing_and_floats_nothing() -> None:
    stage = watching()
    mute(stage, "ana")
    for action in (Say(text="Hello"), React(emoji="😀")):
        answer = stage.command("ana", action)
        assert isinstance(answer, Refused)
        assert (answer.code, answer.words) == ("forbidden", MUTED)
    assert stage.room.lines == ()
    assert stage.all("ben", Reaction) == []


def test_a_flood_of_one_member_is_stopped_and_nobody_elses_line() -> None:
    stage = watching()
    for number in range(10):
        assert isinstance(stage.command("ana", Say(text=str(number))), Accepted)
        stage.skip(0.1)
    answer = stage.command("ana", Say(text="and"))
    assert isinstance(answer, Refused)
    assert (answer.code, answer.words) == ("busy", FLOOD)
    assert isinstance(stage.command("ben", Say(text="Stop!")), Accepted)
    stage.wait(9.1)
    assert isinstance(stage.command("ana", Say(text="Sorry")), Accepted)
    assert [line.text for line in heard(stage, "ben")][-3:] == ["9", "Stop!", "Sorry"]


def test_lines_of_another_clock_count_for_nothing() -> None:
    stage = watching(policy=RoomPolicy(says_most=1))
    stage.skip(1000.0)
    stage.command("ana", Say(text="A"))
    stage.skip(-500.0)  # as after a restart
    assert isinstance(stage.command("ana", Say(text="B")), Accepted)


# -- for who comes later ----------------------------------------------------------------------------------------------


def test_who_comes_late_is_told_what_was_said_after_the_welcome() -> None:
    stage = watching()
    stage.command("ana", Say(text="A"))
    stage.command("ben", Say(text="B"))
    stage.leave("ben")
    stage.join("Cem")
    kinds = [type(message) for message in stage.told["cem"]]
    assert kinds.index(Chat) > kinds.index(protocol.Welcome)
    assert [(line.name, line.text) for line in heard(stage, "cem")] == [("Ana", "A"), ("Ben", "B")]


def test_who_is_back_is_told_it_again_with_the_same_numbers() -> None:
    stage = watching()
    stage.command("ana", Say(text="A"))
    stage.lose("ben")
    stage.command("ana", Say(text="B"))
    stage.join("Ben", token="token of ben")
    assert [line.id for line in heard(stage, "ben")] == [1, 1, 2]


def test_a_silent_rooms_chat_is_not_told() -> None:
    assert welcome_chat(stage_of("Ana").room, PeerId("ana")) == ()


def test_only_the_last_lines_are_kept() -> None:
    stage = watching(policy=RoomPolicy(lines_most=3, says_most=1000))
    for number in range(5):
        stage.command("ana", Say(text=str(number)))
    assert [(line.id, line.text) for line in stage.room.lines] == [(3, "2"), (4, "3"), (5, "4")]


def test_only_so_many_characters_are_kept() -> None:
    stage = watching(policy=RoomPolicy(line_chars_most=10, says_most=1000))
    for text in ("aaaa", "bbb", "ccc", "ddddd"):
        stage.command("ana", Say(text=text))
    assert [line.text for line in stage.room.lines] == ["ccc", "ddddd"]
    stage.command("ana", Say(text="x" * 11))
    assert stage.room.lines == ()


def test_the_longest_chat_is_told_in_pages_that_fit_a_message() -> None:
    stage = stage_of("Ana", policy=FREELY)
    texts = ["\U0001f600" * protocol.MAX_SAID, '"' * protocol.MAX_SAID, "\\" * protocol.MAX_SAID] * 3
    for text in (*texts, *"a" * 150):
        assert isinstance(stage.command("ana", Say(text=text)), Accepted)
    stage.join("Ben")
    pages = stage.all("ben", Chat)
    assert len(pages) > 1
    assert max(stage.size_of(page) for page in pages) <= protocol.MAX_MESSAGE_BYTES
    assert heard(stage, "ben") == list(stage.room.lines)
    assert len(stage.room.lines) == 159


# -- reactions --------------------------------------------------------------------------------------------------------


def test_a_reaction_belongs_to_the_picture_a_lead_ahead() -> None:
    stage = watching(at=10.0)
    stage.skip(5.0)
    stage.command("ben", React(emoji="😀"))
    ahead = lead(stage.room)
    assert stage.all("ana", Reaction) == [
        Reaction(peer="ben", name="Ben", emoji="😀", media_us=micros(15.0 + ahead), item="1")
    ]
    assert stage.all("ben", Reaction) == stage.all("ana", Reaction)


def test_a_reaction_in_a_room_that_stands_belongs_to_its_picture() -> None:
    stage = watching(at=10.0)
    stage.command("ana", Pause())
    stage.wait(1.0)
    stage.command("ana", React(emoji="😀"))
    (reaction,) = stage.all("ben", Reaction)
    assert reaction == Reaction(
        peer="ana", name="Ana", emoji="😀", media_us=micros(stage.timeline.media_time), item="1"
    )


def test_a_reaction_just_before_a_pause_belongs_to_the_pauses_picture() -> None:
    stage = watching(at=10.0)
    stage.command("ana", Pause())
    stage.command("ana", React(emoji="😀"))
    (reaction,) = stage.all("ben", Reaction)
    assert isinstance(reaction, Reaction)
    assert reaction.media_us == micros(stage.timeline.media_time)


def test_reactions_are_not_kept() -> None:
    stage = watching()
    stage.command("ana", React(emoji="😀"))
    stage.join("Cem")
    assert stage.all("cem", Reaction) == []


@pytest.mark.parametrize("emoji", ["ok", "😀😀", "\n"])
def test_words_are_no_reaction(emoji: str) -> None:
    stage = watching()
    answer = stage.command("ana", React(emoji=emoji))
    assert isinstance(answer, Refused)
    assert (answer.code, answer.words) == ("bad", NO_EMOJI)


def test_a_film_of_unknown_length_has_places_that_the_wire_can_say() -> None:
    stage = stage_of("Ana", "Ben")
    stage.load("ana", seconds=None)
    stage.command("ana", Seek(media_us=2**53))
    stage.play("ana")
    stage.wait(5.0)
    stage.command("ana", Say(text="Where are we?"))
    stage.command("ana", React(emoji="😀"))
    stage.command("ana", Pause())
    for message in stage.told["ben"]:
        assert protocol.decode_server(*protocol.encode(message)) == message
