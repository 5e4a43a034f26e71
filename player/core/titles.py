"""What two names of films have in common: "The.Matrix.1999.1080p.BluRay.x264-GRP" and "Matrix, The (1999)".

A file's name says the title first; then come a year or an episode, and then what only its makers care about. So a name
is read from the left: the first word that belongs to no title (a resolution, a codec, a source) ends it. What remains
is taken apart into words, numbers and edition, because numbers decide: "Alien" and "Alien 3", two episodes, or two
films of one name and another year are never the same, whatever the words say.

Nothing here is certain: it finds which files are worth a look, and decides only where nothing better is known.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

YEARS = range(1900, 2036)  # a number in here may be a year; a film may be called so, too

# A word that ends the title: no film is called so.
ENDS = re.compile(
    r"(?:\d{3,4}[pi]|\d{3,4}p\d\d|\d{3,4}x\d{3,4}|4k|8k|uhd|fhd|blu-?ray|bd-?rip|br-?rip|bdmv|bd25|bd50|dvd-?rip|dvd-?r|"
    r"dvd-?scr|dvd\d?|web-?dl|web-?rip|hd-?tv|hd-?rip|pdtv|dsr|sat-?rip|tv-?rip|vhs-?rip|hd-?cam|telesync|x-?26[456]|"
    r"h-?26[456]|hevc|avc|av1|vp9|xvid|divx|10-?bit|8-?bit|hdr|hdr10|hdr10plus|dolby|dovi|sdr|remux|aac\d?|ac3|eac3|"
    r"ddp?\d?|dts|dts-?hd|dts-?x|truehd|atmos|flac\d?|amzn|dsnp|hmax|yify|yts|rarbg|hsbs)"
)
# Words that may follow the year or the episode and say nothing of the film.
AFTER = frozenset(
    [
        "proper",
        "repack",
        "rerip",
        "real",
        "internal",
        "limited",
        "multi",
        "dual",
        "dl",
        "dubbed",
        "subbed",
        "subs",
        "sub",
        "ml",
        "vostfr",
        "vff",
        "vfq",
        "vo",
        "complete",
        "german",
        "french",
        "italian",
        "ita",
        "spanish",
        "castellano",
        "latino",
        "english",
        "eng",
        "ger",
        "fre",
        "spa",
        "rus",
        "russian",
        "dutch",
        "nordic",
        "hindi",
        "web",
        "sample",
    ]
)
EDITIONS = frozenset(
    [
        "extended",
        "uncut",
        "unrated",
        "uncensored",
        "theatrical",
        "remastered",
        "directors",
        "final",
        "ultimate",
        "special",
        "collectors",
        "anniversary",
        "redux",
        "imax",
        "despecialized",
        "fan",
        "matte",
        "criterion",
    ]
)
EDITION_NOUNS = frozenset({"edition", "cut", "version"})
ARTICLES = "the a an der die das le la les el los las il lo gli de het een en et ett"
FILLERS = frozenset({"the", "a", "an", "and"})  # left out wherever they stand
COUNTED = frozenset(
    [
        "part",
        "pt",
        "chapter",
        "episode",
        "ep",
        "vol",
        "volume",
        "no",
        "teil",
        "partie",
        "parte",
        "film",
        "movie",
        "disc",
        "disk",
        "cd",
        "dvd",
    ]
)  # left out before a number
ROMAN = {"ii": 2, "iii": 3, "iv": 4, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "xi": 11, "xii": 12, "xiii": 13}
LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t"}
)
SPELLINGS = re.compile("(?<=[aou])e")  # König, Koenig and Konig are one

_SITE = re.compile(r"^\W*www\.[\w-]+(?:\.[a-z]{2,6})+\W*", re.IGNORECASE)
_TAGS = re.compile(r"\[([^\]]*)\]|\{([^}]*)\}|【([^】]*)】")
_TRAILING_ARTICLE = re.compile(rf"^([^,]+), ({'|'.join(ARTICLES.split())})\b(?=\W*(?:$|\d|\())", re.IGNORECASE)
_ELISION = re.compile(r"\b(d|j|l|m|n|qu|s|t)['’](?=[^\W\d_]{2})", re.IGNORECASE)  # d'Amélie, but not Ocean's
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")  # S.H.I.E.L.D.
_NAMED_SEASON = re.compile(r"\b(?:season|series|staffel|saison|temporada)[ ._-]*(\d{1,2})\b")
_APOSTROPHES = re.compile("['’‘ʼ`´]")
_CODEC = re.compile(r"\b([hx])[. ](26[456])\b", re.IGNORECASE)
_SOURCE = re.compile(r"\b(blu|web|bd|br|dvd|hd)[-. ](ray|dl|rip|tv)\b", re.IGNORECASE)
_EPISODE = re.compile(r"s(\d{1,3})((?:e\d{1,4})+)")
_CROSSED = re.compile(r"(\d{1,2})x(\d{2,3})")
_LONE_EPISODE = re.compile(r"(?:e|ep)(\d{1,4})")
_SEASON = re.compile(r"s(\d{1,2})")
_CUT = re.compile(r"[\s._,;:!?()\[\]{}+~|/\\–—&#=%*\"“”„«»「」『』-]+")


@dataclass(frozen=True, slots=True)
class FilmName:
    """What of a name tells films apart. `numbers` are years and counts; a number that begins the title is a word."""

    words: tuple[str, ...]
    numbers: frozenset[int] = frozenset()
    season: int | None = None
    edition: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """The words with a space between them, which an index can search."""
        return " ".join(self.words)

    @property
    def squeezed(self) -> str:
        """Without spaces: "spider man" and "spiderman" are one."""
        return "".join(self.words)


@dataclass(slots=True)
class _Reading:
    """A name on the way from its first word to its last."""

    words: list[str] = field(default_factory=list)
    numbers: set[int] = field(default_factory=set)
    edition: set[str] = field(default_factory=set)
    season: int | None = None
    is_dated: bool = False  # a year or an episode has been read: what follows may be an edition, or say nothing
    is_over: bool = False  # the title has ended


def film_name(title: str) -> FilmName:
    """Take a title or the name of a file (without its suffix) apart. Never fails: what has no words is one word."""
    text = unicodedata.normalize("NFKC", title)
    text = _SITE.sub("", text, count=1)
    text = _TRAILING_ARTICLE.sub(r"\2 \1", text)
    reading = _Reading()
    _read(reading, _tokens(_TAGS.sub(" ", text)))
    tags = [part for found in _TAGS.finditer(text) for part in found.groups() if part]
    if not reading.words:
        _read(reading, _tokens(" ".join(tags)))
    else:
        _read_tags(reading, tags)
    if not reading.words:
        whole = _folded("".join(title.split()))
        return FilmName((whole,), frozenset(reading.numbers), reading.season)
    return FilmName(tuple(reading.words), frozenset(reading.numbers), reading.season, frozenset(reading.edition))


def is_same_name(one: FilmName, other: FilmName) -> bool:
    """Whether two names say the same title, number and season; a year may be missing in one of them."""
    if one.season != other.season or one.squeezed != other.squeezed:
        return False
    return _do_numbers_agree(one, other, years_apart=0)


def is_similar_name(one: FilmName, other: FilmName) -> bool:
    """Whether two names may well be those of one film: one has all the words of the other, and no number speaks
    against it. Lists of films differ by a year about when a film is from; a season is often left out."""
    if one.season is not None and other.season is not None and one.season != other.season:
        return False
    if not _do_numbers_agree(one, other, years_apart=1):
        return False
    if one.squeezed == other.squeezed:
        return True
    fewer, more = sorted((set(one.words), set(other.words)), key=len)
    return fewer <= more


def is_other_part(one: FilmName, other: FilmName) -> bool:
    """Whether these are two parts of one work: the same words, but another number, season or episode."""
    if one.squeezed != other.squeezed:
        return False
    seasons = one.season is not None and other.season is not None and one.season != other.season
    return seasons or not _do_numbers_agree(one, other, years_apart=1)


def _do_numbers_agree(one: FilmName, other: FilmName, years_apart: int) -> bool:
    ours, theirs = one.numbers - other.numbers, other.numbers - one.numbers
    if any(number not in YEARS for number in ours | theirs):
        return False
    return all(abs(mine - yours) <= years_apart for mine in ours for yours in theirs)


# -- reading -----------------------------------------------------------------------------------------------------------


def _folded(text: str) -> str:
    """Without accents and case. Marks of other scripts than Latin, Greek and Cyrillic change a word and stay."""
    if text.isascii():
        return text.casefold()
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not "\u0300" <= sign <= "\u036f")
    return unicodedata.normalize("NFKC", bare).casefold().translate(LETTERS)


def _tokens(text: str) -> list[str]:
    text = _APOSTROPHES.sub("", _ELISION.sub(r"\1 ", text))
    text = _INITIALS.sub(lambda found: found[0].replace(".", "") + " ", text)
    text = _SOURCE.sub(r"\1\2", _CODEC.sub(r"\1\2", text))
    return [token for token in _CUT.split(_NAMED_SEASON.sub(r" s\1 ", _folded(text))) if token]


def _read(reading: _Reading, tokens: list[str]) -> None:
    for place, token in enumerate(tokens):
        following = tokens[place + 1] if place + 1 < len(tokens) else ""
        if token[-1].isdecimal() and _read_episode(reading, token):
            reading.is_dated = True
        elif reading.is_over:
            reading.edition |= {token} & EDITIONS
        elif place and ENDS.fullmatch(token):
            reading.is_over = True
        elif (number := _number(token, reading)) is not None:
            _take_number(reading, token, number)
        elif reading.is_dated and token in EDITIONS | EDITION_NOUNS:
            reading.edition |= {token} & EDITIONS
        elif not (token in FILLERS or (reading.is_dated and token in AFTER) or _is_count(token, following, reading)):
            reading.words += _spelled(token)
    if not reading.words:
        reading.words += [token for token in tokens if token in FILLERS]


def _read_tags(reading: _Reading, tags: list[str]) -> None:
    """What stands in square brackets and braces is a group's or a collector's note; numbers and editions count."""
    for token in (token for tag in tags for token in _tokens(tag)):
        if not _read_episode(reading, token):
            reading.edition |= {token} & EDITIONS
            if token.isdecimal() and int(token) in YEARS:
                reading.numbers.add(int(token))


def _read_episode(reading: _Reading, token: str) -> bool:
    if found := _EPISODE.fullmatch(token):
        reading.season = int(found[1])
        reading.numbers |= {int(number) for number in found[2].split("e") if number}
    elif found := _CROSSED.fullmatch(token):
        reading.season = int(found[1])
        reading.numbers.add(int(found[2]))
    elif reading.words and (found := _LONE_EPISODE.fullmatch(token)):
        reading.numbers.add(int(found[1]))
    elif reading.words and (found := _SEASON.fullmatch(token)):
        reading.season = int(found[1])
    else:
        return False
    return True


def _number(token: str, reading: _Reading) -> int | None:
    if token.isdecimal() and len(token) <= 6:
        return int(token)
    return ROMAN.get(token) if reading.words else None


def _take_number(reading: _Reading, token: str, number: int) -> None:
    if not reading.words:
        reading.words.append(token.lstrip("0") or "0")
        return
    reading.numbers.add(number)
    reading.is_dated = reading.is_dated or number in YEARS


def _is_count(token: str, following: str, reading: _Reading) -> bool:
    """Whether it only announces a number: "Part 2", "Chapter IV"."""
    return token in COUNTED and bool(reading.words) and (following.isdecimal() or following in {"i", "v", "x", *ROMAN})


def _spelled(token: str) -> list[str]:
    """As a word, if it has any letter or digit. (`\\w` knows no vowel signs.)"""
    is_plain = token.isascii() and token.isalnum()  # most are
    word = token if is_plain else "".join(sign for sign in token if unicodedata.category(sign)[0] in "LNM")
    return [SPELLINGS.sub("", word)] if word else []
