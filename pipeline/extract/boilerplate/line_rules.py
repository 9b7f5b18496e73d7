"""Rules for lines that are not part of the article: agencies, captions and pointers, as data.

Each rule has an id that ends up in the `boilerplate_stripped` event, a kind, a reason, and an example it must match
(the tests run every rule on its example, and on sentences that it must not match).
"""

from __future__ import annotations

import re

from pipeline.extract.boilerplate.line_patterns import SENTENCE, LineRule, Place, label, starting, whole
from pipeline.extract.metadata.agencies import AGENCY_LINE
from pipeline.extract.page.removal import CLOCK, CREDIT_WORDS, VIDEO_TIME

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
        id="player_label",
        kind="video_caption",
        reason="The line that announces a player, with a bar after its first word.",
        example="WATCH | How the dyke was saved:",
        pattern=starting(r"(?:watch|listen|video|audio|regarder|écouter)\s*\|\s*\S.{2,150}$"),
        max_chars=170,
    ),
    LineRule(
        id="credit_line",
        kind="credit",
        reason="Whose picture it is, without the picture.",
        example="Foto: Agentur/Anna Berg",
        pattern=starting(rf"{CREDIT_WORDS}\s*:\s*(?!{SENTENCE})\S.{{1,80}}$"),
        max_chars=110,
    ),
    LineRule(
        id="listen_line",
        kind="audio_player",
        reason="The label of a player.",
        example="Artikel anhören 4 Minuten",
        pattern=starting(
            r"(?:diesen )?(?:artikel|beitrag|text) (?:jetzt )?(?:anhören|vorlesen)\W*(?:\(?\d.{0,30})?$",
            r"listen to (?:this )?(?:article|story)\W*(?:\(?\d.{0,30})?$",
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
            r"(?:an dieser stelle|hier) (?:finden sie|befindet sich|steht) .{0,40}\bexterne",
            r"empfohlener (?:redaktioneller |externer )?inhalt",
            r"(?:zum|um) (?:das )?(?:anzeigen|laden|ansehen) (?:dieses|des|von) .{0,40}(?:inhalt|video|post)",
            r"(?:mit|durch) (?:dem )?(?:klick|laden) .{0,90}(?:externe|datenschutz|akzeptier|inhalt)",
            r"ein klick für den datenschutz",
            r"ich bin damit einverstanden, dass .{0,60}\b(?:inhalte?|daten|cookies)\b",
            r"link zum \S+-inhalt",
            r"this (?:content|article|video) (?:is|contains|may contain|could not|can't) .{0,60}(?:"
            r"(?:hosted|provided|published) (?:by|on)|loaded|external (?:content|site|link|media)|cookies|consent"
            r"|third[- ]part(?:y|ies))\b",
            r"view (?:this )?(?:post|tweet) on\b",
        ),
        max_chars=400,
    ),
)

_MARK = r"[:|»>›→]|\s[–-]\s"
_READ_ALSO = (
    r"(?:lesen|hören|sehen|schauen) sie (?:auch|mehr|hier|dazu|außerdem)|auch lesenswert|lesetipp"
    r"|das könnte sie auch interessieren|read (?:more|also|next)|also read|more on this|further reading"
    r"|related (?:articles?|stories|content|coverage)"
)
_ON_THE_SUBJECT = (
    r"auch interessant|mehr zum thema|mehr dazu|zum thema|siehe auch|passend dazu|see also|more from|recommended"
    r"|related"
)
"""Words that a sentence can begin with too: after the mark a title follows, with a capital."""

POINTER_RULES = (
    LineRule(
        id="liveblog_pointer",
        kind="liveblog_pointer",
        reason="Points to the liveblog on the same news.",
        example="Aktuelle Meldungen zur Flut an der Ruhn finden Sie jederzeit in unserem Liveblog:",
        pattern=starting(
            rf"(?:(?:alle|die)\s+)?(?:aktuelle[nr]?|neueste[nr]?|weitere|alle|mehr)\b.{{0,140}}"
            rf"\b(?:(?:finden|lesen|erfahren|sehen|verfolgen) sie|gibt es)\b.{{0,60}}\b{_LIVE}\b.{{0,20}}$",
            rf"hier (?:geht es|geht's|finden sie|lesen sie|gibt es)\b.{{0,60}}\b{_LIVE}\b.{{0,20}}$",
            rf"(?:verfolgen|lesen) sie\b.{{0,80}}\b{_LIVE}\b.{{0,20}}$",
            rf"(?:im|in unserem) {_LIVE}\b.{{0,40}}\b(?:finden|lesen|erfahren|sehen|verfolgen) sie\b.{{0,80}}$",
            rf"(?:follow|see|read)\b.{{0,80}}\b{_LIVE}\b.{{0,20}}$",
        ),
        max_chars=240,
    ),
    LineRule(
        id="liveblog_mention",
        kind="liveblog_pointer",
        reason="Points to the liveblog in a few words.",
        example="Die Lage im Ruhntal im Liveblog:",
        pattern=re.compile(
            rf"^(?!.*\b(?:schreib\w+|schrieb\w*|sag\w+|meld\w+|berichte\w+|teilte\w*|erklär\w+)\b)"
            rf"(?:.{{0,110}}\b(?:in unserem|im)\s+{_LIVE}\b[^.!?]{{0,12}}$"
            rf"|\W*(?:mehr|alle[sn]?|weitere[sn]?|die (?:aktuelle|neueste)\w*)\b.{{0,100}}"
            rf"\b(?:in unserem|im)\s+{_LIVE}\b.{{0,12}}$)",
            re.IGNORECASE,
        ),
        max_chars=140,
        needs=("live", "ticker", "blog"),
    ),
    LineRule(
        id="read_also",
        kind="read_also",
        reason="Announces another article: after a label and a mark, or with a link.",
        example="Lesen Sie auch: Deich hält auch in der zweiten Nacht",
        pattern=starting(
            rf"(?:{_READ_ALSO})\b\s*(?:{_MARK}|$)",
            rf"(?:{_ON_THE_SUBJECT})\b\s*(?:(?:{_MARK})\s*(?-i:[\W\d]*[A-ZÄÖÜ]|$)|$)",
            r"(?:lire aussi|à lire aussi|lee también|leer más|leia também|leggi anche|lees ook)\b",
            r"noticias? relacionadas?\b",
            r"(?:læs også|les også|läs också|czytaj (?:także|też|więcej)|zobacz (?:także|też)|čtěte také)\b",
            r"(?:mehr|weitere|alles|alle)\b.{0,90}\b(?:lesen|finden|erfahren|hören|sehen) sie hier\W*$",
        ),
        max_chars=160,
        linked=starting(rf"(?:{_READ_ALSO}|{_ON_THE_SUBJECT}|mehr (?:aus|über|von)|weiterlesen|passend dazu)\b"),
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
        pattern=label(
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
