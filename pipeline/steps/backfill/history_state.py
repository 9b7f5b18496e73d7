"""The state of an interval before and after its backfill: its articles, and what was read of the sources' history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

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
_ELSEWHERE = (Redirection.TO_FRONT_PAGE, Redirection.TO_OTHER_PAGE, Redirection.TO_OTHER_ARTICLE)
GONE_REASONS = frozenset({"gone", SOFT_404, *(each.value for each in _ELSEWHERE), "dns"})
"""Reasons that mean that a page no longer exists on its site. A host without a DNS entry has lost all its pages. If
the fault is in our own network, the web archive does not answer either, and the page is tried again."""
_UNANSWERED = ["connection", "dns", "dns_timeout", "timeout", "robots_unavailable"]
"""Reasons for which no server of the history answered."""
LOOKUP_KEPT = timedelta(days=1)
"""A document of the history is not read again within this time, because the history grows slowly. A page that its
site did not have is not requested again within this time, unless the site only had trouble."""
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
    """When it was first recorded; the next two fields are the producer and the run."""
    known_by: str
    known_run: str
    page_since: datetime | None = None
    """When its page was first recorded as captured, live or archived; the next two are the producer and the run."""
    page_by: str | None = None
    page_run: str | None = None
    has_feed_text: bool = False
    attempts: int = 0
    """Failed captures caused by its newest item."""
    reason: str | None = None
    """This and the next four fields are of its last failure; None if it did not fail."""
    status: int | None = None
    will_retry: bool = True
    failed_at: datetime | None = None
    failed_since: datetime | None = None
    """When the last failure was recorded."""
    accounted_at: datetime | None = None
    """When another backfill that counted this article last recorded its outcome."""
    others_started_at: datetime | None = None
    """When the last such backfill was started."""

    @property
    def past(self) -> SourceInterval:
        return SourceInterval(self.source_id, Interval(self.interval_start, self.interval_end))

    @property
    def has_page(self) -> bool:
        return self.page_since is not None

    def is_newly_found(self, run: Run, started_at: datetime) -> bool:
        """Whether the run found the article in the history, or an earlier run that was killed before it counted it."""
        return self.known_by.startswith(_RECOVERY) and self._is_counted_by(
            run, started_at, of_run=self.known_run, since=self.known_since
        )

    def is_newly_recovered(self, run: Run, started_at: datetime) -> bool:
        """Whether the run recovered the page, or an earlier run that was killed before it could count it."""
        if self.page_since is None or self.page_by is None or self.page_run is None:
            return False
        return self.page_by.startswith(_RECOVERY) and self._is_counted_by(
            run, started_at, of_run=self.page_run, since=self.page_since
        )

    def _is_counted_by(self, run: Run, started_at: datetime, *, of_run: str, since: datetime) -> bool:
        """Whether this run counts an event that `of_run` recorded, so that every event is counted by exactly one run.

        A run counts its own events, unless a later run has counted them already because it took this one for killed.
        Events of other runs are counted if they are older than this run and no run has counted them: their run was
        killed. A run that works at the same time counts its own events itself.
        """
        if of_run == run.run_id and since >= started_at:
            return self.others_started_at is None or self.others_started_at <= since
        return since < started_at and (self.accounted_at is None or self.accounted_at < since)

    @property
    def is_gone(self) -> bool:
        return is_gone(self.reason, self.status)

    def wants_live_page(self, now: datetime) -> bool:
        """Whether its address should be requested now, after any number of attempts: pages and sites come back."""
        if self.has_page:
            return False
        if self.failed_at is None or self.failed_at <= now - LOOKUP_KEPT:
            return True
        return is_passing(self.reason, self.status) and not self.is_gone

    def wants_archived_page(self, now: datetime) -> bool:
        """Whether a web archive should be asked, because the site has lost the page."""
        if self.has_page or not self.is_gone:
            return False
        return self.reason != NOT_ARCHIVED or self.failed_at is None or self.failed_at <= now - LOOKUP_KEPT


def is_gone(reason: str | None, status: int | None) -> bool:
    """Whether a failed capture means that the page no longer exists on its site."""
    return status in GONE_STATUS or reason in GONE_REASONS or reason == NOT_ARCHIVED


class SourceInterval(msgspec.Struct, frozen=True):
    """An interval of one source."""

    source_id: str
    interval: Interval


class NamedArticles(msgspec.Struct, frozen=True):
    """Articles found in the history of one source."""

    source_id: str
    article_ids: tuple[UUID, ...]


class HistoryDocument(msgspec.Struct, frozen=True):
    """A document of the history that was read completely."""

    source_id: str
    via: Via
    url: str
    read_at: datetime


class KnownArticle(msgspec.Struct, frozen=True):
    """An article that a source has named before."""

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
    """For `Stores.reading`: the articles that a source published in an interval, oldest first."""
    articles: dict[SourceInterval, list[ArticleOfInterval]] = {past: [] for past in pasts}
    for interval, source_ids in _by_interval(pasts):
        for row in articles_of_interval(ledger, interval, source_ids):
            articles[SourceInterval(row.source_id, interval)].append(row)
    return articles


def fresh_since(interval: Interval, now: datetime) -> datetime:
    """Documents of the history that were read since this time are not read again. If the interval is over, documents
    that were read before its end do not count."""
    since = now - LOOKUP_KEPT
    return max(since, interval.end) if interval.end <= now else since


def history_reads(ledger: Ledger, pasts: Sequence[SourceInterval], now: datetime) -> dict[SourceInterval, ReadAt]:
    """For `Stores.reading`: the documents that need not be read again. A news file never changes."""
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

    def require_one(self, *, had: int) -> None:
        """Raises NewsledgerError if no document was answered, unless the run got `had` pages nevertheless."""
        if 0 < self.asked == self.unanswered and not had:
            raise NewsledgerError(
                f"not one of {self.asked} documents of the history could be read; see events.history_read"
            )


def history_answers(ledger: Ledger, run: Run) -> HistoryAnswers:
    """How the run's requests to the history were answered."""
    (answers,) = ledger.select(HistoryAnswers, "history_answers", run_id=run.run_id, unanswered=_UNANSWERED)
    return answers


def known_articles(ledger: Ledger, named: Sequence[NamedArticles], now: datetime) -> dict[NamedArticles, set[UUID]]:
    """For `Stores.reading`: those of the articles that their source has named before."""
    rows = ledger.select(
        KnownArticle,
        "known_articles",
        source_ids=[each.source_id for each in named],
        article_ids=list({article for each in named for article in each.article_ids}),
    )
    known = {(row.source_id, row.article_id) for row in rows}
    return {each: {article for article in each.article_ids if (each.source_id, article) in known} for each in named}


def _by_interval(pasts: Sequence[SourceInterval]) -> Iterator[tuple[Interval, list[str]]]:
    for interval in dict.fromkeys(past.interval for past in pasts):
        yield interval, [past.source_id for past in pasts if past.interval == interval]
