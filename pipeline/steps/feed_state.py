"""The state of a feed after its last polls: how the next request is made, and when it is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from pipeline.archive.storage import Location
from pipeline.archive.warc import Original
from pipeline.events import PollOutcome
from pipeline.ledger import Ledger, Run
from pipeline.sources import Source
from pipeline.steps.run.stores import RECALL

CONSISTENT_MOVES = 3
"""A feed is polled at its new address after this many polls in a row were permanently redirected to it."""
UNCONDITIONAL_EVERY = 6
"""After five 304 answers in a row, the sixth poll is made without validators, because some servers answer 304 although
the feed has changed."""
SHORTEST_INTERVAL = timedelta(hours=1)
"""Minimum time between two scheduled polls of a feed."""
LONGEST_INTERVAL = timedelta(days=1)
"""Maximum time between two scheduled polls of a feed."""
TURNOVER_PERIOD = timedelta(days=7)
"""How often a feed is polled depends on its highest number of new items per hour within this time."""
_SHARE_OF_WINDOW = 0.5
"""A feed is due when this share of its items may have been replaced by new ones."""
_SLACK = timedelta(minutes=10)
"""A poll that is due within this time is made now, because the next hourly run would be up to an hour late."""


class Which(StrEnum):
    """The feeds that a run polls."""

    DUE = "due"
    CURRENT = "current"
    """All feeds that are not retired."""
    ALL = "all"
    """All feeds, also retired ones, because a person has named their source."""


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """A feed after its last poll within `RECALL`. For a feed without a poll, only the first two fields are set."""

    source_id: str
    feed_url: str
    last_polled_at: datetime | None = None
    last_outcome: PollOutcome | None = None
    retry_at: datetime | None = None
    adopted_url: str | None = None
    """The address to poll: the new one after `CONSISTENT_MOVES`, or the one that the last poll asked if it succeeded.
    Without one, `feed_url` is polled."""
    last_read_at: datetime | None = None
    """When the feed was last read with at least one item. A 304 is no reading: some servers lie."""
    lied: bool = False
    """True if the server answered 304 although the feed had changed."""
    failures_in_a_row: int = 0
    not_modified_in_a_row: int = 0
    items: int | None = None
    """This and the next three fields are those of the last poll that received the feed (304 is not such a poll)."""
    overlap: bool | None = None
    etag: str | None = None
    last_modified: str | None = None
    newest_articles: tuple[UUID, ...] | None = None
    """The newest articles of the last poll that read any items."""
    peak_items_per_hour: float | None = None
    """The highest number of new items per hour between two polls within `TURNOVER_PERIOD`."""
    warc_payload_digest: str | None = None
    """This and the next two fields are those of the last response that was archived in full."""
    final_url: str | None = None
    captured_at: datetime | None = None
    listing: Location | None = None
    """Where the archive has the last body that was read as this feed."""

    @property
    def retired(self) -> bool:
        """True if the last answer was 410 (Gone)."""
        return self.last_outcome is PollOutcome.GONE

    @property
    def has_validators(self) -> bool:
        return bool(self.etag or self.last_modified)

    @property
    def may_be_conditional(self) -> bool:
        """True if the next poll may send validators and accept a 304."""
        return self.has_validators and not self.lied and self.not_modified_in_a_row < UNCONDITIONAL_EVERY - 1

    @property
    def interval(self) -> timedelta:
        """Time from the last poll until the next one is due."""
        if self.failures_in_a_row:
            return min(SHORTEST_INTERVAL * (1 << min(self.failures_in_a_row - 1, 10)), LONGEST_INTERVAL)
        if self.overlap is False or self.peak_items_per_hour is None:
            return SHORTEST_INTERVAL
        if not self.peak_items_per_hour or not self.items:
            return LONGEST_INTERVAL
        hours = _SHARE_OF_WINDOW * self.items / self.peak_items_per_hour
        return min(max(timedelta(hours=min(hours, 48)), SHORTEST_INTERVAL), LONGEST_INTERVAL)

    def is_polled(self, which: Which, now: datetime, done_since: datetime | None = None) -> bool:
        """True if a run of this kind polls the feed now. A feed that was polled at or after `done_since` is done."""
        if done_since is not None and self.last_polled_at is not None and self.last_polled_at >= done_since:
            return False
        if which is Which.ALL or (which is Which.CURRENT and not self.retired):
            return True
        if self.retired or which is Which.CURRENT:
            return False
        if self.retry_at is not None and now < self.retry_at:
            return False
        return self.last_polled_at is None or self.last_polled_at + self.interval <= now + _SLACK

    def original(self, warc_payload_digest: str) -> Original | None:
        """The archived response with the same payload, for a WARC revisit record; None if the payload is new."""
        if self.warc_payload_digest != warc_payload_digest or self.final_url is None or self.captured_at is None:
            return None
        return Original(self.final_url, self.captured_at)


States = Mapping[tuple[str, str], FeedState]
"""Feed states by source id and address."""


def feed_states(ledger: Ledger, sources: Sequence[Source], now: datetime) -> States:
    """The state of every feed and sitemap of the sources, and of the sitemaps that their sitemap indexes list."""
    rows = ledger.select(
        FeedState,
        "feed_states",
        source_ids=[source.id for source in sources],
        recall_start=now - RECALL,
        turnover_start=now - TURNOVER_PERIOD,
        consistent_moves=CONSISTENT_MOVES,
    )
    states = {
        (source.id, url): FeedState(source_id=source.id, feed_url=url)
        for source in sources
        for url in (*source.feeds, *source.sitemaps)
    }
    return states | {(row.source_id, row.feed_url): row for row in rows}


def feed_states_by_source(ledger: Ledger, sources: Sequence[Source], now: datetime) -> Mapping[Source, States]:
    """For `Stores.reading`: the states of each source."""
    states = feed_states(ledger, sources, now)
    return {source: {key: state for key, state in states.items() if key[0] == source.id} for source in sources}


def due_sources(ledger: Ledger, sources: Sequence[Source], now: datetime) -> list[Source]:
    """The sources with at least one feed that is due."""
    states = feed_states(ledger, sources, now)
    return [
        source
        for source in sources
        if any(states[source.id, url].is_polled(Which.DUE, now) for url in (*source.feeds, *source.sitemaps))
    ]


class PollOfRun(msgspec.Struct, frozen=True):
    """One poll of a run, for its summary."""

    source_id: str
    feed_url: str
    outcome: PollOutcome
    reason: str | None
    detail: str | None

    @property
    def failed(self) -> bool:
        return self.outcome in {PollOutcome.FAILED, PollOutcome.BLOCKED, PollOutcome.GONE}


def failed_polls(ledger: Ledger, run: Run) -> tuple[int, list[PollOfRun]]:
    """The number of feeds that the run polled, and the polls that failed."""
    polls = ledger.select(PollOfRun, "polls_of_run", run_id=run.run_id)
    return len(polls), [poll for poll in polls if poll.failed]
