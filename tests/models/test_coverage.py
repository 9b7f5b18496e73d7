"""The coverage models account for every article that was seen, and say where and when something may be missing."""

from __future__ import annotations

import math
import random
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import duckdb
import pytest

from pipeline import models
from pipeline.events import (
    ArticleCaptured,
    ArticleExtracted,
    CaptureFailed,
    Event,
    ExtractionFailed,
    FeedPolled,
    ItemDiscovered,
    PollOutcome,
    Via,
)
from pipeline.ids import digest
from pipeline.interval import Interval
from pipeline.ledger import Ledger
from pipeline.settings import PROJECT_ROOT, Settings
from pipeline.steps.capture import pending_pages
from tests.worlds.ledgers import NewData
from tests.worlds.stories import append, captured, discovered, extracted, failed, polled, unreadable

pytestmark = pytest.mark.slow

START = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""
WEEKS = 10
END = START + timedelta(weeks=WEEKS)
"""End of the last day with polls; most sources are polled at most once a day, at noon."""
LAST_DAY = END.date() - timedelta(days=1)


def noon(day: int, minute: int = 0) -> datetime:
    return START + timedelta(days=day, hours=12, minutes=minute)


# ---- histories


@dataclass
class History:
    """Events in the order in which they are recorded, each once; one source's feeds unless named otherwise."""

    source_id: str
    events: list[Event] = field(default_factory=list)
    known: set[UUID] = field(default_factory=set)

    def add(self, event: Event) -> bool:
        """Whether the event is a new one."""
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


@pytest.fixture(scope="module")
def settings(new_data: NewData) -> Settings:
    settings = new_data("coverage")
    append(settings.ledger_catalog, EVENTS)
    models.build(settings)
    models.publish(settings)
    return settings


@pytest.fixture(scope="module")
def news(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(settings.news_file, read_only=True) as con:
        con.execute("set timezone = 'UTC'")
        yield con


def records(con: duckdb.DuckDBPyConnection, sql: str, *values: object) -> list[dict[str, Any]]:
    cursor = con.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# ---- the same, counted article by article


def state_of(source_id: str, events: Recorded) -> tuple[str, str | None]:
    """The state of the article with these events for the source and, if it failed, why."""
    vias = {event.via for _, event in events if isinstance(event, ArticleCaptured)}
    if vias:
        return ("captured_from_feed" if vias == {Via.FEED} else "captured"), None
    items = {
        event.event_id: position
        for position, event in events
        if isinstance(event, ItemDiscovered) and event.source_id == source_id
    }
    failures = [
        (position, event) for position, event in events if isinstance(event, CaptureFailed) and event.caused_by in items
    ]
    answered = max((items[event.caused_by] for _, event in failures if event.caused_by), default=0)
    if answered >= items[reason_of(source_id, events).event_id] and not failures[-1][1].will_retry:
        return "failed", failures[-1][1].reason
    return "pending", None


def reading_of(events: Recorded) -> str | None:
    """What the newest extractors last made of the payloads of the article with these events."""
    verdicts: dict[str, tuple[int, bool] | None] = {
        event.payload_digest: None for _, event in events if isinstance(event, ArticleCaptured)
    }
    for _, event in events:
        if isinstance(event, ArticleExtracted | ExtractionFailed):
            verdict = int(event.producer.partition("@")[2]), isinstance(event, ArticleExtracted)
            before = verdicts[event.payload_digest]
            if before is None or verdict[0] >= before[0]:
                verdicts[event.payload_digest] = verdict
    if not verdicts:
        return None
    if any(verdict and verdict[1] for verdict in verdicts.values()):
        return "extracted"
    return "awaiting_extraction" if None in verdicts.values() else "unreadable"


def reason_of(source_id: str, events: Recorded) -> ItemDiscovered:
    """What gave the source a reason to fetch the page last: that it said something else of it, or named it first."""
    items = [event for _, event in events if isinstance(event, ItemDiscovered) and event.source_id == source_id]
    return next((item for item in reversed(items) if item.supersedes is not None), items[0])


def is_outdated(source_id: str, events: Recorded) -> bool:
    """Whether the source has changed what it says of the article since its page was last captured."""
    captures = [event.captured_at for _, event in events if isinstance(event, ArticleCaptured)]
    reason = reason_of(source_id, events)
    return bool(captures) and reason.supersedes is not None and max(captures) < reason.occurred_at


def counts(source_id: str, recorded: Mapping[str, Recorded]) -> dict[date, dict[str, Any]]:
    """What `coverage_ledger` says of the source's days, its judgement of their volume aside."""
    polls = [
        event
        for event in EVENTS
        if isinstance(event, FeedPolled) and event.source_id == source_id and event.outcome != "put_off"
    ]
    items = [event for event in EVENTS if isinstance(event, ItemDiscovered) and event.source_id == source_id]
    first_items: dict[tuple[str, str], date] = {}
    first_articles: dict[str, date] = {}
    for item in items:
        first_items.setdefault((item.feed_url, item.guid), item.occurred_at.date())
        first_articles.setdefault(item.stream, item.occurred_at.date())
    first = min(poll.occurred_at.date() for poll in polls)
    days = {}
    for day in (first + timedelta(days=n) for n in range((LAST_DAY - first).days + 1)):
        articles = [recorded[article] for article, seen_on in first_articles.items() if seen_on == day]
        states = [state_of(source_id, events) for events in articles]
        readings = [reading_of(events) for events in articles]
        of_day = [poll for poll in polls if poll.occurred_at.date() == day]
        of_feeds = [poll for poll in of_day if poll.caused_by is None]
        gaps = [
            poll.gap_to - poll.gap_from for poll in of_feeds if poll.overlap is False and poll.gap_from and poll.gap_to
        ]
        dropped = {
            feed: max(poll.items_dropped or 0 for poll in of_day if poll.feed_url == feed)
            for feed in {poll.feed_url for poll in of_day}
        }
        days[day] = {
            "polls": len(of_feeds),
            "polls_failed": sum(poll.outcome in ("failed", "blocked", "gone") for poll in of_feeds),
            "sightings": list(first_items.values()).count(day),
            "items_dropped": sum(dropped.values()),
            "seen": len(articles),
            "captured": states.count(("captured", None)),
            "captured_from_feed": states.count(("captured_from_feed", None)),
            "failed": sum(state == "failed" for state, _ in states),
            "pending": states.count(("pending", None)),
            "failed_by_reason": dict(Counter(reason for _, reason in states if reason)),
            "extracted": readings.count("extracted"),
            "unreadable": readings.count("unreadable"),
            "awaiting_extraction": readings.count("awaiting_extraction"),
            "outdated": sum(is_outdated(source_id, events) for events in articles),
            "gaps": len(gaps),
            "gap_hours": sum(gaps, timedelta()) / timedelta(hours=1),
        }
    return days


def expectation(seen: list[int]) -> tuple[int, float, int] | None:
    """The lowest and highest normal number and the median, from what was seen on such days before."""
    if len(seen) < 3:
        return None
    roots = [math.sqrt(n + 3 / 8) for n in seen]
    middle = statistics.median(roots)
    deviation = max(1.4826 * statistics.median(abs(root - middle) for root in roots), 0.5, 0.075 * middle)
    low, high = max(middle - 3 * deviation, 0) ** 2 - 3 / 8, (middle + 3 * deviation) ** 2 - 3 / 8
    return max(math.ceil(low), 0), statistics.median(seen), math.floor(high)


# ---- what the models say


def test_every_day_is_what_its_events_add_up_to(news: duckdb.DuckDBPyConnection) -> None:
    recorded: dict[str, Recorded] = defaultdict(list)
    for position, event in enumerate(EVENTS, start=1):
        recorded[event.stream].append((position, event))
    totals: Counter[str] = Counter()
    for source_id in RANDOM_SOURCES:
        expected = counts(source_id, recorded)
        names = list(next(iter(expected.values())))
        found = records(
            news, f"select day, {', '.join(names)} from coverage_ledger where source_id = ? order by day", source_id
        )
        totals += Counter({name: sum(row[name] for row in found) for name in names if name != "failed_by_reason"})
        assert {row.pop("day"): row for row in found} == expected
    assert min(totals.values()) > 50, "every case occurs"


def test_what_failed_and_what_is_pending_is_as_the_capture_step_sees_it(
    settings: Settings, news: duckdb.DuckDBPyConnection
) -> None:
    interval = Interval(START, END)
    with Ledger.open_existing(settings.ledger_catalog) as ledger:
        for source_id in RANDOM_SOURCES:
            waiting = {page.article_id: page for page in pending_pages(ledger, interval, [source_id])}
            found = records(
                news,
                "select article_id, state from article_coverage where source_id = ? and state in ('failed', 'pending')",
                source_id,
            )
            assert found
            for row in found:
                assert waiting[row["article_id"]].failed_for_good == (row["state"] == "failed")


def test_an_abandoned_article_is_pending_again_when_its_source_changes_it(news: duckdb.DuckDBPyConnection) -> None:
    found = news.execute("""
        select url, state, failed_reason, is_outdated
        from article_coverage where source_id = 'changing' order by url
    """).fetchall()
    assert found == [
        ("https://changing.example/changed", "pending", None, False),
        ("https://changing.example/changed-too-late", "failed", "gone", False),
        ("https://changing.example/expired", "failed", "expired", False),
        ("https://changing.example/failing", "pending", None, False),
        ("https://changing.example/stale", "captured", None, True),
    ]


def test_a_source_is_quiet_or_not_by_its_own_weekdays(news: duckdb.DuckDBPyConnection) -> None:
    found = {
        (row["source_id"], row["day"]): row
        for row in records(news, "from coverage_ledger where source_id not like 'random%'")
    }

    def day(source_id: str, number: int) -> tuple[int, int, str]:
        row = found[source_id, noon(number).date()]
        return row["seen"], row["polls"], row["volume"]

    assert day("weekly", MONDAY - 14) == (0, 1, "quiet")
    assert day("weekly", MONDAY - 7) == (200, 1, "surge")
    assert day("weekly", MONDAY) == (8, 1, "quiet"), "neither of the two before hides it"
    assert [day("weekly", number) for number in UNPOLLED] == [(0, 0, "unknown")] * 2
    assert [day("weekly", number) for number in FAILED_ONLY] == [(0, 1, "unknown"), (0, 2, "unknown")]
    assert day("weekly", MONDAY + 5) == (10, 1, "normal"), "a Saturday"
    assert day("weekly", MONDAY + 6) == (1, 1, "unknown"), "the last day may not be over"
    assert day("small", MONDAY) == (1, 1, "normal"), "one instead of three is chance"
    assert day("small", MONDAY + 1) == (0, 1, "normal")
    assert day("busy", MONDAY + 5) == (10, 1, "normal")
    assert day("busy", MONDAY + 6) == (90, 1, "surge"), "a day that is not over can only bring more"
    late = [day("late", number)[2] for number in range(MONDAY - 21, MONDAY + 7)]
    assert late == [*["unknown"] * 22, *["normal"] * 6], "its first Monday took in what had gathered and does not count"


def test_the_bounds_are_those_of_the_same_weekday_before(news: duckdb.DuckDBPyConnection) -> None:
    rows = records(news, "from coverage_ledger order by source_id, day")
    by_day = {(row["source_id"], row["day"]): row for row in rows}
    firsts: dict[str, date] = {}
    for row in rows:
        if row["polls"] > row["polls_failed"]:
            firsts.setdefault(row["source_id"], row["day"])
    known = 0
    for row in rows:
        before = [by_day.get((row["source_id"], row["day"] - timedelta(weeks=weeks))) for weeks in range(1, 9)]
        usual = [
            other["seen"]
            for other in before
            if other and other["polls"] > other["polls_failed"] and other["day"] > firsts[row["source_id"]]
        ]
        found = row["expected_low"], row["expected_median"], row["expected_high"]
        assert found == (expectation(usual) or (None, None, None))
        known += found[0] is not None
    assert known > 200


def test_one_feed_under_two_addresses_is_noticed(news: duckdb.DuckDBPyConnection) -> None:
    found = news.execute("""
        select split_part(feed_url, '/', 4), split_part(same_as, '/', 4) from feed_health
        where source_id = 'twins' order by feed_url
    """).fetchall()
    assert dict(found) == {
        "apart": "apart",
        "elsewhere": "target",
        "empty": None,
        "empty-too": None,
        "few": None,
        "few-too": None,
        "new": "old",
        "old": "new",
        "removed": None,
        "same-articles": "same-articles-too",
        "same-articles-too": "same-articles",
        "same-bytes": "same-bytes-too",
        "same-bytes-too": "same-bytes",
        "target": "elsewhere",
    }, "where another source has the very address, it is that"


def test_a_feeds_sitemaps_are_part_of_it_and_its_lies_are_remembered(news: duckdb.DuckDBPyConnection) -> None:
    found = records(news, "from feed_health where source_id = 'liar'")
    last = WEEKS * 7 - 2
    assert [row["feed_url"] for row in found] == ["https://liar.example/feed"]
    assert (
        found[0]
        | {
            "polls": 3,
            "retired": True,
            "lying_304": True,
            "gaps": 1,
            "last_gap_from": noon(last - 2),
            "last_gap_to": noon(last - 1),
            "median_items": 3,
            "new_items_per_day": 4 / ((noon(last + 1) - noon(last - 1)) / timedelta(days=1)),
            "last_items": 4,
            "same_as": None,
        }
        == found[0]
    )


def test_the_queries_list_what_may_be_missing(news: duckdb.DuckDBPyConnection) -> None:
    def answer(name: str) -> list[dict[str, Any]]:
        rows = records(news, (PROJECT_ROOT / f"sql/queries/{name}.sql").read_text("utf-8"))
        return [row for row in rows if row["source_id"] in ("changing", "liar", "weekly")]

    def midnight(day: int) -> datetime:
        return START + timedelta(days=day)

    last = WEEKS * 7 - 1
    assert [tuple(row.values()) for row in answer("missed")] == [
        ("changing", "failed", "expired", noon(last - 2), noon(last - 2), 1),
        ("changing", "failed", "gone", noon(last - 2), noon(last - 2), 1),
        ("changing", "outdated", "changed since it was captured", noon(last - 2), noon(last - 2), 1),
        ("liar", "gap", "https://liar.example/feed", noon(last - 3), noon(last - 2), None),
        ("weekly", "not read", "no poll", midnight(MONDAY + 1), midnight(MONDAY + 3), None),
        ("weekly", "not read", "every poll failed", midnight(MONDAY + 3), midnight(MONDAY + 5), None),
    ]
    assert [(row["day"], row["weekday"], row["seen"]) for row in answer("quiet_sources")] == [
        (noon(MONDAY).date(), "Monday", 8),
        (noon(MONDAY - 14).date(), "Monday", 0),
    ]
