"""The time that an address names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.collect.history.sightings import named_day, named_interval
from pipeline.interval import Interval
from tests.collect.history.history_client import BERLIN, DAY

YEAR, MONTH, ONE_DAY = (2026, 1, 1), (2026, 3, 1), (2026, 3, 14)
NAMED = {
    "/sitemaps/2026-03-14.xml": (ONE_DAY, 1),
    "/sitemap_20260314.xml.gz": (ONE_DAY, 1),
    "/archiv/2026/3/14/": (ONE_DAY, 1),
    "/sitemap.xml?yyyy=2026&mm=03&dd=14": (ONE_DAY, 1),
    "/sitemap/2026.03.14/news.xml": (ONE_DAY, 1),
    "/sitemap-posttype-post.2026-03.xml": (MONTH, 31),
    "/sitemap/202603.xml": (MONTH, 31),
    "/2026/03/sitemap.xml": (MONTH, 31),
    "/sitemap?year=2026&month=3": (MONTH, 31),
    "/sitemap-2026.xml": (YEAR, 365),
    "/archive/2026/index.xml": (YEAR, 365),
    "/posts_2026_1.xml": (YEAR, 365),
    "/sitemap.xml?year=2026": (YEAR, 365),
}


@pytest.mark.parametrize(("path", "named"), NAMED.items(), ids=NAMED)
def test_an_address_names_a_year_a_month_or_a_day(path: str, named: tuple[tuple[int, int, int], int]) -> None:
    (year, month, day), days = named
    interval = named_interval(f"https://bote.example{path}", BERLIN)
    assert interval is not None
    assert interval.start == datetime(year, month, day, tzinfo=BERLIN)
    assert interval.end - interval.start == timedelta(days=days) - (timedelta(hours=1) if days == 31 else timedelta())


@pytest.mark.parametrize(
    "url",
    [
        "https://bote.example/sitemap.xml",
        "https://bote.example:2026/sitemap-3.xml",
        "https://2026.bote.example/sitemap.xml",
        "https://bote.example/sitemap-12345678.xml",
        "https://bote.example/2026-02-30.xml",
        "https://bote.example/wahl2026/sitemap.xml",
        "https://bote.example/post-sitemap1998.xml",
        "https://bote.example/2026er.xml",
        "https://bote.example/sitemap-99999999999999999999.xml",
    ],
)
def test_an_address_may_name_no_time(url: str) -> None:
    assert named_interval(url, BERLIN) is None


ARTICLES = {
    "/2026/03/14/hafen-bleibt-zu": "2026/03/14",
    "/politik/2026-03-14/hafen": "2026-03-14",
    "/20260314/hafen.html": "20260314",
    "/politik/2026-03-14-hafen.html": "2026-03-14",
    "/politik/jahrestag-des-2001-09-11-anschlags": None,
    "/2026/03/": None,
    "/story-20260314": None,
    "/2026/13/14/hafen": None,
    "/2026/02/30/hafen": None,
}


@pytest.mark.parametrize(("path", "raw"), ARTICLES.items(), ids=ARTICLES)
def test_the_day_of_an_article_starts_a_part_of_its_path(path: str, raw: str | None) -> None:
    day = named_day(f"https://bote.example{path}", BERLIN)
    assert (day.raw if day else None) == raw
    if day is not None:
        assert day.begins_at == datetime(2026, 3, 13, 23, tzinfo=UTC)


def test_intervals_are_half_open() -> None:
    assert DAY.start in DAY
    assert DAY.end not in DAY
    assert not DAY.overlaps(Interval(DAY.end, DAY.end + timedelta(days=1)))
    assert DAY.days == 1
    assert Interval(DAY.start, DAY.start + timedelta(minutes=1)).days == 1
    assert Interval(DAY.start, DAY.start + timedelta(days=2, hours=1)).days == 3
