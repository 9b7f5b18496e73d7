"""The state of an installation, read from the ledger, the published file and the last verification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import TypeVar

import duckdb
import msgspec

from pipeline.errors import NewsledgerError, cannot_be_opened
from pipeline.ledger import Ledger
from pipeline.settings import Settings
from pipeline.shared_files import published_file
from pipeline.sources.source import SILENT_AFTER
from pipeline.steps.capture import pending_pages
from pipeline.steps.processing import PROCESSING_STEPS
from pipeline.steps.run.run_interval import lookback
from pipeline.verification.remembered import LastVerification, last_verification

REMOVED_AFTER = timedelta(days=2)
"""A feed whose last poll is this much older than the newest poll of all was removed from sources.toml, or is polled
only if its source is named."""

_MISTAKE = "AirflowFailException: "
"""How the error of a task begins that a person has to correct: `mistakes_fail_at_once` of the DAGs raises it."""
_SCHEDULED = "scheduled__"
"""How Airflow begins the ids of runs that nobody has started."""

Row = TypeVar("Row", bound=msgspec.Struct)


class FeedStatus(msgspec.Struct, frozen=True):
    """The last poll of one feed."""

    source_id: str
    feed_url: str
    last_polled_at: datetime
    last_success_at: datetime | None
    is_read: bool
    """True if the last poll could read the feed, or the feed was unchanged."""
    is_retired: bool
    """True if the server answered 410; then the feed is not polled any more."""
    reason: str | None
    """Why the last poll failed."""
    last_new_at: datetime | None = None
    """When a poll last found a new item; the first poll if none ever did."""

    @property
    def is_silent(self) -> bool:
        """True if it could be read at the last poll but had said nothing new for SILENT_AFTER."""
        return self.is_read and self.last_new_at is not None and self.last_new_at < self.last_polled_at - SILENT_AFTER

    @property
    def is_failing(self) -> bool:
        return not self.is_read and not self.is_retired


class SourceArticles(msgspec.Struct, frozen=True):
    source_id: str
    articles: int
    """Articles that were extracted at any time."""


class FailedTask(msgspec.Struct, frozen=True):
    """A task of an Airflow run that failed after all its retries, or a run that was ended as a whole."""

    dag_id: str
    run_id: str
    task_id: str | None
    """None for a whole run."""
    label: str | None
    occurred_at: datetime
    error: str
    succeeded_at: datetime | None = None
    """When the run ended well after this failure, because its tasks were cleared, or was seen marked as success."""

    @property
    def message(self) -> str:
        """Which task failed, and its error."""
        label = f" of {self.label}" if self.label else ""
        task = f"{self.task_id}{label}: " if self.task_id else ""
        return task + self.cause

    @property
    def cause(self) -> str:
        """The error for a person: Airflow's own exception only says that it is not retried."""
        return self.error.removeprefix(_MISTAKE)

    @property
    def was_told(self) -> bool:
        """True if a person started the run with a mistake: the page that they were looking at said so at once."""
        return self.error.startswith(_MISTAKE) and not self.run_id.startswith(_SCHEDULED)


class LostPage(msgspec.Struct, frozen=True):
    """A page of the lookback that was given up."""

    source_id: str
    url: str
    reason: str
    failed_at: datetime


class CoverageDay(msgspec.Struct, frozen=True):
    """What happened to the articles that a source first named on this day, in the published file."""

    source_id: str
    day: date
    seen: int
    captured: int
    failed: int
    pending: int
    gaps: int
    """Times when items may have been missed between two polls."""
    is_quiet: bool
    polls: int


class PublishedBuild(msgspec.Struct, frozen=True):
    """What the published file was built from, and when."""

    head_position: int
    built_at: datetime


class LedgerHead(msgspec.Struct, frozen=True):
    position: int
    appends: int
    begun_at: datetime | None
    """When the first append was recorded."""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """An installation at one moment."""

    read_at: datetime
    lookback_days: int
    ledger: LedgerHead
    feeds: tuple[FeedStatus, ...]
    articles: Mapping[str, int]
    """Number of extracted articles by source."""
    pages_pending: int
    pending: Mapping[str, int]
    """Pages or texts of the lookback that a processing step has not processed, by step."""
    lost: tuple[LostPage, ...]
    failed_tasks: tuple[FailedTask, ...]
    """Those of the lookback, newest first."""
    coverage: tuple[CoverageDay, ...]
    """The last seven days of the published file. Empty before the first publication, and if version 0.1 wrote it."""
    publication: PublishedBuild | None
    publication_error: str | None = None
    """Why the published file cannot be opened."""
    verification: LastVerification | None

    @property
    def current_feeds(self) -> Sequence[FeedStatus]:
        """The feeds that are still polled, as far as the ledger can tell, with the retired ones."""
        newest = max((feed.last_polled_at for feed in self.feeds), default=self.read_at)
        return [feed for feed in self.feeds if feed.is_retired or feed.last_polled_at > newest - REMOVED_AFTER]


def read_state(settings: Settings, now: datetime) -> State:
    """Read the state. Raises LedgerMissing if there is no ledger."""
    interval = lookback(settings, now)
    with Ledger.open_existing(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds) as ledger:
        (head,) = ledger.select(LedgerHead, "ledger_state")
        feeds = ledger.select(FeedStatus, "feed_status")
        articles = ledger.select(SourceArticles, "articles_by_source")
        pages = pending_pages(ledger, interval, sorted({feed.source_id for feed in feeds}))
        pending = {step.name: step.pending(ledger, settings, interval) for step in PROCESSING_STEPS}
        failed_tasks = ledger.select(FailedTask, "failed_tasks", since=interval.start)
    lost = [
        LostPage(page.source_id, page.url, page.reason or "", page.failed_at or now)
        for page in pages
        if page.failed_for_good
    ]
    news, error = published_file(settings), None
    try:
        publications = _published(news, PublishedBuild, "publication")
        coverage = _published(news, CoverageDay, "recent_coverage")
    except NewsledgerError as exc:
        publications, coverage, error = [], [], str(exc)
    return State(
        read_at=now,
        lookback_days=settings.lookback_days,
        ledger=head,
        feeds=tuple(feeds),
        articles={row.source_id: row.articles for row in articles},
        pages_pending=len(pages) - len(lost),
        pending=pending,
        lost=tuple(sorted(lost, key=lambda page: page.failed_at, reverse=True)),
        failed_tasks=tuple(failed_tasks),
        coverage=tuple(coverage),
        publication=publications[0] if publications else None,
        publication_error=error,
        verification=last_verification(settings),
    )


def _published(news: Path, row_type: type[Row], query: str) -> list[Row]:
    """The rows of a query on the published file. Empty without the file, or if an older newsledger published it.

    Raises NewsledgerError if the file cannot be opened.
    """
    if not news.is_file():
        return []
    sql = resources.files("pipeline.monitor").joinpath("sql", f"{query}.sql").read_text("utf-8")
    try:
        with duckdb.connect(news, read_only=True) as con:
            con.execute("set timezone = 'UTC'")
            rows = con.execute(sql).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):
        return []
    except duckdb.Error as exc:
        raise cannot_be_opened(news, exc) from exc
    fields = row_type.__struct_fields__
    return [msgspec.convert(dict(zip(fields, row, strict=True)), row_type) for row in rows]
