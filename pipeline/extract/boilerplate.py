"""Taking out what is not the article: on the tree before extraction, on the lines after it.

Nothing is thrown away unseen: what is taken out becomes a `Stripped`, and what a video caption said a `Video`.
No rule may take out much of an article: see `MAX_SHARE_OF_PROSE`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

import msgspec
from lxml import etree
from lxml.html import HtmlElement

from pipeline.events import Block, BlockKind
from pipeline.extract.dates import parse_day
from pipeline.extract.rules import (
    BOX_RULES,
    CORRECTIONS,
    CREDIT,
    LINE_RULES,
    VIDEO_DURATION,
    VIDEO_TIME,
    BoxRule,
    LineRule,
)
from pipeline.extract.text import tidy, visible_text, words_of

MAX_SHARE_OF_PROSE = 0.25
"""A rule that would take out more of the page's prose than this in sum is left out for the page from there on."""
PROSE_CHARS = 80
"""A paragraph from this length counts as prose."""
NEARLY_ALL = 0.9
"""The article's element holds at least this share of the page's long text."""
MOST = 0.5
MIN_TO_NARROW_CHARS = 600
MAX_FIGURE_CHARS = 3_000
"""A figure with more text than this holds more than a caption."""

MAX_ASIDE_QUOTATION_CHARS = 600
MAX_RECORDED_CHARS = 4_000
"""How much of a removed block is recorded: enough to see what it was."""


class Stripped(msgspec.Struct, frozen=True):
    """One block that was on the page and is not part of the article."""

    kind: str
    rule: str
    text: str


class Video(msgspec.Struct, frozen=True):
    """What a video caption said of the video."""

    teaser: str | None = None
    published_on: date | None = None
    duration_seconds: int | None = None


class Removal(msgspec.Struct):
    """What the rules have taken out so far, in page order."""

    stripped: list[Stripped] = []
    videos: list[Video] = []
    correction: str | None = None

    def add(self, kind: str, rule: str, text: str) -> None:
        if text:
            cut = text if len(text) <= MAX_RECORDED_CHARS else f"{text[: MAX_RECORDED_CHARS - 1]}…"
            self.stripped.append(Stripped(kind=kind, rule=rule, text=cut))


# On the tree


_BODY_NAMES = re.compile(r"(?:article|post|entry|story)[-_]*(?:body|content|text)|bodytext", re.IGNORECASE)
_BOX_TAGS = frozenset({"div", "section", "form", "aside", "label"})
_DROPPED_TAGS = ("nav", "menu", "audio", "video", "picture", "map", "button", "dialog", "aside", "footer")
"""What trafilatura drops wherever it stands; without them its copies of the tree are cheaper."""
_LONG_TEXTS = etree.XPath(f".//text()[string-length(normalize-space()) >= {PROSE_CHARS} and not(ancestor::a)]")
_DECORATION = re.compile(r"^[\s„“”\"'«»‚‘’›‹❝❞]+$")
_NOT_BOXES = frozenset({"html", "body", "main", "article", "head", "a", "script", "h1", "h2", "h3"})
_NAMING_ATTRIBUTES = ("class", "id", "data-testid", "data-component")


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
        self._above = _above(heading) if heading is not None else []
        self._prose_total = 0

    def clean(self) -> None:
        _prepare(self._body)
        self._prose_total = prose_chars(self._body)
        self._sign_ups = frozenset(_sign_ups(self._body))
        hits = list(self._hits())
        while excessive := self._excessive_rules(hits):
            self._left_out |= excessive
            hits = list(self._hits())
        for hit in hits:
            if hit.kind in {"figure", "video_time"}:
                self._caption(hit.text, hit.kind)
            else:
                self._removal.add(hit.kind, hit.rule, hit.text)
            _drop(hit.element)
        for element in self._above:
            if not prose_chars(element):
                _drop(element)
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
        return self._make(figure, "figure", "figure", _spaced_text(figure))

    def _caption(self, text: str, place: str) -> None:
        """Record a caption as what it is: of a video, of a picture, with or without a credit."""
        video = VIDEO_TIME.search(text) or VIDEO_DURATION.search(text)
        if video:
            self._removal.videos.append(video_of(tidy(text[: video.start()]), video))
            self._removal.add("video_caption", f"{place}_video_caption", text)
            return
        credit = CREDIT.search(text)
        if credit:
            self._removal.add("image_caption", f"{place}_caption", text[: credit.start()].strip(" |–-("))
            self._removal.add("credit", f"{place}_credit", text[credit.start() :])
            return
        self._removal.add("image_caption", f"{place}_caption", text)

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
        return self._make(container, "video_time", "loose_video_time", _spaced_text(container))

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


def narrow(body: HtmlElement, anchor: HtmlElement) -> None:
    """Leave only the smallest element that holds the anchor and nearly all long text: a page's frame is no article.

    Not recorded: what goes here is what stands on every page of a site.
    """
    held: dict[HtmlElement, int] = {}
    total = 0
    texts = _LONG_TEXTS(body)
    for text in texts if isinstance(texts, list) else []:
        holder = text.getparent() if isinstance(text, etree._ElementUnicodeResult) else None
        if holder is not None:
            total += len(text)
            for element in (holder, *holder.iterancestors()):
                held[element] = held.get(element, 0) + len(text)
    if total < MIN_TO_NARROW_CHARS:
        return
    container: HtmlElement | None = anchor
    while container is not None and container is not body and held.get(container, 0) < total * NEARLY_ALL:
        container = container.getparent()
    if container is not None and container.tag in {"div", "section", "main"}:
        container.tag = "article"  # trafilatura looks for its text in one first
    named = [element for element in held if _BODY_NAMES.search(" ".join(map(str, element.attrib.values())))]
    if named and max(held[element] for element in named) < total * MOST:
        # A body in several pieces: trafilatura would take the first of them for the whole.
        for element in named:
            for name in ("class", "id", "itemprop"):
                element.attrib.pop(name, None)
    while container is not None and container is not body:
        for sibling in [*container.itersiblings(), *container.itersiblings(preceding=True)]:
            sibling.drop_tree()
        container = container.getparent()


def prose_chars(element: HtmlElement) -> int:
    """Characters in paragraphs of prose that are not links."""
    total = 0
    for paragraph in element.iter("p"):
        length = len("".join(paragraph.itertext()))
        if length >= PROSE_CHARS:
            anchors = paragraph.findall(".//a")
            linked = sum(len("".join(anchor.itertext())) for anchor in anchors)
            if linked * 2 < length:
                total += length
    return total


def _drop(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _spaced_text(element: HtmlElement) -> str:
    """Text with a space between elements: a caption's teaser and time line stand in elements of their own."""
    return tidy(" ".join(element.itertext()))


def _prepare(body: HtmlElement) -> None:
    """Mark-up that would lose words on the way: quotations, times, and figures that hold more than a picture."""
    for element in list(body.iter("q")):  # `<q>` shows quotation marks that are not in the text
        element.text = f'"{element.text or ""}'
        if len(element):
            element[-1].tail = f'{element[-1].tail or ""}"'
        else:
            element.text += '"'
        element.drop_tag()
    for element in list(body.iter("time")):  # trafilatura drops it, also in the middle of a sentence
        parent = element.getparent()
        if parent is not None and parent.tag == "p" and len(visible_text(parent)) > PROSE_CHARS:
            element.drop_tag()
    for figure in list(body.iter("figure")):
        if figure.find(".//blockquote") is not None or figure.find(".//table") is not None:
            _unwrap_figure(figure)
        elif len("".join(map(str, figure.itertext()))) > MAX_FIGURE_CHARS:
            figure.tag = "div"  # one that was never closed
    for aside in list(body.iter("aside")):
        if aside.find(".//blockquote") is not None and len(visible_text(aside)) <= MAX_ASIDE_QUOTATION_CHARS:
            aside.tag = "div"
            for footer in list(aside.iter("footer")):
                footer.tag = "p"
    for quotation in list(body.iter("blockquote")):
        _release_attribution(quotation)


def _above(heading: HtmlElement) -> list[HtmlElement]:
    """What stands before the headline on the page."""
    path = [heading, *heading.iterancestors()]
    return [sibling for element in path if element.tag != "body" for sibling in element.itersiblings(preceding=True)]


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


def _unwrap_figure(figure: HtmlElement) -> None:
    """The quotation or table stays. Its caption says who is quoted, and reads as the paragraph after the quotation."""
    for nested in list(figure.iter("figure")):
        nested.tag = "div"
    for caption in list(figure.iter("figcaption")):
        caption.tag = "div" if caption.find(".//p") is not None else "p"


def _release_attribution(quotation: HtmlElement) -> None:
    """A speaker inside the quotation element becomes the paragraph after it; quotation marks drawn as elements go."""
    for element in list(quotation.iterdescendants("span", "p", "div")):
        if len(element) == 0 and element.text and _DECORATION.match(element.text):
            _drop(element)
    at = quotation
    for element in list(quotation.iterdescendants("cite", "footer", "figcaption")):
        speaker = visible_text(element)
        if speaker and speaker != visible_text(quotation):
            _drop(element)
            element.tag = "p"
            element.tail = None
            at.addnext(element)
            at = element


def video_of(teaser: str, time: re.Match[str]) -> Video:
    fields = time.groupdict()
    seconds = int(fields["hours"] or 0) * 3600 + int(fields["minutes"]) * 60 + int(fields["seconds"])
    return Video(
        teaser=teaser or None,
        published_on=parse_day(fields["day"]) if fields.get("day") else None,
        duration_seconds=seconds,
    )


# On the lines


HEAD_BLOCKS = 6
"""Bylines and datelines are stripped among the first blocks only: further down they are text."""
_HEAD_KINDS = frozenset({"byline", "dateline"})


def clean_lines(blocks: Sequence[Block], removal: Removal, authors: Sequence[str] = ()) -> list[Block]:
    """The blocks without those that are boilerplate by their words. A rule that would take too much takes nothing."""
    total = sum(len(block.text) for block in blocks) or 1
    hits = [_line_hit(block, number, len(blocks), authors) for number, block in enumerate(blocks)]
    taken: dict[str, int] = {}
    for block, rule in zip(blocks, hits, strict=True):
        if rule is not None:
            taken[rule.id] = taken.get(rule.id, 0) + len(block.text)
    kept: list[Block] = []
    for block, rule in zip(blocks, hits, strict=True):
        if rule is None or taken[rule.id] > total * MAX_SHARE_OF_PROSE:
            kept.append(block)
        elif rule.kind == "correction":
            removal.correction = f"{removal.correction} {block.text}" if removal.correction else block.text
        else:
            removal.add(rule.kind, rule.id, block.text)
    return _without_dangling_headings(kept, removal)


def _line_hit(block: Block, number: int, count: int, authors: Sequence[str]) -> LineRule | None:
    if block.kind in {BlockKind.QUOTATION, BlockKind.TABLE}:
        return None
    for rule in (*CORRECTIONS, *LINE_RULES):
        if len(block.text) <= rule.max_chars and rule.pattern.search(block.text):
            if rule.kind in _HEAD_KINDS and number >= HEAD_BLOCKS:
                continue
            return rule
    if number >= count - 5 and is_bio(block.text, authors):
        return BIO
    return None


_BIO_VERB = r"(?:ist|war|arbeitet|schreibt|berichtet|leitet|is|was|works|writes|covers|reports|has been|lives)"
BIO = LineRule(
    "bio_of_author", "bio", re.compile(rf"^{_BIO_VERB}\b", re.IGNORECASE), "ist Reporterin im Studio Ruhntal.", 700
)


def is_bio(text: str, authors: Sequence[str]) -> bool:
    """`Anna Berg ist Reporterin …`: the last lines of an article that speak of its author."""
    if len(text) > BIO.max_chars:
        return False
    return any(
        author and text.startswith(author) and BIO.pattern.match(text[len(author) :].lstrip(" ,")) for author in authors
    )


def without_repeated_quotations(blocks: Sequence[Block], removal: Removal) -> list[Block]:
    """Without pull quotes that only repeat what a paragraph says."""
    prose = [" ".join(words_of(block.text)) for block in blocks if block.kind is BlockKind.PARAGRAPH]
    kept: list[Block] = []
    for block in blocks:
        words = " ".join(words_of(block.text))
        if block.kind is BlockKind.QUOTATION and len(words) > 20 and any(words in paragraph for paragraph in prose):
            removal.add("pull_quote", "repeated_quotation", block.text)
        else:
            kept.append(block)
    return kept


def _without_dangling_headings(blocks: list[Block], removal: Removal) -> list[Block]:
    """A heading that nothing follows was the heading of something removed."""
    while blocks and blocks[-1].kind is BlockKind.SUBHEADING:
        removal.add("heading", "dangling_heading", blocks.pop().text)
    return blocks


def repeats(text: str, other: str | None) -> bool:
    """The same words, or one wording inside the other at nearly the same length."""
    if not other or not 0.6 < len(text) / len(other) < 1.7:
        return False
    one, two = words_of(text), words_of(other)
    if one == two:
        return True
    joined, within = " ".join(one), " ".join(two)
    return len(one) > 3 and joined in within and len(joined) > 0.7 * len(within)
