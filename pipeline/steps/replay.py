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
from pipeline.extract import PRODUCER as EXTRACT_PRODUCER
from pipeline.ledger import Interval
from pipeline.steps.annotate import annotate_with_each
from pipeline.steps.annotation_task import PendingText
from pipeline.steps.extract import extract_captures
from pipeline.steps.extraction_task import PendingCapture
from pipeline.steps.history_state import articles_of_interval
from pipeline.steps.stores import RECALL, StepResult, Stores


class Captures(StrEnum):
    """Which of the interval's captures are read."""

    ALL = "all"
    OWN = "own"
    """Those that this run has made: nothing older is replayed."""


def replay_extraction(
    stores: Stores, interval: Interval, source_ids: Sequence[str], captures: Captures = Captures.ALL
) -> StepResult:
    """Extract the interval's captures that the current extractor has not seen."""
    return extract_captures(stores, replayable_captures(stores, interval, source_ids, captures))


def replay_annotation(
    stores: Stores, interval: Interval, source_ids: Sequence[str], captures: Captures = Captures.ALL
) -> StepResult:
    """Have each annotator of the settings read what the current extractor read in the interval's captures and it has
    not."""
    return annotate_with_each(stores, partial(replayable_texts, stores, interval, source_ids, captures))


def unread_articles(stores: Stores, interval: Interval, source_ids: Sequence[str]) -> dict[UUID, str]:
    """The articles with a capture of the interval that a current producer has not read, and their sources; annotators
    that are not installed read nothing."""
    unread = {capture.article_id: capture.source_id for capture in replayable_captures(stores, interval, source_ids)}
    for spec in stores.settings.annotators:
        with suppress(AnnotatorError):
            producer = load_annotator(spec).producer
            texts = replayable_texts(stores, interval, source_ids, producer=producer)
            unread |= {text.article_id: text.source_id for text in texts}
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
        article_ids=_article_ids(stores, interval, source_ids),
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
        article_ids=_article_ids(stores, interval, source_ids),
        run_id=stores.run.run_id if captures is Captures.OWN else None,
        extract_producer=extract_producer,
        producer=producer,
    )


def _article_ids(stores: Stores, interval: Interval, source_ids: Sequence[str]) -> list[UUID]:
    return [article.article_id for article in articles_of_interval(stores.ledger, interval, source_ids, stores.run)]
