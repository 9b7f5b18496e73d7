"""Captures of a web archive: which of them are fetched, and what is recorded of a page whose captures cannot be."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.worlds.outlet import DAY, EVENING, MORNING, NOON, STORY, Outlet, fates, page
from tests.worlds.web_archive import Odd

pytestmark = pytest.mark.slow


def test_an_archive_that_has_only_the_front_page_does_not_have_the_article(past: Outlet) -> None:
    past.put_in_sitemap(STORY, MORNING)
    past.keep(STORY, NOON)
    past.keep("/", NOON)
    to_front_page = Odd(status=302, headers={"Location": f"/web/20260314120000id_/{past.site.base}/"})
    past.archive.odd_replays[past.site.base + STORY] = [to_front_page]
    assert fates(past.backfill()) == {"found": 1, "lost": 1}
    assert past.captures() == {}


def test_an_archive_says_when_a_capture_was_made_unless_it_cannot_be(past: Outlet) -> None:
    expected = {}
    said_and_recorded = (
        (datetime(2100, 1, 1, tzinfo=UTC), NOON),
        (datetime(1970, 1, 1, tzinfo=UTC), NOON),
        (NOON - timedelta(seconds=3), NOON - timedelta(seconds=3)),
    )
    for number, (said, captured_at) in enumerate(said_and_recorded):
        story = f"{STORY}-{number}"
        past.put_in_sitemap(story, MORNING)
        past.keep(story, NOON)
        headers = {"Memento-Datetime": format_datetime(said, usegmt=True)}
        answer = Odd(page(story).encode(), content_type="text/html", headers=headers)
        past.archive.odd_replays[past.site.base + story] = [answer]
        expected[past.site.base + story] = captured_at
    assert past.backfill().recovered == 3
    captures = past.rows("select url, captured_at from ledger.article_captured")
    assert {row["url"]: row["captured_at"] for row in captures} == expected


def test_a_capture_dated_in_the_future_is_ignored(past: Outlet) -> None:
    past.put_in_sitemap(STORY, MORNING)
    past.keep(STORY, datetime(2100, 1, 1, tzinfo=UTC))
    assert fates(past.backfill()) == {"found": 1, "lost": 1}


UNFETCHABLE: dict[str, tuple[list[Odd], str]] = {
    "in a circle": ([Odd(status=302, headers={"Location": "/web/20260314120000id_/URL"})] * 6, "lost"),
    "to a private address": ([Odd(status=302, headers={"Location": "http://10.0.0.1/"})], "lost"),
    "broken": ([Odd(status=500)], "waiting"),
}
"""How an archive answers for a capture, and the fate of a page that has no other. One request follows six redirects."""


def unfetchable(past: Outlet, story: str, name: str) -> list[Odd]:
    url = past.site.base + story
    answers, _ = UNFETCHABLE[name]
    return [
        replace(odd, headers={key: value.replace("URL", url) for key, value in odd.headers.items()}) for odd in answers
    ]


def test_an_unfetchable_capture_does_not_hide_the_others(past: Outlet) -> None:
    for name in UNFETCHABLE:
        story = f"{STORY}-{name.replace(' ', '-')}"
        past.put_in_sitemap(story, MORNING)
        past.keep(story, NOON)
        past.keep(story, EVENING)
        past.archive.odd_replays[past.site.base + story] = unfetchable(past, story, name)
    assert fates(past.backfill()) == {"found": 3, "recovered": 3}
    captures = past.rows("select captured_at from ledger.article_captured")
    assert [capture["captured_at"] for capture in captures] == [EVENING] * 3
    assert past.notices == ()


def test_a_page_with_more_captures_than_are_listed_is_taken_from_those_that_are(past: Outlet) -> None:
    past.put_in_sitemap(STORY, MORNING)
    past.archive.page_rows = 1
    for day in range(8):
        past.keep(STORY, NOON + timedelta(days=day))
    assert fates(past.backfill()) == {"found": 1, "recovered": 1}


def test_a_page_waits_only_for_a_capture_that_may_become_fetchable(past: Outlet) -> None:
    for name in UNFETCHABLE:
        story = f"{STORY}-{name.replace(' ', '-')}"
        past.put_in_sitemap(story, MORNING)
        past.keep(story, NOON)
        past.archive.odd_replays[past.site.base + story] = unfetchable(past, story, name)
    assert fates(past.backfill()) == {"found": 3} | Counter(fate for _, fate in UNFETCHABLE.values())
    waiting = [failure for failure in past.failures() if "broken" in failure[0]]
    assert "not_archived" not in {reason for _, reason, _ in waiting}


def test_a_capture_that_an_archive_did_not_give_is_recorded(past: Outlet) -> None:
    past.put_in_sitemap(STORY, MORNING)
    past.keep(STORY, NOON)
    past.archive.odd_replays[past.site.base + STORY] = [Odd(status=500)]
    past.backfill()
    reads = past.rows("select url, reason, status from ledger.history_read where reason is not null")
    assert [tuple(read.values()) for read in reads] == [(past.site.base + STORY, "http_5xx", 500)]
    (notice,) = past.notices
    assert "did not give a page that it has" in notice
    assert fates(past.backfill()) == {"known": 1, "recovered": 1}


def test_an_archive_that_was_not_asked_for_pages_is_recorded(past: Outlet) -> None:
    stories = [f"{STORY}-{number}" for number in range(3)]
    for story in stories:
        past.put_in_sitemap(story, MORNING)
        past.archive.odd_index[past.site.base + story] = [Odd(status=429, headers={"Retry-After": "3600"})]
    past.backfill()
    sql = f"select * from ledger.history_read where url like '%{STORY}-%' and reason is not null order by position"
    first = past.rows(sql)[0]
    assert (first["reason"], first["status"]) == ("http_4xx", 429)
    assert (first["via"], first["interval_start"], first["interval_end"]) == ("wayback", DAY.start, DAY.end)
    assert first["retry_at"] - past.now < timedelta(hours=1)
    told = len(past.rows(sql))
    assert fates(past.backfill()) == {"known": 3, "waiting": 3}
    new = past.rows(sql)[told:]
    assert [read["reason"] for read in new] == ["asked_to_wait"], "once for all three"
