"""A site with sitemaps, and a walk through them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.collect.history.sitemap_files import SitemapReading
from pipeline.collect.history.sitemap_walk import SitemapWalk
from pipeline.interval import Interval
from tests.collect.history.history_client import BERLIN, DAY, NOW, open_client
from tests.worlds.loopback import Answer, WebServer

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


def walk(
    site: Site,
    folder: Path,
    *paths: str,
    read_at: Mapping[str, datetime] | None = None,
    interval: Interval = DAY,
    now: datetime = NOW,
) -> SitemapWalk:
    """`read_at` says by path when earlier runs read sitemaps to their end."""
    readings = {
        site.base + path: SitemapReading(url="", tried_at=at, read_at=at) for path, at in (read_at or {}).items()
    }

    async def run() -> SitemapWalk:
        async with open_client(folder) as client:
            walk = SitemapWalk(
                client,
                interval,
                hosts={"127.0.0.1"},
                zone=BERLIN,
                now=now,
                readings=readings,
                fresh_since=now - timedelta(days=1),
            )
            await walk.read([site.base + path for path in paths])
            return walk

    return asyncio.run(run())


def asked(site: Site) -> list[str]:
    """The sitemaps that were read, in order."""
    return [path for path in site.asked if path != "/robots.txt"]


def found(walk: SitemapWalk) -> list[str]:
    """The paths of the articles that were found."""
    urls = [sighting.item.url for read in walk.reads for sighting in read.sightings]
    return [urlsplit(url).path.removeprefix("/") for url in urls]
