"""Taking out what is not the article from the tree, before extraction. (`lines.py` goes on after it.)

No rule may take out much of an article: see `MAX_SHARE_OF_PROSE`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from lxml import etree
from lxml.html import HtmlElement

from pipeline.extract.box_rules import box_rules_for
from pipeline.extract.corrections import corrections_in
from pipeline.extract.markup import drop, prepare
from pipeline.extract.region import above, prose_chars
from pipeline.extract.removal import Removal
from pipeline.extract.surroundings import Surroundings
from pipeline.extract.text import spaced_text, text_within
from pipeline.extract.tree_rules import ASIDE, RULES_BY_TAG, TreeRule

MAX_SHARE_OF_PROSE = 0.25
"""A rule that would take out more of the page's prose than this in sum is left out for the page."""

_DROPPED_TAGS = (
    *("nav", "menu", "audio", "video", "picture", "map", "button", "dialog", "aside", "footer"),
    *("img", "source", "input", "link", "meta"),
)
"""What trafilatura drops wherever it stands; without them its copies of the tree are cheaper."""
_NOT_BOXES = frozenset({"html", "body", "main", "article", "head", "a", "script", "h1", "h2", "h3"})
_NAMING_ATTRIBUTES = ("class", "id", "data-testid", "data-component")
_MAX_NAMING_CHARS = 500
_CAPTIONED = frozenset({"figure", "video_time"})
_MAY_CORRECT = frozenset({"aside", "info_box"})
"""Boxes whose notices of correction are this article's, not another's."""


class _Hit(msgspec.Struct):
    """An element a rule matches, before it is decided whether the rule may have it."""

    element: HtmlElement
    kind: str
    rule: str
    prose: int


class TreeCleaner:
    """Finds what is not the article on the tree, then takes it out. The body is changed in place.

    Finding changes nothing, so that a rule which turns out to match too much of the page's prose can be left out
    and the page be gone through again without it.
    """

    def __init__(
        self,
        body: HtmlElement,
        removal: Removal,
        *,
        url: str,
        heading: HtmlElement | None = None,
        is_liveblog: bool = False,
    ) -> None:
        self._removal = removal
        self._body = body
        self._above = above(heading) if heading is not None else []
        self._left_out: set[str] = set()
        prepare(body)
        self._page = Surroundings(body, url=url, heading=heading, is_liveblog=is_liveblog)
        self._prose_total = prose_chars(body)

    def clean(self) -> None:
        hits = list(self._hits())
        while excessive := self._excessive_rules(hits):
            self._left_out |= excessive
            hits = list(self._hits())
        gone: set[HtmlElement] = set()
        for hit in hits:
            if hit.element in gone or not gone.isdisjoint(hit.element.iterancestors()):
                continue  # a box found by its heading holds what stands after the heading
            gone.add(hit.element)
            self._take_out(hit)
        for element in self._above:
            if not prose_chars(element):
                drop(element)
        for heading in list(self._body.iter("h2", "h3", "h4")):
            for button in list(heading.iter("button")):  # the heading of a box that stays; trafilatura drops buttons
                button.drop_tag()
        for article in list(
            self._body.iter("article")
        ):  # an entry of a liveblog; trafilatura would take the first alone
            if next(article.iterancestors("article"), None) is not None:
                article.tag = "div"
                article.attrib.clear()
        for footer in self._body.iter("footer"):
            if self._page.is_own_part(footer):
                self._keep_corrections(footer)
        etree.strip_elements(self._body, *_DROPPED_TAGS, with_tail=False)

    def _keep_corrections(self, box: HtmlElement) -> None:
        for text in corrections_in(box):
            self._removal.add_correction(text)

    def _take_out(self, hit: _Hit) -> None:
        if hit.kind in _MAY_CORRECT:
            self._keep_corrections(hit.element)
        if hit.kind in _CAPTIONED:
            self._removal.add_caption(spaced_text(hit.element), hit.kind)
        else:
            self._removal.add(hit.kind, hit.rule, spaced_text(hit.element))
        drop(hit.element)

    def _excessive_rules(self, hits: Sequence[_Hit]) -> set[str]:
        prose: dict[str, int] = {}
        for hit in hits:
            prose[hit.rule] = prose.get(hit.rule, 0) + hit.prose
        return {rule for rule, chars in prose.items() if chars > self._prose_total * MAX_SHARE_OF_PROSE}

    def _hits(self) -> Iterator[_Hit]:
        """What the rules match, in document order, nothing within a match."""
        stack: list[HtmlElement] = list(reversed(self._body))
        while stack:
            element = stack.pop()
            if not isinstance(element.tag, str) or element.tag in {"nav", "script"}:
                continue
            hit = self._hit(element)
            if hit is None:
                stack.extend(reversed(element))
            else:
                yield hit

    def _hit(self, element: HtmlElement) -> _Hit | None:
        for rule in RULES_BY_TAG.get(str(element.tag), ()):
            if rule.id not in self._left_out:
                found = rule.find(element, self._page)
                if found is not None:
                    return self._made(found, rule)
        named = self._named_box(element)
        if named is None and element.tag == "aside" and ASIDE.id not in self._left_out:
            return self._made(element, ASIDE)
        return named

    def _made(self, element: HtmlElement, rule: TreeRule) -> _Hit:
        return _Hit(element, rule.kind, rule.id, prose_chars(element) if rule.counts else 0)

    def _named_box(self, element: HtmlElement) -> _Hit | None:
        if not element.attrib:
            return None
        names = " ".join(filter(None, map(element.get, _NAMING_ATTRIBUTES)))
        for rule in box_rules_for(names[:_MAX_NAMING_CHARS]) if names else ():
            is_box = element.tag in rule.tags if rule.tags else element.tag not in _NOT_BOXES
            if rule.id in self._left_out or not is_box:
                continue
            text = text_within(element, rule.max_chars)
            if text and (rule.text is None or rule.text.search(text)):
                is_all = rule.may_be_all and next(element.iter("h1", "article", "main"), None) is None
                return _Hit(element, rule.kind, rule.id, 0 if is_all else prose_chars(element))
        return None
