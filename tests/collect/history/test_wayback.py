"""The index of a web archive and its raw replays, as documented and with errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from pipeline.collect.history import wayback
from pipeline.collect.history.documents import NotRead
from pipeline.collect.history.wayback import (
    ArchivedCapture,
    BrokenIndex,
    Memento,
    SeenMemento,
    WebArchive,
    is_of_its_time,
    read_index,
    read_stamp,
    see_memento,
)
from tests.collect.history.history_client import hour, open_client
from tests.worlds.web_archive import Odd, WebArchiveServer, web_archive

T = TypeVar("T")
URL = "https://bote.example/feed.xml"
HEADER = ["urlkey", "timestamp", "original", "digest"]
ROW = ["example,bote)/feed.xml", "20260314120000", URL, "ABC"]


@pytest.fixture
def archive() -> Iterator[WebArchiveServer]:
    with web_archive() as server:
        yield server


def ask(archive: WebArchiveServer, folder: Path, work: Callable[[WebArchive], Awaitable[T]]) -> T:
    async def run() -> T:
        async with open_client(folder) as client:
            return await work(WebArchive(client, f"{archive.base}/"))

    return asyncio.run(run())


def captures(archive: WebArchiveServer, folder: Path, *, html: bool = False) -> list[ArchivedCapture]:
    return ask(archive, folder, lambda own: own.captures(URL, since=hour(0), until=hour(24), html=html))


def failure(archive: WebArchiveServer, folder: Path) -> NotRead:
    with pytest.raises(NotRead) as caught:
        captures(archive, folder)
    return caught.value


# Pages of the index


def test_an_index_page() -> None:
    page = read_index(json.dumps([HEADER, ROW]).encode())
    assert page.captures == (ArchivedCapture(hour(12), URL, "ABC"),)
    assert page.resume_key is None
    assert page.captures[0].stamp == "20260314120000"


def test_the_resume_key_comes_after_an_empty_row() -> None:
    page = read_index(json.dumps([HEADER, ROW, [], ["example,bote)/ 20260314120001"]]).encode())
    assert len(page.captures) == 1
    assert page.resume_key == "example,bote)/ 20260314120001"


@pytest.mark.parametrize("body", [b"", b"\n", b"[]", b"[ ]\n", json.dumps([HEADER]).encode()])
def test_an_empty_answer_means_no_captures(body: bytes) -> None:
    assert read_index(body).captures == ()


BROKEN = {
    "an error page": b"<html><head><title>503 Service Unavailable</title></head></html>",
    "plain text": b"org.archive.util.io.RuntimeIOException: blocked site error",
    "cut off": json.dumps([HEADER, ROW, ROW]).encode()[:-9],
    "an object": b'{"error": "too many requests"}',
    "numbers": b"[[1, 2]]",
    "no header": json.dumps([ROW]).encode(),
    "not UTF-8": b'[["\xff"]]',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_other_answers_are_refused(body: bytes) -> None:
    with pytest.raises(BrokenIndex):
        read_index(body)


def test_invalid_rows_are_skipped() -> None:
    rows = [HEADER, ["short"], ROW, [None, None, None, None], [*ROW, "more"], ["k", "20261314120000", URL, "X"], []]
    page = read_index(json.dumps(rows).encode())
    assert [capture.at for capture in page.captures] == [hour(12)]
    assert page.resume_key is None


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("20260314120000", datetime(2026, 3, 14, 12, tzinfo=UTC)),
        ("20260230120000", None),
        ("2026031412", None),
        ("２０２６０３１４１２００００", None),
        ("-", None),
    ],
)
def test_a_time_stamp_is_read_or_refused(text: str, at: datetime | None) -> None:
    assert read_stamp(text) == at


# Requests to the index


def test_captures_of_the_requested_time_come_in_order(archive: WebArchiveServer, tmp_path: Path) -> None:
    for at in (hour(13), hour(1), hour(30), hour(-3)):
        archive.keep(URL, at, f"<rss>{at}</rss>", content_type="application/rss+xml")
    archive.keep(URL, hour(5), "gone", status=404)
    assert [capture.at for capture in captures(archive, tmp_path)] == [hour(1), hour(13)]
    assert captures(archive, tmp_path, html=True) == []
    query = archive.queries[0]
    assert ("url", URL) in query
    assert ("output", "json") in query
    assert ("collapse", "digest") in query
    assert ("from", "20260314000000") in query
    assert ("to", "20260315000000") in query


def test_all_pages_of_the_index_are_read(archive: WebArchiveServer, tmp_path: Path) -> None:
    archive.page_rows = 2
    for number in range(7):
        archive.keep(URL, hour(number), str(number))
    assert len(captures(archive, tmp_path)) == 7
    assert archive.asked[f"index {URL}"] == 4
    assert ("resumeKey", "6") in archive.queries[-1]


def test_the_index_is_read_up_to_the_maximum_of_pages(archive: WebArchiveServer, tmp_path: Path) -> None:
    archive.page_rows = 1
    for number in range(wayback.MAX_PAGES + 3):
        archive.keep(URL, hour(number), str(number))
    cut_off = failure(archive, tmp_path)
    assert isinstance(cut_off, wayback.IndexCutOff)
    assert (cut_off.reason, len(cut_off.captures)) == ("partial", wayback.MAX_PAGES)
    assert URL in cut_off.detail


def test_a_repeated_resume_key_ends_the_index(archive: WebArchiveServer, tmp_path: Path) -> None:
    page = json.dumps([HEADER, ROW, [], ["again"]]).encode()
    archive.odd_index[URL] = [Odd(page) for _ in range(9)]
    captures(archive, tmp_path)
    assert archive.asked[f"index {URL}"] == 2


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_an_unreadable_index_is_a_failure(archive: WebArchiveServer, tmp_path: Path, body: bytes) -> None:
    archive.odd_index[URL] = [Odd(body)]
    caught = failure(archive, tmp_path)
    assert (caught.reason, caught.is_host_busy) == ("broken_index", False)
    assert URL in caught.detail


def test_a_failed_second_page_is_a_failure(archive: WebArchiveServer, tmp_path: Path) -> None:
    archive.odd_index[URL] = [Odd(json.dumps([HEADER, ROW, [], ["more"]]).encode()), Odd(b"[[")]
    assert failure(archive, tmp_path).reason == "broken_index"


def test_too_many_requests_make_the_archive_busy(archive: WebArchiveServer, tmp_path: Path) -> None:
    archive.odd_index[URL] = [Odd(status=429, headers={"Retry-After": "3600"}) for _ in range(2)]
    caught = failure(archive, tmp_path)
    assert caught.is_host_busy
    assert (caught.reason, caught.status) == ("http_4xx", 429)
    assert caught.retry_at is not None


def test_a_single_server_error_is_retried(archive: WebArchiveServer, tmp_path: Path) -> None:
    archive.keep(URL, hour(3), "x")
    archive.odd_index[URL] = [Odd(b"busy", status=502)]
    assert len(captures(archive, tmp_path)) == 1


# Raw replays


def replay(archive: WebArchiveServer, folder: Path, at: datetime) -> Memento:
    return ask(archive, folder, lambda own: own.read(ArchivedCapture(at, URL, "")))


def test_a_replay_gives_the_original_page(archive: WebArchiveServer, tmp_path: Path) -> None:
    archive.keep(URL, hour(3), "<p>then</p>")
    memento = replay(archive, tmp_path, hour(3))
    assert (memento.at, memento.url, memento.response.decoded()) == (hour(3), URL, b"<p>then</p>")


def test_a_redirect_to_the_nearest_capture_is_followed(archive: WebArchiveServer, tmp_path: Path) -> None:
    archive.keep(URL, hour(3), "then")
    memento = replay(archive, tmp_path, hour(9))
    assert (memento.at, memento.url) == (hour(3), URL)


def test_without_a_header_the_address_gives_the_time(archive: WebArchiveServer, tmp_path: Path) -> None:
    archive.odd_replays[URL] = [Odd(b"then", headers={"Memento-Datetime": "some day"})]
    assert replay(archive, tmp_path, hour(3)).at == hour(3)


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (Odd(status=404), "http_4xx"),
        (Odd(status=403), "http_4xx"),
        (Odd(status=302, headers={"Location": "/login"}), "http_4xx"),
        (Odd(status=302, headers={"Location": "http://10.0.0.1/"}), "blocked_address"),
        (Odd(status=302, headers={"Location": "/cdx/search/cdx?url=elsewhere"}), "not_a_memento"),
    ],
)
def test_other_answers_are_not_replays(archive: WebArchiveServer, tmp_path: Path, odd: Odd, reason: str) -> None:
    archive.odd_replays[URL] = [odd]
    with pytest.raises(NotRead) as caught:
        replay(archive, tmp_path, hour(3))
    assert caught.value.reason == reason


def test_endless_redirects_are_a_failure(archive: WebArchiveServer, tmp_path: Path) -> None:
    again = Odd(status=302, headers={"Location": f"/web/20260314030000id_/{URL}"})
    archive.odd_replays[URL] = [again for _ in range(20)]
    with pytest.raises(NotRead) as caught:
        replay(archive, tmp_path, hour(3))
    assert caught.value.reason == "redirects"


OF_ITS_TIME = {
    "archived in its month, undated": (20, "<p>The fair opens</p>", True),
    "archived in its month, another date": (20, '<script>{"datePublished": "2019-01-01"}</script>', True),
    "archived in its year, undated": (200, "<p>The fair opens</p>", True),
    "archived in its year, of another year": (200, '<script>{"datePublished": "2025-03-14"}</script>', False),
    "archived two years later, undated": (700, "<p>The fair opens</p>", False),
    "archived two years later, dated": (700, '<script>{"datePublished":"2026-03-14T09:00"}</script>', True),
    "with OpenGraph": (700, "<meta property='article:published_time' content='2026-03-15'>", True),
    "of two years later": (700, "<meta property='article:published_time' content='2028-03-14'>", False),
    "of no day": (700, '<script>{"datePublished":"2026-99-99"}</script>', False),
}
"""Days from publication to the capture, the page, and whether it may be the article of 14 March 2026."""


@pytest.mark.parametrize(("days", "page", "is_own"), OF_ITS_TIME.values(), ids=OF_ITS_TIME)
def test_a_late_capture_is_not_taken_for_an_article_of_another_year(
    archive: WebArchiveServer, tmp_path: Path, days: int, page: str, is_own: bool
) -> None:
    archive.keep(URL, hour(3), page)

    async def run(own: WebArchive) -> SeenMemento:
        return await own.parse(await own.read(ArchivedCapture(hour(3), URL, "")), see_memento, URL, URL, None)

    seen = ask(archive, tmp_path, run)
    assert is_of_its_time(seen, hour(3) + timedelta(days=days), hour(3)) is is_own
