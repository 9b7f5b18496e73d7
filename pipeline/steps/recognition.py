"""Recognises an erased article that an outlet publishes again under another address, by the evidence that also joins
addresses. The ledger keeps only digests of the article."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from pipeline.collect.feeds import FeedItem
from pipeline.events import ArticleExtracted, Event, ItemDiscovered
from pipeline.ids import digest
from pipeline.ledger.erased import ErasedContents
from pipeline.steps.join_evidence import LEAST_WORDS, TITLE_WORDS, words_in
from pipeline.steps.listing import article_at
from pipeline.steps.overlap import is_telling

WITHHELD = "erased"
"""Reason of `extraction_failed`: the page has an erased article, at another address."""


def is_erased_item(item: FeedItem, source_id: str, erased: ErasedContents) -> bool:
    """True if the item of a feed is one of the erased articles."""
    if not erased.ids:
        return False
    is_own = any(address and article_at(address) in erased.ids for address in (item.url, item.redirector_url))
    return is_own or not erased.digests.isdisjoint(_of_item(source_id, item.guid, item.title, item.published_at))


def is_erased_page(page: ArticleExtracted, erased: ErasedContents) -> bool:
    """True if what was read from a page is one of the erased articles: the page answers at an address of it, names one
    as its own, or has the same text."""
    if not erased.ids:
        return False
    is_own = any(address and article_at(address) in erased.ids for address in (page.url, page.canonical_url))
    return is_own or not erased.digests.isdisjoint(_of_text(page.source_id, page.text))


def digests_of(events: Iterable[Event], *, has_texts: bool) -> tuple[str, ...]:
    """Digests by which the article of these events is recognised: of each guid together with the time or the title of
    its item, because some feeds give each place in their list a guid; and of the words of each text.

    Without `has_texts`, no text is in them: where only a name is masked, names could be tried until a digest fits.
    """
    digests = set[str]()
    for event in events:
        if isinstance(event, ItemDiscovered):
            title = event.title if has_texts else None
            digests.update(_of_item(event.source_id, event.guid, title, event.published_at))
        elif isinstance(event, ArticleExtracted) and has_texts:
            digests.update(_of_text(event.source_id, event.text))
    return tuple(sorted(digests))


def _of_item(source_id: str, guid: str, title: str | None, published_at: datetime | None) -> Iterator[str]:
    if published_at is not None and is_telling(published_at):
        yield _digest("item", source_id, guid, f"{published_at.timestamp():.0f}")
    if title and len(in_words := words_in(title)) >= TITLE_WORDS:
        yield _digest("item", source_id, guid, *in_words)


def _of_text(source_id: str, text: str) -> Iterator[str]:
    if len(in_words := words_in(text)) >= LEAST_WORDS:
        yield _digest("text", source_id, *in_words)


def _digest(*parts: str) -> str:
    return digest(msgspec.json.encode(parts))
