"""Polling over time: feeds that move, go or lie about what is new, sitemaps, and when the next poll is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
import pytest

from pipeline.steps.feed_state import CONSISTENT_MOVES, UNCONDITIONAL_EVERY, Which, due_sources
from tests.steps.polls import DAY, HOUR, feed, now, polls
from tests.worlds.loopback import Answer
from tests.worlds.world import World

pytestmark = pytest.mark.slow


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
