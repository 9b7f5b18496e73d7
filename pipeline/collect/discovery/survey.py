"""A survey of a site: from any address that a person knows to the feeds and news sitemaps that can be read there."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urljoin

import msgspec

from pipeline.collect.discovery.links import Homepage, read_declared_sitemaps, read_homepage_of, well_known_feeds
from pipeline.collect.discovery.probes import UTC_ZONE, Probe, Prober
from pipeline.collect.feeds import FeedKind
from pipeline.collect.http.responses import FetchFailed, Response

MAX_CANDIDATES = 60
"""Addresses that are tried for each kind of link; a page that lists all feeds of an outlet has some dozens."""
MAX_SITEMAPS = 10
"""Sitemaps that are read from robots.txt and from each index in it; those with `news` in the address come first."""


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """What was found for an address."""

    url: str
    problem: str | None = None
    """Why nothing was found."""
    homepage: Homepage | None = None
    """None if the address is a feed."""
    homepage_url: str | None = None
    found: tuple[Probe, ...] = ()
    """Feeds and news sitemaps that have items."""
    unread: tuple[Probe, ...] = ()
    """Feeds that the page declares and that cannot be read or are empty."""


async def survey(prober: Prober, url: str) -> Survey:
    """The address itself if it is a feed or a sitemap, else the feeds that the page there leads to."""
    answer = await prober.ask(url)
    if isinstance(answer, Probe):
        return Survey(url=url, problem=answer.problem)
    probe = await prober.read(url, answer)
    if probe.holds_something:
        return Survey(url=url, found=(probe,))
    if probe.problem is None:
        return Survey(url=url, problem=f"a feed ({probe.kind}) without items")
    try:
        homepage = await prober.parse(answer, read_homepage_of)
    except FetchFailed as failure:
        return Survey(url=url, problem=f"{failure.reason}: {failure.detail}")
    if homepage is None:
        return Survey(url=url, problem=probe.problem)
    return await _survey_site(prober, url, answer, homepage)


async def _survey_site(prober: Prober, url: str, answer: Response, homepage: Homepage) -> Survey:
    tried = {url}
    declared = await _probe_new(prober, homepage.declared, tried)
    found = [probe for probe in declared if probe.holds_something]
    for guesses in (homepage.shown, well_known_feeds(answer.final_url)):
        if not found:
            found = [probe for probe in await _probe_new(prober, guesses, tried) if probe.holds_something]
    found += await _news_sitemaps(prober, answer.final_url)
    return Survey(
        url=url,
        problem=None if found else f"no feed there, nor at {len(tried) - 1} addresses where feeds usually are",
        homepage=homepage,
        homepage_url=answer.moved_to or url,
        found=tuple(found),
        unread=tuple(probe for probe in declared if not probe.holds_something),
    )


async def _news_sitemaps(prober: Prober, url: str) -> list[Probe]:
    """The news sitemaps that robots.txt names, directly or through an index.

    If the address of the index contains `news`, the index is returned instead of its members, whose addresses may
    change daily.
    """
    robots_url = urljoin(url, "/robots.txt")
    answer = await prober.ask(robots_url)
    if isinstance(answer, Probe):
        return []
    try:
        declared = await prober.parse(answer, read_declared_sitemaps)
    except FetchFailed:
        return []  # it cannot be read, so it declares nothing
    tried: set[str] = set()
    probes = await _probe_new(prober, _news_first(declared), tried, MAX_SITEMAPS)
    found = [probe for probe in probes if probe.kind is FeedKind.NEWS_SITEMAP and probe.items]
    for index in probes:
        named = [link for link in _news_first(index.sitemaps) if _mentions_news(link)]
        members = await _probe_new(prober, named, tried, MAX_SITEMAPS)
        news = [probe for probe in members if probe.kind is FeedKind.NEWS_SITEMAP and probe.items]
        found += [index] if news and _mentions_news(index.url) else news
    return found


async def _probe_new(
    prober: Prober, addresses: Iterable[str], tried: set[str], limit: int = MAX_CANDIDATES
) -> list[Probe]:
    new = [url for url in dict.fromkeys(addresses) if url not in tried][:limit]
    tried.update(new)
    return list((await prober.probe_all((url, UTC_ZONE) for url in new)).values())


def _news_first(urls: Iterable[str]) -> list[str]:
    return sorted(urls, key=lambda url: not _mentions_news(url))


def _mentions_news(url: str) -> bool:
    return "news" in url.lower()
