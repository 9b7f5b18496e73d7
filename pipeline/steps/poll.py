"""poll: read the feeds; record every poll, and every item that is new or has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from html import escape
from uuid import UUID

import msgspec
import structlog

from pipeline.canonical_urls import canonical_url, changed_session
from pipeline.collect.feeds import Feed, FeedItem, FeedKind, NotAFeed, SitemapLink
from pipeline.collect.feeds.html import words
from pipeline.collect.http.client import Client
from pipeline.collect.http.responses import FetchFailed
from pipeline.errors import ArchiveError
from pipeline.events import Event, FeedPolled, ItemDiscovered, WarcType
from pipeline.ids import article_id
from pipeline.ledger import Ledger
from pipeline.sources import Source
from pipeline.steps.feed_state import FeedState, States, Which, feed_states_by_source
from pipeline.steps.overlap import ItemOfArticle, compare
from pipeline.steps.poll_document import PRODUCER, answers_unmodified, poll_document
from pipeline.steps.run.page_events import item_discovered
from pipeline.steps.run.progress import Progress
from pipeline.steps.run.stores import RECALL, StepResult, Stores, salvage
from pipeline.steps.sitemap_items import dated_pages, listed_in, news_of

log = structlog.get_logger()

MAX_SITEMAPS = 20
"""Maximum number of sitemaps of one index that a poll reads, the newest first."""
MAX_SITEMAP_DEPTH = 2
"""Maximum depth of indexes within indexes."""
_SITEMAPS = frozenset({FeedKind.SITEMAP, FeedKind.NEWS_SITEMAP, FeedKind.SITEMAP_INDEX})


class EarlierItem(msgspec.Struct, frozen=True):
    """What version 0.1 recorded of an item. Its digest depends on how it sanitized HTML."""

    summary: str | None
    published_raw: str | None
    updated_at: datetime | None


class KnownItem(ItemOfArticle, frozen=True, kw_only=True):
    """An item as its last event describes it."""

    source_id: str
    feed_url: str
    event_id: UUID
    said_digest: str
    earlier: EarlierItem | None
    """None unless version 0.1 recorded the item."""


KnownItems = Mapping[str, Mapping[str, KnownItem]]
"""The known items of a source, by feed address and guid."""


class FeedBody(msgspec.Struct, frozen=True):
    """The items of a feed or sitemap, with its poll."""

    poll: FeedPolled
    items: tuple[FeedItem, ...]


async def poll_source(
    stores: Stores, client: Client, source: Source, which: Which, done_since: datetime | None = None
) -> StepResult:
    """Poll the source's feeds and sitemaps that the run polls, all at once; one append for all of them.

    Those that were polled at or after `done_since` are not polled again.
    """
    now = stores.now()
    states = await stores.reading(feed_states_by_source, source)
    urls = [
        url for url in (*source.feeds, *source.sitemaps) if states[source.id, url].is_polled(which, now, done_since)
    ]
    if not urls:
        return StepResult({})
    stores.on_progress(Progress("poll", source.id, 0, len(urls)))
    known = await stores.reading(_known_items, source.id)

    async def record(polls: Sequence[Sequence[Event]]) -> StepResult:
        events = [event for poll in polls for event in poll]
        result = await stores.recording(events)
        read_bytes = sum(event.bytes or 0 for event in events if isinstance(event, FeedPolled))
        stores.on_progress(Progress("poll", source.id, len(polls), len(urls), read_bytes))
        return result

    return await salvage((_poll_feed(stores, client, source, url, states, known.get(url, {})) for url in urls), record)


def _known_items(ledger: Ledger, source_ids: Sequence[str], now: datetime) -> Mapping[str, KnownItems]:
    known: dict[str, dict[str, dict[str, KnownItem]]] = {source_id: {} for source_id in source_ids}
    for row in ledger.select(KnownItem, "known_items", source_ids=list(source_ids), recall_start=now - RECALL):
        known[row.source_id].setdefault(row.feed_url, {})[row.guid] = row
    return known


async def _poll_feed(
    stores: Stores, client: Client, source: Source, url: str, states: States, known: Mapping[str, KnownItem]
) -> Sequence[Event]:
    state = states[source.id, url]
    digests = frozenset(item.said_digest for item in known.values())
    poll, feed = await poll_document(stores, client, source, state, known_digests=digests)
    if feed is None:
        return [poll]
    since = poll.occurred_at - stores.settings.lookback
    bodies = [await _feed_body(stores, client, source, state, poll, feed, since, known)]
    poll = bodies[0].poll
    if feed.sitemaps:
        # The validators of an index say nothing about its members, which may change while the index does not.
        poll = msgspec.structs.replace(poll, etag=None, last_modified=None)
        seen = {state.feed_url, poll.final_url or state.feed_url}
        members = _Members(stores, client, source, states, since, seen, known, digests)
        bodies += await members.read(poll, feed.sitemaps, depth=1)
        poll = msgspec.structs.replace(poll, warnings=(*poll.warnings, *members.warnings))
    poll, discovered = _read(poll, bodies, state, known)
    suspicious = state.not_modified_in_a_row and poll.conditional is False and not state.lied
    if suspicious and discovered and await answers_unmodified(stores, client, state):
        poll = msgspec.structs.replace(poll, warnings=(*poll.warnings, "lying_304"))
    return [poll, *(body.poll for body in bodies[1:]), *discovered]


class _Members:
    """Reads the sitemaps that an index names: each once, at most `MAX_SITEMAPS`."""

    def __init__(
        self,
        stores: Stores,
        client: Client,
        source: Source,
        states: States,
        since: datetime,
        seen: set[str],
        known: Container[str],
        known_digests: frozenset[str],
    ) -> None:
        self._stores, self._client, self._source, self._states = stores, client, source, states
        self._since, self._seen, self._known, self._known_digests = since, seen, known, known_digests
        self._left = MAX_SITEMAPS
        self.warnings: tuple[str, ...] = ()

    async def read(self, index: FeedPolled, links: Sequence[SitemapLink], depth: int) -> list[FeedBody]:
        bodies = []
        for link in self._chosen(links):
            state = self._state(link.url)
            poll, feed = await poll_document(
                self._stores,
                self._client,
                self._source,
                state,
                known_digests=self._known_digests,
                caused_by=index.event_id,
            )
            if feed is None:
                bodies.append(FeedBody(poll, ()))
                self._warn("sitemap_unread")
                continue
            bodies.append(
                await _feed_body(self._stores, self._client, self._source, state, poll, feed, self._since, self._known)
            )
            if feed.sitemaps and depth < MAX_SITEMAP_DEPTH:
                bodies += await self.read(poll, feed.sitemaps, depth + 1)
            elif feed.sitemaps:
                self._warn("sitemaps_too_deep")
        return bodies

    def _state(self, url: str) -> FeedState:
        """The state without validators. A member is fetched whole, since the members of an index change often."""
        state = self._states.get((self._source.id, url), FeedState(source_id=self._source.id, feed_url=url))
        return msgspec.structs.replace(state, etag=None, last_modified=None, adopted_url=None)

    def _chosen(self, links: Sequence[SitemapLink]) -> list[SitemapLink]:
        """The sitemaps that may list recent articles, the newest first; undated ones last, in the index's order."""
        recent = [
            link
            for link in links
            if link.url not in self._seen and (link.modified_at is None or link.modified_at >= self._since)
        ]
        recent.sort(key=lambda link: link.modified_at.timestamp() if link.modified_at else 0, reverse=True)
        chosen = list({link.url: link for link in recent}.values())
        if len(chosen) > self._left:
            self._warn("too_many_sitemaps")
        chosen = chosen[: self._left]
        self._left -= len(chosen)
        self._seen |= {link.url for link in chosen}
        return chosen

    def _warn(self, warning: str) -> None:
        if warning not in self.warnings:
            self.warnings += (warning,)


async def _feed_body(
    stores: Stores,
    client: Client,
    source: Source,
    state: FeedState,
    poll: FeedPolled,
    feed: Feed,
    since: datetime,
    known: Container[str],
) -> FeedBody:
    """The items of a feed, or those of a sitemap that are news."""
    if feed.kind not in _SITEMAPS:
        return FeedBody(poll, feed.items)
    pages = await asyncio.to_thread(dated_pages, feed, poll.occurred_at, source.zone)
    listed = None
    if pages.undated and poll.warc_type is not WarcType.REVISIT:  # else the same bytes were read before
        listed = await _listed_before(stores, client, source, state)
    items, warnings = news_of(pages, since=since, known_guids=known, listed_before=listed)
    poll = msgspec.structs.replace(poll, items=len(items), warnings=(*poll.warnings, *warnings))
    return FeedBody(poll, items)


async def _listed_before(stores: Stores, client: Client, source: Source, state: FeedState) -> frozenset[str] | None:
    """The guids of the last reading of a sitemap; None if it was not read, or its record cannot be read."""
    if state.listing is None:
        return None
    where = str(state.listing)
    try:
        record = await asyncio.to_thread(stores.archive.storage.read, state.listing)
        return await client.work(state.feed_url, listed_in, record, where=where, zone=source.zone, now=stores.now())
    except (ArchiveError, NotAFeed, FetchFailed) as exc:
        log.warning("last_listing_unread", source=source.id, sitemap=state.feed_url, reason=str(exc))
        return None


def _read(
    poll: FeedPolled, bodies: Sequence[FeedBody], state: FeedState, known: Mapping[str, KnownItem]
) -> tuple[FeedPolled, list[ItemDiscovered]]:
    """Return the poll of the whole feed, and an event for each item that is new or has changed."""
    said: dict[str, tuple[FeedPolled, FeedItem]] = {}
    for body in bodies:
        for item in body.items:
            said.setdefault(item.guid, (body.poll, item))
    earlier = {
        item.guid: known[item.earlier_guid]
        for _, item in said.values()
        if item.guid not in known and _is_unchanged(item, known.get(item.earlier_guid))
    }
    recorded = {**known, **earlier}
    said = _without_new_sessions(said, recorded)
    articles = {guid: _article(item, recorded.get(guid)) for guid, (_, item) in said.items()}
    new = [guid for guid in said if guid not in recorded]
    said_anew = [
        guid for guid, (_, item) in said.items() if guid in recorded and not _is_unchanged(item, recorded[guid])
    ]
    discovered = [
        item_discovered(
            item,
            article=articles[guid],
            source_id=poll.source_id,
            feed_url=poll.feed_url,
            producer=PRODUCER,
            caused_by=found_in.event_id,
            occurred_at=found_in.occurred_at,
            supersedes=recorded[guid].event_id if guid in recorded else None,
        )
        for guid in (*new, *said_anew)
        for found_in, item in (said[guid],)
    ]
    items = [_item_of_article(item, articles[guid]) for guid, (_, item) in said.items()]
    comparison = compare(
        items,
        known.values(),
        last_newest=state.newest_articles,
        last_read_at=state.last_read_at,
        polled_at=poll.occurred_at,
    )
    poll = msgspec.structs.replace(poll, items=len(items), **msgspec.structs.asdict(comparison))
    return poll, discovered


def _without_new_sessions(
    said: dict[str, tuple[FeedPolled, FeedItem]], recorded: Mapping[str, KnownItem]
) -> dict[str, tuple[FeedPolled, FeedItem]]:
    """The items. Those that say the same under an address with a new session have the address that is recorded.

    A session is new in all items at once. If most keep their address, the others have changed it.
    """
    same: dict[str, tuple[FeedPolled, FeedItem]] = {}
    resumed: dict[str, tuple[FeedPolled, FeedItem]] = {}
    again = [(guid, poll, item, recorded[guid]) for guid, (poll, item) in said.items() if guid in recorded]
    for guid, poll, item, known in again:
        if item.url != known.url and (sessions := changed_session(known.url, item.url)) is not None:
            at_known = _at_address(item, known.url, *sessions)
            if _is_unchanged(at_known, known):
                is_in_query = canonical_url(known.url) == item.canonical_url
                (same if is_in_query else resumed)[guid] = (poll, at_known)
    return {**said, **same, **(resumed if 2 * len(resumed) > len(again) else {})}


def _at_address(item: FeedItem, url: str, old_session: str, new_session: str) -> FeedItem:
    """The session is replaced in the links of the summary, too."""
    summary = item.written_summary
    if summary and new_session:
        summary = summary.replace(new_session, old_session).replace(escape(new_session), escape(old_session))
    return msgspec.structs.replace(item, url=url, written_summary=summary)


def _is_unchanged(item: FeedItem, known: KnownItem | None) -> bool:
    """True if the feed says the same about the item as when it was recorded."""
    if known is None:
        return False
    return known.said_digest == item.said_digest or (
        known.earlier is not None and _reads_as(item, known, known.earlier)
    )


def _reads_as(item: FeedItem, known: KnownItem, earlier: EarlierItem) -> bool:
    return (
        (item.url, item.published_raw) == (known.url, earlier.published_raw)
        and earlier.updated_at in {None, item.updated_at}
        and words(item.title or "") == words(known.title or "")
        and words(item.summary or "") == words(earlier.summary or "")
    )


def _article(item: FeedItem, known: KnownItem | None) -> UUID:
    """The item's article. A known item keeps its article while its address is the same, whatever version recorded it:
    the rules for addresses may have changed since."""
    return known.article_id if known is not None and known.url == item.url else article_id(item.url)


def _item_of_article(item: FeedItem, article: UUID) -> ItemOfArticle:
    return ItemOfArticle(article, item.url, item.guid, item.title, item.published_at, item.published_quality)
