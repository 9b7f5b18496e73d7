"""Polling: what a poll records of a feed over time, and how the next one goes by it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import msgspec
import pytest

from pipeline.collect.feeds import parse_feed
from pipeline.steps.feed_state import CONSISTENT_MOVES, UNCONDITIONAL_EVERY, Which, due_sources
from pipeline.steps.poll import poll_source
from pipeline.steps.run.visits import polite_client
from tests.worlds.loopback import Answer
from tests.worlds.stories import discovered
from tests.worlds.world import World

pytestmark = pytest.mark.slow

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


def test_a_pinned_item_does_not_hide_a_gap(world: World) -> None:
    start = now(world)
    old = [(f"/old{n}", start - n * HOUR) for n in range(1, 11)]
    pinned = ("/pinned", start - 30 * DAY)
    world.web.answers["/feed.xml"] = feed(world, pinned, *old)
    world.collect()
    world.ahead += DAY
    oldest = now(world) - 6 * HOUR
    world.web.answers["/feed.xml"] = feed(
        world, pinned, *[(f"/new{n}", now(world) - n * HOUR) for n in range(1, 6)], ("/new6", oldest)
    )
    world.collect()
    _, (overlap, gap_from, gap_to) = polls(world, "overlap, gap_from, gap_to")
    assert overlap is False
    assert abs(gap_from - start) < timedelta(minutes=1), "from the last poll"
    assert abs(gap_to - oldest) < timedelta(seconds=2), "to the oldest item there is"


def test_a_feed_that_still_holds_its_newest_items_overlaps(world: World) -> None:
    start = now(world)
    first = [(f"/{n}", start - n * HOUR) for n in range(10)]
    world.web.answers["/feed.xml"] = feed(world, *first)
    world.collect()
    world.ahead += DAY
    world.web.answers["/feed.xml"] = feed(world, *[(f"/new{n}", start + n * HOUR) for n in range(9)], first[1])
    world.collect()
    assert polls(world, "overlap, gap_from, gap_to") == [(None, None, None), (True, None, None)]


def test_a_gap_begins_at_the_last_poll_that_read_the_feed(world: World) -> None:
    world.web.answers["/feed.xml"] = feed(world, ("/a", now(world) - HOUR), etag='"1"')
    world.collect()
    read_at = now(world)
    world.ahead += DAY
    world.collect()
    world.ahead += DAY
    world.web.answers["/feed.xml"] = Answer(status=500)
    world.collect()
    world.ahead += DAY
    world.web.answers["/feed.xml"] = feed(world, ("/b", now(world) - HOUR), etag='"2"')
    world.collect()
    outcomes = polls(world, "outcome, overlap, gap_from")
    assert [row[:2] for row in outcomes] == [("ok", None), ("not_modified", None), ("failed", None), ("ok", False)]
    assert abs(outcomes[-1][2] - read_at) < timedelta(minutes=1), "a 304 may be a lie"


def test_changed_addresses_and_guids_make_no_gap_and_no_new_items(world: World) -> None:
    published_at = now(world) - HOUR

    def feed_of(items: Mapping[str, tuple[str, str]]) -> Answer:
        """An RSS feed of address and guid by title."""
        rows = "".join(
            f"<item><title>{title}</title><link>{world.web.base}{path}</link><guid isPermaLink='false'>{guid}</guid>"
            f"<pubDate>{format_datetime(published_at - n * HOUR)}</pubDate></item>"
            for n, (title, (path, guid)) in enumerate(items.items())
        )
        return Answer(f"<rss version='2.0'><channel>{rows}</channel></rss>".encode(), content_type="text/xml")

    world.web.answers["/feed.xml"] = feed_of({"Ferry adrift": ("/a", "1"), "Harbour reopened": ("/b", "2")})
    world.collect()
    for renamed in (
        {"Ferry adrift": ("/news/a", "urn:1"), "Harbour reopened": ("/news/b", "urn:2")},
        {"Ferry towed in": ("/news/a-2", "urn:1"), "Harbour open again": ("/news/b-2", "urn:2")},
    ):
        world.ahead += DAY
        world.web.answers["/feed.xml"] = feed_of(renamed)
        world.collect()
    assert polls(world, "overlap, gap_from, new_items") == [(None, None, 2), (True, None, 0), (True, None, 0)]


def test_a_sitemap_whose_lastmod_is_always_now_floods_no_day(world: World) -> None:
    """Old pages are not news; the page of today is, by the day in its address."""
    base = world.web.base
    world.source = msgspec.structs.replace(world.source, feeds=(), sitemaps=(f"{base}/map.xml",))
    paths = [f"/{now(world):%Y/%m/%d}/ferry", *(f"/old-report-{n}" for n in range(50))]

    def serve(request: Mapping[str, str]) -> Answer:
        at = now(world).isoformat()
        rows = "".join(f"<url><loc>{base}{path}</loc><lastmod>{at}</lastmod></url>" for path in paths)
        return Answer(f"<urlset>{rows}</urlset>".encode(), content_type="text/xml")

    world.web.decides["/map.xml"] = serve
    for _ in range(2):
        world.collect()
        world.ahead += HOUR
    items = world.rows("select url from ledger.item_discovered")
    assert [item["url"].removeprefix(f"{base}/")[10:] for item in items] == ["/ferry"]
    warnings = [poll["warnings"] for poll in world.rows("select warnings from ledger.feed_polled")]
    assert warnings == [["undated_items", "lastmod_is_now"]] * 2


HTML_FEED = """<rss version="2.0"><channel><title>Post</title>
<item><title>Fish &amp;amp; ferry</title><link>{base}/fish#today</link>
<description>&lt;p class="lead"&gt;The ferry &lt;b&gt;stays&lt;/b&gt; in port&lt;/p&gt;</description></item>
<item><title>Mole reopened</title><link>{base}/mole</link><guid>mole</guid>
<description>&lt;img src="/mole.jpg"&gt; The mole is open</description></item></channel></rss>"""

SANITIZED = ['<p class="lead">The ferry <b>stays</b> in port</p>', '<img src="/mole.jpg" /> The mole is open']


def test_what_version_0_1_recorded_does_not_look_changed(world: World) -> None:
    """Its digests were made of HTML as feedparser sanitized it."""
    body = HTML_FEED.format(base=world.web.base).encode()
    world.web.answers["/feed.xml"] = Answer(body, content_type="text/xml")
    items = parse_feed(body, url=world.source.feeds[0], content_type=None, zone=world.source.zone, now=now(world)).items
    recorded = [
        discovered(
            item.url,
            now(world) - DAY,
            producer="poll@2",
            source_id=world.source.id,
            feed_url=world.source.feeds[0],
            guid=item.earlier_guid,
            title=item.title,
            summary=summary,
            published_raw=item.published_raw,
            said_digest="sha256:of 0.1",
        )
        for item, summary in zip(items, SANITIZED, strict=True)
    ]
    with world.stores() as stores:
        stores.record(recorded)
    world.collect()
    assert world.rows("select count(*) as n from ledger.item_discovered") == [{"n": len(recorded)}]

    world.web.answers["/feed.xml"] = Answer(
        body.replace(b"The mole is open", b"The mole is shut"), content_type="text/xml"
    )
    world.collect()
    (changed,) = world.rows("select summary, supersedes from ledger.item_discovered where producer = 'poll@3'")
    assert changed["supersedes"] == str(recorded[1].event_id)
    assert changed["summary"] == f'<img src="{world.web.base}/mole.jpg"> The mole is shut'


def publish_at(world: World, *addresses: str, news: str = "") -> None:
    """Serve items with a guid each at these addresses, and their pages. `news` is added to the last item's title."""
    rows = ""
    for number, address in enumerate(addresses):
        title = f"Ferry {number} stays in port{news if number == len(addresses) - 1 else ''}"
        world.web.page(address, title, "The ferry stays in port until the storm is over, the harbour master said.")
        link = f"{world.web.base}{address}"
        rows += (
            f"<item><title>{title}</title><link>{link}</link><guid isPermaLink='false'>{number}</guid>"
            f"<description>&lt;a href='{link}'&gt;More&lt;/a&gt;</description></item>"
        )
    body = f"<rss version='2.0'><channel><title>Post</title>{rows}</channel></rss>"
    world.web.answers["/feed.xml"] = Answer(body.encode(), content_type="text/xml")


def asked_pages(world: World) -> list[str]:
    """The pages that were asked for since the last call."""
    pages = [path for path in world.web.asked.elements() if "ferry" in path]
    world.web.asked.clear()
    return pages


@pytest.mark.parametrize("address", ["/{session}/ferry-{n}.html", "/ferry-{n}.html?utm_campaign={session}"])
def test_a_new_session_in_all_addresses_is_no_news(world: World, address: str) -> None:
    for session in ("sid-8f3k2a", "sid-q1x9z7"):
        publish_at(world, *(address.format(session=session, n=n) for n in range(3)))
        world.collect()
        world.ahead += HOUR
    assert sorted(asked_pages(world)) == [address.format(session="sid-8f3k2a", n=n) for n in range(3)]
    assert world.rows("select count(*) as n from ledger.item_discovered") == [{"n": 3}]

    changed = [address.format(session="sid-k0m4n8", n=n) for n in range(3)]
    publish_at(world, *changed, news=" again")
    world.collect()
    assert asked_pages(world) == changed[2:]


def test_a_code_that_changes_in_one_address_is_news(world: World) -> None:
    addresses = [f"/8f3k2a{n}/ferry-{n}.html" for n in range(3)]
    publish_at(world, *addresses)
    world.collect()
    asked_pages(world)
    publish_at(world, *addresses[:2], "/q1x9z7/ferry-2.html")
    world.ahead += HOUR
    world.collect()
    assert asked_pages(world) == ["/q1x9z7/ferry-2.html"]


def test_a_feed_that_numbers_its_places_hides_no_gap(world: World) -> None:
    for day in ("Monday", "Tuesday"):
        world.web.feed("/feed.xml", *((f"/{day}/{n}", f"{day} {n}") for n in range(3)))
        answer = world.web.answers["/feed.xml"]
        numbered = answer.body.replace(f"<guid>/{day}/".encode(), b"<guid isPermaLink='false'>").replace(
            b"Mon, 02 Mar 2026 08:00:00 GMT", format_datetime(now(world)).encode()
        )
        world.web.answers["/feed.xml"] = Answer(numbered, content_type="text/xml")
        world.collect()
        world.ahead += DAY
    assert polls(world, "overlap, new_items") == [(None, 3), (False, 3)]


def test_an_empty_read_hides_no_gap(world: World) -> None:
    world.web.answers["/feed.xml"] = feed(world, ("/a", now(world) - HOUR))
    world.collect()
    seen_at = now(world)
    for items in ((), (("/b", now(world)),)):
        world.ahead += DAY
        world.web.answers["/feed.xml"] = feed(world, *items)
        world.collect()
    (_, (overlap, _), (last_overlap, gap_from)) = polls(world, "overlap, gap_from")
    assert (overlap, last_overlap) == (None, False)
    assert abs(gap_from - seen_at) < timedelta(minutes=1), "from when it was last known what the feed held"


def test_undated_items_make_a_gap_up_to_now(world: World) -> None:
    world.web.feed("/feed.xml", ("/a", "One"), ("/b", "Two"))
    world.collect()
    world.ahead += DAY
    world.web.feed("/feed.xml", ("/c", "Three"))
    world.collect()
    gap_from, gap_to, polled_at = polls(world, "gap_from, gap_to, occurred_at")[-1]
    assert gap_to == polled_at > gap_from


def test_a_lying_304_is_found_out_recorded_and_never_believed_again(world: World) -> None:
    world.web.answers["/feed.xml"] = feed(world, ("/a", now(world)), etag='"1"')
    world.collect()
    changed = feed(world, ("/a", now(world)), ("/b", now(world)), etag='"1"')

    def lie(headers: Mapping[str, str]) -> Answer:
        return Answer(status=304) if "If-None-Match" in headers else changed

    world.web.decides["/feed.xml"] = lie
    for _ in range(UNCONDITIONAL_EVERY):
        world.collect()
    rows = polls(world, "outcome, conditional, new_items, warnings")
    assert [row[0] for row in rows] == ["ok", *["not_modified"] * (UNCONDITIONAL_EVERY - 1), "ok"]
    assert rows[-1][1:] == (False, 1, ["lying_304"])
    world.collect()
    assert polls(world, "outcome, conditional")[-1] == ("ok", False)


def test_a_truthful_304_is_no_lie(world: World) -> None:
    world.web.answers["/feed.xml"] = feed(world, ("/a", now(world)), etag='"1"')
    for _ in range(UNCONDITIONAL_EVERY):
        world.collect()
    world.web.answers["/feed.xml"] = feed(world, ("/b", now(world)), etag='"2"')
    world.collect()
    world.collect()
    rows = polls(world, "outcome, conditional, warnings")
    assert rows[UNCONDITIONAL_EVERY] == ("ok", False, []), "changed just when the feed was read whole"
    assert rows[-1] == ("not_modified", True, [])


def test_a_permanent_redirect_is_adopted_after_three_and_left_when_it_fails(world: World) -> None:
    world.web.feed("/new.xml", ("/a", "Ferry adrift"))
    world.web.answers["/feed.xml"] = Answer(status=301, headers={"Location": "/new.xml"})
    for _ in range(CONSISTENT_MOVES + 2):
        world.collect()
    new = f"{world.web.base}/new.xml"
    assert polls(world, "outcome, moved_to, asked_url") == [
        *[("moved", new, None)] * CONSISTENT_MOVES,
        *[("ok", None, new)] * 2,
    ]
    assert world.web.asked["/feed.xml"] == CONSISTENT_MOVES
    del world.web.answers["/new.xml"]
    world.web.feed("/feed.xml", ("/b", "Harbour reopened"))
    world.collect()
    world.collect()
    assert polls(world, "outcome, reason, asked_url")[-2:] == [("failed", "http_4xx", new), ("ok", None, None)]


MOVES_NOT_ADOPTED: dict[str, list[Answer]] = {
    "a temporary redirect": [Answer(status=302, headers={"Location": "/new.xml"})] * 4,
    "two addresses in turn": [Answer(status=301, headers={"Location": f"/{n}.xml"}) for n in ("new", "other")] * 2,
    "no feed at the end": [Answer(status=301, headers={"Location": "/page"})] * 4,
    "a failure in between": [
        Answer(status=301, headers={"Location": "/new.xml"}),
        Answer(status=301, headers={"Location": "/new.xml"}),
        Answer(status=500),
        Answer(status=301, headers={"Location": "/new.xml"}),
    ],
}


def test_other_redirects_are_not_adopted(world: World) -> None:
    web = world.web
    web.feed("/new.xml", ("/a", "Ferry adrift"))
    web.feed("/other.xml", ("/a", "Ferry adrift"))
    web.answers["/page"] = Answer(b"<html><body>Welcome</body></html>")
    moves = {f"/moving/{number}.xml": answers for number, answers in enumerate(MOVES_NOT_ADOPTED.values())}
    world.source = msgspec.structs.replace(world.source, feeds=tuple(web.base + path for path in moves))
    for poll in range(5):
        web.answers |= {path: answers[min(poll, len(answers) - 1)] for path, answers in moves.items()}
        world.collect()
    rows = polls(world, "feed_url, asked_url")
    assert {path: [asked for url, asked in rows if url == web.base + path] for path in moves} == {
        path: [None] * 5 for path in moves
    }


def test_a_410_retires_a_feed_until_it_is_asked_for_by_name(world: World) -> None:
    world.web.answers["/feed.xml"] = Answer(status=410)
    world.collect()
    world.ahead += 30 * DAY
    assert world.collect().counts == {}
    assert world.collect(Which.DUE).counts == {}
    world.web.feed("/feed.xml", ("/a", "Ferry adrift"))
    assert world.collect(Which.ALL).counts["item_discovered"] == 1
    assert polls(world, "outcome") == [("gone",), ("ok",)]
    assert world.collect().counts == {"feed_polled": 1}, "it lives again"


def test_a_410_at_an_adopted_address_sends_us_back_first(world: World) -> None:
    world.web.feed("/new.xml", ("/a", "Ferry adrift"))
    world.web.answers["/feed.xml"] = Answer(status=301, headers={"Location": "/new.xml"})
    for _ in range(CONSISTENT_MOVES):
        world.collect()
    world.web.answers["/new.xml"] = Answer(status=410)
    world.web.feed("/feed.xml", ("/a", "Ferry adrift"))
    world.collect()
    world.collect()
    assert polls(world, "outcome, reason")[-2:] == [("failed", "gone"), ("ok", None)]


def test_an_hourly_run_polls_what_is_due(world: World) -> None:
    with world.stores() as stores:
        assert due_sources(stores.ledger, [world.source], stores.now()) == [world.source]
    world.collect(Which.DUE)
    assert world.collect(Which.DUE).counts == {}, "just polled"
    world.ahead += HOUR
    assert world.collect(Which.DUE).counts == {"feed_polled": 1}, "nothing is known yet of how fast it is"
    with world.stores() as stores:
        due = [bool(due_sources(stores.ledger, [world.source], stores.now() + hours * HOUR)) for hours in range(1, 31)]
    assert due == [False] * 23 + [True] * 7, "a feed in which nothing happens is polled once a day"
    world.ahead += DAY
    assert world.collect(Which.DUE).counts == {"feed_polled": 1}


def test_the_server_decides_when_a_failing_feed_is_due(world: World) -> None:
    world.web.answers["/feed.xml"] = Answer(status=503, headers={"Retry-After": str(6 * 3600)})
    world.collect(Which.DUE)
    (retry_at, reason) = polls(world, "retry_at, reason")[0]
    assert reason == "http_5xx"
    assert abs(retry_at - (now(world) + 6 * HOUR)) < timedelta(minutes=1)
    world.ahead += 5 * HOUR
    assert world.collect(Which.DUE).counts == {}
    asked = world.web.asked["/feed.xml"]
    world.collect()
    assert polls(world, "reason")[-1] == ("asked_to_wait",), "also a run of all feeds leaves the host alone"
    assert world.web.asked["/feed.xml"] == asked
    world.ahead += 2 * HOUR
    world.web.feed("/feed.xml", ("/a", "Ferry adrift"))
    assert world.collect(Which.CURRENT).counts["item_discovered"] == 1


def sitemap(world: World, *entries: tuple[str, datetime | None]) -> Answer:
    rows = "".join(
        f"<url><loc>{world.web.base}{path}</loc>{f'<lastmod>{at.isoformat()}</lastmod>' if at else ''}</url>"
        for path, at in entries
    )
    return Answer(
        f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{rows}</urlset>".encode(),
        content_type="application/xml",
    )


def index(world: World, *entries: tuple[str, datetime | None]) -> Answer:
    rows = "".join(
        f"<sitemap><loc>{world.web.base}{path}</loc>{f'<lastmod>{at.isoformat()}</lastmod>' if at else ''}</sitemap>"
        for path, at in entries
    )
    return Answer(
        f"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{rows}</sitemapindex>".encode(),
        content_type="application/xml",
    )


def test_a_sitemap_index_is_read_down_to_what_is_recent(world: World) -> None:
    today, long_ago = now(world) - HOUR, now(world) - 400 * DAY
    world.web.answers |= {
        "/sitemap.xml": index(world, ("/old.xml", long_ago), ("/new.xml", today), ("/more.xml", None)),
        "/old.xml": sitemap(world, ("/ancient", long_ago)),
        "/new.xml": sitemap(world, ("/a", today), ("/ancient", long_ago), ("/undated", None)),
        "/more.xml": index(world, ("/sitemap.xml", today), ("/deep.xml", today)),
        "/deep.xml": sitemap(world, ("/b", today)),
    }
    world.source = msgspec.structs.replace(world.source, sitemaps=(f"{world.web.base}/sitemap.xml",), feeds=())
    world.collect()
    assert polls(world, "outcome, items, new_items, warnings") == [("ok", 2, 2, [])]
    members = world.rows("select feed_url, items from ledger.feed_polled where caused_by is not null order by position")
    assert [(row["feed_url"].removeprefix(world.web.base), row["items"]) for row in members] == [
        ("/new.xml", 1),
        ("/more.xml", 0),
        ("/deep.xml", 1),
    ]
    chains = world.rows(
        """
        select item.url, member.feed_url as member_url, item.feed_url
        from ledger.item_discovered as item
        join ledger.feed_polled as member on item.caused_by = member.event_id
        """
    )
    assert {(row["url"], row["member_url"]) for row in chains} == {
        (f"{world.web.base}/a", f"{world.web.base}/new.xml"),
        (f"{world.web.base}/b", f"{world.web.base}/deep.xml"),
    }
    assert {row["feed_url"] for row in chains} == {f"{world.web.base}/sitemap.xml"}, "the one that is configured"
    assert world.collect().counts == {"feed_polled": 4}, "nothing is news twice"


def test_an_index_that_stays_the_same_does_not_hide_that_its_members_change(world: World) -> None:
    world.web.answers["/sitemap.xml"] = Answer(
        index(world, ("/news.xml", None)).body, headers={"ETag": '"1"'}, content_type="application/xml"
    )
    an_hour_ago = now(world) - HOUR
    world.web.answers["/news.xml"] = sitemap(world, ("/a", an_hour_ago))
    world.source = msgspec.structs.replace(world.source, sitemaps=(f"{world.web.base}/sitemap.xml",), feeds=())
    world.collect()
    world.web.answers["/news.xml"] = sitemap(world, ("/a", an_hour_ago), ("/b", an_hour_ago))
    assert world.collect().counts["item_discovered"] == 1


def test_an_article_of_several_feeds_is_one_article_with_all_sightings(world: World) -> None:
    world.web.feed("/politics.xml", ("/a?utm_source=politics", "Ferry adrift"))
    world.web.answers["/a?utm_source=politics"] = world.web.answers["/a"]
    world.source = msgspec.structs.replace(world.source, feeds=(*world.source.feeds, f"{world.web.base}/politics.xml"))
    counts = world.ingest().counts
    assert (counts["item_discovered"], counts["article_captured"]) == (3, 2)
    sightings = world.rows(f"select feed_url from ledger.item_discovered where article_id = '{world.id('/a')}'")
    assert len(sightings) == 2


def test_an_interrupted_run_records_the_feeds_that_have_answered(world: World) -> None:
    """One feed answers; the run is interrupted when the other, half a second later, is asked."""
    asked, done = threading.Event(), threading.Event()

    def never(_: Mapping[str, str]) -> Answer:
        asked.set()
        done.wait(30)
        return Answer(status=500)

    world.web.feed("/other.xml", ("/c", "Lighthouse sold"))
    world.web.decides["/other.xml"] = never
    feeds = (*world.source.feeds, f"{world.web.base}/other.xml")
    source = msgspec.structs.replace(world.source, feeds=feeds, requests_per_second=2)

    async def interrupted() -> None:
        async with polite_client(world.settings, [source], stores.now) as client:
            polling = asyncio.create_task(poll_source(stores, client, source, Which.CURRENT))
            await asyncio.to_thread(asked.wait, 30)
            polling.cancel()
            with pytest.raises(asyncio.CancelledError):
                await polling
        done.set()

    with world.stores() as stores:
        asyncio.run(interrupted())
    assert [feed.removeprefix(world.web.base) for (feed,) in polls(world, "feed_url")] == ["/feed.xml"]
    assert len(world.rows("select 1 from ledger.item_discovered")) == 2
