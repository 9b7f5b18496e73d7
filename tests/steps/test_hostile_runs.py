"""Hostility over time: servers that never answer, answer out of turn, ask for time, lie, or point at others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from pipeline.collect.http.client import ALLOWED_HOST_REQUESTS_PER_SECOND
from pipeline.collect.http.hosts import CONNECTIONS, RETRY_AFTER_MAX
from pipeline.events import ArticleCaptured, CaptureFailed, FeedPolled
from pipeline.ledger.log import utc_now
from pipeline.steps.feed_state import UNCONDITIONAL_EVERY
from pipeline.steps.run.progress import Progress
from tests.worlds.hostile import Act, Document, always, answer, article, head, refusing, rss, rss_item
from tests.worlds.street import Street, street

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
PATIENCE_SECONDS = 20.0
POISON = answer(article("Poison"))


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Street]:
    with street(tmp_path, request_timeout_seconds=PATIENCE_SECONDS, read_timeout_seconds=PATIENCE_SECONDS) as made:
        yield made
        made.assert_good_is_complete()
        assert made.verify().findings == ()


def assert_not_reached(street: Street) -> None:
    """The only event of the only site says that its robots.txt could not be asked for."""
    (site,) = street.sites.values()
    record = street.record(site)
    poll = record.poll()
    assert (poll.outcome, poll.reason, poll.status) == ("failed", "connection", None)
    assert (poll.detail or "").startswith(f"{site.base}/robots.txt")
    assert record.counts == (1, 0, 0, 0)
    assert site.requests == []


def test_nobody_listens(opened: Street) -> None:
    opened.site("evil", "/feed.xml")
    opened.hostile.close()
    opened.meet()
    assert_not_reached(opened)


def test_a_reset_right_after_accept(tmp_path: Path) -> None:
    with street(tmp_path, always(Act.RESET)) as opened:
        opened.site("evil", "/feed.xml")
        opened.meet()
        assert_not_reached(opened)
        opened.assert_good_is_complete()


def test_an_answer_before_any_request_is_ignored(tmp_path: Path) -> None:
    with street(tmp_path, always(POISON)) as opened:
        site = opened.site("evil", "/feed.xml")
        site.feed("/feed.xml", "/page")
        opened.meet()
        assert opened.record(site).of(ArticleCaptured) == []
        opened.assert_good_is_complete()


def test_a_surplus_answer_is_ignored(opened: Street) -> None:
    """It comes between the poll and the capture, on a connection that is kept for the next request."""
    polled, sent = threading.Event(), threading.Event()

    def way(document: Document) -> Iterator[bytes]:
        yield answer(document)
        polled.wait(PATIENCE_SECONDS)
        try:
            yield POISON
        finally:
            sent.set()

    def on_progress(progress: Progress) -> None:
        if (progress.step, progress.source_id, progress.done) == ("poll", "evil", progress.total):
            polled.set()
            sent.wait(PATIENCE_SECONDS)

    site = opened.site("evil", "/feed.xml")
    site.feed("/feed.xml", "/page", way=way)
    site.page("/page")
    opened.meet(on_progress)
    assert opened.archived(opened.record(site).capture("/page")) == article("/page").body


def test_cookies_are_not_sent_back(opened: Street) -> None:
    def way(document: Document) -> Iterator[bytes]:
        yield answer(document, "Set-Cookie: reader=42; Path=/", "Set-Cookie: all=1; Domain=localhost; Path=/")

    site = opened.site("evil", "/feed.xml")
    site.serve("/robots.txt", Document(b"User-agent: *\nAllow: /\n", "text/plain"), way)
    site.feed("/feed.xml", "/page", way=way)
    site.page("/page", way)
    for _ in range(2):
        opened.meet()
    assert site.asked == {"/robots.txt": 1, "/feed.xml": 2, "/page": 1}
    assert not any("cookie" in request.headers for request in site.requests)
    assert not any("Cookie" in headers for headers in opened.good.request_headers.values())


def test_slow_hosts_do_not_hold_up_a_quick_one(tmp_path: Path) -> None:
    """They take every connection that they may have, and answer when the quick one is done."""
    done = threading.Event()

    def way(document: Document) -> Iterator[bytes | Act]:
        yield answer(document) if done.wait(PATIENCE_SECONDS) else Act.CLOSE

    def on_progress(progress: Progress) -> None:
        if (progress.step, progress.source_id, progress.done) == ("capture", "good", progress.total):
            done.set()

    feeds = [f"/{number}.xml" for number in range(CONNECTIONS)]
    with street(tmp_path, request_timeout_seconds=5, read_timeout_seconds=5) as opened:
        sites = [opened.site(f"slow {number}", *feeds) for number in range(20)]
        for site in sites:
            for path in feeds:
                site.feed(path, way=way)
        opened.meet(on_progress)
        for site in sites:
            assert [poll.outcome for poll in opened.record(site).of(FeedPolled)] == ["ok"] * CONNECTIONS
            assert [site.asked[path] for path in feeds] == [1] * CONNECTIONS, "no first try had to be given up"
        assert max(each.position for each in opened.good_record().recorded) < min(
            each.position for site in sites for each in opened.record(site).recorded
        )
        opened.assert_good_is_complete()


WAITS: dict[str, tuple[str, timedelta | None]] = {
    "429 for seconds": ("7200", 2 * HOUR),
    "503 for seconds": ("7200", 2 * HOUR),
    "429 until a date": ("DATE", 3 * HOUR),
    "503 until a date": ("DATE", 3 * HOUR),
    "429 for ever": ("1" + "0" * 30, RETRY_AFTER_MAX),
    "429 for a time that is none": ("soon", None),
    "503 for less than no time": ("-5", None),
    "429 without a word": ("", None),
}
"""Retry-After, and how long it asks us to wait."""


def test_a_host_that_asks_for_time_is_given_it(opened: Street) -> None:
    date = utc_now().replace(microsecond=0) + 3 * HOUR
    for name, (value, _) in WAITS.items():
        retry_after = f"Retry-After: {value.replace('DATE', format_datetime(date, usegmt=True))}"
        site = opened.site(name, "/feed.xml")
        site.feed("/feed.xml", "/page", way=refusing(f"{name[:3]} Busy", retry_after))
        site.page("/page")

    opened.meet()
    for name, (_, wait) in WAITS.items():
        poll = opened.record(opened.sites[name]).poll()
        assert (poll.outcome, poll.reason, poll.status) == ("failed", f"http_{name[0]}xx", int(name[:3]))
        assert opened.sites[name].asked["/feed.xml"] == (2 if wait is None else 1)
        assert_waits(poll.retry_at, None if wait is None else poll.occurred_at + wait)
    assert opened.record(opened.sites["429 until a date"]).poll().retry_at == date

    opened.meet()
    for name, (_, wait) in WAITS.items():
        poll = opened.record(opened.sites[name]).poll()
        if wait is not None:
            assert (poll.outcome, poll.reason, poll.status) == ("put_off", "asked_to_wait", None)
            assert_waits(poll.retry_at, poll.occurred_at + wait)
            assert opened.sites[name].asked == {"/robots.txt": 1, "/feed.xml": 1}, "nothing more was asked"

    opened.ahead += RETRY_AFTER_MAX + HOUR
    for site in opened.sites.values():
        site.feed("/feed.xml", "/page")
    opened.meet()
    for site in opened.sites.values():
        assert opened.record(site).poll().outcome == "ok"
        assert opened.record(site).capture("/page").status == 200


def assert_waits(retry_at: datetime | None, expected: datetime | None) -> None:
    """To the minute."""
    assert (retry_at is None) == (expected is None)
    if retry_at is not None and expected is not None:
        assert abs(retry_at - expected) < timedelta(minutes=1)


def test_pages_of_an_overloaded_host_wait_for_it(opened: Street) -> None:
    site = opened.site("evil", "/feed.xml")
    pages = [f"/{number}" for number in range(12)]
    site.feed("/feed.xml", *pages)
    for path in pages:
        site.page(path, refusing("429 Too Many Requests", "Retry-After: 3600"))

    (notice,) = opened.meet().notices
    assert notice.startswith("source evil: evil.localhost: no request for another")
    failures = opened.record(site).of(CaptureFailed)
    assert {(failure.reason, failure.status, failure.will_retry) for failure in failures} == {("http_4xx", 429, True)}
    for failure in failures:
        assert_waits(failure.retry_at, failure.occurred_at + HOUR)
    refused = sum(site.asked[path] for path in pages)
    assert len(failures) == refused <= CONNECTIONS, "the others wait without having been asked for"

    opened.meet()
    assert sum(site.asked[path] for path in pages) == refused

    opened.ahead += 2 * HOUR
    for path in pages:
        site.page(path)
    opened.meet()
    assert all(opened.record(site).capture(path).status == 200 for path in pages)


def test_a_host_that_is_always_busy_is_asked_ever_more_slowly(opened: Street) -> None:
    """And nobody else is."""
    site = opened.site("evil", "/feed.xml")
    pages = [f"/{number}" for number in range(4)]
    site.feed("/feed.xml", *pages)
    for path in pages:
        site.page(path, refusing("503 Service Unavailable"))
    opened.meet()
    record = opened.record(site)
    assert [(failure.reason, failure.will_retry, failure.retry_at) for failure in record.of(CaptureFailed)] == [
        ("http_5xx", True, None)
    ] * len(pages)
    assert [site.asked[path] for path in pages] == [2] * len(pages)
    last, before = site.requests[-1].at, site.requests[-2].at
    assert last - before > 16 / ALLOWED_HOST_REQUESTS_PER_SECOND
    assert max(each.position for each in opened.good_record().recorded) < record.recorded[-1].position


def test_a_server_that_always_says_unchanged_is_not_believed(opened: Street) -> None:
    site = opened.site("evil", "/feed.xml")
    site.feed("/feed.xml", "/page", way=lambda document: [answer(document, 'ETag: "1"')])
    site.page("/page")
    opened.meet()
    site.feed("/feed.xml", "/page", "/news", way=always(head('ETag: "1"', status="304 Not Modified")))
    for _ in range(UNCONDITIONAL_EVERY):
        opened.meet()
    polls = opened.record(site).of(FeedPolled)
    assert [poll.outcome for poll in polls] == ["ok", *["not_modified"] * (UNCONDITIONAL_EVERY - 1), "failed"]
    assert (polls[-1].conditional, polls[-1].reason, polls[-1].status) == (False, "http_3xx", 304)


def test_a_feed_of_anothers_pages_takes_nothing_from_it(opened: Street) -> None:
    """They are captured for the feed that named them; the other source's own events are what they would be."""
    good = opened.good
    good.page("/unlisted", "An old story")
    site = opened.site("evil", "/feed.xml")
    site.serve("/feed.xml", rss(rss_item(f"{good.base}/unlisted")))
    opened.meet()
    (capture,) = opened.record(site).of(ArticleCaptured)
    assert (capture.url, capture.source_id) == (f"{good.base}/unlisted", "evil")
    assert good.asked.pop("/unlisted") == 1  # nothing else is asked of it but its own
