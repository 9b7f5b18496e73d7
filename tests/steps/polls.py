"""A feed whose items a test chooses, and the polls that were recorded of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from tests.worlds.loopback import Answer
from tests.worlds.world import World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def feed(world: World, *items: tuple[str, datetime], etag: str | None = None) -> Answer:
    """An RSS feed of (path, published_at) pairs."""
    rows = "".join(
        f"<item><title>Story {path}</title><link>{world.web.base}{path}</link><guid>{path}</guid>"
        f"<pubDate>{format_datetime(at)}</pubDate></item>"
        for path, at in items
    )
    body = f"<rss version='2.0'><channel><title>Post</title><link>{world.web.base}/</link>{rows}</channel></rss>"
    return Answer(body.encode(), headers={"ETag": etag} if etag else {}, content_type="application/rss+xml")


def polls(world: World, columns: str) -> list[tuple[Any, ...]]:
    rows = world.rows(f"select {columns} from ledger.feed_polled where caused_by is null order by position")
    return [tuple(row.values()) for row in rows]


def now(world: World) -> datetime:
    return datetime.now(UTC) + world.ahead


def asked_pages(world: World) -> list[str]:
    """The pages that were asked for since the last call."""
    pages = [path for path in world.web.asked.elements() if "ferry" in path]
    world.web.asked.clear()
    return pages
