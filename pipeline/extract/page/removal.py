"""Records of what was taken out of a page. Everything removed is recorded, with the rule that removed it."""

from __future__ import annotations

import re
from datetime import date

import msgspec

from pipeline.extract.page.dates import parse_day
from pipeline.extract.page.text import tidy

CLOCK = r"(?:(?P<hours>\d{1,2}):)?(?P<minutes>\d{1,3}):(?P<seconds>\d{2})\s*"
_MONTH = (
    r"(?:\d{1,2}\.|(?:Jan(?:uar)?|Feb(?:ruar)?|März|Apr(?:il)?|Mai|Juni?|Juli?|Aug(?:ust)?|Sept?(?:ember)?|Okt(?:ober)?"
    r"|Nov(?:ember)?|Dez(?:ember)?)\.?)"
)
VIDEO_TIME = re.compile(
    rf"(?P<day>\d{{1,2}}\.\s?{_MONTH}\s?\d{{4}})\s*[|•·–-]\s*{CLOCK}min(?:uten\b|\.)?", re.IGNORECASE
)
"""`26.10.2025 | 2:43 min`, `26. Oktober 2025 | 2:43 min`: the line that ends a video caption."""
VIDEO_DURATION = re.compile(rf"{CLOCK}(?:min|minuten|std)\.?$", re.IGNORECASE)
"""`2:43 min` by itself."""

CREDIT_WORDS = (
    r"(?:Quelle|Bildquelle|Fotos?|Bild(?:er)?|Grafik|Archivfoto|Symbolbild|Illustration|Photos?|Photograph(?:er|s|y)?"
    r"|Images?|Picture|Credits?|Copyright|Fotografie|Zdjęcie)"
)
CREDIT = re.compile(rf"(?:\b{CREDIT_WORDS}\s*(?::|by\b|\()|©|\(c\)\s)\s*(?P<holder>.{{2,120}})$", re.IGNORECASE)
"""`Quelle: dpa`, `Photo: A. Doe/Agency`, `© Agency`, at the end of a caption."""

MAX_RECORDED_CHARS = 4_000
"""How much of a removed block is recorded: enough to see what it was."""
_CAPTION_END = 160
"""Where in a caption its credit stands: among its last characters."""


class Stripped(msgspec.Struct, frozen=True):
    """One block that was on the page and is not part of the article."""

    kind: str
    rule: str
    text: str


class Video(msgspec.Struct, frozen=True):
    """What a video caption said of the video."""

    teaser: str | None = None
    published_on: date | None = None
    duration_seconds: int | None = None


class Removal(msgspec.Struct):
    """What the rules have taken out so far, in page order."""

    stripped: list[Stripped] = []
    videos: list[Video] = []
    correction: str | None = None
    _recorded: set[Stripped] = msgspec.field(default_factory=set)

    def add(self, kind: str, rule: str, text: str) -> None:
        """Record a block, once: a label that stands at every paragraph says the same each time."""
        cut = text if len(text) <= MAX_RECORDED_CHARS else f"{text[: MAX_RECORDED_CHARS - 1]}…"
        block = Stripped(kind=kind, rule=rule, text=cut)
        if text and block not in self._recorded:
            self._recorded.add(block)
            self.stripped.append(block)

    def add_correction(self, text: str) -> None:
        """Keep a notice of correction; an article can have several."""
        if text not in (self.correction or ""):
            self.correction = f"{self.correction} {text}" if self.correction else text

    def add_caption(self, text: str, place: str) -> None:
        """Record a caption as what it is: of a video, of a picture, with or without a credit."""
        video = VIDEO_TIME.search(text) or VIDEO_DURATION.search(text)
        if video:
            self.videos.append(video_of(tidy(text[: video.start()]), video))
            self.add("video_caption", f"{place}_video_caption", text)
            return
        credit = CREDIT.search(text, max(0, len(text) - _CAPTION_END))
        if credit:
            self.add("image_caption", f"{place}_caption", text[: credit.start()].strip(" |–-("))
            self.add("credit", f"{place}_credit", text[credit.start() :])
            return
        self.add("image_caption", f"{place}_caption", text)

    def texts(self, *kinds: str) -> list[str]:
        """What was stripped under these kinds."""
        return [stripped.text for stripped in self.stripped if stripped.kind in kinds]


def video_of(teaser: str, time: re.Match[str]) -> Video:
    fields = time.groupdict()
    seconds = int(fields["hours"] or 0) * 3600 + int(fields["minutes"]) * 60 + int(fields["seconds"])
    return Video(
        teaser=teaser or None,
        published_on=parse_day(fields["day"]) if fields.get("day") else None,
        duration_seconds=seconds,
    )
