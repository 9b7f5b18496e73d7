"""A client of the sample newsroom, and what it finds in pages and feeds."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import feedparser
from lxml import etree, html

from pipeline.demo.articles import (
    Article,
    load_articles,
)
from pipeline.demo.newsroom import FIRST_DAY, Newsroom
from pipeline.demo.outlets import load_outlets

ARTICLES = {(article.outlet, article.slug): article for article in load_articles()}
OUTLETS = {outlet.id: outlet for outlet in load_outlets()}
SITEMAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "n": "http://www.google.com/schemas/sitemap-news/0.9"}
TRUNCATED_WIRE = ("leitblatt", "nordpress-deichbruch-brueckfeld")
LIVEBLOG = ("hierheute", "hochwasser-ruhna-liveblog")


@dataclass
class Clock:
    """A clock that stands still until a test sets it."""

    now: datetime = datetime(2026, 3, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def set(self, day: int, wall_time: str, zone: str = "Europe/Berlin") -> None:
        moment = datetime.fromisoformat(f"{FIRST_DAY + timedelta(days=day - 1)}T{wall_time}")
        self.now = moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True)
class Answer:
    """What came back for one request."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class Reader:
    """A client that reaches the virtual hosts over 127.0.0.1."""

    newsroom: Newsroom
    clock: Clock

    def get(self, outlet: str, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.newsroom.port, timeout=10)
        host = f"{outlet}.localhost:{self.newsroom.port}"
        try:
            connection.request(method, path, headers={"Host": host, **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def feed(self, outlet: str, path: str) -> feedparser.FeedParserDict:
        answer = self.get(outlet, path)
        assert answer.status == 200
        return feedparser.parse(answer.body, response_headers={"content-type": answer.headers["Content-Type"]})

    def page(self, outlet: str, slug: str) -> html.HtmlElement:
        answer = self.get(outlet, path_of(ARTICLES[outlet, slug]))
        assert answer.status == 200
        return html.fromstring(answer.text)


def path_of(article: Article) -> str:
    published_on = FIRST_DAY + timedelta(days=article.day - 1)
    return OUTLETS[article.outlet].article_path.format(
        section=article.section.lower(), slug=article.slug, date=published_on.strftime("%Y/%m/%d")
    )


def squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def select(tree: etree._Element, path: str) -> list[Any]:
    """What an XPath that selects nodes or strings finds."""
    return cast(list[Any], tree.xpath(path, namespaces=SITEMAP))


def titles(feed: feedparser.FeedParserDict) -> list[str]:
    return [entry.title for entry in feed.entries]


def paths(feed: feedparser.FeedParserDict) -> list[str]:
    return [urlsplit(entry.link).path for entry in feed.entries]


def find_article_node(tree: html.HtmlElement) -> dict[str, Any]:
    """The JSON-LD node of the article, however the page wraps it."""
    for script in tree.xpath("//script[@type='application/ld+json']/text()"):
        document = json.loads(script)
        nodes = document if isinstance(document, list) else document.get("@graph", [document])
        node: dict[str, Any]
        for node in nodes:
            if node["@type"] in ("NewsArticle", "LiveBlogPosting"):
                return node
    raise AssertionError("the page has no article in its JSON-LD")
