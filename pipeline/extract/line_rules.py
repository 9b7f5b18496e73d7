"""Lines that are not the article, recognised by their words: the rules, as data.

Each rule has an id that ends up in the `boilerplate_stripped` event, a kind, a reason, and an example it must match
(the tests run every rule against its example, and against sentences it must leave alone).
"""

from __future__ import annotations

import re

from pipeline.extract.agencies import AGENCY_LINE
from pipeline.extract.captions import CLOCK, CREDIT_WORDS, VIDEO_TIME
from pipeline.extract.line_patterns import LineRule, Place, starting, whole
from pipeline.extract.text import CAPITALS

_MONTH_DAY = (
    r"(?:\d{1,2}\.\s?(?:\d{1,2}\.|[A-Za-zä]{3,9})\s?\d{2,4}|\d{1,2} [A-Z][a-z]{2,8},? \d{4}"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}|\d{4}-\d{2}-\d{2})"
)
_NAME_WORDS = rf"(?:[{CAPITALS}][\w.'’-]+|und|and|von|de|van|der)"
_LIVE = r"(?:live-?blogs?|live-?tickers?|newsblogs?|newstickers?|live blogs?|live updates|tickers?)"

AGENCY_RULES = (
    LineRule(
        id="agency_line",
        kind="source",
        reason="Which agency's text it is, below it. (Asked before the rules for pictures' credits: `Quelle: dpa`.)",
        example="(nnp/dpa)",
        pattern=AGENCY_LINE,
        max_chars=60,
        place=Place.FOOT,
    ),
)

MEDIA_RULES = (
    LineRule(
        id="video_time_line",
        kind="video_caption",
        reason="The end of a video caption that stands alone.",
        example="26.10.2025 | 2:43 min",
        pattern=whole(VIDEO_TIME.pattern),
    ),
    LineRule(
        id="video_duration_line",
        kind="video_caption",
        reason="The length of a video.",
        example="Video 2:43 min",
        pattern=whole(rf"(?:Video|Audio)?\W*{CLOCK}min"),
    ),
    LineRule(
        id="credit_line",
        kind="credit",
        reason="Whose picture it is, without the picture.",
        example="Foto: Agentur/Anna Berg",
        pattern=starting(rf"{CREDIT_WORDS}\s*:\s*\S.{{1,80}}$"),
        max_chars=110,
    ),
    LineRule(
        id="copyright_line",
        kind="credit",
        reason="Whose picture or text it is.",
        example="© 2025 Nordpress",
        pattern=re.compile(r"^\W*(?:©|\(c\)|copyright\b).{2,90}$", re.IGNORECASE),
        max_chars=110,
    ),
    LineRule(
        id="listen_line",
        kind="audio_player",
        reason="The label of a player.",
        example="Artikel anhören 4 Minuten",
        pattern=starting(
            r"(?:diesen )?(?:artikel|beitrag|text) (?:jetzt )?(?:anhören|vorlesen)",
            r"listen to (?:this )?(?:article|story)",
            r"(?:dieser|der) (?:artikel|text|beitrag) wurde .{0,40}(?:vertont|eingesprochen|text-to-speech)",
            r"ihr browser unterstützt|your browser does not support",
        ),
        max_chars=200,
    ),
    LineRule(
        id="external_content",
        kind="embed_notice",
        reason="Stands where content of another site is not loaded.",
        example="Externer Inhalt von einem sozialen Netzwerk",
        pattern=starting(
            r"externer inhalt",
            r"(?:an dieser stelle|hier) (?:finden sie|befindet sich|steht) .{0,40}(?:externe|extern|inhalt)",
            r"empfohlener (?:redaktioneller |externer )?inhalt",
            r"(?:zum|um) (?:das )?(?:anzeigen|laden|ansehen) (?:dieses|des|von) .{0,40}(?:inhalt|video|post)",
            r"(?:mit|durch) (?:dem )?(?:klick|laden) .{0,90}(?:externe|datenschutz|akzeptier|inhalt)",
            r"ein klick für den datenschutz",
            r"ich bin damit einverstanden, dass",
            r"link zum \S+-inhalt",
            r"this (?:content|article|video) (?:is|contains|may contain|could not|can't) .{0,60}"
            r"(?:hosted|provided|load|external|cookies|consent|third)",
            r"view (?:this )?(?:post|tweet) on\b",
        ),
        max_chars=400,
    ),
)

POINTER_RULES = (
    LineRule(
        id="liveblog_pointer",
        kind="liveblog_pointer",
        reason="Points to the liveblog on the same news.",
        example="Aktuelle Meldungen zur Flut an der Ruhn finden Sie jederzeit in unserem Liveblog:",
        pattern=re.compile(
            rf"^(?=.*\b{_LIVE}\b)\W*(?:"
            r"(?:alle|die)?\s*(?:aktuelle[nr]?|neueste[nr]?|weitere|alle|mehr)\b"
            r".{0,140}\b(?:finden|lesen|gibt es|erfahren|sehen)\b"
            r"|(?:hier|verfolgen sie|lesen sie|im liveblog|in unserem liveblog|follow|see|read)\b).{0,140}$",
            re.IGNORECASE,
        ),
    ),
    LineRule(
        id="liveblog_mention",
        kind="liveblog_pointer",
        reason="Points to the liveblog in a few words.",
        example="Die Lage im Ruhntal im Liveblog:",
        pattern=re.compile(rf"^.{{0,110}}\b(?:in unserem|im)\s+{_LIVE}\b.{{0,12}}$", re.IGNORECASE),
        max_chars=140,
    ),
    LineRule(
        id="read_also",
        kind="read_also",
        reason="Announces another article.",
        example="Lesen Sie auch: Deich hält auch in der zweiten Nacht",
        pattern=starting(
            r"(?:lesen|hören|sehen|schauen) sie (?:auch|mehr|hier|dazu|außerdem)\b",
            r"(?:auch interessant|mehr zum thema|mehr dazu|zum thema|siehe auch|weiterlesen|auch lesenswert)\b",
            r"(?:das könnte sie auch interessieren|passend dazu|lesetipp|mehr aus|mehr über|mehr von)\b",
            r"(?:read (?:more|also|next)|also read|see also|more on this|more from|recommended)\b\s*(?:[:|»>–-]|$)",
            r"(?:related(?: articles?| stories| content| coverage)?|further reading)\b\s*(?:[:|»>–-]|$)",
            r"(?:lire aussi|à lire aussi|lee también|leer más|leia também|leggi anche|lees ook)\b",
            r"noticias? relacionadas?\b",
            r"(?:læs også|les også|läs också|czytaj (?:także|też|więcej)|zobacz (?:także|też)|čtěte také)\b",
        ),
    ),
    LineRule(
        id="comments_line",
        kind="comments",
        reason="Leads to what readers say.",
        example="12 Kommentare",
        pattern=whole(
            r"(?:\d+\s+)?(?:kommentare?|comments?)(?:\W*\d+)?",
            r"diskutieren sie mit.{0,60}",
            r"kommentare? (?:schreiben|lesen|verfassen|anzeigen)|zur debatte",
            r"show comments|post a comment|leave a (?:reply|comment)|join the conversation",
        ),
    ),
    LineRule(
        id="navigation_line",
        kind="navigation",
        reason="The label of a button or link of the page.",
        example="Zur Startseite",
        pattern=whole(
            r"zur startseite|startseite|nach oben|back to (?:top|home)|home|zurück|zum seitenanfang",
            r"mehr anzeigen|mehr laden|show more|load more|alle artikel|zum artikel",
            r"inhaltsverzeichnis|table of contents|auf dieser seite|on this page",
            r"artikel (?:merken|drucken|anhören|vorlesen|speichern)|drucken|merken|vorlesen|anhören|print|save",
            r"(?:jump|skip) to.{0,30}",
        ),
    ),
    LineRule(
        id="reading_time",
        kind="navigation",
        reason="How long the article is.",
        example="Lesezeit: 4 Minuten",
        pattern=whole(
            r"(?:lesezeit|lesedauer|reading time)\W*(?:ca\.?|etwa)?\W*\d{1,3}\s*min\w*",
            r"\d{1,3}\s*(?:min\w*)?\s*(?:lesezeit|lesedauer|read|reading time)",
        ),
        max_chars=60,
    ),
)

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
            r"(?:datum|date)\s*:?\s+\d{1,2}\.",
            r"autor(?:in)?/autor(?:in)?\s*:?\s+\S",
            r"(?:themenseiten|schlagwörter|schlagworte|keywords|tags|permalink|feedback|drucken)\s*:?\s+(?=[A-ZÄÖÜ]|http)",
        ),
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
            r"(?:quellen?|sources?)\s*:\s*.{0,120}$",
            r"mit (?:agentur)?material(?: (?:von|der|des)\b.{0,120}|\W*)$",
            r"(?:mit agenturen?|mit informationen von)\b.{0,120}$",
            r"(?:with )?(?:additional )?(?:reporting|reports|files|input) (?:by|from)\b.{0,120}$",
            r"editing by\b.{0,120}$",
        ),
        max_chars=140,
    ),
    LineRule(
        id="production_credits",
        kind="credits",
        reason="Who edited, translated and checked it, below the text.",
        example="Redaktion: Anna Berg, Faktencheck: Bo Carls",
        pattern=starting(
            r"(?:(?:schluss)?redaktion|übersetzung|faktencheck|lektorat|mitarbeit|recherche|produktion|editor|edited by"
            r"|translat(?:ed by|ion|or)|fact-check(?:ed by|ing)?|producer|produced by|traduction|traducción)\s*:?\s+"
            r"(?=[A-ZÄÖÜ])(?:[^.!?]|\b\w\.){3,200}$"
        ),
        place=Place.FOOT,
    ),
    LineRule(
        id="origin_note",
        kind="origin",
        reason="Says where the article comes from, not what it tells.",
        example="Dieser Artikel ist eine Übersetzung, das Original erschien im Harbour Post.",
        pattern=starting(
            r"(?:dies|dieser (?:artikel|text|beitrag)) (?:ist|wurde) (?:eine |zuerst |ursprünglich |aus )?"
            r".{0,40}(?:übersetz|erschienen|veröffentlicht|publiziert)",
            r"dieser (?:artikel|text|beitrag) (?:erschien|stammt)\b",
            r"(?:lest|lesen sie) den original(?:artikel|text)\b",
            r"this (?:article|story|piece) (?:was )?(?:originally|first) (?:published|appeared)\b",
            r"this (?:article|story) (?:was|has been) (?:automatically )?translated\b",
        ),
        max_chars=300,
    ),
)
