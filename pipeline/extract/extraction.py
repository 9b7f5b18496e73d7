"""What the extractor returns: the article of a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from pipeline.events import Access, Block, BlockSpeaker, LiveEntry
from pipeline.extract.page.removal import Stripped, Video


class Extraction(msgspec.Struct, frozen=True, kw_only=True):
    """The article of a page.

    The event `article_extracted` has the fields of the same names; what they mean is written there. While a page is
    read, the metadata is filled in first and the text last.
    """

    url: str
    canonical_url: str | None = None
    kicker: str | None = None
    headline: str | None = None
    lead: str | None = None
    blocks: tuple[Block, ...] = ()
    text: str = ""
    attributions: tuple[BlockSpeaker, ...] = ()
    entries: tuple[LiveEntry, ...] = ()
    authors: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    published_at: datetime | None = None
    modified_at: datetime | None = None
    language: str | None = None
    section: str | None = None
    access: Access = Access.OPEN
    correction: str | None = None
    word_count: int = 0
    text_digest: str = ""
    videos: tuple[Video, ...] = ()
    stripped: tuple[Stripped, ...] = ()
    origins: Mapping[str, str] = {}
    """The sources of the chosen headline, authors and dates on the page (`json-ld`, `heading`, `byline`, …), and under
    `zone` the name of an inferred time zone."""
