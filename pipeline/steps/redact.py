"""redact: erase an article, or a person's name in it, from the ledger and the archive, and seal what is left.

An erasure waits until no other run lasts, so that nobody records or archives anything about the article meanwhile. The
archive is searched first, which can take minutes. Then, under the ledger's lock, one transaction removes the
events, or replaces those with the name, and records `article_redacted`, which has the new digests. At last the records
of the archive are overwritten. If the process is killed before that, the next maintenance overwrites them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from pipeline.archive.erasing import erasure_note
from pipeline.archive.storage import archive_storage
from pipeline.errors import LedgerError, NewsledgerError
from pipeline.events import (
    EVENT_TYPES,
    ArticleCaptured,
    ArticleEvent,
    ArticleExtracted,
    ArticleRedacted,
    EntityMentioned,
    ErasedEvent,
    ErasedRecord,
    Event,
    FeedPolled,
    ItemDiscovered,
    MentionKind,
    QuoteExtracted,
    RedactionScope,
    Seal,
    event_type,
)
from pipeline.ids import article_id, digest
from pipeline.ledger import Ledger
from pipeline.ledger.erased import Erasure
from pipeline.ledger.log import chain_digest
from pipeline.ledger.rows import Recorded, from_table
from pipeline.ledger.sql import literal, statement
from pipeline.ledger.verify import AppendRow, as_left, seals_of
from pipeline.steps.join import JoinedPair
from pipeline.steps.listing import article_at
from pipeline.steps.name_mask import NameMask, spellings
from pipeline.steps.recognition import digests_of
from pipeline.steps.redacted_records import overwrite_records, records_about
from pipeline.steps.run.stores import Stores

PRODUCER = "redact@1"

_OF_ARTICLES = tuple(
    cls for cls in EVENT_TYPES if issubclass(cls, ArticleEvent | ItemDiscovered) and cls is not ArticleRedacted
)


_NAMED_ADDRESSES: Sequence[tuple[type[Event], str]] = (
    (ItemDiscovered, "redirector_url"),
    (ArticleCaptured, "final_url"),
    (ArticleExtracted, "canonical_url"),
)
"""Types of events that name another address of their article, and the field that has it."""


class RedactionRequest(msgspec.Struct, frozen=True):
    """What is to be erased, and why."""

    article: str
    """An address of the article, or its id."""
    reason: str
    person: str | None = None
    """If given, only this name is erased from the events. The archived pages are erased in any case."""


class Redaction(msgspec.Struct, frozen=True):
    """What a request erases."""

    at: datetime
    """When it was planned, which is the time in the notes that replace the records."""
    scope: RedactionScope
    reason: str
    sources: Mapping[UUID, str]
    """A source of each address of the article."""
    positions: Sequence[int]
    """The positions of all events about the article."""
    removed: Sequence[Recorded]
    replaced: Sequence[Recorded]
    """Events without the name, and polls without a guid; each stands for the one at the same position."""
    spellings: Mapping[str, int]
    """What of the name is masked, as it is spelt, and how often; addresses aside."""
    near: Sequence[str]
    """Words that are left of the texts and may be the name in another spelling."""
    records: Sequence[ErasedRecord]
    seals: Sequence[Seal]
    recognised_by: tuple[str, ...]
    """Digests by which the article is recognised under another address."""

    @property
    def counts(self) -> Mapping[str, int]:
        """The number of events by type."""
        return Counter(event_type(type(item.event)) for item in (*self.removed, *self.replaced))

    def erasure(self) -> Erasure:
        """With one event for each address, the first of which has the lists; they are about all addresses."""
        first, *others = [
            ArticleRedacted(
                stream=f"article:{address}",
                occurred_at=self.at,
                producer=PRODUCER,
                source_id=source_id,
                article_id=address,
                scope=self.scope,
                reason=self.reason,
            )
            for address, source_id in self.sources.items()
        ]
        first = msgspec.structs.replace(
            first,
            erased=tuple(
                ErasedEvent(item.position, str(item.event_id), event_type(type(item.event))) for item in self.removed
            ),
            masked=len(self.replaced),
            records=tuple(self.records),
            seals=tuple(self.seals),
            recognised_by=self.recognised_by,
        )
        return Erasure(self.removed, self.replaced, [first, *others])


def redact(stores: Stores, request: RedactionRequest) -> Redaction:
    """Erase what is asked for, when all other runs have ended.

    Raises NewsledgerError if there is no such article or name, or no reason, LedgerError if an append is not as it was
    recorded, LedgerLocked if other runs have not ended in time, ArchiveError, StorageError.
    """
    with stores.alone():
        planned = [plan_redaction(stores, request)]

        def plan() -> Erasure:
            planned.append(plan_redaction(stores, request, planned[0]))
            return planned[-1].erasure()

        stores.ledger.erase(plan, stores.run)
        overwrite_records(stores.ledger, archive_storage(stores.settings))
    return planned[-1]


def plan_redaction(stores: Stores, request: RedactionRequest, searched: Redaction | None = None) -> Redaction:
    """What the request would erase. The archive is not searched again after an earlier plan, `searched`, unless
    something was recorded about the article since. Raises as `redact`."""
    now = stores.now() if searched is None else searched.at
    if not request.reason.strip():
        raise NewsledgerError("an erasure needs a reason: it is recorded for good, and says why the text is gone")
    ledger, storage = stores.ledger, archive_storage(stores.settings)
    addresses = _addresses_of(ledger, request.article)
    found = [item for cls in _filled(ledger, _OF_ARTICLES) for item in _events_of(ledger, cls, addresses)]
    events: list[Any] = [item.event for item in found]
    if not found:
        raise NewsledgerError(f"{request.article}: no such article in this ledger, or it was erased before")
    mask = None if request.person is None else NameMask(request.person)
    replacements = [(item, masked) for item in found if (masked := mask.masked(item)) != item] if mask else []
    replaced = [*(masked for _, masked in replacements), *_polls_without(ledger, events)]
    if mask and (missing := [word for word in mask.words if not _is_in_any(NameMask(word), found)]):
        names = sorted({name for event in events if (name := _person_of(event))})
        raise NewsledgerError(
            f"{request.person}: {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not in this article;"
            f" it names {', '.join(names) or 'nobody'}"
        )
    removed = [] if mask else found
    others = _other_addresses(ledger, events, addresses)
    positions = [item.position for item in found]
    if searched is not None and searched.positions == positions:
        records = searched.records
    else:
        places = records_about(ledger, storage, events, addresses | others, mask, stores.settings.jobs)
        records = [
            ErasedRecord(at.warc_file, at.warc_offset, at.warc_length, digest(erasure_note(at, now)))
            for at in dict.fromkeys(places)
        ]
    return Redaction(
        at=now,
        scope=RedactionScope.PERSON if mask else RedactionScope.ARTICLE,
        reason=request.reason,
        sources={
            **dict.fromkeys(others, events[0].source_id),
            **{event.article_id: event.source_id for event in events if event.article_id in addresses},
        },
        positions=positions,
        removed=removed,
        replaced=replaced,
        spellings=sum((spellings(item, masked) for item, masked in replacements), Counter[str]()),
        near=mask.near({item.position: item for item in (*found, *replaced)}.values()) if mask else [],
        records=records,
        seals=[*_seals(ledger, removed, replaced)],
        recognised_by=digests_of(events, has_texts=mask is None),
    )


def _addresses_of(ledger: Ledger, article: str) -> set[UUID]:
    """The ids of all addresses of the article."""
    try:
        wanted = UUID(article) if "/" not in article else article_id(article)
    except ValueError as exc:
        raise NewsledgerError(f"{article}: neither the address of an article nor its id") from exc
    joins = ledger.select(JoinedPair, "joins_of_articles", article_ids=[wanted])
    return {wanted, *(each for pair in joins for each in (pair.article_id, pair.other_article_id))}


def _polls_without(ledger: Ledger, events: Iterable[Event]) -> Iterator[Recorded]:
    """The polls that name guids of these items as repeated, without these: a guid may be the article's address."""
    items = [event for event in events if isinstance(event, ItemDiscovered)]
    guids = {item.guid for item in items}
    if not guids:
        return
    feeds, named = (", ".join(map(literal, sorted(each))) for each in ({item.source_id for item in items}, guids))
    for item in _where(ledger, FeedPolled, f"source_id in ({feeds}) and list_has_any(repeats, [{named}])"):
        assert isinstance(item.event, FeedPolled)
        left = tuple(guid for guid in item.event.repeats or () if guid not in guids)
        yield msgspec.structs.replace(item, event=msgspec.structs.replace(item.event, repeats=left or None))


def _other_addresses(ledger: Ledger, events: Sequence[Event], addresses: Collection[UUID]) -> set[UUID]:
    """The ids of addresses that these events, which are all about the article, name as its own: where it was found in
    the end, what its pages give (rel=canonical), and redirectors. An address that another article has or names, too,
    is left out."""
    named = {
        article: address
        for cls, name in _NAMED_ADDRESSES
        for event in events
        if isinstance(event, cls)
        and (address := getattr(event, name))
        and (article := article_at(address)) is not None
        and article not in addresses
    }
    if not named:
        return set()
    ids, urls = (", ".join(map(literal, sorted(each))) for each in (map(str, named), named.values()))
    taken = {
        taken
        for cls, name in _NAMED_ADDRESSES
        for item in _where(ledger, cls, f"article_id in ({ids}) or {name} in ({urls})")
        for event in (item.event,)
        if isinstance(event, ArticleEvent | ItemDiscovered) and event.article_id not in addresses
        for taken in (event.article_id, article_at(getattr(event, name) or ""))
    }
    return named.keys() - taken


def _events_of(ledger: Ledger, cls: type[Event], addresses: Iterable[UUID]) -> Iterator[Recorded]:
    ids = ", ".join(map(literal, addresses))
    columns = [name for name in ("article_id", "other_article_id") if name in cls.__struct_fields__]
    return _where(ledger, cls, " or ".join(f"{column} in ({ids})" for column in columns))


class _Table(msgspec.Struct, frozen=True):
    table_name: str


def _filled(ledger: Ledger, types: Iterable[type[Event]]) -> list[type[Event]]:
    """Those of the types that have events."""
    filled = {table.table_name for table in ledger.select(_Table, "filled_tables")}
    return [cls for cls in types if event_type(cls) in filled]


def _is_in_any(mask: NameMask, found: Iterable[Recorded]) -> bool:
    return any(mask.masked(item) != item for item in found)


def _person_of(event: Event) -> str | None:
    """The person whom a mention names, or the speaker of a quotation."""
    if isinstance(event, EntityMentioned) and event.kind is MentionKind.PERSON:
        return event.name
    return event.speaker if isinstance(event, QuoteExtracted) else None


def _seals(ledger: Ledger, removed: Sequence[Recorded], replaced: Sequence[Recorded]) -> Iterator[Seal]:
    """The digest of each append that has one of these events, over what is left of it.

    Raises LedgerError unless the append is as it was recorded.
    """
    gone = {item.position for item in removed}
    instead = {item.position: item for item in replaced}
    appends = ledger.select(AppendRow, "appends_with", positions=sorted({*gone, *instead}))
    within = " or ".join(f"position between {append.first_position} and {append.last_position}" for append in appends)
    events = sorted(
        (item for cls in _filled(ledger, EVENT_TYPES) for item in _where(ledger, cls, within)), key=_position
    )
    earlier = seals_of(ledger)
    for append in appends:
        first = bisect_left(events, append.first_position, key=_position)
        mine = events[first : bisect_right(events, append.last_position, key=_position)]
        if _digest(append, mine) != as_left(append, earlier).digest:
            raise LedgerError(f"{append.name}: is not as it was recorded, so nothing was erased; `newsledger verify`")
        left = [instead.get(item.position, item) for item in mine if item.position not in gone]
        yield Seal(append.append_no, len(left), _digest(append, left))


def _digest(append: AppendRow, events: Iterable[Recorded]) -> str:
    lines = [item.canonical() for item in events] or [append.envelope.encode()]
    return chain_digest(append.previous_digest, append.append_no, lines)


def _position(item: Recorded) -> int:
    return item.position


def _where(ledger: Ledger, cls: type[Event], condition: str) -> Iterator[Recorded]:
    return from_table(cls, ledger.table(statement("events_where").format(table=event_type(cls), condition=condition)))
