"""revisit: fetch captured pages again at growing ages, and record whether they changed or disappeared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from pipeline.collect.http.client import Client
from pipeline.collect.http.responses import Response
from pipeline.collect.pages.answers import SeenAgain
from pipeline.collect.pages.requests import fetch_page_again
from pipeline.events import ArticleRevisited, Event, RevisitOutcome
from pipeline.ledger import Ledger
from pipeline.sources import Source
from pipeline.steps.capture import Originals, captured_payloads
from pipeline.steps.run.page_batch import PageBatch
from pipeline.steps.run.page_events import PageFailure, head_of, page_captured, response_payload
from pipeline.steps.run.stores import StepResult, Stores

PRODUCER = "revisit@1"

MAX_ATTEMPTS = 3
"""Failed revisits in a row, after which the page is left alone until it reaches its next age."""
BATCH_PAGES = 200
"""Maximum number of pages whose events are recorded with one append."""

_SLACK = timedelta(days=7)
"""A revisit that is overdue by more than this, because no run took place, is dropped."""


class DuePage(msgspec.Struct, frozen=True):
    """A captured page that is to be revisited now."""

    source_id: str
    article_id: UUID
    url: str
    title: str | None
    """The title of its newest item."""
    capture_id: UUID
    payload_digest: str
    """Digest of its last capture."""
    last_seen_id: UUID
    """The event of its last capture or revisit."""
    attempt: int
    etag: str | None
    """Validators of the last capture; None if the page is to be fetched whole because the last answer was a 304."""
    last_modified: str | None

    @property
    def is_conditional(self) -> bool:
        """True if the request carries a validator, so that the answer may be 304."""
        return bool(self.etag or self.last_modified)


def due_pages(
    ledger: Ledger, ages: Sequence[timedelta], now: datetime, source_ids: Sequence[str], most: int
) -> list[DuePage]:
    """The pages of these sources that have reached one of the ages since they were last seen, the youngest first, at
    most `most` of each source."""
    if not ages:
        return []
    return ledger.select(
        DuePage,
        "pages_to_revisit",
        now=now,
        start=now - max(ages) - _SLACK,
        source_ids=list(source_ids),
        ages_seconds=[age.total_seconds() for age in ages],
        max_attempts=MAX_ATTEMPTS,
        most=most,
    )


def sources_due(ledger: Ledger, ages: Sequence[timedelta], now: datetime, source_ids: Sequence[str]) -> set[str]:
    """The ids of the sources that have a page to revisit."""
    return {page.source_id for page in due_pages(ledger, ages, now, source_ids, most=1)}


async def revisit_source(stores: Stores, client: Client, source: Source) -> StepResult:
    """Revisit the source's pages that are due; one append for each batch of pages."""
    settings = stores.settings
    pages = await stores.reading(_due_by_source, (source.id, settings.revisit_after, settings.pages_per_source))
    if not pages:
        return StepResult({})
    originals = await stores.reading(captured_payloads, tuple(page.article_id for page in pages))
    captured_urls: defaultdict[UUID, list[str]] = defaultdict(list)
    for (article, _), original in originals.items():
        captured_urls[article].append(original.url)

    async def visit(page: DuePage) -> Sequence[Event]:
        known_as = [page.url, *captured_urls[page.article_id]]
        response, seen = await fetch_page_again(
            client, known_as, page.payload_digest, page.title, etag=page.etag, last_modified=page.last_modified
        )
        batch.bytes += seen.size_bytes
        return _seen(stores, page, response, seen, originals)

    batch = PageBatch(
        stores,
        "revisit",
        source.id,
        len(pages),
        visit=visit,
        failed=lambda page, failure: [_failed(page, failure, stores.now())],
    )
    result = StepResult({})
    for first in range(0, len(pages), BATCH_PAGES):
        result += await batch.run(pages[first : first + BATCH_PAGES])
        if batch.put_off:
            return result + StepResult({}, notices=(f"source {source.id}: {next(iter(batch.put_off.values()))}",))
    if len(pages) == stores.settings.pages_per_source:
        notice = f"source {source.id}: revisited {len(pages)} pages; if more are due, the next run revisits them"
        return result + StepResult({}, notices=(notice,))
    return result


DueKey = tuple[str, tuple[timedelta, ...], int]
"""A source, the ages at which its pages are revisited, and how many at most."""


def _due_by_source(ledger: Ledger, keys: Sequence[DueKey], now: datetime) -> Mapping[DueKey, Sequence[DuePage]]:
    due: dict[DueKey, list[DuePage]] = {key: [] for key in keys}
    for ages, most in {(ages, most) for _, ages, most in keys}:
        source_ids = [source_id for source_id, *of_source in keys if of_source == [ages, most]]
        for page in due_pages(ledger, ages, now, source_ids, most):
            due[page.source_id, ages, most].append(page)
    return due


def _seen(stores: Stores, page: DuePage, response: Response, seen: SeenAgain, originals: Originals) -> Sequence[Event]:
    """Archive the answer; the revisit, and the capture if the page has changed."""
    reason = seen.reason
    for redirect in response.redirects:
        stores.archive.write(redirect)
    stored = stores.archive.write(response.exchange, lambda payload: originals.get((page.article_id, payload)))
    payload = response_payload(response, seen, stored)
    exchange = response.exchange
    revisited = msgspec.structs.replace(
        _revisited(page, seen.outcome, exchange.fetched_at),
        status=payload.status,
        reason=reason,
        final_url=payload.final_url,
        attempt=page.attempt if reason else 1,
        etag=None if reason else exchange.validator("etag"),
        last_modified=None if reason else exchange.validator("last-modified"),
        retry_at=response.retry_at,
        payload_digest=payload.payload_digest,
        warc_payload_digest=stored.warc_payload_digest,
        warc_type=stored.warc_type,
        warc_file=stored.location.warc_file,
        warc_offset=stored.location.warc_offset,
        warc_length=stored.location.warc_length,
        warc_digest=stored.location.warc_digest,
    )
    if seen.outcome is not RevisitOutcome.CHANGED:
        return [revisited]
    # The revisit is the cause, so a page that changes back to an earlier state is captured once more.
    cause = revisited.event_id
    return [
        revisited,
        page_captured(page, payload, producer=PRODUCER, caused_by=cause, occurred_at=exchange.fetched_at),
    ]


def _failed(page: DuePage, failure: PageFailure, now: datetime) -> ArticleRevisited:
    return msgspec.structs.replace(
        _revisited(page, RevisitOutcome.FAILED, now),
        status=failure.status,
        reason=failure.reason,
        detail=failure.detail,
        retry_at=failure.retry_at,
    )


def _revisited(page: DuePage, outcome: RevisitOutcome, at: datetime) -> ArticleRevisited:
    """The event of a page, still without what the answer said."""
    return ArticleRevisited(
        **head_of(page, producer=PRODUCER, caused_by=page.last_seen_id, occurred_at=at),
        capture_id=page.capture_id,
        outcome=outcome,
        attempt=page.attempt,
        conditional=page.is_conditional,
    )
