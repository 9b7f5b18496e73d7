"""An outlet with a past: pages, a feed of today, sitemaps by day, a web archive beside it, and a clock for the runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from pipeline.interval import Interval
from pipeline.ledger.log import utc_now
from pipeline.settings import Settings
from pipeline.steps.backfill.backfill import BackfillNumbers, Wanted, backfill, numbers_of_run
from tests.worlds.loopback import Answer, WebServer
from tests.worlds.web_archive import WebArchiveServer, web_archive
from tests.worlds.world import World

DAY = Interval(datetime(2026, 3, 14, tzinfo=UTC), datetime(2026, 3, 15, tzinfo=UTC))
MORNING, NOON, EVENING = (DAY.start + timedelta(hours=hours) for hours in (7, 12, 19))
RSS = "application/rss+xml"
STORY = "/ferry-held-back"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SENTENCES = (
    "The ferry to the islands was held back in the harbour for most of the day, and nobody could say for how long.",
    "“We will not sail before the wind has dropped,” said Ida Holm, the captain, to those who waited on the quay.",
    "Late in the evening the first passengers were let on board, and the ship left with a delay of eleven hours.",
)


class Outlet(World):
    """Its clock begins in June 2026."""

    def __init__(self, folder: Path, site: WebServer, archive: WebArchiveServer, settings: Mapping[str, Any]) -> None:
        revisit_after = Settings.model_fields["revisit_after"].get_default()
        super().__init__(
            folder, site, "ferry", **{"wayback_url": archive.base, "revisit_after": revisit_after, **settings}
        )
        self.site, self.archive = site, archive
        self.ahead = NOW - utc_now()
        self.notices: tuple[str, ...] = ()
        self.site.feed("/feed.xml")
        self._listed: dict[str, list[str]] = {}

    def publish(self, path: str, at: datetime, *, listed: bool = True) -> None:
        """Serve an article, and list it in the sitemap of its day."""
        head = f'<meta property="article:published_time" content="{at.isoformat()}">'
        self.site.answers[path] = Answer(page(path, head).encode())
        if listed:
            self.put_in_sitemap(path, at)

    def put_in_sitemap(self, path: str, at: datetime) -> None:
        sitemap = f"/sitemaps/{at:%Y-%m-%d}.xml"
        url = f"<url><loc>{self.site.base}{path}</loc><lastmod>{at.isoformat()}</lastmod></url>"
        self._listed.setdefault(sitemap, []).append(url)
        self.site.answers[sitemap] = _xml("urlset", "".join(self._listed[sitemap]))
        rows = "".join(f"<sitemap><loc>{self.site.base}{each}</loc></sitemap>" for each in self._listed)
        self.site.answers["/sitemap.xml"] = _xml("sitemapindex", rows)
        robots = f"User-agent: *\nDisallow: /secret/\nSitemap: {self.site.base}/sitemap.xml\n"
        self.site.answers["/robots.txt"] = Answer(robots.encode(), content_type="text/plain")

    def keep(self, path: str, at: datetime, head: str = "") -> None:
        """Put a page into the web archive."""
        self.archive.keep(self.site.base + path, at, page(path, head))

    def backfill(self, interval: Interval = DAY, *, recover: bool = True, replay: bool = True) -> BackfillNumbers:
        """A run; its notices are kept."""
        started_at = utc_now()
        with self.stores() as stores:
            wanted = Wanted(recover=recover, replay=replay)
            result = backfill(stores, [self.source], interval, [self.source], wanted, started_at)
            result.require_success()
            self.notices = result.notices
            (numbers,) = numbers_of_run(stores.ledger, stores.run)
        return numbers

    def captures(self) -> dict[str, str]:
        """`via` of each captured page, by its path."""
        rows = self.rows("select url, via from ledger.article_captured order by position")
        assert max(Counter(row["url"] for row in rows).values(), default=1) == 1
        return {row["url"].removeprefix(self.site.base): row["via"] for row in rows}

    def failures(self) -> list[tuple[str, str, int]]:
        rows = self.rows("select url, reason, attempt from ledger.capture_failed order by position")
        return [(row["url"].removeprefix(self.site.base), row["reason"], row["attempt"]) for row in rows]

    def pages_asked(self) -> int:
        """Requests to the site that are not for robots.txt, the feed or a sitemap."""
        others = ("/robots.txt", "/feed.xml", "/sitemap")
        return sum(count for path, count in self.site.asked.items() if not path.startswith(others))


@contextmanager
def outlet(folder: Path, **settings: Any) -> Iterator[Outlet]:
    with WebServer() as site, web_archive() as archive:
        yield Outlet(folder, site, archive, settings)


def fates(numbers: Any) -> dict[str, int]:
    """The numbers that are not 0."""
    return {name: value for name, value in msgspec.structs.asdict(numbers).items() if value and name != "source_id"}


def page(path: str, head: str = "") -> str:
    title = path.strip("/").replace("-", " ").capitalize()
    body = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
    return (
        f"<!doctype html><html lang='en'><head><title>{title}</title>{head}</head>"
        f"<body><article><h1>{title}</h1>{body}</article></body></html>"
    )


def _xml(root: str, rows: str) -> Answer:
    body = f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</{root}>'
    return Answer(body.encode(), content_type="application/xml")
