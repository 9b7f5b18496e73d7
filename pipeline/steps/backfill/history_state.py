"""What is known of an interval before and after its backfill: its articles, and what was asked of the history."""

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
"""The page is gone, and no web archive that was asked has it."""
_ELSEWHERE = (Redirection.TO_FRONT_PAGE, Redirection.TO_OTHER_PAGE, Redirection.TO_OTHER_ARTICLE)
GONE_REASONS = frozenset({"gone", SOFT_404, *(each.value for each in _ELSEWHERE), "dns"})
"""A host that no name server knows has gone with all its pages; should it be our network, no archive answers either."""
_UNANSWERED = ["connection", "dns", "dns_timeout", "timeout", "robots_unavailable"]
LOOKUP_KEPT = timedelta(days=1)
"""So long what the history did not have is not asked for again; it grows slowly. Likewise a page that its site did not
give, unless the site only had trouble."""
_RECOVERY = "recover@"
"""The producer of what recover records, in any version."""


class ArticleOfInterval(msgspec.Struct, frozen=True, kw_only=True):
    """An article published in the interval, and what has become of it."""

    source_id: str
    interval_start: datetime
    interval_end: datetime
    article_id: UUID
    item_id: UUID
    url: str
    dated_at: datetime
    known_since: datetime
    """When it was first recorded, by which producer, and in which run."""
    known_by: str
    known_run: str
    page_since: datetime | None = None
    """When its page was first recorded as captured, live or from an archive, by which producer, and in which run."""
    page_by: str | None = None
    page_run: str | None = None
    has_feed_text: bool = False
    attempts: int = 0
    """Failed captures caused by its newest item."""
    reason: str | None = None
    """Of its last failure, as are the next four; None where none was tried."""
    status: int | None = None
    will_retry: bool = True
    failed_at: datetime | None = None
    failed_since: datetime | None = None
    """When that was recorded."""
    accounted_at: datetime | None = None
    """When a backfill that counted it, not the one that asks, last recorded what it came to."""
    others_started_at: datetime | None = None
    """When the last such backfill of another run was started."""

    @property
    def past(self) -> SourceInterval:
        return SourceInterval(self.source_id, Interval(self.interval_start, self.interval_end))

    @property
    def has_page(self) -> bool:
        return self.page_since is not None

    def is_newly_found(self, run: Run, started_at: datetime) -> bool:
        """Whether its history named it, to the run since it was started, or before that to one that was killed."""
        return self.known_by.startswith(_RECOVERY) and self._is_told_by(
            run, started_at, of_run=self.known_run, since=self.known_since
        )

    def is_newly_recovered(self, run: Run, started_at: datetime) -> bool:
        """Whether its page was recovered, by the run since it was started, or before that by one that was killed."""
        if self.page_since is None or self.page_by is None or self.page_run is None:
            return False
        return self.page_by.startswith(_RECOVERY) and self._is_told_by(
            run, started_at, of_run=self.page_run, since=self.page_since
        )

    def _is_told_by(self, run: Run, started_at: datetime, *, of_run: str, since: datetime) -> bool:
        """Whether the run is the one to tell of what `of_run` did. That is who did it, unless a run that was started
        later has told of it, as if it had been killed; a run beside this one tells of itself what it does."""
        if of_run == run.run_id and since >= started_at:
            return self.others_started_at is None or self.others_started_at <= since
        return since < started_at and (self.accounted_at is None or self.accounted_at < since)

    @property
    def is_gone(self) -> bool:
        return is_gone(self.reason, self.status)

    def wants_live_page(self, now: datetime) -> bool:
        """Whether its address should be asked, however often it was: pages come back, and sites."""
        if self.has_page:
            return False
        if self.failed_at is None or self.failed_at <= now - LOOKUP_KEPT:
            return True
        return is_passing(self.reason, self.status) and not self.is_gone

    def wants_archived_page(self, now: datetime) -> bool:
        """Whether a web archive should be asked: its address no longer has it."""
        if self.has_page or not self.is_gone:
            return False
        return self.reason != NOT_ARCHIVED or self.failed_at is None or self.failed_at <= now - LOOKUP_KEPT


def is_gone(reason: str | None, status: int | None) -> bool:
    """Whether a failed capture says that the page is no longer there."""
    return status in GONE_STATUS or reason in GONE_REASONS or reason == NOT_ARCHIVED


class SourceInterval(msgspec.Struct, frozen=True):
    """An interval of one source."""

    source_id: str
    interval: Interval


class NamedArticles(msgspec.Struct, frozen=True):
    """Articles that the history of one source names."""

    source_id: str
    article_ids: tuple[UUID, ...]


class HistoryDocument(msgspec.Struct, frozen=True):
    source_id: str
    via: Via
    url: str
    read_at: datetime


class KnownArticle(msgspec.Struct, frozen=True):
    source_id: str
    article_id: UUID


ReadAt = Mapping[tuple[Via, str], datetime]
"""When each document was last read to its end for the interval."""


def articles_of_interval(
    ledger: Ledger,
    interval: Interval,
    source_ids: Sequence[str],
    run: Run | None = None,
    started_at: datetime | None = None,
) -> list[ArticleOfInterval]:
    """The articles that the sources published in the interval, oldest first. What `run` itself has read on their pages
    does not date them: to the run that goes after them they are the interval's until it ends. `started_at` tells its
    attempts apart."""
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
    """What was read of the history since then need not be read again; once the interval is over, what was read before
    its end does not count."""
    since = now - LOOKUP_KEPT
    return max(since, interval.end) if interval.end <= now else since


def history_reads(ledger: Ledger, pasts: Sequence[SourceInterval], now: datetime) -> dict[SourceInterval, ReadAt]:
    """For `Stores.reading`: what was read so lately that it need not be read again. A news file never changes."""
    reads: dict[SourceInterval, dict[tuple[Via, str], datetime]] = {past: {} for past in pasts}
    for interval, source_ids in _by_interval(pasts):
        bounds = {"start": interval.start, "end": interval.end}
        for row in ledger.select(HistoryDocument, "history_reads", source_ids=source_ids, **bounds):
            if row.via is Via.CC_NEWS or row.read_at >= fresh_since(interval, now):
                reads[SourceInterval(row.source_id, interval)][row.via, row.url] = row.read_at
    return dict(reads)


class HistoryAnswers(msgspec.Struct, frozen=True):
    """How many documents of the history a run asked for, and about how many of them nobody answered."""

    asked: int
    unanswered: int

    def require_one(self, *, had: int) -> None:
        """Raises NewsledgerError where nobody answered at all, unless there were pages to be `had` all the same."""
        if 0 < self.asked == self.unanswered and not had:
            raise NewsledgerError(
                f"not one of {self.asked} documents of the history could be asked for; see events.history_read"
            )


def history_answers(ledger: Ledger, run: Run) -> HistoryAnswers:
    """What the run has got for its questions."""
    (answers,) = ledger.select(HistoryAnswers, "history_answers", run_id=run.run_id, unanswered=_UNANSWERED)
    return answers


def known_articles(ledger: Ledger, named: Sequence[NamedArticles], now: datetime) -> dict[NamedArticles, set[UUID]]:
    """For `Stores.reading`: those of the articles that their source has ever named."""
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
