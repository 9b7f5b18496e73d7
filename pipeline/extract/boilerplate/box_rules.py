"""Rules for boxes beside the article that are recognised by the names of their elements, as data.

Each rule has an id that ends up in the `boilerplate_stripped` event, a kind, a reason, and an example it must match
(the tests run every rule against its example). A rule describes a habit of many outlets, never one outlet's markup.
`tree_cleaner.py` applies them, and its guards keep them from removing much of an article.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec


class BoxRule(msgspec.Struct, frozen=True):
    """An element whose class, id or data-testid says what it holds."""

    id: str
    kind: str
    reason: str
    example: str
    """A class name that the rule matches."""
    max_chars: int
    """Maximum length of the box's text; a longer element is not such a box, whatever its name."""
    named: str = ""
    """Names that are whole parts of a class name: `related` is in `c-related__title`, not in `unrelated`.

    A hyphen in a name stands for any or no separator: `share-bar` is also `sharebar` and `share_bar`."""
    within: str = ""
    """Names anywhere in a class name."""
    pattern: re.Pattern[str] | None = None
    """A pattern for names that the two fields above cannot describe: `absatzbild__info`."""
    tags: frozenset[str] = frozenset()
    """Tags of the elements; if empty, all tags except headings, links and the page's frame."""
    text: re.Pattern[str] | None = None
    """Words that the box must have if its name is not enough: one on a button or link, or two in a short text."""
    may_be_all: bool = False
    """True if the box may be the only text of a page. If it asks the reader something and holds no article, no guard
    applies."""


_SPOKEN_TAGS = frozenset({"h2", "h3", "h4", "h5", "h6", "p", "div", "span", "small", "em", "label", "legend"})
_SMALL_TAGS = frozenset({"p", "div", "span", "small", "em", "cite", "figcaption", "dd", "li"})

BOX_RULES = (
    BoxRule(
        id="consent_box",
        kind="consent",
        reason="A consent dialog is the same on every page, and all there is on some.",
        example="consent-layer",
        max_chars=20_000,
        text=re.compile(
            r"akzeptier|einwillig|zustimm|datenschutz|privacy|privatsphäre|partner|cookie|accept|agree|consent|daten\b"
            r"|tracking|werbung",
            re.IGNORECASE,
        ),
        may_be_all=True,
        within="sp_message cmpbox cmpwrapper qc-cmp cookiebanner cookieconsent trustarc",
        pattern=re.compile(r"^cmp$"),
        named="consent cookie cookies gdpr onetrust didomi usercentrics privacy-banner privacy-manager consent-layer",
    ),
    BoxRule(
        id="newsletter_box",
        kind="newsletter",
        reason="An offer to subscribe stands between the paragraphs.",
        example="box box--newsletter-signup",
        max_chars=3_000,
        within="newsletter",
    ),
    BoxRule(
        id="share_box",
        kind="share",
        reason="Buttons to share the article, with their labels.",
        example="article-share-bar",
        max_chars=600,
        named="share sharing share-bar share-button share-buttons share-links share-tools share-list share-icons social"
        " social-bar social-media social-links social-share social-sharing social-icons social-buttons social-follow"
        " teilen addtoany sharedaddy",
    ),
    BoxRule(
        id="related_box",
        kind="read_also",
        reason="Other articles are announced between the paragraphs.",
        example="c-related-stories",
        max_chars=12_000,
        named="related related-article related-articles related-content related-stories related-links related-posts"
        " related-news related-topics related-box read-also read-next read-more also-read see-also more-on more-about"
        " more-stories more-from more-news mehr mehr-zum-thema lesetipp lesetipps recommended recommendation"
        " recommendations recirc recirculation most-read most-popular most-viewed meistgelesen trending linkbox"
        " link-list list-articles article-list teaser-list teaser-box teaser-group teaser-slider outbrain taboola"
        " up-next",
    ),
    BoxRule(
        id="bio_box",
        kind="bio",
        reason="Who the author is, is not what the author writes.",
        example="article__author-bio",
        max_chars=2_500,
        named="bio author-bio author-box author-info author-card author-profile author-description author-about"
        " autor-box autoren-box autor-info autoren-info autor-profil autor-kasten autor-vita about-author"
        " about-the-author byline-bio contributor-bio",
    ),
    BoxRule(
        id="advertisement_box",
        kind="advertisement",
        reason="An advertisement or its empty place with a label.",
        example="ad-slot ad-slot--mid",
        max_chars=3_000,
        named="ad ads advert adverts advertisement advertorial anzeige werbung sponsored ad-slot ad-container"
        " ad-wrapper ad-unit ad-label dfp affiliate affiliate-box affiliate-widget",
    ),
    BoxRule(
        id="promotion_box",
        kind="promotion",
        reason="The outlet speaks for itself: its app, its subscription, a call for donations.",
        example="promo-box",
        max_chars=3_000,
        named="promo promotion promobox teaser-promo app-promo app-banner app-hint abo-box abo-teaser abo-hinweis"
        " subscribe-box subscribe-banner subscribe-teaser eigenwerbung call-to-action cta donate donation donation-box"
        " spenden spendenbox spendenaufruf support-box",
    ),
    BoxRule(
        id="paywall_box",
        kind="paywall",
        reason="The notice of a paywall is never text. (The article, too, often stands in an element named for it.)",
        example="bezahlschranke",
        max_chars=1_500,
        within="paywall barrier bezahlschranke regwall abo-schranke access-wall registration-wall",
        text=re.compile(
            r"\b(?:\w*abos?|abonn|subscri|probemonat|(?:free )?trial|monatlich|monthly|unlimited|anmelden|log\s?in"
            r"|registrier|weiterlesen|testen|gratis|kostenlos|diese[rn] (?:artikel|text|beitrag)|this (?:article|story)"
            r"|sign (?:in|up)|create an? (?:\w+ )?account|register|premium|exklusiv|jetzt|kündbar|\d+ (?:€|euro)"
            r"|[€$£]\s?\d)",
            re.IGNORECASE,
        ),
    ),
    BoxRule(
        id="comments_box",
        kind="comments",
        reason="What readers say is not the article.",
        example="comments-section",
        max_chars=50_000,
        named="comments comment-section comments-section comment-list comments-list comment-area comments-area"
        " comment-box comments-container comments-wrapper kommentare kommentar-bereich kommentar-liste"
        " leserkommentare disqus disqus-thread viafoura",
    ),
    BoxRule(
        id="tags_box",
        kind="tags",
        reason="Keywords that link to lists of articles.",
        example="article-tags",
        max_chars=800,
        named="tags tag-list tag-cloud tag-links article-tags topics topic-list topic-tags keywords schlagworte themen",
    ),
    BoxRule(
        id="caption_box",
        kind="image_caption",
        reason="A caption outside of a figure.",
        example="wp-caption-text",
        max_chars=700,
        within="caption bildunterschrift bildtext bildbeschreibung bildinfo pie-foto piefoto pie-de-foto piedefoto",
        tags=_SMALL_TAGS,
    ),
    BoxRule(
        id="picture_info_box",
        kind="image_caption",
        reason="A caption that is named for its picture.",
        example="inline-picture__info",
        max_chars=350,
        pattern=re.compile(
            r"(?:bild|image|img|photo|foto|media|picture)s?[-_]{0,2}"
            r"(?:info|text|title|titel|description|legend|meta)(?:$|[\s_-])"
        ),
        tags=_SMALL_TAGS,
    ),
    BoxRule(
        id="credit_box",
        kind="credit",
        reason="Whose picture it is.",
        example="image-credit",
        max_chars=200,
        named="credit credits copyright image-credit image-source image-copyright image-author photo-credit"
        " photo-author photo-by photographer bildquelle bildnachweis foto-credit fotograf",
        tags=_SMALL_TAGS,
    ),
    BoxRule(
        id="screen_reader_box",
        kind="screen_reader",
        reason="A label that is read aloud but not shown: what comes next on the page, how a link opens.",
        example="visually-hidden",
        max_chars=200,
        named="sr-only visually-hidden screen-reader screen-reader-text screen-reader-only accessibility-hidden"
        " hidden-visually offscreen-text",
        within="accessibility-article",
        tags=_SPOKEN_TAGS,
    ),
)

_MAX_PARTS = 4
"""Parts of a class name that make one name: `mehr-zum-thema`."""
_SEPARATORS = re.compile(r"[-_/]+")
_RULES_BY_NAME: dict[str, list[BoxRule]] = {}
for _rule in BOX_RULES:
    for _name in _rule.named.split():
        _RULES_BY_NAME.setdefault(_name.replace("-", ""), []).append(_rule)
_PATTERNS = tuple((rule, rule.pattern) for rule in BOX_RULES if rule.pattern)
_WITHIN = tuple((rule, tuple(rule.within.split())) for rule in BOX_RULES if rule.within)


@lru_cache(maxsize=20_000)
def box_rules_for(names: str) -> tuple[BoxRule, ...]:
    """The rules whose names are among these class names and ids, in the order of the table."""
    found = [rule for name in names.split() for rule in _rules_for_name(name)]
    return tuple(sorted(found, key=BOX_RULES.index)) if len(found) > 1 else tuple(found)


@lru_cache(maxsize=50_000)
def _rules_for_name(name: str) -> tuple[BoxRule, ...]:
    """Remembered: a site repeats its class names on every page."""
    name = name.lower()
    found = [rule for rule, words in _WITHIN if any(word in name for word in words)]
    found += [rule for rule, pattern in _PATTERNS if pattern.search(name)]
    parts = _SEPARATORS.split(name)
    for start in range(len(parts)):
        for end in range(start + 1, min(start + _MAX_PARTS, len(parts)) + 1):
            found += _RULES_BY_NAME.get("".join(parts[start:end]), ())
    return tuple(found)
