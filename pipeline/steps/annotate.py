"""annotate: read the extracted texts, and record who is quoted saying what and who and what is named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from pipeline.annotate import PRODUCER, annotate_text
from pipeline.events import ArticleAnnotated, Block, BlockKind, EntityMentioned, Event, QuoteExtracted
from pipeline.extract import PRODUCER as EXTRACT_PRODUCER
from pipeline.ledger import Interval, Ledger
from pipeline.steps.stores import RECALL, StepResult, Stores
from pipeline.steps.workers import Lost, parallel_map

MAX_CHARS = 300_000
"""Of a text that are read: no article is longer, and a page made to be hostile must not hold up the rest."""
MAX_QUOTES = 1_000
"""Of one text that are recorded, for the same reason."""
MAX_MENTIONS = 5_000
"""Likewise."""


class PendingText(msgspec.Struct, frozen=True):
    """An extraction that the annotators have not read."""

    extraction_id: UUID
    article_id: UUID
    source_id: str
    text: str
    language: str | None
    title: str | None
    blocks: tuple[Block, ...]

    @property
    def quotation_ranges(self) -> list[tuple[int, int]]:
        """Where in the text the page sets a quotation apart: the text is the blocks' texts, one line each."""
        ranges, start = [], 0
        for block in self.blocks:
            end = start + len(block.text)
            if block.kind is BlockKind.QUOTATION and end <= MAX_CHARS:
                ranges.append((start, end))
            start = end + 1
        return ranges


def annotate(stores: Stores, interval: Interval) -> StepResult:
    """Annotate what the newest extractor read in the interval's captures and this producer has not seen."""
    texts = pending_texts(stores.ledger, interval)
    now = stores.now()
    outcomes = zip(texts, parallel_map(partial(annotate_extraction, now), texts, stores.settings.jobs), strict=True)
    events = (
        [ArticleAnnotated(**_about(text, now), quotes=0, failure=outcome.reason)]
        if isinstance(outcome, Lost)
        else outcome
        for text, outcome in outcomes
    )
    return stores.record_each("annotate", events, len(texts))


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
    """The events that one text gives: that it was read, each quotation and mention; a problem where it cannot be."""
    try:
        annotations = annotate_text(
            pending.text[:MAX_CHARS],
            language=pending.language,
            title=pending.title,
            blocks=pending.quotation_ranges,
        )
    except Exception as exc:  # noqa: BLE001  # one text must not cost the others; it stays pending and is named
        return f"extraction {pending.extraction_id}: {type(exc).__name__}: {exc}"
    about = _about(pending, now)
    read = ArticleAnnotated(
        **about,
        language=annotations.language,
        language_confidence=annotations.language_confidence,
        quotes=len(annotations.quotes[:MAX_QUOTES]),
        mentions=len(annotations.mentions[:MAX_MENTIONS]),
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
            frame=quote.frame.surface if quote.frame else None,
            frame_start_char=quote.frame.start if quote.frame else None,
            frame_end_char=quote.frame.end if quote.frame else None,
        )
        for quote in annotations.quotes[:MAX_QUOTES]
    ]
    mentions = [
        EntityMentioned(
            **about,
            kind=mention.kind,
            surface=mention.surface,
            name=mention.name,
            start_char=mention.start,
            end_char=mention.end,
            role=mention.role,
            party=mention.party,
            country=mention.country,
            rule=mention.rule,
            confidence=mention.confidence,
        )
        for mention in annotations.mentions[:MAX_MENTIONS]
    ]
    return [read, *quotes, *mentions]


def _about(pending: PendingText, now: datetime) -> dict[str, Any]:
    """What all events of an extraction's annotation have in common."""
    return {
        "stream": f"article:{pending.article_id}",
        "occurred_at": now,
        "producer": PRODUCER,
        "caused_by": pending.extraction_id,
        "source_id": pending.source_id,
        "article_id": pending.article_id,
    }
