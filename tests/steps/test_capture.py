"""Every item that was discovered ends as captured, failed for good with a reason, or pending: none is forgotten."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest

from pipeline.archive.archive import read_page
from pipeline.archive.storage import Location, archive_storage
from pipeline.collect.http.client import Client, Limits
from pipeline.collect.http.host_files import HostFile
from pipeline.collect.http.hosts import CONNECTIONS, Patience
from pipeline.ledger import verify
from pipeline.steps.capture import BATCH_PAGES, capture_source, pending_pages
from pipeline.steps.collect import collect, expire_removed
from pipeline.steps.feed_state import Which
from pipeline.steps.poll import poll_source
from pipeline.steps.run.progress import Progress
from pipeline.steps.run.run_interval import lookback
from pipeline.steps.run.stores import StepResult, Stores
from pipeline.steps.run.visits import polite_client
from tests.worlds.loopback import Answer, WebServer
from tests.worlds.world import PARAGRAPHS, World

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
CONTENT = "".join(f"&lt;p&gt;{text}&lt;/p&gt;" for text in PARAGRAPHS)


def serve_content(world: World) -> None:
    """The feed now brings the text of /a, too."""
    body = world.web.answers["/feed.xml"].body.decode()
    body = body.replace("<rss ", "<rss xmlns:content='http://purl.org/rss/1.0/modules/content/' ")
    body = body.replace("<guid>/a</guid>", f"<guid>/a</guid><content:encoded>{CONTENT}</content:encoded>")
    world.web.answers["/feed.xml"] = Answer(body.encode(), content_type="application/rss+xml")


@pytest.mark.parametrize("answer", [Answer(status=404), Answer(status=403), Answer(status=410)])
def test_text_of_the_feed_replaces_a_page_that_cannot_be_fetched(world: World, answer: Answer) -> None:
    serve_content(world)
    world.web.answers["/a"] = answer
    counts = world.ingest().counts
    assert (counts["article_captured"], counts["capture_failed"], counts["article_extracted"]) == (2, 1, 2)
    (captured,) = world.rows("select * from ledger.article_captured where via = 'feed'")
    assert (captured["status"], captured["warc_type"]) == (answer.status, "resource")
    page = read_page(
        archive_storage(world.settings),
        Location(captured["warc_file"], captured["warc_offset"], captured["warc_length"]),
    )
    assert PARAGRAPHS[0].encode() in page.body
    (article,) = world.rows(f"select headline, text from ledger.article_extracted where url = '{world.web.base}/a'")
    assert article["headline"] == "Ferry adrift"
    assert PARAGRAPHS[0] in article["text"]
    assert world.ingest().counts == {"feed_polled": 1}, "it is not captured again and again"


def test_fetched_page_is_not_replaced_by_the_text_of_the_feed(world: World) -> None:
    serve_content(world)
    world.ingest()
    world.web.answers["/a"] = Answer(status=404)
    world.web.answers["/feed.xml"] = Answer(
        world.web.answers["/feed.xml"].body.replace(b"Ferry adrift", b"Ferry saved"),
        content_type="application/rss+xml",
    )
    counts = world.ingest().counts
    assert counts["capture_failed"] == 1
    assert "article_captured" not in counts


def test_a_temporary_failure_does_not_fall_back_to_the_feeds_text(world: World) -> None:
    serve_content(world)
    world.web.answers["/a"] = Answer(status=500)
    assert world.ingest().counts["article_captured"] == 1
    assert world.rows("select will_retry from ledger.capture_failed") == [{"will_retry": True}]


def test_pages_not_captured_within_the_lookback_expire(world: World) -> None:
    world.web.answers["/a"] = Answer(status=500)
    world.collect()
    world.ahead += 8 * DAY
    world.web.feed("/feed.xml", ("/b", "Harbour reopened"))
    assert world.collect().counts["capture_failed"] == 1
    (failure,) = world.rows("select * from ledger.capture_failed where reason = 'expired'")
    assert failure["article_id"] == str(world.id("/a"))
    assert not failure["will_retry"]
    assert "capture_failed" not in world.collect().counts, "once"


def test_a_flood_of_items_is_fetched_by_several_runs(world: World) -> None:
    world.settings = world.settings.model_copy(update={"pages_per_source": 2})
    world.web.feed("/feed.xml", *((path, path) for path in ("/a", "/b", "/c", "/d", "/e")))
    for path in ("/c", "/d", "/e"):
        world.web.page(path, path, *PARAGRAPHS)
    results = [world.collect() for _ in range(4)]
    assert [result.counts.get("article_captured", 0) for result in results] == [2, 2, 1, 0]
    assert [result.notices for result in results] == [
        (f"source {world.source.id}: pages left to the next runs: 3",),
        (f"source {world.source.id}: pages left to the next runs: 1",),
        (),
        (),
    ]


def test_an_expired_item_that_changes_is_tried_again(world: World) -> None:
    world.web.answers["/a"] = Answer(status=500)
    world.collect()
    world.ahead += 8 * DAY
    world.collect()
    world.web.page("/a", "Ferry saved", *PARAGRAPHS)
    world.web.feed("/feed.xml", ("/a", "Ferry saved"))
    assert world.collect().counts["article_captured"] == 1


def test_a_host_that_asks_for_time_gets_it_and_its_pages_stay_pending(world: World) -> None:
    for path in "abcdef":
        world.web.answers[f"/{path}"] = Answer(status=429, headers={"Retry-After": "7200"})
    world.web.feed("/feed.xml", *((f"/{path}", f"Story {path}") for path in "abcdef"))
    result = world.collect()
    assert len(result.notices) == 1
    assert world.source.id in result.notices[0]
    refused = result.counts["capture_failed"]
    assert 1 <= refused <= 4, "those under way at the same time"
    with world.stores() as stores:
        waiting = pending_pages(stores.ledger, lookback(world.settings, stores.now()), [world.source.id])
    assert len(waiting) == 6
    asked = sum(world.web.asked[f"/{path}"] for path in "abcdef")
    world.ahead += DAY / 24
    world.collect()
    assert sum(world.web.asked[f"/{path}"] for path in "abcdef") == asked, "an hour later"
    world.ahead += DAY / 12
    for path in "abcdef":
        world.web.page(f"/{path}", f"Story {path}", *PARAGRAPHS)
    assert world.collect().counts["article_captured"] == 6


def test_an_interrupted_run_records_what_it_has_fetched(world: World) -> None:
    links = [(f"/{n}", f"Story {n}") for n in range(40)]
    world.web.feed("/feed.xml", *links)
    for path, title in links:
        world.web.page(path, title, *PARAGRAPHS)

    def interrupt(tick: Progress) -> None:
        if tick.step == "capture" and tick.done == 10:
            raise KeyboardInterrupt

    with pytest.raises((KeyboardInterrupt, asyncio.CancelledError)), world.stores(interrupt) as stores:
        collect(stores, [world.source])
    recorded = len(world.rows("select 1 from ledger.article_captured"))
    assert 9 <= recorded < 40
    assert world.collect().counts["article_captured"] == 40 - recorded
    with world.stores() as stores:
        assert verify(stores.ledger).findings == ()


def test_a_busy_host_does_not_keep_the_pages_of_others_waiting(world: World) -> None:
    """Nor do they wait for it in the next batch: it has more pages than go into one."""
    busy = world.web.base.replace("127.0.0.1", "busy.localhost")
    world.settings = world.settings.model_copy(update={"allow_hosts": ("127.0.0.1", ".localhost")})
    links = [(f"{busy}/{n}", f"Story {n}") for n in range(BATCH_PAGES + 20)]
    for n in range(BATCH_PAGES + 20):
        world.web.answers[f"/{n}"] = Answer(status=429, headers={"Retry-After": "86400"})
    world.web.feed("/feed.xml", *links, ("/a", "Ferry adrift"), ("/b", "Harbour reopened"))
    result = world.collect()
    assert result.count("article_captured") == 2
    assert ["busy.localhost" in notice for notice in result.notices] == [True]


def test_a_host_that_gives_no_turn_is_left_to_the_next_run(world: World) -> None:
    """The pages of a further batch do not wait for it too."""
    world.web.feed("/feed.xml", *((f"/{n}", f"Story {n}") for n in range(BATCH_PAGES + 20)))

    async def poll(stores: Stores) -> StepResult:
        async with polite_client(world.settings, [world.source], stores.now) as client:
            return await poll_source(stores, client, world.source, Which.CURRENT)

    async def capture(stores: Stores) -> StepResult:
        async with Client(
            allow_hosts=world.settings.allow_hosts,
            limits=Limits(1),
            contact="",
            now=stores.now,
            hosts=world.settings.host_folder,
            patience=Patience(queue=0.2),
        ) as client:
            return await capture_source(stores, client, world.source, lookback(world.settings, stores.now()))

    with world.stores() as stores:
        assert asyncio.run(poll(stores)).count("item_discovered") == BATCH_PAGES + 20
    asked = world.web.asked.total()
    occupied = HostFile(world.settings.host_folder, "127.0.0.1", CONNECTIONS).take_all_slots()
    assert occupied is not None
    with occupied, world.stores() as stores:
        result = asyncio.run(capture(stores))
        assert len(stores.asked_for) == BATCH_PAGES
    assert (result.counts, world.web.asked.total()) == ({}, asked)
    assert ["no turn within" in notice for notice in result.notices] == [True]


def test_the_same_item_in_another_feed_is_no_reason_to_fetch_a_page_again(world: World) -> None:
    world.collect()
    world.web.feed("/other.xml", ("/a", "Ferry adrift"), ("/b", "Harbour reopened"))
    feeds = (*world.source.feeds, f"{world.web.base}/other.xml")
    both = msgspec.structs.replace(world.source, feeds=feeds)
    twin = msgspec.structs.replace(world.source, id="twin", feeds=feeds[1:])
    for sources in ([both], [both, twin]):
        with world.stores() as stores:
            counts = collect(stores, sources).counts
        assert counts["item_discovered"] == 2
        assert "article_captured" not in counts
    assert world.web.asked["/a"] == world.web.asked["/b"] == 1


def test_an_article_of_two_sources_is_fetched_once(world: World) -> None:
    world.web.feed("/other.xml", ("/a", "Ferry adrift"), ("/b", "Harbour reopened"))
    twin = msgspec.structs.replace(world.source, id="twin", feeds=(f"{world.web.base}/other.xml",))
    for _ in range(2):
        with world.stores() as stores:
            collect(stores, [world.source, twin])
    assert world.web.asked["/a"] == world.web.asked["/b"] == 1


def test_the_pages_of_a_source_that_was_removed_are_given_up(world: World) -> None:
    world.web.answers["/a"] = Answer(status=500)
    world.collect()
    other = msgspec.structs.replace(world.source, id="other")
    world.ahead += 8 * DAY
    with world.stores() as stores:
        assert expire_removed(stores, [world.source]).counts == {}
        assert expire_removed(stores, [other]).counts == {"capture_failed": 1}
        assert expire_removed(stores, [other]).counts == {}
    assert world.rows("select reason, source_id from ledger.capture_failed order by position desc limit 1") == [
        {"reason": "expired", "source_id": world.source.id}
    ]


def test_a_page_waits_as_long_as_its_hosts_robots_txt_asks_for(world: World) -> None:
    with WebServer() as other:
        other.answers["/robots.txt"] = Answer(status=503, headers={"Retry-After": "7200"})
        other.base = other.base.replace("127.0.0.1", "localhost")
        world.settings = world.settings.model_copy(update={"allow_hosts": ("127.0.0.1", "localhost")})
        world.web.feed("/feed.xml", (f"{other.base}/c", "Elsewhere"))
        world.collect()
    (failure,) = world.rows("select reason, retry_at, occurred_at, will_retry from ledger.capture_failed")
    assert (failure["reason"], failure["will_retry"]) == ("robots_unavailable", True)
    assert failure["retry_at"] - failure["occurred_at"] > timedelta(hours=1.9)
