"""From a page to an article: the one place where the parts of this package come together."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
import trafilatura
from lxml.etree import _Element
from lxml.html import HtmlElement

from pipeline import ids
from pipeline.errors import PageError
from pipeline.events import Access, Block, BlockKind
from pipeline.extract.boilerplate import TreeCleaner
from pipeline.extract.declared import read_declared
from pipeline.extract.header import read_header
from pipeline.extract.lines import clean_lines, repeats, without_repeated_quotations
from pipeline.extract.metadata import as_utc, choose, declared_descriptions, declared_titles
from pipeline.extract.page import parse
from pipeline.extract.region import narrow, prose_chars
from pipeline.extract.removal import Removal, Stripped, Video
from pipeline.extract.text import tidy, words_of

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
"""What it complains of is recorded as an event with a reason."""

MIN_TEXT_CHARS = 40
"""Less than this is no article."""
MIN_SHARE_OF_PROSE = 0.5
"""When the quick extraction has less than this share of the page's prose, the thorough one is asked too."""
MIN_QUICK_CHARS = 600


class Extraction(msgspec.Struct, frozen=True):
    """What a page said."""

    url: str
    kicker: str | None
    headline: str | None
    lead: str | None
    blocks: tuple[Block, ...]
    text: str
    """The blocks' texts, one line each."""
    authors: tuple[str, ...]
    published_at: datetime | None
    modified_at: datetime | None
    language: str | None
    section: str | None
    access: Access
    correction: str | None
    word_count: int
    text_digest: str
    videos: tuple[Video, ...]
    stripped: tuple[Stripped, ...]


def extract_page(body: bytes, *, url: str, captured_at: datetime, content_type: str | None = None) -> Extraction:
    """The article of a page. The same bytes always give the same answer.

    `captured_at` is when the page was as it is: dates after it are refused. Raises PageError with a reason:
    `empty`, `too_large`, `not_html`, `broken`, `no_text`.
    """
    page = parse(body, url=url, content_type=content_type)
    root = page.root
    declared = read_declared(root, url)
    header = read_header(root, titles=declared_titles(declared), descriptions=declared_descriptions(declared))
    metadata = choose(
        declared,
        header,
        title=root.findtext(".//title"),
        language=root.get("lang"),
        url=url,
        captured_at=as_utc(captured_at),
    )
    removal = Removal(stripped=[], videos=[])
    heading = next(iter(header.elements), None)
    cleaner = TreeCleaner(root, removal, heading=heading)
    above = heading.getparent() if heading is not None else None
    for element in header.elements:
        if element.getparent() is not None:
            element.drop_tree()
    cleaner.clean()
    if above is not None:
        narrow(root.body, above)
    blocks = without_repeated_quotations(_body_blocks(root, url), removal)
    blocks = clean_lines(blocks, removal, metadata.authors)
    blocks = [
        block
        for block in _distinct(blocks)
        if not any(repeats(block.text, said) for said in (metadata.headline, metadata.lead))
    ]
    if sum(len(block.text) for block in blocks) < MIN_TEXT_CHARS:
        raise PageError("no_text", f"{url}: no article text found")
    return assemble(
        url=url,
        kicker=metadata.kicker,
        headline=metadata.headline,
        lead=metadata.lead,
        blocks=tuple(blocks),
        removal=removal,
        authors=metadata.authors,
        published_at=metadata.published_at,
        modified_at=metadata.modified_at,
        language=metadata.language,
        section=metadata.section,
        access=metadata.access,
    )


def assemble(
    *,
    url: str,
    kicker: str | None,
    headline: str | None,
    lead: str | None,
    blocks: tuple[Block, ...],
    removal: Removal,
    authors: tuple[str, ...] = (),
    published_at: datetime | None = None,
    modified_at: datetime | None = None,
    language: str | None = None,
    section: str | None = None,
    access: Access = Access.OPEN,
) -> Extraction:
    """An extraction with what follows from its parts: text, word count, digest."""
    text = "\n".join(block.text for block in blocks)
    return Extraction(
        url=url,
        kicker=kicker,
        headline=headline,
        lead=lead,
        blocks=blocks,
        text=text,
        authors=authors,
        published_at=published_at,
        modified_at=modified_at,
        language=language,
        section=section,
        access=access,
        correction=removal.correction,
        word_count=len(words_of(text)),
        text_digest=ids.digest(msgspec.json.encode([headline, lead, text])),
        videos=tuple(removal.videos),
        stripped=tuple(removal.stripped),
    )


# trafilatura


def _body_blocks(root: HtmlElement, url: str) -> list[Block]:
    """The main text. Quick first; where that finds little of the page's prose, all of trafilatura's methods."""
    blocks = _trafilatura_blocks(root, url, fast=True)
    found = sum(len(block.text) for block in blocks)
    if found >= MIN_QUICK_CHARS and found >= MIN_SHARE_OF_PROSE * prose_chars(root):
        return blocks
    thorough = _trafilatura_blocks(root, url, fast=False)
    return thorough if sum(len(block.text) for block in thorough) > found else blocks


def _trafilatura_blocks(root: HtmlElement, url: str, *, fast: bool) -> list[Block]:
    """trafilatura 2.3.1 on the cleaned tree, which it copies. Another version or other options are a new producer.

    No metadata (read already), no comments, tables yes, deduplication off (it keeps state between pages).
    """
    try:
        document = trafilatura.bare_extraction(
            root,
            url=url,
            fast=fast,
            with_metadata=False,
            include_comments=False,
            include_tables=True,
            include_images=False,
            include_links=False,
            include_formatting=False,
            deduplicate=False,
        )
    except Exception as exc:  # trafilatura raises whatever a hostile page makes its code raise
        raise PageError("broken", f"{url}: {type(exc).__name__} in trafilatura: {exc}") from exc
    body: Any = getattr(document, "body", None)
    return list(blocks_of(body)) if body is not None else []


_CONTAINERS = frozenset({"body", "html", "div", "section", "article", "main", "span", "form", "document"})
_INNER_BLOCKS = frozenset({"p", "lb", "item", "list", "quote", "head"})
_INLINE = frozenset({"hi", "ref", "lb", "del", "graphic", "span", "a", "b", "i", "em", "strong", "code"})


def blocks_of(body: _Element) -> Iterator[Block]:
    """trafilatura's result as blocks: p, head, list/item, quote, table/row/cell. One block is one line of text."""
    yield from _paragraphs(body.text)
    for element in body:
        if element.tag == "head":
            yield from _block(BlockKind.SUBHEADING, _text_of(element))
        elif element.tag == "list":
            for item in element.iterchildren("item"):
                yield from _block(BlockKind.LIST, _text_of(item))
        elif element.tag in {"quote", "blockquote"}:
            yield from _block(BlockKind.QUOTATION, _text_of(element))
        elif element.tag == "table":
            for row in element.iter("row"):
                yield from _block(
                    BlockKind.TABLE, " | ".join(filter(None, (_text_of(cell) for cell in row.iterchildren("cell"))))
                )
        elif element.tag in _CONTAINERS and any(child.tag not in _INLINE for child in element):
            yield from blocks_of(element)
        else:
            for part in _text_with_breaks(element).split("\n\n"):
                yield from _block(BlockKind.PARAGRAPH, part)
        yield from _paragraphs(element.tail)


def _paragraphs(text: str | None) -> Iterator[Block]:
    yield from _block(BlockKind.PARAGRAPH, text or "")


def _block(kind: BlockKind, text: str) -> Iterator[Block]:
    tidied = tidy(text)
    if any(character.isalnum() for character in tidied):
        yield Block(kind=kind, text=tidied)


def _text_of(element: _Element) -> str:
    """The element's text on one line, with a space where a block begins inside of it."""
    has_blocks = any(child.tag in _INNER_BLOCKS for child in element)
    return (" " if has_blocks else "").join(map(str, element.itertext()))


def _text_with_breaks(element: _Element) -> str:
    """Two line breaks in a row part paragraphs, one is a space."""
    parts = [element.text or ""]
    for child in element:
        parts.append("\n" if child.tag == "lb" else _text_with_breaks(child) if isinstance(child.tag, str) else "")
        parts.append(child.tail or "")
    return (
        re.sub(r"[ \t\r\f\v]*\n[ \t\r\f\v]*", "\n", "".join(parts)) if len(parts) > 1 else parts[0].replace("\n", " ")
    )


_REPEATED_CHARS = 60


def _distinct(blocks: list[Block]) -> Iterator[Block]:
    """Without paragraphs that stand on the page twice, once for each screen size."""
    seen: set[str] = set()
    for block in blocks:
        if len(block.text) >= _REPEATED_CHARS:
            if block.text in seen:
                continue
            seen.add(block.text)
        yield block
