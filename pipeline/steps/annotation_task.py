"""The task of annotate's worker processes: annotate one extracted text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from pipeline.annotate import Mention, Quote
from pipeline.annotate.annotators import RULES, load_annotator
from pipeline.events import ArticleAnnotated, Block, BlockKind, EntityMentioned, Event, QuoteExtracted

MAX_CHARS = 300_000
"""Maximum length of the text that is annotated. No article is longer; a hostile page could be."""
MAX_QUOTES = 1_000
"""Maximum number of quotations recorded for one text, for the same reason."""
MAX_MENTIONS = 5_000
"""Maximum number of mentions recorded for one text, for the same reason."""


class PendingText(msgspec.Struct, frozen=True):
    """An extraction that an annotator has not processed."""

    extraction_id: UUID
    article_id: UUID
    source_id: str
    text: str
    language: str | None
    title: str | None
    lead: str | None
    blocks: tuple[Block, ...]

    @property
    def quotation_ranges(self) -> list[tuple[int, int]]:
        """Character ranges of the blocks that the page marks as quotations. The text joins all blocks by newlines."""
        ranges, start = [], 0
        for block in self.blocks:
            end = start + len(block.text)
            if block.kind is BlockKind.QUOTATION and end <= MAX_CHARS:
                ranges.append((start, end))
            start = end + 1
        return ranges


def annotate_extraction(now: datetime, pending: PendingText, spec: str = RULES) -> Sequence[Event] | str:
    """Return the events of one text (annotated, quotations, mentions), or a problem if the annotator failed."""
    annotator = load_annotator(spec)
    about = _about(pending, now, annotator.producer)
    try:
        found = annotator.annotate(
            pending.text[:MAX_CHARS],
            language=pending.language,
            title=pending.title,
            lead=pending.lead,
            blocks=pending.quotation_ranges,
        )
    except Exception as exc:  # noqa: BLE001  # the other texts are still annotated; this one stays pending
        return f"extraction {pending.extraction_id}: {type(exc).__name__}: {exc}"
    if found is None:
        return [ArticleAnnotated(**about, quotes=None, failure="language")]
    quotes = [_quote_extracted(quote, about) for quote in found.quotes[:MAX_QUOTES]]
    mentions = [_entity_mentioned(mention, about) for mention in found.mentions[:MAX_MENTIONS]]
    read = ArticleAnnotated(
        **about,
        language=found.language,
        language_confidence=found.language_confidence,
        quotes=len(quotes) if annotator.finds_quotes else None,
        mentions=len(mentions) if annotator.finds_mentions else None,
    )
    return [read, *quotes, *mentions]


def text_lost(pending: PendingText, now: datetime, producer: str, reason: str) -> ArticleAnnotated:
    """The event of a text whose task timed out or died."""
    return ArticleAnnotated(**_about(pending, now, producer), quotes=None, failure=reason)


def _quote_extracted(quote: Quote, about: dict[str, Any]) -> QuoteExtracted:
    speaker, cue, frame = quote.speaker, quote.cue, quote.frame
    own_speaker, own_cue, own_frame = (
        span if span and span.part == quote.part else None for span in (speaker, cue, frame)
    )
    return QuoteExtracted(
        **about,
        text=quote.text,
        start_char=quote.start,
        end_char=quote.end,
        kind=quote.kind,
        speaker=speaker.surface if speaker else None,
        speaker_start_char=own_speaker.start if own_speaker else None,
        speaker_end_char=own_speaker.end if own_speaker else None,
        person=quote.person,
        cue=cue.surface if cue else None,
        cue_start_char=own_cue.start if own_cue else None,
        cue_end_char=own_cue.end if own_cue else None,
        rule=quote.rule,
        confidence=quote.confidence,
        frame=frame.surface if frame else None,
        frame_start_char=own_frame.start if own_frame else None,
        frame_end_char=own_frame.end if own_frame else None,
        part=quote.part,
    )


def _entity_mentioned(mention: Mention, about: dict[str, Any]) -> EntityMentioned:
    return EntityMentioned(
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
        part=mention.part,
    )


def _about(pending: PendingText, now: datetime, producer: str) -> dict[str, Any]:
    """The fields that all events of one extraction's annotation share."""
    return {
        "stream": f"article:{pending.article_id}",
        "occurred_at": now,
        "producer": producer,
        "caused_by": pending.extraction_id,
        "source_id": pending.source_id,
        "article_id": pending.article_id,
    }
