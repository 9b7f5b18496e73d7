"""One request for a feed or a sitemap: fetch it, archive the answer, parse it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from pipeline.collect.feeds import Feed, read_feed
from pipeline.collect.http.client import Client
from pipeline.collect.http.responses import NOT_ASKED, FetchFailed, Response, SeenBody
from pipeline.collect.pages.answers import http_reason
from pipeline.collect.pages.walls import wall_in
from pipeline.errors import NewsledgerError
from pipeline.events import FeedPolled, PollOutcome
from pipeline.ids import feed_stream
from pipeline.ledger.erased import ErasedContents
from pipeline.sources import Source
from pipeline.steps.feed_state import FeedState
from pipeline.steps.recognition import is_erased_item
from pipeline.steps.run.stores import Stores

PRODUCER = "poll@4"
LISTS_ERASED = "lists_erased"
"""Warning of a poll whose feed lists an article that was erased; the feed was not archived."""

_DETAIL_CHARS = 500
"""Maximum length of the message of an unexpected error in an event."""
_BLOCKED = frozenset({"robots", "blocked_address"})


async def poll_document(
    stores: Stores,
    client: Client,
    source: Source,
    state: FeedState,
    *,
    known_digests: frozenset[str],
    caused_by: UUID | None = None,
) -> tuple[FeedPolled, Feed | None]:
    """Return the poll, as far as this document alone says, and the feed if one was read.

    `known_digests` are of the items that are recorded: their texts are not read again.
    """
    asked_url = state.adopted_url or state.feed_url
    conditional = state.may_be_conditional
    poll = FeedPolled(
        stream=feed_stream(source.id, state.feed_url),
        occurred_at=stores.now(),
        producer=PRODUCER,
        caused_by=caused_by,
        source_id=source.id,
        feed_url=state.feed_url,
        outcome=PollOutcome.FAILED,
        conditional=conditional if state.has_validators else None,
        asked_url=state.adopted_url,
    )
    try:
        if conditional:
            response = await client.fetch(asked_url, etag=state.etag, last_modified=state.last_modified)
        else:
            response = await client.fetch(asked_url)
        read = await client.read(
            response,
            read_feed,
            zone=source.zone,
            language=source.language,
            now=stores.now(),
            known_digests=known_digests,
        )
    except FetchFailed as failure:
        if failure.reason in NOT_ASKED:
            outcome = PollOutcome.PUT_OFF
        else:
            outcome = PollOutcome.BLOCKED if failure.reason in _BLOCKED else PollOutcome.FAILED
        return _ended(
            poll,
            outcome=outcome,
            status=failure.status,
            reason=failure.reason,
            detail=failure.detail,
            retry_at=failure.retry_at,
        )
    except NewsledgerError:
        raise
    except Exception as exc:  # noqa: BLE001  # the other feeds are still polled; the event says what happened
        return _ended(poll, reason="error", detail=f"{type(exc).__name__}: {exc}"[:_DETAIL_CHARS])
    poll = _answered(poll, response, read)
    feed = _without_erased(read.feed, source.id, stores.erased)
    if feed is read.feed:
        poll = _archived(stores, poll, response, state)
    detail = f"{response.final_url} answers {response.status}"
    if response.status == 304 and conditional:
        return _ended(poll, outcome=PollOutcome.NOT_MODIFIED)
    if response.status == 410:
        retires = state.adopted_url is None  # after an adopted redirect, the configured address is tried first
        outcome = PollOutcome.GONE if retires else PollOutcome.FAILED
        return _ended(poll, outcome=outcome, reason="gone", detail=detail)
    if feed is None:
        is_answer = 200 <= response.status < 300
        reason = await _wall(client, response) or ("not_a_feed" if is_answer else http_reason(response.status))
        return _ended(poll, reason=reason, detail=read.problem or detail, retry_at=response.retry_at)
    outcome = PollOutcome.MOVED if response.moved_to else PollOutcome.OK
    poll = msgspec.structs.replace(
        poll,
        outcome=outcome,
        items=len(feed.items),
        items_dropped=feed.dropped,
        warnings=feed.warnings,
        repeats=feed.repeats or None,
        feed_title=feed.masthead.title,
        feed_language=feed.masthead.language,
        feed_image=feed.masthead.image,
    )
    return poll, feed


async def _wall(client: Client, response: Response) -> str | None:
    """The kind of wall that was shown instead of the feed, if there is one."""
    try:
        return await client.read(response, wall_in)
    except FetchFailed:
        return None


async def answers_unmodified(stores: Stores, client: Client, state: FeedState) -> bool:
    """True if the server still answers 304 to the validators of the last read, for a feed that has changed since."""
    try:
        response = await client.fetch(
            state.adopted_url or state.feed_url, etag=state.etag, last_modified=state.last_modified
        )
    except FetchFailed:
        return False
    is_unmodified = response.status == 304
    if is_unmodified:  # any other answer may list an article that was erased
        stores.archive.write(response.exchange)
    return is_unmodified


def _ended(poll: FeedPolled, **fields: Any) -> tuple[FeedPolled, None]:
    return msgspec.structs.replace(poll, **fields), None


def _without_erased(feed: Feed | None, source_id: str, erased: ErasedContents) -> Feed | None:
    """The feed without items of erased articles. One that had such items is not archived."""
    if feed is None:
        return None
    items = tuple(item for item in feed.items if not is_erased_item(item, source_id, erased))
    if len(items) == len(feed.items):
        return feed
    return msgspec.structs.replace(feed, items=items, warnings=(*feed.warnings, LISTS_ERASED))


def _answered(poll: FeedPolled, response: Response, seen: SeenBody) -> FeedPolled:
    """The poll with what the answer's headers say."""
    return msgspec.structs.replace(
        poll,
        status=response.status,
        final_url=response.final_url,
        moved_to=response.moved_to,
        etag=response.exchange.validator("etag"),
        last_modified=response.exchange.validator("last-modified"),
        age_seconds=response.age_seconds,
        bytes=seen.size_bytes,
        payload_digest=seen.payload_digest,
    )


def _archived(stores: Stores, poll: FeedPolled, response: Response, state: FeedState) -> FeedPolled:
    """Archive the exchange; return the poll with its place in the archive."""
    for redirect in response.redirects:
        stores.archive.write(redirect)
    stored = stores.archive.write(response.exchange, state.original)
    return msgspec.structs.replace(
        poll,
        warc_payload_digest=stored.warc_payload_digest,
        warc_type=stored.warc_type,
        warc_file=stored.location.warc_file,
        warc_offset=stored.location.warc_offset,
        warc_length=stored.location.warc_length,
        warc_digest=stored.location.warc_digest,
    )
