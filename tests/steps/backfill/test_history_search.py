"""The search of a source's history by a run: what it records as it goes, what it says it could not do, and whom it
keeps waiting meanwhile."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp import web
from fastwarc.warc import ArchiveIterator, WarcRecordType

from pipeline.archive.archive import read_page
from pipeline.archive.storage import Location, archive_storage
from pipeline.interval import Interval
from pipeline.shared_locks import FileLocks
from pipeline.steps.backfill.history_search import days_of
from pipeline.steps.backfill.history_state import fresh_since
from pipeline.steps.run.host_locks import HostLocks
from tests.worlds.loopback import Answer
from tests.worlds.outlet import DAY, MORNING, Outlet, outlet, page
from tests.worlds.stored import stored_files
from tests.worlds.web_archive import WebArchiveServer, served

pytestmark = pytest.mark.slow

A_DAY = timedelta(days=1)
NEXT_DAY = Interval(DAY.end, DAY.end + A_DAY)
SITEMAPS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
WAIT_SECONDS = 20


class BusyArchive(WebArchiveServer):
    """Something happens before it answers a question about its index."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    async def index(self, request: web.Request) -> web.Response:
        answer = await super().index(request)
        await asyncio.to_thread(self._meanwhile)
        return answer


@contextmanager
def beside(folder: Path, archive: WebArchiveServer) -> Iterator[Outlet]:
    """An outlet beside this archive."""
    with served(archive.application()) as archive.base, outlet(folder, wayback_url=archive.base) as made:
        yield made


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Also where a shell runs the tests in the background, and has interrupts ignored."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)


def interrupt() -> None:
    """As Ctrl-C does."""
    ident = threading.main_thread().ident
    assert ident is not None
    signal.pthread_kill(ident, signal.SIGINT)


def name_sitemaps(past: Outlet, *paths: str) -> None:
    lines = "".join(f"Sitemap: {past.site.base}{path}\n" for path in paths)
    past.site.answers["/robots.txt"] = Answer(f"User-agent: *\n{lines}".encode(), content_type="text/plain")


def reads(past: Outlet, via: str = "sitemap") -> list[tuple[str, str | None]]:
    rows = past.rows(f"select url, reason from ledger.history_read where via = '{via}' order by position")
    return [(row["url"].removeprefix(past.site.base), row["reason"]) for row in rows]


# Interrupts


@pytest.mark.usefixtures("interruptible")
def test_interrupted_walk_through_sitemaps_is_resumed(past: Outlet) -> None:
    names = [f"/2026-03-14-{no}.xml" for no in range(5)]
    for no, name in enumerate(names):
        past.publish(f"/story-of-the-ferry-{no}", MORNING, listed=False)
        row = f"<url><loc>{past.site.base}/story-of-the-ferry-{no}</loc><lastmod>{MORNING.isoformat()}</lastmod></url>"
        past.site.answers[name] = Answer(f"<urlset {SITEMAPS}>{row}</urlset>".encode())
    rows = "".join(f"<sitemap><loc>{past.site.base}{name}</loc></sitemap>" for name in names)
    past.site.answers["/sitemap.xml"] = Answer(f"<sitemapindex {SITEMAPS}>{rows}</sitemapindex>".encode())
    name_sitemaps(past, "/sitemap.xml")
    over = threading.Event()

    def never(_: Mapping[str, str]) -> Answer:
        interrupt()
        over.wait(WAIT_SECONDS)
        return Answer(status=500)

    past.site.decides[names[3]] = never
    with pytest.raises(KeyboardInterrupt):
        past.backfill()
    over.set()
    assert reads(past) == [*((name, None) for name in names[:3]), ("/sitemap.xml", "partial")]
    assert len(past.rows("select 1 from ledger.item_discovered")) == 3
    assert records(past) == {(path, "response") for path in ("/sitemap.xml", *names[:3])}, "and nothing else"
    del past.site.decides[names[3]]
    assert past.backfill().recovered == 5
    assert [past.site.asked[name] for name in names] == [1, 1, 1, 2, 1]


@pytest.mark.usefixtures("interruptible")
def test_interrupted_search_of_an_archive_is_resumed(tmp_path: Path) -> None:
    """The search covers two days; the interrupt comes in the second."""
    over = threading.Event()

    def at_third_question() -> None:
        if len(archive.queries) == 3:
            interrupt()
            over.wait(WAIT_SECONDS)

    archive = BusyArchive(at_third_question)
    with beside(tmp_path, archive) as past:
        base = past.site.base
        item = f"<item><link>{base}/only-there</link><pubDate>Sat, 14 Mar 2026 08:00:00 GMT</pubDate></item>"
        feed = f"<rss version='2.0'><channel><title>Ferry Post</title>{item}</channel></rss>"
        archive.keep(f"{base}/feed.xml", MORNING + timedelta(hours=2), feed, content_type="application/rss+xml")
        archive.keep(f"{base}/only-there", MORNING, "<p>It was late.</p>")
        both = Interval(DAY.start, NEXT_DAY.end)
        with pytest.raises(KeyboardInterrupt):
            past.backfill(both)
        over.set()
        assert reads(past, "wayback") == [("/feed.xml", None), ("/", None)]
        replays = archive.asked[f"replay {base}/feed.xml"]
        assert past.backfill(both).recovered == 1
        assert (archive.asked[f"index {base}/feed.xml"], archive.asked[f"index {base}/"]) == (3, 2)
        assert archive.asked[f"replay {base}/feed.xml"] == replays + 1, (
            "for the second day, as what was there before it"
        )
        asked = len(archive.queries)
        past.backfill(NEXT_DAY)
        assert len(archive.queries) == asked, "what is known of a day is known whichever interval it is a part of"


# Other runs


def test_a_poll_does_not_wait_while_an_archive_is_asked(tmp_path: Path) -> None:
    polls: list[threading.Thread] = []

    def poll() -> None:
        if polls:
            return
        polls.append(threading.Thread(target=past.collect))
        polls[0].start()
        polls[0].join(WAIT_SECONDS)
        waited.append(polls[0].is_alive())

    waited: list[bool] = []
    archive = BusyArchive(poll)
    with beside(tmp_path, archive) as past:
        past.publish("/ferry-held-back", MORNING)
        past.site.feed("/feed.xml", ("/from-the-feed", "Ferry"))
        past.site.page("/from-the-feed", "Ferry", "It was late.")
        past.backfill()
        polls[0].join()
        assert waited == [False]
        assert past.captures().keys() == {"/ferry-held-back", "/from-the-feed"}


def backfill_twice_at_once(past: Outlet) -> None:
    with past.stores():
        pass
    runs = [threading.Thread(target=past.backfill) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()


def test_two_runs_at_once_ask_for_each_page_once(past: Outlet) -> None:
    paths = [f"/story-of-the-ferry-{no}" for no in range(12)]
    for path in paths:
        past.publish(path, MORNING)
    backfill_twice_at_once(past)
    assert [past.site.asked[path] for path in paths] == [1] * len(paths)
    assert past.site.asked["/sitemap.xml"] == 1


def test_two_runs_at_once_ask_an_archive_for_each_page_once(past: Outlet) -> None:
    paths = [f"/story-of-the-ferry-{no}" for no in range(12)]
    for path in paths:
        past.put_in_sitemap(path, MORNING)
        past.keep(path, MORNING)
    backfill_twice_at_once(past)
    assert [past.archive.asked[f"index {past.site.base}{path}"] for path in paths] == [1] * len(paths)
    assert past.captures() == dict.fromkeys(paths, "wayback")


def test_the_site_is_free_for_other_runs_while_an_archive_is_asked_for_pages(tmp_path: Path) -> None:
    questions: list[int] = []

    def visit() -> None:
        asyncio.run(visited())

    async def visited() -> None:
        async with HostLocks(FileLocks(ferry.settings.host_folder), longest_wait_seconds=0.1).of(ferry.source.hosts):
            questions.append(ferry.site.asked["/ferry-held-back"])

    archive = BusyArchive(visit)
    with beside(tmp_path, archive) as ferry:
        ferry.put_in_sitemap("/ferry-held-back", MORNING)
        archive.keep(f"{ferry.site.base}/ferry-held-back", MORNING, page("/ferry-held-back"))
        assert ferry.backfill().recovered == 1
    assert questions[-1] == 1, "after the page itself"


# What could not be asked


def test_unreadable_robots_txt_is_recorded_and_reported(past: Outlet) -> None:
    past.site.answers["/robots.txt"] = Answer(status=500)
    past.backfill()
    assert reads(past) == [("/robots.txt", "robots_unavailable")]
    assert past.notices == (
        f"source ferry: {past.site.base}/robots.txt: answers 500, so nothing may be fetched for now",
    )


def test_unreadable_sitemaps_are_recorded_and_reported(past: Outlet) -> None:
    row = f"<url><loc>{past.site.base}/secret/ferry</loc><lastmod>{MORNING.isoformat()}</lastmod></url>"
    past.site.answers["/cut.xml"] = Answer(f"<urlset {SITEMAPS}>{row}<url><loc>".encode())
    name_sitemaps(past, "/secret/sitemap.xml", "/cut.xml", *(f"/missing-{no}.xml" for no in range(7)))
    robots = past.site.answers["/robots.txt"]
    past.site.answers["/robots.txt"] = Answer(robots.body + b"Disallow: /secret/\n", content_type="text/plain")
    past.backfill()
    assert reads(past)[:2] == [("/secret/sitemap.xml", "robots"), ("/cut.xml", "partial")]
    said = [notice.removeprefix(f"source ferry: {past.site.base}") for notice in past.notices]
    assert said[:3] == ["/secret/sitemap.xml: forbidden by robots.txt", "/cut.xml: it is cut off",
                        "/missing-0.xml answers 404"]  # fmt: skip
    assert past.notices[5:] == ("source ferry: 4 more sitemaps could not be read, or not to their end",)


def test_a_truncated_index_is_recorded_and_reported(past: Outlet) -> None:
    past.archive.page_rows = 1
    feed = f"{past.site.base}/feed.xml"
    for no in range(9):
        past.archive.keep(feed, MORNING + timedelta(hours=no), f"<rss><channel><title>{no}</title></channel></rss>")
    past.backfill()
    assert ("/feed.xml", "partial") in reads(past, "wayback")
    (notice,) = past.notices
    assert f"the web archive: the index of {feed}" in notice


# Sitemaps that are asked for again


def records(past: Outlet) -> set[tuple[str, str]]:
    """Requested addresses of the sitemaps in the archive, and how they are kept."""
    kept = set()
    for name, content in stored_files(past.settings).items():
        if name.endswith(".warc.gz"):
            for record in ArchiveIterator(
                BytesIO(content), record_types=WarcRecordType.response | WarcRecordType.revisit
            ):
                url = (record.headers.get("WARC-Target-URI") or "").removeprefix(past.site.base)
                kept.add((url, record.headers.get("WARC-Type") or ""))
    return {each for each in kept if each[0].endswith(".xml")}


def test_a_sitemap_is_asked_for_once_for_many_days_and_stored_once(past: Outlet) -> None:
    first, second, third = (DAY.start + timedelta(days=no, hours=7) for no in range(3))
    for at in (first, second, third):
        past.publish(f"/ferry-of-day-{at.day}", at, listed=False)
    rows = "".join(
        f"<url><loc>{past.site.base}/ferry-of-day-{at.day}</loc><lastmod>{at.isoformat()}</lastmod></url>"
        for at in (first, second, third)
    )
    past.site.answers["/all.xml"] = Answer(f"<urlset {SITEMAPS}>{rows}</urlset>".encode())
    name_sitemaps(past, "/all.xml")
    assert past.backfill().recovered == 1
    assert past.backfill(NEXT_DAY).recovered == 1
    assert past.site.asked["/all.xml"] == 1
    assert records(past) == {("/all.xml", "response")}
    past.later(days=1, minutes=1)
    assert past.backfill(Interval(NEXT_DAY.end, NEXT_DAY.end + A_DAY)).recovered == 1
    assert past.site.asked["/all.xml"] == 2
    assert records(past) == {("/all.xml", "response"), ("/all.xml", "revisit")}
    locations = past.rows(
        "select distinct warc_file, warc_offset, warc_length from ledger.history_read where warc_file is not null"
    )
    (location,) = (Location(*row.values()) for row in locations)
    assert read_page(archive_storage(past.settings), location).body == past.site.answers["/all.xml"].body


def test_documents_read_before_the_end_of_the_interval_are_read_again() -> None:
    end = DAY.end
    assert fresh_since(DAY, end - timedelta(hours=1)) == end - timedelta(hours=25)
    assert fresh_since(DAY, end + timedelta(hours=1)) == end
    assert fresh_since(DAY, end + timedelta(days=9)) == end + timedelta(days=8)


def test_an_interval_is_cut_at_midnight() -> None:
    moments = [datetime(2026, 3, *at, tzinfo=UTC) for at in ((13, 22), (14, 0), (15, 0), (15, 6))]
    parts = [Interval(start, end) for start, end in pairwise(moments)]
    assert days_of(Interval(moments[0], moments[-1])) == parts
    assert days_of(DAY) == [DAY]
