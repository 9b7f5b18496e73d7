"""annotate: read the extracted texts, and record who is quoted saying what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from pipeline.annotate import PRODUCER, annotate_text
from pipeline.events import ArticleAnnotated, Event, QuoteExtracted
from pipeline.extract import PRODUCER as EXTRACT_PRODUCER
from pipeline.ledger import Interval, Ledger
from pipeline.steps.stores import RECALL, StepResult, Stores
from pipeline.steps.workers import parallel_map

MAX_CHARS = 300_000
"""Of a text that are read: no article is longer, and a page made to be hostile must not hold up the rest."""
MAX_QUOTES = 1_000
"""Of one text that are recorded, for the same reason."""


class PendingText(msgspec.Struct, frozen=True):
    """An extraction that the annotators have not read."""

    extraction_id: UUID
    article_id: UUID
    source_id: str
    text: str
    language: str | None
    title: str | None


def annotate(stores: Stores, interval: Interval) -> StepResult:
    """Annotate what the newest extractor read in the interval's captures and this producer has not seen."""
    texts = pending_texts(stores.ledger, interval)
    work = partial(annotate_extraction, stores.now())
    return stores.record_each("annotate", parallel_map(work, texts, stores.settings.jobs), len(texts))


def pending_texts(
    ledger: Ledger, interval: Interval, producer: str = PRODUCER, extract_producer: str = EXTRACT_PRODUCER
) -> list[PendingText]:
    """What `extract_producer` read in captures of the interval and `producer` has not seen."""
    return ledger.select(
        PendingText,
        "extractions_without_annotation",
        start=interval.start,
        end=interval.end,
        recall_start=interval.start - RECALL,
        extract_producer=extract_producer,
        producer=producer,
    )


def annotate_extraction(now: datetime, pending: PendingText) -> Sequence[Event] | str:
    """The events that one text gives: that it was read, and each quotation; a problem where the annotators stumble."""
    try:
        annotations = annotate_text(pending.text[:MAX_CHARS], language=pending.language, title=pending.title)
    except Exception as exc:  # noqa: BLE001  # one text must not cost the others; it stays pending and is named
        return f"extraction {pending.extraction_id}: {type(exc).__name__}: {exc}"
    about: dict[str, Any] = {
        "stream": f"article:{pending.article_id}",
        "occurred_at": now,
        "producer": PRODUCER,
        "caused_by": pending.extraction_id,
        "source_id": pending.source_id,
        "article_id": pending.article_id,
    }
    read = ArticleAnnotated(
        **about,
        language=annotations.language,
        language_confidence=annotations.language_confidence,
        quotes=len(annotations.quotes[:MAX_QUOTES]),
    )
    quotes = [
        QuoteExtracted(
            **about,
            text=quote.text,
            start_char=quote.start,
            end_char=quote.end,
            kind=quote.kind,
            speaker=quote.speaker.surface if quote.speaker else None,
            speaker_start_char=quote.speaker.start if quote.speaker else None,
            speaker_end_char=quote.speaker.end if quote.speaker else None,
            person=quote.person,
            cue=quote.cue.surface if quote.cue else None,
            cue_start_char=quote.cue.start if quote.cue else None,
            cue_end_char=quote.cue.end if quote.cue else None,
            rule=quote.rule,
            confidence=quote.confidence,
        )
        for quote in annotations.quotes[:MAX_QUOTES]
    ]
    return [read, *quotes]
