"""One outlet's web site: the response to a path at a moment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus

from jinja2 import Environment

from pipeline.demo import sitemaps
from pipeline.demo.editions import Desk
from pipeline.demo.feeds import CONTENT_TYPES, WINDOW, render_feed
from pipeline.demo.pages import render_article, render_front_page, render_missing

HTML = "text/html; charset=utf-8"
XML = "application/xml; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class SitePage:
    """The response to a path."""

    status: int
    content_type: str
    body: bytes
    modified_at: datetime | None = None  # None if conditional requests do not apply

    @property
    def etag(self) -> str:
        """A strong entity tag (RFC 9110, 8.8.3) of the body."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:20]}"'

    @property
    def last_modified(self) -> str:
        """`modified_at` in HTTP format, or ""."""
        return format_datetime(self.modified_at, usegmt=True) if self.modified_at else ""

    def is_unmodified(self, if_none_match: str, if_modified_since: str) -> bool:
        """True if a conditional request gets a 304. An entity tag overrules a date (RFC 9110, 13.2.2)."""
        if self.modified_at is None:
            return False
        if if_none_match:
            tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
            return "*" in tags or self.etag in tags
        since = _parse_http_date(if_modified_since)
        return since is not None and self.modified_at.replace(microsecond=0) <= since


@dataclass(frozen=True, kw_only=True)
class Site:
    """Everything that one outlet serves."""

    desk: Desk
    environment: Environment

    def page(self, path: str, now: datetime) -> SitePage:
        """The response to a path without its query, at a moment of simulated time."""
        return self._fixed_page(path, now) or self._article_page(path, now) or self._missing(HTTPStatus.NOT_FOUND)

    def _fixed_page(self, path: str, now: datetime) -> SitePage | None:
        desk, environment = self.desk, self.environment
        for feed in desk.outlet.feeds:
            if feed.path == path:
                body = render_feed(environment, desk, feed, now)
                content_type = f"{CONTENT_TYPES[feed.format]}; charset=utf-8"
                return SitePage(status=200, content_type=content_type, body=body, modified_at=self._changed_at(now))
        if path == "/":
            return self._generated(HTML, render_front_page(environment, desk, now), now)
        if path == "/robots.txt":
            return self._generated(TEXT, sitemaps.render_robots(environment, desk), desk.opened_at)
        if path == sitemaps.INDEX_PATH:
            return self._generated(XML, sitemaps.render_sitemap_index(environment, desk, now), now)
        if path == desk.outlet.news_sitemap:
            return self._generated(XML, sitemaps.render_news_sitemap(environment, desk, now), now)
        for day in {sitemaps.published_on(desk, edition) for edition in desk.editions(now)}:
            if path == sitemaps.day_path(day):
                text = sitemaps.render_day_sitemap(environment, desk, day, now)
                return self._generated(XML, text, now) if text else None
        return None

    def _article_page(self, path: str, now: datetime) -> SitePage | None:
        for edition in self.desk.editions(now):
            if edition.path == path:
                if edition.article.gone is not None and edition.is_gone(now):
                    return self._missing(edition.article.gone.status)
                body = render_article(self.environment, self.desk, edition).encode()
                return SitePage(status=200, content_type=HTML, body=body, modified_at=edition.modified_at)
        return None

    def _generated(self, content_type: str, text: str, now: datetime) -> SitePage:
        return SitePage(status=200, content_type=content_type, body=text.encode(), modified_at=self._changed_at(now))

    def _missing(self, status: int) -> SitePage:
        body = render_missing(self.environment, self.desk, status).encode()
        return SitePage(status=status, content_type=HTML, body=body)

    def _changed_at(self, now: datetime) -> datetime:
        """When a list of articles last changed: one was published, changed, taken down or left a feed."""
        changes = [self.desk.opened_at]
        for changed_at in self.desk.changes():
            changes += [changed_at, changed_at + WINDOW, changed_at + sitemaps.NEWS_WINDOW]
        return max(changed_at for changed_at in changes if changed_at <= max(now, self.desk.opened_at))


def _parse_http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
