"""The pages of a past day: asked for again when they may be back, and taken from an archive only if it is they."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from pipeline.interval import Interval
from pipeline.ledger import Run
from pipeline.ledger.log import utc_now
from pipeline.steps.backfill.backfill import Wanted, assess, backfill, numbers_of_run
from pipeline.steps.backfill.history_state import articles_of_interval, is_gone
from tests.worlds.loopback import Answer
from tests.worlds.outlet import DAY, EVENING, MORNING, NOON, STORY, Outlet, fates, page
from tests.worlds.web_archive import Odd

pytestmark = pytest.mark.slow

MARCH_2 = Interval(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))


# Asked again


def test_pages_missed_in_an_outage_are_recovered_when_the_site_is_back(past: Outlet) -> None:
    """They have no date, and only the feed says that their headline is not the message of a wall."""
    title, lost = "Access denied: harbour shut", "/harbour-48214"
    past.site.feed("/feed.xml", (STORY, title), (lost, title))
    past.site.answers |= {STORY: Answer(status=500), lost: Answer(status=500)}
    for _ in range(6):
        past.collect()
        past.later(hours=17)
    failures = [(path, "http_5xx", attempt) for attempt in range(1, 6) for path in (STORY, lost)]
    assert sorted(past.failures()) == sorted(failures), "then it is for good"
    past.site.page(STORY, title, "More soon.")
    past.site.answers[lost] = Answer(status=404)
    past.archive.keep(past.site.base + lost, MARCH_2.start + timedelta(hours=12), f"<h1>{title}</h1><p>Soon.</p>")
    assert fates(past.backfill(MARCH_2)) == {"known": 2, "recovered": 2}
    assert past.captures() == {STORY: "live", lost: "wayback"}


def test_a_site_that_stays_down_is_asked_once_a_run_and_its_page_lost_in_the_end(past: Outlet) -> None:
    past.put_in_sitemap(STORY, MORNING)
    past.site.answers[STORY] = Answer(status=500)
    for attempt in range(1, 7):
        numbers = past.backfill()
        assert (numbers.waiting, numbers.lost) == ((1, 0) if attempt < 5 else (0, 1))
        assert past.site.asked[STORY] == attempt
    with past.stores() as stores:
        (assessed,) = assess(stores, [past.source], DAY)
    assert (assessed.recoverable, assessed.lost) == (1, 1)


MISSED = {
    "404": Answer(status=404),
    "leads to the front page": Answer(status=302, headers={"Location": "/"}),
    "refused": Answer(status=403),
    "a file": Answer(b"%PDF", content_type="application/pdf"),
}


def test_a_page_that_is_back_is_fetched_again_a_day_later(past: Outlet) -> None:
    stories = {f"{STORY}-{number}": answer for number, answer in enumerate(MISSED.values())}
    count = len(stories)
    past.site.page("/", "Ferry Post")
    for story, answer in stories.items():
        past.put_in_sitemap(story, MORNING)
        past.site.answers[story] = answer
    assert fates(past.backfill()) == {"found": count, "lost": count}
    for story in stories:
        past.publish(story, MORNING, listed=False)
    assert fates(past.backfill()) == {"known": count, "lost": count}
    assert {past.site.asked[story] for story in stories} == {1}
    past.later(days=1, minutes=1)
    assert fates(past.backfill(recover=False)) == {"known": count, "waiting": count}
    assert fates(past.backfill()) == {"known": count, "recovered": count}
    assert past.captures() == dict.fromkeys(stories, "live")


def test_a_page_that_robots_txt_no_longer_forbids_is_recovered(past: Outlet) -> None:
    past.put_in_sitemap("/secret/story", MORNING)
    assert fates(past.backfill()) == {"found": 1, "lost": 1}
    past.publish("/secret/story", MORNING, listed=False)
    past.site.answers["/robots.txt"] = Answer(b"User-agent: *\n", content_type="text/plain")
    past.later(days=1, minutes=1)
    assert fates(past.backfill()) == {"known": 1, "recovered": 1}


def test_a_gone_page_that_is_forbidden_now_is_not_taken_from_an_archive(past: Outlet) -> None:
    past.put_in_sitemap(STORY, MORNING)
    past.backfill()
    past.later(days=2)
    past.site.answers["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /\n", content_type="text/plain")
    assert fates(past.backfill()) == {"known": 1, "lost": 1}
    past.keep(STORY, NOON)
    assert fates(past.backfill()) == {"known": 1, "lost": 1}
    assert past.captures() == {}


def test_a_host_that_asks_for_time_is_not_asked(past: Outlet) -> None:
    past.put_in_sitemap(STORY, MORNING)
    past.backfill()
    past.later(days=2)
    past.site.answers[STORY] = Answer(status=429, headers={"Retry-After": "7200"})
    assert fates(past.backfill()) == {"known": 1, "waiting": 1}
    asked = past.site.asked.total()
    past.publish(STORY, MORNING, listed=False)
    past.later(hours=1)
    assert fates(past.backfill()) == {"known": 1, "waiting": 1}
    assert past.site.asked.total() == asked
    past.later(hours=2)
    assert fates(past.backfill()) == {"known": 1, "recovered": 1}


def test_the_daily_run_continues_the_attempts_of_a_backfill(past: Outlet) -> None:
    past.site.feed("/feed.xml", (STORY, "Ferry"))
    past.site.answers[STORY] = Answer(status=500)
    past.collect()
    assert fates(past.backfill(MARCH_2)) == {"known": 1, "waiting": 1}
    past.later(hours=5)
    past.collect()
    assert past.failures() == [(STORY, "http_5xx", attempt) for attempt in (1, 2, 3)]
    past.publish(STORY, MORNING, listed=False)
    past.later(hours=17)
    past.collect()
    assert past.captures() == {STORY: "live"}
    assert past.verify().findings == ()


# What is no capture of the page


LEADS_TO = {
    "the front page": ("BASE/", False),
    "a section": ("BASE/harbour/", False),
    "another site": ("http://elsewhere.example/ferry-is-held-back-today", False),
    "what is no address": ("http://[elsewhere/ferry-is-held-back-today", False),
    "its address with a slash": ("BASEPATH/", True),
    "its address with another scheme": ("https:PATH", True),
    "its new address": ("BASE/harbour/ferry-is-held-back-today", True),
}
"""Where an archive's redirect leads, and whether what it leads to is taken for the page."""


def test_an_archive_s_redirects_are_trusted_no_more_than_the_site_s(past: Outlet) -> None:
    base, expected = past.site.base, {}
    for number, (name, (target, is_taken)) in enumerate(LEADS_TO.items()):
        story = f"/{number}{STORY}"
        url = target.replace("https:PATH", base.replace("http:", "https:") + story)
        url = url.replace("BASEPATH", base + story).replace("BASE", base)
        past.put_in_sitemap(story, MORNING)
        past.keep(story, NOON)
        past.keep(story, EVENING)
        past.archive.keep(url, NOON, page(story))
        redirect = Odd(status=302, headers={"Location": f"/web/20260314120000id_/{url}"})
        past.archive.odd_replays[base + story] = [redirect]
        expected[base + story] = (name, url, NOON) if is_taken else (name, base + story, EVENING)
    assert fates(past.backfill()) == {"found": len(LEADS_TO), "recovered": len(LEADS_TO)}
    for row in past.rows("select url, final_url, captured_at from ledger.article_captured"):
        name, *taken = expected.pop(row["url"])
        assert [row["final_url"], row["captured_at"]] == taken, name
    assert expected == {}


def test_a_page_that_redirects_to_an_offer_is_not_captured(past: Outlet) -> None:
    path = "/politics/ferry-held-back-for-hours"
    offer = f"/offers/checkout?ref={path}"
    past.put_in_sitemap(path, MORNING)
    past.site.answers[path] = Answer(status=302, headers={"Location": offer})
    past.site.page(offer, "Read on for a coin")
    assert fates(past.backfill()) == {"found": 1, "waiting": 1}
    assert past.failures() == [(path, "to_wall", 1)]


@pytest.mark.parametrize("new", ["/politics/", "/sport/team-wins-the-cup-again-48214"])
def test_a_page_that_leads_elsewhere_on_its_site_is_gone(past: Outlet, new: str) -> None:
    path = "/politics/ferry-held-back-for-hours"
    past.put_in_sitemap(path, MORNING)
    past.keep(path, NOON)
    past.site.answers[path] = Answer(status=302, headers={"Location": new})
    past.site.page(new, "Something else")
    assert past.backfill().recovered == 1
    assert past.captures() == {path: "wayback"}
    ((_, reason, _),) = past.failures()
    assert reason == ("to_other_page" if new == "/politics/" else "to_other_article")


def test_a_page_that_says_not_found_is_gone_also_in_an_archive(past: Outlet) -> None:
    nothing = "<title>Ferry Post – Seite nicht gefunden</title><p>Die Seite ist leider nicht mehr verfügbar.</p>"
    for path in (STORY, "/ferry-leaves-at-last"):
        past.put_in_sitemap(path, MORNING)
        past.site.answers[path] = Answer(nothing.encode())
        past.archive.keep(past.site.base + path, NOON, nothing)
    past.keep(STORY, EVENING)
    assert fates(past.backfill()) == {"found": 2, "recovered": 1, "lost": 1}
    assert past.captures() == {STORY: "wayback"}
    assert {reason for _, reason, _ in past.failures()} == {"soft_404", "not_archived"}


def test_a_page_with_a_short_address_is_fetched_where_the_address_leads(past: Outlet) -> None:
    path, new = "/p/xk7", "/politics/ferry-held-back-for-hours-48213"
    past.put_in_sitemap(path, MORNING)
    past.site.answers[path] = Answer(status=301, headers={"Location": new})
    past.site.page(new, "Ferry held back for hours")
    assert past.backfill().recovered == 1


def test_a_page_of_two_sources_is_asked_for_once(past: Outlet) -> None:
    paths = [f"/ferry-number-{number}-held-back" for number in range(8)]
    for path in paths:
        past.publish(path, MORNING)
    past.site.answers[paths[0]] = Answer(status=404)
    sources = [past.source, msgspec.structs.replace(past.source, id="ferry-sport")]
    with past.stores() as stores:
        backfill(stores, sources, DAY, sources, Wanted(), utc_now()).require_success()
        numbers = [fates(each) for each in numbers_of_run(stores.ledger, stores.run)]
    assert numbers == [{"found": 8, "recovered": 7, "lost": 1}] * 2
    assert [past.site.asked[path] for path in paths] == [1] * 8
    assert len(past.captures()) == 7


def test_a_host_without_an_answer_from_a_name_server_is_not_gone() -> None:
    assert is_gone("dns", None)
    assert not is_gone("dns_timeout", None)


# Whose day it is


def touched(past: Outlet) -> None:
    """An article of 2019 that a plain sitemap dates by when it was modified."""
    head = '<meta property="article:published_time" content="2019-05-05T05:05:05Z">'
    past.site.answers[STORY] = Answer(page(STORY, head).encode())
    past.put_in_sitemap(STORY, MORNING)


def test_an_old_article_that_was_modified_that_day_does_not_belong_to_it_once_extracted(past: Outlet) -> None:
    touched(past)
    past.publish("/ferry-leaves-at-last", EVENING)
    past.backfill()
    assert past.captures() == {STORY: "live", "/ferry-leaves-at-last": "live"}
    assert fates(past.backfill()) == {"known": 1, "unchanged": 1}
    past.later(days=2)
    assert fates(past.backfill()) == {"known": 1, "unchanged": 1}
    in_2019 = Interval(datetime(2019, 5, 5, tzinfo=UTC), datetime(2019, 5, 6, tzinfo=UTC))
    assert past.backfill(in_2019).known == 1


def test_an_article_counts_for_the_day_in_the_run_that_found_it(past: Outlet) -> None:
    touched(past)
    past.backfill()
    ids = [past.source.id]
    with past.stores() as stores:
        assert articles_of_interval(stores.ledger, DAY, ids) == []
        run = Run("run-1")
        (article,) = articles_of_interval(stores.ledger, DAY, ids, run)
    assert article.is_newly_found(run, article.known_since)
    assert article.is_newly_recovered(run, article.known_since)


def test_the_date_of_an_item_is_kept(past: Outlet) -> None:
    past.site.feed("/feed.xml", (STORY, "Ferry"))
    touched(past)
    past.collect()
    past.backfill(MARCH_2)
    assert fates(past.backfill(MARCH_2)) == {"known": 1, "unchanged": 1}


def test_recovered_pages_published_long_ago_are_not_revisited_like_new_ones(past: Outlet) -> None:
    past.publish(STORY, MORNING)
    past.site.page("/ferry-of-yesterday", "Ferry")
    past.put_in_sitemap("/ferry-of-yesterday", past.now - timedelta(days=1))
    past.backfill()
    today = past.now.replace(hour=0, minute=0, second=0, microsecond=0)
    assert past.backfill(Interval(today - timedelta(days=1), today)).recovered == 1
    past.later(days=3)
    past.collect()
    looks = past.rows("select url from ledger.article_revisited")
    assert [look["url"].removeprefix(past.site.base) for look in looks] == ["/ferry-of-yesterday"]
