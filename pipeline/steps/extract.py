"""extract: read the article in each captured page, and record it with everything that was stripped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from msgspec.structs import replace

from pipeline.archive.storage import archive_storage
from pipeline.events import ArticleExtracted, Event
from pipeline.extract import PRODUCER
from pipeline.interval import Interval
from pipeline.ledger import Ledger
from pipeline.settings import Settings
from pipeline.steps.extraction_task import PendingCapture, extract_capture, extraction_failed
from pipeline.steps.learn import known_templates
from pipeline.steps.recognition import WITHHELD, is_erased_page
from pipeline.steps.run.stores import RECALL, StepResult, Stores
from pipeline.steps.run.turns import work_off
from pipeline.steps.shared_pages import refuse_shared_pages
from pipeline.steps.teasers import refuse_teasers
from pipeline.workers import Lost, parallel_map

EXTRACTION_TASKS = ("pipeline.steps.extraction_task", "pipeline.extract.article")
"""Modules that its worker processes need, for `workers.preload`."""
_WITHHELD_DETAIL = "an article that was erased stands at this address, too; `newsledger redact` erases it here"


def extract(stores: Stores, interval: Interval) -> StepResult:
    """Extract every page captured in the interval that this producer has not processed, and refuse pages that are not
    the article; append the events."""
    return extract_captures(stores, partial(pending_captures, stores.ledger, interval)) + refuse(stores, interval)


def refuse(stores: Stores, interval: Interval) -> StepResult:
    """Refuse pages of the interval that answer for many articles, or show only a part of what they showed before."""
    return refuse_shared_pages(stores, interval) + refuse_teasers(stores, interval)


def extract_captures(stores: Stores, pending: Callable[[], Sequence[PendingCapture]]) -> StepResult:
    """Extract the pages that `pending` returns; append the events."""
    withheld: list[str] = []
    work = partial(_outcomes, stores, withheld)
    result = work_off(stores, "extract", pending, work, key=lambda capture: capture.capture_id)
    notices = tuple(f"{url}: {_WITHHELD_DETAIL}" for url in withheld)
    return result + StepResult({}, notices=notices)


def _outcomes(
    stores: Stores, withheld: list[str], captures: Sequence[PendingCapture]
) -> Iterator[Sequence[Event] | str]:
    now = stores.now()
    templates = known_templates(stores.ledger, {capture.source_id for capture in captures})
    tasks = [replace(capture, templates=templates.get(capture.source_id, ())) for capture in captures]
    work = partial(extract_capture, archive_storage(stores.settings), now)
    for capture, outcome in zip(tasks, parallel_map(work, tasks, stores.settings.jobs), strict=True):
        if isinstance(outcome, Lost):
            yield [extraction_failed(capture, now, outcome.reason, outcome.detail)]
        elif any(isinstance(event, ArticleExtracted) and is_erased_page(event, stores.erased) for event in outcome):
            withheld.append(capture.url)
            yield [extraction_failed(capture, now, WITHHELD, _WITHHELD_DETAIL)]
        else:
            yield outcome


def pending_captures(ledger: Ledger, interval: Interval, producer: str = PRODUCER) -> list[PendingCapture]:
    """The pages captured in the interval that `producer` has not processed."""
    return ledger.select(
        PendingCapture,
        "captures_without_extraction",
        start=interval.start,
        end=interval.end,
        recall_start=interval.start - RECALL,
        producer=producer,
    )


def count_pending_captures(ledger: Ledger, _settings: Settings, interval: Interval) -> int:
    """The number of pages captured in the interval that the current extractor has not processed."""
    return len(pending_captures(ledger, interval))
