"""newsledger sources: list them, and try whether their feeds can be read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import typer

from pipeline.cli import console
from pipeline.cli.options import SourceIds, SourcesFile
from pipeline.errors import NewsledgerError
from pipeline.ledger.log import utc_now
from pipeline.settings import Settings, load_settings
from pipeline.sources import Source, load_sources, select

if TYPE_CHECKING:
    from pipeline.collect.http import Client

app = typer.Typer(help="The outlets that are read.", no_args_is_help=True)


class FeedCheck(msgspec.Struct, frozen=True):
    source_id: str
    feed_url: str
    answer: str
    items: int | None = None
    newest_at: datetime | None = None
    warnings: str = ""

    @property
    def ok(self) -> bool:
        return self.items is not None


@app.command("list")
def list_sources(sources: SourcesFile = None) -> None:
    """The sources of the file, a line each."""
    settings = load_settings(sources=sources)
    rows = [
        (one.id, one.name, one.language, one.country, len(one.feeds), len(one.sitemaps), one.homepage)
        for one in load_sources(settings.sources)
    ]
    console.table(None, ("id", "name", "language", "country", "feeds", "sitemaps", "homepage"), rows)


@app.command()
def check(source: SourceIds = None, sources: SourcesFile = None) -> None:
    """Try every feed once, recording nothing. Exit status 1 if one cannot be read."""
    settings = load_settings(sources=sources)
    checks = asyncio.run(_check_all(settings, select(load_sources(settings.sources), source or ())))
    console.table(
        None,
        ("source", "feed", "answer", "items", "newest", "warnings"),
        [(one.source_id, one.feed_url, one.answer, one.items, one.newest_at, one.warnings) for one in checks],
    )
    failed = sum(not one.ok for one in checks)
    if failed:
        raise NewsledgerError(f"{failed} of {len(checks)} feeds cannot be read")


async def _check_all(settings: Settings, sources: Sequence[Source]) -> list[FeedCheck]:
    from pipeline.collect.http import Client
    from pipeline.steps.collect import limits

    async with Client(
        allow_hosts=settings.allow_hosts, limits=limits(settings, sources), contact=settings.contact, now=utc_now
    ) as client:
        return list(await asyncio.gather(*(_check_feed(client, one, url) for one in sources for url in one.feeds)))


async def _check_feed(client: Client, source: Source, url: str) -> FeedCheck:
    from pipeline.collect.feeds import NotAFeed, parse_feed
    from pipeline.collect.http import FetchFailed

    try:
        response = await client.fetch(url)
        if response.status != 200:
            return FeedCheck(source.id, url, f"http {response.status}")
        feed = parse_feed(
            response.body,
            url=response.final_url,
            content_type=response.exchange.header("content-type"),
            zone=source.zone,
        )
    except FetchFailed as failure:
        return FeedCheck(source.id, url, f"{failure.reason}: {failure.detail}")
    except NotAFeed as exc:
        return FeedCheck(source.id, url, f"not a feed: {exc}")
    newest = max((item.published_at for item in feed.items if item.published_at), default=None)
    moved = "" if response.final_url == url else f", now at {response.final_url}"
    return FeedCheck(source.id, url, f"ok{moved}", len(feed.items), newest, " ".join(feed.warnings))
