"""recover, CC-NEWS: what a source's pages in news files come to, and what of it a later run has still to do."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.interval import Interval
from pipeline.steps.backfill.recover import recover
from pipeline.steps.run.progress import Progress
from tests.worlds.loopback import Answer
from tests.worlds.news_files import NewsFileServer, file_path, warc_record, warcinfo
from tests.worlds.outlet import DAY, MORNING, NOON, Outlet, fates, outlet, page

pytestmark = pytest.mark.slow

NEXT_DAY = Interval(DAY.end, DAY.end + timedelta(days=1))
AFTER_MIDNIGHT = DAY.end + timedelta(minutes=18)


@pytest.fixture
def past(tmp_path: Path, news: NewsFileServer) -> Iterator[Outlet]:
    with outlet(tmp_path, cc_news_url=news.base, wayback_url="") as made:
        yield made


def record(past: Outlet, path: str) -> bytes:
    return warc_record(past.site.base + path, NOON, page(path).encode())


def reads(past: Outlet) -> list[tuple[str | None, int]]:
    rows = past.rows("select reason, new_items from ledger.history_read where via = 'cc_news' order by position")
    return [(row["reason"], row["new_items"]) for row in rows]


def test_another_site_s_junk_costs_nothing(past: Outlet, news: NewsFileServer) -> None:
    junk = warc_record("http://[junk/of-another-site", NOON)
    no_port = warc_record(f"{past.site.base}0000/story-of-the-day", NOON)
    stories = [record(past, path) for path in ("/first-story-of-day", "/second-story-of-day")]
    news.files[file_path(MORNING)] = b"".join([warcinfo(), stories[0], junk, no_port, stories[1]])
    assert past.backfill().recovered == 2
    assert past.captures() == {"/first-story-of-day": "cc_news", "/second-story-of-day": "cc_news"}
    assert past.notices == ()
    assert reads(past) == [("partial", 2), (None, 0)]


def test_an_article_crawled_the_next_day_counts_for_its_day(past: Outlet, news: NewsFileServer) -> None:
    url = f"{past.site.base}/2026/03/14/late"
    early, late = file_path(MORNING), file_path(AFTER_MIDNIGHT - timedelta(minutes=5))
    news.files[early] = warcinfo()
    news.files[late] = b"".join(
        [
            warcinfo(),
            warc_record(url, AFTER_MIDNIGHT),
            warc_record(f"{past.site.base}/an-undated-story-1", AFTER_MIDNIGHT),
        ]
    )
    assert past.backfill(NEXT_DAY).recovered == 1
    assert past.captures() == {"/an-undated-story-1": "cc_news"}
    assert past.backfill().recovered == 1
    assert past.captures() == {"/an-undated-story-1": "cc_news", "/2026/03/14/late": "cc_news"}
    assert news.asked[late] == 1, "a file is streamed once for all days"
    past.later(days=2)
    assert past.backfill(NEXT_DAY).known == 1


def test_the_next_day_s_files_come_last(tmp_path: Path, news: NewsFileServer) -> None:
    hours = (1, 20, 25, 47, 49)
    files = [file_path(DAY.start + timedelta(hours=each)) for each in hours]
    news.files = dict.fromkeys(files, warcinfo())
    with outlet(tmp_path, cc_news_url=news.base, wayback_url="", cc_news_files=2) as past:
        past.backfill()
        assert {path for path in files if news.asked[path]} == set(files[:2])
        past.backfill()
        assert {path for path in files if news.asked[path]} == set(files[:4])
        past.backfill()
        assert past.notices == ()
        assert news.asked[files[4]] == 0, "crawled more than a day after the interval"


def test_a_file_that_stays_incomplete_is_reported_each_time(past: Outlet, news: NewsFileServer) -> None:
    path = file_path(MORNING)
    news.files[path] = record(past, "/first-story-of-day") + b"\x1f\x8bjunk"
    for _ in range(2):
        past.backfill()
        (notice,) = past.notices
        assert path in notice
    assert reads(past) == [("incomplete", 1), ("incomplete", 0)]


def test_unreadable_file_is_reported(past: Outlet, news: NewsFileServer) -> None:
    news.lists["crawl-data/CC-NEWS/2026/03"] = file_path(MORNING).encode()
    past.backfill()
    (notice,) = past.notices
    assert "answers 404" in notice
    assert reads(past) == [("http_4xx", 0)]


def test_an_unreadable_list_of_files_is_reported(past: Outlet, news: NewsFileServer) -> None:
    news.lists["crawl-data/CC-NEWS/2026/03"] = gzip.compress(b"crawl-data")[:-3]
    past.backfill()
    assert "warc.paths.gz" in past.notices[0]
    assert reads(past) == [("broken_index", 0)]


def test_the_first_of_several_captures_is_taken(past: Outlet, news: NewsFileServer) -> None:
    url = f"{past.site.base}/first-story-of-day"
    captures = [warc_record(f"{url}{query}", NOON, f"<p>{query}</p>".encode()) for query in ("?utm_source=a", "", "#b")]
    news.files[file_path(MORNING)] = b"".join(captures)
    assert past.backfill().recovered == 1
    (capture,) = past.rows("select final_url, bytes from ledger.article_captured")
    assert tuple(capture.values()) == (f"{url}?utm_source=a", 20)


def test_interrupted_run_is_resumed(past: Outlet, news: NewsFileServer) -> None:
    """It has recorded what a file names, and has asked the site for the page in vain."""
    path = file_path(MORNING)
    news.files[path] = record(past, "/first-story-of-day")

    def interrupt(tick: Progress) -> None:
        if tick.step == "recover":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), past.stores(interrupt) as stores:
        recover(stores, [past.source], DAY, [past.source])
    assert past.captures() == {}
    assert reads(past) == [("partial", 1)]
    assert past.backfill().recovered == 1
    assert news.asked[path] == 1
    assert reads(past) == [("partial", 1), ("partial", 0), (None, 0)]


def test_a_page_of_a_site_in_trouble_is_taken_when_it_turns_out_to_be_gone(past: Outlet, news: NewsFileServer) -> None:
    path = file_path(MORNING)
    news.files[path] = record(past, "/first-story-of-day")
    past.site.answers["/first-story-of-day"] = Answer(status=500)
    assert past.backfill().waiting == 1
    del past.site.answers["/first-story-of-day"]
    past.later(days=1, minutes=1)
    assert past.backfill().recovered == 1
    assert past.captures() == {"/first-story-of-day": "cc_news"}
    assert news.asked[path] == 1


def test_pages_in_news_files_are_found_and_taken_where_they_are_gone(past: Outlet, news: NewsFileServer) -> None:
    base, path = past.site.base, file_path(MORNING)
    past.publish("/ferry-still-there-today", MORNING, listed=False)
    past.put_in_sitemap("/known-and-gone-for-good", MORNING)
    names = ("/ferry-still-there-today", "/ferry-gone-from-the-site", "/known-and-gone-for-good", "/impressum")
    records = [warc_record(base + name, NOON, page(name).encode()) for name in names]
    news.files[path] = b"".join([warcinfo(), *records, warc_record("https://x.example/a-b-c-d", NOON)])
    assert fates(past.backfill()) == {"found": 3, "recovered": 3}
    assert past.captures() == {
        "/ferry-still-there-today": "live",
        "/ferry-gone-from-the-site": "cc_news",
        "/known-and-gone-for-good": "cc_news",
    }
    (gone,) = past.rows(
        "select occurred_at, via, feed_url from ledger.item_discovered where url like '%gone-from-the-site'"
    )
    assert tuple(gone.values()) == (NOON, "cc_news", f"{news.base}/{path}")
    (capture,) = past.rows(
        "select captured_at, warc_type, final_url from ledger.article_captured where url like '%gone-from-the-site'"
    )
    assert tuple(capture.values()) == (NOON, "resource", f"{base}/ferry-gone-from-the-site")
    past.later(days=9)
    assert fates(past.backfill()) == {"known": 3, "unchanged": 3}
    assert news.asked[path] == 1


def test_a_news_file_that_breaks_off_is_recorded_and_read_again(past: Outlet, news: NewsFileServer) -> None:
    path = file_path(MORNING)
    record = warc_record(f"{past.site.base}/ferry-is-held-back", NOON, page("/x").encode())
    news.files[path] = record + b"\x1f\x8bjunk"
    assert past.backfill().recovered == 1
    (read,) = past.rows("select reason, entries, new_items from ledger.history_read where via = 'cc_news'")
    assert tuple(read.values()) == ("incomplete", 1, 1)
    news.files[path] = record
    past.backfill()
    assert news.asked[path] == 2
    assert len(past.rows("select 1 from ledger.article_captured")) == 1


def test_a_run_reads_a_limited_number_of_news_files(tmp_path: Path, news: NewsFileServer) -> None:
    with outlet(tmp_path, cc_news_url=news.base, wayback_url="", cc_news_files=2) as past:
        for hours in range(5):
            news.files[file_path(DAY.start + timedelta(hours=hours))] = warcinfo()
        past.backfill()
        assert "3 of 5 CC-NEWS files are left to the next run" in " ".join(past.notices)
        past.backfill()
        past.backfill()
        assert {count for path, count in news.asked.items() if path in news.files} == {1}
        assert past.notices == ()
