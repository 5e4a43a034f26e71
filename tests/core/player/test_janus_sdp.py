"""The few lines of a session description that pass between us and Janus."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from player.core.call_media import OPUS, VP8, VP8_RESEND
from player.core.janus_sdp import NOBODY, DescriptionError, answer_of, offer_of, read_description
from server.core.protocol import Candidate, Ends

PRINT = ":".join(["AB"] * 32)
ENDS = Ends(
    ice_user="abcd",
    ice_password="x" * 22,
    fingerprint=PRINT,
    audio=11,
    video=22,
    resend=33,
    candidates=(
        Candidate(kind="host", host="192.0.2.2", port=5000, priority=9, foundation="1"),
        Candidate(kind="relay", host="2001:db8::1", port=6000, priority=3, foundation="r2"),
    ),
)
# as Debian's Janus 1.1.2 offers a feed, shortened
JANUS = (
    "v=0\r\no=- 17 1 IN IP4 192.0.2.2\r\ns=VideoRoom ab\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
    f"a=fingerprint:sha-256 {PRINT.lower()}\r\na=msid-semantic: WMS *\r\n"
    f"m=audio 9 UDP/TLS/RTP/SAVPF {OPUS}\r\nc=IN IP4 192.0.2.2\r\na=sendonly\r\na=mid:0\r\na=rtcp-mux\r\n"
    "a=ice-ufrag:BnHM\r\na=ice-pwd:ngbhVLOQJIFt4rFCRAzn0e\r\na=setup:actpass\r\n"
    f"a=rtpmap:{OPUS} opus/48000/2\r\na=ssrc:2196517915 cname:janus\r\n"
    "a=candidate:1 1 udp 2015363327 192.0.2.2 20274 typ host\r\na=candidate:2 1 udp 5 fd00::2 20006 typ host\r\n"
    "a=candidate:3 1 tcp 5 192.0.2.2 9 typ host tcptype active\r\na=end-of-candidates\r\n"
    f"m=video 9 UDP/TLS/RTP/SAVPF {VP8} {VP8_RESEND}\r\na=sendonly\r\na=mid:1\r\n"
    f"a=rtpmap:{VP8} VP8/90000\r\na=rtpmap:{VP8_RESEND} rtx/90000\r\na=fmtp:{VP8_RESEND} apt={VP8}\r\n"
    "a=ssrc-group:FID 1619764554 352445514\r\na=ssrc:1619764554 cname:janus\r\n"
)


def test_what_janus_says_is_read_as_ends() -> None:
    described = read_description(JANUS)
    ends = described.ends
    assert (ends.ice_user, ends.ice_password, ends.fingerprint) == ("BnHM", "ngbhVLOQJIFt4rFCRAzn0e", PRINT)
    assert (ends.audio, ends.video, ends.resend) == (2196517915, 1619764554, 352445514)
    assert [(each.host, each.port, each.kind) for each in ends.candidates] == [
        ("192.0.2.2", 20274, "host"),
        ("fd00::2", 20006, "host"),
    ]
    assert described.mids == (("audio", "0"), ("video", "1"))


def test_where_nothing_is_sent_nobody_sends_it() -> None:
    silent = JANUS.replace("a=ssrc", "a=x-ssrc")
    ends = read_description(silent).ends
    assert (ends.audio, ends.video, ends.resend) == (NOBODY, NOBODY, None)
    voice_only = read_description(JANUS[: JANUS.index("m=video")])
    assert (voice_only.ends.video, voice_only.mids) == (NOBODY, (("audio", "0"),))
    camera = JANUS[: JANUS.index("m=audio")] + JANUS[JANUS.index("m=video") :]
    camera += "a=ice-ufrag:BnHM\r\na=ice-pwd:ngbhVLOQJIFt4rFCRAzn0e\r\n"
    assert read_description(camera).ends.audio == NOBODY


def test_our_offer_and_answer_say_what_our_connections_are() -> None:
    for text, direction, setup in (
        (offer_of(ENDS), "sendonly", "passive"),
        (answer_of(ENDS, read_description(JANUS)), "recvonly", "active"),
    ):
        lines = text.split("\r\n")
        assert lines.count(f"a={direction}") == lines.count(f"a=setup:{setup}") == 2
        assert f"m=audio 9 UDP/TLS/RTP/SAVPF {OPUS}" in lines
        assert f"m=video 9 UDP/TLS/RTP/SAVPF {VP8} {VP8_RESEND}" in lines
        assert "a=candidate:1 1 udp 9 192.0.2.2 5000 typ host" in lines
        assert "a=candidate:r2 1 udp 3 2001:db8::1 6000 typ relay raddr 0.0.0.0 rport 9" in lines
        again = read_description(text)
        assert again.ends == ENDS


def test_an_end_without_retransmissions_names_none() -> None:
    assert "FID" not in offer_of(replace(ENDS, resend=None))
    assert read_description(offer_of(replace(ENDS, resend=None))).ends.resend is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("m=audio", "m=application", "another stream"),
        ("m=video", "m=audio", "another stream"),
        (f"a=rtpmap:{VP8} VP8/90000", f"a=rtpmap:{VP8} H264/90000", "payload type"),
        (f"a=rtpmap:{OPUS} opus/48000/2", "a=rtpmap:8 PCMA/8000", "another codec"),
        ("a=mid:1", "a=x:1", "no mid"),
        ("a=ice-ufrag", "a=x", "no ice-ufrag"),
        ("a=fingerprint:sha-256", "a=fingerprint:sha-1", "SHA-256"),
        (PRINT.lower(), "AB:CD", "fingerprint"),
        ("a=ice-pwd:ng", "a=ice-pwd:n;", "ice_password"),
        ("2196517915", "9999999999", "audio"),
    ],
)
def test_what_can_not_be_used_is_refused_in_words(old: str, new: str, words: str) -> None:
    with pytest.raises(DescriptionError, match=words):
        read_description(JANUS.replace(old, new))


def test_a_description_of_nothing_is_none() -> None:
    for text in ("", "v=0\r\n", "m=", "\x00\xff"):
        with pytest.raises(DescriptionError):
            read_description(text)
