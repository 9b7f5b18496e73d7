"""Ten weeks of polls, captures and failures of made-up sources, for the models of coverage."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pipeline.events import (
    ArticleCaptured,
    Event,
    FeedPolled,
    ItemDiscovered,
    PollOutcome,
    Via,
)
from pipeline.ids import digest
from tests.worlds.stories import captured, discovered, extracted, failed, polled, unreadable

START = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""
WEEKS = 10
END = START + timedelta(weeks=WEEKS)
"""End of the last day with polls; most sources are polled at most once a day, at noon."""
LAST_DAY = END.date() - timedelta(days=1)


def noon(day: int, minute: int = 0) -> datetime:
    return START + timedelta(days=day, hours=12, minutes=minute)


@dataclass
class History:
    """Events in the order in which they are recorded, each once; one source's feeds unless named otherwise."""

    source_id: str
    events: list[Event] = field(default_factory=list)
    known: set[UUID] = field(default_factory=set)

    def add(self, event: Event) -> bool:
        """True if the event is a new one."""
        if event.event_id in self.known:
            return False
        self.known.add(event.event_id)
        self.events.append(event)
        return True

    def feed(self, name: str = "feed") -> str:
        return f"https://{self.source_id}.example/{name}"

    def poll(
        self, when: datetime, outcome: PollOutcome = PollOutcome.OK, feed: str | None = None, **fields: Any
    ) -> FeedPolled:
        of_source = {"source_id": self.source_id, "stream": f"feed:{self.source_id}/1"}
        poll = polled(feed or self.feed(), when, outcome, **of_source, **fields)
        self.add(poll)
        return poll

    def item(self, url: str, poll: FeedPolled, **fields: Any) -> ItemDiscovered:
        of_poll = {"source_id": self.source_id, "feed_url": poll.feed_url, "caused_by": poll.event_id}
        said = digest(f"{url} {len(self.events)}".encode())
        item = discovered(url, poll.occurred_at, **of_poll, said_digest=said, **fields)
        self.add(item)
        return item

    def capture(
        self, cause: ItemDiscovered | ArticleCaptured, payload: str, when: datetime, via: Via = Via.LIVE
    ) -> ArticleCaptured:
        capture = captured(cause, payload, when, via, source_id=self.source_id, warc_offset=len(self.events))
        self.add(capture)
        return capture

    def failure(self, cause: ItemDiscovered, reason: str, when: datetime, attempt: int, *, retry: bool) -> None:
        self.add(failed(cause, reason, when, attempt, will_retry=retry))

    def reading(self, page: ArticleCaptured, producer: str, *, found: bool) -> None:
        self.add(extracted(page, None, page.payload_digest, producer) if found else unreadable(page, producer))


def random_history(source_id: str, rng: random.Random) -> History:
    """Everything that can happen to an article, also in an order that needs two concurrent processes."""
    history = History(source_id)
    items: list[ItemDiscovered] = []
    pages: list[ArticleCaptured] = []
    outcomes = [*[PollOutcome.OK] * 6, *PollOutcome]
    first_day = rng.randrange(30)
    for day in range(first_day, first_day + 25):
        polls = [
            history.poll(
                noon(day, minute),
                rng.choice(outcomes),
                feed=history.feed(rng.choice(["feed", "sport"])),
                overlap=rng.choice([None, True, True, False]),
                gap_from=noon(day - 1),
                gap_to=noon(day - 1) + timedelta(hours=rng.randrange(24)),
                items_dropped=rng.choice([None, 0, 2, 5]),
            )
            for minute in rng.sample(range(60), rng.choice([0, 1, 1, 3]))
        ]
        for poll in polls:
            if rng.random() < 0.2:
                history.poll(poll.occurred_at, feed=history.feed("member"), caused_by=poll.event_id, items_dropped=3)
            for _ in range(rng.randrange(6) if poll.outcome != "put_off" else 0):
                host = rng.choice([source_id, source_id, "shared"])
                items.append(history.item(f"https://{host}.example/{rng.randrange(150)}", poll))
        for _ in range(rng.randrange(8) if items else 0):
            item, when = rng.choice(items[-20:]), noon(day, rng.randrange(60))
            chance = rng.random()
            if chance < 0.35:
                reason = rng.choice(["robots", "timeout", "expired", "http_4xx"])
                history.failure(item, reason, when, rng.randrange(1, 6), retry=rng.random() < 0.4)
                continue
            cause = rng.choice(pages) if pages and chance > 0.9 else item
            payload = f"{cause.url} {rng.randrange(3)}"
            pages.append(history.capture(cause, payload, when, rng.choice([Via.LIVE, Via.WAYBACK, Via.FEED])))
        for _ in range(rng.randrange(5) if pages else 0):
            producer = rng.choice(["extract@2", "extract@9", "extract@10"])
            history.reading(rng.choice(pages[-20:]), producer, found=rng.random() < 0.6)
    return history


def regular_history(source_id: str, seen: dict[int, int], polls: dict[int, int], failed: dict[int, int]) -> History:
    """Articles, polls and failed polls by day; by default one poll a day that finds 40 articles, 10 on weekends."""
    history = History(source_id)
    for day in range(WEEKS * 7):
        for n in range(failed.get(day, 0)):
            history.poll(noon(day, 30 + n), PollOutcome.FAILED, reason="timeout")
        for n in range(polls.get(day, 1)):
            poll = history.poll(noon(day, n), items=50)
            articles = seen.get(day, 40 + day % 3 if day % 7 < 5 else 10 + day % 2)
            for article in range(articles if n == 0 else 0):
                history.item(f"https://{source_id}.example/{day}/{article}", poll)
    return history


MONDAY = (WEEKS - 1) * 7
"""The last one, as a number of days since the start."""
FAILED_ONLY, UNPOLLED = (MONDAY + 3, MONDAY + 4), (MONDAY + 1, MONDAY + 2)


def regular_histories() -> list[History]:
    return [
        regular_history(
            "weekly",
            seen={MONDAY - 14: 0, MONDAY - 7: 200, MONDAY: 8, MONDAY + 6: 1},
            polls=dict.fromkeys((*UNPOLLED, *FAILED_ONLY), 0),
            failed={FAILED_ONLY[0]: 1, FAILED_ONLY[1]: 2},
        ),
        regular_history(
            "small", seen=dict.fromkeys(range(MONDAY), 3) | {MONDAY: 1, MONDAY + 1: 0}, polls={}, failed={}
        ),
        regular_history("busy", seen={WEEKS * 7 - 1: 90}, polls={}, failed={}),
        regular_history("late", seen={}, polls=dict.fromkeys(range(MONDAY - 21), 0), failed={}),
    ]


def changing_history() -> History:
    """Articles whose pages fail, and what their source says of them then."""
    history = History("changing")
    first, second = (history.poll(noon(WEEKS * 7 - days)) for days in (3, 2))
    url = "https://changing.example/"
    changed, late, expired, failing, stale = (
        history.item(f"{url}{name}", first) for name in ("changed", "changed-too-late", "expired", "failing", "stale")
    )
    after = noon(WEEKS * 7 - 2, 30)
    history.failure(changed, "gone", after, 1, retry=False)
    history.item(f"{url}changed", second, supersedes=changed.event_id)
    newest = history.item(f"{url}changed-too-late", second, supersedes=late.event_id)
    history.failure(newest, "gone", after, 1, retry=False)
    history.failure(expired, "timeout", after, 1, retry=True)
    history.failure(expired, "expired", after, 2, retry=False)
    history.failure(failing, "timeout", after, 1, retry=True)
    history.capture(stale, "as it was", noon(WEEKS * 7 - 3, 30))
    newer = history.item(f"{url}stale", second, supersedes=stale.event_id)
    history.failure(newer, "gone", after, 1, retry=False)
    return history


def feed_histories() -> list[History]:
    """Feeds with something to be found in `feed_health`, polled in the last days."""
    twins, other, liar = History("twins"), History("other"), History("liar")
    last = WEEKS * 7 - 2
    payloads = {"same-bytes": "a", "same-bytes-too": "a", "empty": "e", "empty-too": "e"}
    moves = {"old": twins.feed("new"), "new": twins.feed("new"), "elsewhere": twins.feed("target")}
    for name in [*payloads, *moves, "target", "same-articles", "same-articles-too", "few", "few-too", "apart"]:
        first = twins.poll(noon(last - 10), feed=twins.feed(name), items=9, new_items=9)
        twins.poll(
            noon(last),
            feed=twins.feed(name),
            items=0 if "empty" in name else 6,
            new_items=3,
            final_url=moves.get(name, twins.feed(name)),
            moved_to=moves.get(name),
            payload_digest=payloads.get(name, name),
        )
        for n in range(5 if "same-articles" in name else 4 if "few" in name else 0):
            twins.item(f"https://twins.example/{name.removesuffix('-too')}/{n}", first)
    twins.poll(noon(1), feed=twins.feed("removed"), items=6, payload_digest="a", final_url=twins.feed("new"))
    other.poll(noon(last, 1), feed=twins.feed("apart"), items=6, payload_digest="other")

    index = liar.poll(
        noon(last - 1), items=2, new_items=2, overlap=False, gap_from=noon(last - 2), gap_to=noon(last - 1)
    )
    liar.poll(noon(last - 1), feed=liar.feed("member"), caused_by=index.event_id, items=8)
    liar.poll(noon(last), items=4, new_items=4, warnings=("undated_items", "lying_304"))
    liar.poll(noon(last, 1), PollOutcome.GONE, status=410)
    return [twins, other, liar]


RANDOM_SOURCES = tuple(f"random{n}" for n in range(16))


def all_events() -> list[Event]:
    rng = random.Random(20260105)
    histories = [random_history(source_id, rng) for source_id in RANDOM_SOURCES]
    histories += [*regular_histories(), changing_history(), *feed_histories()]
    return [event for history in histories for event in history.events]


EVENTS = all_events()
Recorded = list[tuple[int, Event]]
"""The events of one article with their positions."""
