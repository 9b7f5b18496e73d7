"""A walk through sitemaps whose dates can match, valid and damaged."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.collect.history import sitemap_walk as sitemaps
from pipeline.collect.history.documents import NotRead
from pipeline.collect.history.sitemap_walk import named_sitemaps
from pipeline.interval import Interval
from pipeline.ledger.log import utc_now
from tests.collect.history.history_client import DAY, NOW, hour, open_client
from tests.collect.history.sitemap_site import SITEMAPS, XML, Site, asked, found, walk
from tests.worlds.loopback import Answer


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        yield server


def test_only_articles_dated_in_the_interval_are_found(site: Site, tmp_path: Path) -> None:
    site.sitemap(
        "/news.xml",
        ("/before", "2026-03-13T23:59:59Z"),
        ("/first", "2026-03-14T00:00:00Z"),
        ("/last", "2026-03-15T00:59:59+01:00"),
        ("/after", "2026-03-15T00:00:00Z"),
        news=True,
    )
    walked = walk(site, tmp_path, "/news.xml")
    assert found(walked) == ["first", "last"]
    (read,) = walked.reads
    assert (read.entries, read.failure, read.is_partial) == (4, None, False)
    assert read.sightings[0].item.published_at == hour(0)


def test_a_day_without_a_time_counts_as_its_noon(site: Site, tmp_path: Path) -> None:
    site.sitemap("/news.xml", ("/a", "2026-03-14"), ("/b", "2026-03-15"), news=True)
    assert found(walk(site, tmp_path, "/news.xml")) == ["a"]


def test_a_day_of_modification_counts_as_its_noon_in_the_outlets_zone(site: Site, tmp_path: Path) -> None:
    site.sitemap("/all.xml", ("/a", "2026-03-14"), ("/b", "2026-03-15"))
    site.sitemap("/sitemaps/2026-03-14.xml", ("/c", "2026-03-14"))
    walked = walk(site, tmp_path, "/all.xml", "/sitemaps/2026-03-14.xml")
    assert found(walked) == ["c", "a"]
    assert {sighting.dated_at for read in walked.reads for sighting in read.sightings} == {hour(11)}


def test_an_address_that_names_its_day_beats_the_date_of_modification(site: Site, tmp_path: Path) -> None:
    site.sitemap(
        "/all.xml",
        ("/2026/03/14/revised-later", "2026-05-01T10:00:00Z"),
        ("/2025/01/02/touched", "2026-03-14T10:00:00Z"),
        ("/undated-address", "2026-03-14T10:00:00Z"),
    )
    (read,) = walk(site, tmp_path, "/all.xml").reads
    (named, modified) = read.sightings
    assert (named.item.published_raw, named.item.published_quality) == ("2026/03/14", "day_only")
    assert named.dated_at == hour(11)
    assert (modified.item.published_at, modified.dated_at) == (None, hour(10))


def test_a_lastmod_that_is_always_now_dates_nothing(site: Site, tmp_path: Path) -> None:
    now = utc_now()
    today = f"/{now:%Y/%m/%d}/ferry-is-free"
    old = [f"/report-from-year-{number}" for number in range(20)]
    site.sitemap("/all.xml", *((path, now.isoformat()) for path in (today, *old)))
    interval = Interval(now - timedelta(hours=36), now + timedelta(hours=36))
    assert found(walk(site, tmp_path, "/all.xml", interval=interval, now=now)) == [today.removeprefix("/")]


def test_a_number_that_looks_like_a_later_day_is_a_number(site: Site, tmp_path: Path) -> None:
    at = hour(7).isoformat()
    site.sitemap("/all.xml", ("/news/20310512", at), ("/news/2031/05/12/ahead", at), ("/news/20260314", at))
    (read,) = walk(site, tmp_path, "/all.xml").reads
    assert [(sighting.item.published_raw, sighting.dated_at) for sighting in read.sightings] == [
        (None, hour(7)),
        ("20260314", hour(11)),
    ]


def test_a_sitemap_of_a_day_dates_its_articles(site: Site, tmp_path: Path) -> None:
    site.sitemap(
        "/sitemaps/2026-03-14.xml", ("/same-day", "2026-03-14T08:00:00Z"), ("/later", "2026-04-01"), ("/without", None)
    )
    (read,) = walk(site, tmp_path, "/sitemaps/2026-03-14.xml").reads
    assert [sighting.dated_at for sighting in read.sightings] == [hour(8), hour(11), hour(11)]


def test_listings_and_pages_about_the_outlet_are_not_articles(site: Site, tmp_path: Path) -> None:
    at = "2026-03-14T09:00:00Z"
    others = ("/", "/tag/harbour/", "/category/politics/", "/news/author/ida-holm", "/imprint/", "/thema/hafen")
    articles = ("/politics/ferry", "/thema/der-hafen-bleibt-heute-zu", "/about-the-ferry")
    site.sitemap("/sitemap.xml", *((path, at) for path in (*others, *articles)))
    assert found(walk(site, tmp_path, "/sitemap.xml")) == [path.removeprefix("/") for path in articles]


def test_undated_pages_are_ignored(site: Site, tmp_path: Path) -> None:
    site.sitemap("/all.xml", ("/a", None), ("/b", "yesterday"), ("/c", "2099-01-01"))
    (read,) = walk(site, tmp_path, "/all.xml").reads
    assert (read.entries, read.sightings) == (3, ())


def test_only_sitemaps_whose_dates_can_match_are_read(site: Site, tmp_path: Path) -> None:
    site.index(
        "/index.xml",
        ("/2026-03-13.xml", None),
        ("/2026-02.xml", "2026-03-14T10:00:00Z"),
        ("/2026-01-05.xml", "2026-03-14T10:00:00Z"),
        ("/2025.xml", None),
        ("/stale.xml", "2026-03-10T10:00:00Z"),
        ("/that-day.xml", "2026-03-14"),
        ("/current.xml", "2026-06-01T00:00:00Z"),
        ("/2026-03.xml", "1999-01-01"),
        ("/undated.xml", None),
        ("/odd.xml", "whenever"),
    )
    for name in ("2026-03-13", "that-day", "current", "2026-03", "undated", "odd"):
        site.sitemap(f"/{name}.xml", (f"/{name}-story", "2026-03-14T12:00:00Z"), news=True)
    walked = walk(site, tmp_path, "/index.xml")
    assert asked(site)[1:] == [
        *("/2026-03-13.xml", "/2026-03.xml", "/that-day.xml", "/current.xml", "/undated.xml", "/odd.xml")
    ]
    assert len(found(walked)) == 6
    assert walked.reads[-1].url.endswith("/index.xml")
    assert not walked.reads[-1].is_partial


def test_a_number_that_looks_like_a_year_may_be_any_number(site: Site, tmp_path: Path) -> None:
    numbered = [f"/post-sitemap{number}.xml" for number in (1998, 2026, 2031)]
    site.index(
        "/index.xml",
        *((path, "2026-03-14T08:00:00Z") for path in numbered),
        ("/part-2001.xml", "2026-03-14T08:00:00Z"),
        ("/part-2002.xml", "2026-03-01T08:00:00Z"),
        ("/part-2003.xml", None),
    )
    for path in (*numbered, "/part-2001.xml"):
        site.sitemap(path, (f"{path}/story", "2026-03-14T07:00:00Z"))
    assert len(found(walk(site, tmp_path, "/index.xml"))) == 4
    assert not {"/part-2002.xml", "/part-2003.xml"} & site.asked.keys()


def test_gzipped_sitemaps_are_read(site: Site, tmp_path: Path) -> None:
    site.sitemap("/2026-03.xml", ("/a", "2026-03-14T08:00:00Z"))
    plain = site.answers.pop("/2026-03.xml").body
    site.answers["/2026-03.xml.gz"] = Answer(gzip.compress(plain), content_type="application/x-gzip")
    site.index("/index.xml", ("/2026-03.xml.gz", None))
    assert found(walk(site, tmp_path, "/index.xml")) == ["a"]


def test_indexes_that_name_each_other_are_read_once(site: Site, tmp_path: Path) -> None:
    site.index("/a.xml", ("/b.xml", None), ("/a.xml", None), ("/news.xml", None))
    site.index("/b.xml", ("/a.xml", None), ("/news.xml", None))
    site.sitemap("/news.xml", ("/story", "2026-03-14T08:00:00Z"))
    walked = walk(site, tmp_path, "/a.xml", "/b.xml")
    assert found(walked) == ["story"]
    assert max(site.asked.values()) == 1
    assert not any(read.is_partial for read in walked.reads)


def test_nested_indexes_are_read_up_to_the_maximum_depth(site: Site, tmp_path: Path) -> None:
    for level in range(sitemaps.MAX_DEPTH + 3):
        site.index(f"/{level}.xml", (f"/{level + 1}.xml", None))
    walked = walk(site, tmp_path, "/0.xml")
    assert walked.unread == 1
    assert all(read.is_partial for read in walked.reads)
    assert len(walked.reads) == sitemaps.MAX_DEPTH + 1


@pytest.mark.slow
def test_the_next_run_resumes_with_the_remaining_sitemaps(site: Site, tmp_path: Path) -> None:
    """Two days pass between the runs, so that every sitemap may be read again."""
    names = [f"/part-{no}.xml" for no in range(sitemaps.MAX_SITEMAPS * 2)]
    site.index("/index.xml", *((name, "2026-05-31") for name in names))
    for name in names:
        site.sitemap(name, (f"{name}/story", "2026-03-14T08:00:00Z"))
    site.sitemap("/news.xml", ("/news-story", "2026-03-14T08:00:00Z"), news=True)
    first = walk(site, tmp_path, "/index.xml", "/news.xml")
    assert (len(first.reads), first.unread) == (sitemaps.MAX_SITEMAPS, len(names) + 2 - sitemaps.MAX_SITEMAPS)
    assert "news-story" in found(first)
    read_at = {name: NOW - timedelta(days=2) for name in site.asked}
    second = walk(site, tmp_path, "/index.xml", "/news.xml", read_at=read_at)
    assert "news-story" in found(second)
    assert not set(found(first)) & set(found(second)) - {"news-story"}
    read_at = {name: NOW - timedelta(days=2 if name in read_at else 1.5) for name in site.asked}
    third = walk(site, tmp_path, "/index.xml", "/news.xml", read_at=read_at)
    last = [name for name in names if name not in read_at]
    assert len(last) == 4
    assert [url.removesuffix("/story") for url in found(third) if url != "news-story"][:5] == [
        *(name.removeprefix("/") for name in last),
        names[0].removeprefix("/"),
    ]


def test_a_sitemap_that_was_read_recently_is_not_read_again(site: Site, tmp_path: Path) -> None:
    lately = NOW - timedelta(hours=23)
    site.index("/index.xml", ("/a.xml", None), ("/b.xml", None))
    site.sitemap("/b.xml")
    assert walk(site, tmp_path, "/index.xml", read_at={"/index.xml": lately}).reads == []
    walked = walk(site, tmp_path, "/index.xml", read_at={"/a.xml": lately})
    assert asked(site) == ["/index.xml", "/b.xml"]
    assert not walked.reads[-1].is_partial


def test_an_unchanged_sitemap_is_not_read_again(site: Site, tmp_path: Path) -> None:
    site.index(
        "/index.xml",
        ("/unchanged.xml", "2026-05-01"),
        ("/changed.xml", "2026-05-10"),
        ("/undated.xml", None),
        ("/2026-03-14.xml", None),
        ("/too-early.xml", "2026-03-14"),
    )
    names = ("/unchanged.xml", "/changed.xml", "/undated.xml", "/2026-03-14.xml")
    read_at = {name: NOW - timedelta(days=22) for name in names} | {"/too-early.xml": DAY.end + timedelta(hours=1)}
    walk(site, tmp_path, "/index.xml", read_at=read_at)
    assert set(asked(site)) == {"/index.xml", "/changed.xml", "/2026-03-14.xml", "/too-early.xml"}
    long_ago = {"/undated.xml": NOW - sitemaps.UNDATED_KEPT - timedelta(days=1)}
    walk(site, tmp_path, "/index.xml", read_at=long_ago)
    assert site.asked["/undated.xml"] == 1


@pytest.mark.slow
def test_a_long_index_does_not_delay_another_one(site: Site, tmp_path: Path) -> None:
    site.index("/long.xml", *((f"/missing-{no}.xml", None) for no in range(sitemaps.MAX_SITEMAPS * 3)))
    site.index("/short.xml", ("/other.xml", None))
    site.sitemap("/other.xml", ("/story", "2026-03-14T08:00:00Z"))
    assert found(walk(site, tmp_path, "/long.xml", "/short.xml")) == ["story"]


def test_a_busy_host_gets_no_more_requests(site: Site, tmp_path: Path) -> None:
    site.index("/index.xml", *((f"/{no}.xml", None) for no in range(9)))
    site.answers["/0.xml"] = Answer(status=429, headers={"Retry-After": "3600"})
    walked = walk(site, tmp_path, "/index.xml")
    assert [read.failure.reason for read in walked.reads if read.failure] == ["http_4xx"]
    assert walked.unread == 8


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(status=404), "http_4xx"),
        (Answer(status=500), "http_5xx"),
        (Answer(b"<html><body>Moved</body></html>"), "not_a_sitemap"),
        (Answer(b""), "not_a_sitemap"),
        (Answer(gzip.compress(b"<urlset>" * 9)[:10], content_type="application/x-gzip"), "not_a_sitemap"),
        (Answer(gzip.compress(b"<urlset>" * 9)[:-8], content_type="application/x-gzip"), "partial"),
        (Answer(b"\x1f\x8bnonsense", content_type="application/x-gzip"), "not_a_sitemap"),
        (Answer(status=302, headers={"Location": "http://10.0.0.1/"}), "blocked_address"),
    ],
)
def test_an_unreadable_sitemap_does_not_stop_the_walk(site: Site, tmp_path: Path, answer: Answer, reason: str) -> None:
    site.index("/index.xml", ("/bad.xml", None), ("/good.xml", None))
    site.answers["/bad.xml"] = answer
    site.sitemap("/good.xml", ("/story", "2026-03-14T08:00:00Z"))
    walked = walk(site, tmp_path, "/index.xml")
    assert found(walked) == ["story"]
    bad, _, index = walked.reads
    assert bad.failure is not None
    assert bad.failure.reason == reason
    assert index.is_partial


def test_a_sitemap_that_is_cut_off_gives_its_articles(site: Site, tmp_path: Path) -> None:
    site.sitemap("/news.xml", ("/a", "2026-03-14T08:00:00Z"), ("/b", "2026-03-14T09:00:00Z"))
    whole = site.answers["/news.xml"].body
    site.answers["/cut.xml"] = Answer(whole[:-70], content_type=XML)
    site.answers["/cut.xml.gz"] = Answer(gzip.compress(whole, 0)[:-78], content_type="application/x-gzip")
    site.answers["/odd.xml"] = Answer(whole.replace(b"/b<", b"/b?x&y<"), content_type=XML)
    cut, cut_file, odd = walk(site, tmp_path, "/cut.xml", "/cut.xml.gz", "/odd.xml").reads
    assert [len(read.sightings) for read in (cut, cut_file, odd)] == [1, 1, 2]
    assert [read.failure and read.failure.reason for read in (cut, cut_file, odd)] == ["partial", "partial", None]


def test_pages_of_other_hosts_are_ignored(site: Site, tmp_path: Path) -> None:
    body = f"<urlset {SITEMAPS}><url><loc>https://sister.example/a</loc><lastmod>2026-03-14</lastmod></url></urlset>"
    site.answers["/all.xml"] = Answer(body.encode(), content_type=XML)
    assert found(walk(site, tmp_path, "/all.xml")) == []


def named(site: Site, folder: Path) -> tuple[str, ...]:
    async def run() -> tuple[str, ...]:
        async with open_client(folder) as client:
            return await named_sitemaps(client, f"{site.base}/")

    return asyncio.run(run())


def test_robots_txt_names_sitemaps(site: Site, tmp_path: Path) -> None:
    site.answers["/robots.txt"] = Answer(
        f"User-agent: *\nAllow: /\nSitemap: {site.base}/a.xml\nsitemap: /b.xml\nSitemap: nonsense://x\n".encode(),
        content_type="text/plain",
    )
    assert named(site, tmp_path) == (f"{site.base}/a.xml", f"{site.base}/b.xml")


def test_a_missing_robots_txt_names_no_sitemaps(site: Site, tmp_path: Path) -> None:
    assert named(site, tmp_path) == ()


def test_a_failed_robots_txt_is_an_error(site: Site, tmp_path: Path) -> None:
    site.answers["/robots.txt"] = Answer(status=500)
    with pytest.raises(NotRead) as caught:
        named(site, tmp_path)
    assert caught.value.reason == "robots_unavailable"
