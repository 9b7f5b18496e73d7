"""Erasures as the ledger keeps them: what is removed, the articles that are not recorded again, and seals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from pipeline.events import (
    ArticleAnnotated,
    ArticleEvent,
    ArticleRedacted,
    EntityMentioned,
    Event,
    ItemDiscovered,
    QuoteExtracted,
    RedactionScope,
    event_type,
)
from pipeline.interval import utc_minute
from pipeline.ledger.rows import Recorded


class Erasure(msgspec.Struct, frozen=True):
    """Rows to remove and to replace in one transaction, and the events that say so and seal what is left."""

    removed: Sequence[Recorded]
    replaced: Sequence[Recorded]
    """Each stands for the row at the same position."""
    events: Sequence[Event]

    @property
    def positions(self) -> Mapping[str, Sequence[int]]:
        """The positions of the rows that go, by table."""
        positions = defaultdict[str, list[int]](list)
        for item in (*self.removed, *self.replaced):
            positions[event_type(type(item.event))].append(item.position)
        return positions


class ErasedArticle(msgspec.Struct, frozen=True):
    article_id: UUID
    scope: RedactionScope


class ErasedContents(msgspec.Struct, frozen=True):
    """The articles that were erased, as far as they are still known."""

    ids: frozenset[UUID]
    """The ids of their addresses."""
    digests: frozenset[str]
    """Digests of their guids and texts."""


class ErasedDigest(msgspec.Struct, frozen=True):
    """One row of `digests_of_erased.sql`."""

    digest: str


class RecordedErasure(msgspec.Struct, frozen=True):
    """What the ledger says about one erasure."""

    occurred_at: datetime
    article_id: UUID
    scope: RedactionScope
    reason: str
    events: int
    """Number of events that are gone."""
    masked: int
    """Number of events in which a name was masked."""
    records: int
    """Number of records that were overwritten in the archive."""
    appends: int
    """Number of appends with a seal."""

    def __str__(self) -> str:
        what = f"{self.events} events" if self.scope is RedactionScope.ARTICLE else f"a name in {self.masked} events"
        return (
            f"{what} of {self.appends} appends and {self.records} records of article {self.article_id},"
            f" {utc_minute(self.occurred_at)}: {self.reason}"
        )


_OF_MASKED_TEXT = (ArticleAnnotated, QuoteExtracted, EntityMentioned)
"""What may still be recorded of an article in which a name was masked: a newer annotator reads the masked text."""


class ErasedArticles:
    """The articles that were erased, as of one head of the ledger."""

    def __init__(self) -> None:
        self._as_of: str | None = None
        self._scopes: dict[UUID, RedactionScope] = {}

    def read(self, digest: str, query: Callable[[], Iterable[ErasedArticle]]) -> None:
        """Ask the query, unless it was asked at this head."""
        if digest != self._as_of:
            self._scopes = {row.article_id: row.scope for row in query()}
            self._as_of = digest

    def advance(self, digest: str) -> None:
        """The ledger has a new head, and nothing was erased since the last one."""
        self._as_of = digest

    def without(self, events: dict[UUID, Event]) -> dict[UUID, Event]:
        """The events, by id, that say nothing about an erased article which must not be recorded again."""
        if not self._scopes:
            return events
        return {event_id: event for event_id, event in events.items() if not self._refuses(event)}

    def _refuses(self, event: Event) -> bool:
        if not isinstance(event, ArticleEvent | ItemDiscovered) or isinstance(event, ArticleRedacted):
            return False
        scope = self._scopes.get(event.article_id)
        return scope is not None and (scope is RedactionScope.ARTICLE or not isinstance(event, _OF_MASKED_TEXT))
