"""Taking out what is not the article from the tree, before extraction. (`lines.py` goes on after it.)

No rule may take out much of an article: see `MAX_SHARE_OF_PROSE`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec
from lxml import etree
from lxml.html import HtmlElement

from pipeline.extract.markup import drop, prepare, spaced_text
from pipeline.extract.region import PROSE_CHARS, above, prose_chars
from pipeline.extract.removal import Removal
from pipeline.extract.rules import BOX_RULES, VIDEO_TIME, BoxRule
from pipeline.extract.text import tidy, visible_text

MAX_SHARE_OF_PROSE = 0.25
"""A rule that would take out more of the page's prose than this in sum is left out for the page."""

_BOX_TAGS = frozenset({"div", "section", "form", "aside", "label"})
_DROPPED_TAGS = ("nav", "menu", "audio", "video", "picture", "map", "button", "dialog", "aside", "footer")
"""What trafilatura drops wherever it stands; without them its copies of the tree are cheaper."""
_NOT_BOXES = frozenset({"html", "body", "main", "article", "head", "a", "script", "h1", "h2", "h3"})
_NAMING_ATTRIBUTES = ("class", "id", "data-testid", "data-component")
_CAPTIONED = frozenset({"figure", "video_time"})


class _Hit(msgspec.Struct):
    """An element a rule matches, before it is decided whether the rule may have it."""

    element: HtmlElement
    kind: str
    rule: str
    text: str
    prose: int


class TreeCleaner:
    """Finds what is not the article on the tree, then takes it out. `root` is changed in place.

    Finding changes nothing, so that a rule which turns out to match too much of the page's prose can be left out
    and the page be gone through again without it.
    """

    def __init__(self, root: HtmlElement, removal: Removal, heading: HtmlElement | None = None) -> None:
        self._removal = removal
        self._body: HtmlElement = root.body
        self._own_articles = frozenset(heading.iterancestors("article")) if heading is not None else frozenset()
        self._left_out: set[str] = set()
        self._prose_parents: dict[HtmlElement, bool] = {}
        self._sign_ups: frozenset[HtmlElement] = frozenset()
        self._above = above(heading) if heading is not None else []
        self._prose_total = 0

    def clean(self) -> None:
        prepare(self._body)
        self._prose_total = prose_chars(self._body)
        self._sign_ups = frozenset(_sign_ups(self._body))
        hits = list(self._hits())
        while excessive := self._excessive_rules(hits):
            self._left_out |= excessive
            hits = list(self._hits())
        gone: set[HtmlElement] = set()
        for hit in hits:
            if hit.element in gone or not gone.isdisjoint(hit.element.iterancestors()):
                continue  # a box found by its heading holds what stands after the heading
            gone.add(hit.element)
            if hit.kind in _CAPTIONED:
                self._removal.add_caption(hit.text, hit.kind)
            else:
                self._removal.add(hit.kind, hit.rule, hit.text)
            drop(hit.element)
        for element in self._above:
            if not prose_chars(element):
                drop(element)
        for heading in list(self._body.iter("h2", "h3", "h4")):
            for button in list(heading.iter("button")):  # the heading of a box that stays; trafilatura drops buttons
                button.drop_tag()
        etree.strip_elements(self._body, *_DROPPED_TAGS, with_tail=False)

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
        if element.tag == "figure":
            return self._figure(element)
        if element in self._sign_ups:
            return self._make(element, "newsletter", "sign_up", visible_text(element))
        if element.tag == "article":
            return self._other_article(element)
        if element.tag in {"h2", "h3", "h4"}:
            return self._collapsed_box(element) or self._link_only(element)
        if element.tag in {"p", "ul"}:
            found = self._link_only(element)
            if found is not None:
                return found
        if "min" in (element.text or "") and VIDEO_TIME.fullmatch(tidy(element.text or "")):
            return self._loose_video(element)
        if element.tag == "aside":
            return self._named_box(element) or self._make(element, "aside", "aside", visible_text(element))
        return self._named_box(element)

    def _make(self, element: HtmlElement, kind: str, rule: str, text: str) -> _Hit | None:
        if rule in self._left_out:
            return None
        return _Hit(element=element, kind=kind, rule=rule, text=text, prose=prose_chars(element))

    def _named_box(self, element: HtmlElement) -> _Hit | None:
        if element.tag in _NOT_BOXES:
            return None
        names = " ".join(filter(None, map(element.get, _NAMING_ATTRIBUTES)))
        if not names:
            return None
        for rule in box_rules_for(names):
            if rule.tags and element.tag not in rule.tags:
                continue
            text = visible_text(element)
            if text and len(text) <= rule.max_chars and (rule.text is None or rule.text.search(text)):
                return self._make(element, rule.kind, rule.id, text)
        return None

    def _figure(self, figure: HtmlElement) -> _Hit | None:
        """A picture or video with its caption."""
        return self._make(figure, "figure", "figure", spaced_text(figure))

    def _loose_video(self, line: HtmlElement) -> _Hit | None:
        """`26.10.2025 | 2:43 min` outside a figure: what holds it is the caption, if it holds little else."""
        container = line
        for _ in range(3):
            parent = container.getparent()
            if (
                parent is None
                or len(parent) > 12
                or len(visible_text(parent)) > 600
                or len(parent.findall(".//p")) > 1
                or parent.find(".//h2") is not None
            ):
                break
            container = parent
            if len(visible_text(container)) > len(visible_text(line)) + 20:
                break
        return self._make(container, "video_time", "loose_video_time", spaced_text(container))

    def _other_article(self, article: HtmlElement) -> _Hit | None:
        """Beside the article with the headline: the next one of an endless page. Else a teaser that links on."""
        if article in self._own_articles:
            return None
        within = any(ancestor in self._own_articles for ancestor in article.iterancestors("article"))
        text = visible_text(article)
        if self._own_articles and not within and article.find(".//h1") is not None:
            # Its prose is not this article's: it does not count towards what the rule may take.
            return _Hit(element=article, kind="other_article", rule="next_article", text=text, prose=0)
        if (within or not self._own_articles) and len(text) <= 600 and article.find(".//a") is not None:
            return self._make(article, "read_also", "teaser_article", text)
        return None

    def _collapsed_box(self, heading: HtmlElement) -> _Hit | None:
        """A heading that is a button folds a box beside the article: it is not in the flow of the text."""
        button = heading.find(".//button")
        if button is None or visible_text(button) != visible_text(heading):
            return None
        if button.get("aria-expanded") is None and button.get("aria-controls") is None:
            return None
        container: HtmlElement | None = heading
        while (
            container is not None and container is not self._body and visible_text(container) == visible_text(heading)
        ):
            container = container.getparent()
        if (
            container is None
            or container is self._body
            or len(visible_text(container)) > 4_000
            or container.find(".//article") is not None
        ):
            return None
        is_bio_box = visible_text(heading).endswith(("...", "…"))  # "Anna Berg ..." over "... ist Reporterin"
        return self._make(container, "bio" if is_bio_box else "info_box", "folding_box", visible_text(container))

    def _link_only(self, element: HtmlElement) -> _Hit | None:
        """A paragraph, heading or list among the article's paragraphs that is nothing but links to other pages."""
        anchors = element.findall(".//a")
        if (
            not anchors
            or any((anchor.get("href") or "#").startswith("#") for anchor in anchors)
            or not self._is_among_prose(element)
        ):
            return None
        text = visible_text(element)
        linked = sum(len(visible_text(anchor)) for anchor in anchors)
        if linked < 0.95 * len(text) or not 15 <= len(text) <= (1_500 if element.tag == "ul" else 300):
            return None
        if element.tag == "p" and text.endswith((".", "!", "?")) and len(text) > 120:
            return None
        return self._make(element, "read_also", "link_only", text)

    def _is_among_prose(self, element: HtmlElement) -> bool:
        parent = element.getparent()
        if parent is None:
            return False
        found = self._prose_parents.get(parent)
        if found is None:
            found = any(len("".join(map(str, child.itertext()))) >= PROSE_CHARS for child in parent.iterchildren("p"))
            self._prose_parents[parent] = found
        return found


@lru_cache(maxsize=20_000)
def box_rules_for(names: str) -> tuple[BoxRule, ...]:
    """The rules whose names are among these class names and ids. Remembered: a site repeats them on every page."""
    return tuple(rule for rule in BOX_RULES if rule.names.search(names))


def _sign_ups(body: HtmlElement) -> Iterator[HtmlElement]:
    """Small boxes around a field for an e-mail address or a link to a newsletter."""
    for element in body.iter("a", "input"):
        wanted = (
            element.get("type") == "email" if element.tag == "input" else "newsletter" in (element.get("href") or "")
        )
        if not wanted:
            continue
        container: HtmlElement | None = None
        parent = element.getparent()
        while parent is not None and parent.tag in _BOX_TAGS and len(parent) <= 8 and len(visible_text(parent)) <= 450:
            container = parent
            parent = parent.getparent()
        if container is not None and visible_text(container):
            yield container
