"""What tracks are called in menus, from what a container says of them."""

from __future__ import annotations

from pathlib import PurePath

from av.audio.stream import AudioStream
from av.stream import Disposition, Stream

# ISO 639-1, -2/B and -2/T codes of the languages that films mostly come in
LANGUAGES = {
    "ar ara": "Arabic",
    "bg bul": "Bulgarian",
    "ca cat": "Catalan",
    "cs cze ces": "Czech",
    "da dan": "Danish",
    "de ger deu": "German",
    "el gre ell": "Greek",
    "en eng": "English",
    "es spa": "Spanish",
    "et est": "Estonian",
    "eu baq eus": "Basque",
    "fa per fas": "Persian",
    "fi fin": "Finnish",
    "fr fre fra": "French",
    "he heb": "Hebrew",
    "hi hin": "Hindi",
    "hr hrv": "Croatian",
    "hu hun": "Hungarian",
    "id ind": "Indonesian",
    "is ice isl": "Icelandic",
    "it ita": "Italian",
    "ja jpn": "Japanese",
    "ko kor": "Korean",
    "lt lit": "Lithuanian",
    "lv lav": "Latvian",
    "nl dut nld": "Dutch",
    "no nor nb nob": "Norwegian",
    "pl pol": "Polish",
    "pt por": "Portuguese",
    "ro rum ron": "Romanian",
    "ru rus": "Russian",
    "sk slo slk": "Slovak",
    "sl slv": "Slovenian",
    "sr srp": "Serbian",
    "sv swe": "Swedish",
    "th tha": "Thai",
    "tr tur": "Turkish",
    "uk ukr": "Ukrainian",
    "vi vie": "Vietnamese",
    "zh chi zho": "Chinese",
}
LANGUAGE_NAMES = {code: name for codes, name in LANGUAGES.items() for code in codes.split()}
CODECS = {
    "aac": "AAC",
    "ac3": "Dolby Digital",
    "eac3": "Dolby Digital Plus",
    "dts": "DTS",
    "dca": "DTS",
    "mp3": "MP3",
    "mp3float": "MP3",
    "opus": "Opus",
    "libopus": "Opus",
    "vorbis": "Vorbis",
    "flac": "FLAC",
    "truehd": "Dolby TrueHD",
    "subrip": "SubRip",
    "srt": "SubRip",
    "ass": "ASS",
    "ssa": "ASS",
    "mov_text": "MP4 text",
    "webvtt": "WebVTT",
}
CHANNELS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


def language_name(code: str) -> str:
    """The English name of a language tag, the tag itself where it is not known, "" for none."""
    code = code.lower().replace("_", "-").partition("-")[0]
    return "" if code in {"", "und", "mul", "zxx"} else LANGUAGE_NAMES.get(code, code)


def language_of(stream: Stream) -> str:
    """The language tag of a stream, "" where it says none."""
    return stream.metadata.get("language", "").replace("und", "")


def track_label(stream: Stream, number: int) -> str:
    """For people: "Commentary, English (AAC, 5.1)". `number` counts the tracks of its kind from 1."""
    name = stream.codec_context.name
    facts = [CODECS.get(name, name.upper())]
    if isinstance(stream, AudioStream):
        count = stream.codec_context.channels
        facts.append(CHANNELS.get(count, f"{count} channels"))
    elif stream.disposition & Disposition.forced:
        facts.append("forced")
    title = " ".join(stream.metadata.get("title", "").split())[:80]
    named = [part for part in (title, language_name(language_of(stream))) if part]
    return f"{', '.join(named) or f'Track {number}'} ({', '.join(facts)})"


def file_label(path: str, film_stem: str) -> str:
    """For a subtitle file beside the film or chosen by hand: "English (film.en.srt)"."""
    file = PurePath(path)
    between = file.stem[len(film_stem) :].strip(".") if file.stem.startswith(film_stem) else ""
    name = LANGUAGE_NAMES.get(between.lower().replace("_", "-").partition("-")[0], between)
    return f"{name} ({file.name})" if name else file.name
