"""The finders of the rules in `tree_rules.py`: each returns the element to remove, or None."""

from __future__ import annotations

import re
from collections import Counter

from lxml.html import HtmlElement

from pipeline.extract.boilerplate.surroundings import Surroundings
from pipeline.extract.page.region import PROSE_CHARS
from pipeline.extract.page.removal import VIDEO_TIME
from pipeline.extract.page.text import first_text, raw_text, spaced_text, text_within, tidy, visible_text

_MAX_LINK_CHARS = 300
_MAX_LINK_LIST_CHARS = 1_500
_MAX_BOX_CHARS = 500
_MAX_TEASER_CHARS = 600
_MAX_FOLDED_CHARS = 4_000
_MAX_LABEL_CHARS = 40
DIALOG_ROLES = frozenset({"dialog", "alertdialog"})
HEADINGS = frozenset({"h2", "h3", "h4"})
_TAGS_WORD = re.compile(
    r"schlag(?:worte|wörter)|stichworte|themen|tags|keywords|topics|etiketler|etiquetas|mots-clés|temas", re.IGNORECASE
)
_TAGS_LABEL = re.compile(rf"(?:{_TAGS_WORD.pattern})\s*:", re.IGNORECASE)
_NEW_WINDOW = re.compile(
    r"\W*(?:öffnet|opens|link (?:öffnet|opens)|wird)\b.{0,20}\b(?:neue\w{1,2}|new)\s+(?:browser-?)?"
    r"(?:fenster|tab|window)(?:\s+geöffnet)?\W*$",
    re.IGNORECASE,
)
_MIN_COMMENTS = 3
_MAX_OTHERS_SHARE = 0.3
"""Maximum share of children without a name and a time among those that are alike."""
_DIGIT = re.compile(r"\d")
_COMMENT = re.compile(
    r"(?:[^\s.:!?]+\s){1,4}?\W*(?:(?:vor|am|il y a|hace)\s+)?(?:\d{1,2}\s(?:sek|min|std|stunde|tag|woche|monat|jahr|sec"
    r"|hour|hr|day|week|month|year|heure|jour|hora|día)\w*|\d{1,2}\.\s?\d{1,2}\.(?:20)?\d\d|\d{4}-\d\d-\d\d)\b.{0,30}?\s\S.{20,}",
    re.IGNORECASE,
)
"""A name, a time, and what they say: `Leserin7 vor 3 Stunden Das wird zu teuer, …`."""
_NUMBERED = re.compile(r"\W{0,2}\d{1,3}[.):]\s")
_LINKED_SHARE = 0.95
"""A paragraph with at least this share of linked text counts as nothing but links."""


def find_itself(element: HtmlElement, page: Surroundings) -> HtmlElement | None:
    """The element itself: its tag says what it is."""
    return element


def find_figure(figure: HtmlElement, page: Surroundings) -> HtmlElement | None:
    paragraphs = [text for text in figure.iter("p") if len(raw_text(text)) >= PROSE_CHARS and _is_in_the_open(text)]
    pictures = len(list(figure.iter("img", "picture", "video")))
    return figure if len(paragraphs) < 2 or pictures >= len(paragraphs) else None


def find_caption(caption: HtmlElement, page: Surroundings) -> HtmlElement | None:
    """The element, unless it names the speaker of a quotation or was never closed."""
    is_speaker = next(caption.itersiblings("blockquote", preceding=True), None) is not None
    return None if is_speaker or text_within(caption, _MAX_BOX_CHARS) is None else caption


def _is_in_the_open(paragraph: HtmlElement) -> bool:
    return next(paragraph.iterancestors("figcaption"), None) is None


def find_picture_box(element: HtmlElement, page: Surroundings) -> HtmlElement | None:
    is_credited = page.picture_boxes.get(element)
    return element if is_credited or (is_credited is not None and page.is_among_prose(element)) else None


def find_comments(element: HtmlElement, page: Surroundings) -> HtmlElement | None:
    """The element, if most of its children are alike and each begins with a name and a time."""
    if len(element) < _MIN_COMMENTS or page.is_liveblog:
        return None
    kind, count = Counter((child.tag, child.get("class")) for child in element).most_common(1)[0]
    if count < _MIN_COMMENTS or not isinstance(kind[0], str) or next(element.iter("h1"), None) is not None:
        return None
    others = 0
    for child in element:
        if (child.tag, child.get("class")) == kind and not _is_comment(child):
            others += 1
            if others > min(count - _MIN_COMMENTS, count * _MAX_OTHERS_SHARE):
                return None
    return element


def _is_comment(element: HtmlElement) -> bool:
    is_dated = _DIGIT.search(raw_text(element), 0, _MAX_BOX_CHARS)
    return is_dated is not None and _COMMENT.match(spaced_text(element)[:_MAX_BOX_CHARS]) is not None


def find_dialog(element: HtmlElement, page: Surroundings) -> HtmlElement | None:
    is_dialog = element.get("role") in DIALOG_ROLES or element.get("aria-modal") == "true"
    return element if is_dialog and not holds_article(element) else None


def holds_article(element: HtmlElement) -> bool:
    return next(element.iter("h1", "article", "main"), None) is not None


def find_sign_up(element: HtmlElement, page: Surroundings) -> HtmlElement | None:
    return element if element in page.sign_ups else None


def find_next_article(article: HtmlElement, page: Surroundings) -> HtmlElement | None:
    if not page.own_articles or page.is_own(article) or article.find(".//h1") is None:
        return None
    return article


def find_teaser_article(article: HtmlElement, page: Surroundings) -> HtmlElement | None:
    if article in page.own_articles or page.is_liveblog:
        return None
    short = text_within(article, _MAX_TEASER_CHARS) is not None
    return article if short and article.find(".//a") is not None else None


def find_folding_box(heading: HtmlElement, page: Surroundings) -> HtmlElement | None:
    button = heading.find(".//button")
    if button is None or (button.get("aria-expanded") is None and button.get("aria-controls") is None):
        return None
    text = visible_text(heading)
    if visible_text(button) != text or text.endswith("?"):
        return None  # a question that folds its answer is part of the article
    container: HtmlElement | None = heading
    while container is not None and container is not page.body and text_within(container, len(text)) is not None:
        container = container.getparent()
    if container is None or container is page.body or container.find(".//article") is not None:
        return None
    return container if text_within(container, _MAX_FOLDED_CHARS) is not None else None


def find_link_only(element: HtmlElement, page: Surroundings) -> HtmlElement | None:
    anchors = _page_links(element)
    if not anchors or not page.is_among_prose(element) or (page.is_liveblog and element.tag in HEADINGS):
        return None
    if element.tag in HEADINGS and _is_of_a_list(element, anchors, page):
        return None
    text = text_within(element, _MAX_LINK_LIST_CHARS if element.tag == "ul" else _MAX_LINK_CHARS)
    if text is None or len(text) < 15:
        return None
    if sum(len(visible_text(anchor)) for anchor in anchors) < _LINKED_SHARE * len(text):
        return None
    if element.tag == "p" and text.endswith((".", "!", "?")) and len(text) > 120:
        return None  # a sentence that is a link
    return element


def _is_of_a_list(heading: HtmlElement, anchors: list[HtmlElement], page: Surroundings) -> bool:
    """True if the heading is an entry of the article's list, such as `3. The museum of things` with a link to it."""
    numbered = _NUMBERED.match(visible_text(heading)) is not None
    return numbered or not any(page.is_own_site(anchor.get("href") or "") for anchor in anchors)


def find_labelled_link(paragraph: HtmlElement, page: Surroundings) -> HtmlElement | None:
    anchors = _page_links(paragraph)
    text = text_within(paragraph, _MAX_LINK_CHARS)
    if len(anchors) != 1 or not text or not page.is_among_prose(paragraph):
        return None
    linked = visible_text(anchors[0])
    label = text[: -len(linked)].strip() if linked and text.endswith(linked) else ""
    if not label or len(label) > _MAX_LABEL_CHARS or len(linked.split()) < 3 or linked.endswith("."):
        return None
    return paragraph if label[-1] in "|»>›→" or (label[-1] == ":" and label.isupper()) else None


def find_labelled_tags(element: HtmlElement, page: Surroundings) -> HtmlElement | None:
    if not _TAGS_WORD.match(first_text(element)):
        return None
    text = text_within(element, _MAX_LINK_CHARS)
    is_labelled = text is not None and _TAGS_LABEL.match(text)
    return element if is_labelled and element.find(".//a") is not None and element.find(".//p") is None else None


def find_new_window_note(element: HtmlElement, page: Surroundings) -> HtmlElement | None:
    text = element.text or ""
    return element if not len(element) and len(text) < 60 and _NEW_WINDOW.match(text) else None


def _page_links(element: HtmlElement) -> list[HtmlElement]:
    """The links with text; empty if one of them leads to a place on the page itself."""
    anchors = [anchor for anchor in element.findall(".//a") if raw_text(anchor).strip()]
    return [] if any((anchor.get("href") or "#").startswith("#") for anchor in anchors) else anchors


def find_loose_video(line: HtmlElement, page: Surroundings) -> HtmlElement | None:
    """The element around `26.10.2025 | 2:43 min` outside a figure: the caption, if it holds little else."""
    if "min" not in (line.text or "") or not VIDEO_TIME.fullmatch(tidy(line.text or "")):
        return None
    container = line
    for _ in range(3):
        parent = container.getparent()
        if parent is None or len(parent) > 12 or text_within(parent, _MAX_TEASER_CHARS) is None:
            break
        if len(parent.findall(".//p")) > 1 or parent.find(".//h2") is not None:
            break
        container = parent
        if text_within(container, len(visible_text(line)) + 20) is None:
            break
    return container
