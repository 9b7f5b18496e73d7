"""Find the news agencies that an article names as authors of its text. Picture credits do not count.

where           example
authors, byline "dpa", "Anna Berg und dpa", "Reuters Staff"
dateline        "BRÜCKFELD (dpa) - Der Deich …", "WIEKSTADT, March 2 (Reuters) - …"
closing line    "(dpa/AFP)", "Quelle: dpa, epd", "Mit Material von KNA"
last words      "… teilte das Rathaus mit. (dpa)"
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

AGENCIES = {
    "dpa": r"dpa(?:[-/ ](?:afx|lno|lhe|lby|lsw|lnw|lrs|infocom|tmn))?|deutsche presse-agentur",
    "AFP": r"afp|agence france-presse",
    "Reuters": r"reuters|rtr",
    "AP": r"(?-i:AP)|(?:the )?associated press",
    "epd": r"epd|evangelischer pressedienst",
    "KNA": r"kna|katholische nachrichten-agentur",
    "sid": r"(?-i:sid|SID)|sport-informations-dienst",
    "APA": r"(?-i:APA)|austria presse agentur",
    "ANSA": r"(?-i:ANSA)",
    "EFE": r"(?-i:EFE)",
    "PA": r"pa media|press association",
    "SDA": r"keystone-sda|(?-i:SDA)|schweizerische depeschenagentur",
    "AA": r"anadolu(?: ajans[ıi]| agency)?",
    "ANP": r"(?-i:ANP)",
    "Belga": r"belga",
    "Bloomberg": r"bloomberg(?: news)?",
    "CP": r"the canadian press|la presse canadienne",
    "Europa Press": r"europa press",
    "IANS": r"(?-i:IANS)",
    "Kyodo": r"kyodo(?: news)?",
    "Lusa": r"(?-i:LUSA|Lusa)",
    "NTB": r"(?-i:NTB)",
    "PAP": r"(?-i:PAP)",
    "PTI": r"(?-i:PTI)|press trust of india",
    "Ritzau": r"ritzau",
    "TASS": r"(?-i:TASS)",
    "TT": r"(?-i:TT)",
    "UPI": r"(?-i:UPI)",
    "Xinhua": r"xinhua",
}
"""An agency's name and the pattern of its spellings. Short names that are also words count only in capitals."""

_ANY = "|".join(AGENCIES.values())
_PATTERNS = {name: re.compile(rf"(?<!\w)(?:{spelling})(?!\w)", re.IGNORECASE) for name, spelling in AGENCIES.items()}
_SOME = re.compile(rf"(?<!\w)(?:{_ANY})(?!\w)", re.IGNORECASE)
_JOINED = rf"(?:[\w.-]{{2,12}}\s?[/,]\s?){{0,3}}(?:{_ANY})(?:\s?(?:[/,]|und|and)\s?[\w. -]{{2,24}}){{0,4}}"
AGENCY_LINE = re.compile(rf"^\W*(?:(?:quellen?|sources?)\s*:\s*)?{_JOINED}\W*$", re.IGNORECASE)
"""A line with only agencies and initials: `(nnp/dpa)`, `dpa/AFP`, `Quelle: dpa`."""
_DATELINE = re.compile(
    rf"^[A-ZÄÖÜ][\w .'’/-]{{1,40}}(?:,[\w .,]{{1,30}})?\s*\((?P<named>{_JOINED})\)\s*[-–—.:]?\s", re.IGNORECASE
)
_LAST_WORDS = re.compile(rf"[.!?\"”“»]\s*\((?P<named>{_JOINED})\)\s*$", re.IGNORECASE)
_DATELINE_CHARS = 120
"""Datelines are searched for in this many first characters of a paragraph, last words in as many last ones."""


def credited_agencies(names: Iterable[str], paragraphs: Sequence[str], lines: Iterable[str]) -> tuple[str, ...]:
    """The agencies in names (authors, byline), in the paragraphs' datelines and last words, and in credit lines."""
    credit_texts = list(names)
    for paragraph in paragraphs[:2]:
        dateline = _DATELINE.match(paragraph[:_DATELINE_CHARS])
        if dateline:
            credit_texts.append(dateline["named"])
    if paragraphs:
        end = _LAST_WORDS.search(paragraphs[-1][-_DATELINE_CHARS:])
        if end:
            credit_texts.append(end["named"])
    credit_texts += lines
    named = filter(_SOME.search, credit_texts)
    found = [name for text in named for name, pattern in _PATTERNS.items() if pattern.search(text)]
    return tuple(dict.fromkeys(found))
