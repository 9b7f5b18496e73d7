"""replay: what an interval's archived captures say to the current producers, from the archive, without a network.

An interval's captures are those made in it and all those of the articles published in it: pages that were had later,
by a backfill for instance, belong to the day that they are about.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from functools import partial
from uuid import UUID

from pipeline.annotate import PRODUCER as ANNOTATE_PRODUCER
from pipeline.annotate.annotators import load_annotator
from pipeline.errors import AnnotatorError
from pipeline.events import ArticleAnnotated, ExtractionFailed
from pipeline.extract import PRODUCER as EXTRACT_PRODUCER
from pipeline.ledger import Interval
from pipeline.steps.annotate import PendingText, annotate_extraction, bounds_for
from pipeline.steps.extract import PendingCapture, extract_capture
from pipeline.steps.history_state import articles_of_interval
from pipeline.steps.stores import RECALL, StepResult, Stores
from pipeline.steps.workers import Lost, parallel_map


class Captures(StrEnum):
    """Which of the interval's captures are read."""

    ALL = "all"
    OWN = "own"
    """Those that this run has made: nothing older is replayed."""


def replay_extraction(
    stores: Stores, interval: Interval, source_ids: Sequence[str], captures: Captures = Captures.ALL
) -> StepResult:
    """Extract the interval's captures that the current extractor has not seen."""
    pending = replayable_captures(stores, interval, source_ids, captures)
    now = stores.now()
    work = partial(extract_capture, stores.settings.archive_root, now)
    outcomes = zip(pending, parallel_map(work, pending, stores.settings.jobs), strict=True)
    events = (
        [
            ExtractionFailed(
                stream=f"article:{capture.article_id}",
                occurred_at=now,
                producer=EXTRACT_PRODUCER,
                caused_by=capture.capture_id,
                source_id=capture.source_id,
                article_id=capture.article_id,
                url=capture.url,
                payload_digest=capture.payload_digest,
                reason=outcome.reason,
                detail=outcome.detail,
            )
        ]
        if isinstance(outcome, Lost)
        else outcome
        for capture, outcome in outcomes
    )
    return stores.record_each("extract", events, len(pending))


def replay_annotation(
    stores: Stores, interval: Interval, source_ids: Sequence[str], captures: Captures = Captures.ALL
) -> StepResult:
    """Have each annotator of the settings read what the current extractor read in the interval's captures and it has
    not. One that is not installed is a problem; the others are done all the same."""
    result = StepResult({})
    for spec in stores.settings.annotators:
        try:
            producer = load_annotator(spec).producer
        except AnnotatorError as exc:
            result += StepResult({}, (str(exc),))
            continue
        texts = replayable_texts(stores, interval, source_ids, captures, producer)
        result += _annotate(stores, texts, spec, producer)
    return result


def _annotate(stores: Stores, texts: Sequence[PendingText], spec: str, producer: str) -> StepResult:
    now = stores.now()
    work = partial(annotate_extraction, now, spec=spec)
    outcomes = zip(texts, parallel_map(work, texts, stores.settings.jobs, bounds_for(spec)), strict=True)
    events = (
        [
            ArticleAnnotated(
                stream=f"article:{text.article_id}",
                occurred_at=now,
                producer=producer,
                caused_by=text.extraction_id,
                source_id=text.source_id,
                article_id=text.article_id,
                quotes=None,
                failure=outcome.reason,
            )
        ]
        if isinstance(outcome, Lost)
        else outcome
        for text, outcome in outcomes
    )
    return stores.record_each("annotate", events, len(texts))


def unread_articles(stores: Stores, interval: Interval, source_ids: Sequence[str]) -> set[UUID]:
    """The interval's articles with a capture that a current producer has not read; annotators that are not installed
    read nothing."""
    unread = {capture.article_id for capture in replayable_captures(stores, interval, source_ids)}
    for spec in stores.settings.annotators:
        with suppress(AnnotatorError):
            producer = load_annotator(spec).producer
            unread |= {text.article_id for text in replayable_texts(stores, interval, source_ids, producer=producer)}
    return unread


def replayable_captures(
    stores: Stores,
    interval: Interval,
    source_ids: Sequence[str],
    captures: Captures = Captures.ALL,
    producer: str = EXTRACT_PRODUCER,
) -> list[PendingCapture]:
    """The interval's payloads that `producer` has not seen."""
    return stores.ledger.select(
        PendingCapture,
        "replayable_captures",
        start=interval.start,
        end=interval.end,
        recall_start=interval.start - RECALL,
        source_ids=list(source_ids),
        article_ids=[article.article_id for article in articles_of_interval(stores.ledger, interval, source_ids)],
        run_id=stores.run.run_id if captures is Captures.OWN else None,
        producer=producer,
    )


def replayable_texts(
    stores: Stores,
    interval: Interval,
    source_ids: Sequence[str],
    captures: Captures = Captures.ALL,
    producer: str = ANNOTATE_PRODUCER,
    extract_producer: str = EXTRACT_PRODUCER,
) -> list[PendingText]:
    """What `extract_producer` read in the interval's payloads and `producer` has not seen."""
    return stores.ledger.select(
        PendingText,
        "replayable_texts",
        start=interval.start,
        end=interval.end,
        recall_start=interval.start - RECALL,
        source_ids=list(source_ids),
        article_ids=[article.article_id for article in articles_of_interval(stores.ledger, interval, source_ids)],
        run_id=stores.run.run_id if captures is Captures.OWN else None,
        extract_producer=extract_producer,
        producer=producer,
    )
