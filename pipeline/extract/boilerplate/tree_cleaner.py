"""Remove boilerplate from the tree, before the text is extracted. (`lines.py` continues after that.)

Three guards keep the rules from removing an article. A rule that matches more than `MAX_SHARE_OF_TEXT` is not used. If
all rules together match more than `MAX_SHARE_OF_ALL`, those that match more than `DOUBTFUL_SHARE` are not used. And no
rule removes the element that holds most of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec
from lxml import etree
from lxml.html import HtmlElement

from pipeline.extract.boilerplate.box_rules import box_rules_for
from pipeline.extract.boilerplate.corrections import corrections_in
from pipeline.extract.boilerplate.finders import DIALOG_ROLES, holds_article
from pipeline.extract.boilerplate.markup import drop, prepare
from pipeline.extract.boilerplate.media_boxes import medium_of, read_media, read_series
from pipeline.extract.boilerplate.surroundings import Surroundings
from pipeline.extract.boilerplate.tree_rules import LAST_RULES_BY_TAG, LINKLESS_RULES_BY_TAG, RULES_BY_TAG, TreeRule
from pipeline.extract.page.region import (
    NEARLY_ALL,
    PROSE_CHARS,
    elements_above,
    lines_around,
    prose_chars,
    text_chars,
)
from pipeline.extract.page.removal import Removal
from pipeline.extract.page.text import raw_text, spaced_text, text_within, visible_text

MAX_SHARE_OF_TEXT = 0.25
"""A rule whose matches hold more than this share of the page's text is not used on the page."""
MIN_GUARDED_CHARS = 400
"""`MAX_SHARE_OF_TEXT` does not apply to a rule whose matches have less text than this: on a short page, one box can be
a large share."""
MIN_LEFT_CHARS = 200
"""Comments are removed only if at least this much other text is left."""
MAX_SHARE_OF_ALL = 0.5
"""If all rules together match more than this share of the text, the page's class names probably have another meaning
than the rules assume. Then every rule above `DOUBTFUL_SHARE` is not used."""
DOUBTFUL_SHARE = 0.1
"""The largest share of the text that one rule may match on a page where `MAX_SHARE_OF_ALL` is exceeded."""

_DROPPED_TAGS = (
    *("nav", "menu", "audio", "video", "picture", "map", "button", "dialog", "footer"),
    *("img", "source", "input", "link", "meta"),
)
"""Elements that trafilatura drops anyway. Removing them first makes its copies of the tree cheaper."""
_NOT_BOXES = frozenset({"html", "body", "main", "article", "head", "a", "script", "h1", "h2", "h3"})
"""Elements that are not removed because of their names, unless a rule lists their tag."""
_NAMING_ATTRIBUTES = ("class", "id", "data-testid", "data-component")
_WITHOUT_RULES = frozenset({"nav", "script", "br", "img", "source", "input", "link", "meta", "path", "hr"})
"""Elements that no rule is about, nor about what they hold."""
_MAX_NAMING_CHARS = 500
_MAX_NOTICE_CHARS = 400
_CAPTIONED = frozenset({"figure", "video_time"})
_MAY_CORRECT = frozenset({"aside", "info_box"})
"""Kinds of boxes whose correction notices belong to this article and not to another one."""


class _Hit(msgspec.Struct):
    """An element that a rule matches, before the guards decide whether the rule is used."""

    element: HtmlElement
    kind: str
    rule: str
    chars: int | None
    """Characters that count for the guards; None if the element cannot be part of this article (0 for figures)."""
    other_chars: int = 0
    """Characters of comments. They are no part of the article, if it has other text."""


class TreeCleaner:
    """Finds the boilerplate in the tree, then removes it. The body is changed in place.

    Nothing is removed while the rules are matched. So if a rule turns out to match too much of the page's text, the
    page can be matched again without it.
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
        self._above = elements_above(heading) if heading is not None else []
        self._unused_rules: set[str] = set()
        self._kept: set[HtmlElement] = set()
        self._remove_frame()
        prepare(body)
        self._page = Surroundings(body, url=url, heading=heading, is_liveblog=is_liveblog)
        self._chars_total = text_chars(body)
        self._lines = tuple(lines_around(heading, body))

    def _remove_frame(self) -> None:
        """Remove navigation and the footer of the page, so that nothing else need be asked about them."""
        for element in list(self._body.iter("nav", "footer")):
            if next(element.iterancestors("article", "main", "nav", "footer"), None) is not None:
                continue
            if next(element.iter("article", "h1"), None) is None:
                if element.tag == "footer":
                    self._keep_corrections(element)
                self._removal.leave(spaced_text(element))
                drop(element)

    def clean(self) -> None:
        hits = list(self._hits())
        while hits:
            bodies = self._bodies_among(hits)
            excessive = self._excessive_rules(hits) if not bodies else set()
            if not bodies and not excessive:
                break
            self._kept |= bodies
            self._unused_rules |= excessive
            hits = list(self._hits())
        gone: set[HtmlElement] = set()
        for hit in hits:
            if hit.element in gone or not gone.isdisjoint(hit.element.iterancestors()):
                continue  # a box that was found by its heading contains the elements after the heading
            gone.add(hit.element)
            self._remove(hit)
        for element in self._above:
            if not prose_chars(element):
                self._removal.leave(spaced_text(element))
                drop(element)
        for heading in list(self._body.iter("h2", "h3", "h4")):
            # The heading's text can be inside a button, and buttons are removed.
            for button in list(heading.iter("button")):
                button.drop_tag()
        for footer in list(self._body.iter("footer")):
            if self._page.is_own_part(footer):
                self._keep_corrections(footer)
                if next(footer.iterancestors("article", "main"), None) is not None and prose_chars(footer):
                    self._removal.add("footer", "footer", spaced_text(footer))
                    drop(footer)
        for element in self._body.iter(*_DROPPED_TAGS):
            if len(element) or element.text:
                self._removal.leave(spaced_text(element))
        etree.strip_elements(self._body, *_DROPPED_TAGS, with_tail=False)

    def _keep_corrections(self, box: HtmlElement) -> None:
        for text in corrections_in(box):
            self._removal.add_correction(text)

    def _remove(self, hit: _Hit) -> None:
        if hit.kind in _MAY_CORRECT:
            self._keep_corrections(hit.element)
        if hit.rule == "media_box":
            self._removal.videos.append(read_media(hit.element))
            self._removal.add(hit.kind, hit.rule, spaced_text(hit.element))
        elif hit.kind in _CAPTIONED:
            caption = spaced_text(hit.element)
            series = read_series(caption)
            if series is not None:
                self._removal.videos.append(series)
            self._removal.add_caption(caption, hit.kind, medium_of(hit.element))
        else:
            self._removal.add(hit.kind, hit.rule, spaced_text(hit.element))
        drop(hit.element)

    def _excessive_rules(self, hits: Sequence[_Hit]) -> set[str]:
        taken: dict[str, int] = {}
        for hit in hits:
            if hit.chars:
                taken[hit.rule] = taken.get(hit.rule, 0) + hit.chars
        total = self._chars_total
        if hits and total - sum(hit.other_chars for hit in hits) < MIN_LEFT_CHARS:
            return {hit.rule for hit in hits if hit.other_chars}
        if sum(taken.values()) > total * MAX_SHARE_OF_ALL:
            return {rule for rule, chars in taken.items() if chars > total * DOUBTFUL_SHARE}
        excessive = {rule for rule, chars in taken.items() if chars > total * MAX_SHARE_OF_TEXT}
        return {rule for rule in excessive if taken[rule] >= MIN_GUARDED_CHARS}

    def _bodies_among(self, hits: Sequence[_Hit]) -> set[HtmlElement]:
        """Find a match that is probably the article's body, so that it is kept. At most one element is returned.

        A piece is the text of one element: its own lines and its paragraphs. The largest piece inside a match is taken
        for the body if it has more than half of all text, and more than twice the text of any piece outside of matches.
        """
        taken = {hit.element: hit for hit in hits}
        inside: dict[HtmlElement, tuple[int, HtmlElement]] = {}
        outside: dict[HtmlElement, int] = {}
        for block, chars in self._lines:
            piece = parent if (parent := block.getparent()) is not None else block
            hit = next((taken[element] for element in (block, *block.iterancestors()) if element in taken), None)
            if hit is None:
                outside[piece] = outside.get(piece, 0) + chars
            elif hit.chars is not None:
                piece = block if hit.element is block else piece
                inside[piece] = (inside[piece][0] if piece in inside else 0) + chars, hit.element
        largest, element = max(inside.values(), key=lambda found: found[0], default=(0, None))
        is_most = largest * 2 > sum(chars for _, chars in self._lines)
        is_only = max(outside.values(), default=0) * 2 < largest
        return {element} if element is not None and is_most and is_only else set()

    def _hits(self) -> Iterator[_Hit]:
        """The matches of the rules in document order; elements inside a match are not matched again."""
        stack: list[HtmlElement] = list(reversed(self._body))
        while stack:
            element = stack.pop()
            tag = element.tag
            children = len(element)
            if tag in _WITHOUT_RULES or not (children or element.text):
                continue
            hit = self._hit(element, tag)
            if hit is not None:
                yield hit
            elif children:
                stack.extend(reversed(element))

    def _hit(self, element: HtmlElement, tag: str) -> _Hit | None:
        rules = RULES_BY_TAG if element in self._page.with_links else LINKLESS_RULES_BY_TAG
        for rule in rules.get(tag, ()):
            found = rule.find(element, self._page)
            if found is not None and rule.id not in self._unused_rules and found not in self._kept:
                return self._hit_of(found, rule)
        if element in self._kept:
            return None
        return self._named_box(element, tag) or self._last_hit(element, tag)

    def _last_hit(self, element: HtmlElement, tag: str) -> _Hit | None:
        for rule in LAST_RULES_BY_TAG.get(tag, ()):
            if rule.id not in self._unused_rules and rule.find(element, self._page) is not None:
                return self._hit_of(element, rule)
        return None

    def _hit_of(self, element: HtmlElement, rule: TreeRule) -> _Hit:
        chars = 0 if rule.id == "figure" else text_chars(element)
        other_chars = chars if rule.kind == "comments" else 0
        return _Hit(element, rule.kind, rule.id, chars if rule.counts else None, other_chars)

    def _named_box(self, element: HtmlElement, tag: str) -> _Hit | None:
        names = [value for name, value in element.items() if name in _NAMING_ATTRIBUTES]
        for rule in box_rules_for(" ".join(names)[:_MAX_NAMING_CHARS]) if names else ():
            is_box = tag in rule.tags if rule.tags else tag not in _NOT_BOXES
            if rule.id in self._unused_rules or not is_box:
                continue
            text = text_within(element, rule.max_chars)
            if text and (rule.text is None or _has_words(rule.text, element, text)):
                chars = text_chars(element)
                is_all = rule.may_be_all and rule.text is not None and self._is_dialog(element, rule.text, chars)
                return _Hit(element, rule.kind, rule.id, None if is_all else chars)
        return None

    def _is_dialog(self, element: HtmlElement, words: re.Pattern[str], chars: int) -> bool:
        """True if the box asks the reader something and holds no article.

        If the box has nearly all text of the page, it is not searched for an article.
        """
        is_marked = element.get("role") in DIALOG_ROLES
        is_alone = chars >= self._chars_total * NEARLY_ALL
        return (is_marked or _has_control(element, words)) and (is_alone or not holds_article(element))


def _has_words(words: re.Pattern[str], element: HtmlElement, text: str) -> bool:
    """True if the box has one of the words on a button, or on a link outside of prose, or has a short text with two
    different words."""
    said = {word.lower() for word in words.findall(text)}
    if not said:
        return False
    if len(said) > 1 and len(text) <= _MAX_NOTICE_CHARS:
        return True
    return _has_control(element, words)


def _has_control(element: HtmlElement, words: re.Pattern[str]) -> bool:
    return any(
        words.search(f"{visible_text(control)} {control.get('value') or ''}") and not _is_in_prose(control)
        for control in element.iter("button", "a", "input")
    )


def _is_in_prose(control: HtmlElement) -> bool:
    line = control.getparent()
    return control.tag == "a" and line is not None and len(raw_text(line).strip()) >= PROSE_CHARS
