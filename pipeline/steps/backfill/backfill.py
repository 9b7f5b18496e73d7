"""backfill: recover and replay a past interval, and record the outcome for each article of it."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
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
    HistorySearch,
    asks_web_archive,
    open_history,
    require_somebody_to_ask,
    search_sitemaps,
    search_web_archive,
)
from pipeline.steps.backfill.history_state import (
    NOT_ARCHIVED,
    ArticleOfInterval,
    HistoryAnswers,
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
    replay_joins,
    scope_of,
    unread_articles,
)
from pipeline.steps.join import Groups, groups_of
from pipeline.steps.run.stores import StepResult, Stores

PRODUCER = "backfill@1"


class Fate(StrEnum):
    """The outcome of an article at the end of a run; see BackfillFinished."""

    RECOVERED = "recovered"
    REPLAYED = "replayed"
    UNCHANGED = "unchanged"
    LOST = "lost"
    WAITING = "waiting"


_MOST_TELLING = (Fate.RECOVERED, Fate.REPLAYED, Fate.UNCHANGED, Fate.WAITING, Fate.LOST)
"""The outcome of an article with several addresses is the first of these that one of them has."""


class Wanted(msgspec.Struct, frozen=True):
    """The parts of a backfill that are wanted."""

    recover: bool = True
    replay: bool = True

    @property
    def captures(self) -> Captures:
        return Captures.ALL if self.replay else Captures.OWN


class BackfillNumbers(msgspec.Struct, frozen=True):
    """The counts of a run for one source; see BackfillFinished."""

    source_id: str
    known: int
    found: int
    recovered: int
    replayed: int
    unchanged: int
    lost: int
    waiting: int


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """The work that a backfill would have for one source."""

    source_id: str
    known: int
    """Articles of the interval that the ledger knows, and articles of other days with a capture of it to replay."""
    missing: int
    """Those of them whose page is missing and would be requested."""
    found: int | None
    """Further articles in the source's history; None if the history was not searched."""
    replayable: int
    """Articles with a capture that the current producers have not processed."""
    lost: int
    """Known articles whose page could be found nowhere so far."""

    @property
    def recoverable(self) -> int:
        return self.missing + (self.found or 0)


class HistoryAssessment(msgspec.Struct, frozen=True):
    """The work that a backfill would have, and how the sources' history was searched for it."""

    assessments: Sequence[Assessment]
    notices: tuple[str, ...]
    """What could not be read, and why."""
    answers: HistoryAnswers


def backfill(
    stores: Stores,
    sources: Sequence[Source],
    interval: Interval,
    roster: Sequence[Source],
    wanted: Wanted,
    started_at: datetime,
) -> StepResult:
    """Recover and replay the interval and record the outcome; the models are built afterwards. `roster` are all sources
    of sources.toml. Raises SettingsError before anything is done if it is to recover and nobody can be asked."""
    source_ids = [source.id for source in sources]
    if wanted.recover:
        require_recoverable(stores, sources, roster, assess(stores, sources, interval))
    result = recover(stores, sources, interval, roster) if wanted.recover else StepResult({})
    scope = scope_of(stores, interval, source_ids)
    result += replay_extraction(stores, scope, wanted.captures)
    result += replay_joins(stores, scope, wanted.captures)
    result += replay_annotation(stores, scope, wanted.captures)
    return result + finish(stores, sources, interval, started_at)


def finish(stores: Stores, sources: Sequence[Source], interval: Interval, started_at: datetime) -> StepResult:
    """Record the outcome of the run that started at this time, for each source."""
    source_ids = [source.id for source in sources]
    articles = articles_of_interval(stores.ledger, interval, source_ids, stores.run, started_at)
    read = _read_by(stores.ledger, stores.run, started_at, interval)
    published_then = {article.article_id for article in articles}
    unread = unread_articles(stores, Scope(interval, source_ids, [*published_then]))
    archived = {source.id for source in sources if asks_web_archive(stores.settings, source)}
    others = {each.article_id: each.source_id for each in read.values() if each.captured_then} | unread
    groups = groups_of(stores.ledger, {*published_then, *others})
    counted = {groups.article_of(article) for article in published_then}
    others = {groups.article_of(article): source_id for article, source_id in others.items()}
    others = {article: source_id for article, source_id in others.items() if article not in counted}
    left = {groups.article_of(article) for article in unread}
    events = []
    for source_id in source_ids:
        published = _by_article(articles, source_id, groups)
        fates = Counter(
            min(
                (
                    fate(address, stores.run, started_at, read=read, unread=unread, has_archive=source_id in archived)
                    for address in addresses
                ),
                key=_MOST_TELLING.index,
            )
            for addresses in published
        )
        of_other_days = [article for article, other in others.items() if other == source_id]
        fates.update(Fate.WAITING if article in left else Fate.REPLAYED for article in of_other_days)
        found = sum(all(each.is_newly_found(stores.run, started_at) for each in addresses) for addresses in published)
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


def _by_article(
    articles: Iterable[ArticleOfInterval], source_id: str, groups: Groups
) -> Sequence[Sequence[ArticleOfInterval]]:
    """The source's articles, each with its addresses."""
    by_article: defaultdict[UUID, list[ArticleOfInterval]] = defaultdict(list)
    for article in articles:
        if article.source_id == source_id:
            by_article[groups.article_of(article.article_id)].append(article)
    return [*by_article.values()]


def fate(
    article: ArticleOfInterval,
    run: Run,
    started_at: datetime,
    *,
    read: Collection[UUID],
    unread: Collection[UUID],
    has_archive: bool,
) -> Fate:
    """The outcome of the article. `read` are the articles that the run has processed, `unread` those it has left."""
    if not article.has_page and not article.has_feed_text:
        was_asked = article.failure_recorded_at is not None and article.failure_recorded_at >= started_at
        is_settled = was_asked or not article.wants_live_page(run.now())
        return Fate.LOST if is_settled and is_lost(article, has_archive=has_archive) else Fate.WAITING
    if article.is_newly_recovered(run, started_at):
        return Fate.RECOVERED
    if article.article_id in unread:
        return Fate.WAITING
    return Fate.REPLAYED if article.article_id in read else Fate.UNCHANGED


def is_lost(article: ArticleOfInterval, *, has_archive: bool) -> bool:
    """True if the article's page could be found nowhere at the last attempt: neither on its site nor, if the site has
    lost it, in a web archive that may be asked."""
    if article.has_page or article.has_feed_text or article.reason is None:
        return False
    if article.is_gone:
        return not has_archive or article.reason == NOT_ARCHIVED
    return not article.will_retry


def assess(stores: Stores, sources: Sequence[Source], interval: Interval) -> list[Assessment]:
    """The work according to the ledger alone. Sends no request and records nothing."""
    source_ids = [source.id for source in sources]
    articles = articles_of_interval(stores.ledger, interval, source_ids)
    unread = unread_articles(stores, Scope(interval, source_ids, [article.article_id for article in articles]))
    assessments, now = [], stores.now()
    groups = groups_of(stores.ledger, {*unread, *(article.article_id for article in articles)})
    for source in sources:
        published = _by_article(articles, source.id, groups)
        has_archive = asks_web_archive(stores.settings, source)
        lost = sum(all(is_lost(each, has_archive=has_archive) for each in addresses) for addresses in published)
        missing = sum(
            each.wants_live_page(now) or (has_archive and each.wants_archived_page(now))
            for addresses in published
            for each in addresses
        )
        replayable = {groups.article_of(article) for article, source_id in unread.items() if source_id == source.id}
        assessments.append(
            Assessment(
                source_id=source.id,
                known=len(replayable | {groups.article_of(addresses[0].article_id) for addresses in published}),
                missing=missing,
                found=None,
                replayable=len(replayable),
                lost=lost,
            )
        )
    return assessments


def require_recoverable(
    stores: Stores, sources: Sequence[Source], roster: Sequence[Source], assessments: Sequence[Assessment]
) -> None:
    """Raises SettingsError if a backfill that recovers would have nobody to ask: neither for a page that is known to be
    missing, nor for a part of the sources' history."""
    if not any(each.missing or each.lost for each in assessments):
        asyncio.run(require_somebody_to_ask(stores.settings, sources, roster, stores.now))


def assess_history(
    stores: Stores, sources: Sequence[Source], interval: Interval, roster: Sequence[Source]
) -> HistoryAssessment:
    """The work according to the ledger and the sources' history.

    Reads sitemaps, and the web archive's captures of feeds, front pages and section pages. Fetches no article and
    records nothing.
    """
    finds = asyncio.run(_search_all(stores, sources, interval, roster))
    named = [_named(source, finds[source.id]) for source in sources]
    known = known_articles(stores.ledger, named, stores.now())
    found = {each.source_id: len({*each.article_ids} - known[each]) for each in named}
    assessments = [
        msgspec.structs.replace(each, found=found[each.source_id]) for each in assess(stores, sources, interval)
    ]
    answers = HistoryAnswers.of(result for found in finds.values() for each in found for result in each.results)
    return HistoryAssessment(assessments, tuple(_notices(finds)), answers)


async def _search_all(
    stores: Stores, sources: Sequence[Source], interval: Interval, roster: Sequence[Source]
) -> dict[str, list[HistorySearch]]:
    async with open_history(stores.settings, roster, stores.now) as history:

        async def search(source: Source) -> list[HistorySearch]:
            return [
                await search_sitemaps(history, source, interval, {}),
                await search_web_archive(history, source, interval, {}),
            ]

        found = await asyncio.gather(*(search(source) for source in sources))
    return {source.id: finds for source, finds in zip(sources, found, strict=True)}


def _named(source: Source, found: Sequence[HistorySearch]) -> NamedArticles:
    sightings = (sighting for search in found for find in search.results for sighting in find.sightings)
    return NamedArticles(source.id, tuple({article_id(sighting.item.url) for sighting in sightings}))


def _notices(finds: Mapping[str, Sequence[HistorySearch]]) -> list[str]:
    return [
        f"source {source_id}: {notice}"
        for source_id, found in finds.items()
        for each in found
        for notice in (*(find.failure.detail for find in each.results if find.failure), *each.notices)
    ]


def numbers_of_run(ledger: Ledger, run: Run) -> list[BackfillNumbers]:
    """The counts that the run recorded last for each source."""
    return ledger.select(BackfillNumbers, "backfills_of_run", run_id=run.run_id)


def total_numbers(numbers: Sequence[BackfillNumbers]) -> dict[str, int]:
    """The sums over all sources, by name; empty if there are no sources."""
    names = BackfillNumbers.__struct_fields__[1:]
    return {name: sum(getattr(each, name) for each in numbers) for name in names} if numbers else {}


class _ReadArticle(msgspec.Struct, frozen=True):
    """An article that the run has extracted or annotated."""

    source_id: str
    article_id: UUID
    captured_then: bool
    """True if it was captured in the interval."""


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
