"""What an Opus packet says of itself before anybody decodes it (RFC 6716, section 3.1): how long it is, whether it is
only a sign of life, whether it carries the packet before it once more.

A jitter buffer decides with that alone. Bytes of strangers: nothing here raises, whatever they are.
"""

from __future__ import annotations

_SILK = (480, 960, 1920, 2880)  # samples of 48 kHz: 10, 20, 40, 60 ms
_HYBRID = (480, 960)
_CELT = (120, 240, 480, 960)
MOST_SAMPLES = 5760  # 120 ms, that a packet may hold
REST_BYTES = 2  # a packet that is no longer says: nothing to hear (discontinuous transmission)


def samples_of(packet: bytes) -> int:
    """How many samples of 48 kHz a packet lasts; 0: it is no Opus packet."""
    if not packet:
        return 0
    kind, code = packet[0] >> 3, packet[0] & 3
    if kind < 12:
        frame = _SILK[kind & 3]
    elif kind < 16:
        frame = _HYBRID[kind & 1]
    else:
        frame = _CELT[kind & 3]
    stated = packet[1] & 0x3F if len(packet) > 1 else 0
    samples = frame * (1, 2, 2, stated)[code]
    return samples if samples <= MOST_SAMPLES else 0


def is_rest(packet: bytes) -> bool:
    """It carries no sound: the sender has found silence."""
    return len(packet) <= REST_BYTES


def carries_last(packet: bytes) -> bool:
    """A packet of one frame of 10 or 20 ms has the frame before it in it, at lower quality (in-band error correction).

    In such a frame of the speech layer the first bits are one for each 'there is a voice' and, after it, one for 'the
    last frame follows', each with even odds, so that the range coder leaves them as they are (section 4.2.3). Only one
    channel is looked at: that is what Matinee sends."""
    if len(packet) < 2 or packet[0] & 3 or packet[0] & 4:  # more frames than one, or stereo
        return False
    kind = packet[0] >> 3
    if kind >= 16 or (kind < 12 and kind & 3 > 1):
        return False
    return bool(packet[1] & 0x40)
