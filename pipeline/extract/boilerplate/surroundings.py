"""The page around an element, as the rules need it. It is read once, before anything is removed."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from pipeline.extract.page.region import PROSE_CHARS
from pipeline.extract.page.removal import has_credit
from pipeline.extract.page.text import lines_of, raw_text, text_within

_BOX_TAGS = frozenset({"div", "section", "form", "aside", "label"})
_PICTURE_BOX_TAGS = frozenset({"div", "section", "span", "p", "a", "li", "aside", "header"})
_MAX_CAPTION_CHARS = 500
_MAX_SILENT_CAPTION_CHARS = 250
"""Maximum length of a caption without a credit."""
_NOT_CAPTIONS = ("a", "h2", "h3", "h4", "h5", "li", "button", "input", "blockquote")
_MAX_SIGN_UP_CHARS = 450
_MAX_SIGN_UP_CHILDREN = 8
_MAX_WRAPPERS = 3
_LEVELS = {"ul": 3, "div": 2, "section": 2}
"""How many wrappers that hold nothing else may be around such an element, for it to count as beside paragraphs."""


class Surroundings:
    """Answers questions about the place of an element on the page."""

    def __init__(self, body: HtmlElement, *, url: str, heading: HtmlElement | None, is_liveblog: bool) -> None:
        self.body = body
        self.is_liveblog = is_liveblog
        self.own_articles = frozenset(heading.iterancestors("article")) if heading is not None else frozenset()
        self.with_links = frozenset(_with_links(body))
        self.sign_ups = frozenset(_sign_ups(body))
        self.picture_boxes = dict(_picture_boxes(body))
        self._url = url
        self._host = urlsplit(url).hostname
        self._prose_parents: dict[HtmlElement, bool] = {}

    def is_own(self, article: HtmlElement) -> bool:
        """True if the article element holds the headline, or is inside one that does."""
        return article in self.own_articles or any(
            ancestor in self.own_articles for ancestor in article.iterancestors("article")
        )

    def is_own_part(self, element: HtmlElement) -> bool:
        """True if the element is outside of all article elements, or inside the one that holds the headline."""
        article = next(element.iterancestors("article"), None)
        return article is None or not self.own_articles or self.is_own(article)

    def is_own_site(self, address: str) -> bool:
        try:
            return urlsplit(urljoin(self._url, address)).hostname == self._host
        except ValueError:
            return False

    def is_among_prose(self, element: HtmlElement) -> bool:
        """True if paragraphs of prose are siblings of the element, or of a wrapper that holds nothing else."""
        for _ in range(_LEVELS.get(str(element.tag), 1)):
            parent = element.getparent()
            if parent is None:
                return False
            if self._has_prose(parent):
                return True
            element = parent
        return False

    def _has_prose(self, parent: HtmlElement) -> bool:
        found = self._prose_parents.get(parent)
        if found is None:
            found = any(_is_prose(child) for child in parent)
            self._prose_parents[parent] = found
        return found


def _is_prose(element: HtmlElement) -> bool:
    """True if the element is a paragraph of prose, also inside wrappers that hold nothing else."""
    for _ in range(_MAX_WRAPPERS):
        if element.tag == "p" or len(element) != 1:
            break
        element = element[0]
    return element.tag == "p" and len(raw_text(element)) >= PROSE_CHARS


def _with_links(body: HtmlElement) -> Iterator[HtmlElement]:
    """The elements that hold a link."""
    seen: set[HtmlElement] = set()
    for link in body.iter("a"):
        for element in link.iterancestors():
            if element in seen:
                break
            seen.add(element)
            yield element


def _picture_boxes(body: HtmlElement) -> Iterator[tuple[HtmlElement, bool]]:
    """The smallest boxes with a picture and a little text, each with whether a line of it is a credit."""
    seen: set[HtmlElement] = set()
    for picture in body.iter("img", "picture", "amp-img", "video"):
        box, pictured = picture.getparent(), None
        while box is not None and box not in seen and box.tag in _PICTURE_BOX_TAGS:
            seen.add(box)
            text = text_within(box, _MAX_CAPTION_CHARS)
            if text is None or next(box.iter("h1"), None) is not None:
                break
            if has_credit(box, text):
                yield box, True
                pictured = None
                break
            if pictured is None and text and len(text) <= _MAX_SILENT_CAPTION_CHARS:
                pictured = box
            box = box.getparent()
        if pictured is not None and len(lines_of(pictured)) == 1 and next(pictured.iter(*_NOT_CAPTIONS), None) is None:
            yield pictured, False


def _sign_ups(body: HtmlElement) -> Iterator[HtmlElement]:
    """Small boxes around a field for an e-mail address or a link to a newsletter."""
    is_small: dict[HtmlElement, bool] = {}
    for element in body.iter("a", "input"):
        wanted = (
            element.get("type") == "email" if element.tag == "input" else "newsletter" in (element.get("href") or "")
        )
        if not wanted:
            continue
        container: HtmlElement | None = None
        parent = element.getparent()
        while parent is not None and parent.tag in _BOX_TAGS:
            if parent not in is_small:
                is_small[parent] = (
                    len(parent) <= _MAX_SIGN_UP_CHILDREN and text_within(parent, _MAX_SIGN_UP_CHARS) is not None
                )
            if not is_small[parent]:
                break
            container = parent
            parent = parent.getparent()
        if container is not None and raw_text(container).strip():
            yield container
