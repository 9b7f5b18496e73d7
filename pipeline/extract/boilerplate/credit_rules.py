"""Rules for lines that say who made an article, from which sources, when and for which outlet, as data."""

from __future__ import annotations

import re

from pipeline.extract.boilerplate.line_patterns import SENTENCE, LineRule, Place, starting, whole
from pipeline.extract.page.text import CAPITALS

_MONTH_DAY = (
    r"(?:\d{1,2}\.\s?(?:\d{1,2}\.|[A-Za-zä]{3,9})\s?\d{2,4}|\d{1,2} [A-Z][a-z]{2,8},? \d{4}"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}|\d{4}-\d{2}-\d{2})"
)
_NAME_WORDS = rf"(?:[{CAPITALS}][\w.'’-]+|und|and|von|de|van|der)"
_HOLDER = r"(?-i:[A-ZÄÖÜ][^\s,;.]*|dpa[^\s,;.]*|afp|epd|kna|sid|apa|rtr|und|and|sowie|der|des|von|the|writer|[/&+])"
_HOLDERS = rf"{_HOLDER}(?:[\s,.]+{_HOLDER}){{0,14}}\W*$"
"""People, outlets and agencies to the end of the line."""

CREDIT_RULES = (
    LineRule(
        id="byline_line",
        kind="byline",
        reason="Who wrote it, above the text.",
        example="Von Anna Berg und Bo Carls",
        pattern=re.compile(
            rf"^\W*(?:[Vv]on|[Bb]y|Text|Autor(?:in)?|Interview|Par|Por|Di|Af|Av|Door)\b:?\s+{_NAME_WORDS}(?:,?\s+{_NAME_WORDS}){{0,9}}\W*$"
        ),
        max_chars=110,
        place=Place.HEAD,
    ),
    LineRule(
        id="date_line",
        kind="dateline",
        reason="When it was published, above the text.",
        example="Stand: 06.11.2025, 20:15 Uhr",
        pattern=whole(
            r"(?:(?:stand|veröffentlicht|aktualisiert|publiziert|erschienen|published|updated|last updated|posted"
            r"|zuletzt (?:aktualisiert|geändert))\b\W*(?:am|on|at|um)?\W*)?"
            r"(?:(?:mo|di|mi|do|fr|sa|so|mon|tue|wed|thu|fri|sat|sun)[a-zö]*\W+)?"
            r"(?:\d{1,2}:\d{2}\s*(?:[ap]\.?m\.?)?\s*[a-z]{2,4},?\s+)?"
            rf"{_MONTH_DAY}(?:.{{0,40}}(?:\d{{1,2}}[:.]\d{{2}}).{{0,20}})?",
            r"(?:aktualisiert|veröffentlicht|published|updated)(?: am| on)?",
        ),
        max_chars=110,
        place=Place.HEAD,
    ),
    LineRule(
        id="page_data_line",
        kind="page_data",
        reason="What the page says of itself below the text: its day, its keywords, its address.",
        example="Schlagwörter Ruhn, Hochwasser, Deich",
        pattern=starting(
            r"(?:datum|date)\s*:?\s+\d{1,2}\.\s?(?:\d{1,2}\.|[a-zä]{3,9})\s?\d{4}\W*$",
            r"autor(?:in)?/autor(?:in)?\s*:?\s+\S",
            r"(?:themenseiten|schlagwörter|schlagworte|keywords)\s*:?\s+(?-i:[A-ZÄÖÜ])[^.!?]*$",
            r"permalink\s*:?\s+http",
            r"(?:tags|feedback|drucken)\s*:\s*(?-i:[A-ZÄÖÜ]|http)|drucken seite drucken\W*$",
        ),
        max_chars=240,
        place=Place.FOOT,
    ),
    LineRule(
        id="broadcast_reference",
        kind="broadcast",
        reason="When the news was on the air, below the text.",
        example="Sendung: Ruhntal am Abend, 02.03.2026, 19:30 Uhr",
        pattern=starting(
            r"(?:sendung|dieses thema im programm)\s*:.{3,120}\b(?:uhr|um)\b",
            r"über dieses thema berichte\w+\b.{3,120}\b(?:uhr|um)\b",
        ),
        max_chars=180,
        place=Place.FOOT,
    ),
    LineRule(
        id="initials_line",
        kind="byline",
        reason="Who wrote it, by initials in brackets.",
        example="(abe)",
        pattern=re.compile(r"^\([a-zäöü]{2,5}(?:\s?[/,]\s?[a-zäöü]{2,5}){0,3}\)$"),
        max_chars=24,
        place=Place.FOOT,
    ),
    LineRule(
        id="source_line",
        kind="source",
        reason="Whose material it was made from.",
        example="Mit Material von Nordpress",
        pattern=starting(
            rf"(?:quellen?|sources?)\s*:\s*(?!{SENTENCE}).{{0,120}}$",
            rf"mit (?:agentur)?material(?:\W*$| (?:von|der|des)\s+{_HOLDERS})",
            rf"mit (?:agenturen?|informationen von)\b\W*(?:$|{_HOLDERS})",
            rf"with (?:additional )?(?:reporting|reports|files|input) (?:by|from)\s+{_HOLDERS}",
            r"(?:additional )?(?:reporting|editing) by\s+(?-i:[A-Z]).{0,120}$",
        ),
        max_chars=140,
    ),
    LineRule(
        id="production_credits",
        kind="credits",
        reason="Who edited, translated and checked it, below the text.",
        example="Redaktion: Anna Berg, Faktencheck: Bo Carls",
        pattern=starting(
            r"(?:(?:(?:schluss)?redaktion|übersetzung|faktencheck|lektorat|mitarbeit|recherche|produktion|editor"
            r"|translat(?:ion|or)|fact-checking|producer|traduction|traducción)\s*:"
            r"|(?:edited|translated|fact-checked|produced) by\b:?)\s+"
            r"(?-i:[A-ZÄÖÜ])(?:[^.!?]|\b\w\.){3,200}$"
        ),
        max_chars=240,
        place=Place.FOOT,
    ),
    LineRule(
        id="origin_note",
        kind="origin",
        reason="Says where the article comes from, not what it tells.",
        example="Dieser Artikel ist eine Übersetzung, das Original erschien im Harbour Post.",
        pattern=starting(
            r"dies ist eine (?:maschinelle |automatische )?übersetzung\b",
            r"dieser (?:artikel|text|beitrag) (?:ist eine|wurde (?:maschinell|automatisch|aus dem)) .{0,40}übersetz",
            r"dieser (?:artikel|text|beitrag) (?:ist|wurde|erschien) (?:zuerst|zunächst|ursprünglich)\b",
            r"dieser (?:artikel|text|beitrag) (?:stammt|ist|erschien)\b.{0,40}\b(?:ausgabe|heft|newsletter|magazin)\b",
            r"(?:lest|lesen sie) den original(?:artikel|text)\b",
            r"this (?:article|story|piece) (?:was )?(?:originally|first) (?:published|appeared)\b",
            r"this (?:article|story) (?:was|has been) (?:automatically )?translated\b",
        ),
        max_chars=300,
    ),
)
