"""A probe requests an address once and reads the answer as a feed. Nothing is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from pipeline.collect.feeds import Feed, FeedKind, Masthead, NotAFeed, parse_feed
from pipeline.collect.http.client import Client
from pipeline.collect.http.responses import FetchFailed, Response
from pipeline.ids import digest
from pipeline.sources.sites import address_key, http_address, tidy_name

P = ParamSpec("P")
R = TypeVar("R")

MAX_AT_ONCE = 32
"""Hosts that are probed at the same time. The addresses of one host are probed one after the other."""
SAMPLE_CHARS = 1000
"""Length of the sample of titles, enough to detect the language."""
SITEMAPS = frozenset({FeedKind.SITEMAP, FeedKind.NEWS_SITEMAP, FeedKind.SITEMAP_INDEX})
UTC_ZONE = ZoneInfo("UTC")


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """What an address answered."""

    url: str
    problem: str | None = None
    """Why nothing could be read; None if a feed or sitemap was."""
    final_url: str | None = None
    """The address after redirects; None if there was no answer."""
    moved_to: str | None = None
    """The new address if all redirects were permanent."""
    kind: FeedKind | None = None
    items: int = 0
    newest_at: datetime | None = None
    pages: str | None = None
    """A digest of the set of addresses of the items; None without items."""
    sitemaps: tuple[str, ...] = ()
    """The sitemaps that a sitemap index names."""
    warnings: tuple[str, ...] = ()
    masthead: Masthead = Masthead()
    sample: str = ""
    """Titles of items, at most SAMPLE_CHARS."""

    @property
    def is_sitemap(self) -> bool:
        return self.kind in SITEMAPS

    @property
    def holds_something(self) -> bool:
        return self.problem is None and bool(self.items or self.sitemaps)

    @property
    def identities(self) -> frozenset[str]:
        """Two addresses with a common identity lead to the same feed: the same final address, or the same set of items.

        A feed and a sitemap with the same items are different.
        """
        if self.problem is not None or self.final_url is None:
            return frozenset()
        named = {f"sitemap of {self.pages}" if self.is_sitemap else f"feed of {self.pages}"} if self.pages else set()
        return frozenset({address_key(self.final_url), *named})


class Prober:
    """Probes addresses with one client, which is polite to each host."""

    def __init__(self, client: Client, *, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now

    async def probe(self, url: str, zone: ZoneInfo = UTC_ZONE) -> Probe:
        """Probe the address. `zone` is for dates without a time zone."""
        answer = await self.ask(url)
        return answer if isinstance(answer, Probe) else await self.read(url, answer, zone)

    async def probe_all(
        self, addresses: Iterable[tuple[str, ZoneInfo]], on_probe: Callable[[Probe], None] = lambda probe: None
    ) -> dict[str, Probe]:
        """Probe every address once, each given with its zone. The result is ordered like `addresses`."""
        zones = dict(addresses)
        queues: dict[str, list[str]] = {}
        for url in zones:
            queues.setdefault(urlsplit(url).hostname or "", []).append(url)
        places = asyncio.Semaphore(MAX_AT_ONCE)
        probes: dict[str, Probe] = {}

        async def probe_host(queue: Sequence[str]) -> None:
            for url in queue:
                async with places:
                    probes[url] = await self.probe(url, zones[url])
                on_probe(probes[url])

        async with asyncio.TaskGroup() as group:
            for queue in queues.values():
                group.create_task(probe_host(queue))
        return {url: probes[url] for url in zones}

    async def ask(self, url: str) -> Response | Probe:
        """The response if its status is 2xx, else a probe with the problem."""
        try:
            response = await self._client.fetch(url)
        except FetchFailed as failure:
            return Probe(url=url, problem=f"{failure.reason}: {failure.detail}")
        if 200 <= response.status < 300:
            return response
        return Probe(url=url, problem=f"http {response.status}", final_url=response.final_url)

    async def read(self, url: str, response: Response, zone: ZoneInfo = UTC_ZONE) -> Probe:
        """Read the response as a feed."""
        try:
            return await self.parse(response, _read, url, zone=zone, now=self._now())
        except FetchFailed as failure:
            return Probe(url=url, problem=f"{failure.reason}: {failure.detail}")

    async def parse(
        self, response: Response, function: Callable[Concatenate[Response, P], R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """The result of `function(response, …)`, computed in a worker process. Raises FetchFailed."""
        return await self._client.read(response, function, *args, **kwargs)


def _read(response: Response, url: str, *, zone: ZoneInfo, now: datetime) -> Probe:
    seen = Probe(url=url, final_url=response.final_url, moved_to=response.moved_to)
    body, content_type = response.decoded(), response.content_type
    try:
        feed = parse_feed(body, url=response.final_url, content_type=content_type, zone=zone, now=now)
    except NotAFeed as exc:
        return msgspec.structs.replace(seen, problem=exc.problem)
    return msgspec.structs.replace(
        seen,
        kind=feed.kind,
        items=len(feed.items),
        newest_at=max((item.published_at for item in feed.items if item.published_at), default=None),
        pages=_digest_of_pages(feed),
        sitemaps=tuple(link.url for link in feed.sitemaps),
        warnings=feed.warnings,
        masthead=_tidy(feed.masthead),
        sample=". ".join(item.title for item in feed.items if item.title)[:SAMPLE_CHARS],
    )


def _tidy(masthead: Masthead) -> Masthead:
    return msgspec.structs.replace(masthead, title=tidy_name(masthead.title), homepage=http_address(masthead.homepage))


def _digest_of_pages(feed: Feed) -> str | None:
    pages = sorted({item.canonical_url for item in feed.items})
    return digest("\n".join(pages).encode()) if pages else None
