"""Polling: what a poll records of a feed over time, and how the next one goes by it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import msgspec
import pytest

from pipeline.collect.feeds import parse_feed
from pipeline.steps.feed_state import Which
from pipeline.steps.poll import poll_source
from pipeline.steps.run.visits import polite_client
from tests.steps.polls import DAY, HOUR, asked_pages, feed, now, polls
from tests.worlds.loopback import Answer
from tests.worlds.stored import stored_files
from tests.worlds.stories import discovered
from tests.worlds.world import World

pytestmark = pytest.mark.slow


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
    world.web.answers["/feed.xml"] = feed(world, *[(f"/new{n}", start + n * HOUR) for n in range(8, -1, -1)], first[1])
    world.collect()
    assert polls(world, "overlap, gap_from, gap_to") == [(None, None, None), (True, None, None)]


def test_a_gap_begins_at_the_last_poll_that_read_the_feed(world: World) -> None:
    copy = feed(world, ("/a", now(world) - HOUR))
    world.web.answers["/feed.xml"] = replace(copy, headers={"ETag": '"1"', "Age": "1800"})
    world.collect()
    read_at = now(world) - HOUR / 2
    world.ahead += DAY
    world.collect()
    world.ahead += DAY
    world.web.answers["/feed.xml"] = replace(copy, headers={})
    world.collect()
    world.ahead += DAY
    world.web.answers["/feed.xml"] = Answer(status=500)
    world.collect()
    world.ahead += DAY
    world.web.answers["/feed.xml"] = feed(world, ("/b", now(world) - HOUR), etag='"2"')
    world.collect()
    outcomes = polls(world, "outcome, overlap, gap_from")
    assert [row[:2] for row in outcomes] == [
        ("ok", None),
        ("not_modified", None),
        ("ok", True),
        ("failed", None),
        ("ok", False),
    ]
    assert abs(outcomes[-1][2] - read_at) < timedelta(minutes=1), "a 304 and the same bytes again may be a cache's"


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


@pytest.mark.parametrize("is_index", [False, True])
def test_a_page_that_an_undated_sitemap_did_not_list_before_is_news(world: World, is_index: bool) -> None:
    """Neither the first reading nor the same bytes again have news; a record that cannot be read is no reading."""
    base = world.web.base
    named = "/index.xml" if is_index else "/map.txt"
    world.source = msgspec.structs.replace(world.source, feeds=(), sitemaps=(f"{base}{named}",))
    index = f"<sitemapindex><sitemap><loc>{base}/map.txt</loc></sitemap></sitemapindex>"
    world.web.answers["/index.xml"] = Answer(index.encode(), content_type="text/xml")

    def collect(*paths: str) -> list[str]:
        listed = "".join(f"{base}{path}\n" for path in paths)
        world.web.answers["/map.txt"] = Answer(listed.encode(), content_type="text/plain")
        world.collect()
        world.ahead += HOUR
        items = world.rows("select url from ledger.item_discovered order by position")
        return [item["url"].removeprefix(base) for item in items]

    old = tuple(f"/old-{n}" for n in range(4))
    assert collect(*old) == []
    assert collect(*old) == []
    assert collect("/ferry", *old) == ["/ferry"]
    assert collect("/ferry", "/mole", *old) == ["/ferry", "/mole"]
    files = stored_files(world.settings)
    for name in [name for name in files if name.endswith(".warc.gz")]:
        files[name] = bytes(len(files[name]))
    assert collect("/pier", "/ferry", *old) == ["/ferry", "/mole"]
    assert collect("/quay", "/pier", "/ferry", *old) == ["/ferry", "/mole", "/quay"]


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
    (changed,) = world.rows("select summary, supersedes from ledger.item_discovered where producer = 'poll@4'")
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
