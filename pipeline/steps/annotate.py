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
from pipeline.ledger import Interval
from pipeline.steps.stores import RECALL, StepResult, Stores
from pipeline.steps.workers import parallel_map


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
    texts = stores.ledger.select(
        PendingText,
        "extractions_without_annotation",
        start=interval.start,
        end=interval.end,
        recall_start=interval.start - RECALL,
        extract_producer=EXTRACT_PRODUCER,
        producer=PRODUCER,
    )
    work = partial(annotate_extraction, stores.now())
    return stores.record_each("annotate", parallel_map(work, texts, stores.settings.jobs), len(texts))


def annotate_extraction(now: datetime, pending: PendingText) -> Sequence[Event]:
    """The events that one text gives: that it was read, and each quotation."""
    annotations = annotate_text(pending.text, language=pending.language, title=pending.title)
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
        quotes=len(annotations.quotes),
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
        for quote in annotations.quotes
    ]
    return [read, *quotes]
