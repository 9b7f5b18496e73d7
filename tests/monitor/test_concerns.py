"""What needs a person, and what does not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.monitor.concerns import Concern, ConcernKind, concerns
from pipeline.monitor.gauges import registry_of
from pipeline.monitor.state import (
    CoverageDay,
    FailedTask,
    FeedStatus,
    LedgerHead,
    LostPage,
    PublishedBuild,
    State,
)
from pipeline.translatable import phrase
from pipeline.verification.remembered import LastVerification

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

FEED = FeedStatus("courier", "https://courier.example/rss", NOW - HOUR, NOW - HOUR, True, False, None)
FAILING = FeedStatus("harbour", "https://harbour.example/rss", NOW - HOUR, NOW - DAY, False, False, "timeout")
RETIRED = FeedStatus("old", "https://old.example/rss", NOW - 100 * DAY, None, False, True, "gone")
REMOVED = FeedStatus("removed", "https://removed.example/rss", NOW - 3 * DAY, None, False, False, "dns")
TODAY = CoverageDay("courier", date(2026, 3, 20), 4, 3, 1, 0, 0, False, 2)
FAILED_TASK = FailedTask("ingest_daily", "run-1", "collect", "courier", NOW - HOUR, "OSError: no space left")
MISTAKEN = FailedTask(
    "ingest_daily", "scheduled__1", "plan", None, NOW - HOUR, "AirflowFailException: sources.toml: is not TOML"
)
VERIFIED = LastVerification(NOW - DAY, 10, 900, 30, "sha256:1", 0, None)

SOUND = State(
    read_at=NOW,
    lookback_days=7,
    ledger=LedgerHead(1000, 12, NOW - 90 * DAY),
    feeds=(FEED,),
    articles={"courier": 40},
    pages_pending=2,
    pending={"extract": 1, "annotate": 0},
    lost=(LostPage("courier", "https://courier.example/a", "robots", NOW - DAY),),
    failed_tasks=(),
    coverage=(TODAY,),
    publication=PublishedBuild(1000, NOW - HOUR),
    verification=VERIFIED,
)


def found(**changes: Any) -> list[tuple[str, str]]:
    return [(each.kind.value, each.what) for each in concerns(msgspec.structs.replace(SOUND, **changes))]


def coverage(**changes: Any) -> tuple[CoverageDay, ...]:
    return (msgspec.structs.replace(TODAY, **changes),)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"feeds": (FEED, RETIRED)},
        {"feeds": (FEED, REMOVED)},
        {"feeds": (FEED, msgspec.structs.replace(FEED, last_polled_at=NOW - DAY, last_new_at=NOW - 31 * DAY))},
        {"coverage": coverage(day=date(2026, 3, 18), gaps=1) + (TODAY,)},
        {"coverage": coverage(source_id="removed", gaps=1)},
        {"failed_tasks": (msgspec.structs.replace(FAILED_TASK, occurred_at=NOW - 3 * DAY),)},
        {"failed_tasks": (msgspec.structs.replace(FAILED_TASK, succeeded_at=NOW),)},
        {"failed_tasks": (msgspec.structs.replace(MISTAKEN, run_id="manual__1"),)},
        {"failed_tasks": (msgspec.structs.replace(MISTAKEN, run_id="backfill__1"),)},
        {"publication": PublishedBuild(1000, NOW - 9 * DAY)},
        {"publication": None, "coverage": (), "ledger": LedgerHead(1000, 12, NOW - DAY)},
        {"feeds": (), "ledger": LedgerHead(1000, 12, NOW - DAY)},
        {"verification": msgspec.structs.replace(VERIFIED, verified_at=NOW - 14 * DAY)},
        {"verification": None, "ledger": LedgerHead(1000, 12, NOW - 13 * DAY)},
        {"verification": None, "ledger": LedgerHead(0, 0, None), "feeds": ()},
    ],
)
def test_nothing_needs_a_person(changes: dict[str, Any]) -> None:
    assert found(**changes) == []


CONCERNS: list[tuple[dict[str, Any], str, str]] = [
    (
        {"feeds": (FEED, FAILING)},
        "source_fails",
        "harbour: https://harbour.example/rss: timeout; last success 2026-03-19 12:00 UTC",
    ),
    (
        {"feeds": (msgspec.structs.replace(FAILING, last_success_at=None),)},
        "source_fails",
        "harbour: https://harbour.example/rss: timeout; never read",
    ),
    (
        {"feeds": (FEED, msgspec.structs.replace(FEED, last_new_at=NOW - 31 * DAY))},
        "feed_silent",
        "courier: https://courier.example/rss: nothing new since 2026-02-17 12:00 UTC;"
        " probably abandoned by the outlet",
    ),
    (
        {"feeds": (msgspec.structs.replace(FEED, last_new_at=NOW - 32 * DAY), FEED) * 2},
        "feed_silent",
        "courier: 2 of 4 feeds: nothing new since 2026-02-16 12:00 UTC; probably abandoned by the outlet",
    ),
    (
        {"coverage": coverage(gaps=2)},
        "possible_gap",
        "courier: items may have been missed 2 times on 2026-03-20: `newsledger sql missed`",
    ),
    ({"coverage": coverage(is_quiet=True)}, "quiet_day", "courier: unusually few articles on 2026-03-20: 4"),
    (
        {"failed_tasks": (FAILED_TASK, FAILED_TASK)},
        "run_failed",
        "a run of ingest_daily failed at 2026-03-20 11:00 UTC: collect of courier: OSError: no space left"
        " (and 1 more task)",
    ),
    (
        {"failed_tasks": (MISTAKEN,)},
        "run_failed",
        "a run of ingest_daily failed at 2026-03-20 11:00 UTC: plan: sources.toml: is not TOML",
    ),
    (
        {"failed_tasks": (msgspec.structs.replace(FAILED_TASK, run_id="manual__1", task_id=None, label=None),)},
        "run_failed",
        "a run of ingest_daily failed at 2026-03-20 11:00 UTC: OSError: no space left",
    ),
    (
        {"publication": None, "coverage": (), "publication_error": "news.duckdb: cannot be opened: …"},
        "not_published",
        "news.duckdb: cannot be opened: …",
    ),
    (
        {"verification": msgspec.structs.replace(VERIFIED, verified_at=NOW - 15 * DAY)},
        "not_verified",
        "the ledger was not verified completely since 2026-03-05 12:00 UTC: run `newsledger maintain`",
    ),
    (
        {"verification": msgspec.structs.replace(VERIFIED, read_since=NOW - 16 * DAY)},
        "not_verified",
        "the ledger was not verified completely since 2026-03-04 12:00 UTC: run `newsledger maintain`",
    ),
    (
        {"verification": None},
        "not_verified",
        "the ledger was never verified; it was begun on 2025-12-20 12:00 UTC: run `newsledger maintain`",
    ),
    (
        {"verification": msgspec.structs.replace(VERIFIED, findings=3, first_finding="append 7: is missing")},
        "not_as_recorded",
        "the verification of 2026-03-19 12:00 UTC found: append 7: is missing (and 2 more)",
    ),
    (
        {"feeds": (msgspec.structs.replace(FEED, last_polled_at=NOW - 3 * DAY),)},
        "not_polled",
        "no feed was polled since 2026-03-17 12:00 UTC",
    ),
    (
        {"feeds": ()},
        "not_polled",
        "no feed was ever polled; the ledger was begun on 2025-12-20 12:00 UTC",
    ),
    (
        {"publication": None, "coverage": ()},
        "not_published",
        "there are no published tables; the ledger was begun on 2025-12-20 12:00 UTC",
    ),
    (
        {"publication": PublishedBuild(990, NOW - 3 * DAY)},
        "not_published",
        "nothing was published since 2026-03-17 12:00 UTC; 10 events are newer",
    ),
]
"""Each change of a sound state, the kind of its concern, and how that is said."""


@pytest.mark.parametrize(("changes", "kind", "what"), CONCERNS)
def test_one_thing_needs_a_person(changes: dict[str, Any], kind: str, what: str) -> None:
    assert found(**changes) == [(kind, what)]


def test_the_ledger_comes_first_and_the_sources_in_order() -> None:
    other = msgspec.structs.replace(FAILING, source_id="alpha")
    changes = {"feeds": (FAILING, FEED, other), "verification": None, "coverage": coverage(gaps=1)}
    assert [kind for kind, _ in found(**changes)] == ["not_verified", "source_fails", "possible_gap", "source_fails"]


def test_metrics_are_what_prometheus_reads_and_show_the_state() -> None:
    state = msgspec.structs.replace(SOUND, feeds=(FEED, FAILING, RETIRED), failed_tasks=(FAILED_TASK,))
    text = generate_latest(registry_of(state, [Concern(ConcernKind.SOURCE_FAILS, "harbour", phrase("…"))])).decode()
    read = {
        (sample.name.removeprefix("newsledger_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert all(family.type == "gauge" and family.documentation for family in text_string_to_metric_families(text))
    expected = {
        ("concerns", "source_fails"): 1,
        ("concerns", "not_verified"): 0,
        ("ledger_events",): 1000,
        ("ledger_appends",): 12,
        ("feeds", "harbour"): 1,
        ("feeds_failing", "harbour"): 1,
        ("feeds_failing", "old"): 0,
        ("feeds_retired", "old"): 1,
        ("last_poll_timestamp_seconds", "courier"): (NOW - HOUR).timestamp(),
        ("last_success_timestamp_seconds", "harbour"): (NOW - DAY).timestamp(),
        ("articles", "courier"): 40,
        ("week_articles_seen", "courier"): 4,
        ("week_articles_captured", "courier"): 3,
        ("week_articles_lost", "courier"): 1,
        ("pages_pending",): 2,
        ("processing_pending", "extract"): 1,
        ("pages_lost", "robots"): 1,
        ("tasks_failed", "ingest_daily"): 1,
        ("published_timestamp_seconds",): (NOW - HOUR).timestamp(),
        ("published_position",): 1000,
        ("verified_timestamp_seconds",): (NOW - DAY).timestamp(),
        ("verification_findings",): 0,
    }
    assert expected.items() <= read.items()
