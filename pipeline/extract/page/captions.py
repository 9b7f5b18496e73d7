"""How captions end: with the day and length of a video, or with whose picture it is."""

from __future__ import annotations

import re

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
