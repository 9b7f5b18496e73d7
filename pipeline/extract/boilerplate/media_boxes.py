"""Boxes with a video, a sound or a series of pictures among the paragraphs, and what their captions say.

Broadcasters put players into the text, each with mark-up of its own. What they share: the box is small, is named for
its medium, and has a player, a control or a length. Its caption is data: a teaser, a day, a length.
"""

from __future__ import annotations

import re
from functools import lru_cache

from lxml.html import HtmlElement

from pipeline.events import Medium
from pipeline.extract.boilerplate.surroundings import Surroundings
from pipeline.extract.page.dates import find_date, parse_day
from pipeline.extract.page.region import PROSE_CHARS
from pipeline.extract.page.removal import CREDIT, Video
from pipeline.extract.page.text import raw_text, text_within, tidy, words_of

_MAX_BOX_CHARS = 500
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:(?:media|video|audio)-?player|player|res-?audio|audio|video|media-?block|slideshow|gallery|fotostrecke)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_PLAYERS = ("video", "audio", "video-player", "audio-player", "amp-video", "amp-audio")
_AUDIO = re.compile(r"(?:^|[\W_])(?:audio|resaudio|podcast|listen|hören|anhören|écouter)(?:$|[\W_])", re.IGNORECASE)
_PICTURES = re.compile(
    r"\b(?:\d{1,3} (?:bilder|fotos|photos|images|pictures)|fotostrecke|bildergalerie|slideshow|gallery)\b",
    re.IGNORECASE,
)
_COUNT = re.compile(r"\b\d{1,3} (?:bilder|fotos|photos|images|pictures)\W*$", re.IGNORECASE)
_CONTROL = re.compile(
    r"\W*(?:(?:video |audio )?abspielen(?:\W+laufzeit.*)?|play|listen|download|embed|transcript|video|audio|image|close"
    r"|media caption)\W*$",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^\W*(?:video|audio|watch|listen|regarder|écouter)\s*[:|]\s*", re.IGNORECASE)
_READS_ALOUD = re.compile(
    r"\b(?:artikel|beitrag|text) (?:jetzt )?(?:an|vor)?(?:hören|lesen)\b|vorlesefunktion|audioversion"
    r"|listen to (?:this|the) (?:article|story)|\d[.,]\d\s?x",
    re.IGNORECASE,
)
"""A player that reads the article itself."""
_MIN_TEASER_WORDS = 2
_CLOCK = re.compile(r"\W*(?:(?P<hours>\d{1,2}):)?(?P<minutes>\d{1,3}):(?P<seconds>\d{2})\W*$")
"""A length that stands alone: `02:13`."""
_LENGTH = re.compile(
    r"(?<![\d:])(?:(?:(?P<hours>\d{1,2}):)?(?P<minutes>\d{1,3}):(?P<seconds>\d{2})\s*min"
    r"|(?P<whole>\d{1,3})\s*min(?:s|\.|uten?|utes?)?(?:\s*(?P<rest>\d{1,2})\s*se[ck])?)(?![a-z]{4,})",
    re.IGNORECASE,
)
"""A length with its unit: `4:31 Min.`, `4 mins 31 secs`."""


def find_media_box(element: HtmlElement, page: Surroundings) -> HtmlElement | None:
    """The element, if it is a small box named for its medium, with a player, a control or a length."""
    if not _names_medium(f"{element.get('class') or ''} {element.get('data-component') or ''}"):
        return None
    text = text_within(element, _MAX_BOX_CHARS)
    if not text or next(element.iter("h1", "article"), None) is not None:
        return None
    if sum(len(raw_text(paragraph)) >= PROSE_CHARS for paragraph in element.iter("p")) > 1:
        return None
    if (
        _READS_ALOUD.search(" ".join(_parts(element)))
        or len(words_of(read_media(element).teaser or "")) < _MIN_TEASER_WORDS
    ):
        return None
    has_player = next(element.iterdescendants(*_PLAYERS), None) is not None
    return element if has_player or any(_CONTROL.match(part) or _length(part) for part in _parts(element)) else None


@lru_cache(maxsize=5_000)
def _names_medium(names: str) -> bool:
    """Remembered: a site repeats its class names on every page."""
    return _NAMES.search(names) is not None


def read_media(box: HtmlElement) -> Video:
    """What the caption says: its longest part is the teaser."""
    parts = _parts(box)
    lengths = filter(None, map(_length, parts))
    day = next(filter(None, map(parse_day, filter(find_date, parts))), None)
    others = [part for part in parts if not (_CONTROL.match(part) or find_date(part) or CREDIT.match(part))]
    teasers = [_LENGTH.sub("", _LABEL.sub("", part)).strip(" ()") for part in others if not _CLOCK.match(part)]
    return Video(
        teaser=max(teasers, key=len, default=None),
        published_on=day,
        duration_seconds=next(lengths, None),
        medium=medium_of(box),
    )


def read_series(caption: str) -> Video | None:
    """What the caption of a series of pictures says, if it counts them: `… 26.10.2025 | 12 Bilder`."""
    count = _COUNT.search(caption)
    if count is None:
        return None
    said = caption[: count.start()].rstrip(" |–-")
    place = find_date(said)
    teaser = (said[: place[0]] if place else said).rstrip(" |–-")
    return Video(
        teaser=teaser or None, published_on=parse_day(said[place[0] :]) if place else None, medium=Medium.PICTURES
    )


def medium_of(box: HtmlElement) -> Medium | None:
    """What the box shows; None for a video."""
    text = f"{box.get('class') or ''} {box.get('data-component') or ''} {raw_text(box)}"
    if next(box.iter("audio", "audio-player", "amp-audio"), None) is not None or _AUDIO.search(text):
        return Medium.AUDIO
    return Medium.PICTURES if _PICTURES.search(text) else None


def _parts(box: HtmlElement) -> list[str]:
    return [part.strip(" ,|") for part in map(tidy, map(str, box.itertext())) if part.strip(" ,|")]


def _length(part: str) -> int | None:
    """The length in seconds that the part says, if any."""
    found = _CLOCK.match(part) or _LENGTH.search(part)
    if found is None:
        return None
    fields = {name: int(value or 0) for name, value in found.groupdict().items()}
    return (
        fields["hours"] * 3600
        + (fields["minutes"] + fields.get("whole", 0)) * 60
        + fields["seconds"]
        + fields.get("rest", 0)
    )
