"""The state of an interval before and after its backfill: its articles, and what was read of the sources' history.

The history is where a source's past articles can still be found: its sitemaps, the indexes and pages of a web archive,
and Common Crawl's news files. Each of these is a document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

import msgspec

from pipeline.collect.history.sightings import HistoryResult
from pipeline.collect.pages.answers import GONE_STATUS, is_passing
from pipeline.collect.pages.redirections import Redirection
from pipeline.collect.pages.soft_404 import SOFT_404
from pipeline.errors import NewsledgerError
from pipeline.events import Via
from pipeline.interval import Interval
from pipeline.ledger import Ledger, Run
from pipeline.steps.run.stores import RECALL

NOT_ARCHIVED = "not_archived"
"""Reason of a failure: the page is gone, and no web archive that was asked has it."""
_REPLACED = (Redirection.TO_FRONT_PAGE, Redirection.TO_OTHER_PAGE, Redirection.TO_OTHER_ARTICLE)
"""Redirections within a site that has taken the page down."""
GONE_REASONS = frozenset({"gone", SOFT_404, *(each.value for each in _REPLACED), "dns"})
"""Reasons that mean that a page no longer exists on its site. A host without a DNS entry has lost all its pages. If
the fault is in our own network, the web archive does not answer either, and the page is tried again."""
_UNANSWERED = ["connection", "dns", "dns_timeout", "timeout", "robots_unavailable"]
"""Reasons of a request for a document that no server answered."""
LOOKUP_KEPT = timedelta(days=1)
"""How long the result of a look-up is trusted. A document is not read again within this time, because the history grows
slowly. A page that failed is not requested again within this time, unless the failure may pass."""
_RECOVERY = "recover@"
"""Prefix of the producer of events that recover records, in any version."""


class ArticleOfInterval(msgspec.Struct, frozen=True, kw_only=True):
    """An article published in the interval, with its captures and failures so far."""

    source_id: str
    interval_start: datetime
    interval_end: datetime
    article_id: UUID
    item_id: UUID
    url: str
    dated_at: datetime
    known_since: datetime
    """When its first item was recorded; the next two fields are the producer and the run of that item."""
    known_by: str
    known_run: str
    title: str | None = None
    page_since: datetime | None = None
    """When the first capture of its page, live or from an archive, was recorded; the next two fields are the producer
    and the run of that capture."""
    page_by: str | None = None
    page_run: str | None = None
    has_feed_text: bool = False
    attempts: int = 0
    """Failed captures caused by its newest item."""
    reason: str | None = None
    """This and the next four fields describe its last failure. Without a failure they have these defaults."""
    status: int | None = None
    will_retry: bool = True
    failed_at: datetime | None = None
    failure_recorded_at: datetime | None = None
    """When the last failure was recorded; `failed_at` is when it happened."""
    accounted_at: datetime | None = None
    """When counts that include this article were last recorded, by another run or by an earlier attempt of this run."""
    others_started_at: datetime | None = None
    """When the latest other run that recorded counts that include this article was started."""

    @property
    def source_interval(self) -> SourceInterval:
        """The interval of its source that it belongs to."""
        return SourceInterval(self.source_id, Interval(self.interval_start, self.interval_end))

    @property
    def has_page(self) -> bool:
        return self.page_since is not None

    def is_newly_found(self, run: Run, started_at: datetime) -> bool:
        """True if this run counts the article as found: recover found it in the history, and see `_is_counted_by`."""
        return self.known_by.startswith(_RECOVERY) and self._is_counted_by(
            run, started_at, of_run=self.known_run, since=self.known_since
        )

    def is_newly_recovered(self, run: Run, started_at: datetime) -> bool:
        """True if this run counts the page as recovered: recover captured it, and see `_is_counted_by`."""
        if self.page_since is None or self.page_by is None or self.page_run is None:
            return False
        return self.page_by.startswith(_RECOVERY) and self._is_counted_by(
            run, started_at, of_run=self.page_run, since=self.page_since
        )

    def _is_counted_by(self, run: Run, started_at: datetime, *, of_run: str, since: datetime) -> bool:
        """True if `run`, started at `started_at`, counts an event that `of_run` recorded at `since`.

        Every event is counted once. A run counts the events that it recorded since its start. The exception is an event
        that another run has counted: that run started later and took this one for killed.

        A run also counts older events that nobody has counted, since the run that recorded them was killed. An earlier
        attempt of the same run is such a run. An event that another run has recorded since the start is left to that
        run, which is still working.
        """
        if of_run == run.run_id and since >= started_at:
            return self.others_started_at is None or self.others_started_at <= since
        return since < started_at and (self.accounted_at is None or self.accounted_at < since)

    @property
    def is_gone(self) -> bool:
        return is_gone(self.reason, self.status)

    def wants_live_page(self, now: datetime) -> bool:
        """True if its address should be requested now.

        Pages and sites come back, so the number of attempts does not matter. After a failure that does not pass, the
        next request waits for LOOKUP_KEPT.
        """
        if self.has_page:
            return False
        if self.failed_at is None or self.failed_at <= now - LOOKUP_KEPT:
            return True
        return is_passing(self.reason, self.status) and not self.is_gone

    def wants_archived_page(self, now: datetime) -> bool:
        """True if a web archive should be asked for the page now, because the site has lost it."""
        if self.has_page or not self.is_gone:
            return False
        return self.reason != NOT_ARCHIVED or self.failed_at is None or self.failed_at <= now - LOOKUP_KEPT


def is_gone(reason: str | None, status: int | None) -> bool:
    """True if a failed capture means that the page no longer exists on its site."""
    return status in GONE_STATUS or reason in GONE_REASONS or reason == NOT_ARCHIVED


class SourceInterval(msgspec.Struct, frozen=True):
    """An interval of one source."""

    source_id: str
    interval: Interval


class NamedArticles(msgspec.Struct, frozen=True):
    """Articles that a document of the source's history lists."""

    source_id: str
    article_ids: tuple[UUID, ...]


class HistoryDocument(msgspec.Struct, frozen=True):
    """A document of the history that was read completely."""

    source_id: str
    via: Via
    url: str
    read_at: datetime


class KnownArticle(msgspec.Struct, frozen=True):
    """An article that the source has named before: the ledger has an item of it."""

    source_id: str
    article_id: UUID


ReadAt = Mapping[tuple[Via, str], datetime]
"""When each document was last read completely for the interval."""


def articles_of_interval(
    ledger: Ledger,
    interval: Interval,
    source_ids: Sequence[str],
    run: Run | None = None,
    started_at: datetime | None = None,
) -> list[ArticleOfInterval]:
    """The articles that the sources published in the interval, oldest first.

    Dates that `run` itself read on pages are ignored, so that an article stays in the interval until the run ends.
    `started_at` distinguishes the attempts of a run.
    """
    return ledger.select(
        ArticleOfInterval,
        "articles_of_interval",
        start=interval.start,
        end=interval.end,
        recall_start=interval.start - RECALL,
        source_ids=list(source_ids),
        run_id=run.run_id if run else None,
        started_at=started_at,
    )


def articles_of_interval_by_source(
    ledger: Ledger, pasts: Sequence[SourceInterval], now: datetime
) -> dict[SourceInterval, list[ArticleOfInterval]]:
    """The articles that each source published in its interval, oldest first. A query for `Stores.reading`, which passes
    `now`."""
    articles: dict[SourceInterval, list[ArticleOfInterval]] = {past: [] for past in pasts}
    for interval, source_ids in _by_interval(pasts):
        for row in articles_of_interval(ledger, interval, source_ids):
            articles[SourceInterval(row.source_id, interval)].append(row)
    return articles


def fresh_since(interval: Interval, now: datetime) -> datetime:
    """The time since which a document must have been read so that it is not read again.

    A document that was read before the interval ended may not contain its last articles, so it is read again.
    """
    since = now - LOOKUP_KEPT
    return max(since, interval.end) if interval.end <= now else since


def history_reads(ledger: Ledger, pasts: Sequence[SourceInterval], now: datetime) -> dict[SourceInterval, ReadAt]:
    """The documents that need not be read again. A query for `Stores.reading`.

    A news file of Common Crawl never changes, so it is never read again.
    """
    reads: dict[SourceInterval, dict[tuple[Via, str], datetime]] = {past: {} for past in pasts}
    for interval, source_ids in _by_interval(pasts):
        bounds = {"start": interval.start, "end": interval.end}
        for row in ledger.select(HistoryDocument, "history_reads", source_ids=source_ids, **bounds):
            if row.via is Via.CC_NEWS or row.read_at >= fresh_since(interval, now):
                reads[SourceInterval(row.source_id, interval)][row.via, row.url] = row.read_at
    return dict(reads)


class HistoryAnswers(msgspec.Struct, frozen=True):
    """The number of documents of the history that a run requested, and of those that no server answered."""

    asked: int
    unanswered: int

    @classmethod
    def of(cls, results: Iterable[HistoryResult]) -> Self:
        """The answers to the requests of these results, without those that were made by an earlier run."""
        asked = [result for result in results if result.read_at is None]
        return cls(len(asked), sum(each.failure is not None and each.failure.reason in _UNANSWERED for each in asked))

    def require_one(self, *, pages_captured: int, see: str = "events.history_read") -> None:
        """Raises NewsledgerError if documents were requested, none was answered, and the run captured no page.

        `see` is the place of the reasons.
        """
        if 0 < self.asked == self.unanswered and not pages_captured:
            raise NewsledgerError(f"not one of {self.asked} documents of the history could be read; see {see}")


def history_answers(ledger: Ledger, run: Run) -> HistoryAnswers:
    """How many documents the run requested, and how many of them no server answered."""
    (answers,) = ledger.select(HistoryAnswers, "history_answers", run_id=run.run_id, unanswered=_UNANSWERED)
    return answers


def known_articles(ledger: Ledger, named: Sequence[NamedArticles], now: datetime) -> dict[NamedArticles, set[UUID]]:
    """Those of the articles that their source has named before. A query for `Stores.reading`."""
    article_ids = list({article for each in named for article in each.article_ids})
    source_ids = [each.source_id for each in named]
    rows = (
        ledger.select(KnownArticle, "known_articles", source_ids=source_ids, article_ids=article_ids)
        if article_ids
        else []
    )
    known = {(row.source_id, row.article_id) for row in rows}
    return {each: {article for article in each.article_ids if (each.source_id, article) in known} for each in named}


def _by_interval(pasts: Sequence[SourceInterval]) -> Iterator[tuple[Interval, list[str]]]:
    for interval in dict.fromkeys(past.interval for past in pasts):
        yield interval, [past.source_id for past in pasts if past.interval == interval]
