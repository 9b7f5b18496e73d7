"""Feeds and sitemaps that mean harm: what they say is recorded or dropped with a warning, and nothing comes of it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
import pytest

from pipeline.archive.codings import MAX_BODY_BYTES
from pipeline.collect.feeds import MAX_ITEMS
from pipeline.display import printable
from pipeline.events import CaptureFailed, FeedPolled, ItemDiscovered
from pipeline.steps.poll import MAX_SITEMAP_DEPTH, MAX_SITEMAPS
from tests.worlds.hostile import Document, article, redirecting
from tests.worlds.ledgers import store_ports
from tests.worlds.loopback import Endpoint, counted_connections
from tests.worlds.running import free_port
from tests.worlds.street import Street, street

pytestmark = pytest.mark.slow

SECRET = "the password is swordfish"
ELSEWHERE = free_port()
"""Nobody listens here, and nobody is to find that out."""
TRAVERSAL = "../../../../../../tmp/newsledger-was-here"
LAUGHS = "".join(f"<!ENTITY lol{n} '{f'&lol{n - 1};' * 10 if n else 'lol'}'>" for n in range(10))


def item(title: str, link: str = "BASE/page", more: str = "") -> str:
    return f"<item><title>{title}</title><link>{link}</link>{more}</item>"


def rss(items: str, prolog: str = "") -> str:
    """A feed of these items and a sound one. BASE stands for the site, FOLDER for where the run keeps its data."""
    return f"{prolog}<rss version='2.0'><channel>{items}{item('Sound', 'BASE/sound')}</channel></rss>"


class Feed(NamedTuple):
    """A feed that can be read, and what its events say."""

    text: str
    titles: tuple[str | None, ...]
    """Titles of its items except the sound one, which comes last."""
    warnings: tuple[str, ...] = ()
    dropped: int = 0
    charset: str = "utf-8"
    is_whole: bool = True
    """True if it was read to its end, where the sound item is."""


FEEDS: dict[str, Feed] = {
    "a billion laughs": Feed(
        rss(item("&lol9;"), f"<?xml version='1.0'?><!DOCTYPE rss [{LAUGHS}]>"), ("&lol9;",), ("broken_xml",)
    ),
    "an entity that is a file": Feed(
        rss(item("&file;"), "<!DOCTYPE rss [<!ENTITY file SYSTEM 'file://FOLDER/secret.txt'>]>"),
        ("&file;",),
        ("broken_xml",),
    ),
    "an entity of another server": Feed(
        rss(
            item("&page;"),
            f"<!DOCTYPE rss [<!ENTITY page SYSTEM 'http://127.0.0.1:{ELSEWHERE}/'>"
            f"<!ENTITY % more SYSTEM 'http://127.0.0.1:{ELSEWHERE}/dtd'> %more;]>",
        ),
        ("&page;",),
        ("broken_xml",),
    ),
    "a DTD of another server": Feed(
        rss(item("One"), f"<!DOCTYPE rss SYSTEM 'http://127.0.0.1:{ELSEWHERE}/rss.dtd'>"), ("One",)
    ),
    "a file included": Feed(
        rss(
            "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' parse='text' href='file://FOLDER/secret.txt'/>"
            + item("One")
        ),
        ("One",),
    ),
    "a script in a title": Feed(rss(item("&lt;script&gt;alert(1)&lt;/script&gt;One")), ("One",)),
    "SQL in a title": Feed(
        rss(item("One'); drop table ledger.feed_polled; --", "BASE/page?id=1';delete from x;--")),
        ("One'); drop table ledger.feed_polled; --",),
    ),
    "a formula in a title": Feed(rss(item("=HYPERLINK(1)")), ("=HYPERLINK(1)",)),
    "NUL and terminal escapes in a title": Feed(
        rss(item("One\0 \x1b]0;owned\x07 &#27;[2J&#0;")), ("One ]0;owned [2J",), ("broken_xml",)
    ),
    "a title that turns the line around": Feed(rss(item("One \u202eowt")), ("One \u202eowt",)),
    "a title of 5 MB": Feed(rss(item("One " * 1_250_000)), (("One " * 5_000).strip(),)),
    "a guid that is a path": Feed(rss(item("One", more=f"<guid>{TRAVERSAL}</guid>")), ("One",)),
    "a link that is a path": Feed(rss(item("One", f"BASE/{TRAVERSAL}")), ("One",)),
    "a date of 1 MB": Feed(rss(item("One", more=f"<pubDate>{'1 ' * 500_000}</pubDate>")), ("One",), ("bad_date",)),
    "a date in the year 9999": Feed(
        rss(item("One", more="<pubDate>Fri, 31 Dec 9999 23:59:59 -1200</pubDate>")), ("One",), ("bad_date",)
    ),
    "links that are no pages": Feed(
        rss(
            item("One", "file:///etc/passwd")
            + item("Two", "javascript:alert(1)")
            + item("Three", "data:text/html,four")
            + item("Four", "http://")
            + item("Five", "http://[::1")
            + item("Six", "mailto:press@example.org")
        ),
        (),
        ("item_without_link",),
        6,
    ),
    "100,000 items": Feed(
        rss("".join(item(f"{no}", more=f"<guid>{no}</guid>") for no in range(100_000))),
        (*(f"{no}" for no in range(MAX_ITEMS)),),
        ("too_many_items",),
        100_001 - MAX_ITEMS,
        is_whole=False,
    ),
    "CDATA in CDATA, for ever": Feed(rss(item("One", more="<![CDATA[" * 100_000)), ("One",), ("broken_xml",)),
    "titles for ever": Feed(rss(item("One", more="<title>a<![CDATA[" * 20_000)), ("One",), ("broken_xml",)),
    "Latin-1 that says it is UTF-8": Feed(
        rss(item("Fähre"), "<?xml version='1.0' encoding='utf-8'?>"), ("Fähre",), ("wrong_charset",), charset="latin-1"
    ),
    "UTF-16": Feed(rss(item("Fähre"), "<?xml version='1.0' encoding='utf-16'?>"), ("Fähre",), charset="utf-16"),
    "a charset that is a codec": Feed(rss(item("Fähre"), "<?xml version='1.0' encoding='punycode'?>"), ("Fähre",)),
    "UTF-7": Feed(rss(item("+ADw-b+AD4-"), "<?xml version='1.0' encoding='utf-7'?>"), ("+ADw-b+AD4-",)),
}

NO_FEEDS: dict[str, bytes] = {
    "nothing": b"",
    "a page": article("Welcome").body,
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "a gzip bomb in a file": gzip.compress(bytes(MAX_BODY_BYTES + 1)),
    "brackets for ever": b"[" * 1_000_000,
    "JSON nested for ever": b'{"items":' + b"[" * 500_000,
    "less-than signs for ever": b"<" * 1_000_000,
    "a doctype for ever": b"<!DOCTYPE rss [" + b"<!ENTITY a 'a'>" * 100_000,
    "comments for ever": b"<!-- -->" * 200_000,
}

SLOW_FEEDS = {
    "an author for ever": rss(item("One", more=f"<author>{'a' * 1_000_000}</author>")),
    "categories for ever": rss(item("One", more="".join(f"<category>{no}</category>" for no in range(200_000)))),
}
"""What would take feedparser more than the time of a worker process."""


def index(*links: str) -> Document:
    rows = "".join(f"<sitemap><loc>{link}</loc></sitemap>" for link in links)
    return Document(f"<sitemapindex>{rows}</sitemapindex>".encode(), "application/xml")


def sitemap(link: str) -> Document:
    at = datetime.now(UTC).isoformat()
    return Document(f"<urlset><url><loc>{link}</loc><lastmod>{at}</lastmod></url></urlset>".encode(), "text/xml")


def set_sitemaps(opened: Street) -> None:
    site = opened.site("an index that names itself", sitemaps=["/sitemap.xml"])
    site.serve("/sitemap.xml", index(f"{site.base}/sitemap.xml"))

    site = opened.site("an index that names itself in many ways", sitemaps=["/sitemap.xml"])
    links = [f"/sitemap.xml?{number}" for number in range(100)]
    for path in ("/sitemap.xml", *links):
        site.serve(path, index(*(site.base + link for link in links)))

    site = opened.site("10,000 sitemaps", sitemaps=["/sitemap.xml"])
    links = [f"/sitemap/{number}.xml" for number in range(10_000)]
    site.serve("/sitemap.xml", index(*(site.base + link for link in links)))
    for number, path in enumerate(links):
        site.serve(path, sitemap(f"{site.base}/page/{number}"))
        site.page(f"/page/{number}")

    site = opened.site("an index in an index, for ever", sitemaps=["/sitemap.xml"])
    for number, path in enumerate(("/sitemap.xml", *(f"/{depth}.xml" for depth in range(1, 20))), start=1):
        site.serve(path, index(f"{site.base}/{number}.xml"))

    site = opened.site("sitemaps elsewhere", sitemaps=["/sitemap.xml"])
    site.serve(
        "/sitemap.xml",
        index("file:///etc/passwd", "http://10.0.0.1/sitemap.xml", f"http://127.0.0.1:{ELSEWHERE}/sitemap.xml"),
    )

    site = opened.site("two feeds that lead to each other", "/one.xml", "/two.xml")
    site.page("/one.xml", redirecting("/two.xml"))
    site.page("/two.xml", redirecting("/one.xml"))


class Aftermath(NamedTuple):
    street: Street
    folder: Path
    opened: list[Endpoint]


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aftermath]:
    """All of them at once, each at a host of its own: after the run that met them."""
    folder = tmp_path_factory.mktemp("feeds")
    (folder / "secret.txt").write_text(SECRET)
    with street(folder, read_timeout_seconds=5) as opened:
        for name, feed in FEEDS.items():
            site = opened.site(name, "/feed.xml")
            text = feed.text.replace("BASE", site.base).replace("FOLDER", str(folder))
            site.serve("/feed.xml", Document(text.encode(feed.charset), "application/rss+xml"))
            site.page("/sound")
        for name, text in SLOW_FEEDS.items():
            opened.site(name, "/feed.xml").serve("/feed.xml", Document(text.encode(), "application/rss+xml"))
        for name, body in NO_FEEDS.items():
            opened.site(name, "/feed.xml").serve("/feed.xml", Document(body, "application/rss+xml"))
        set_sitemaps(opened)
        with counted_connections() as endpoints:
            assert opened.meet().problems == ()
        yield Aftermath(opened, folder, endpoints)


@pytest.mark.parametrize("name", FEEDS)
def test_a_hostile_feed_gives_its_items_and_warnings(after: Aftermath, name: str) -> None:
    site, feed = after.street.sites[name], FEEDS[name]
    record = after.street.record(site)
    poll = record.poll()
    assert (poll.outcome, poll.reason, poll.status) == ("ok", None, 200)
    assert (poll.warnings, poll.items_dropped) == (feed.warnings, feed.dropped)
    titles = tuple(item.title for item in record.of(ItemDiscovered))
    assert titles == ((*feed.titles, "Sound") if feed.is_whole else feed.titles)
    assert poll.items == poll.new_items == len(titles)
    if feed.is_whole:
        assert after.street.archived(record.capture("/sound")) == article("/sound").body


@pytest.mark.parametrize("name", SLOW_FEEDS)
def test_a_feed_that_takes_too_long_costs_itself(after: Aftermath, name: str) -> None:
    record = after.street.record(after.street.sites[name])
    poll = record.poll()
    assert (poll.outcome, poll.reason, poll.status, poll.items) == ("failed", "unreadable", 200, None)
    assert "reading it was given up: not done within 10 seconds" in (poll.detail or "")
    assert record.counts == (1, 0, 0, 0)


@pytest.mark.parametrize("name", NO_FEEDS)
def test_a_body_that_is_no_feed_is_recorded_as_such(after: Aftermath, name: str) -> None:
    site = after.street.sites[name]
    record = after.street.record(site)
    poll = record.poll()
    assert (poll.outcome, poll.reason, poll.status, poll.items) == ("failed", "not_a_feed", 200, None)
    assert (poll.detail or "").startswith(f"{site.base}/feed.xml")
    assert len(poll.detail or "") < 500
    assert record.counts == (1, 0, 0, 0)


SITEMAPS: dict[str, tuple[tuple[str, ...], tuple[int, ...], int]] = {
    "an index that names itself": ((), (1, 0, 0, 0), 1),
    "an index that names itself in many ways": (("too_many_sitemaps",), (1 + MAX_SITEMAPS, 0, 0, 0), 1 + MAX_SITEMAPS),
    "10,000 sitemaps": (
        ("too_many_sitemaps",),
        (1 + MAX_SITEMAPS, MAX_SITEMAPS, MAX_SITEMAPS, 0),
        1 + 2 * MAX_SITEMAPS,
    ),
    "an index in an index, for ever": (("sitemaps_too_deep",), (1 + MAX_SITEMAP_DEPTH, 0, 0, 0), 1 + MAX_SITEMAP_DEPTH),
    "sitemaps elsewhere": (("item_without_link", "sitemap_unread"), (3, 0, 0, 0), 1),
}
"""The warnings, how many events, and how many requests but for robots.txt."""


@pytest.mark.parametrize("name", SITEMAPS)
def test_an_index_is_read_within_bounds(after: Aftermath, name: str) -> None:
    site = after.street.sites[name]
    warnings, counts, requests = SITEMAPS[name]
    record = after.street.record(site)
    poll = record.poll("/sitemap.xml")
    assert (poll.outcome, poll.reason, poll.status, poll.warnings) == ("ok", None, 200, warnings)
    assert record.counts == counts
    assert site.asked.total() == 1 + requests


def test_a_sitemap_elsewhere_is_not_asked_for(after: Aftermath) -> None:
    record = after.street.record(after.street.sites["sitemaps elsewhere"])
    assert [(poll.outcome, poll.reason, poll.feed_url) for poll in record.of(FeedPolled)[1:]] == [
        ("blocked", "blocked_address", "http://10.0.0.1/sitemap.xml"),
        ("blocked", "blocked_address", f"http://127.0.0.1:{ELSEWHERE}/sitemap.xml"),
    ]


def test_two_feeds_that_lead_to_each_other(after: Aftermath) -> None:
    site = after.street.sites["two feeds that lead to each other"]
    record = after.street.record(site)
    for path in ("/one.xml", "/two.xml"):
        poll = record.poll(path)
        assert (poll.outcome, poll.reason) == ("failed", "redirects")
        assert f"{site.base}{path}" in (poll.detail or "")
    assert record.counts == (2, 0, 0, 0)


def test_nobody_else_was_connected_to(after: Aftermath) -> None:
    assert ELSEWHERE not in {port for _, port in after.opened}
    assert not any(path.endswith(".dtd") for site in after.street.sites.values() for path in site.asked)


def test_no_event_holds_what_no_feed_said(after: Aftermath) -> None:
    for site in after.street.sites.values():
        said = msgspec.json.encode([each.event for each in after.street.record(site).recorded]).decode()
        assert SECRET not in said
        assert "\\u0000" not in said
        assert "\\u001b" not in said


def test_no_title_steers_a_terminal(after: Aftermath) -> None:
    (turned, _) = after.street.record(after.street.sites["a title that turns the line around"]).of(ItemDiscovered)
    assert printable(turned.title) == "One \N{REPLACEMENT CHARACTER}owt"


def test_no_path_leads_out_of_the_data(after: Aftermath) -> None:
    assert {path.name for path in after.folder.iterdir()} == {"data", "secret.txt"}
    assert not list(after.folder.rglob("*was-here*"))
    assert not Path("/tmp/newsledger-was-here").exists()


def test_the_sound_source_is_complete_and_the_ledger_verifies(after: Aftermath) -> None:
    after.street.assert_good_is_complete()
    assert after.street.verify().findings == ()


def test_links_to_forbidden_places_are_never_followed(tmp_path: Path) -> None:
    forbidden = [
        f"http://127.0.0.1:{ELSEWHERE}/admin",
        f"http://[::1]:{ELSEWHERE}/",
        f"http://0x7f.1:{ELSEWHERE}/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://stranger.example:22/",
    ]
    with street(tmp_path) as opened:
        site = opened.site("evil", "/feed.xml")
        text = rss("".join(item("One", link) for link in forbidden)).replace("BASE", site.base)
        site.serve("/feed.xml", Document(text.encode(), "text/xml"))
        site.page("/sound")
        with counted_connections() as endpoints:
            opened.meet()
        record = opened.record(site)
        failures = record.of(CaptureFailed)
        assert {failure.url for failure in failures} == set(forbidden)
        assert {(failure.reason, failure.will_retry) for failure in failures} == {("blocked_address", False)}
        assert opened.archived(record.capture("/sound")) == article("/sound").body
        web = {urlsplit(url).port for url in (site.base, opened.good.base)}
        assert {port for _, port in endpoints} - store_ports() == web
        opened.assert_good_is_complete()
