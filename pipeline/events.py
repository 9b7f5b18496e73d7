"""Every event type, declared once. An event is an observed fact, named in the past tense and never changed or removed.

Everything else follows from the declarations below: a type's fields are the columns of its ledger table and of its
table in schema `events` of the published file, in this order; the docstrings are those columns' comments; `IDENTITY`
makes the event's id; enums and `REFERENCES` become data tests of each build. None is NULL.

An event's envelope has two halves. What the producer knows is declared on `Event`; `position`, `event_id`,
`recorded_at` and `run_id` are added by the ledger when it takes the event (`pipeline.ledger.rows.Recorded`).

Recorded history restricts what may change here. A field added later must be optional, with `None` for what is
recorded already, and stands at the end of its type. A changed meaning needs a new type. Field order, `IDENTITY` and
defaults of existing types are fixed: ids and digests are made of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache, cached_property
from typing import ClassVar
from uuid import UUID

import msgspec

from pipeline.ids import name_uuid


class Via(StrEnum):
    """The way an item or a page was obtained."""

    LIVE = "live"
    WAYBACK = "wayback"
    CC_NEWS = "cc_news"
    FEED = "feed"
    """The article's text as the feed itself carries it, used when its page could not be fetched."""
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
    """No request was sent: the host asked to be left alone, or its next free slot was too far in the future."""


class WarcType(StrEnum):
    """The type of the WARC record that holds the exchange (WARC 1.1, section 5.5)."""

    RESPONSE = "response"
    REVISIT = "revisit"
    RESOURCE = "resource"


class DateQuality(StrEnum):
    """How far an item's date can be trusted."""

    EXACT = "exact"
    NO_ZONE = "no_zone"
    """The date names no time zone; the source's zone was assumed."""
    DAY_ONLY = "day_only"
    """The date names no time of day; the beginning of the day was assumed."""
    FUTURE = "future"
    """The date is later than the poll and was not used."""
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
    """Somebody's own words: between quotation marks, or set apart as a block."""
    INDIRECT = "indirect"
    """Reported speech: "sagte, dass …", "laut X …", and the sentences that continue the report."""


class ArticlePart(StrEnum):
    """A part of an article besides its text."""

    HEADLINE = "headline"
    LEAD = "lead"


class RevisitOutcome(StrEnum):
    """What happened to a page since it was last captured."""

    UNCHANGED = "unchanged"
    """The same bytes, or the server says so (304)."""
    CHANGED = "changed"
    """Other bytes, which are captured."""
    MISSING = "missing"
    """404 or 410, or a redirect to the front page or to another page of the site that is not an article."""
    FAILED = "failed"
    """The answer does not show whether the page is still there: no response, or a redirect to another site, to another
    article, or to a login or consent page."""


class JoinEvidence(StrEnum):
    """What shows that two addresses are one article."""

    SAME_ADDRESS = "same_address"
    """They differ only in what today's rules for addresses ignore; an earlier version kept them apart."""
    GUID = "guid"
    """A feed gives the same item, by its guid, under a new address."""
    MOVED = "moved"
    """An address that was read redirects to one that was discovered later, and the text is the same."""
    ORIGINAL_LINK = "original_link"
    """A feed names the article's address beside that of a redirector (feedburner:origLink)."""
    REDIRECT = "redirect"
    """One address redirects to the other."""
    CANONICAL = "canonical"
    """The page at one address names the other one as its own (rel=canonical)."""
    EQUAL_TEXT = "equal_text"
    """Both have the same headline, lead and text. They differ in the query only, or were published at the same time."""


class Medium(StrEnum):
    """The kind of media that a caption describes, if it is not a video."""

    AUDIO = "audio"
    PICTURES = "pictures"


class RedactionScope(StrEnum):
    """The part of an article that was erased."""

    ARTICLE = "article"
    """Everything that the ledger and the archive had of it."""
    PERSON = "person"
    """The archived pages, and a person's name in the events."""


class MentionKind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"
    PLACE = "place"


class Block(msgspec.Struct, frozen=True, omit_defaults=True):
    """One block of an article's body, in reading order."""

    kind: BlockKind
    text: str


class BlockSpeaker(msgspec.Struct, frozen=True):
    """The speaker of a block that is a quotation."""

    block_no: int
    """The quotation's number among the blocks, counted from 1."""
    speaker: str
    """The name as the line gives it, without the role."""
    role: str | None = None


class LiveEntry(msgspec.Struct, frozen=True):
    """An entry of a liveblog."""

    block_no: int
    """The number of the entry's first block, counted from 1."""
    published_at: datetime


class Enclosure(msgspec.Struct, frozen=True):
    """A file that an item of a feed attaches: a sound, picture, film or document."""

    url: str
    type: str | None = None
    """The media type, or `image/*` where the feed names only the kind."""
    size_bytes: int | None = None


class ErasedEvent(msgspec.Struct, frozen=True):
    """An event that was removed from the ledger."""

    position: int
    event_id: str
    type: str


class Seal(msgspec.Struct, frozen=True):
    """What is left of an append after an erasure."""

    append_no: int
    events: int
    """Number of events that are left."""
    digest: str
    """The append's digest over these events. It stands for the recorded one, which the next append still names as its
    predecessor."""


class ErasedRecord(msgspec.Struct, frozen=True):
    """A record of the archive that was overwritten with a note of the same length."""

    warc_file: str
    warc_offset: int
    warc_length: int
    warc_digest: str
    """`sha256:<hex>` of the note's bytes in the file."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", dict=True):
    """The part of the envelope that the producer fills in."""

    IDENTITY: ClassVar[tuple[str, ...]] = ()
    """The fields that, together with type and producer, make the event's id."""
    ADDED: ClassVar[frozenset[str]] = frozenset()
    """Those of them that were added later; they are no part of the id while they are null."""
    REFERENCES: ClassVar[Mapping[str, str]] = {}
    """Fields that hold another event's id, and the type of that event. Every build tests that the event exists."""

    stream: str
    """What the fact is about: `feed:<source>/<n>`, `article:<article_id>`, `source:<source>`, `templates:<source>`,
    `run:<dag>/<run>`."""
    occurred_at: datetime
    """When it happened in the world, UTC."""
    producer: str
    """Name and version of the program that asserts the fact, `extract@3`. A change of its output raises the number."""
    caused_by: UUID | None = None
    """The id of the event this one follows from."""

    @cached_property
    def event_id(self) -> UUID:
        """The same fact from the same producer always has the same id, so recording it again adds nothing."""
        identity = [
            _ENCODER.encode(value)
            for name in self.IDENTITY
            if (value := getattr(self, name)) is not None or name not in self.ADDED
        ]
        return name_uuid(event_type(type(self)), self.producer, *identity)


_ENCODER = msgspec.json.Encoder(order="deterministic")


@cache
def event_type(cls: type[Event]) -> str:
    """The type's name, which is also its table's name: `article_captured`."""
    tag = cls.__struct_config__.tag
    assert isinstance(tag, str)
    return tag


class ArticleEvent(Event, frozen=True, kw_only=True):
    """Not a type of its own: what all events about an article begin with."""

    source_id: str
    """The source's id in sources.toml."""
    article_id: UUID
    """The article's id, made from its canonical URL."""


class FeedPolled(Event, frozen=True, kw_only=True, tag="feed_polled"):
    """One poll of one feed, whatever its outcome. Polls of the sitemaps that an index names are caused by the index's
    poll; a poll without a cause is of a feed in sources.toml."""

    IDENTITY = ("feed_url", "occurred_at")
    REFERENCES: ClassVar[Mapping[str, str]] = {"caused_by": "feed_polled"}

    source_id: str
    """The source's id in sources.toml."""
    feed_url: str
    """The feed's address in sources.toml."""
    outcome: PollOutcome
    """`ok`, `moved` (permanent redirects led to `moved_to`) and `not_modified` are successes. `gone` (410) retires the
    feed. `put_off` is neither success nor failure: no request was sent, because the host asked to be left alone."""
    status: int | None = None
    """HTTP status of the last response; null without a response."""
    reason: str | None = None
    """Why the outcome is not ok: `timeout`, `dns`, `http_5xx`, `robots`, `not_a_feed`, …"""
    detail: str | None = None
    """The reason in words."""
    final_url: str | None = None
    """The address that answered, after redirects."""
    etag: str | None = None
    last_modified: str | None = None
    bytes: int | None = None
    """Size of the body."""
    items: int | None = None
    """Items in the feed."""
    new_items: int | None = None
    """Items that the ledger did not know, also not under another address, guid or title."""
    overlap: bool | None = None
    """Did this poll still contain one of the newest items of the previous poll that was read, whatever address, guid or
    title it has now? Null for the first poll, when nothing was read, when either poll has no items, and for an older
    copy of the feed: all its items are older than the newest one of before. If false, see `gap_from`."""
    warnings: tuple[str, ...] = ()
    """Faults of a feed whose items could be read: `broken_xml`, `wrong_charset`, …

    In a sitemap, `undated_items` are pages without a date, of which those are recorded that it did not list when it was
    last read. `lastmod_is_now` and `lastmod_is_of_file`: its dates are of the request, or of the file, and are ignored.
    """
    payload_digest: str | None = None
    warc_payload_digest: str | None = None
    warc_type: WarcType | None = None
    warc_file: str | None = None
    warc_offset: int | None = None
    warc_length: int | None = None
    items_dropped: int | None = None
    """Entries that were ignored: those that name no page, and those beyond the maximum length of a feed."""
    newest_articles: tuple[UUID, ...] | None = None
    """The articles of the newest items, a fifth of all and at least three, ids as text. The next poll looks for them to
    find out whether it overlaps."""
    gap_from: datetime | None = None
    """If `overlap` is false: items published from here on may have come and gone between the polls. It is the time at
    which the feed was last read, less the age of the answer, …"""
    gap_to: datetime | None = None
    """… up to here, the date of the oldest new item of this poll, later if the outlet's clock may be slow."""
    conditional: bool | None = None
    """Was the request conditional (If-None-Match, If-Modified-Since)? Null if the server had given no validator."""
    asked_url: str | None = None
    """The requested address, if it is not `feed_url` but the one adopted after permanent redirects."""
    moved_to: str | None = None
    """The target of a redirect chain of permanent redirects only (301, 308)."""
    retry_at: datetime | None = None
    """The server asked for no request before this time (Retry-After)."""
    repeats: tuple[str, ...] | None = None
    """Guids of entries that were merged with an earlier entry of the feed, because guid and page are the same."""
    feed_title: str | None = None
    feed_language: str | None = None
    """The language that the feed gives as its own, a tag such as `de-AT`."""
    feed_image: str | None = None
    """Address of the feed's picture or logo."""
    warc_digest: str | None = None
    """`sha256:<hex>` of the record's bytes in the file; null in what version 0.1 recorded."""
    age_seconds: int | None = None
    """Age of the answer if a cache on the way served it (the header Age, RFC 9111, 5.1)."""


class ItemDiscovered(Event, frozen=True, kw_only=True, tag="item_discovered"):
    """An item as the feed gave it. When the feed says something else about it later, that is a new event, which
    supersedes this one."""

    IDENTITY = ("source_id", "feed_url", "guid", "said_digest", "supersedes")

    source_id: str
    """The source's id in sources.toml."""
    feed_url: str
    """The feed, sitemap or archive document that names the item."""
    article_id: UUID
    """The article's id, made from `canonical_url`."""
    url: str
    """The item's address as the feed gave it, made absolute."""
    canonical_url: str
    """The address without tracking parameters, fragment, and AMP or mobile variants."""
    guid: str
    """The feed's own id of the item; the URL if it has none."""
    title: str | None = None
    summary: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    published_raw: str | None = None
    """The publication date as written in the feed."""
    said_digest: str
    """Digest of everything the feed said about the item, to notice changes."""
    supersedes: UUID | None = None
    """The event that described the same item of the same feed until now."""
    via: Via = Via.LIVE
    published_quality: DateQuality | None = None
    """How far `published_at` can be trusted; null if the feed gave no date."""
    content: str | None = None
    """The article's text as HTML if the feed carries it (content:encoded), for pages that cannot be captured."""
    redirector_url: str | None = None
    """The link of the item, if that is a redirector and the feed also names the address to which it leads
    (feedburner:origLink); `url` is then that address."""
    authors: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    """Names of sections, subjects or tags, as the feed gives them."""
    enclosures: tuple[Enclosure, ...] | None = None


class ArticleCaptured(ArticleEvent, frozen=True, kw_only=True, tag="article_captured"):
    """A page was fetched and its exchange archived. Caused by the item or the revisit that asked for it."""

    IDENTITY = ("url", "payload_digest", "caused_by")

    url: str
    """The requested address."""
    final_url: str
    """The address that answered, after redirects."""
    status: int | None
    """HTTP status of the page; null if no page answered and the article was taken from the feed."""
    content_type: str | None = None
    payload_digest: str
    """`sha256:<hex>` of the body with its content-encoding undone: the bytes that extraction reads."""
    warc_payload_digest: str
    """The record's WARC-Payload-Digest, made of the body as it was sent. Differs if it was sent compressed."""
    bytes: int
    """Size of the body with its content-encoding undone."""
    warc_type: WarcType
    """A revisit record does not repeat the payload: the article's earliest response with the same digest holds it. A
    resource record holds what no server sent in this form: the feed's own text of an article."""
    warc_file: str
    """The archive file, relative to the archive root."""
    warc_offset: int
    """Where the record starts in the file, in bytes."""
    warc_length: int
    """Length of the compressed record, in bytes."""
    captured_at: datetime
    """When the page looked like this: the time of the request for a live page, the web archive's date for an archived
    page."""
    via: Via = Via.LIVE
    """How the page was obtained; `feed` if it could not be fetched and the feed's own text was used instead."""
    warc_digest: str | None = None
    """`sha256:<hex>` of the record's bytes in the file; null in what version 0.1 recorded."""


class CaptureFailed(ArticleEvent, frozen=True, kw_only=True, tag="capture_failed"):
    """A page could not be fetched. Caused by the item that asked for it."""

    IDENTITY = ("url", "caused_by", "attempt")

    url: str
    """The requested address."""
    reason: str
    """`robots`, `http_4xx`, `http_5xx`, `gone`, `timeout`, `dns`, `too_large`, `blocked_address`, `no_body`,
    `not_html`, `soft_404`, `to_front_page`, `to_other_page`, `to_other_article`, `to_wall`; a wall instead of the
    page: `wall_challenge`, `wall_captcha`, `wall_consent`, `wall_login`, `wall_subscription`, `wall_rate_limit`,
    `wall_block`; …"""
    status: int | None = None
    """HTTP status of the last response; null without a response."""
    detail: str | None = None
    """The reason in words."""
    attempt: int
    """Number of the attempt, counted from 1."""
    will_retry: bool
    """Will a later run try again? If false, the page has been given up."""
    retry_at: datetime | None = None
    """The server asked for no request before this time (Retry-After)."""


class ArticleExtracted(ArticleEvent, frozen=True, kw_only=True, tag="article_extracted"):
    """The article on a page, as this producer read it. Caused by the capture that was read."""

    IDENTITY = ("article_id", "payload_digest")
    REFERENCES: ClassVar[Mapping[str, str]] = {"caused_by": "article_captured"}

    url: str
    """The page's address."""
    payload_digest: str
    """The archived body that was read, `sha256:<hex>`."""
    kicker: str | None = None
    """The line above the headline."""
    headline: str | None = None
    lead: str | None = None
    """The summary between headline and text."""
    blocks: tuple[Block, ...] = ()
    """The body in reading order."""
    text: str
    """The blocks' texts, one line each. Offsets of quotes and mentions count its characters."""
    authors: tuple[str, ...] = ()
    """Names as printed."""
    published_at: datetime | None = None
    """When the page says it was published."""
    modified_at: datetime | None = None
    """When the page says it was last modified."""
    language: str | None = None
    """ISO 639-1, as the page declares it, otherwise as detected."""
    section: str | None = None
    """The outlet's section."""
    access: Access = Access.OPEN
    correction: str | None = None
    """The outlet's own correction notice."""
    word_count: int
    """Words of the text."""
    text_digest: str
    """Digest of headline, lead and text: equal digests read the same."""
    canonical_url: str | None = None
    """The address that the page itself names as its own."""
    agencies: tuple[str, ...] | None = None
    """The news agencies that wrote the text or on whose text it is based: "dpa", "AFP"."""
    attributions: tuple[BlockSpeaker, ...] | None = None
    """The speakers of the blocks that are quotations, where the page names them."""
    entries: tuple[LiveEntry, ...] | None = None
    """The entries of a liveblog: the block each one begins with, and its time."""


class ExtractionFailed(ArticleEvent, frozen=True, kw_only=True, tag="extraction_failed"):
    """No article could be read from a captured page. It also takes back an `article_extracted` of the same producer, if
    what was read turns out not to be the article. Caused by the capture."""

    IDENTITY = ("article_id", "payload_digest")
    REFERENCES: ClassVar[Mapping[str, str]] = {"caused_by": "article_captured"}

    url: str
    """The page's address."""
    payload_digest: str
    """The archived body that was read, `sha256:<hex>`."""
    reason: str
    """`no_text`, `not_html`, `shared_page` (the page answers for many different articles), `teaser` (it shows only a
    part of the article that it showed before), `erased` (an erased article at another address), …"""
    detail: str | None = None
    """The reason in words."""


class BoilerplateStripped(ArticleEvent, frozen=True, kw_only=True, tag="boilerplate_stripped"):
    """One block that was on the page and is not part of the article. Caused by the extraction."""

    IDENTITY = ("caused_by", "block_no")
    REFERENCES: ClassVar[Mapping[str, str]] = {"caused_by": "article_extracted"}

    block_no: int
    """Counted from 1 in the order of the page."""
    kind: str
    """What the block is: `video_caption`, `credit`, `newsletter`, …"""
    rule: str
    """Id of the rule that removed it."""
    text: str


class VideoEmbedded(ArticleEvent, frozen=True, kw_only=True, tag="video_embedded"):
    """What a stripped caption said about a video, a sound or a series of pictures. Caused by the extraction."""

    IDENTITY = ("caused_by", "video_no")
    REFERENCES: ClassVar[Mapping[str, str]] = {"caused_by": "article_extracted"}

    video_no: int
    """Counted from 1 in the order of the page."""
    teaser: str | None = None
    published_on: date | None = None
    duration_seconds: int | None = None
    medium: Medium | None = None
    """`audio` for a sound, `pictures` for a series of pictures; null for a video."""


class ArticleAnnotated(ArticleEvent, frozen=True, kw_only=True, tag="article_annotated"):
    """An annotator has read an extraction, even if it found nothing. Caused by the extraction."""

    IDENTITY = ("caused_by",)
    REFERENCES: ClassVar[Mapping[str, str]] = {"caused_by": "article_extracted"}

    language: str | None = None
    """ISO 639-1, as detected in the text."""
    language_confidence: float | None = None
    """0 to 1."""
    quotes: int | None = None
    """Quotations found; null from a producer that does not look for any."""
    mentions: int | None = None
    """Mentions found; null from a producer that does not look for any."""
    failure: str | None = None
    """Why this producer could not read the text: `timeout`, `died`, `language`. A newer producer tries again."""


class QuoteExtracted(ArticleEvent, frozen=True, kw_only=True, tag="quote_extracted"):
    """A quotation was found. Offsets are characters in the extraction's text, or in the part that `part` names, end
    exclusive; a speaker or cue that stands in another part has none. Caused by the extraction."""

    IDENTITY = ("caused_by", "start_char", "end_char", "part")
    ADDED = frozenset({"part"})
    REFERENCES: ClassVar[Mapping[str, str]] = {"caused_by": "article_extracted"}

    text: str
    """The words quoted, without the marks."""
    start_char: int
    end_char: int
    kind: QuoteKind
    speaker: str | None = None
    """As written in the text: "Merz", "der Kanzler"."""
    speaker_start_char: int | None = None
    speaker_end_char: int | None = None
    person: str | None = None
    """The speaker's full name as the article introduces it; null if unknown."""
    cue: str | None = None
    """The word that marks the quotation as said: "sagte"."""
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
    part: ArticlePart | None = None
    """The part of the article in which it stands; null for the text."""


class EntityMentioned(ArticleEvent, frozen=True, kw_only=True, tag="entity_mentioned"):
    """A person, an organisation or a place is named. Offsets are characters in the extraction's text, or in the part
    that `part` names, end exclusive. Caused by the extraction."""

    IDENTITY = ("caused_by", "start_char", "end_char", "part")
    ADDED = frozenset({"part"})
    REFERENCES: ClassVar[Mapping[str, str]] = {"caused_by": "article_extracted"}

    kind: MentionKind
    surface: str
    """As written: "Merz", "Frankreichs"."""
    name: str
    """A person's full name as the article introduces it; a place's or organisation's usual name."""
    start_char: int
    end_char: int
    role: str | None = None
    """A person's office or occupation as given at this mention: "Bundeskanzler"."""
    party: str | None = None
    """A person's party as given at this mention."""
    country: str | None = None
    """ISO 3166-1 alpha-2: the country of a place, or the one that a person's office serves."""
    rule: str
    """Id of the rule that found it."""
    confidence: float
    """0 to 1."""
    part: ArticlePart | None = None
    """The part of the article in which it stands; null for the text."""


class ArticleRevisited(ArticleEvent, frozen=True, kw_only=True, tag="article_revisited"):
    """A captured page was fetched again to see whether it has changed. Caused by the article's previous capture or
    revisit.

    A page that has changed is captured, and this event causes the capture. Every answer is in the archive.
    """

    IDENTITY = ("article_id", "caused_by")
    REFERENCES: ClassVar[Mapping[str, str]] = {"capture_id": "article_captured"}

    caused_by: UUID
    """The article's previous capture or revisit."""
    url: str
    """The requested address."""
    capture_id: UUID
    """The previous capture, with which the page was compared."""
    outcome: RevisitOutcome
    """`unchanged` (the same bytes, or 304), `changed` (the new page is captured), `missing` (404, 410, or a redirect to
    the front page or another page that is not an article) or `failed` (the answer does not tell)."""
    status: int | None = None
    """HTTP status; null if nobody answered."""
    reason: str | None = None
    """Why the page is missing, `gone`, `http_4xx`, `soft_404`, `to_front_page`, `to_other_page`, or why the revisit
    failed, `http_5xx`, `timeout`, `to_other_site`, `to_other_article`, `to_wall`, …"""
    detail: str | None = None
    """The reason in words."""
    final_url: str | None = None
    """The address that answered, after redirects."""
    attempt: int = 1
    """Revisits in a row that found no page, this one included; 1 also if it found one."""
    conditional: bool = False
    """Was the request conditional (If-None-Match, If-Modified-Since)?"""
    etag: str | None = None
    last_modified: str | None = None
    retry_at: datetime | None = None
    """The server asked for no request before this time (Retry-After)."""
    payload_digest: str | None = None
    """`sha256:<hex>` of the answer's body with its content-encoding undone."""
    warc_payload_digest: str | None = None
    warc_type: WarcType | None = None
    warc_file: str | None = None
    warc_offset: int | None = None
    warc_length: int | None = None
    warc_digest: str | None = None
    """`sha256:<hex>` of the record's bytes in the file; null in what version 0.1 recorded."""


class AddressesJoined(ArticleEvent, frozen=True, kw_only=True, tag="addresses_joined"):
    """Two addresses are the same article. The marts show them as one. Caused by the event that shows it."""

    IDENTITY = ("article_id", "other_article_id", "evidence")

    caused_by: UUID
    """The item, the capture, the extraction or the revisit that shows it."""
    other_article_id: UUID
    """The article id of the other address. `article_id` is that of the address that was discovered first."""
    url: str
    """The address that was discovered first."""
    other_url: str
    evidence: JoinEvidence
    """`same_address`, `guid`, `moved`, `original_link`, `redirect`, `canonical` or `equal_text`."""
    detail: str | None = None
    """The guid, the address or the digest that both share."""


class AddressesParted(ArticleEvent, frozen=True, kw_only=True, tag="addresses_parted"):
    """A person says that two joined addresses are different articles. Their join counts no more, and they are not
    joined again. Caused by the join."""

    IDENTITY = ("article_id", "other_article_id")

    caused_by: UUID
    other_article_id: UUID
    """The article id of the other address. Both ids are in the order in which the join has them."""
    url: str
    other_url: str


class ArticleRedacted(ArticleEvent, frozen=True, kw_only=True, tag="article_redacted"):
    """An address of an article was erased because a person asked for it. This event says what was removed and seals
    what is left (docs/erasure.md). The article is not recorded again."""

    IDENTITY = ("article_id", "scope", "seals", "records")

    scope: RedactionScope
    """`article`: everything was erased. `person`: the archived pages, and a name in the events."""
    reason: str
    """Why, in the words of the person who asked for it. It must not repeat what was erased."""
    erased: tuple[ErasedEvent, ...] = ()
    """The events that were removed."""
    masked: int = 0
    """Number of events that were kept and changed: the name was replaced by as many blocks, or a poll no longer names a
    guid of the article among its `repeats`."""
    records: tuple[ErasedRecord, ...] = ()
    """The records of the archive that were overwritten."""
    seals: tuple[Seal, ...] = ()
    """One for each append that had one of the events."""
    recognised_by: tuple[str, ...] | None = None
    """Digests of its guids and texts, by which it is recognised under another address; null in what earlier versions
    recorded."""


class TemplateLearned(Event, frozen=True, kw_only=True, tag="template_learned"):
    """A paragraph stands in many articles of a source and speaks to the reader, so it is no part of them. Extractions
    after this event leave it out. Caused by the newest extraction that has it."""

    IDENTITY = ("source_id", "text")
    REFERENCES: ClassVar[Mapping[str, str]] = {"caused_by": "article_extracted"}

    source_id: str
    """The source's id in sources.toml."""
    text: str
    articles: int
    """Number of articles in which it was found."""
    article_ids: tuple[UUID, ...]
    """The first of these articles, ids as text."""


class SourceDescribed(Event, frozen=True, kw_only=True, tag="source_described"):
    """What sources.toml says about a source. Recorded when the source is collected for the first time, and again when
    its entry has changed."""

    IDENTITY = ("source_id", "name", "language", "country", "homepage", "feeds", "sitemaps", "supersedes")
    REFERENCES: ClassVar[Mapping[str, str]] = {"supersedes": "source_described"}

    source_id: str
    """The source's id in sources.toml."""
    name: str
    language: str
    """ISO 639."""
    country: str
    """ISO 3166."""
    homepage: str
    feeds: tuple[str, ...]
    """The addresses of its feeds."""
    sitemaps: tuple[str, ...]
    """The addresses of its news sitemaps."""
    supersedes: UUID | None = None
    """The event that described the source until now."""


class RunFailed(Event, frozen=True, kw_only=True, tag="run_failed"):
    """A task of an Airflow run failed for good, because its retries are used up; or the run was ended as a whole, for
    example because it took too long. `run_id` is the run's."""

    IDENTITY = ("stream", "task_id", "map_index", "try_number")

    dag_id: str
    task_id: str | None
    """Null if the run was ended as a whole."""
    map_index: int | None = None
    """Number of the mapped task, from 0; null if the task is not mapped."""
    label: str | None = None
    """The mapped task's name: its shard, by its first and last source."""
    try_number: int
    """The try that failed last, from 1. For a whole run: how often it was started, from 1."""
    error: str
    """The exception's class and message, one line, shortened."""


class RunSucceeded(Event, frozen=True, kw_only=True, tag="run_succeeded"):
    """A run of Airflow ended well after a failure of it was recorded: its tasks were cleared, and then all succeeded,
    or a person marked it as success, which the next run notices. `run_id` is the run's. Caused by the run's last
    failure. A run that never failed has no such event."""

    IDENTITY = ("stream", "caused_by")
    REFERENCES: ClassVar[Mapping[str, str]] = {"caused_by": "run_failed"}

    dag_id: str


class HistoryRead(Event, frozen=True, kw_only=True, tag="history_read"):
    """A backfill has read one document of a source's history (a sitemap, the archived captures of a feed or page, a
    news file), looking for articles of an interval. Items found in it are caused by it."""

    IDENTITY = ("source_id", "via", "url", "interval_start", "interval_end", "occurred_at")

    source_id: str
    """The source's id in sources.toml."""
    via: Via
    """The kind of history."""
    url: str
    """The sitemap, the feed or page whose archived captures were read, or the WARC file."""
    interval_start: datetime
    interval_end: datetime
    reason: str | None = None
    """Why it could not be read, or not to its end; null if it was. The same reasons as for polls, and `partial`,
    `incomplete`, `broken_index`. A document that was read to its end is not requested again within a day, a news file
    never."""
    detail: str | None = None
    """The reason in words."""
    status: int | None = None
    """HTTP status; null if nobody answered."""
    retry_at: datetime | None = None
    """The server asked for no request before this time (Retry-After)."""
    entries: int = 0
    """Pages or further sitemaps that it names."""
    matches: int = 0
    """Articles of the interval among them."""
    new_items: int = 0
    """Those of the matches that the ledger did not know."""
    payload_digest: str | None = None
    warc_file: str | None = None
    warc_offset: int | None = None
    warc_length: int | None = None
    warc_digest: str | None = None
    """`sha256:<hex>` of the record's bytes in the file; null in what version 0.1 recorded."""


class BackfillFinished(Event, frozen=True, kw_only=True, tag="backfill_finished"):
    """The result of a run over a past interval, for one source. Every article that was published in the interval, or
    captured in it and to be read, is counted once: `known` + `found` = `recovered` + `replayed` + `unchanged` + `lost`
    + `waiting`. A task that is retried may count more: the last event with the same `started_at` holds."""

    IDENTITY = (
        *("source_id", "interval_start", "interval_end", "started_at"),
        *("known", "found", "recovered", "replayed", "unchanged", "lost", "waiting"),
    )

    source_id: str
    """The source's id in sources.toml."""
    interval_start: datetime
    interval_end: datetime
    started_at: datetime
    """When the run was started, for the last time if it was cleared."""
    known: int
    """Articles that the ledger knew before."""
    found: int
    """Articles that the source's history named, to this run or to one that was killed before it could record so."""
    recovered: int
    """Articles whose page this run fetched for the first time, or one that was killed before it could record so."""
    replayed: int
    """Articles captured before and read again by this run from the archive."""
    unchanged: int
    """Articles for which nothing had to be done."""
    lost: int
    """Known articles whose page could not be obtained from anywhere at the last attempt."""
    waiting: int
    """Articles left to a later run: put off, failed for now, not tried, or not wanted."""


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
    AddressesJoined,
    AddressesParted,
    ArticleRedacted,
    TemplateLearned,
    SourceDescribed,
    RunFailed,
    RunSucceeded,
    HistoryRead,
    BackfillFinished,
)
