"""recover and replay: missing articles of a past day are found and fetched once, with where they came from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.archive.archive import read_page
from pipeline.archive.storage import Location, archive_storage
from pipeline.interval import Interval
from pipeline.steps.backfill.backfill import assess, assess_history
from tests.worlds.loopback import Answer
from tests.worlds.news_files import NewsFileServer
from tests.worlds.outlet import DAY, EVENING, MORNING, NOON, RSS, Outlet, fates, outlet, page
from tests.worlds.web_archive import Odd

pytestmark = pytest.mark.slow


# Sitemaps


def test_articles_that_left_the_feed_are_found_in_sitemaps_and_fetched_live(past: Outlet) -> None:
    past.publish("/ferry-held-back", MORNING)
    past.publish("/ferry-leaves-at-last", EVENING)
    past.publish("/the-day-after", DAY.end + timedelta(hours=3))
    past.collect()
    numbers = past.backfill()
    assert fates(numbers) == {"found": 2, "recovered": 2}
    assert past.captures() == {"/ferry-held-back": "live", "/ferry-leaves-at-last": "live"}
    items = past.rows(
        """
        select item.via, item.occurred_at, item.feed_url, read.url, read.via as read_via, read.new_items
        from ledger.item_discovered as item
        join ledger.history_read as read on item.caused_by = read.event_id
        order by item.occurred_at
        """
    )
    sitemap = f"{past.site.base}/sitemaps/2026-03-14.xml"
    assert [tuple(item.values()) for item in items] == [
        ("sitemap", MORNING, sitemap, sitemap, "sitemap", 2),
        ("sitemap", EVENING, sitemap, sitemap, "sitemap", 2),
    ]
    chain = past.rows(
        """
        select extraction.published_at, quote.person
        from ledger.quote_extracted as quote
        join ledger.article_extracted as extraction on quote.caused_by = extraction.event_id
        join ledger.article_captured as capture on extraction.caused_by = capture.event_id
        join ledger.item_discovered as item on capture.caused_by = item.event_id
        where quote.text like 'We will not sail%'
        order by 1
        """
    )
    assert [tuple(row.values()) for row in chain] == [(MORNING, "Ida Holm"), (EVENING, "Ida Holm")]


def test_an_article_with_two_addresses_counts_once(past: Outlet) -> None:
    past.publish("/ferry-held-back", MORNING)
    past.site.answers["/ferry-held-back?c=letter"] = past.site.answers["/ferry-held-back"]
    past.put_in_sitemap("/ferry-held-back?c=letter", MORNING)
    past.collect()
    assert fates(past.backfill()) == {"found": 1, "recovered": 1}
    assert len(past.rows("select * from ledger.addresses_joined")) == 1
    assert fates(past.backfill()) == {"known": 1, "unchanged": 1}
    with past.stores() as stores:
        assert [each.known for each in assess(stores, [past.source], DAY)] == [1]


def test_a_sitemap_that_was_read_is_archived(past: Outlet) -> None:
    past.publish("/ferry-held-back", MORNING)
    past.backfill()
    reads = past.rows("select url, warc_file, warc_offset, warc_length from ledger.history_read where via = 'sitemap'")
    assert len(reads) == 2
    for read in reads:
        archived = read_page(archive_storage(past.settings), Location(*list(read.values())[1:]))
        assert archived.body == past.site.answers[read["url"].removeprefix(past.site.base)].body


def test_a_second_run_does_nothing_and_a_later_one_only_what_is_missing(past: Outlet) -> None:
    past.publish("/ferry-held-back", MORNING)
    past.backfill()
    asked = past.pages_asked()
    assert fates(past.backfill()) == {"known": 1, "unchanged": 1}
    past.publish("/ferry-leaves-at-last", EVENING)
    assert fates(past.backfill()) == {"known": 1, "unchanged": 1}, "the history is asked once a day"
    assert past.pages_asked() == asked
    past.later(days=1, minutes=1)
    assert fates(past.backfill()) == {"known": 1, "found": 1, "recovered": 1, "unchanged": 1}
    assert past.rows(
        "select count(*) as items, count(distinct article_id) as articles from ledger.item_discovered"
    ) == [{"items": 2, "articles": 2}]
    assert past.verify().findings == ()


def test_an_article_known_from_another_document_is_not_found_again(past: Outlet) -> None:
    past.publish("/from-the-feed", MORNING)
    past.site.feed("/feed.xml", ("/from-the-feed?utm_source=rss", "Ferry"))  # dated 2 March
    past.collect()
    assert fates(past.backfill()) == {}
    assert len(past.rows("select 1 from ledger.item_discovered")) == 1


# To which day an article belongs


def test_an_article_seen_later_counts_for_its_day_of_publication(past: Outlet) -> None:
    past.site.feed("/feed.xml", ("/seen-in-june", "Ferry"))
    past.site.page("/seen-in-june", "Ferry", "It was late.")
    past.collect()
    march_2 = Interval(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
    today = Interval(past.now - timedelta(hours=1), past.now + timedelta(hours=1))
    assert past.backfill(march_2).known == 1
    assert past.backfill(today).known == 0


def test_an_undated_article_counts_for_the_day_it_was_seen(past: Outlet) -> None:
    body = f"<rss version='2.0'><channel><item><link>{past.site.base}/undated</link></item></channel></rss>"
    past.site.answers["/feed.xml"] = Answer(body.encode(), content_type=RSS)
    past.collect()
    today = Interval(past.now - timedelta(hours=1), past.now + timedelta(hours=1))
    assert past.backfill(today).known == 1
    assert past.backfill().known == 0


# Pages


def test_a_known_article_without_a_capture_is_recovered(past: Outlet) -> None:
    past.site.feed("/feed.xml", ("/known", "Ferry"))
    past.site.answers["/known"] = Answer(b"later", 503)
    past.collect()
    past.later(days=9)
    past.site.feed("/feed.xml")
    past.collect()
    assert [reason for _, reason, _ in past.failures()] == ["http_5xx", "expired"]
    past.site.page("/known", "Ferry", "It sails again, and everybody on the quay is glad of it at last.")
    march_2 = Interval(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
    assert fates(past.backfill(march_2)) == {"known": 1, "recovered": 1}


def test_a_page_that_is_gone_is_taken_from_the_web_archive(past: Outlet) -> None:
    past.put_in_sitemap("/ferry-held-back", MORNING)
    head = (
        f'<meta property="article:published_time" content="{MORNING.isoformat()}">'
        f'<meta property="article:modified_time" content="{(NOON + timedelta(days=30)).isoformat()}">'
    )
    past.keep("/ferry-held-back", NOON, head)
    past.keep("/ferry-held-back", NOON + timedelta(days=60))
    assert fates(past.backfill()) == {"found": 1, "recovered": 1}
    assert past.captures() == {"/ferry-held-back": "wayback"}
    (row,) = past.rows(
        """
        select
            capture.captured_at, capture.final_url, capture.warc_file, capture.warc_offset, capture.warc_length,
            extraction.url, extraction.published_at, extraction.modified_at
        from ledger.article_captured as capture
        join ledger.article_extracted as extraction on extraction.caused_by = capture.event_id
        """
    )
    assert row["captured_at"] == NOON
    assert row["final_url"] == row["url"] == f"{past.site.base}/ferry-held-back"
    assert (row["published_at"], row["modified_at"]) == (MORNING, None), "nothing is dated after the capture"
    archived = read_page(
        archive_storage(past.settings), Location(row["warc_file"], row["warc_offset"], row["warc_length"])
    )
    assert archived.url == f"{past.archive.base}/web/20260314120000id_/{past.site.base}/ferry-held-back"
    assert archived.body == page("/ferry-held-back", head).encode()


GONE = {
    "410": Answer(status=410),
    "404": Answer(status=404),
    "leads to the front page": Answer(status=301, headers={"Location": "/"}),
}


def test_what_counts_as_gone(past: Outlet) -> None:
    past.site.page("/", "Ferry Post")
    stories = {f"/ferry-held-back-{number}": answer for number, answer in enumerate(GONE.values())}
    for story, answer in stories.items():
        past.put_in_sitemap(story, MORNING)
        past.site.answers[story] = answer
        past.keep(story, NOON)
    assert past.backfill().recovered == len(GONE)
    assert past.captures() == dict.fromkeys(stories, "wayback")


NOT_GONE = {
    "/secret/story": (Answer(), "robots"),
    "/refused": (Answer(status=403), "http_4xx"),
    "/a-file": (Answer(b"%PDF", content_type="application/pdf"), "not_html"),
    "/down-for-now": (Answer(status=500), "http_5xx"),
    "/needs-a-login": (Answer(status=302, headers={"Location": "/login"}), "wall_login"),
}
"""How a page answers that is not gone, and the recorded reason. The last two are tried again."""


def test_what_is_not_gone_is_not_taken_from_an_archive(past: Outlet) -> None:
    past.site.page("/login", "Log in to go on")
    for path, (answer, _) in NOT_GONE.items():
        past.put_in_sitemap(path, MORNING)
        past.site.answers[path] = answer
        past.keep(path, NOON)
    assert fates(past.backfill()) == {"found": 5, "lost": 3, "waiting": 2}
    assert {path: reason for path, reason, _ in past.failures()} == {
        path: reason for path, (_, reason) in NOT_GONE.items()
    }
    assert past.rows("select url from ledger.capture_failed where will_retry order by url") == [
        {"url": f"{past.site.base}/{name}"} for name in ("down-for-now", "needs-a-login")
    ]
    assert past.captures() == {}


def test_a_page_that_exists_nowhere_is_lost_and_asked_for_again_after_a_day(past: Outlet) -> None:
    past.put_in_sitemap("/ferry-held-back", MORNING)
    assert fates(past.backfill()) == {"found": 1, "lost": 1}
    assert past.failures() == [("/ferry-held-back", "http_4xx", 1), ("/ferry-held-back", "not_archived", 2)]
    url = f"{past.site.base}/ferry-held-back"
    assert fates(past.backfill()) == {"known": 1, "lost": 1}
    assert (past.site.asked["/ferry-held-back"], past.archive.asked[f"index {url}"]) == (1, 1)
    past.later(days=1, minutes=1)
    past.keep("/ferry-held-back", NOON)
    assert fates(past.backfill()) == {"known": 1, "recovered": 1}
    assert (past.site.asked["/ferry-held-back"], past.archive.asked[f"index {url}"]) == (2, 2)


ODD = (Odd(status=429, headers={"Retry-After": "900"}), Odd(status=503), Odd(b"<html>blocked</html>"), Odd(b"[["))


def test_an_archive_that_cannot_be_asked_leaves_the_page_to_the_next_run(past: Outlet) -> None:
    past.put_in_sitemap("/ferry-held-back", MORNING)
    past.keep("/ferry-held-back", NOON)
    url = f"{past.site.base}/ferry-held-back"
    for number, odd in enumerate(ODD):
        past.archive.odd_index[url] = [odd, odd]
        asked = past.archive.asked[f"index {url}"]
        assert fates(past.backfill()) == {"known" if number else "found": 1, "waiting": 1}, odd
        assert "the web archive could not be asked" in " ".join(past.notices), odd
        assert past.archive.asked[f"index {url}"] > asked, odd
        past.later(hours=8)
    past.archive.odd_index.clear()
    assert fates(past.backfill()) == {"known": 1, "recovered": 1}


def test_a_capture_that_cannot_be_replayed_is_not_the_only_one(past: Outlet) -> None:
    past.put_in_sitemap("/ferry-held-back", MORNING)
    url = f"{past.site.base}/ferry-held-back"
    past.keep("/ferry-held-back", NOON)
    past.keep("/ferry-held-back", EVENING)
    past.archive.odd_replays[url] = [Odd(status=404)]
    assert past.backfill().recovered == 1
    assert past.rows("select captured_at from ledger.article_captured") == [{"captured_at": EVENING}]


# The web archive's feeds and front pages


def test_articles_in_no_sitemap_are_found_in_archived_feeds_and_front_pages(past: Outlet) -> None:
    base = past.site.base
    item = f"<item><link>{base}/only-in-the-feed</link><pubDate>Sat, 14 Mar 2026 08:00:00 GMT</pubDate></item>"
    feed = f"<rss version='2.0'><channel><title>Ferry Post</title>{item}</channel></rss>"
    past.archive.keep(f"{base}/feed.xml", NOON, feed, content_type=RSS)
    past.archive.keep(f"{base}/", MORNING, "<a href='/nothing'>Nothing</a>")
    past.archive.keep(f"{base}/", NOON, "<html><a href='/ferry-is-held-back'>Ferry is held back</a></html>")
    past.publish("/only-in-the-feed", MORNING, listed=False)
    past.keep("/ferry-is-held-back", EVENING)
    assert fates(past.backfill()) == {"found": 2, "recovered": 2}
    assert past.captures() == {"/only-in-the-feed": "live", "/ferry-is-held-back": "wayback"}
    items = past.rows("select via, occurred_at, published_at, feed_url, title from ledger.item_discovered order by 2")
    assert [tuple(each.values()) for each in items] == [
        ("wayback", MORNING + timedelta(hours=1), MORNING + timedelta(hours=1),
         f"{past.archive.base}/web/20260314120000id_/{base}/feed.xml", None),
        ("wayback", NOON, None, f"{past.archive.base}/web/20260314120000id_/{base}/", "Ferry is held back"),
    ]  # fmt: skip


def test_sections_are_searched_too_and_only_once(past: Outlet) -> None:
    base = past.site.base
    links = (
        "<a href='/sport/'>S</a><a href='/sport/one-two-three-four'>1</a><a href='/sport/five-six-seven-eight'>2</a>"
    )
    past.archive.keep(f"{base}/", NOON, f"<html>{links}</html>")
    past.archive.keep(f"{base}/sport/", MORNING, "<html><a href='/sport/'>Sport</a></html>")
    inner = "<a href='/sport/ball/'>B</a><a href='/sport/ball/a-b-c-d'>1</a><a href='/sport/ball/e-f-g-h'>2</a>"
    past.archive.keep(f"{base}/sport/", NOON, f"<html>{inner}</html>")
    assert fates(past.backfill()) == {"found": 2, "lost": 2}
    reads = past.rows("select url, reason, new_items from ledger.history_read where via = 'wayback'")
    assert {(row["url"].removeprefix(base), row["reason"], row["new_items"]) for row in reads} == {
        ("/feed.xml", None, 0),
        ("/", None, 0),
        ("/sport/", None, 2),
    }
    queries = len(past.archive.queries)
    past.backfill()
    assert len(past.archive.queries) == queries


def test_an_unanswered_query_of_the_history_is_recorded_and_repeated(past: Outlet) -> None:
    feed = f"{past.site.base}/feed.xml"
    past.archive.odd_index[feed] = [Odd(b"<html>502</html>")]
    past.backfill()
    reads = past.rows("select via, url, reason from ledger.history_read order by position")
    assert {"via": "wayback", "url": feed, "reason": "broken_index"} in reads
    past.backfill()
    assert past.archive.asked[f"index {feed}"] == 2
    assert past.archive.asked[f"index {past.site.base}/"] == 1
    past.backfill()
    assert past.archive.asked[f"index {feed}"] == 2


def test_no_public_archive_is_asked_about_local_hosts(tmp_path: Path) -> None:
    with outlet(tmp_path, wayback_url="http://archive.invalid", cc_news_url="http://news.invalid") as past:
        past.put_in_sitemap("/ferry-held-back", MORNING)
        assert fates(past.backfill()) == {"found": 1, "lost": 1}
        assert {row["via"] for row in past.rows("select via from ledger.history_read")} == {"sitemap"}
        assert past.notices == ()


# CC-NEWS


def test_news_files_are_read_only_where_they_are_wanted(past: Outlet, news: NewsFileServer) -> None:
    past.backfill()
    assert not news.asked


# What there is to do


def test_a_dry_run_tells_what_there_is_to_do_and_does_nothing(past: Outlet) -> None:
    past.publish("/ferry-held-back", MORNING)
    past.put_in_sitemap("/ferry-taken-down", NOON)
    past.backfill()
    past.later(days=2)
    past.publish("/found-since-then", EVENING)
    asked, events = past.pages_asked(), past.verify().events
    with past.stores() as stores:
        (by_ledger,) = assess(stores, [past.source], DAY)
        searched = assess_history(stores, [past.source], DAY, [past.source])
        (next_day,) = assess(stores, [past.source], Interval(DAY.end, DAY.end + timedelta(days=1)))
    assert (by_ledger.known, by_ledger.recoverable, by_ledger.replayable, by_ledger.lost) == (2, 1, 0, 1)
    (by_history,) = searched.assessments
    assert (by_history.known, by_history.recoverable, by_history.replayable, by_history.lost) == (2, 2, 0, 1)
    assert (searched.notices, searched.answers.unanswered) == ((), 0)
    assert searched.answers.asked > 0
    assert (next_day.known, next_day.recoverable) == (0, 0)
    assert (past.pages_asked(), past.verify().events) == (asked, events)
