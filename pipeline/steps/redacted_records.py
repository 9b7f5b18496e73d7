"""The records of the archive that have something of an article, and the notes that replace them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit
from uuid import UUID

import msgspec
from fastwarc.warc import WarcRecord, WarcRecordType

from pipeline.archive.erasing import LEAST_BYTES, NamedPlaces, erasure_note, unnamed_records
from pipeline.archive.storage import Location, Storage
from pipeline.archive.warc import read_record
from pipeline.errors import ArchiveError
from pipeline.events import ArticleEvent, ErasedRecord, Event, ItemDiscovered
from pipeline.ids import digest
from pipeline.ledger import Ledger
from pipeline.steps.join_evidence import TITLE_WORDS
from pipeline.steps.listing import Sought, article_at, lists, name_in_path
from pipeline.steps.name_mask import NameMask
from pipeline.workers import READING, parallel_map

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


def addresses_of(storage: Storage, records: Iterable[ErasedRecord]) -> Mapping[str, int]:
    """The number of these records by their addresses. A record that cannot be read has none. Raises StorageError."""
    return Counter(_address_of(storage, Location(at.warc_file, at.warc_offset, at.warc_length)) for at in records)


def _address_of(storage: Storage, location: Location) -> str:
    try:
        return read_record(storage.read(location), where="")[0].headers.get("WARC-Target-URI") or ""
    except ArchiveError:
        return ""


def records_about(
    ledger: Ledger, storage: Storage, events: Sequence[Event], ids: Collection[UUID], mask: NameMask | None, jobs: int
) -> Iterator[Location]:
    """The records that have something of the article that these events are about, whose addresses have these `ids`:
    its pages, the requests for them, redirects to or from them, and the feeds and sitemaps that list it; with a mask,
    only those of the latter that also have the name. Records that no event names are searched, too, and half records
    may have anything.

    Documents are read in `jobs` worker processes. Raises StorageError.
    """
    urls = {text for event in events for text in _addresses_in(event) if article_at(text) in ids}
    addresses = set(map(_comparable, urls))
    erased = {due.location for due in ledger.select(_DueRecord, "erased_records")}
    pages = {Location(*place) for event in events if (place := _place(event))} - erased
    for page in sorted(pages, key=str):
        if _bytes_at(storage, page) is not None:
            yield page
    about = [event for event in events if isinstance(event, ArticleEvent | ItemDiscovered)]
    sources = sorted({event.source_id for event in about})
    since = min(event.occurred_at for event in events) - _BEFORE_DISCOVERY
    documents = ledger.select(Location, "documents_of_sources", source_ids=sources, since=since)
    unnamed = unnamed_records(storage, ledger.select(NamedPlaces, "named_places"))
    for _, records in groupby(unnamed, key=lambda each: each[0].warc_file):
        exchanges = []
        for location, record in records:
            if location in erased:
                continue
            if record is not None:
                exchanges.append(_UnnamedRecord.of(location, record))
            elif location.warc_length >= LEAST_BYTES:
                yield location
        _follow_redirects(exchanges, addresses)
        yield from (each.location for each in exchanges if each.is_about)
        documents += (each.location for each in exchanges if each.has_document and not each.is_about)
    sought = _sought(ledger, about, ids, urls, mask)
    listing = parallel_map(partial(lists, storage=storage, sought=sought), documents, jobs, READING)
    # one that could not be read within the limits may have anything
    yield from (document for document, found in zip(documents, listing, strict=True) if found)


class _UnnamedRecord(msgspec.Struct):
    """A record of the archive that no event names."""

    location: Location
    record_id: str
    response_id: str
    """The id of the response to a request; the record's own id if it is no request."""
    target: str
    """Its address, comparable."""
    leads_to: str | None
    """The address that it redirects to, comparable."""
    has_document: bool
    is_about: bool = False

    @classmethod
    def of(cls, location: Location, record: WarcRecord) -> _UnnamedRecord:
        target = record.headers.get("WARC-Target-URI") or ""
        redirect = record.http_headers.get("Location") if record.http_headers is not None else None
        return cls(
            location=location,
            record_id=record.record_id or "",
            response_id=record.headers.get("WARC-Concurrent-To") or record.record_id or "",
            target=_comparable(target),
            leads_to=_comparable(redirect, target) if redirect else None,
            has_document=record.record_type in _ANSWERS,
        )


def _follow_redirects(records: Sequence[_UnnamedRecord], addresses: Collection[str]) -> None:
    """Mark the records of one file that are about these addresses: requests for them, redirects to or from them, and
    whole chains of redirects, whose records follow one another, with others in between."""
    answers = [record for record in records if record.has_document]
    awaited, wanted = set[str](), set[str]()
    for answer in answers:
        answer.is_about = answer.target in addresses or answer.leads_to in addresses or answer.target in awaited
        if answer.is_about:
            awaited.discard(answer.target)
            if answer.leads_to is not None:
                awaited.add(answer.leads_to)
    for answer in reversed(answers):
        answer.is_about = answer.is_about or answer.leads_to in wanted
        if answer.is_about:
            wanted.discard(answer.leads_to or "")
            wanted.add(answer.target)
    ids = {answer.record_id for answer in answers if answer.is_about}
    for record in records:
        record.is_about = record.response_id in ids or record.target in addresses


def _comparable(url: str, base: str = "") -> str:
    """The address, as it is seen from `base`, without its fragment, and with scheme and host in lower case."""
    try:
        parts = urlsplit(urljoin(base, url))
    except ValueError:  # a server may have sent anything
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.lower(), fragment=""))


def _addresses_in(event: Event) -> Iterator[str]:
    """The article's addresses, without what it shares with others: its feed's, and that of a picture."""
    for name, value in msgspec.structs.asdict(event).items():
        if name != "feed_url" and isinstance(value, str) and value.lower().startswith(("http://", "https://")):
            yield value


class _Name(msgspec.Struct, frozen=True):
    """A guid, a title or an address."""

    name: str | None


def _sought(
    ledger: Ledger,
    about: Sequence[ArticleEvent | ItemDiscovered],
    ids: Collection[UUID],
    urls: Collection[str],
    mask: NameMask | None,
) -> Sought:
    """How documents may list the article of these events. A guid counts only in its own feed, and one that has named
    another article does not; nor does a title that others have."""
    items = [event for event in about if isinstance(event, ItemDiscovered)]
    feeds = sorted({item.feed_url for item in items})
    titles = {item.title.lower(): item.title for item in items if item.title and len(item.title.split()) >= TITLE_WORDS}
    guids = {item.guid for item in items}
    shared = {
        row.name
        for row in ledger.select(
            _Name,
            "names_of_others",
            article_ids=sorted(ids),
            feed_urls=feeds,
            guids=sorted(guids),
            titles=sorted(titles),
        )
    }
    own = [r"\s+".join(map(re.escape, title.split())) for lower, title in titles.items() if lower not in shared]
    return Sought(
        ids=ids,
        names={name_in_path(url) for url in urls},
        titles=re.compile(rf"[\"'>\[]\s*(?:{'|'.join(own)})\s*[\"'<\]]" if own else "(?!)"),
        guids=guids - shared,
        feeds={*feeds, *(row.name for row in ledger.select(_Name, "addresses_of_feeds", feed_urls=feeds) if row.name)},
        mask=mask,
    )


def _place(event: Any) -> tuple[str, int, int] | None:
    """Where the record lies that the event names, if it names one."""
    if getattr(event, "warc_file", None) is None:
        return None
    return event.warc_file, event.warc_offset, event.warc_length


def _bytes_at(storage: Storage, location: Location) -> bytes | None:
    """The record's bytes; None if the file is lost or ends before them, so that nothing is left to be erased."""
    try:
        return storage.read(location)
    except ArchiveError:
        return None
