"""poll: read the feeds, record every poll, and every item that is new or says something new."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from pipeline.collect.archive import Original
from pipeline.collect.feeds import Feed, Item, NotAFeed, parse_feed
from pipeline.collect.http import Client, FetchFailed, Response
from pipeline.events import Event, FeedPolled, ItemDiscovered, PollOutcome
from pipeline.ids import article_id, digest
from pipeline.ledger import Ledger, Run
from pipeline.sources import Source
from pipeline.steps.progress import Progress
from pipeline.steps.stores import RECALL, StepResult, Stores

PRODUCER = "poll@1"


class FeedState(msgspec.Struct, frozen=True):
    feed_url: str
    etag: str | None = None
    last_modified: str | None = None
    warc_payload_digest: str | None = None
    """Of the last response that was archived in full, as are the next two."""
    final_url: str | None = None
    captured_at: datetime | None = None
    successes: int = 0

    def original(self, warc_payload_digest: str) -> Original | None:
        """The response that a feed with this payload repeats."""
        if self.warc_payload_digest != warc_payload_digest or self.final_url is None or self.captured_at is None:
            return None
        return Original(self.final_url, self.captured_at)


class KnownItem(msgspec.Struct, frozen=True):
    feed_url: str
    guid: str
    event_id: UUID
    said_digest: str


class PollOfRun(msgspec.Struct, frozen=True):
    source_id: str
    feed_url: str
    outcome: PollOutcome
    reason: str | None
    detail: str | None

    @property
    def failed(self) -> bool:
        return self.outcome in {PollOutcome.FAILED, PollOutcome.BLOCKED, PollOutcome.GONE}


def failed_polls(ledger: Ledger, run: Run) -> tuple[int, list[PollOfRun]]:
    """How many feeds the run polled, and the polls that read nothing."""
    polls = ledger.select(PollOfRun, "polls_of_run", run_id=run.run_id)
    return len(polls), [poll for poll in polls if poll.failed]


async def poll_source(stores: Stores, client: Client, source: Source) -> StepResult:
    """Poll all feeds of the source at once; one append."""
    stores.on_progress(Progress("poll", source.id, 0, len(source.feeds)))
    recall_start = stores.now() - RECALL
    states = {
        row.feed_url: row
        for row in stores.ledger.select(FeedState, "feed_states", source_id=source.id, recall_start=recall_start)
    }
    known: dict[str, dict[str, KnownItem]] = {}
    for row in stores.ledger.select(KnownItem, "known_items", source_id=source.id, recall_start=recall_start):
        known.setdefault(row.feed_url, {})[row.guid] = row
    polls = (
        _poll_feed(stores, client, source, feed_no, url, states.get(url, FeedState(url)), known.get(url, {}))
        for feed_no, url in enumerate(source.feeds)
    )
    events = [event for feed_events in await asyncio.gather(*polls) for event in feed_events]
    result = stores.record(events)
    stores.on_progress(Progress("poll", source.id, len(source.feeds), len(source.feeds)))
    return result


async def _poll_feed(
    stores: Stores,
    client: Client,
    source: Source,
    feed_no: int,
    url: str,
    state: FeedState,
    known: Mapping[str, KnownItem],
) -> Sequence[Event]:
    poll = FeedPolled(
        stream=f"feed:{source.id}/{feed_no}",
        occurred_at=stores.now(),
        producer=PRODUCER,
        source_id=source.id,
        feed_url=url,
        outcome=PollOutcome.FAILED,
    )
    try:
        response = await client.fetch(url, etag=state.etag, last_modified=state.last_modified)
    except FetchFailed as failure:
        blocked = failure.reason in {"robots", "blocked_address"}
        outcome = PollOutcome.BLOCKED if blocked else PollOutcome.FAILED
        return [
            msgspec.structs.replace(
                poll, outcome=outcome, status=failure.status, reason=failure.reason, detail=failure.detail
            )
        ]
    poll = _archived(stores, poll, response, state)
    if response.status == 304:
        return [msgspec.structs.replace(poll, outcome=PollOutcome.NOT_MODIFIED)]
    if response.status == 410:
        return [msgspec.structs.replace(poll, outcome=PollOutcome.GONE, reason="gone")]
    if not 200 <= response.status < 300:
        reason = f"http_{response.status // 100}xx"
        return [msgspec.structs.replace(poll, reason=reason, detail=f"{response.final_url} answers {response.status}")]
    content_type = response.exchange.header("content-type")
    try:
        feed = parse_feed(response.body, url=response.final_url, content_type=content_type, zone=source.zone)
    except NotAFeed as exc:
        return [msgspec.structs.replace(poll, reason="not_a_feed", detail=str(exc))]
    return _read(poll, feed, state, known)


def _archived(stores: Stores, poll: FeedPolled, response: Response, state: FeedState) -> FeedPolled:
    """The poll with what its exchange said, and where the archive has it."""
    for redirect in response.redirects:
        stores.archive.write(redirect)
    stored = stores.archive.write(response.exchange, state.original)
    return msgspec.structs.replace(
        poll,
        status=response.status,
        final_url=response.final_url,
        etag=response.exchange.header("etag"),
        last_modified=response.exchange.header("last-modified"),
        bytes=len(response.body),
        payload_digest=digest(response.body),
        warc_payload_digest=stored.warc_payload_digest,
        warc_type=stored.warc_type,
        warc_file=stored.location.warc_file,
        warc_offset=stored.location.warc_offset,
        warc_length=stored.location.warc_length,
    )


def _read(poll: FeedPolled, feed: Feed, state: FeedState, known: Mapping[str, KnownItem]) -> Sequence[Event]:
    new = [item for item in feed.items if item.guid not in known]
    said_anew = [item for item in feed.items if item.guid in known and known[item.guid].said_digest != item.said_digest]
    moved = poll.final_url != poll.feed_url
    poll = msgspec.structs.replace(
        poll,
        outcome=PollOutcome.MOVED if moved else PollOutcome.OK,
        items=len(feed.items),
        new_items=len(new),
        overlap=len(new) < len(feed.items) if state.successes and feed.items else None,
        warnings=feed.warnings,
    )
    return [poll, *(_discovered(poll, item, known.get(item.guid)) for item in (*new, *said_anew))]


def _discovered(poll: FeedPolled, item: Item, before: KnownItem | None) -> ItemDiscovered:
    article = article_id(item.url)
    return ItemDiscovered(
        stream=f"article:{article}",
        occurred_at=poll.occurred_at,
        producer=PRODUCER,
        caused_by=poll.event_id,
        source_id=poll.source_id,
        feed_url=poll.feed_url,
        article_id=article,
        url=item.url,
        canonical_url=item.canonical_url,
        guid=item.guid,
        title=item.title,
        summary=item.summary,
        published_at=item.published_at,
        updated_at=item.updated_at,
        published_raw=item.published_raw,
        said_digest=item.said_digest,
        supersedes=before.event_id if before else None,
    )
