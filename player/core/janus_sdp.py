"""Session descriptions (RFC 8866) as Janus wants and writes them: the few lines that a connection needs, both ways.

Nowhere else does a description travel. Ours says what our connections always are: one bundle of a voice and a camera,
of the payload types of this version. Of Janus' only what differs between two connections is read, as `Ends`; what it
says of codecs has to be what we expect, and all else in it is passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from msgspec import ValidationError, convert

from player.core.call_media import OPUS, VP8, VP8_RESEND
from server.core.protocol import Candidate, Ends

NOBODY = 1  # an SSRC where none is told: nothing is taken from it

Direction = Literal["sendonly", "recvonly"]

_TYPES = {"audio": {OPUS: "opus/48000"}, "video": {VP8: "vp8/90000", VP8_RESEND: "rtx/90000"}}


class DescriptionError(ValueError):
    """A description that we can't use. The words are for a log."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a description of Janus says. `mids`: of the voice and the camera, in the order of their lines."""

    ends: Ends
    mids: tuple[tuple[Literal["audio", "video"], str], ...]


def offer_of(ends: Ends) -> str:
    """What we offer as somebody who publishes: Janus is to begin the handshake."""
    return _written(ends, (("audio", "0"), ("video", "1")), "sendonly", "passive")


def answer_of(ends: Ends, offered: Described) -> str:
    """What we answer as somebody who subscribes: we begin the handshake."""
    return _written(ends, offered.mids, "recvonly", "active")


def _written(
    ends: Ends, mids: tuple[tuple[Literal["audio", "video"], str], ...], direction: Direction, setup: str
) -> str:
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE " + " ".join(mid for _, mid in mids)]
    for kind, mid in mids:
        types = _TYPES[kind]
        lines += [
            f"m={kind} 9 UDP/TLS/RTP/SAVPF {' '.join(map(str, types))}",
            "c=IN IP4 0.0.0.0",
            f"a=mid:{mid}",
            f"a={direction}",
            "a=rtcp-mux",
            f"a=ice-ufrag:{ends.ice_user}",
            f"a=ice-pwd:{ends.ice_password}",
            f"a=fingerprint:sha-256 {ends.fingerprint}",
            f"a=setup:{setup}",
        ]
        lines += [f"a=rtpmap:{number} {_name(name)}" for number, name in types.items()]
        if kind == "video":
            lines += [f"a=fmtp:{VP8_RESEND} apt={VP8}"]
            lines += [f"a=rtcp-fb:{VP8} {what}" for what in ("nack", "nack pli", "ccm fir", "goog-remb")]
        lines += _sources(ends, kind)  # also where we send nothing: Janus tells by them what our reports are about
        lines += [_line_of(candidate) for candidate in ends.candidates]
        lines += ["a=end-of-candidates"]
    return "\r\n".join(lines) + "\r\n"


def _name(name: str) -> str:
    return {"opus/48000": "opus/48000/2", "vp8/90000": "VP8/90000"}.get(name, name)


def _sources(ends: Ends, kind: str) -> list[str]:
    if kind == "audio":
        return [f"a=ssrc:{ends.audio} cname:matinee"]
    if ends.resend is None:
        return [f"a=ssrc:{ends.video} cname:matinee"]
    both = (ends.video, ends.resend)
    return [f"a=ssrc-group:FID {ends.video} {ends.resend}", *(f"a=ssrc:{each} cname:matinee" for each in both)]


def _line_of(candidate: Candidate) -> str:
    """RFC 8839. Where a candidate was seen from is nobody's business, but the line wants an address there."""
    related = "" if candidate.kind == "host" else " raddr 0.0.0.0 rport 9"
    where = f"{candidate.host} {candidate.port} typ {candidate.kind}{related}"
    return f"a=candidate:{candidate.foundation} 1 udp {candidate.priority} {where}"


# -- reading -----------------------------------------------------------------------------------------------------------


def read_description(sdp: str) -> Described:
    """Raises DescriptionError. Where Janus sends nothing, the SSRCs are NOBODY."""
    session, *sections = re.split(r"(?m)^(?=m=)", sdp)
    found: dict[str, _Section] = {}
    mids: list[tuple[Literal["audio", "video"], str]] = []
    for text in sections:
        section = _Section(session, text)
        kind: Literal["audio", "video"] = "video" if section.kind == "video" else "audio"
        if section.kind not in _TYPES or section.kind in found:
            raise DescriptionError(f"there is another stream than a voice and a camera: {section.kind[:20]!r}")
        section.check_types()
        found[section.kind] = section
        mids.append((kind, section.value("mid")))
    if not found:
        raise DescriptionError("there is no stream")
    first = next(iter(found.values()))
    voice, camera = found.get("audio"), found.get("video")
    video, resend = (NOBODY, None) if camera is None else camera.pair()
    said = {
        "ice_user": first.value("ice-ufrag"),
        "ice_password": first.value("ice-pwd"),
        "fingerprint": first.fingerprint(),
        "audio": NOBODY if voice is None else voice.pair()[0],
        "video": video,
        "resend": resend,
        "candidates": first.candidates(),
    }
    try:
        return Described(convert(said, Ends), tuple(mids))
    except ValidationError as error:
        raise DescriptionError(str(error)) from None


class _Section:
    """The lines of one stream, and those that hold for all."""

    def __init__(self, session: str, text: str) -> None:
        self.kind = text[2:].split(" ", 1)[0]
        self._text, self._session = text, session

    def value(self, name: str) -> str:
        """Of `a=NAME:value`."""
        found = self._find(rf"a={name}:(\S+)")
        if found is None:
            raise DescriptionError(f"there is no {name}")
        return found

    def fingerprint(self) -> str:
        found = self._find(r"a=fingerprint:(?i:sha-256) (\S+)")
        if found is None:
            raise DescriptionError("there is no SHA-256 of a certificate")
        return found.upper()

    def check_types(self) -> None:
        """That what we expect by a number is what Janus means by it."""
        said = {int(number): name.lower() for number, name in re.findall(r"(?m)^a=rtpmap:(\d{1,3}) (\S+)", self._text)}
        for number, name in _TYPES[self.kind].items():
            if number in said and not said[number].startswith(name):
                raise DescriptionError(f"payload type {number} is {said[number][:30]!r}")
        if next(iter(_TYPES[self.kind])) not in said:
            raise DescriptionError(f"the {self.kind} has another codec than ours")

    def pair(self) -> tuple[int, int | None]:
        """The SSRC of the stream and that of its retransmissions."""
        grouped = re.search(r"(?m)^a=ssrc-group:FID (\d{1,10}) (\d{1,10})\s*$", self._text)
        if grouped is not None:
            return int(grouped[1]), int(grouped[2])
        single = self._find(r"a=ssrc:(\d{1,10})\b")
        return (NOBODY if single is None else int(single)), None

    def candidates(self) -> list[dict[str, str | int]]:
        found = []
        pattern = r"(?mi)^a=candidate:(\S+) 1 udp (\d{1,10}) (\S+) (\d{1,5}) typ (host|srflx|relay)\b"
        for foundation, priority, host, port, kind in re.findall(pattern, self._text):
            found.append(
                {
                    "kind": kind.lower(),
                    "host": host,
                    "port": int(port),
                    "priority": int(priority),
                    "foundation": foundation,
                }
            )
        return found

    def _find(self, pattern: str) -> str | None:
        found = re.search(rf"(?m)^{pattern}", self._text) or re.search(rf"(?m)^{pattern}", self._session)
        return None if found is None else found[1]
