"""Made-up events of articles and feeds: each function returns the event that follows from another one.

What a test does not care about has a default; every field can be given by name. The source of an article is the first
part of its host, so `https://alpha.example/bridge` belongs to `alpha`. `Storyline` records such events one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pipeline.events import (
    AddressesJoined,
    ArticleAnnotated,
    ArticleCaptured,
    ArticleEvent,
    ArticleExtracted,
    ArticleRevisited,
    BoilerplateStripped,
    CaptureFailed,
    EntityMentioned,
    Event,
    ExtractionFailed,
    FeedPolled,
    ItemDiscovered,
    JoinEvidence,
    MentionKind,
    PollOutcome,
    QuoteExtracted,
    QuoteKind,
    RevisitOutcome,
    Via,
    WarcType,
)
from pipeline.ids import article_id, digest
from pipeline.ledger import Ledger, Run
from pipeline.ledger.log import utc_now
from pipeline.places import LedgerPlace
from pipeline.settings import Settings

E = TypeVar("E", bound=Event)


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """The time on this day of March 2026, UTC."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


NOON = at(2)


def source_of(url: str) -> str:
    return str(urlsplit(url).hostname).partition(".")[0]


def polled(feed_url: str, when: datetime, outcome: PollOutcome = PollOutcome.OK, **fields: Any) -> FeedPolled:
    source_id = source_of(feed_url)
    about = {"stream": f"feed:{source_id}/1", "producer": "poll@1", "source_id": source_id}
    return _event(FeedPolled, about | fields, feed_url=feed_url, occurred_at=when, outcome=outcome)


def discovered(url: str, when: datetime, **fields: Any) -> ItemDiscovered:
    """A feed names the article. The feed says something else if the fields are others."""
    source_id, article = source_of(url), article_id(url)
    defaults = {
        "stream": f"article:{article}", "producer": "poll@1", "source_id": source_id, "article_id": article,
        "feed_url": f"https://{source_id}.example/feed", "canonical_url": url, "guid": url,
        "said_digest": digest(repr(fields).encode()),
    }  # fmt: skip
    return _event(ItemDiscovered, defaults | fields, url=url, occurred_at=when)


def item(name: str, *, title: str | None = None, **fields: Any) -> ItemDiscovered:
    """An item; the same name and title are the same event."""
    about = {"source_id": "example", "guid": name, "said_digest": f"sha256:{title}"}
    return discovered(f"https://news.example/{name}", NOON, title=title, **(about | fields))


def captured(
    cause: ItemDiscovered | ArticleCaptured | ArticleRevisited | CaptureFailed,
    payload: str,
    when: datetime,
    via: Via = Via.LIVE,
    **fields: Any,
) -> ArticleCaptured:
    """The page of the cause's article had this payload, or the feed brought it as the article's text."""
    is_page = via is not Via.FEED
    defaults = _of_article(cause, "capture@1") | {
        "final_url": cause.url, "status": 200 if is_page else None, "bytes": len(payload),
        "warc_payload_digest": digest(payload.encode()), "warc_file": "2026/03/01/a.warc.gz", "warc_offset": 0,
        "warc_length": 100, "warc_type": WarcType.RESPONSE if is_page else WarcType.RESOURCE, "captured_at": when,
    }  # fmt: skip
    return _event(
        ArticleCaptured,
        defaults | fields,
        url=cause.url,
        occurred_at=fields.get("occurred_at", when),
        payload_digest=digest(payload.encode()),
        via=via,
    )


def failed(
    cause: ItemDiscovered | ArticleCaptured | ArticleRevisited | CaptureFailed,
    reason: str,
    when: datetime,
    attempt: int = 1,
    **fields: Any,
) -> CaptureFailed:
    about = _of_article(cause, "capture@1") | {"url": cause.url}
    return _event(CaptureFailed, about | fields, reason=reason, occurred_at=when, attempt=attempt)


def extracted(
    page: ArticleCaptured, headline: str | None, text: str, producer: str = "extract@1", **fields: Any
) -> ArticleExtracted:
    said = f"{headline}\n{fields.get('lead')}\n{text}"
    defaults = {"word_count": len(text.split()), "text_digest": digest(said.encode())}
    return _event(ArticleExtracted, _of_page(page, producer) | defaults | fields, headline=headline, text=text)


def unreadable(page: ArticleCaptured, producer: str = "extract@1", **fields: Any) -> ExtractionFailed:
    return _event(ExtractionFailed, _of_page(page, producer) | {"reason": "no_text"} | fields)


def revisited(
    cause: ItemDiscovered | ArticleCaptured | ArticleRevisited | CaptureFailed,
    page: ArticleCaptured,
    outcome: RevisitOutcome,
    when: datetime,
    **fields: Any,
) -> ArticleRevisited:
    """The page was fetched again."""
    about = _of_article(cause, "revisit@1") | {"url": page.url, "capture_id": page.event_id}
    return _event(ArticleRevisited, about | fields, outcome=outcome, occurred_at=when)


def joined(
    first: ItemDiscovered, other: ItemDiscovered, evidence: JoinEvidence, when: datetime, **fields: Any
) -> AddressesJoined:
    """The addresses of two items turn out to be the same article; `first` was discovered first."""
    about = _of_article(first, "join@1") | {"caused_by": other.event_id, "url": first.url, "occurred_at": when}
    about |= {"other_article_id": other.article_id, "other_url": other.url}
    return _event(AddressesJoined, about | fields, evidence=evidence)


def stripped(read: ArticleExtracted, block_no: int, kind: str) -> BoilerplateStripped:
    return _event(
        BoilerplateStripped, _of_article(read, read.producer), block_no=block_no, kind=kind, rule="figure", text="…"
    )


def annotated(read: ArticleExtracted, producer: str, **fields: Any) -> ArticleAnnotated:
    return _event(ArticleAnnotated, _of_article(read, producer) | {"language": "en"} | fields)


def quoted(read: ArticleExtracted, words: str, producer: str, **fields: Any) -> QuoteExtracted:
    """The words are a part of the text."""
    return _event(
        QuoteExtracted,
        _of_article(read, producer) | {"kind": QuoteKind.DIRECT, "rule": "marks", "confidence": 0.9} | fields,
        text=words,
        start_char=read.text.index(words),
        end_char=read.text.index(words) + len(words),
    )


def mentioned(read: ArticleExtracted, surface: str, producer: str, **fields: Any) -> EntityMentioned:
    defaults = {"kind": MentionKind.PERSON, "rule": "full_name", "confidence": 0.9}
    return _event(
        EntityMentioned,
        _of_article(read, producer) | defaults | fields,
        surface=surface,
        start_char=read.text.index(surface),
        end_char=read.text.index(surface) + len(surface),
    )


def _event(kind: Callable[..., E], fields: dict[str, Any], /, **others: Any) -> E:
    return kind(**(fields | others))


def _of_article(cause: ArticleEvent | ItemDiscovered, producer: str) -> dict[str, Any]:
    """What all events that follow from this one share."""
    return {
        "stream": cause.stream, "occurred_at": cause.occurred_at, "producer": producer, "caused_by": cause.event_id,
        "source_id": cause.source_id, "article_id": cause.article_id,
    }  # fmt: skip


def _of_page(page: ArticleCaptured, producer: str) -> dict[str, Any]:
    return _of_article(page, producer) | {"url": page.url, "payload_digest": page.payload_digest}


def append(catalog: LedgerPlace, events: Iterable[Event], recorded_at: datetime | None = None) -> None:
    """Record the events with one append, at this time or now."""
    with Ledger.open(catalog, now=lambda: recorded_at or utc_now()) as ledger:
        ledger.append(list(events), Run("story"))


class Storyline:
    """One article's events, each recorded in the ledger at `recorded_at`, or when it happened if that is not given.

    A new storyline has the item; each method but `record` adds what happened next.
    """

    def __init__(self, settings: Settings, name: str, day: int = 1) -> None:
        self._settings = settings
        self.last: ItemDiscovered | ArticleCaptured | ArticleRevisited | CaptureFailed = self.record(
            discovered(f"https://courier.example/{name}", at(day, 8)), at(day, 8)
        )
        self.url, self.article_id = self.last.url, self.last.article_id
        self.capture: ArticleCaptured | None = None

    def record(self, event: E, recorded_at: datetime) -> E:
        append(self._settings.ledger_catalog, [event], recorded_at)
        return event

    def captured(
        self, payload: str, when: datetime, *, recorded_at: datetime | None = None, again: bool = False, **fields: Any
    ) -> ArticleCaptured:
        """Record `article_captured`: the page had this payload at `when`.

        `recorded_at` is later if the page was recovered from a web archive, which had fetched it at `when`. `again`
        says that the payload was in our archive already, so that the record is a WARC revisit.
        """
        known = recorded_at or when
        kind = WarcType.REVISIT if again else WarcType.RESPONSE
        self.capture = captured(self.last, payload, when, occurred_at=known, warc_type=kind, **fields)
        self.last = self.record(self.capture, known)
        return self.capture

    def missed(self, when: datetime, *, reason: str, status: int | None = 200) -> None:
        """Record `capture_failed`: a backfill requested the page and could not fetch it."""
        self.last = self.record(
            failed(self.last, reason, when, status=status, producer="recover@1", will_retry=False), when
        )

    def looked(self, outcome: RevisitOutcome, when: datetime, status: int | None = 200) -> None:
        """Record `article_revisited`: the page of the last capture was fetched again."""
        assert self.capture is not None
        self.last = self.record(revisited(self.last, self.capture, outcome, when, status=status), when)

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
        assert self.capture is not None
        extraction = extracted(self.capture, headline, text, producer, **({"language": "en"} | fields))
        return self.record(extraction, recorded_at or self.capture.occurred_at)

    def quoted(
        self,
        extraction: ArticleExtracted,
        *words: str,
        producer: str = "annotate@2",
        recorded_at: datetime | None = None,
    ) -> None:
        """Record `article_annotated` and a `quote_extracted` for each of the words, which are parts of the text."""
        when = recorded_at or extraction.occurred_at
        self.record(annotated(extraction, producer, occurred_at=when, quotes=len(words)), when)
        for each in words:
            self.record(quoted(extraction, each, producer, occurred_at=when, speaker="Ms Adair", cue="said"), when)
