"""Sitemaps and their archives, walked where their dates can match, whatever they hold."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pipeline.collect.history import sitemaps
from pipeline.collect.history.sitemaps import SitemapWalk, sitemap_addresses
from tests.history.asking import BERLIN, DAY, NOW, asking, hour
from tests.loopback import Answer, WebServer

XML = "application/xml"
SITEMAPS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


class Site(WebServer):
    """An outlet with sitemaps."""

    def index(self, path: str, *links: tuple[str, str | None]) -> None:
        """Links to sitemaps: path and lastmod."""
        rows = "".join(
            f"<sitemap><loc>{self.base}{link}</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</sitemap>"
            for link, at in links
        )
        self.answers[path] = Answer(f"<sitemapindex {SITEMAPS}>{rows}</sitemapindex>".encode(), content_type=XML)

    def sitemap(self, path: str, *pages: tuple[str, str | None], news: bool = False) -> None:
        """Pages: path and lastmod, or publication date."""
        rows = "".join(f"<url><loc>{self.base}{page}</loc>{_dated(at, news)}</url>" for page, at in pages)
        self.answers[path] = Answer(f"<urlset {SITEMAPS} {NEWS}>{rows}</urlset>".encode(), content_type=XML)


def _dated(at: str | None, news: bool) -> str:
    if at is None:
        return ""
    published = f"<news:publication_date>{at}</news:publication_date><news:title>Title</news:title>"
    return f"<news:news>{published}</news:news>" if news else f"<lastmod>{at}</lastmod>"


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        yield server


def walk(site: Site, folder: Path, *paths: str, known: tuple[str, ...] = ()) -> SitemapWalk:
    async def run() -> SitemapWalk:
        async with asking(folder) as client:
            walk = SitemapWalk(
                client,
                DAY,
                hosts={"127.0.0.1"},
                zone=BERLIN,
                now=NOW,
                known={site.base + path for path in known},
            )
            await walk.read([site.base + path for path in paths])
            return walk

    return asyncio.run(run())


def found(walk: SitemapWalk) -> list[str]:
    """The paths of the articles found."""
    urls = [sighting.item.url for read in walk.reads for sighting in read.sightings]
    return [urlsplit(url).path.removeprefix("/") for url in urls]


def test_only_what_is_dated_in_the_period_is_found(site: Site, tmp_path: Path) -> None:
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


def test_a_sitemap_of_a_day_dates_what_it_lists(site: Site, tmp_path: Path) -> None:
    site.sitemap(
        "/sitemaps/2026-03-14.xml", ("/same-day", "2026-03-14T08:00:00Z"), ("/later", "2026-04-01"), ("/without", None)
    )
    (read,) = walk(site, tmp_path, "/sitemaps/2026-03-14.xml").reads
    assert [sighting.dated_at for sighting in read.sightings] == [hour(8), hour(11), hour(11)]


def test_pages_without_any_date_are_not_taken(site: Site, tmp_path: Path) -> None:
    site.sitemap("/all.xml", ("/a", None), ("/b", "yesterday"), ("/c", "2099-01-01"))
    (read,) = walk(site, tmp_path, "/all.xml").reads
    assert (read.entries, read.sightings) == (3, ())


def test_an_index_is_followed_only_where_its_dates_can_match(site: Site, tmp_path: Path) -> None:
    site.index(
        "/index.xml",
        ("/2026-03-13.xml", None),
        ("/2026-02.xml", "2026-03-14T10:00:00Z"),
        ("/2026-01-05.xml", "2026-03-14T10:00:00Z"),
        ("/2025.xml", None),
        ("/stale.xml", "2026-03-10T10:00:00Z"),
        ("/current.xml", "2026-06-01T00:00:00Z"),
        ("/2026-03.xml", "1999-01-01"),
        ("/undated.xml", None),
        ("/odd.xml", "whenever"),
    )
    for name in ("2026-03-13", "current", "2026-03", "undated", "odd"):
        site.sitemap(f"/{name}.xml", (f"/{name}-story", "2026-03-14T12:00:00Z"), news=True)
    walked = walk(site, tmp_path, "/index.xml")
    asked = [path for path in site.asked if path not in {"/robots.txt", "/index.xml"}]
    assert asked == ["/2026-03-13.xml", "/2026-03.xml", "/current.xml", "/undated.xml", "/odd.xml"]
    assert len(found(walked)) == 5
    assert walked.reads[-1].url.endswith("/index.xml")
    assert not walked.reads[-1].is_partial


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


def test_indexes_may_be_nested_so_deep_and_not_deeper(site: Site, tmp_path: Path) -> None:
    for level in range(sitemaps.MAX_DEPTH + 3):
        site.index(f"/{level}.xml", (f"/{level + 1}.xml", None))
    walked = walk(site, tmp_path, "/0.xml")
    assert walked.unread == 1
    assert all(read.is_partial for read in walked.reads)
    assert len(walked.reads) == sitemaps.MAX_DEPTH + 1


def test_too_many_sitemaps_are_left_to_the_next_run_which_goes_on(site: Site, tmp_path: Path) -> None:
    names = [f"/part-{no}.xml" for no in range(sitemaps.MAX_SITEMAPS + 5)]
    site.index("/index.xml", *((name, None) for name in names))
    for name in names:
        site.sitemap(name, (f"{name}/story", "2026-03-14T08:00:00Z"))
    first = walk(site, tmp_path, "/index.xml")
    assert (len(first.reads), first.unread) == (sitemaps.MAX_SITEMAPS, 6)
    whole = [read.url.removeprefix(site.base) for read in first.reads if not read.is_partial]
    second = walk(site, tmp_path, "/index.xml", known=tuple(whole))
    assert (second.unread, second.reads[-1].is_partial) == (0, False)
    assert len(found(first)) + len(found(second)) == len(names)
    third = walk(site, tmp_path, "/index.xml", known=("/index.xml",))
    assert third.reads == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(status=404), "http_4xx"),
        (Answer(status=500), "http_5xx"),
        (Answer(b"<html><body>Moved</body></html>"), "not_a_sitemap"),
        (Answer(b""), "not_a_sitemap"),
        (Answer(gzip.compress(b"<urlset>" * 9)[:20], content_type="application/x-gzip"), "not_a_sitemap"),
        (Answer(status=302, headers={"Location": "http://10.0.0.1/"}), "blocked_address"),
    ],
)
def test_a_sitemap_that_cannot_be_read_costs_itself_only(
    site: Site, tmp_path: Path, answer: Answer, reason: str
) -> None:
    site.index("/index.xml", ("/bad.xml", None), ("/good.xml", None))
    site.answers["/bad.xml"] = answer
    site.sitemap("/good.xml", ("/story", "2026-03-14T08:00:00Z"))
    walked = walk(site, tmp_path, "/index.xml")
    assert found(walked) == ["story"]
    bad, _, index = walked.reads
    assert bad.failure is not None
    assert bad.failure.reason == reason
    assert index.is_partial


def test_a_sitemap_that_is_cut_off_gives_what_it_holds(site: Site, tmp_path: Path) -> None:
    site.sitemap("/news.xml", ("/a", "2026-03-14T08:00:00Z"), ("/b", "2026-03-14T09:00:00Z"))
    site.answers["/news.xml"] = Answer(site.answers["/news.xml"].body[:-70], content_type=XML)
    assert found(walk(site, tmp_path, "/news.xml")) == ["a"]


def test_pages_of_other_hosts_are_not_the_source_s(site: Site, tmp_path: Path) -> None:
    body = f"<urlset {SITEMAPS}><url><loc>https://sister.example/a</loc><lastmod>2026-03-14</lastmod></url></urlset>"
    site.answers["/all.xml"] = Answer(body.encode(), content_type=XML)
    assert found(walk(site, tmp_path, "/all.xml")) == []


def test_robots_txt_names_sitemaps_beside_those_configured(site: Site, tmp_path: Path) -> None:
    site.answers["/robots.txt"] = Answer(
        f"User-agent: *\nAllow: /\nSitemap: {site.base}/a.xml\nsitemap: /b.xml\nSitemap: nonsense://x\n".encode(),
        content_type="text/plain",
    )

    async def run() -> tuple[str, ...]:
        async with asking(tmp_path) as client:
            return await sitemap_addresses(client, f"{site.base}/", [f"{site.base}/news.xml", f"{site.base}/a.xml"])

    assert asyncio.run(run()) == tuple(site.base + path for path in ("/news.xml", "/a.xml", "/b.xml"))


def test_without_robots_txt_there_are_those_configured(site: Site, tmp_path: Path) -> None:
    async def run() -> tuple[str, ...]:
        async with asking(tmp_path) as client:
            return await sitemap_addresses(client, f"{site.base}/", ["http://x.example/s.xml"])

    assert asyncio.run(run()) == ("http://x.example/s.xml",)
