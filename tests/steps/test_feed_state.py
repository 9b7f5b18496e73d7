"""When a feed is due, and how it is asked next, from what its last polls said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pipeline.events import PollOutcome
from pipeline.steps.feed_state import (
    LONGEST_INTERVAL,
    SHORTEST_INTERVAL,
    UNCONDITIONAL_EVERY,
    FeedState,
    Which,
)
from tests.worlds.stories import NOON

HOUR = timedelta(hours=1)


def state(**known: Any) -> FeedState:
    return FeedState(source_id="bote", feed_url="https://bote.example/feed", **known)


INTERVALS: dict[str, tuple[dict[str, Any], timedelta]] = {
    "never polled twice": ({"items": 30}, SHORTEST_INTERVAL),
    "nothing new for a week": ({"items": 30, "peak_items_per_hour": 0.0}, LONGEST_INTERVAL),
    "half a day until half has gone": ({"items": 24, "peak_items_per_hour": 1.0}, 12 * HOUR),
    "a slow feed": ({"items": 100, "peak_items_per_hour": 0.1}, LONGEST_INTERVAL),
    "a fast feed": ({"items": 20, "peak_items_per_hour": 40.0}, SHORTEST_INTERVAL),
    "a feed of nothing": ({"items": 0, "peak_items_per_hour": 5.0}, LONGEST_INTERVAL),
    "a gap says that it was not often enough": (
        {"items": 24, "peak_items_per_hour": 1.0, "overlap": False},
        SHORTEST_INTERVAL,
    ),
    "one failure": ({"items": 24, "peak_items_per_hour": 1.0, "failures_in_a_row": 1}, HOUR),
    "four failures": ({"failures_in_a_row": 4}, 8 * HOUR),
    "failing for months, never forgotten": ({"failures_in_a_row": 5000}, LONGEST_INTERVAL),
}


@pytest.mark.parametrize(("known", "interval"), INTERVALS.values(), ids=INTERVALS)
def test_intervals(known: dict[str, Any], interval: timedelta) -> None:
    assert state(**known).interval == interval


DUE: dict[str, tuple[dict[str, Any], set[Which]]] = {
    "never polled": ({}, {Which.DUE, Which.CURRENT, Which.ALL}),
    "just polled": ({"last_polled_at": NOON - HOUR / 3}, {Which.CURRENT, Which.ALL}),
    "due in minutes": ({"last_polled_at": NOON - 0.9 * HOUR}, {Which.DUE, Which.CURRENT, Which.ALL}),
    "retired": ({"last_polled_at": NOON - 99 * HOUR, "last_outcome": PollOutcome.GONE}, {Which.ALL}),
    "asked to wait": (
        {"last_polled_at": NOON - 9 * HOUR, "failures_in_a_row": 1, "retry_at": NOON + HOUR},
        {Which.CURRENT, Which.ALL},
    ),
    "has waited": (
        {"last_polled_at": NOON - 9 * HOUR, "failures_in_a_row": 1, "retry_at": NOON - HOUR},
        {Which.DUE, Which.CURRENT, Which.ALL},
    ),
}


@pytest.mark.parametrize(("known", "polled_by"), DUE.values(), ids=DUE)
def test_which_runs_poll_a_feed(known: dict[str, Any], polled_by: set[Which]) -> None:
    assert {which for which in Which if state(**known).is_polled(which, NOON)} == polled_by


@pytest.mark.parametrize(
    ("known", "conditional"),
    [
        ({}, False),
        ({"etag": '"1"'}, True),
        ({"last_modified": "Mon, 02 Mar 2026 08:00:00 GMT"}, True),
        ({"etag": '"1"', "not_modified_in_a_row": UNCONDITIONAL_EVERY - 2}, True),
        ({"etag": '"1"', "not_modified_in_a_row": UNCONDITIONAL_EVERY - 1}, False),
        ({"etag": '"1"', "lied": True}, False),
    ],
)
def test_when_a_304_may_be_trusted(known: dict[str, Any], conditional: bool) -> None:
    assert state(**known).may_be_conditional is conditional
