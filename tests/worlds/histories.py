"""Random histories of a newsroom: events of every kind, in any order that their causes allow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

from pipeline.events import (
    AddressesJoined,
    AddressesParted,
    ArticleCaptured,
    ArticleExtracted,
    BackfillFinished,
    CaptureFailed,
    Event,
    HistoryRead,
    ItemDiscovered,
    JoinEvidence,
    PollOutcome,
    QuoteKind,
    RevisitOutcome,
    SourceDescribed,
    Via,
    VideoEmbedded,
)
from tests.worlds.stories import (
    annotated,
    at,
    captured,
    discovered,
    extracted,
    failed,
    joined,
    mentioned,
    polled,
    quoted,
    revisited,
    stripped,
    unreadable,
)

SOURCES = ("alpha", "beta", "gamma")
SPEAKERS = tuple(f"{given} Marsh" for given in ("Ann", "Bo", "Cy", "Di", "Ed", "Flo", "Gil", "Hal", "Ida", "Jo", "Kay"))
LISTENERS = tuple(name.replace("Marsh", "Field") for name in SPEAKERS)
AUTHORS = ("Lu Marsh", "Max Field", "The newsroom")
AGENCIES = ("nordpress",)
ROLES = (None, "harbour master", "mayor")
ANNOTATORS = ("annotate@1", "annotate@2", "spacy-en@3.8.0.1")


def history(random: Random, articles: int) -> list[Event]:
    """Everything that was recorded about this number of addresses, their feeds, and two backfills at once."""
    items = [_item(random, number) for number in range(articles)]
    told = [_Telling(random, item, twin) for item, twin in zip(items, [items[-1], *items], strict=False)]
    lines = [list(each.events()) for each in told]
    lines += [list(_polls(random, source)) for source in SOURCES]
    lines += [list(_backfill(random, source)) for source in SOURCES[:2]]
    events = _interleaved(random, lines)
    for _ in range(articles // 3):
        _join(random, events, items)
    for join in random.sample([event for event in events if isinstance(event, AddressesJoined)], 2):
        events.insert(random.randint(events.index(join) + 1, len(events)), _parted(join))
    return events


def _item(random: Random, number: int) -> ItemDiscovered:
    source, day = random.choice(SOURCES), random.randint(1, 20)
    published = at(day, 6) if random.random() < 0.7 else None
    return discovered(f"https://{source}.example/{number}", at(day, 7, number % 60), published_at=published)


def _interleaved(random: Random, lines: list[list[Event]]) -> list[Event]:
    """All events; those of one line stay in their order."""
    turns = [number for number, line in enumerate(lines) for _ in line]
    random.shuffle(turns)
    waiting = [iter(line) for line in lines]
    return [next(waiting[turn]) for turn in turns]


def _join(random: Random, events: list[Event], items: list[ItemDiscovered]) -> None:
    """Join two addresses, at any time after both were discovered."""
    first, other = sorted(random.sample(items, 2), key=events.index)
    join = joined(first, other, random.choice(list(JoinEvidence)), at(random.randint(1, 25)))
    events.insert(random.randint(events.index(other) + 1, len(events)), join)


def _parted(join: AddressesJoined) -> AddressesParted:
    return AddressesParted(
        stream=join.stream, occurred_at=at(26), producer="operator@1", caused_by=join.event_id,
        source_id=join.source_id, article_id=join.article_id, other_article_id=join.other_article_id, url=join.url,
        other_url=join.other_url,
    )  # fmt: skip


class _Telling:
    """What happens to one article. Payloads are few, and some are those of a twin: readings repeat, and come back."""

    def __init__(self, random: Random, item: ItemDiscovered, twin: ItemDiscovered) -> None:
        self._random, self._item, self._twin = random, item, twin
        self._cause: ItemDiscovered | ArticleCaptured | CaptureFailed = item
        self._pages: list[ArticleCaptured] = []

    def events(self) -> Iterator[Event]:
        random = self._random
        yield self._item
        happenings = [self._named_again, self._changed_item, self._failure, *[self._capture] * 4]
        happenings += [self._revisit, self._revisit, *[self._reading] * 6]
        for _ in range(random.randint(0, 14)):
            yield from random.choice(happenings)()

    def _time(self) -> timedelta:
        return timedelta(hours=self._random.randint(1, 200))

    def _named_again(self) -> Iterator[Event]:
        """Another feed, or another source, names the article too."""
        source = self._random.choice(SOURCES)
        yield discovered(
            self._item.url, self._item.occurred_at + self._time(), source_id=source,
            feed_url=f"https://{source}.example/feed/{self._random.randint(1, 2)}",
        )  # fmt: skip

    def _changed_item(self) -> Iterator[Event]:
        title, when = f"Title {self._random.randint(1, 3)}", self._item.occurred_at + self._time()
        changed = discovered(self._item.url, when, title=title, supersedes=self._item.event_id)
        self._cause = changed
        yield changed

    def _failure(self) -> Iterator[Event]:
        reason, status = self._random.choice([("timeout", None), ("gone", 410), ("http_4xx", 404), ("robots", None)])
        yield failed(
            self._item, reason, self._item.occurred_at + self._time(), attempt=self._random.randint(1, 9),
            status=status, will_retry=self._random.random() < 0.5,
        )  # fmt: skip

    def _capture(self) -> Iterator[Event]:
        """A live page, an archived page of an earlier day that is found late, or the feed's own text."""
        random, owner = self._random, self._random.choice([self._item, self._item, self._twin])
        via = random.choice([Via.LIVE, Via.LIVE, Via.LIVE, Via.WAYBACK, Via.FEED])
        payload = f"{owner.url} {random.randint(1, 3)}"
        page = captured(self._cause, payload, self._item.occurred_at + self._time(), via)
        self._cause = page
        self._pages.append(page)
        yield page

    def _revisit(self) -> Iterator[Event]:
        if self._pages:
            page, outcome = self._random.choice(self._pages), self._random.choice(list(RevisitOutcome))
            missing = {"status": 404, "reason": "http_4xx"} if outcome is RevisitOutcome.MISSING else {}
            yield revisited(page, page, outcome, page.captured_at + self._time(), **missing)

    def _reading(self) -> Iterator[Event]:
        """Some version of the extractor reads some page, and annotators read what it found."""
        if not self._pages:
            return
        page, version = self._random.choice(self._pages), self._random.randint(1, 3)
        if self._random.random() < 0.15:
            yield unreadable(page, f"extract@{version}")
            return
        read = _read(page, version)
        yield read
        if self._random.random() < 0.4:
            yield stripped(read, 1, "video_caption")
            yield _video(read)
        for producer in self._random.sample(ANNOTATORS, self._random.randint(0, 2)):
            yield from self._annotation(read, producer)

    def _annotation(self, read: ArticleExtracted, producer: str) -> Iterator[Event]:
        yield annotated(read, producer, quotes=1, mentions=2)
        named = [person for person in SPEAKERS + LISTENERS if person in read.text]
        kind = QuoteKind.DIRECT if producer == "annotate@2" else QuoteKind.INDIRECT
        yield quoted(read, "nothing was wrong", producer, kind=kind, person=named[0], speaker=named[0])
        for person in named:
            yield mentioned(read, person, producer, name=person, role=self._random.choice(ROLES))


def _read(page: ArticleCaptured, version: int) -> ArticleExtracted:
    """What this version of the extractor reads on a page follows from the payload alone."""
    said = Random(f"{page.payload_digest} {version // 2}")
    text = f"{said.choice(SPEAKERS)} told {said.choice(LISTENERS)} that nothing was wrong{said.choice('.!')}"
    correction = "An earlier version was wrong." if said.random() < 0.2 else None
    return extracted(
        page, f"Headline {said.randint(1, 3)}", text, f"extract@{version}", correction=correction,
        authors=tuple(said.sample(AUTHORS, said.randint(0, 2))),
        agencies=tuple(said.sample(AGENCIES, said.randint(0, 1))),
    )  # fmt: skip


def _video(read: ArticleExtracted) -> VideoEmbedded:
    return VideoEmbedded(
        stream=read.stream, occurred_at=read.occurred_at, producer=read.producer, caused_by=read.event_id,
        source_id=read.source_id, article_id=read.article_id, video_no=1, duration_seconds=90,
    )  # fmt: skip


def _polls(random: Random, source: str) -> Iterator[Event]:
    described = None
    for name in random.choices(["The Post", "The Other Post"], k=random.randint(0, 2)):
        described = SourceDescribed(
            stream=f"source:{source}", occurred_at=at(1), producer="sources@1", source_id=source, name=name,
            language="en", country="GB", homepage=f"https://{source}.example/", feeds=(), sitemaps=(),
            supersedes=described.event_id if described else None,
        )  # fmt: skip
        yield described
    for day in range(1, random.randint(2, 25)):
        for feed in (1, 2):
            outcome = random.choice([PollOutcome.OK, PollOutcome.OK, PollOutcome.FAILED, PollOutcome.NOT_MODIFIED])
            yield polled(
                f"https://{source}.example/feed/{feed}", at(day, 8), outcome, items=3, new_items=random.randint(0, 3),
                overlap=random.choice([None, True, False]),
            )  # fmt: skip


def _backfill(random: Random, source: str) -> Iterator[Event]:
    about: dict[str, Any] = {
        "occurred_at": at(26),
        "source_id": source,
        "interval_start": at(2, 0),
        "interval_end": at(5, 0),
    }
    for number in range(random.randint(1, 3)):
        yield HistoryRead(
            stream=f"history:{source}", producer="recover@1", via=Via.SITEMAP, url=f"https://{source}.example/{number}",
            **about,
        )  # fmt: skip
    yield BackfillFinished(
        stream=f"backfill:{source}", producer="backfill@1", started_at=at(25), known=3, found=2, recovered=1,
        replayed=1, unchanged=1, lost=1, waiting=1, **about,
    )  # fmt: skip
