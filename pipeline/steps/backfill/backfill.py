"""backfill: recover and replay a past interval, and say what it came to."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from pipeline.events import BackfillFinished
from pipeline.ids import article_id
from pipeline.interval import Interval
from pipeline.ledger import Ledger, Run
from pipeline.sources import Source
from pipeline.steps.backfill.history_search import (
    Finds,
    asks_web_archive,
    open_history,
    search_sitemaps,
    search_web_archive,
)
from pipeline.steps.backfill.history_state import (
    NOT_ARCHIVED,
    ArticleOfInterval,
    NamedArticles,
    articles_of_interval,
    known_articles,
)
from pipeline.steps.backfill.recover import recover
from pipeline.steps.backfill.replay import (
    Captures,
    Scope,
    replay_annotation,
    replay_extraction,
    scope_of,
    unread_articles,
)
from pipeline.steps.run.stores import StepResult, Stores

PRODUCER = "backfill@1"


class Fate(StrEnum):
    """What has become of an article by the end of a run; see BackfillFinished."""

    RECOVERED = "recovered"
    REPLAYED = "replayed"
    UNCHANGED = "unchanged"
    LOST = "lost"
    WAITING = "waiting"


class Wanted(msgspec.Struct, frozen=True):
    """What a backfill is to do."""

    recover: bool = True
    replay: bool = True

    @property
    def captures(self) -> Captures:
        return Captures.ALL if self.replay else Captures.OWN


class BackfillNumbers(msgspec.Struct, frozen=True):
    """What a run came to for one source; see BackfillFinished."""

    source_id: str
    known: int
    found: int
    recovered: int
    replayed: int
    unchanged: int
    lost: int
    waiting: int


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What a backfill would find to do for one source."""

    source_id: str
    known: int
    """Articles of the interval that the ledger knows, and those of other days with captures of it to be read."""
    lacking: int
    """Those of them whose page is not had and would be asked for."""
    found: int | None
    """Further articles in the source's history; None where that was not asked."""
    replayable: int
    """Articles with a capture that the current producers have not read."""
    lost: int
    """Known, and nowhere to be had so far."""

    @property
    def recoverable(self) -> int:
        return self.lacking + (self.found or 0)


def backfill(
    stores: Stores,
    sources: Sequence[Source],
    interval: Interval,
    roster: Sequence[Source],
    wanted: Wanted,
    started_at: datetime,
) -> StepResult:
    """The whole of it but the models; `roster` are all sources there are."""
    source_ids = [source.id for source in sources]
    result = recover(stores, sources, interval, roster) if wanted.recover else StepResult({})
    scope = scope_of(stores, interval, source_ids)
    result += replay_extraction(stores, scope, wanted.captures)
    result += replay_annotation(stores, scope, wanted.captures)
    return result + finish(stores, sources, interval, started_at)


def finish(stores: Stores, sources: Sequence[Source], interval: Interval, started_at: datetime) -> StepResult:
    """Record what the run, started at this time, has come to for each source."""
    source_ids = [source.id for source in sources]
    articles = articles_of_interval(stores.ledger, interval, source_ids, stores.run, started_at)
    read = _read_by(stores.ledger, stores.run, started_at, interval)
    published_then = {article.article_id for article in articles}
    unread = unread_articles(stores, Scope(interval, source_ids, [*published_then]))
    archived = {source.id for source in sources if asks_web_archive(stores.settings, source)}
    own: dict[str, list[ArticleOfInterval]] = {source_id: [] for source_id in source_ids}
    for article in articles:
        own[article.source_id].append(article)
    others = {each.article_id: each.source_id for each in read.values() if each.captured_then} | unread
    others = {article: source_id for article, source_id in others.items() if article not in published_then}
    events = []
    for source_id, published in own.items():
        fates = Counter(
            fate(article, stores.run, started_at, read=read, unread=unread, has_archive=source_id in archived)
            for article in published
        )
        of_other_days = [article for article, other in others.items() if other == source_id]
        fates.update(Fate.WAITING if article in unread else Fate.REPLAYED for article in of_other_days)
        found = sum(article.is_newly_found(stores.run, started_at) for article in published)
        events.append(
            BackfillFinished(
                stream=f"backfill:{source_id}",
                occurred_at=stores.now(),
                producer=PRODUCER,
                source_id=source_id,
                interval_start=interval.start,
                interval_end=interval.end,
                started_at=started_at,
                known=len(published) - found + len(of_other_days),
                found=found,
                recovered=fates[Fate.RECOVERED],
                replayed=fates[Fate.REPLAYED],
                unchanged=fates[Fate.UNCHANGED],
                lost=fates[Fate.LOST],
                waiting=fates[Fate.WAITING],
            )
        )
    return stores.record(events)


def fate(
    article: ArticleOfInterval,
    run: Run,
    started_at: datetime,
    *,
    read: Collection[UUID],
    unread: Collection[UUID],
    has_archive: bool,
) -> Fate:
    """What has become of the article. `read` are those that the run has read, `unread` those left to be read."""
    if not article.has_page and not article.has_feed_text:
        was_asked = article.failed_since is not None and article.failed_since >= started_at
        is_settled = was_asked or not article.wants_live_page(run.now())
        return Fate.LOST if is_settled and is_lost(article, has_archive=has_archive) else Fate.WAITING
    if article.is_newly_recovered(run, started_at):
        return Fate.RECOVERED
    if article.article_id in unread:
        return Fate.WAITING
    return Fate.REPLAYED if article.article_id in read else Fate.UNCHANGED


def is_lost(article: ArticleOfInterval, *, has_archive: bool) -> bool:
    """Whether the article was nowhere to be had when it was asked for last: the site did not give its page, and an
    archive was asked if it is gone and there is one to ask."""
    if article.has_page or article.has_feed_text or article.reason is None:
        return False
    if article.is_gone:
        return not has_archive or article.reason == NOT_ARCHIVED
    return not article.will_retry


def assess(stores: Stores, sources: Sequence[Source], interval: Interval) -> list[Assessment]:
    """What the ledger alone tells; nothing is asked and nothing recorded."""
    source_ids = [source.id for source in sources]
    articles = articles_of_interval(stores.ledger, interval, source_ids)
    unread = unread_articles(stores, Scope(interval, source_ids, [article.article_id for article in articles]))
    assessments, now = [], stores.now()
    for source in sources:
        published = [article for article in articles if article.source_id == source.id]
        has_archive = asks_web_archive(stores.settings, source)
        lost = sum(is_lost(article, has_archive=has_archive) for article in published)
        lacking = sum(
            article.wants_live_page(now) or (has_archive and article.wants_archived_page(now)) for article in published
        )
        replayable = {article for article, source_id in unread.items() if source_id == source.id}
        assessments.append(
            Assessment(
                source_id=source.id,
                known=len(replayable | {article.article_id for article in published}),
                lacking=lacking,
                found=None,
                replayable=len(replayable),
                lost=lost,
            )
        )
    return assessments


def assess_history(
    stores: Stores, sources: Sequence[Source], interval: Interval, roster: Sequence[Source]
) -> tuple[list[Assessment], tuple[str, ...]]:
    """What the ledger and the sources' history tell, and what could not be asked. No page is fetched, nothing recorded:
    sitemaps are asked for, and the web archive for its captures of feeds, front and section pages."""
    finds = asyncio.run(_search_all(stores, sources, interval, roster))
    named = [_named(source, finds[source.id]) for source in sources]
    known = known_articles(stores.ledger, named, stores.now())
    found = {each.source_id: len({*each.article_ids} - known[each]) for each in named}
    assessments = [
        msgspec.structs.replace(each, found=found[each.source_id]) for each in assess(stores, sources, interval)
    ]
    return assessments, tuple(_notices(finds))


async def _search_all(
    stores: Stores, sources: Sequence[Source], interval: Interval, roster: Sequence[Source]
) -> dict[str, list[Finds]]:
    async with open_history(stores.settings, roster, stores.now) as history:

        async def search(source: Source) -> list[Finds]:
            return [
                await search_sitemaps(history, source, interval, {}),
                await search_web_archive(history, source, interval, {}),
            ]

        found = await asyncio.gather(*(search(source) for source in sources))
    return {source.id: finds for source, finds in zip(sources, found, strict=True)}


def _named(source: Source, found: Sequence[Finds]) -> NamedArticles:
    sightings = (sighting for finds in found for find in finds.finds for sighting in find.sightings)
    return NamedArticles(source.id, tuple({article_id(sighting.item.url) for sighting in sightings}))


def _notices(finds: Mapping[str, Sequence[Finds]]) -> list[str]:
    return [
        f"source {source_id}: {notice}"
        for source_id, found in finds.items()
        for each in found
        for notice in (*(find.failure.detail for find in each.finds if find.failure), *each.notices)
    ]


def numbers_of_run(ledger: Ledger, run: Run) -> list[BackfillNumbers]:
    """What the run recorded last for each source."""
    return ledger.select(BackfillNumbers, "backfills_of_run", run_id=run.run_id)


def total_numbers(numbers: Sequence[BackfillNumbers]) -> dict[str, int]:
    """The sums over the sources, by name; empty without any."""
    names = BackfillNumbers.__struct_fields__[1:]
    return {name: sum(getattr(each, name) for each in numbers) for name in names} if numbers else {}


class _ReadArticle(msgspec.Struct, frozen=True):
    source_id: str
    article_id: UUID
    captured_then: bool
    """Whether a capture of it was made in the interval."""


def _read_by(ledger: Ledger, run: Run, started_at: datetime, interval: Interval) -> dict[UUID, _ReadArticle]:
    rows = ledger.select(
        _ReadArticle,
        "articles_read_by_run",
        run_id=run.run_id,
        started_at=started_at,
        start=interval.start,
        end=interval.end,
    )
    return {row.article_id: row for row in rows}
