"""Made-up histories of articles: discovered, captured, revisited, extracted, annotated, each recorded at its time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import duckdb

from pipeline import models
from pipeline.events import (
    ArticleAnnotated,
    ArticleCaptured,
    ArticleExtracted,
    ArticleRevisited,
    CaptureFailed,
    Event,
    ItemDiscovered,
    QuoteExtracted,
    QuoteKind,
    RevisitOutcome,
    Via,
    WarcType,
)
from pipeline.ids import article_id, digest
from pipeline.ledger import Ledger, Run
from pipeline.settings import Settings

SOURCE = "courier"


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """The time on this day of March 2026, UTC."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


class Storyline:
    """One article's events, each recorded in the ledger at `recorded_at`, or when it happened if that is not given.

    A new storyline has the item; each method but `record` adds what happened next.
    """

    def __init__(self, settings: Settings, name: str, day: int = 1) -> None:
        self.url = f"https://courier.example/{name}"
        self.article_id = article_id(self.url)
        self._settings = settings
        self.last: Event = self.record(
            ItemDiscovered(
                stream=f"article:{self.article_id}", occurred_at=at(day, 8), producer="poll@2", source_id=SOURCE,
                feed_url="https://courier.example/feed", article_id=self.article_id, url=self.url,
                canonical_url=self.url, guid=self.url, said_digest=digest(name.encode()),
            ),
            at(day, 8),
        )  # fmt: skip
        self.capture: ArticleCaptured | None = None

    def record(self, event: Event, recorded_at: datetime) -> Event:
        with Ledger.open(self._settings.ledger_catalog, now=lambda: recorded_at) as ledger:
            ledger.append([event], Run("story"))
        return event

    def captured(
        self,
        payload: str,
        when: datetime,
        *,
        recorded_at: datetime | None = None,
        via: Via = Via.LIVE,
        again: bool = False,
    ) -> ArticleCaptured:
        """Record `article_captured`: the page had this payload at `when`.

        `recorded_at` is later if the page was recovered from a web archive, which had fetched it at `when`. `again`
        says that the payload was in our archive already, so that the record is a WARC revisit.
        """
        self.capture = ArticleCaptured(
            stream=f"article:{self.article_id}", occurred_at=recorded_at or when, producer="capture@2",
            caused_by=self.last.event_id, source_id=SOURCE, article_id=self.article_id, url=self.url,
            final_url=self.url, status=200, payload_digest=digest(payload.encode()),
            warc_payload_digest=digest(payload.encode()), bytes=len(payload),
            warc_type=WarcType.REVISIT if again else WarcType.RESPONSE, warc_file="2026/03/01/a.warc.gz",
            warc_offset=0, warc_length=100, captured_at=when, via=via,
        )  # fmt: skip
        self.last = self.record(self.capture, recorded_at or when)
        return self.capture

    def missed(self, when: datetime, *, reason: str, status: int | None = 200) -> None:
        """Record `capture_failed`: a backfill requested the page and could not fetch it."""
        self.last = self.record(
            CaptureFailed(
                stream=f"article:{self.article_id}", occurred_at=when, producer="recover@1",
                caused_by=self.last.event_id, source_id=SOURCE, article_id=self.article_id, url=self.url,
                reason=reason, status=status, attempt=1, will_retry=False,
            ),
            when,
        )  # fmt: skip

    def looked(self, outcome: RevisitOutcome, when: datetime, status: int | None = 200) -> None:
        """Record `article_revisited`: the page of the last capture was fetched again."""
        assert self.capture is not None
        self.last = self.record(
            ArticleRevisited(
                stream=f"article:{self.article_id}", occurred_at=when, producer="revisit@1",
                caused_by=self.last.event_id, source_id=SOURCE, article_id=self.article_id, url=self.url,
                capture_id=self.capture.event_id, outcome=outcome, status=status,
            ),
            when,
        )  # fmt: skip

    def read(
        self,
        headline: str,
        text: str,
        *,
        producer: str = "extract@2",
        recorded_at: datetime | None = None,
        **fields: Any,
    ) -> ArticleExtracted:
        """Record `article_extracted`: what this producer extracted from the last capture."""
        capture = self.capture
        assert capture is not None
        extraction = ArticleExtracted(
            stream=capture.stream, occurred_at=capture.occurred_at, producer=producer, caused_by=capture.event_id,
            source_id=SOURCE, article_id=self.article_id, url=self.url, payload_digest=capture.payload_digest,
            headline=headline, text=text, word_count=len(text.split()), language="en",
            text_digest=digest(f"{headline}\n{fields.get('lead')}\n{text}".encode()), **fields,
        )  # fmt: skip
        self.record(extraction, recorded_at or capture.occurred_at)
        return extraction

    def quoted(
        self,
        extraction: ArticleExtracted,
        *words: str,
        producer: str = "annotate@2",
        recorded_at: datetime | None = None,
    ) -> None:
        """Record `article_annotated` and a `quote_extracted` for each of the words, which are parts of the text."""
        when = recorded_at or extraction.occurred_at
        self.record(
            ArticleAnnotated(
                stream=extraction.stream, occurred_at=when, producer=producer, caused_by=extraction.event_id,
                source_id=SOURCE, article_id=self.article_id, language="en", quotes=len(words),
            ),
            when,
        )  # fmt: skip
        for each in words:
            start = extraction.text.index(each)
            self.record(
                QuoteExtracted(
                    stream=extraction.stream, occurred_at=when, producer=producer, caused_by=extraction.event_id,
                    source_id=SOURCE, article_id=self.article_id, text=each, start_char=start,
                    end_char=start + len(each), kind=QuoteKind.DIRECT, speaker="Ms Adair", cue="said", rule="marks",
                    confidence=0.9,
                ),
                when,
            )  # fmt: skip


@contextmanager
def published(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Build and publish the models, and open `news.duckdb` in an ordinary DuckDB session with time zone UTC."""
    models.build(settings)
    with duckdb.connect(models.publish(settings), read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        yield con


def rows(con: duckdb.DuckDBPyConnection, sql: str, *values: object) -> Sequence[tuple[Any, ...]]:
    return con.execute(sql, list(values)).fetchall()
