"""annotate: find quotations and mentions in extracted texts, and record them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial

from pipeline.annotate import PRODUCER
from pipeline.annotate.annotators import RULES, load_annotator
from pipeline.errors import AnnotatorError
from pipeline.events import Event
from pipeline.extract import PRODUCER as EXTRACT_PRODUCER
from pipeline.interval import Interval
from pipeline.ledger import Ledger
from pipeline.settings import Settings
from pipeline.steps.annotation_task import PendingText, annotate_extraction, text_lost
from pipeline.steps.run.stores import RECALL, StepResult, Stores
from pipeline.steps.run.turns import work_off
from pipeline.workers import Bounds, Lost, parallel_map

ANNOTATION_TASKS = ("pipeline.steps.warm_annotation",)
"""Modules that its worker processes need, for `workers.preload`."""

MODEL_BOUNDS = Bounds(seconds=300, memory_bytes=32_000_000_000)
"""Bounds of a task with a language model: its process loads the model first, and the libraries reserve far more
address space than they use."""


def annotate(stores: Stores, interval: Interval) -> StepResult:
    """Run each annotator of the settings on the interval's extractions that it has not processed yet."""
    return annotate_with_each(stores, partial(pending_texts, stores.ledger, interval))


def annotate_with_each(stores: Stores, pending: Callable[[str], Sequence[PendingText]]) -> StepResult:
    """Run each annotator of the settings on the texts that `pending` returns for its producer; append the events.

    An annotator that is not installed is a problem; the others still run.
    """
    result = StepResult({})
    for spec in stores.settings.annotators:
        try:
            producer = load_annotator(spec).producer
        except AnnotatorError as exc:
            result += StepResult({}, (str(exc),))
            continue
        result += work_off(
            stores,
            "annotate",
            partial(pending, producer),
            partial(_outcomes, stores, spec, producer),
            key=lambda text: text.extraction_id,
        )
    return result


def _outcomes(
    stores: Stores, spec: str, producer: str, texts: Sequence[PendingText]
) -> Iterator[Sequence[Event] | str]:
    now = stores.now()
    work = partial(annotate_extraction, now, spec=spec)
    for text, outcome in zip(texts, parallel_map(work, texts, stores.settings.jobs, bounds_for(spec)), strict=True):
        yield [text_lost(text, now, producer, outcome.reason)] if isinstance(outcome, Lost) else outcome


def bounds_for(spec: str) -> Bounds:
    """Maximum time and memory for one text with this annotator."""
    return Bounds() if spec == RULES else MODEL_BOUNDS


def pending_texts(
    ledger: Ledger, interval: Interval, producer: str = PRODUCER, extract_producer: str = EXTRACT_PRODUCER
) -> list[PendingText]:
    """Extractions by `extract_producer` of captures in the interval that `producer` has not processed."""
    return ledger.select(
        PendingText,
        "extractions_without_annotation",
        start=interval.start,
        end=interval.end,
        recall_start=interval.start - RECALL,
        extract_producer=extract_producer,
        producer=producer,
    )


def count_pending_texts(ledger: Ledger, settings: Settings, interval: Interval) -> int:
    """The number of texts in the interval that an annotator of the settings has not processed, over all annotators."""
    return sum(len(pending_texts(ledger, interval, producer)) for producer in installed_producers(settings))


def installed_producers(settings: Settings) -> Iterator[str]:
    """The producers of the settings' annotators, without those that are not installed."""
    for spec in settings.annotators:
        with suppress(AnnotatorError):
            yield load_annotator(spec).producer
