"""Invites: what is written is read again, what is decorated is understood, what is a typo is named."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.core.invite import DEFAULT_PORT, Invite, InviteError, parse_address, parse_invite
from server.core.protocol import MAX_ROOM

PIN = base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")
FULL = f"matinee://192.0.2.7:9000/Kino?pin={PIN}&key=s3cret&also=192.168.1.5:9000&also=[2001:db8::7]:9001&path=/films"

label = st.from_regex(r"[a-z0-9äßж]([a-z0-9äßж-]{0,20}[a-z0-9äßж])?", fullmatch=True)
name = st.lists(label, min_size=1, max_size=3).map(".".join).filter(lambda text: not text.replace(".", "").isdigit())
hosts = name | st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str)
ports = st.integers(1, 65535)
signs = st.characters(exclude_categories=("C", "Z")) | st.just(" ")
pins = st.just("") | st.binary(min_size=32, max_size=32).map(lambda raw: base64.urlsafe_b64encode(raw).decode()[:43])


@st.composite
def invites(draw: st.DrawFn) -> Invite:
    tls = draw(st.booleans())
    return Invite(
        host=draw(hosts),
        port=draw(ports),
        room=draw(st.text(signs, min_size=1, max_size=MAX_ROOM).filter(lambda text: text.strip() != "")),
        tls=tls,
        pin=draw(pins) if tls else "",
        key=draw(st.text(signs, max_size=40)),
        also=tuple(draw(st.lists(st.tuples(hosts, ports), max_size=4))),
        path=draw(st.from_regex(r"(/[a-zA-Z0-9._~-]{1,9}){0,3}", fullmatch=True)),
    )


@given(invites())
def test_what_is_written_is_read_again(invite: Invite) -> None:
    assert parse_invite(invite.text()) == invite


@given(invites(), st.sampled_from(["{}", " {}\n", "<{}>", '"{}"', "„{}“", "({}).", "[{}].", "{}, ", "'{}'!", "<{}>;"]))
def test_decoration_around_it_does_not_matter(invite: Invite, frame: str) -> None:
    assert parse_invite(frame.format(invite.text())) == invite


@given(st.text(max_size=80) | st.text(max_size=80).map("matinee://".__add__))
def test_any_text_is_an_invite_or_gets_one_sentence(text: str) -> None:
    words = "."
    try:
        parse_invite(text)
    except InviteError as error:
        words = str(error)
    assert words.endswith(".")
    assert "\n" not in words


def test_everything_an_invite_can_carry() -> None:
    invite = parse_invite(FULL)
    assert invite.addresses == (("192.0.2.7", 9000), ("192.168.1.5", 9000), ("2001:db8::7", 9001))
    assert (invite.room, invite.tls, invite.pin, invite.key, invite.path) == ("Kino", True, PIN, "s3cret", "/films")
    assert invite.where == "192.0.2.7:9000"


@pytest.mark.parametrize(
    ("text", "host", "port", "room"),
    [
        ("matinee://kino.example/film", "kino.example", DEFAULT_PORT, "film"),
        ("Matinee://Kino.Example:1/film", "Kino.Example", 1, "film"),
        ("matinee://[::1]:8000/a%20b", "::1", 8000, "a b"),
        ("matinee://[2001:db8::1]/%D0%BA%D0%B8%D0%BD%D0%BE", "2001:db8::1", DEFAULT_PORT, "кино"),
        ("matinee://127.0.0.1:8998/映画館", "127.0.0.1", 8998, "映画館"),
        ("matinee://h:1/r?tls=off&colour=blue", "h", 1, "r"),
        ("matinee://h:1/r?#part", "h", 1, "r"),
        ("matinee://h:1/ro\r\n> om", "h", 1, "room"),
    ],
)
def test_links_that_people_paste(text: str, host: str, port: int, room: str) -> None:
    invite = parse_invite(text)
    assert (invite.host, invite.port, invite.room) == (host, port, room)


def test_tls_is_on_unless_it_is_off() -> None:
    assert parse_invite("matinee://127.0.0.1:1/r").tls
    assert parse_invite("matinee://h/r?tls=on").tls
    assert not parse_invite("matinee://h/r?TLS=Off").tls


def test_a_link_that_html_has_escaped() -> None:
    assert parse_invite("matinee://h:1/r?tls=off&amp;key=k").key == "k"


def test_a_padded_pin_is_the_same_pin() -> None:
    assert parse_invite(f"matinee://h/r?pin={PIN}%3D").pin == PIN
    assert parse_invite(f"matinee://h/r?pin={PIN}=").pin == PIN


def test_another_address_has_the_port_of_the_first_where_it_names_none() -> None:
    assert parse_invite("matinee://h:77/r?also=192.0.2.1&also=[::1]").also == (("192.0.2.1", 77), ("::1", 77))


def test_the_password_is_not_in_the_text() -> None:
    assert "sesame" not in Invite("h", 1, "r", password="sesame").text()


def test_a_link_never_ends_in_a_full_stop() -> None:
    assert Invite("h", 1, "etc.").text() == "matinee://h:1/etc%2E"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("matine://h/r", "begins with matinee://"),
        ("http://h/r", "begins with matinee://"),
        ("matinee:/h/r", "begins with matinee://"),
        ("matinee://h/r" + "x" * 5000, "too long"),
        ("Join me: matinee://h/r", "begins with matinee://"),
        ("matinee://h/my room", "space"),
        ("matinee:///room", "names no computer"),
        ("matinee://h", "names no room"),
        ("matinee://h/", "names no room"),
        ("matinee://h/%20", "needs a name"),
        ("matinee://h/a/b", "%2F"),
        ("matinee://user@h/r", "“@”"),
        ("matinee://h:/r", "no port"),
        ("matinee://h:http/r", "no port"),
        ("matinee://h:0/r", "no port"),
        ("matinee://h:65536/r", "no port"),
        ("matinee://h:123456789012345678901234567890123456789012345/r", "…"),
        ("matinee://::1/r", "in brackets"),
        ("matinee://[h]/r", "no IPv6"),
        ("matinee://[::1:8998/r", "in brackets"),
        ("matinee://[:::1]:8998/r", "no address"),
        ("matinee://[fe80::1%eth0]:8998/r", "no address"),
        ("matinee://192.0.2/r", "no address"),
        ("matinee://192.0.2.300/r", "no address"),
        ("matinee://ho_st..example/r", "no address"),
        ("matinee://-h/r", "no address"),
        ("matinee://h,example/r", "no address"),
        ("matinee://" + "a." * 130 + "a/r", "no address"),
        ("matinee://h/%zz", "%-code"),
        ("matinee://h/100%", "%-code"),
        ("matinee://h/%ff", "damaged"),
        ("matinee://h/%00", "can't be shown"),
        ("matinee://h/" + "r" * (MAX_ROOM + 1), "too long"),
        ("matinee://h/r?tls=of", "tls=off"),
        ("matinee://h/r?tls", "no “=”"),
        (f"matinee://h/r?pin={PIN[:-1]}", "pin"),
        (f"matinee://h/r?pin={PIN}A", "pin"),
        (f"matinee://h/r?pin={PIN[:-1]}B", "pin"),
        (f"matinee://h/r?pin={PIN[:-1]}*", "pin"),
        (f"matinee://h/r?pin={PIN[:-1]}é", "pin"),
        (f"matinee://h/r?tls=off&pin={PIN}", "exclude"),
        ("matinee://h/r?key=a&key=b", "twice"),
        ("matinee://h/r?key=%00", "key"),
        ("matinee://h/r?key=" + "k" * 129, "key"),
        ("matinee://h/r?also=h:x", "no port"),
        ("matinee://h/r?also=", "names no computer"),
        ("matinee://h/r" + "?also=h" + "&also=h" * 8, "addresses"),
        ("matinee://h/r?path=/a%3Fb", "path"),
        ("matinee://h/r?path=/" + "a" * 200, "path"),
    ],
)
def test_a_typo_is_named(text: str, says: str) -> None:
    with pytest.raises(InviteError, match=r"^.+\.$") as caught:
        parse_invite(text)
    assert says in str(caught.value)


def test_an_address_alone() -> None:
    assert parse_address("[::]:1", 7) == ("::", 1)
    assert parse_address("192.0.2.1", 7) == ("192.0.2.1", 7)
