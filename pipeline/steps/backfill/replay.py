"""replay: run the current extractor and annotators on an interval's archived captures, without a network.

An interval's captures are those made in it, and those of the articles published in it. So a page that was captured
later, by a backfill for example, belongs to the day on which its article was published.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from pipeline.annotate import PRODUCER as ANNOTATE_PRODUCER
from pipeline.extract import PRODUCER as EXTRACT_PRODUCER
from pipeline.interval import Interval
from pipeline.steps.annotate import annotate_with_each, installed_producers
from pipeline.steps.annotation_task import PendingText
from pipeline.steps.backfill.history_state import articles_of_interval
from pipeline.steps.extract import extract_captures, refuse
from pipeline.steps.extraction_task import PendingCapture
from pipeline.steps.join import join
from pipeline.steps.learn import learn
from pipeline.steps.run.run_interval import lookback
from pipeline.steps.run.stores import RECALL, StepResult, Stores


class Captures(StrEnum):
    """Which of the interval's captures are replayed."""

    ALL = "all"
    OWN = "own"
    """Only captures that this run has made."""


class Scope(msgspec.Struct, frozen=True):
    """The captures of an interval, as query parameters."""

    interval: Interval
    source_ids: Sequence[str]
    article_ids: Sequence[UUID]
    """The articles published in the interval. They stay the same while it is replayed."""

    def values(self, stores: Stores, captures: Captures) -> dict[str, Any]:
        """The values of the queries' parameters."""
        return {
            "start": self.interval.start,
            "end": self.interval.end,
            "recall_start": self.interval.start - RECALL,
            "source_ids": list(self.source_ids),
            "article_ids": list(self.article_ids),
            "run_id": stores.run.run_id if captures is Captures.OWN else None,
        }


def scope_of(stores: Stores, interval: Interval, source_ids: Sequence[str]) -> Scope:
    """The scope with the articles that the ledger knows now."""
    articles = articles_of_interval(stores.ledger, interval, source_ids, stores.run)
    return Scope(interval, source_ids, [article.article_id for article in articles])


def replay_extraction(stores: Stores, scope: Scope, captures: Captures = Captures.ALL) -> StepResult:
    """Extract the captures that the current extractor has not processed, and refuse pages that are not the article."""
    extracted = extract_captures(stores, partial(replayable_captures, stores, scope, captures))
    for interval in (scope.interval, lookback(stores.settings, stores.now())):
        extracted += refuse(stores, interval)
    return extracted


def replay_joins(stores: Stores, scope: Scope, _captures: Captures = Captures.ALL) -> StepResult:
    """Join addresses by the evidence of the interval, and by that of the last days, in which this run has fetched and
    read its pages. A decision about two addresses belongs to no single capture, so which captures are replayed does not
    matter."""
    return join(stores, scope.interval) + join(stores, lookback(stores.settings, stores.now()))


def replay_learning(stores: Stores, scope: Scope, _captures: Captures = Captures.ALL) -> StepResult:
    """Record the templates that the extractions of the interval's sources show, whichever captures are replayed."""
    return learn(stores, scope.interval) + learn(stores, lookback(stores.settings, stores.now()))


def replay_annotation(stores: Stores, scope: Scope, captures: Captures = Captures.ALL) -> StepResult:
    """Run each annotator of the settings on the current extractor's extractions that it has not processed."""
    return annotate_with_each(stores, partial(replayable_texts, stores, scope, captures))


def unread_articles(stores: Stores, scope: Scope) -> dict[UUID, str]:
    """The sources of the articles with a capture that a current producer has not processed, by article. Annotators that
    are not installed do not count."""
    unread = {capture.article_id: capture.source_id for capture in replayable_captures(stores, scope)}
    for producer in installed_producers(stores.settings):
        texts = replayable_texts(stores, scope, producer=producer)
        unread |= {text.article_id: text.source_id for text in texts}
    return unread


def replayable_captures(
    stores: Stores, scope: Scope, captures: Captures = Captures.ALL, producer: str = EXTRACT_PRODUCER
) -> list[PendingCapture]:
    """The captures that `producer` has not processed."""
    values = scope.values(stores, captures)
    return stores.ledger.select(PendingCapture, "replayable_captures", producer=producer, **values)


def replayable_texts(
    stores: Stores,
    scope: Scope,
    captures: Captures = Captures.ALL,
    producer: str = ANNOTATE_PRODUCER,
    extract_producer: str = EXTRACT_PRODUCER,
) -> list[PendingText]:
    """Extractions by `extract_producer` that `producer` has not processed."""
    values = scope.values(stores, captures)
    return stores.ledger.select(
        PendingText, "replayable_texts", extract_producer=extract_producer, producer=producer, **values
    )
