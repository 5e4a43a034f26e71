"""Opus by libopus: voices come through, lost pieces are rebuilt; and that the library is what it is taken for."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from player.call import opus
from player.call.opus import FallbackDecoder, FallbackEncoder, OpusDecoder, OpusEncoder, OpusError, Sound
from player.core.call_media import VOICE_RATE, VOICE_SAMPLES
from player.core.opus_packet import carries_last, is_rest, samples_of
from tests.fakes.talk import talk


def voice(count: int = 100) -> Sound:
    """So many packets of it."""
    return talk(count * VOICE_SAMPLES / VOICE_RATE)


def pieces(sound: Sound) -> Iterator[Sound]:
    yield from sound.reshape(-1, VOICE_SAMPLES)


def error_db(found: Sound, true: Sound) -> float:
    """Of spectra, not waveforms: a speech coder keeps the one and not the other. 0 dB: nothing alike."""

    def spectrum(sound: Sound) -> npt.NDArray[np.float64]:
        return np.abs(np.fft.rfft(sound * np.hanning(len(sound))))

    apart = spectrum(found) - spectrum(true)
    return float(10 * np.log10(np.square(apart).sum() / np.square(spectrum(true)).sum()))


def test_the_library_is_there_and_has_what_is_called() -> None:
    """A guard: PyAV's wheel has carried libopus since 8; without it only the fallbacks are left."""
    found = opus.library()
    assert found is not None
    assert isinstance(opus.new_decoder(), OpusDecoder)
    assert isinstance(opus.new_encoder(), OpusEncoder)
    found.opus_get_version_string.restype = ctypes.c_char_p
    assert found.opus_get_version_string().startswith(b"libopus 1.")


@pytest.mark.parametrize("kind", ["library", "PyAV"])
def test_a_voice_comes_through(kind: str) -> None:
    encoder = opus.new_encoder() if kind == "library" else FallbackEncoder(28_000, 0.05)
    decoder = opus.new_decoder() if kind == "library" else FallbackDecoder()
    sound = voice()
    packets = [encoder.encode(piece) for piece in pieces(sound)]
    assert {samples_of(packet) for packet in packets} == {VOICE_SAMPLES}
    assert 15_000 < sum(map(len, packets)) * 8 / 2.0 < 45_000  # bit/s
    heard = np.concatenate([decoder.decode(packet) for packet in packets])
    assert len(heard) == len(sound)
    assert heard.dtype == np.float32
    assert error_db(heard[48_000:], sound[48_000:]) < -6


def test_whole_numbers_are_taken_too() -> None:
    sound = voice(20)
    whole = (sound * 32768).astype(np.int16)
    first, second = opus.new_encoder(), opus.new_encoder()
    a = [first.encode(piece) for piece in whole.reshape(-1, VOICE_SAMPLES)]
    b = [second.encode(piece.astype(np.float32) / 32768) for piece in whole.reshape(-1, VOICE_SAMPLES)]
    assert a == b


def test_what_the_next_packet_carries_is_found_without_the_library_and_by_it() -> None:
    found = opus.library()
    assert found is not None
    sound = voice()
    for loss in (0.0, 0.2):
        encoder = opus.new_encoder(loss=loss)
        packets = [encoder.encode(piece) for piece in pieces(sound)]
        by_library = [found.opus_packet_has_lbrr(packet, len(packet)) == 1 for packet in packets]
        assert [carries_last(packet) for packet in packets] == by_library
        assert sum(by_library) == 0 if loss == 0.0 else sum(by_library) > 40  # not where it is quiet


def test_a_lost_packet_is_rebuilt_better_from_the_next_than_made_up() -> None:
    sound = voice(150)
    encoder = opus.new_encoder(loss=0.2)
    packets = [encoder.encode(piece) for piece in pieces(sound)]
    whole, with_next, made_up = (opus.new_decoder() for _ in range(3))
    errors: dict[str, list[float]] = {"recovered": [], "concealed": [], "silent": []}
    for number, packet in enumerate(packets):
        true = whole.decode(packet)
        if number > 10 and number % 7 == 3:
            recovered, concealed = with_next.recover(packets[number + 1]), made_up.conceal()
            assert len(recovered) == len(concealed) == VOICE_SAMPLES
            errors["recovered"].append(error_db(recovered, true))
            errors["concealed"].append(error_db(concealed, true))
            errors["silent"].append(error_db(np.zeros_like(true), true))
        else:
            with_next.decode(packet)
            made_up.decode(packet)
    recovered_db, concealed_db, silent_db = (float(np.median(errors[kind])) for kind in errors)
    assert recovered_db < concealed_db < silent_db
    assert recovered_db < -10


@pytest.mark.parametrize("kind", [opus.new_decoder, FallbackDecoder])
def test_concealment_fades_away(kind: type[FallbackDecoder]) -> None:
    encoder, decoder = opus.new_encoder(), kind()
    for piece in pieces(voice(20)):
        decoder.decode(encoder.encode(piece))
    loudness = [float(np.sqrt(np.mean(np.square(decoder.conceal())))) for _ in range(60)]
    assert loudness[0] > 0.01
    assert loudness[-1] < loudness[0] / 10


def test_silence_may_rest() -> None:
    encoder = opus.new_encoder(rests=True)
    packets = [encoder.encode(np.zeros(VOICE_SAMPLES, np.float32)) for _ in range(50)]
    assert sum(is_rest(packet) for packet in packets) > 20
    decoder = opus.new_decoder()
    assert all(len(decoder.decode(packet)) == VOICE_SAMPLES for packet in packets)


@pytest.mark.parametrize("kind", [opus.new_decoder, FallbackDecoder])
def test_garbage_is_refused_or_heard_but_does_no_harm(kind: type[FallbackDecoder]) -> None:
    random = np.random.default_rng(1)
    encoder, decoder = opus.new_encoder(), kind()
    with pytest.raises(OpusError):
        decoder.decode(b"")
    for _ in range(300):
        garbage = random.bytes(int(random.integers(1, 1400)))
        with contextlib.suppress(OpusError):
            assert len(decoder.decode(garbage)) <= opus.MOST_SAMPLES
        with contextlib.suppress(OpusError):
            assert len(decoder.recover(garbage)) == VOICE_SAMPLES
    decoder.reset()
    sound = voice()
    heard = np.concatenate([decoder.decode(encoder.encode(piece)) for piece in pieces(sound)])
    assert error_db(heard[48_000:], sound[48_000:]) < -6


@pytest.mark.parametrize("kind", ["library", "PyAV"])
def test_a_coder_takes_20_ms_and_another_bit_rate(kind: str) -> None:
    encoder = opus.new_encoder() if kind == "library" else FallbackEncoder(28_000, 0.05)
    with pytest.raises(OpusError):
        encoder.encode(np.zeros(480, np.float32))
    sizes = []
    for bit_rate in (12_000, 48_000):
        encoder.set_bit_rate(bit_rate)
        encoder.set_loss(0.1)
        sizes.append(sum(len(encoder.encode(piece)) for piece in pieces(voice(50))))
    assert sizes[1] > 2 * sizes[0]
