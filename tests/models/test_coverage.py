"""The coverage models account for every article that was seen, and say where and when something may be missing."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from pipeline import models
from pipeline.events import (
    ArticleCaptured,
    ArticleExtracted,
    CaptureFailed,
    ExtractionFailed,
    FeedPolled,
    ItemDiscovered,
    Via,
)
from pipeline.interval import Interval
from pipeline.ledger import Ledger
from pipeline.settings import PROJECT_ROOT, Settings
from pipeline.steps.capture import pending_pages
from tests.models.coverage_histories import (
    END,
    EVENTS,
    FAILED_ONLY,
    LAST_DAY,
    MONDAY,
    RANDOM_SOURCES,
    START,
    UNPOLLED,
    WEEKS,
    Recorded,
    noon,
)
from tests.worlds.ledgers import NewData
from tests.worlds.stories import append

pytestmark = pytest.mark.slow


# ---- histories


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
    """True if the source has changed what it says of the article since its page was last captured."""
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
