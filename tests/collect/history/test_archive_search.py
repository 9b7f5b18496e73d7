"""The articles of a day in archived captures of feeds, front pages and section pages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.collect.history.archive_search import MAX_MEMENTOS, ArchiveSearch, ArchiveSearcher, chosen
from pipeline.collect.history.wayback import MAX_PAGES, ArchivedCapture, WebArchive
from pipeline.collect.pages.section_pages import looks_like_article, page_links, section_addresses
from pipeline.interval import Interval
from tests.collect.history.history_client import BERLIN, DAY, hour, open_client
from tests.worlds.web_archive import Odd, WebArchiveServer, web_archive

SITE = "https://bote.example"
FEED, HOME = f"{SITE}/feed.xml", f"{SITE}/"
RSS = "application/rss+xml"


@pytest.fixture
def archive() -> Iterator[WebArchiveServer]:
    with web_archive() as server:
        yield server


def search(archive: WebArchiveServer, folder: Path, url: str, *, html: bool = False) -> ArchiveSearch:
    async def run() -> ArchiveSearch:
        async with open_client(folder) as client:
            searcher = ArchiveSearcher(WebArchive(client, archive.base), hosts={"bote.example"}, zone=BERLIN)
            return await (searcher.front_page(url, DAY) if html else searcher.feed(url, DAY))

    return asyncio.run(run())


def rss(*items: tuple[str, datetime | None]) -> str:
    """A feed of paths and dates."""
    rows = "".join(
        f"<item><link>{SITE}{path}</link><title>{path}</title>"
        + (f"<pubDate>{at:%a, %d %b %Y %H:%M:%S} GMT</pubDate>" if at else "")
        + "</item>"
        for path, at in items
    )
    return f"<rss version='2.0'><channel><title>Bote</title><link>{SITE}/</link>{rows}</channel></rss>"


def page(*paths: str) -> str:
    picture = "<img src='x.jpg'>"
    links = "".join(f"<li><a href='{path}'>{picture}</a><a href='{path}'>About {path}</a></li>" for path in paths)
    return f"<!doctype html><html><body><nav><a href='/politik'>Politik</a></nav><ul>{links}</ul></body></html>"


def paths(found: ArchiveSearch) -> dict[str, datetime]:
    return {sighting.item.url.removeprefix(SITE): sighting.dated_at for sighting in found.sightings}


# Feeds


def test_dated_items_of_the_day_are_found_in_later_captures_too(archive: WebArchiveServer, tmp_path: Path) -> None:
    archive.keep(FEED, hour(6), rss(("/early", hour(5)), ("/yesterday", hour(-4))), content_type=RSS)
    archive.keep(FEED, hour(30), rss(("/late", hour(23)), ("/tomorrow", hour(29))), content_type=RSS)
    found = search(archive, tmp_path, FEED)
    assert paths(found) == {"/early": hour(5), "/late": hour(23)}
    assert (found.captures, found.entries, found.failure) == (2, 4, None)
    assert found.sightings[0].found_in == f"{archive.base}/web/20260314060000id_/{FEED}"


def test_an_undated_item_gets_the_time_of_the_first_capture_in_which_it_was_new(
    archive: WebArchiveServer, tmp_path: Path
) -> None:
    archive.keep(FEED, hour(-9), rss(("/old", None)), content_type=RSS)
    archive.keep(FEED, hour(6), rss(("/old", None), ("/new", None)), content_type=RSS)
    archive.keep(FEED, hour(12), rss(("/new", None), ("/newer", None)), content_type=RSS)
    archive.keep(FEED, hour(26), rss(("/newest", None)), content_type=RSS)
    assert paths(search(archive, tmp_path, FEED)) == {"/new": hour(6), "/newer": hour(12)}


def test_an_undated_item_of_the_first_capture_is_ignored(archive: WebArchiveServer, tmp_path: Path) -> None:
    archive.keep(FEED, hour(6), rss(("/undated", None), ("/2026/03/14/named", None)), content_type=RSS)
    assert paths(search(archive, tmp_path, FEED)) == {"/2026/03/14/named": hour(11)}


def test_a_date_after_the_capture_is_refused(archive: WebArchiveServer, tmp_path: Path) -> None:
    archive.keep(FEED, hour(-3), rss(("/announced", hour(20))), content_type=RSS)
    assert paths(search(archive, tmp_path, FEED)) == {}


def test_unreadable_captures_do_not_stop_the_search(archive: WebArchiveServer, tmp_path: Path) -> None:
    archive.keep(FEED, hour(2), "<html>Wartung</html>", content_type=RSS)
    archive.keep(FEED, hour(4), rss(("/a", hour(3))), content_type=RSS)
    archive.keep(FEED, hour(6), rss(("/b", hour(5))), content_type=RSS)
    archive.odd_replays[FEED] = [Odd(b"", content_type=RSS), Odd(status=404)]
    found = search(archive, tmp_path, FEED)
    assert (paths(found), found.failure) == ({"/b": hour(5)}, None), "they will never be otherwise"
    archive.odd_replays[FEED] = [Odd(status=500)]
    found = search(archive, tmp_path, FEED)
    assert found.failure is not None
    assert (found.failure.reason, found.is_archive_busy, len(paths(found))) == ("http_5xx", False, 2)


def test_captures_shared_by_neighbouring_days_are_read_once(archive: WebArchiveServer, tmp_path: Path) -> None:
    archive.keep(FEED, hour(20), rss(("/early", hour(5)), ("/undated", None)), content_type=RSS)
    archive.keep(FEED, hour(30), rss(("/undated", None), ("/new", None)), content_type=RSS)

    async def run() -> list[ArchiveSearch]:
        async with open_client(tmp_path) as client:
            searcher = ArchiveSearcher(WebArchive(client, archive.base), hosts={"bote.example"}, zone=BERLIN)
            next_day = Interval(DAY.end, DAY.end + timedelta(days=1))
            return [await searcher.feed(FEED, day) for day in (DAY, next_day)]

    assert [paths(found) for found in asyncio.run(run())] == [{"/early": hour(5)}, {"/new": hour(30)}]
    assert archive.asked[f"replay {FEED}"] == 2


def test_the_start_of_a_long_index_is_read(archive: WebArchiveServer, tmp_path: Path) -> None:
    archive.page_rows = 1
    for number in range(MAX_PAGES + 1):
        archive.keep(FEED, hour(number), rss((f"/{number}", hour(number))), content_type=RSS)
    found = search(archive, tmp_path, FEED)
    assert found.failure is not None
    assert (found.failure.reason, found.is_archive_busy, found.captures) == ("partial", False, MAX_PAGES)


def test_a_busy_archive_gets_no_more_requests(archive: WebArchiveServer, tmp_path: Path) -> None:
    for number in range(5):
        archive.keep(FEED, hour(number), rss((f"/{number}", hour(number))), content_type=RSS)
    archive.odd_replays[FEED] = [Odd(status=429, headers={"Retry-After": "900"}) for _ in range(9)]
    found = search(archive, tmp_path, FEED)
    assert found.is_archive_busy
    assert found.sightings == ()
    assert archive.asked[f"replay {FEED}"] <= 2


def test_a_feed_that_was_never_archived(archive: WebArchiveServer, tmp_path: Path) -> None:
    found = search(archive, tmp_path, FEED)
    assert (found.captures, found.entries, found.failure, found.sightings) == (0, 0, None, ())


# Pages

OLD, NEW, NAMED = "/politik/hafen-bleibt-bis-montag-zu", "/politik/fähre-legt-wieder-ab-heute", "/2026/03/14/kurz"


def test_a_front_page_shows_what_was_new(archive: WebArchiveServer, tmp_path: Path) -> None:
    archive.keep(HOME, hour(-5), page(OLD, "/impressum"))
    archive.keep(HOME, hour(8), page(NEW, OLD, NAMED, "https://sister.example/a-b-c-d", "mailto:x@bote.example"))
    found = search(archive, tmp_path, HOME, html=True)
    assert paths(found) == {NEW: hour(8), NAMED: hour(11)}
    new, named = found.sightings
    assert (new.item.title, new.item.published_at, new.item.published_quality) == (f"About {NEW}", None, None)
    assert (named.item.published_raw, named.item.published_quality) == ("2026/03/14", "day_only")
    assert found.sections == (f"{SITE}/politik",)


def test_a_front_page_without_html_has_no_articles(archive: WebArchiveServer, tmp_path: Path) -> None:
    archive.keep(HOME, hour(8), b"")
    archive.keep(HOME, hour(9), b"\x00\x01\x02")
    found = search(archive, tmp_path, HOME, html=True)
    assert (found.captures, found.sightings) == (2, ())


def test_links_of_a_page() -> None:
    html = b"""<html><head><base href="/ressort/"></head><body>
        <a>no href</a> <a href="#top">top</a> <a href="javascript:void(0)">script</a> <a href="http://[">broken</a>
        <a href="artikel-4711.html?utm_source=x#kommentare"><b>Gr\xf6\xdfer</b>
        als   gedacht</a> <a href="//www.bote.example/b">b</a> <a href="https://andere.example/">c</a></body></html>"""
    links = page_links(html, url=HOME, content_type="text/html; charset=iso-8859-1", hosts={"bote.example"})
    assert [(link.url, link.title) for link in links] == [
        (f"{SITE}/ressort/", "top"),
        (f"{SITE}/ressort/artikel-4711.html?utm_source=x", "Größer als gedacht"),
        ("https://www.bote.example/b", "b"),
    ]


@pytest.mark.parametrize(
    ("path", "is_article"),
    [
        ("/politik/der-hafen-bleibt-zu", True),
        ("/politik/der_hafen_bleibt_zu.html", True),
        ("/story/1234567", True),
        ("/wirtschaft/reeder-klagt-a-48213.html", True),
        ("/2026/03/14/hafen", True),
        ("/politik", False),
        ("/thema/leben-und-stil", False),
        ("/", False),
        ("/seite/2", False),
        ("/impressum.html", False),
        ("/2026/03/", False),
    ],
)
def test_paths_that_look_like_articles(path: str, is_article: bool) -> None:
    assert looks_like_article(SITE + path) is is_article


@pytest.mark.parametrize(
    "path", ["a" * 8_000, "1" * 8_000 + "/x", "a-" * 4_000 + "/x"], ids=["words", "digits", "marks"]
)
def test_a_long_path_is_judged_in_less_than_a_second(path: str) -> None:
    """A pattern with two ways to match the same characters takes minutes: this is what a server may redirect to."""
    assert not looks_like_article(f"{SITE}/{path}")


def test_section_pages_are_linked_folders_of_linked_articles() -> None:
    body = page(
        "/sport/a-b-c-d", "/sport/e-f-g-h", "/politik/inland/i-j-k-l", "/politik/inland/m-n-o-p", "/kultur/q-r-s-t"
    )
    body = body.replace("<ul>", "<ul><a href='/kultur/'>K</a><a href='/sport/'>S</a>")
    links = page_links(body.encode(), url=HOME, content_type="text/html", hosts={"bote.example"})
    assert sorted(section_addresses(links)) == [f"{SITE}/politik", f"{SITE}/sport/"]


# The choice of captures


def archived(*hours: float) -> list[ArchivedCapture]:
    return [ArchivedCapture(hour(number), FEED, "") for number in hours]


def test_the_last_capture_before_those_within_and_the_first_after_are_chosen() -> None:
    assert [each.at for each in chosen(archived(-9, -2, 1, 20, 25, 40), DAY)] == [hour(h) for h in (-2, 1, 20, 25)]


def test_too_many_captures_are_thinned_out_evenly() -> None:
    picked = chosen(archived(-1, *(number / 10 for number in range(240))), DAY)
    assert len(picked) == MAX_MEMENTOS + 1
    assert {later.at - earlier.at for earlier, later in pairwise(picked[1:])} == {timedelta(days=1) / MAX_MEMENTOS}
