"""The records of the archive that have something of an article, and the notes that replace them."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import msgspec
from fastwarc.warc import WarcRecord, WarcRecordType

from pipeline.archive.erasing import LEAST_BYTES, NamedPlaces, erasure_note, unnamed_records
from pipeline.archive.storage import Location, Storage
from pipeline.archive.warc import read_member
from pipeline.collect.feeds.charset import decode_text
from pipeline.errors import ArchiveError
from pipeline.events import ArticleEvent, Event, ItemDiscovered
from pipeline.ids import digest
from pipeline.ledger import Ledger
from pipeline.steps.name_mask import NameMask

_BEFORE_DISCOVERY = timedelta(days=1)
"""A poll begins before the items that it finds, so recorded feeds are searched from this long before the first item."""
_ANSWERS = (WarcRecordType.response, WarcRecordType.resource)
"""Types of records that have a document."""


class _DueRecord(msgspec.Struct, frozen=True):
    """A record of the archive that was to be erased."""

    warc_file: str
    warc_offset: int
    warc_length: int
    warc_digest: str
    erased_at: datetime

    @property
    def location(self) -> Location:
        return Location(self.warc_file, self.warc_offset, self.warc_length)


def overwrite_records(ledger: Ledger, storage: Storage) -> int:
    """Overwrite the records of the archive that were to be erased and are still there; return how many.

    Raises StorageError.
    """
    overwritten = 0
    for due in ledger.select(_DueRecord, "erased_records"):
        member = _bytes_at(storage, due.location)
        if member is not None and digest(member) != due.warc_digest:
            storage.overwrite(due.location, erasure_note(due.location, due.erased_at))
            overwritten += 1
    return overwritten


def records_about(
    ledger: Ledger, storage: Storage, events: Sequence[Event], mask: NameMask | None
) -> Iterator[Location]:
    """The records that have something of the article that these events are about: its pages, the requests for them,
    redirects to them, and the feeds and sitemaps that list it; with a mask, only those of the latter that also have the
    name. Records that no event names are searched, too, and half records may have anything."""
    addresses = {text for event in events for text in _addresses_in(event)}
    traces = _traces(addresses, events)
    erased = {due.location for due in ledger.select(_DueRecord, "erased_records")}
    pages = {Location(*place) for event in events if (place := _place(event))} - erased
    for page in sorted(pages, key=str):
        if _bytes_at(storage, page) is not None:
            yield page
    sources = sorted({event.source_id for event in events if isinstance(event, ArticleEvent | ItemDiscovered)})
    since = min(event.occurred_at for event in events) - _BEFORE_DISCOVERY
    for location in ledger.select(Location, "documents_of_sources", source_ids=sources, since=since):
        if _lists(storage, location, traces, mask):
            yield location
    for location, record in unnamed_records(storage, ledger.select(NamedPlaces, "named_places")):
        if location in erased:
            continue
        if record is None:
            if location.warc_length >= LEAST_BYTES:
                yield location
        elif addresses & _targets(record) or (
            record.record_type in _ANSWERS and _lists(storage, location, traces, mask)
        ):
            yield location


def _addresses_in(event: Event) -> Iterator[str]:
    """The article's addresses, without what it shares with others: its feed's, and that of a picture."""
    for name, value in msgspec.structs.asdict(event).items():
        if name != "feed_url" and isinstance(value, str) and value.startswith(("http://", "https://")):
            yield urldefrag(value).url


def _traces(addresses: Collection[str], events: Sequence[Event]) -> re.Pattern[str]:
    """Finds one of the addresses in a document, or a whole text or attribute that is the path of one, the guid or the
    title of an item: a feed may have relative addresses, other parameters, and another session in each poll."""
    items = [event for event in events if isinstance(event, ItemDiscovered)]
    titles = (r"\s+".join(map(re.escape, item.title.split())) for item in items if item.title)
    paths = (re.escape(urlsplit(address)._replace(scheme="", netloc="").geturl().strip("/")) for address in addresses)
    at = (rf"(?:(?i:https?:)?//[^/\"'<>\s]*)?\.?/?{path}/?(?:[?&#][^\"'<>\s]*)?" for path in paths if path)
    whole = "|".join(filter(None, {*titles, *at, *(re.escape(item.guid) for item in items)}))
    return re.compile("|".join([*map(re.escape, addresses), *([rf"[\"'>\[]\s*(?:{whole})\s*[\"'<\]]"] * bool(whole))]))


def _place(event: Any) -> tuple[str, int, int] | None:
    """Where the record lies that the event names, if it names one."""
    if getattr(event, "warc_file", None) is None:
        return None
    return event.warc_file, event.warc_offset, event.warc_length


def _targets(record: WarcRecord) -> set[str]:
    """The record's address, and the one that it redirects to, without fragments."""
    target = record.headers.get("WARC-Target-URI") or ""
    location = record.http_headers.get("Location") if record.http_headers is not None else None
    return {urldefrag(url).url for url in (target, location and urljoin(target, location)) if url}


def _bytes_at(storage: Storage, location: Location) -> bytes | None:
    """The record's bytes; None if the file is lost or ends before them, so that nothing is left to be erased."""
    try:
        return storage.read(location)
    except ArchiveError:
        return None


def _lists(storage: Storage, location: Location, traces: re.Pattern[str], mask: NameMask | None) -> bool:
    """True if a feed or another document has a trace of the article, and the name if a mask is given. One whose bytes
    cannot be read as a document may have anything."""
    member = _bytes_at(storage, location)
    if member is None:
        return False
    try:
        page = read_member(member, where=str(location))
    except ArchiveError:
        return True
    # with the ways in which XML and JSON spell an address undone
    text = html.unescape(decode_text(page.body, page.content_type)[0]).replace("\\/", "/")
    return traces.search(text) is not None and (mask is None or mask.is_in(text))
