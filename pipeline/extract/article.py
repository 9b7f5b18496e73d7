"""Extract the article of a page: the place where the parts of this package come together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain

import msgspec
from lxml import etree
from lxml.html import HtmlElement

from pipeline import ids
from pipeline.errors import PageError
from pipeline.events import Access, Block, BlockKind
from pipeline.extract.body import body_blocks, declared_paragraphs, linked_lines
from pipeline.extract.boilerplate.lines import clean_lines, repeats, rules_of_frame, without_repeated_quotations
from pipeline.extract.boilerplate.markup import drop
from pipeline.extract.boilerplate.outlet_rules import OutletRules, first_match, remove_unwanted, rules_for_page
from pipeline.extract.boilerplate.templates import without_templates
from pipeline.extract.boilerplate.tree_cleaner import TreeCleaner
from pipeline.extract.extraction import Extraction
from pipeline.extract.liveblog import Timeline, is_liveblog
from pipeline.extract.metadata.agencies import credited_agencies
from pipeline.extract.metadata.article_header import ArticleHeader, read_header
from pipeline.extract.metadata.article_metadata import as_utc, choose_metadata
from pipeline.extract.metadata.authors import OutletNames, initials_in, signed_by
from pipeline.extract.metadata.declared import Declared, read_declared
from pipeline.extract.metadata.paid_parts import paid_parts
from pipeline.extract.metadata.titles import (
    declared_descriptions,
    declared_titles,
    repeats_title,
    site_names,
    without_site,
)
from pipeline.extract.page.embedded import embedded_article
from pipeline.extract.page.flow import Line, lines_in
from pipeline.extract.page.parsed_page import Page, parse
from pipeline.extract.page.quotations import mark_quotations
from pipeline.extract.page.region import PROSE_CHARS, narrow_to_article
from pipeline.extract.page.removal import Removal
from pipeline.extract.page.text import count_words, normal, plain, separate_lines, spaced_text, visible_text

MIN_TEXT_CHARS = 40
"""A page with less text than this has no article."""
MAX_TEASER_CHARS = 1_500
"""A page that shows more text than this shows its article; its data is not searched for a longer one."""
_REPEATED_CHARS = 60
_FULL_STOPS = (".", "!", "?", ".“", ".”", ".»", '."')
_HEAD_BLOCKS = 4
"""Only among this many first blocks, a block may be a repetition of the headline."""


def extract_page(
    body: bytes,
    *,
    url: str,
    captured_at: datetime,
    content_type: str | None = None,
    outlet: OutletRules | None = None,
    templates: Collection[str] = (),
) -> Extraction:
    """Extract the article of a page. The same bytes and templates always give the same result.

    `templates` are paragraphs that the outlet puts into many articles; they are removed. Dates after `captured_at` are
    ignored. `outlet` are the rules for the page's outlet, by default those of its host.
    Raises PageError with a reason: `empty`, `too_large`, `not_html`, `broken`, `no_text`.
    """
    page = parse(body, url=url, content_type=content_type)
    root = page.root
    declared = read_declared(root, url)
    etree.strip_elements(root, "script", with_tail=False)
    separate_lines(root)
    outlet = outlet or rules_for_page(url)
    sites = site_names(declared, url)
    titles = declared_titles(declared, sites)
    page_title = without_site(plain(root.findtext(".//title") or ""), sites)
    header = read_header(
        root,
        titles=titles,
        descriptions=declared_descriptions(declared),
        page_title=page_title,
        heading=first_match(root, outlet.headline if outlet else None),
    )
    at = as_utc(captured_at)
    metadata = choose_metadata(
        declared, header, page.body, title=page_title, sites=sites, language=root.get("lang"), url=url, captured_at=at
    )
    article = metadata.article
    live = is_liveblog(declared, article.headline, url)
    timeline = Timeline.read(page.body, declared, at, metadata.zone) if live else Timeline()
    removal = Removal(stripped=[], videos=[])
    for part in paid_parts(page.body, declared, article.access):
        drop(part)
    _remove_boilerplate(page.body, header, removal, outlet=outlet, url=url, is_live=live)
    lines = list(_without_frame(list(lines_in(page.body)), removal))
    blocks = without_repeated_quotations(_found_blocks(page, lines, declared, article, removal), removal)
    blocks = clean_lines(blocks, removal, article.authors, linked_lines(lines))
    blocks = without_templates(blocks, templates, removal)
    if not metadata.names_person:
        signed, blocks = _signature(blocks, removal, metadata.outlet)
        only_outlet = all(map(metadata.outlet.is_named, article.authors))
        agencies = _agencies([header.byline], blocks, removal) if only_outlet else ()
        if signed and not (article.authors and metadata.outlet.is_named(signed[0])):
            article = _with_authors(article, signed, "signature")
        elif agencies:
            article = _with_authors(article, agencies, "agency")
    said = tuple(dict.fromkeys((*titles, page_title, *filter(None, (article.headline,)))))
    blocks = list(_without_head(_distinct(blocks, removal), said, article.lead, removal))
    if sum(len(block.text) for block in blocks) < MIN_TEXT_CHARS <= len(article.lead or ""):
        blocks = [Block(kind=BlockKind.PARAGRAPH, text=article.lead or "")]  # a page with nothing but its lead
        article = msgspec.structs.replace(article, lead=None)
    if sum(len(block.text) for block in blocks) < MIN_TEXT_CHARS:
        raise PageError("no_text", f"{url}: no article text found")
    for element in header.elements:
        removal.leave(_unsaid(visible_text(element), article))
    removal.record_frame()
    return with_text(article, blocks, removal, byline=header.byline, timeline=timeline)


def _remove_boilerplate(
    body: HtmlElement, header: ArticleHeader, removal: Removal, *, outlet: OutletRules | None, url: str, is_live: bool
) -> None:
    """Remove from the tree the article's header, which was read, the boilerplate, and the frame of the page."""
    heading = next(iter(header.elements), None)
    place = first_match(body, outlet.body if outlet else None)
    if place is None and heading is not None:
        place = heading.getparent()
    cleaner = TreeCleaner(body, removal, url=url, heading=heading, is_liveblog=is_live)
    if header.badge:
        removal.add("label", "lead_badge", header.badge)
    if header.byline_element is not None:
        removal.add("byline", "header_byline", spaced_text(header.byline_element))
    for element in (*header.elements, header.byline_element):
        if element is not None and element.getparent() is not None:
            element.drop_tree()
    if outlet is not None:
        remove_unwanted(outlet, body, removal)
    cleaner.clean()
    if place is not None:
        narrow_to_article(body, place, removal)


def _without_frame(lines: Sequence[Line], removal: Removal) -> Iterator[Line]:
    """The lines with words, without those of a consent dialog, which would be the longest text of some pages."""
    for line, rule in zip(lines, rules_of_frame(lines), strict=True):
        if rule is not None:
            removal.add(rule.kind, rule.id, line.text)
        elif any(map(str.isalnum, line.text)):
            yield line


def _found_blocks(
    page: Page, lines: Sequence[Line], declared: Declared, article: Extraction, removal: Removal
) -> list[Block]:
    """The visible text; the text in the page's data, if that is much longer and the article is not behind a paywall."""
    blocks, unselected = body_blocks(page.root, lines, article.url)
    for text in unselected:
        if len(text) >= PROSE_CHARS:
            removal.add("unselected", "not_of_the_article", text)
        else:
            removal.leave(text)
    shown = sum(len(block.text) for block in blocks)
    said = declared.article.get("articleBody")
    if article.access is not Access.OPEN or shown >= MAX_TEASER_CHARS:
        return blocks
    texts = declared_paragraphs(said) if isinstance(said, str) else []
    texts = max(texts, embedded_article(page.scripts), key=lambda one: sum(map(len, one)))
    has_teaser = any(len(block.text) >= MIN_TEXT_CHARS for block in blocks)  # and not only labels
    if sum(map(len, texts)) < 2 * shown or (has_teaser and not _continues(blocks, texts)):
        return blocks
    for block in blocks:
        removal.add("unselected", "shown_teaser", block.text)
    return [Block(kind=BlockKind.PARAGRAPH, text=text) for text in texts]


def _continues(blocks: Sequence[Block], texts: Sequence[str]) -> bool:
    """True if the text begins with what the page shows of it."""
    first = next(block.text for block in blocks if len(block.text) >= MIN_TEXT_CHARS)
    start = normal(first[:_REPEATED_CHARS])
    return start in normal(" ".join(texts))


def _signature(blocks: list[Block], removal: Removal, outlet: OutletNames) -> tuple[tuple[str, ...], list[Block]]:
    """The authors in the last line, or in a line of credits that was removed; and the blocks without that last line.

    A name after a quotation is its speaker, not the author.
    """
    before, last = blocks[-2:] if len(blocks) > 1 else (None, None)
    if before and last and before.kind is last.kind is BlockKind.PARAGRAPH and before.text.endswith(_FULL_STOPS):
        authors = signed_by(last.text, outlet) or initials_in(last.text)
        if authors:
            removal.add("byline", "signature", last.text)
            return authors, blocks[:-1]
    lines = removal.texts("byline", "source")
    signed = chain((signed_by(text, outlet) for text in lines), map(initials_in, lines))
    return next(filter(None, signed), ()), blocks


def _with_authors(article: Extraction, authors: tuple[str, ...], origin: str) -> Extraction:
    return msgspec.structs.replace(article, authors=authors, origins={**article.origins, "authors": origin})


def _agencies(names: Iterable[str | None], blocks: Sequence[Block], removal: Removal) -> tuple[str, ...]:
    paragraphs = [block.text for block in blocks if block.kind is BlockKind.PARAGRAPH]
    return credited_agencies(filter(None, names), paragraphs, removal.texts("source", "byline"))


def _unsaid(text: str, article: Extraction) -> str:
    """The text of an element of the header, if its words are not in headline, kicker or lead."""
    said = normal(" ".join(filter(None, (article.kicker, article.headline, article.lead))))
    return "" if normal(text) in said else text


def with_text(
    article: Extraction,
    blocks: Sequence[Block],
    removal: Removal,
    *,
    byline: str | None = None,
    timeline: Timeline | None = None,
) -> Extraction:
    """Add the text, what was removed from it, and what is computed from it, such as agencies and digest."""
    blocks, attributions = mark_quotations(blocks)
    text = "\n".join(block.text for block in blocks)
    return msgspec.structs.replace(
        article,
        blocks=tuple(blocks),
        text=text,
        attributions=attributions,
        entries=timeline.entries_among(blocks) if timeline else (),
        agencies=_agencies([*article.authors, byline], blocks, removal),
        correction=removal.correction,
        word_count=count_words(text),
        text_digest=ids.text_digest(article.headline, article.lead, text),
        videos=tuple(removal.videos),
        stripped=tuple(removal.stripped),
    )


def _without_head(
    blocks: Iterator[Block], titles: Sequence[str], lead: str | None, removal: Removal
) -> Iterator[Block]:
    """Remove blocks that repeat the headline in other words, the lead, or a note on the author."""
    bios = " ".join(removal.texts("bio"))
    for number, block in enumerate(blocks):
        if (number < _HEAD_BLOCKS and repeats_title(block.text, titles)) or any(repeats(block.text, t) for t in titles):
            removal.add("heading", "repeated_headline", block.text)
        elif repeats(block.text, lead):
            removal.add("lead", "repeated_lead", block.text)
        elif len(block.text) >= _REPEATED_CHARS and block.text in bios:
            removal.add("bio", "repeated_bio", block.text)
        else:
            yield block


def _distinct(blocks: Sequence[Block], removal: Removal) -> Iterator[Block]:
    """Remove the second copy of paragraphs that are on the page twice, once for each screen size."""
    seen: set[str] = set()
    for block in blocks:
        if len(block.text) >= _REPEATED_CHARS:
            if block.text in seen:
                removal.add("repeated", "repeated_paragraph", block.text)
                continue
            seen.add(block.text)
        yield block
