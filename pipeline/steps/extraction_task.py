"""The task of extract's worker processes: extract the article of one archived page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import asdict

from pipeline.archive.archive import read_page
from pipeline.archive.storage import Location, Storage
from pipeline.errors import ArchiveError, PageError
from pipeline.events import ArticleExtracted, BoilerplateStripped, Event, ExtractionFailed, VideoEmbedded
from pipeline.extract import PRODUCER
from pipeline.extract.extraction import Extraction

_READ = tuple(name for name in ArticleExtracted.__struct_fields__ if name in Extraction.__struct_fields__)
"""The fields of the event that the extractor reads from the page."""


class CapturedPage(msgspec.Struct, frozen=True, kw_only=True):
    """The page of an article, as its event names it."""

    capture_id: UUID
    article_id: UUID
    source_id: str
    url: str
    """The address that answered."""
    payload_digest: str


class PendingCapture(CapturedPage, frozen=True, kw_only=True):
    """A page to extract, and the archive record that holds its bytes."""

    content_type: str | None
    captured_at: datetime
    warc_file: str
    warc_offset: int
    warc_length: int
    templates: tuple[str, ...] = ()
    """The templates of its source, which are removed from the text."""


def extract_capture(storage: Storage, now: datetime, capture: PendingCapture) -> Sequence[Event] | str:
    """Return the events of one archived page, or a problem if the archive cannot be read.

    A page that cannot be read from the archive stays pending: when the file is restored, the next run extracts it. A
    page on which the extractor fails is recorded as a failure of this producer, so the next version tries it again.
    """
    from pipeline.extract.article import extract_page  # takes a quarter of a second, and only worker processes need it

    try:
        page = read_page(storage, Location(capture.warc_file, capture.warc_offset, capture.warc_length))
    except ArchiveError as exc:
        return f"{capture.url}: {exc}"
    try:
        extraction = extract_page(
            page.body,
            url=capture.url,
            captured_at=capture.captured_at,
            content_type=capture.content_type,
            templates=capture.templates,
        )
    except Exception as exc:  # noqa: BLE001  # the other pages are still extracted; the event says what happened
        page_error = exc if isinstance(exc, PageError) else PageError("error", f"{type(exc).__name__}: {exc}"[:500])
        return [extraction_failed(capture, now, page_error.reason, page_error.detail or None)]
    return _events(extraction, capture, now)


def _about(page: CapturedPage, now: datetime) -> dict[str, Any]:
    """The fields that all events of one extraction share."""
    return {
        "stream": f"article:{page.article_id}",
        "occurred_at": now,
        "producer": PRODUCER,
        "source_id": page.source_id,
        "article_id": page.article_id,
    }


def extraction_failed(page: CapturedPage, now: datetime, reason: str, detail: str | None) -> ExtractionFailed:
    """The event of a page in which this producer finds no article."""
    return ExtractionFailed(
        **_about(page, now),
        caused_by=page.capture_id,
        url=page.url,
        payload_digest=page.payload_digest,
        reason=reason,
        detail=detail,
    )


def _events(extraction: Extraction, capture: PendingCapture, now: datetime) -> Sequence[Event]:
    about = _about(capture, now)
    article = ArticleExtracted(
        **about,
        caused_by=capture.capture_id,
        payload_digest=capture.payload_digest,
        **{name: getattr(extraction, name) for name in _READ},
    )
    about["caused_by"] = article.event_id
    stripped = [
        BoilerplateStripped(**about, block_no=no, **asdict(block))
        for no, block in enumerate(extraction.stripped, start=1)
    ]
    videos = [
        VideoEmbedded(**about, video_no=no, **asdict(video)) for no, video in enumerate(extraction.videos, start=1)
    ]
    return [article, *stripped, *videos]
