"""Collecting: what a run records of feeds and pages that change, fail, move and come back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from pipeline import models
from pipeline.collect.http.client import Client, Limits
from pipeline.events import ArticleCaptured
from pipeline.ledger import Run
from pipeline.ledger.rows import from_table
from pipeline.sources import Source
from pipeline.steps.collect import collect
from pipeline.steps.feed_state import Which, failed_polls
from pipeline.steps.poll import poll_source
from pipeline.steps.run.stores import Stores
from pipeline.steps.run.visits import limits
from tests.worlds.loopback import Answer, WebServer
from tests.worlds.world import PARAGRAPHS, World

pytestmark = pytest.mark.slow


async def poll_only(stores: Stores, source: Source) -> None:
    async with Client(
        allow_hosts=("127.0.0.1",), limits=Limits(50), contact="", now=stores.now, hosts=stores.settings.host_folder
    ) as client:
        await poll_source(stores, client, source, Which.CURRENT)


def test_polls_say_what_happened(world: World) -> None:
    world.web.feed("/feed.xml", ("/a", "Ferry adrift"), etag='"1"')
    world.collect()
    world.collect()
    world.web.feed("/feed.xml", ("/b", "Harbour reopened"), ("/a", "Ferry adrift"), etag='"2"')
    world.collect()
    world.web.feed("/feed.xml", ("/c", "Quiet night"), etag='"3"')
    world.collect()
    polls = world.rows("select outcome, status, items, new_items, overlap from ledger.feed_polled order by position")
    assert [tuple(poll.values()) for poll in polls] == [
        ("ok", 200, 1, 1, None),
        ("not_modified", 304, None, None, None),
        ("ok", 200, 2, 1, True),
        ("ok", 200, 1, 1, False),
    ]


FAILURES: dict[str, tuple[Answer, str, str]] = {
    "404": (Answer(status=404), "failed", "http_4xx"),
    "410": (Answer(status=410), "gone", "gone"),
    "500": (Answer(status=500), "failed", "http_5xx"),
    "a page instead of a feed": (Answer(b"<html><body>Moved</body></html>"), "failed", "not_a_feed"),
    "a private redirect": (Answer(status=302, headers={"Location": "http://10.0.0.1/"}), "blocked", "blocked_address"),
}


def test_an_unreadable_feed_is_a_recorded_poll(world: World) -> None:
    feeds = {f"{world.web.base}/{number}.xml": case for number, case in enumerate(FAILURES.values())}
    world.web.answers |= {f"/{number}.xml": answer for number, (answer, _, _) in enumerate(FAILURES.values())}
    world.source = msgspec.structs.replace(world.source, feeds=tuple(feeds))
    world.collect()
    polls = world.rows("select feed_url, outcome, reason, run_id from ledger.feed_polled")
    assert {poll["feed_url"]: (poll["outcome"], poll["reason"]) for poll in polls} == {
        url: (outcome, reason) for url, (_, outcome, reason) in feeds.items()
    }
    with world.stores() as stores:
        count, failures = failed_polls(stores.ledger, Run(polls[0]["run_id"]))
    assert (count, len(failures)) == (len(FAILURES), len(FAILURES))


PAGE_FAILURES: dict[str, tuple[Answer, str, bool]] = {
    "404": (Answer(status=404), "http_4xx", False),
    "410": (Answer(status=410), "gone", False),
    "429": (Answer(status=429), "http_4xx", True),
    "500": (Answer(status=500), "http_5xx", True),
    "a PDF": (Answer(b"%PDF-1.4", content_type="application/pdf"), "not_html", False),
    "nothing": (Answer(b""), "no_body", True),
    "a broken body": (Answer(b"\x1f\x8b nonsense", headers={"Content-Encoding": "gzip"}), "bad_encoding", True),
    "a private redirect": (Answer(status=302, headers={"Location": "http://10.0.0.1/"}), "blocked_address", False),
    "a page that says there is none": (Answer(b"<h1>Seite nicht gefunden</h1>"), "soft_404", False),
    "the front page": (Answer(status=302, headers={"Location": "/"}), "to_front_page", False),
    "a login": (Answer(status=302, headers={"Location": "/login"}), "to_wall", True),
}


def test_an_unfetchable_page_is_recorded_and_the_others_are_captured(world: World) -> None:
    failing = {f"/{number}": case for number, case in enumerate(PAGE_FAILURES.values())}
    world.web.feed("/feed.xml", *((path, f"Story {path}") for path in ("/a", "/b", *failing)))
    for path in ("/", "/login"):
        world.web.page(path, "Not the ferry", *PARAGRAPHS)
    world.web.answers |= {path: answer for path, (answer, _, _) in failing.items()}
    assert world.collect().counts["article_captured"] == 2
    failures = world.rows("select article_id, reason, will_retry, attempt from ledger.capture_failed")
    assert {row["article_id"]: (row["reason"], row["will_retry"], row["attempt"]) for row in failures} == {
        str(world.id(path)): (reason, will_retry, 1) for path, (_, reason, will_retry) in failing.items()
    }
    assert world.collect().counts == {"feed_polled": 1}, "a retry is made when it is due, not at once"


def test_a_page_forbidden_by_robots_is_recorded(world: World) -> None:
    world.web.answers["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /a\n")
    world.collect()
    (failure,) = world.rows("select reason, will_retry from ledger.capture_failed")
    assert failure == {"reason": "robots", "will_retry": False}
    assert world.web.asked["/a"] == 0


def test_failed_pages_are_tried_again_when_due_until_for_good(world: World) -> None:
    world.web.answers["/a"] = Answer(status=500)
    for hours in (0, 0.3, 1.5, 6, 23):
        world.ahead = timedelta(hours=hours)
        world.collect()
    world.ahead = timedelta(hours=100)
    world.collect()
    tries = world.rows("select attempt, will_retry from ledger.capture_failed order by position")
    assert [tuple(one.values()) for one in tries] == [(1, True), (2, True), (3, True), (4, True), (5, False)]


def test_a_page_that_comes_back_is_captured(world: World) -> None:
    world.web.answers["/a"], page = Answer(status=500), world.web.answers["/a"]
    world.collect()
    world.web.answers["/a"] = page
    world.ahead = timedelta(hours=1)
    assert world.collect().counts["article_captured"] == 1


def test_a_changed_item_has_its_page_captured_again(world: World) -> None:
    world.ingest()
    world.web.feed("/feed.xml", ("/a", "Ferry safe"), ("/b", "Harbour reopened"))
    world.web.page("/a", "Ferry safe", *PARAGRAPHS)
    result = world.ingest()
    assert (
        result.counts["item_discovered"] == result.counts["article_captured"] == result.counts["article_extracted"] == 1
    )
    headlines = world.rows(
        f"select headline from ledger.article_extracted where article_id = '{world.id('/a')}' order by position"
    )
    assert [row["headline"] for row in headlines] == ["Ferry adrift", "Ferry safe"]


def test_an_item_that_changes_back_is_seen(world: World) -> None:
    for title in ("Ferry adrift", "Ferry safe", "Ferry adrift", "Ferry safe"):
        world.web.feed("/feed.xml", ("/a", title))
        world.web.page("/a", title, *PARAGRAPHS)
        world.collect()
    titles = world.rows("select title from ledger.item_discovered order by position")
    assert [row["title"] for row in titles] == ["Ferry adrift", "Ferry safe", "Ferry adrift", "Ferry safe"]
    captures = world.rows("select warc_type from ledger.article_captured order by position")
    assert [row["warc_type"] for row in captures] == ["response", "response", "revisit", "revisit"]


def test_an_item_that_changes_while_its_page_is_captured_is_captured_again(world: World) -> None:
    world.collect()
    world.web.feed("/feed.xml", ("/a", "Ferry safe"), ("/b", "Harbour reopened"))
    with world.stores() as slow, world.stores() as quick:
        query = f"from ledger.article_captured where article_id = '{world.id('/a')}'"
        (before,) = from_table(ArticleCaptured, slow.ledger.table(query))
        asyncio.run(poll_only(quick, world.source))
        late = msgspec.structs.replace(before.event, payload_digest="sha256:late", occurred_at=slow.now())
        slow.ledger.append([late], slow.run)  # fetched before the change, appended after it
    world.web.page("/a", "Ferry safe", *PARAGRAPHS)
    with world.stores() as stores:
        assert collect(stores, [world.source]).count("article_captured") == 1


@pytest.mark.ducklake
def test_a_guid_shared_by_several_pages_gives_no_new_items_at_every_poll(world: World) -> None:
    body = world.web.answers["/feed.xml"].body.replace(b"<guid>/a</guid>", b"<guid>same</guid>")
    world.web.answers["/feed.xml"] = Answer(
        body.replace(b"<guid>/b</guid>", b"<guid>same</guid>"), content_type="application/rss+xml"
    )
    assert world.collect().counts["item_discovered"] == 2
    assert world.collect().counts == {"feed_polled": 1}
    assert models.build(world.settings).tests > 0
    (poll, _) = world.rows("select warnings from ledger.feed_polled order by position")
    assert poll["warnings"] == ["guid_reused"]


def test_a_feed_with_the_same_bytes_is_a_revisit(world: World) -> None:
    for _ in range(3):
        world.collect()
    polls = world.rows("select warc_type from ledger.feed_polled order by position")
    assert [poll["warc_type"] for poll in polls] == ["response", "revisit", "revisit"]


def test_a_redirected_feed_is_asked_conditionally(world: World) -> None:
    world.web.feed("/new.xml", ("/a", "Ferry adrift"), etag='"1"')
    world.web.answers["/feed.xml"] = Answer(status=301, headers={"Location": "/new.xml"})
    world.collect()
    world.collect()
    polls = world.rows("select outcome, status from ledger.feed_polled order by position")
    assert [tuple(poll.values()) for poll in polls] == [("moved", 200), ("not_modified", 304)]


def test_a_page_with_a_hostile_redirect_does_not_touch_the_others(world: World) -> None:
    world.web.answers["/a"] = Answer(status=302, headers={"Location": "http://[oops/"})
    result = world.collect()
    assert result.problems == ()
    assert result.counts["article_captured"] == 1
    assert [row["reason"] for row in world.rows("select reason from ledger.capture_failed")] == ["bad_redirect"]


def test_one_article_under_two_addresses_is_captured_once(world: World) -> None:
    world.web.feed("/feed.xml", ("/a?utm_source=feed", "Ferry adrift"), ("/a?at_medium=push", "Ferry adrift"))
    world.web.answers["/a?utm_source=feed"] = world.web.answers["/a?at_medium=push"] = world.web.answers["/a"]
    result = world.collect()
    assert result.counts["item_discovered"] == 2
    assert result.counts["article_captured"] == 1


def test_what_one_source_sends_does_not_touch_the_others(world: World, tmp_path: Path) -> None:
    with WebServer() as gone:
        dead = gone.base
    broken = Source(id="dead", name="Dead", language="en", country="GB", homepage=dead, feeds=(f"{dead}/feed",))
    with world.stores() as stores:
        result = collect(stores, [broken, world.source])
    assert result.counts == {"source_described": 2, "feed_polled": 2, "item_discovered": 2, "article_captured": 2}


def test_a_source_is_described_once_and_again_when_its_entry_has_changed(world: World) -> None:
    world.collect()
    assert "source_described" not in world.collect().counts
    first = world.source
    for world.source in (msgspec.structs.replace(first, name="The Other Post"), first):
        assert world.collect().counts["source_described"] == 1, "also when it becomes what it was"
    rows = world.rows("select name, country, feeds, supersedes from ledger.source_described order by position")
    assert [row["name"] for row in rows] == [first.name, "The Other Post", first.name]
    assert [row["supersedes"] is None for row in rows] == [True, False, False]
    assert (rows[0]["country"], rows[0]["feeds"]) == (first.country, list(first.feeds))


def test_a_hosts_limit_is_the_least_that_a_source_sets_however_it_spells_the_host(world: World) -> None:
    def source(name: str, host: str, requests_per_second: float) -> Source:
        page = f"https://{host}/"
        return msgspec.structs.replace(
            world.source, id=name, homepage=page, feeds=(page,), requests_per_second=requests_per_second
        )

    found = limits(
        world.settings,
        [source("a", "Müller.example", 0.1), source("b", "xn--mller-kva.example", 5), source("c", "x.example.", 1)],
    )
    assert found.by_host == {"xn--mller-kva.example": 0.1, "x.example": 1}
