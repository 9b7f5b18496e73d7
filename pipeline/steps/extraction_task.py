"""One archived page read: what the worker processes of extract do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from pipeline.archive.archive import read_page
from pipeline.archive.storage import Location, Storage
from pipeline.errors import ArchiveError, PageError
from pipeline.events import ArticleExtracted, BoilerplateStripped, Event, ExtractionFailed, VideoEmbedded
from pipeline.extract import PRODUCER, Extraction, extract_page


class PendingCapture(msgspec.Struct, frozen=True):
    """A captured payload and the record that holds its bytes."""

    capture_id: UUID
    article_id: UUID
    source_id: str
    url: str
    content_type: str | None
    captured_at: datetime
    payload_digest: str
    warc_file: str
    warc_offset: int
    warc_length: int


def extract_capture(storage: Storage, now: datetime, capture: PendingCapture) -> Sequence[Event] | str:
    """The events that one archived page gives; a problem where the archive does not hold what it should.

    A page that cannot be read stays pending, so a restored file is made good by the next run. A page that the
    extractor stumbles over is a recorded failure of this producer: the next version will see it again.
    """
    try:
        page = read_page(storage, Location(capture.warc_file, capture.warc_offset, capture.warc_length))
    except ArchiveError as exc:
        return f"{capture.url}: {exc}"
    try:
        extraction = extract_page(
            page.body, url=capture.url, captured_at=capture.captured_at, content_type=capture.content_type
        )
    except Exception as exc:  # noqa: BLE001  # one page must not cost the others; the event says what happened
        page_error = exc if isinstance(exc, PageError) else PageError("error", f"{type(exc).__name__}: {exc}"[:500])
        return [extraction_failed(capture, now, page_error.reason, page_error.detail or None)]
    return _events(extraction, capture, now)


def _about(capture: PendingCapture, now: datetime) -> dict[str, Any]:
    """What all events of a capture's extraction have in common."""
    return {
        "stream": f"article:{capture.article_id}",
        "occurred_at": now,
        "producer": PRODUCER,
        "source_id": capture.source_id,
        "article_id": capture.article_id,
    }


def extraction_failed(capture: PendingCapture, now: datetime, reason: str, detail: str | None) -> ExtractionFailed:
    """The event that this producer could not read the page."""
    return ExtractionFailed(
        **_about(capture, now),
        caused_by=capture.capture_id,
        url=capture.url,
        payload_digest=capture.payload_digest,
        reason=reason,
        detail=detail,
    )


def _events(extraction: Extraction, capture: PendingCapture, now: datetime) -> Sequence[Event]:
    about = _about(capture, now)
    article = ArticleExtracted(
        **about,
        caused_by=capture.capture_id,
        url=capture.url,
        payload_digest=capture.payload_digest,
        kicker=extraction.kicker,
        headline=extraction.headline,
        lead=extraction.lead,
        blocks=extraction.blocks,
        text=extraction.text,
        authors=extraction.authors,
        published_at=extraction.published_at,
        modified_at=extraction.modified_at,
        language=extraction.language,
        section=extraction.section,
        access=extraction.access,
        correction=extraction.correction,
        word_count=extraction.word_count,
        text_digest=extraction.text_digest,
        canonical_url=extraction.canonical_url,
        agencies=extraction.agencies,
        attributions=extraction.attributions,
        entries=extraction.entries,
    )
    stripped = [
        BoilerplateStripped(
            **about, caused_by=article.event_id, block_no=no, kind=block.kind, rule=block.rule, text=block.text
        )
        for no, block in enumerate(extraction.stripped, start=1)
    ]
    videos = [
        VideoEmbedded(
            **about,
            caused_by=article.event_id,
            video_no=no,
            teaser=video.teaser,
            published_on=video.published_on,
            duration_seconds=video.duration_seconds,
        )
        for no, video in enumerate(extraction.videos, start=1)
    ]
    return [article, *stripped, *videos]
