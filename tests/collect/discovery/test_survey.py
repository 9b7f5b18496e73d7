"""A survey finds the feeds and news sitemaps that can be read, starting from any address of an outlet."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pipeline.collect.discovery.probes import Prober
from pipeline.collect.discovery.survey import Survey, survey
from pipeline.collect.http.client import Client, Limits
from pipeline.ledger.log import utc_now
from tests.worlds.loopback import Answer, WebServer

NEWS_SITEMAP = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">'
    "<url><loc>{base}/wahl</loc><n:news><n:publication><n:name>Der Bote</n:name><n:language>de</n:language>"
    "</n:publication><n:publication_date>2026-03-02T08:00:00Z</n:publication_date><n:title>Wahl</n:title></n:news></url></urlset>"
)


def surveyed(web: WebServer, path: str = "/") -> Survey:
    async def run() -> Survey:
        async with Client(
            allow_hosts=("127.0.0.1",), limits=Limits(50), contact="", now=utc_now, hosts=Path(folder)
        ) as client:
            return await survey(Prober(client, now=utc_now), web.base + path)

    with TemporaryDirectory() as folder:
        return asyncio.run(run())


def found(web: WebServer, path: str = "/") -> list[str]:
    return [probe.url.removeprefix(web.base) for probe in surveyed(web, path).found]


def homepage(web: WebServer, *hrefs: str, shown: str = "") -> None:
    links = "".join(f'<link rel="alternate" type="application/rss+xml" href="{href}">' for href in hrefs)
    web.answers["/"] = Answer(f"<!doctype html><html lang=de><head><title>Bote</title>{links}<body>{shown}".encode())


def test_a_feed_is_found_at_its_own_address(web: WebServer) -> None:
    web.feed("/rss.xml", ("/a", "A"))
    assert found(web, "/rss.xml") == ["/rss.xml"]
    assert web.asked.total() == web.asked["/rss.xml"] + web.asked["/robots.txt"]


def test_declared_feeds_are_enough(web: WebServer) -> None:
    web.feed("/a.xml", ("/a", "A"))
    web.feed("/empty.xml")
    web.feed("/shown.rss", ("/b", "B"))
    web.feed("/feed", ("/c", "C"))
    homepage(web, "/a.xml", "/empty.xml", "/gone.xml", shown="<a href=/shown.rss>RSS</a>")
    survey = surveyed(web)
    assert [probe.url for probe in survey.found] == [f"{web.base}/a.xml"]
    assert [(probe.url, probe.problem) for probe in survey.unread] == [
        (f"{web.base}/empty.xml", None),
        (f"{web.base}/gone.xml", "http 404"),
    ]
    assert survey.homepage is not None and survey.homepage.language == "de"
    assert web.asked["/shown.rss"] == web.asked["/feed"] == 0


def test_anchors_are_tried_if_no_feed_is_declared(web: WebServer) -> None:
    web.feed("/shown.rss", ("/b", "B"))
    web.feed("/feed", ("/c", "C"))
    homepage(web, shown="<a href=/shown.rss>RSS</a><a href=/rss/>Unsere Feeds</a>")
    assert found(web) == ["/shown.rss"]
    assert web.asked["/feed"] == 0


def test_usual_addresses_are_tried_last(web: WebServer) -> None:
    web.feed("/atom.xml", ("/c", "C"))
    homepage(web)
    assert found(web) == ["/atom.xml"]


def test_news_sitemaps_of_robots_txt_are_recognised_by_their_content(web: WebServer) -> None:
    robots = "Sitemap: {0}/pages.xml\nSitemap: {0}/index.xml\nSitemap: {0}/aktuell.xml\nSitemap: {0}/none.xml\n"
    web.answers["/robots.txt"] = Answer(robots.format(web.base).encode(), content_type="text/plain")
    news = NEWS_SITEMAP.format(base=web.base).encode()
    plain = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{}/x</loc></url></urlset>'
    index = (
        '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>{0}/old.xml</loc></sitemap>'
        "<sitemap><loc>{0}/news-1.xml</loc></sitemap></sitemapindex>"
    )
    web.answers["/aktuell.xml"] = web.answers["/news-1.xml"] = Answer(news, content_type="application/xml")
    web.answers["/pages.xml"] = Answer(plain.format(web.base).encode(), content_type="application/xml")
    web.answers["/index.xml"] = Answer(index.format(web.base).encode(), content_type="application/xml")
    web.feed("/rss.xml", ("/a", "A"))
    homepage(web, "/rss.xml")
    assert found(web) == ["/rss.xml", "/aktuell.xml", "/news-1.xml"]
    assert web.asked["/old.xml"] == 0


def test_an_index_of_news_sitemaps_is_taken_instead_of_its_members(web: WebServer) -> None:
    web.answers["/robots.txt"] = Answer(f"Sitemap: {web.base}/news/index.xml".encode(), content_type="text/plain")
    index = (
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>{web.base}/news/today.xml</loc>'
        "</sitemap></sitemapindex>"
    )
    web.answers["/news/index.xml"] = Answer(index.encode(), content_type="application/xml")
    news = NEWS_SITEMAP.format(base=web.base).encode()
    web.answers["/news/today.xml"] = Answer(news, content_type="application/xml")
    homepage(web)
    assert found(web) == ["/news/index.xml"]


NOTHING = {
    "a page that has no feed": ("<html><p>Willkommen", "no feed there, nor at 7 addresses where feeds usually are"),
    "a text": ("nothing to see", "not a feed"),
    "an empty feed": ("<rss version='2.0'><channel><title>Bote</title></channel></rss>", "without items"),
}


@pytest.mark.parametrize(("body", "problem"), NOTHING.values(), ids=NOTHING)
def test_addresses_without_a_feed(web: WebServer, body: str, problem: str) -> None:
    web.answers["/"] = Answer(body.encode(), content_type="text/html")
    survey = surveyed(web)
    assert survey.found == ()
    assert problem in (survey.problem or "")


def test_an_address_that_does_not_answer(web: WebServer) -> None:
    assert surveyed(web, "/missing").problem == "http 404"
