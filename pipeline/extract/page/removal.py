"""Records of what was taken out of a page. Everything removed is recorded, with the rule that removed it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import msgspec
from lxml.html import HtmlElement

from pipeline.events import Medium
from pipeline.extract.page.dates import parse_day
from pipeline.extract.page.text import lines_of, tidy

CLOCK = r"(?:(?P<hours>\d{1,2}):)?(?P<minutes>\d{1,3}):(?P<seconds>\d{2})\s*"
_MONTH = (
    r"(?:\d{1,2}\.|(?:Jan(?:uar)?|Feb(?:ruar)?|März|Apr(?:il)?|Mai|Juni?|Juli?|Aug(?:ust)?|Sept?(?:ember)?|Okt(?:ober)?"
    r"|Nov(?:ember)?|Dez(?:ember)?)\.?)"
)
VIDEO_TIME = re.compile(
    rf"(?P<day>\d{{1,2}}\.\s?{_MONTH}\s?\d{{4}})\s*[|•·–-]\s*{CLOCK}min(?:uten\b|\.)?", re.IGNORECASE
)
"""Date and duration at the end of a video caption: `26.10.2025 | 2:43 min`, `26. Oktober 2025 | 2:43 min`."""
VIDEO_DURATION = re.compile(rf"{CLOCK}(?:min|minuten|std)\.?$", re.IGNORECASE)
"""A duration at the end of a caption, without a date: `2:43 min`."""

CREDIT_WORDS = (
    r"(?:Quelle|Bildquelle|Fotos?|Bild(?:er)?|Grafik|Archivfoto|Symbolbild|Illustration|Photos?|Photograph(?:er|s|y)?"
    r"|Images?|Picture|Credits?|Copyright|Fotografie|Zdjęcie)"
)
CREDIT = re.compile(rf"(?:\b{CREDIT_WORDS}\s*(?::|by\b|\()|©|\(c\)\s)\s*(?P<holder>.{{2,120}})$", re.IGNORECASE)
"""A picture credit at the end of a caption: `Quelle: dpa`, `Photo: A. Doe/Agency`, `© Agency`."""

_CREDIT_WORD = re.compile(rf"{CREDIT_WORDS}|©", re.IGNORECASE)
_CREDIT_LINE = re.compile(
    rf"\(?\s*(?:{CREDIT_WORDS}\s*(?::|/|by\b)\s*|©\s*)\S.{{1,100}}$"
    rf"|.{{10,}}\s(?:\({CREDIT_WORDS}\s*[:/].{{2,60}}\)|©.{{2,60}})$",
    re.IGNORECASE,
)

MAX_RECORDED_CHARS = 4_000
"""A longer removed text is recorded in several blocks."""
_CAPTION_END = 160
"""A caption's credit is searched for in this many last characters."""


class Stripped(msgspec.Struct, frozen=True):
    """A block of the page that is not part of the article, and the rule that removed it."""

    kind: str
    rule: str
    text: str


class Video(msgspec.Struct, frozen=True):
    """What the caption of a video, a sound or a series of pictures says about it."""

    teaser: str | None = None
    published_on: date | None = None
    duration_seconds: int | None = None
    medium: Medium | None = None


class Removal(msgspec.Struct):
    """Everything that the rules have removed so far, in the order of removal."""

    stripped: list[Stripped] = []
    videos: list[Video] = []
    correction: str | None = None
    _frame: dict[str, None] = msgspec.field(default_factory=dict)
    _recorded: set[Stripped] = msgspec.field(default_factory=set)

    def add(self, kind: str, rule: str, text: str) -> None:
        """Record a removed block. Equal blocks, such as a label repeated at each paragraph, are recorded once."""
        for piece in _pieces(text):
            block = Stripped(kind=kind, rule=rule, text=piece)
            if block not in self._recorded:
                self._recorded.add(block)
                self.stripped.append(block)

    def leave(self, text: str) -> None:
        """Note text of the page's frame, such as navigation and labels, which no rule is about."""
        if any(map(str.isalnum, text)):
            self._frame.setdefault(text)

    def record_frame(self) -> None:
        """Record all text of the page's frame together: one block for each `MAX_RECORDED_CHARS` of it."""
        self.add("unselected", "page_frame", "\n".join(self._frame))
        self._frame.clear()

    def add_correction(self, text: str) -> None:
        """Add a correction notice; an article can have several."""
        if text not in (self.correction or ""):
            self.correction = f"{self.correction} {text}" if self.correction else text

    def add_caption(self, text: str, place: str, medium: Medium | None = None) -> None:
        """Record a caption: as a video's caption, or as an image caption with its credit recorded apart."""
        video = VIDEO_TIME.search(text) or VIDEO_DURATION.search(text)
        if video:
            self.videos.append(video_of(tidy(text[: video.start()]), video, medium))
            self.add("video_caption", f"{place}_video_caption", text)
            return
        credit = CREDIT.search(text, max(0, len(text) - _CAPTION_END))
        if credit:
            self.add("image_caption", f"{place}_caption", text[: credit.start()].strip(" |–-("))
            self.add("credit", f"{place}_credit", text[credit.start() :])
            return
        self.add("image_caption", f"{place}_caption", text)

    def texts(self, *kinds: str) -> list[str]:
        """The texts of the removed blocks of these kinds."""
        return [stripped.text for stripped in self.stripped if stripped.kind in kinds]


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces of at most `MAX_RECORDED_CHARS`, divided at white space if possible."""
    while len(text) > MAX_RECORDED_CHARS:
        end = max(text.rfind(" ", 0, MAX_RECORDED_CHARS), text.rfind("\n", 0, MAX_RECORDED_CHARS))
        end = end if end > 0 else MAX_RECORDED_CHARS
        yield text[:end]
        text = text[end:].lstrip()
    if text:
        yield text


def has_credit(box: HtmlElement, text: str) -> bool:
    """True if one of the lines of the box says whose a picture is. `text` is the text of the box."""
    return _CREDIT_WORD.search(text) is not None and any(map(_CREDIT_LINE.match, lines_of(box)))


def video_of(teaser: str, time: re.Match[str], medium: Medium | None = None) -> Video:
    fields = time.groupdict()
    seconds = int(fields["hours"] or 0) * 3600 + int(fields["minutes"]) * 60 + int(fields["seconds"])
    return Video(
        teaser=teaser or None,
        published_on=parse_day(fields["day"]) if fields.get("day") else None,
        duration_seconds=seconds,
        medium=medium,
    )
