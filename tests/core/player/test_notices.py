"""Notices: few, the newest of a kind, gone by themselves, errors last."""

from __future__ import annotations

from player.core.notices import NoticePolicy, Notices

POLICY = NoticePolicy()


def words(notices: Notices) -> list[str]:
    return [each.words for each in notices.shown()]


def test_the_same_person_doing_the_same_thing_soon_is_one_notice_that_says_the_newest() -> None:
    notices = (
        Notices().add("info", "Ana: 1:00 → 2:00", 10.0, "ana seek").add("info", "Ana: 2:00 → 3:00", 11.9, "ana seek")
    )
    assert words(notices) == ["Ana: 2:00 → 3:00"]
    assert notices.shown()[0].id == 2  # another one: the window shows it for its whole time


def test_later_or_of_another_kind_it_is_a_notice_of_its_own() -> None:
    notices = Notices().add("info", "first", 10.0, "ana seek").add("info", "second", 12.1, "ana seek")
    assert words(notices.add("info", "third", 12.2, "ben seek")) == ["first", "second", "third"]


def test_without_an_about_the_words_themselves_tell_what_is_the_same() -> None:
    assert words(Notices().add("info", "a", 1.0).add("info", "b", 1.0).add("info", "a", 1.5)) == ["b", "a"]


def test_an_error_about_the_same_thing_replaces_the_one_before_however_old() -> None:
    notices = (
        Notices().add("error", "No such file: a.mkv", 0.0, "film").add("error", "No such file: b.mkv", 500.0, "film")
    )
    assert words(notices) == ["No such file: b.mkv"]


def test_each_kind_has_its_time_and_an_error_has_none() -> None:
    notices = Notices().add("info", "i", 0.0).add("warning", "w", 0.0).add("error", "e", 0.0)
    assert [each.seconds for each in notices.shown()] == [POLICY.info, POLICY.warning, None]
    assert notices.at(POLICY.info - 0.1) is notices
    assert words(notices.at(POLICY.info)) == ["w", "e"]
    assert words(notices.at(POLICY.warning)) == ["e"]
    assert words(notices.at(1e9)) == ["e"]


def test_when_there_are_too_many_the_oldest_that_is_no_error_makes_room() -> None:
    notices = Notices().add("error", "e", 0.0)
    for each in "abcd":
        notices = notices.add("info", each, 0.0)
    assert words(notices) == ["e", "b", "c", "d"]


def test_of_too_many_errors_the_oldest_makes_room() -> None:
    notices = Notices()
    for each in "abcde":
        notices = notices.add("error", each, 0.0)
    assert words(notices) == ["b", "c", "d", "e"]


def test_one_is_dismissed_by_its_number_and_those_about_a_thing_are_forgotten_together() -> None:
    notices = Notices().add("error", "a", 0.0, "film").add("warning", "b", 0.0, "link").add("error", "c", 9.0, "link")
    assert words(notices.dismiss(notices.shown()[0].id)) == ["b", "c"]
    assert words(notices.forget("link")) == ["a"]
    assert notices.forget("nothing") == notices
