"""Files for crawlers: robots.txt, the sitemap index, one sitemap per day, and the news sitemap."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from jinja2 import Environment

from pipeline.demo.editions import Desk, Edition
from pipeline.demo.outlets import Outlet

INDEX_PATH = "/sitemap.xml"
NEWS_WINDOW = timedelta(days=2)  # search engines ask for the articles of two days in a news sitemap


def sitemap_paths(outlet: Outlet) -> tuple[str, ...]:
    """Paths of the sitemaps that robots.txt lists."""
    return (INDEX_PATH, outlet.news_sitemap) if outlet.news_sitemap else (INDEX_PATH,)


def render_robots(environment: Environment, desk: Desk) -> str:
    sitemaps = [desk.base_url + path for path in sitemap_paths(desk.outlet)]
    return environment.get_template("robots.txt").render(outlet=desk.outlet, sitemaps=sitemaps)


def render_sitemap_index(environment: Environment, desk: Desk, now: datetime) -> str:
    """An index of the sitemaps of all days with articles, newest first."""
    changed: dict[date, datetime] = {}
    for edition in _readable(desk, now):
        day = published_on(desk, edition)
        changed[day] = max(edition.modified_at, changed.get(day, edition.modified_at))
    sitemaps = [(f"{desk.base_url}{day_path(day)}", desk.outlet.local(at)) for day, at in sorted(changed.items())]
    return environment.get_template("feeds/sitemap_index.xml").render(sitemaps=sitemaps[::-1])


def render_day_sitemap(environment: Environment, desk: Desk, day: date, now: datetime) -> str | None:
    """The articles of a day that are still online; None if there are no such articles."""
    editions = [edition for edition in _readable(desk, now) if published_on(desk, edition) == day]
    if not editions:
        return None
    return environment.get_template("feeds/sitemap.xml").render(outlet=desk.outlet, editions=editions)


def render_news_sitemap(environment: Environment, desk: Desk, now: datetime) -> str:
    """The articles of the last two days that are still online."""
    editions = [edition for edition in _readable(desk, now) if edition.published_at > now - NEWS_WINDOW]
    return environment.get_template("feeds/news_sitemap.xml").render(outlet=desk.outlet, editions=editions)


def day_path(day: date) -> str:
    """The path of a day's sitemap."""
    return f"/sitemaps/{day.isoformat()}.xml"


def published_on(desk: Desk, edition: Edition) -> date:
    """The local date of publication."""
    return desk.outlet.local(edition.published_at).date()


def _readable(desk: Desk, now: datetime) -> list[Edition]:
    return [edition for edition in desk.editions(now) if not edition.is_gone(now)]
