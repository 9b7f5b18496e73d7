"""What was published lately is news of a sitemap, and what was known; a `lastmod` that is always now dates nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pipeline.collect.feeds import Feed
from pipeline.steps.sitemap_items import dated_pages, news_of
from tests.collect.feeds.sample_feeds import BERLIN, NOW, read

SINCE = NOW - timedelta(days=7)


def sitemap(*pages: tuple[str, datetime | None]) -> Feed:
    rows = (
        f"<url><loc>https://bote.example/{path}</loc>{f'<lastmod>{at.isoformat()}</lastmod>' if at else ''}</url>"
        for path, at in pages
    )
    return read(f"<urlset>{''.join(rows)}</urlset>")


def news(feed: Feed, *known: str, listed_before: Iterable[str] | None = None) -> tuple[list[str], tuple[str, ...]]:
    guids = {f"https://bote.example/{path}" for path in known}
    before = None if listed_before is None else {f"https://bote.example/{path}" for path in listed_before}
    items, warnings = news_of(dated_pages(feed, NOW, BERLIN), since=SINCE, known_guids=guids, listed_before=before)
    return [item.url.removeprefix("https://bote.example/") for item in items], warnings


def test_pages_are_news_by_their_lastmod() -> None:
    old, new = datetime(2019, 5, 1, tzinfo=UTC), NOW - timedelta(days=1)
    assert news(sitemap(("a", new), ("b", old), ("c", None))) == (["a"], ("undated_items",))
    assert news(sitemap(("", new), ("?id=2", new))) == (["?id=2"], ()), "the front page changes every day"


def test_a_lastmod_that_is_always_now_makes_no_page_news() -> None:
    pages = [(f"seite-{number}", NOW - timedelta(seconds=number)) for number in range(200)]
    assert news(sitemap(*pages)) == ([], ("undated_items", "lastmod_is_now"))
    assert news(sitemap(*pages), "seite-7")[0] == ["seite-7"]
    imprint = ("impressum", datetime(2019, 5, 1, tzinfo=UTC))
    assert news(sitemap(imprint, *pages))[0] == []


def test_a_lastmod_of_the_night_in_which_the_file_was_made_makes_no_page_news() -> None:
    night = NOW - timedelta(hours=9)
    pages = [(f"seite-{number}", night + timedelta(seconds=number)) for number in range(60)]
    assert news(sitemap(*pages)) == ([], ("undated_items", "lastmod_is_of_file"))
    assert len(news(sitemap(*pages[:40]))[0]) == 40, "so many may be published at once"
    days = [(path, datetime(at.year, at.month, at.day, tzinfo=UTC)) for path, at in pages]
    rows = (f"<url><loc>https://bote.example/{path}</loc><lastmod>{at:%Y-%m-%d}</lastmod></url>" for path, at in days)
    assert len(news(read(f"<urlset>{''.join(rows)}</urlset>"))[0]) == 60, "the sitemap of a day"


def test_an_undated_page_is_news_if_it_was_not_listed_before() -> None:
    pages = [(f"seite-{number}", None) for number in range(10)]
    before = [path for path, _ in pages[:9]]
    assert news(sitemap(*pages), listed_before=before) == (["seite-9"], ("undated_items",))
    assert news(sitemap(*pages), "seite-3", listed_before=before)[0] == ["seite-3", "seite-9"]
    assert news(sitemap(*pages), listed_before=[]) == ([], ("undated_items",)), "another list each time"
    old = datetime(2019, 5, 1, tzinfo=UTC)
    assert news(sitemap(*pages, ("a", old)), listed_before=before)[0] == ["seite-9"], "dated pages are judged by date"


def test_the_day_in_the_address_goes_before_the_lastmod() -> None:
    pages = [(f"{day:%Y/%m/%d}/pegel", NOW) for day in (NOW - timedelta(days=n) for n in range(0, 3000, 100))]
    assert news(sitemap(*pages)) == (["2026/03/10/pegel"], ("lastmod_is_now",))
    assert news(sitemap(("2019/05/01/pegel", NOW), ("2026/03/09/wahl", None))) == (["2026/03/09/wahl"], ())


def test_pages_of_one_morning_are_news() -> None:
    pages = [(f"seite-{number}", NOW - timedelta(minutes=20 * number)) for number in range(20)]
    assert len(news(sitemap(*pages))[0]) == 20


def test_an_undated_page_of_a_news_sitemap_is_news() -> None:
    namespace = "xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'"
    feed = read(f"<urlset {namespace}><url><loc>https://bote.example/a</loc></url></urlset>")
    assert news(feed) == (["a"], ())
