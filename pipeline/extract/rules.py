"""The boilerplate rules, as data: what is on news pages and is not part of the article.

Each rule has an id that ends up in the `boilerplate_stripped` event, a kind, a pattern, and an example it must match
(the tests run every rule against its example). A rule describes a habit of many outlets, never one outlet's markup.
`boilerplate.py` applies them and keeps any of them from removing much of an article.
"""

from __future__ import annotations

import re

import msgspec

_CLOCK = r"(?:(?P<hours>\d{1,2}):)?(?P<minutes>\d{1,3}):(?P<seconds>\d{2})\s*"
VIDEO_TIME = re.compile(
    rf"(?P<day>\d{{1,2}}\.\s?\d{{1,2}}\.\s?\d{{4}})\s*[|•·–-]\s*{_CLOCK}min(?:uten\b|\.)?", re.IGNORECASE
)
"""`26.10.2025 | 2:43 min`: the line that ends a video caption."""
VIDEO_DURATION = re.compile(rf"{_CLOCK}(?:min|minuten|std)\.?$", re.IGNORECASE)
"""`2:43 min` by itself."""

_CREDIT_WORDS = (
    r"(?:Quelle|Bildquelle|Fotos?|Bild(?:er)?|Grafik|Archivfoto|Symbolbild|Illustration|Photos?|Photograph(?:er|s|y)?"
    r"|Images?|Picture|Credits?|Copyright|Fotografie|Zdjęcie)"
)
CREDIT = re.compile(rf"(?:\b{_CREDIT_WORDS}\s*(?::|by\b|\()|©|\(c\)\s)\s*(?P<holder>.{{2,120}})$", re.IGNORECASE)
"""`Quelle: dpa`, `Photo: A. Doe/Agency`, `© Agency`, at the end of a caption."""


class BoxRule(msgspec.Struct, frozen=True):
    """An element that is named for what it holds. `text` narrows it where the name alone is not enough."""

    id: str
    kind: str
    names: re.Pattern[str]
    example: str
    """A value of class, id or data-testid."""
    max_chars: int
    """More text than this is not such a box, whatever its name."""
    tags: frozenset[str] = frozenset()
    """Only these elements; all when empty."""
    text: re.Pattern[str] | None = None


class LineRule(msgspec.Struct, frozen=True):
    """A whole block of text that is not the article's."""

    id: str
    kind: str
    pattern: re.Pattern[str]
    example: str
    max_chars: int = 240


def _named(words: str) -> re.Pattern[str]:
    """Any of the words as a whole part of a class name: `related` in `c-related__title`, not in `unrelated`.

    A hyphen in a word stands for any or no separator: `share-bar` is also `sharebar` and `share_bar`.
    """
    alternatives = "|".join(word.replace("-", "[-_]?") for word in words.split())
    return re.compile(rf"(?:^|[\s_/-])(?:{alternatives})(?:$|[\s_/-])", re.IGNORECASE)


def _within(words: str) -> re.Pattern[str]:
    """Any of the words anywhere in a class name."""
    return re.compile("|".join(words.split()), re.IGNORECASE)


def _starting(*alternatives: str) -> re.Pattern[str]:
    """A line that begins so."""
    return re.compile(rf"^\W*(?:{'|'.join(alternatives)})", re.IGNORECASE)


def _whole(*alternatives: str) -> re.Pattern[str]:
    """A line that is no more than this."""
    return re.compile(rf"^\W*(?:{'|'.join(alternatives)})\W*$", re.IGNORECASE)


_SMALL_TAGS = frozenset({"p", "div", "span", "small", "em", "cite", "figcaption", "dd", "li"})

BOX_RULES = (
    BoxRule(
        "consent_box",
        "consent",
        _named(
            "consent cookie cookies cmp gdpr onetrust didomi usercentrics privacy-banner privacy-manager consent-layer"
        ),
        "consent-layer",
        20_000,
    ),
    BoxRule("newsletter_box", "newsletter", _within("newsletter"), "box box--newsletter-signup", 3_000),
    BoxRule(
        "share_box",
        "share",
        _named(
            "share sharing share-bar share-button share-buttons share-links share-tools share-list share-icons social"
            " social-bar social-media social-links social-share social-sharing social-icons social-buttons"
            " social-follow teilen addtoany sharedaddy"
        ),
        "article-share-bar",
        600,
    ),
    BoxRule(
        "related_box",
        "read_also",
        _named(
            "related related-article related-articles related-content related-stories related-links related-posts"
            " related-news related-topics related-box read-also read-next read-more also-read see-also more-on"
            " more-about more-stories more-from more-news mehr mehr-zum-thema lesetipp lesetipps recommended"
            " recommendation recommendations recirc recirculation most-read most-popular most-viewed meistgelesen"
            " trending linkbox link-list teaser-list teaser-box teaser-group teaser-slider outbrain taboola up-next"
        ),
        "c-related-stories",
        12_000,
    ),
    BoxRule(
        "bio_box",
        "bio",
        _named(
            "bio author-bio author-box author-info author-card author-profile author-description author-about"
            " autor-box autoren-box autor-info autoren-info autor-profil autor-kasten autor-vita about-author"
            " about-the-author byline-bio contributor-bio"
        ),
        "article__author-bio",
        2_500,
    ),
    BoxRule(
        "advertisement_box",
        "advertisement",
        _named(
            "ad ads advert adverts advertisement advertorial anzeige werbung sponsored ad-slot ad-container ad-wrapper"
            " ad-unit ad-label dfp affiliate affiliate-box affiliate-widget"
        ),
        "ad-slot ad-slot--mid",
        3_000,
    ),
    BoxRule(
        "promotion_box",
        "promotion",
        _named(
            "promo promotion promobox teaser-promo app-promo app-banner abo-box abo-teaser abo-hinweis subscribe-box"
            " subscribe-banner subscribe-teaser eigenwerbung call-to-action cta donate donation donation-box spenden"
            " spendenbox spendenaufruf support-box"
        ),
        "promo-box",
        3_000,
    ),
    BoxRule(
        "paywall_box",
        "paywall",
        _within("paywall barrier bezahlschranke regwall abo-schranke"),
        "bezahlschranke",
        1_500,
        # The article itself often stands in an element named for the paywall.
        text=_within(
            r"\babo\b abonn subscri probemonat trial monatlich unlimited anmelden log\s?in registrier weiterlesen"
        ),
    ),
    BoxRule(
        "comments_box",
        "comments",
        _named(
            "comments comment-section comments-section comment-list comments-list comment-area comments-area"
            " comment-box comments-container comments-wrapper kommentare kommentar-bereich kommentar-liste"
            " leserkommentare disqus disqus-thread viafoura"
        ),
        "comments-section",
        50_000,
    ),
    BoxRule(
        "tags_box",
        "tags",
        _named(
            "tags tag-list tag-cloud tag-links article-tags topics topic-list topic-tags keywords schlagworte themen"
        ),
        "article-tags",
        800,
    ),
    BoxRule(
        "caption_box",
        "image_caption",
        _within(r"caption bildunterschrift bildtext bildbeschreibung bildinfo pie-?(?:de-?)?foto"),
        "wp-caption-text",
        700,
        tags=_SMALL_TAGS,
    ),
    BoxRule(
        "picture_info_box",
        "image_caption",
        re.compile(
            r"(?:bild|image|img|photo|foto|media|picture)s?[-_]{0,2}"
            r"(?:info|text|title|titel|description|legend|meta)(?:$|[\s_-])",
            re.IGNORECASE,
        ),
        "inline-picture__info",
        350,
        tags=_SMALL_TAGS,
    ),
    BoxRule(
        "credit_box",
        "credit",
        _named(
            "credit credits copyright image-credit image-source image-copyright image-author photo-credit photo-author"
            " photo-by photographer bildquelle bildnachweis foto-credit fotograf"
        ),
        "image-credit",
        200,
        tags=_SMALL_TAGS,
    ),
    BoxRule(
        "audio_box",
        "audio_player",
        _named(
            "audio-player audio-version audio-article audio-box audio-teaser podcast-player podcast-box podcast-teaser"
            " text-to-speech listen-to listen-bar listen-button vorlesen readspeaker speechkit"
        ),
        "audio-player",
        800,
    ),
)

_MONTH_DAY = (
    r"(?:\d{1,2}\.\s?(?:\d{1,2}\.|[A-Za-zä]{3,9})\s?\d{2,4}|\d{1,2} [A-Z][a-z]{2,8},? \d{4}"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}|\d{4}-\d{2}-\d{2})"
)
_NAME_WORDS = r"(?:[A-ZÄÖÜ][\w.'’-]+|und|and|von|de|van|der)"

LINE_RULES = (
    LineRule("video_time_line", "video_caption", _whole(VIDEO_TIME.pattern), "26.10.2025 | 2:43 min"),
    LineRule("video_duration_line", "video_caption", _whole(rf"(?:Video|Audio)?\W*{_CLOCK}min"), "Video 2:43 min"),
    LineRule(
        "credit_line", "credit", _starting(rf"{_CREDIT_WORDS}\s*:\s*\S.{{1,80}}$"), "Foto: Agentur/Anna Berg", 110
    ),
    LineRule(
        "copyright_line", "credit", re.compile(r"^\W*(?:©|\(c\)|copyright\b).{2,90}$", re.I), "© 2025 Nordpress", 110
    ),
    LineRule(
        "liveblog_pointer",
        "liveblog_pointer",
        re.compile(
            r"^(?=.*\b(?:live-?blog|live-?ticker|newsblog|newsticker|live blog|live updates|ticker)\b)\W*(?:"
            r"(?:alle|die)?\s*(?:aktuelle[nr]?|neueste[nr]?|weitere|alle|mehr)\b"
            r".{0,140}\b(?:finden|lesen|gibt es|erfahren|sehen)\b"
            r"|(?:hier|verfolgen sie|lesen sie|im liveblog|in unserem liveblog|follow|see|read)\b).{0,140}$",
            re.IGNORECASE,
        ),
        "Aktuelle Meldungen zur Flut an der Ruhn finden Sie jederzeit in unserem Liveblog:",
    ),
    LineRule(
        "liveblog_mention",
        "liveblog_pointer",
        re.compile(r"^.{0,110}\b(?:in unserem|im)\s+(?:live-?blog|live-?ticker|newsblog|newsticker)\b.{0,12}$", re.I),
        "Die Lage im Ruhntal im Liveblog:",
        140,
    ),
    LineRule(
        "read_also",
        "read_also",
        _starting(
            r"(?:lesen|hören|sehen|schauen) sie (?:auch|mehr|hier|dazu|außerdem)\b",
            r"(?:auch interessant|mehr zum thema|mehr dazu|zum thema|siehe auch|weiterlesen|auch lesenswert)\b",
            r"(?:das könnte sie auch interessieren|passend dazu|lesetipp|mehr aus|mehr über|mehr von)\b",
            r"(?:read (?:more|also|next)|also read|see also|more on this|more from|recommended)\b\s*(?:[:|»>–-]|$)",
            r"(?:related(?: articles?| stories| content| coverage)?|further reading)\b\s*(?:[:|»>–-]|$)",
            r"(?:lire aussi|à lire aussi|lee también|leer más|leia também|leggi anche|lees ook)\b",
            r"(?:læs også|les også|läs också|czytaj (?:także|też|więcej)|zobacz (?:także|też)|čtěte také)\b",
        ),
        "Lesen Sie auch: Deich hält auch in der zweiten Nacht",
    ),
    LineRule(
        "newsletter_line",
        "newsletter",
        re.compile(
            r"^(?=.*\bnewsletter\b)(?=.*(?:anmeld|abonn|bestell|sign ?up|subscri|inbox|postfach|kostenlos|for free))"
            r"|^\W*(?:unser |der |our )?newsletter\W*$|^\W*sign up\b",
            re.IGNORECASE,
        ),
        "Hier können Sie unseren Newsletter abonnieren.",
        400,
    ),
    LineRule(
        "follow_us",
        "share",
        _starting(
            r"follow us\b",
            r"follow .{2,40} on (?:facebook|twitter|x|instagram|whatsapp|tiktok|linkedin|google)\b",
            r"folgen sie (?:uns|unserem)\b",
            r"folge uns\b",
            r"(?:share|teilen|share this|artikel teilen|auf \w+ teilen|share on \w+|copy link|link kopieren)\W*$",
            r"(?:abonnieren|abonniere[nt]?) (?:sie|unser|jetzt)\b.{0,60}(?:whatsapp|kanal|push|google)",
            r"join (?:us|our|the) .{0,40}(?:whatsapp|telegram|facebook|channel)",
        ),
        "Folgen Sie uns auf Instagram",
    ),
    LineRule(
        "advertisement_label",
        "advertisement",
        _whole(
            r"anzeige|werbung|advertisement|advertising|sponsored(?: content)?|publicité|publicidad|reklama|annonce",
            r"(?:article|story) continues (?:below|after)\b.{0,30}|ad(?:vertisement)? feedback",
        ),
        "Anzeige",
    ),
    LineRule(
        "external_content",
        "embed_notice",
        _starting(
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
        "Externer Inhalt von einem sozialen Netzwerk",
        400,
    ),
    LineRule(
        "paywall_notice",
        "paywall",
        _starting(
            r"(?:dieser|diesen) (?:artikel|text|beitrag|inhalt) (?:ist|können|lesen|gehört|exklusiv).{0,60}"
            r"(?:abonn|registrier|plus|premium|digital)",
            r"(?:jetzt|sofort|gratis|kostenlos)\s+(?:weiterlesen|testen|abonnieren|registrieren|freischalten)",
            r"weiterlesen mit\b",
            r"(?:you have|you've) (?:reached|read) .{0,40}(?:limit|articles)",
            r"(?:subscribe|register|sign in|log in) (?:now |today )?(?:to|for) (?:continue|read|unlock|access)",
            r"this (?:article|story|content) is (?:for|only|reserved|available).{0,40}(?:subscriber|member|premium)",
            r"already (?:a )?(?:subscriber|member|registered)",
            r"to continue reading",
            r"(?:get|start|claim) .{0,40}(?:free trial|unlimited access)",
        ),
        "Dieser Artikel ist exklusiv für Abonnentinnen und Abonnenten.",
        400,
    ),
    LineRule(
        "consent_notice",
        "consent",
        _starting(
            r"(?:wir|we) (?:und|and) (?:unsere|our|bis zu) .{0,30}(?:partner|drittanbieter|vendors)",
            r"(?:wir verwenden|diese (?:website|seite) verwendet) (?:\w+ ){0,3}cookies",
            r"(?:we use|this (?:site|website) uses) (?:\w+ ){0,3}cookies",
            r"(?:alle|alles) akzeptieren\b",
            r"accept all\b",
            r"sie können ihre (?:wahl|auswahl|einwilligung|einstellungen) jederzeit",
        ),
        "Wir und unsere Partner verarbeiten Daten, um Ihnen Inhalte und Anzeigen zu zeigen.",
        900,
    ),
    LineRule(
        "comments_line",
        "comments",
        _whole(
            r"(?:\d+\s+)?(?:kommentare?|comments?)(?:\W*\d+)?",
            r"diskutieren sie mit.{0,60}",
            r"kommentare? (?:schreiben|lesen|verfassen|anzeigen)|zur debatte",
            r"show comments|post a comment|leave a (?:reply|comment)|join the conversation",
        ),
        "12 Kommentare",
    ),
    LineRule(
        "navigation_line",
        "navigation",
        _whole(
            r"zur startseite|startseite|nach oben|back to (?:top|home)|home|zurück|zum seitenanfang",
            r"mehr anzeigen|mehr laden|show more|load more|alle artikel|zum artikel",
            r"inhaltsverzeichnis|table of contents|auf dieser seite|on this page",
            r"artikel (?:merken|drucken|anhören|vorlesen|speichern)|drucken|merken|vorlesen|anhören|print|save",
            r"(?:jump|skip) to.{0,30}",
        ),
        "Zur Startseite",
    ),
    LineRule(
        "listen_line",
        "audio_player",
        _starting(
            r"(?:diesen )?(?:artikel|beitrag|text) (?:jetzt )?(?:anhören|vorlesen)",
            r"listen to (?:this )?(?:article|story)",
            r"(?:dieser|der) (?:artikel|text|beitrag) wurde .{0,40}(?:vertont|eingesprochen|text-to-speech)",
            r"ihr browser unterstützt|your browser does not support",
        ),
        "Artikel anhören 4 Minuten",
        200,
    ),
    LineRule(
        "byline_line",
        "byline",
        re.compile(
            rf"^\W*(?:[Vv]on|[Bb]y|Text|Autor(?:in)?|Interview)\b:?\s+{_NAME_WORDS}(?:,?\s+{_NAME_WORDS}){{0,9}}\W*$"
        ),
        "Von Anna Berg und Bo Carls",
        110,
    ),
    LineRule(
        "date_line",
        "dateline",
        _whole(
            r"(?:(?:stand|veröffentlicht|aktualisiert|publiziert|erschienen|published|updated|last updated|posted"
            r"|zuletzt (?:aktualisiert|geändert))\b\W*(?:am|on|at|um)?\W*)?"
            r"(?:(?:mo|di|mi|do|fr|sa|so|mon|tue|wed|thu|fri|sat|sun)[a-zö]*\W+)?"
            rf"{_MONTH_DAY}(?:.{{0,40}}(?:\d{{1,2}}[:.]\d{{2}}).{{0,20}})?"
        ),
        "Stand: 06.11.2025, 20:15 Uhr",
        110,
    ),
    LineRule(
        "source_line",
        "source",
        _starting(
            r"(?:quellen?|sources?)\s*:\s*.{0,120}$",
            r"(?:mit material (?:von|der)|mit agenturen?|mit informationen von)\b.{0,120}$",
            r"(?:with reporting by|reporting by|editing by|additional reporting by)\b.{0,120}$",
        ),
        "Mit Material von Nordpress",
        140,
    ),
    LineRule(
        "reading_time",
        "navigation",
        _whole(
            r"(?:lesezeit|lesedauer|reading time)\W*(?:ca\.?|etwa)?\W*\d{1,3}\s*min\w*",
            r"\d{1,3}\s*(?:min\w*)?\s*(?:lesezeit|lesedauer|read|reading time)",
        ),
        "Lesezeit: 4 Minuten",
        60,
    ),
)

CORRECTIONS = (
    LineRule(
        "earlier_version",
        "correction",
        _starting(
            r"(?:(?:korrektur|anmerkung(?: der redaktion)?|(?:redaktioneller )?hinweis(?: der redaktion)?"
            r"|transparenzhinweis|anm\. ?d\. ?red\.)\W+)?"
            r"in eine[rm] (?:früheren|vorherigen|ersten|älteren) (?:version|fassung|variante|meldung|überschrift)\b"
        ),
        "In einer früheren Version hieß es, der Deich sei 1962 gebaut worden.",
        900,
    ),
    LineRule(
        "correction_label",
        "correction",
        _starting(
            r"(?:korrektur(?:hinweis)?|berichtigung|richtigstellung|correction|clarification|rectificatif|corrección)\b"
            r"\s*(?:\([^)]{0,40}\)|vom [\d. ]+|, [\w .]{3,30})?\s*:"
        ),
        "Correction: the council met on Tuesday, not on Monday.",
        900,
    ),
    LineRule(
        "was_amended",
        "correction",
        _starting(
            r"(?:this|(?:an earlier|a previous|the original) version of this)\b.{0,20}"
            r"\b(?:article|story|piece|report|headline|version)\b.{0,100}"
            r"\b(?:amended|corrected|misstated|incorrect(?:ly)?|misidentified|clarified|in error|erroneously)\b"
        ),
        "This article was amended on 3 May 2025 to give the right height of the dam.",
        900,
    ),
    LineRule(
        "was_corrected_german",
        "correction",
        _starting(
            r"wir haben (?:den|die|das|diesen) .{2,60} (?:korrigiert|berichtigt)",
            r"(?:der|dieser) (?:artikel|text|beitrag) wurde .{0,60}(?:korrigiert|berichtigt)",
        ),
        "Wir haben den Fehler korrigiert.",
        900,
    ),
)
