"""learn: find the paragraphs that an outlet puts into many of its articles, and record them as its templates.

It follows extract and only reads the ledger. `extract` removes the templates from what it reads afterwards; the
articles in which they were found keep them until a newer extractor reads their pages again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from pipeline.events import TemplateLearned
from pipeline.extract import PRODUCER as EXTRACT_PRODUCER
from pipeline.extract.boilerplate.templates import LEAST_CHARS, MAX_SHARE_OF_TEXT, MOST_CHARS, may_be_template
from pipeline.interval import Interval
from pipeline.ledger import Ledger
from pipeline.settings import Settings
from pipeline.steps.run.stores import RECALL, StepResult, Stores

PRODUCER = "learn@1"

LEAST_ARTICLES = 4
"""A template stands in at least this many articles with different headlines."""


class RecurringParagraph(msgspec.Struct, frozen=True):
    """A paragraph that stands in several articles of a source."""

    source_id: str
    text: str
    articles: int
    article_ids: tuple[UUID, ...]
    """The first ones in which it was found."""
    extraction_id: UUID
    """The newest extraction that has it."""


class Template(msgspec.Struct, frozen=True):
    source_id: str
    text: str


def learn(stores: Stores, interval: Interval) -> StepResult:
    """Record new templates of the sources with a page captured in the interval."""
    now = stores.now()
    return stores.record([_learned(now, paragraph) for paragraph in pending_templates(stores.ledger, interval)])


def count_pending_templates(ledger: Ledger, _settings: Settings, interval: Interval) -> int:
    """The number of templates of the interval's sources that are not recorded yet."""
    return len(pending_templates(ledger, interval))


def pending_templates(ledger: Ledger, interval: Interval) -> list[RecurringParagraph]:
    """The templates of the interval's sources that are not recorded yet."""
    paragraphs = ledger.select(
        RecurringParagraph,
        "paragraphs_in_many_articles",
        start=interval.start,
        end=interval.end,
        recall_start=interval.start - RECALL,
        producer=EXTRACT_PRODUCER,
        least_chars=LEAST_CHARS,
        most_chars=MOST_CHARS,
        least_articles=LEAST_ARTICLES,
        most_share=MAX_SHARE_OF_TEXT,
    )
    return [paragraph for paragraph in paragraphs if may_be_template(paragraph.text)]


def known_templates(ledger: Ledger, source_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The recorded templates of each of these sources that has any."""
    templates: dict[str, tuple[str, ...]] = {}
    for template in ledger.select(Template, "templates_of_sources", source_ids=sorted(source_ids)):
        templates[template.source_id] = (*templates.get(template.source_id, ()), template.text)
    return templates


def _learned(now: datetime, paragraph: RecurringParagraph) -> TemplateLearned:
    return TemplateLearned(
        stream=f"templates:{paragraph.source_id}",
        occurred_at=now,
        producer=PRODUCER,
        caused_by=paragraph.extraction_id,
        source_id=paragraph.source_id,
        text=paragraph.text,
        articles=paragraph.articles,
        article_ids=paragraph.article_ids,
    )
