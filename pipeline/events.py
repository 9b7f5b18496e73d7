"""Every event type. An event is a fact that was observed: frozen, in the past tense, never changed or removed.

The envelope (docs/architecture.md) has two halves. What the producer knows is declared on `Event`; `position`,
`recorded_at` and `run_id` are given by the ledger when it takes the event. A type's other fields are its table's
columns, in this order; `None` is NULL. A field added later must be optional, `None` for what is recorded already;
a changed meaning needs a new type.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import msgspec

from pipeline.ids import name_uuid


class Via(StrEnum):
    """How an item or a page came to us."""

    LIVE = "live"
    WAYBACK = "wayback"
    CC_NEWS = "cc_news"
    FEED = "feed"
    """The feed's own text of the article, where its page could not be had."""
    SITEMAP = "sitemap"
    """Found by a backfill in the outlet's sitemaps."""


class PollOutcome(StrEnum):
    OK = "ok"
    NOT_MODIFIED = "not_modified"
    MOVED = "moved"
    GONE = "gone"
    BLOCKED = "blocked"
    FAILED = "failed"
    PUT_OFF = "put_off"
    """Nothing was asked: the host wants to be left alone, or its turn was too far off."""


class WarcType(StrEnum):
    """Which WARC record holds the exchange (WARC 1.1, section 5.5)."""

    RESPONSE = "response"
    REVISIT = "revisit"
    RESOURCE = "resource"


class DateQuality(StrEnum):
    """How far an item's date can be trusted."""

    EXACT = "exact"
    NO_ZONE = "no_zone"
    """It names no time zone; the source's was assumed."""
    DAY_ONLY = "day_only"
    """It names no time of day; the day's beginning was assumed."""
    FUTURE = "future"
    """It lies ahead of the poll, so it was not believed."""
    UNREADABLE = "unreadable"


class Access(StrEnum):
    OPEN = "open"
    METERED = "metered"
    PAYWALLED = "paywalled"


class BlockKind(StrEnum):
    PARAGRAPH = "paragraph"
    SUBHEADING = "subheading"
    LIST = "list"
    QUOTATION = "quotation"
    TABLE = "table"


class QuoteKind(StrEnum):
    DIRECT = "direct"
    """Somebody's own words: in marks, or set apart as a block."""
    INDIRECT = "indirect"
    """Reported: sagte, dass …; laut X …; and sentences that go on reporting."""


class RevisitOutcome(StrEnum):
    """What became of a page since it was last captured."""

    UNCHANGED = "unchanged"
    """The same bytes, or the server says so (304)."""
    CHANGED = "changed"
    """Other bytes; they are captured."""
    MISSING = "missing"
    """404 or 410, or redirected to the front page or another page of the site that is no article."""
    FAILED = "failed"
    """No answer that would tell; also a redirect to another site, to another article, or to a page that wants something
    first."""


class MentionKind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"
    PLACE = "place"


class Block(msgspec.Struct, frozen=True, omit_defaults=True):
    """One block of an article's body, in reading order."""

    kind: BlockKind
    text: str


class BlockSpeaker(msgspec.Struct, frozen=True):
    """Who says a block that is a quotation."""

    block_no: int
    """The quotation's place among the blocks, counted from 1."""
    speaker: str
    """As the line says it, without the role."""
    role: str | None = None


class LiveEntry(msgspec.Struct, frozen=True):
    """An entry of a liveblog."""

    block_no: int
    """The block it begins with, counted from 1."""
    published_at: datetime


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """What every event says. `IDENTITY` names the fields that, with type and producer, make its id."""

    IDENTITY: ClassVar[tuple[str, ...]] = ()

    stream: str
    """What the fact is about: `feed:<source>/<n>`, `article:<article_id>` or `run:<dag>/<run>`."""
    occurred_at: datetime
    """When it happened in the world, UTC."""
    producer: str
    """Who asserts it, `extract@3`; any change of its output bumps the number."""
    caused_by: UUID | None = None
    """The event this one follows from."""

    @property
    def event_id(self) -> UUID:
        """The same fact from the same producer always has the same id, so recording it again adds nothing."""
        return name_uuid(
            event_type(type(self)), self.producer, *(_spell(getattr(self, name)) for name in self.IDENTITY)
        )


def _spell(value: object) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def event_type(cls: type[Event]) -> str:
    """The type's name, which is also its table's: `article_captured`."""
    tag = cls.__struct_config__.tag
    assert isinstance(tag, str)
    return tag


class FeedPolled(Event, frozen=True, kw_only=True, tag="feed_polled"):
    """One poll of one feed, whatever came of it."""

    IDENTITY = ("feed_url", "occurred_at")

    source_id: str
    feed_url: str
    outcome: PollOutcome
    status: int | None = None
    """HTTP status of the last response; None when there was none."""
    reason: str | None = None
    """Why the outcome is not ok: `timeout`, `dns`, `http_5xx`, `robots`, `not_a_feed`, …"""
    detail: str | None = None
    final_url: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    bytes: int | None = None
    items: int | None = None
    new_items: int | None = None
    overlap: bool | None = None
    """Did this poll still hold one of the newest items of the last one that was read? None on the first poll, when
    nothing was read, and where items of either are none. Where it is false, see `gap_from`."""
    warnings: tuple[str, ...] = ()
    """What was wrong with the feed although its items could be read: `broken_xml`, `wrong_charset`, …"""
    payload_digest: str | None = None
    warc_payload_digest: str | None = None
    warc_type: WarcType | None = None
    warc_file: str | None = None
    warc_offset: int | None = None
    warc_length: int | None = None
    items_dropped: int | None = None
    """Entries that name no page, and those beyond the cap on a feed's length."""
    newest_articles: tuple[UUID, ...] | None = None
    """The articles of the newest items, a fifth of all and at least three, for the next poll to look for."""
    gap_from: datetime | None = None
    """Where `overlap` is false: what was published from here on may have come and gone unseen, …"""
    gap_to: datetime | None = None
    """… up to the oldest item of this poll."""
    conditional: bool | None = None
    """Whether the feed was asked only for what is new (ETag, Last-Modified)."""
    asked_url: str | None = None
    """The address that was asked where that is not `feed_url` but the one adopted after permanent redirects."""
    moved_to: str | None = None
    """Where permanent redirects alone (301, 308) have led."""
    retry_at: datetime | None = None
    """Before when the server wants not to be asked again (Retry-After)."""


class ItemDiscovered(Event, frozen=True, kw_only=True, tag="item_discovered"):
    """An item as the feed gave it. What the feed says differently next time is a new event that supersedes this."""

    IDENTITY = ("source_id", "feed_url", "guid", "said_digest", "supersedes")

    source_id: str
    feed_url: str
    article_id: UUID
    url: str
    """As the feed gave it, made absolute."""
    canonical_url: str
    guid: str
    """The feed's own id of the item; the URL where it has none."""
    title: str | None = None
    summary: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    published_raw: str | None = None
    """The date as written in the feed."""
    said_digest: str
    """Of everything the feed said of the item, to notice changes."""
    supersedes: UUID | None = None
    """The event of the same item in the same feed that was true until now."""
    via: Via = Via.LIVE
    published_quality: DateQuality | None = None
    """None where the feed gave no date."""
    content: str | None = None
    """The article's text as HTML where the feed has it (content:encoded), for pages that cannot be captured."""


class ArticleCaptured(Event, frozen=True, kw_only=True, tag="article_captured"):
    """A page was fetched and its exchange archived. Caused by the item (or the recheck) that asked for it."""

    IDENTITY = ("url", "payload_digest", "caused_by")

    source_id: str
    article_id: UUID
    url: str
    final_url: str
    status: int | None
    """None where no page answered and the article was taken from the feed."""
    content_type: str | None = None
    payload_digest: str
    """`sha256:<hex>` of the body with its content-encoding undone: what extraction reads."""
    warc_payload_digest: str
    """The record's WARC-Payload-Digest: of the body as it was sent. Differs where it was sent compressed."""
    bytes: int
    """Size of the body with its content-encoding undone."""
    warc_type: WarcType
    """A revisit record repeats no payload; the article's earliest response with the same digest has it."""
    warc_file: str
    """Relative to the archive root."""
    warc_offset: int
    warc_length: int
    captured_at: datetime
    """When the page was as archived: now for a live page, the web archive's date for an archived one."""
    via: Via = Via.LIVE


class CaptureFailed(Event, frozen=True, kw_only=True, tag="capture_failed"):
    """A page could not be had. Caused by the item that asked for it."""

    IDENTITY = ("url", "caused_by", "attempt")

    source_id: str
    article_id: UUID
    url: str
    reason: str
    """`robots`, `http_4xx`, `http_5xx`, `gone`, `timeout`, `dns`, `too_large`, `blocked_address`, `not_html`,
    `soft_404`, `to_front_page`, `to_other_page`, `to_other_article`, `to_wall`, …"""
    status: int | None = None
    detail: str | None = None
    attempt: int
    will_retry: bool
    retry_at: datetime | None = None
    """Before when the server wants not to be asked again (Retry-After)."""


class ArticleExtracted(Event, frozen=True, kw_only=True, tag="article_extracted"):
    """What the page said, by this producer. Caused by the capture it was read from."""

    IDENTITY = ("article_id", "payload_digest")

    source_id: str
    article_id: UUID
    url: str
    payload_digest: str
    kicker: str | None = None
    headline: str | None = None
    lead: str | None = None
    blocks: tuple[Block, ...] = ()
    text: str
    """The blocks' texts, one line each; offsets of quotes and mentions count its characters."""
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    modified_at: datetime | None = None
    language: str | None = None
    """ISO 639-1, as the page declares it, else as detected."""
    section: str | None = None
    access: Access = Access.OPEN
    correction: str | None = None
    """The outlet's own correction notice."""
    word_count: int
    text_digest: str
    """Of headline, lead and text: equal digests read the same."""
    canonical_url: str | None = None
    """The address by which the page itself wants to be known."""
    agencies: tuple[str, ...] | None = None
    """The news agencies whose text it is or was made from: "dpa", "AFP"."""
    attributions: tuple[BlockSpeaker, ...] | None = None
    """Who says the blocks that are quotations, where the page tells."""
    entries: tuple[LiveEntry, ...] | None = None
    """Where the entries of a liveblog begin among the blocks, and their times."""


class ExtractionFailed(Event, frozen=True, kw_only=True, tag="extraction_failed"):
    """No article could be read from a captured page."""

    IDENTITY = ("article_id", "payload_digest")

    source_id: str
    article_id: UUID
    url: str
    payload_digest: str
    reason: str
    detail: str | None = None


class BoilerplateStripped(Event, frozen=True, kw_only=True, tag="boilerplate_stripped"):
    """One block that was on the page and is not part of the article. Caused by the extraction."""

    IDENTITY = ("caused_by", "block_no")

    source_id: str
    article_id: UUID
    block_no: int
    """Counted from 1 in the order of the page."""
    kind: str
    rule: str
    text: str


class VideoEmbedded(Event, frozen=True, kw_only=True, tag="video_embedded"):
    """What a stripped video caption said of the video. Caused by the extraction."""

    IDENTITY = ("caused_by", "video_no")

    source_id: str
    article_id: UUID
    video_no: int
    """Counted from 1 in the order of the page."""
    teaser: str | None = None
    published_on: date | None = None
    duration_seconds: int | None = None


class ArticleAnnotated(Event, frozen=True, kw_only=True, tag="article_annotated"):
    """The annotators have read an extraction, also when they found nothing. Caused by the extraction."""

    IDENTITY = ("caused_by",)

    source_id: str
    article_id: UUID
    language: str | None = None
    """ISO 639-1, as detected in the text."""
    language_confidence: float | None = None
    """0 to 1."""
    quotes: int | None = None
    """None from a producer that does not look for any."""
    mentions: int | None = None
    """Likewise."""
    failure: str | None = None
    """Why the text could not be read by this producer: `timeout`, `died`, `language`. A newer one tries again."""


class QuoteExtracted(Event, frozen=True, kw_only=True, tag="quote_extracted"):
    """Somebody is quoted. Offsets are characters in the extraction's text, end exclusive. Caused by the extraction."""

    IDENTITY = ("caused_by", "start_char", "end_char")

    source_id: str
    article_id: UUID
    text: str
    start_char: int
    end_char: int
    kind: QuoteKind
    speaker: str | None = None
    """As written in the text: "Merz", "der Kanzler"."""
    speaker_start_char: int | None = None
    speaker_end_char: int | None = None
    person: str | None = None
    """The speaker's full name as the article introduces it; None where unknown."""
    cue: str | None = None
    """The word that marks it as said: "sagte"."""
    cue_start_char: int | None = None
    cue_end_char: int | None = None
    rule: str
    """Id of the rule that found it."""
    confidence: float
    """0 to 1."""
    frame: str | None = None
    """The words that attribute it, from speaker to cue: "sagte am Dienstag der Kanzler"."""
    frame_start_char: int | None = None
    frame_end_char: int | None = None


class EntityMentioned(Event, frozen=True, kw_only=True, tag="entity_mentioned"):
    """A person, organisation or place is named. Offsets as for quotations. Caused by the extraction."""

    IDENTITY = ("caused_by", "start_char", "end_char")

    source_id: str
    article_id: UUID
    kind: MentionKind
    surface: str
    """As written: "Merz", "Frankreichs"."""
    name: str
    """A person's full name as the article introduces it, a place's or organisation's usual name."""
    start_char: int
    end_char: int
    role: str | None = None
    """Of a person, as said at this mention: "Bundeskanzler"."""
    party: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2: where a place is, whom a person's office serves."""
    rule: str
    confidence: float
    """0 to 1."""


class ArticleRevisited(Event, frozen=True, kw_only=True, tag="article_revisited"):
    """A captured page was looked at again. Caused by the article's capture or look before.

    A page that has changed is captured: the capture is caused by this look. Every answer is in the archive.
    """

    IDENTITY = ("article_id", "caused_by")

    source_id: str
    article_id: UUID
    url: str
    capture_id: UUID
    """The capture before, which the page was compared with."""
    outcome: RevisitOutcome
    status: int | None = None
    """None where nobody answered."""
    reason: str | None = None
    """Why it is missing, `gone`, `http_4xx`, `soft_404`, `to_front_page`, `to_other_page`, or why the look failed,
    `http_5xx`, `timeout`, `to_other_site`, `to_other_article`, `to_wall`, …"""
    detail: str | None = None
    final_url: str | None = None
    attempt: int = 1
    """Looks in a row that found no page, this one included; 1 also where it found one."""
    conditional: bool = False
    """Whether the page was asked for only if it had changed."""
    etag: str | None = None
    last_modified: str | None = None
    retry_at: datetime | None = None
    """Before when the server wants not to be asked again (Retry-After)."""
    payload_digest: str | None = None
    """`sha256:<hex>` of the answer's body with its content-encoding undone."""
    warc_payload_digest: str | None = None
    warc_type: WarcType | None = None
    warc_file: str | None = None
    warc_offset: int | None = None
    warc_length: int | None = None


class RunFailed(Event, frozen=True, kw_only=True, tag="run_failed"):
    """A task of a run failed for good: its retries are used up."""

    IDENTITY = ("stream", "task_id", "map_index", "try_number")

    dag_id: str
    task_id: str
    map_index: int | None = None
    """Which of the mapped tasks, from 0; None where the task is not mapped."""
    label: str | None = None
    """The mapped task's name, its source."""
    try_number: int
    """The try that failed last, from 1."""
    error: str
    """The exception's class and message, one line, shortened."""


class HistoryRead(Event, frozen=True, kw_only=True, tag="history_read"):
    """A backfill has looked into one document of a source's history for articles of an interval."""

    IDENTITY = ("source_id", "via", "url", "interval_start", "interval_end", "occurred_at")

    source_id: str
    via: Via
    url: str
    """The sitemap, the feed or page whose archived captures were read, or the WARC file."""
    interval_start: datetime
    interval_end: datetime
    reason: str | None = None
    """Why it could not be read, or not to its end; None where it was. Those of polls, and `partial`, `broken_index`."""
    detail: str | None = None
    status: int | None = None
    retry_at: datetime | None = None
    entries: int = 0
    """What it names: pages, or further sitemaps."""
    matches: int = 0
    """Articles of the interval among them."""
    new_items: int = 0
    """Those that were not known."""
    payload_digest: str | None = None
    warc_file: str | None = None
    warc_offset: int | None = None
    warc_length: int | None = None


class BackfillFinished(Event, frozen=True, kw_only=True, tag="backfill_finished"):
    """What a run over a past interval came to for one source: each article published then, or captured then and to be
    read, is counted once, by what has become of it: `known` + `found` = `recovered` + `replayed` + `unchanged` +
    `lost` + `waiting`. A task that is tried again may come to more: the last event of a run's start holds."""

    IDENTITY = (
        *("source_id", "interval_start", "interval_end", "started_at"),
        *("known", "found", "recovered", "replayed", "unchanged", "lost", "waiting"),
    )

    source_id: str
    interval_start: datetime
    interval_end: datetime
    started_at: datetime
    known: int
    """Articles the ledger knew of before."""
    found: int
    """Articles that the source's history named, to this run or to one that was killed before it could say so."""
    recovered: int
    """Likewise those whose page was had, and not before."""
    replayed: int
    """Captured before, and read anew by the run from the archive."""
    unchanged: int
    """There was nothing to do."""
    lost: int
    """Known, and nowhere to be had when asked for last."""
    waiting: int
    """Left to a later run: put off, failed for now, not asked for, or not wanted."""


EVENT_TYPES: tuple[type[Event], ...] = (
    FeedPolled,
    ItemDiscovered,
    ArticleCaptured,
    CaptureFailed,
    ArticleExtracted,
    ExtractionFailed,
    BoilerplateStripped,
    VideoEmbedded,
    ArticleAnnotated,
    QuoteExtracted,
    EntityMentioned,
    ArticleRevisited,
    RunFailed,
    HistoryRead,
    BackfillFinished,
)
