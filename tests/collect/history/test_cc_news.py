"""The news files of Common Crawl: lists, names, records and transfers, valid and damaged."""

from __future__ import annotations

import asyncio
import errno
import gzip
import io
import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from pipeline.collect.history.cc_news import NewsPage, is_readable, list_files, page_body, read_pages, read_paths
from pipeline.collect.history.documents import NotRead
from pipeline.collect.history.news_slices import MAX_PAGE_BYTES, NewsSlice, NewsSlices, ReadingTime, copy_records
from pipeline.collect.history.wayback import BrokenIndex
from pipeline.interval import Interval
from pipeline.sources.sites import is_on
from tests.collect.history.history_client import DAY, hour, open_client
from tests.worlds.news_files import PAGE, NewsFileServer, file_path, news_files, warc_record, warcinfo

URL = "https://bote.example/politik/der-hafen-bleibt-zu"
NOON = hour(12)


@pytest.fixture
def server() -> Iterator[NewsFileServer]:
    with news_files() as running:
        yield running


# Lists of files


def test_the_list_of_a_month_names_files_and_their_start() -> None:
    lines = [
        file_path(hour(3)),
        "",
        "crawl-data/CC-NEWS/2026/03/CC-NEWS-20260314999999-00001.warc.gz",
        "crawl-data/CC-NEWS/2026/03/../../secret.warc.gz",
        "https://elsewhere.example/CC-NEWS-20260314000000-00001.warc.gz",
        f"{file_path(hour(5), 12345678)}\r",
    ]
    for body in ("\n".join(lines).encode(), gzip.compress("\n".join(lines).encode())):
        assert [(file.path, file.started_at) for file in read_paths(body)] == [
            (file_path(hour(3)), hour(3)),
            (file_path(hour(5), 12345678), hour(5)),
        ]


def test_a_list_that_is_cut_off_is_refused() -> None:
    with pytest.raises(BrokenIndex):
        read_paths(gzip.compress(file_path(NOON).encode())[:-6])


def files_of(server: NewsFileServer, folder: Path, interval: Interval) -> tuple[list[str], list[str]]:
    async def run() -> tuple[list[str], list[str]]:
        async with open_client(folder) as client:
            files, failures = await list_files(client, server.base, interval)
        return [file.path for file in files], [failure.reason for failure in failures.values()]

    return asyncio.run(run())


def test_files_started_in_the_interval_and_the_one_before_are_listed(server: NewsFileServer, tmp_path: Path) -> None:
    for started_at in (hour(-9), hour(-3), hour(-1), hour(0), hour(23.9), hour(24)):
        server.files[file_path(started_at)] = b""
    expected = [file_path(started_at) for started_at in (hour(-1), hour(0), hour(23.9))]
    assert files_of(server, tmp_path, DAY) == (expected, [])


def test_a_month_may_be_missing(server: NewsFileServer, tmp_path: Path) -> None:
    first = Interval(hour(0, day=1), hour(0, day=2))
    server.files[file_path(hour(3, day=1))] = b""
    assert files_of(server, tmp_path, first) == ([file_path(hour(3, day=1))], ["http_4xx"])


def test_a_broken_list_is_a_failure(server: NewsFileServer, tmp_path: Path) -> None:
    server.lists["crawl-data/CC-NEWS/2026/03"] = gzip.compress(b"crawl-data")[:-3]
    assert files_of(server, tmp_path, DAY) == ([], ["broken_index"])


def test_an_interval_over_several_months_reads_the_list_of_each(server: NewsFileServer, tmp_path: Path) -> None:
    files_of(server, tmp_path, Interval(hour(0), hour(0) + timedelta(days=50)))
    assert sorted(path[-21:-14] for path in server.asked if path.endswith("gz")) == ["2026/03", "2026/04", "2026/05"]


# Records of a file


def pages(*records: bytes) -> list[NewsPage]:
    return [
        page for page in read_pages(io.BytesIO(b"".join(records)), DAY, lambda url: url == URL) if is_readable(page)
    ]


def test_a_page_is_read_with_its_date_and_type() -> None:
    (page,) = pages(warcinfo(), warc_record("https://other.example/", NOON), warc_record(URL, NOON))
    assert page == NewsPage(URL, NOON, "text/html; charset=utf-8", None, PAGE)


@pytest.mark.parametrize("type_header", ["content-type: Text/HTML", "Content-Type: application/xhtml+xml"])
def test_any_spelling_of_the_html_type_is_read(type_header: str) -> None:
    assert len(pages(warc_record(URL, NOON, headers=(type_header,)))) == 1


def test_a_compressed_page_is_decompressed() -> None:
    headers = ("Content-Type: text/html", "Content-Encoding: gzip")
    (page,) = pages(warc_record(URL, NOON, gzip.compress(PAGE), headers=headers))
    assert page_body(page) == PAGE


def test_a_record_without_a_digest_is_read() -> None:
    record = gzip.decompress(warc_record(URL, NOON)).replace(b"WARC-Payload-Digest", b"WARC-Unheard-Of")
    assert len(pages(gzip.compress(record))) == 1


LEFT_OUT = {
    "a revisit": warc_record(URL, NOON, b"", kind="revisit"),
    "a request": warc_record(URL, NOON, b"", kind="request"),
    "an earlier day": warc_record(URL, hour(-1)),
    "a later day": warc_record(URL, hour(24)),
    "no date": warc_record(URL, "yesterday"),
    "another address": warc_record(f"{URL}/2", NOON),
    "no address": warc_record("", NOON),
    "not found": warc_record(URL, NOON, status="404 Not Found"),
    "not found, it says": warc_record(URL, NOON, b"<title>Page not found</title>"),
    "a redirect": warc_record(URL, NOON, status="301 Moved Permanently"),
    "no status": warc_record(URL, NOON, status="OK"),
    "a picture": warc_record(URL, NOON, headers=("Content-Type: image/png",)),
    "no type": warc_record(URL, NOON, headers=()),
    "a wrong digest": warc_record(URL, NOON, digest="sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    "a digest that is none": warc_record(URL, NOON, digest="nonsense"),
    "cut off by the crawler": warc_record(URL, NOON, fields=("WARC-Truncated: length",)),
    "broken gzip inside": warc_record(
        URL, NOON, b"\x1f\x8bnonsense", headers=("Content-Type: text/html", "Content-Encoding: gzip")
    ),
}


@pytest.mark.parametrize("record", LEFT_OUT.values(), ids=LEFT_OUT)
def test_other_records_are_skipped(record: bytes) -> None:
    assert [page.url for page in pages(record, warc_record(URL, hour(13)))] == [URL]
    assert pages(record) == []


# The transfer of a file


def copied(data: bytes) -> tuple[list[NewsPage], str | None]:
    kept = io.BytesIO()
    problem = copy_records(io.BytesIO(data), kept, lambda url: url == URL)
    return pages(kept.getvalue()) if kept.getvalue() else [], problem


def test_a_slice_holds_the_wanted_records_as_they_were() -> None:
    other = warc_record("https://other.example/", NOON, PAGE * 100)
    found, problem = copied(warcinfo() + other + warc_record(URL, NOON) + other)
    assert (found, problem) == ([NewsPage(URL, NOON, "text/html; charset=utf-8", None, PAGE)], None)


def test_long_records_are_not_held_in_memory() -> None:
    long = warc_record(URL, NOON, bytes(MAX_PAGE_BYTES + 1))
    found, problem = copied(warcinfo() + long + warc_record(URL, NOON))
    assert ([len(page.sent) for page in found], problem) == ([len(PAGE)], None)


@pytest.mark.parametrize("junk", ["http://[junk/", "http://bote.example\uff03@x", "//", "urn:x:y", ""])
def test_an_invalid_address_is_not_damage(junk: str) -> None:
    kept = io.BytesIO()
    stream = io.BytesIO(warc_record(junk, NOON) + warc_record(URL, NOON))
    assert copy_records(stream, kept, lambda url: is_on(url, {"bote.example"})) is None
    assert [page.url for page in pages(kept.getvalue())] == [URL]


class FullDisk(io.BytesIO):
    def write(self, data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_an_error_and_not_damage() -> None:
    with pytest.raises(OSError, match="No space left"):
        copy_records(io.BytesIO(warc_record(URL, NOON)), FullDisk(), lambda url: True)


@pytest.mark.parametrize(
    "rest",
    [
        *(warc_record(URL, NOON)[:60], warc_record(URL, NOON, os.urandom(20_000))[:9_000], warc_record(URL, NOON)[:-5]),
        *(b"junk that is no gzip", gzip.compress(b"no WARC record"), b"\x1f\x8b\x08"),
    ],
    ids=["in the head of a record", "in its body", "at its very end", "junk", "no record", "in gzip's head"],
)
def test_a_damaged_file_gives_the_records_before_the_damage(rest: bytes) -> None:
    found, problem = copied(warcinfo() + warc_record(URL, NOON) + rest)
    assert found[:1] == [NewsPage(URL, NOON, "text/html; charset=utf-8", None, PAGE)]
    assert problem


@pytest.mark.parametrize("data", [b"", b"<html>no</html>", b"junk" * 99])
def test_a_file_of_another_format_is_a_problem(data: bytes) -> None:
    found, problem = copied(data)
    assert (found, bool(problem)) == ([], True)


def slices(folder: Path, host: str = "bote.example", **limits: Any) -> NewsSlices:
    return NewsSlices(folder, {host}, allow_hosts=("127.0.0.1",), contact="", **limits)


def take(server: NewsFileServer, folder: Path, path: str, host: str = "bote.example") -> NewsSlice:
    return asyncio.run(slices(folder, host).get(f"{server.base}/{path}"))


def urls(taken: NewsSlice) -> list[str]:
    with taken.path.open("rb") as file:
        return [page.url for page in read_pages(file, DAY, lambda _: True)]


def test_a_file_is_streamed_once_for_all_its_hosts(server: NewsFileServer, tmp_path: Path) -> None:
    path = file_path(NOON)
    filler = [warc_record(f"https://other.example/{no}", NOON, PAGE * 50) for no in range(200)]
    server.files[path] = b"".join([warcinfo(), *filler, warc_record(URL, NOON)])
    for _ in range(2):
        taken = take(server, tmp_path, path)
        assert (urls(taken), taken.problem) == ([URL], None)
    assert server.asked[path] == 1
    assert taken.path.stat().st_size < 1_000
    assert len(urls(take(server, tmp_path, path, "other.example"))) == 200
    assert server.asked[path] == 2


def test_an_interrupted_transfer_gives_records_and_is_retried(server: NewsFileServer, tmp_path: Path) -> None:
    path = file_path(NOON)
    chance = random.Random(7)
    filler = [warc_record(f"https://bote.example/{no}", NOON, chance.randbytes(100_000)) for no in range(50)]
    server.files[path] = b"".join([warcinfo(), *filler])
    server.cut_off = {path}
    taken = take(server, tmp_path, path)
    assert "cut off" in (taken.problem or "")
    assert 0 < len(urls(taken)) < 50
    server.cut_off = set()
    assert len(urls(take(server, tmp_path, path))) == 50


def test_waiting_for_a_file_takes_no_thread(server: NewsFileServer, tmp_path: Path) -> None:
    path = file_path(NOON)
    server.files[path] = warcinfo() + warc_record(URL, NOON)

    async def run() -> list[NewsSlice]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        return await asyncio.gather(*(slices(tmp_path).get(f"{server.base}/{path}") for _ in range(5)))

    assert [urls(taken) for taken in asyncio.run(run())] == [[URL]] * 5
    assert server.asked[path] == 1


def test_waiting_for_a_file_ends_after_a_limit(server: NewsFileServer, tmp_path: Path) -> None:
    path = file_path(NOON)
    server.files[path] = warc_record(URL, NOON)
    taken = take(server, tmp_path, path).path
    with FileLock(f"{taken}.lock"), pytest.raises(NotRead) as caught:
        asyncio.run(slices(tmp_path, longest_wait_seconds=0).get(f"{server.base}/{path}"))
    assert caught.value.reason == "no_turn"


def test_an_interrupt_ends_the_reading_thread(server: NewsFileServer, tmp_path: Path) -> None:
    path = file_path(NOON)
    chance = random.Random(7)
    records = [warc_record(f"https://bote.example/{no}", NOON, chance.randbytes(100_000)) for no in range(50)]
    server.files[path] = b"".join([warcinfo(), *records])
    server.halting = {path}

    async def run() -> set[str]:
        taking = asyncio.ensure_future(slices(tmp_path).get(f"{server.base}/{path}"))
        while not list(tmp_path.glob("*/*.part")):
            await asyncio.sleep(0)
        taking.cancel()
        await asyncio.wait([taking])
        assert taking.cancelled()
        return {each.suffix for each in tmp_path.glob("*/*")}

    assert asyncio.run(run()) == {".lock", ".incomplete"}, "nobody writes any more"
    server.halting = set()
    assert len(urls(take(server, tmp_path, path))) == 50


@pytest.mark.parametrize(
    ("rest", "time", "problem"),
    [
        (
            b"WARC/1.0\r\nContent-Length: 4000000\r\n\r\n" + os.urandom(2_000_000),
            ReadingTime(clock_seconds=0.5),
            "not read within",
        ),
        (b"\n" * 50_000_000, ReadingTime(processor_seconds=0.01), "seconds of the processor"),
    ],
    ids=["never whole", "slow to read"],
)
def test_a_file_is_read_for_a_limited_time(
    server: NewsFileServer, tmp_path: Path, rest: bytes, time: ReadingTime, problem: str
) -> None:
    """Without the limit, the transfer of the first file would never end."""
    path = file_path(NOON)
    server.files[path] = warcinfo() + warc_record(URL, NOON) + gzip.compress(rest, 1)
    server.halting = {path}
    taken = asyncio.run(slices(tmp_path, reading_time=time).get(f"{server.base}/{path}"))
    assert problem in (taken.problem or "")
    assert urls(taken) == [URL]


def test_a_slice_stays_readable_while_its_file_is_streamed_again(server: NewsFileServer, tmp_path: Path) -> None:
    path = file_path(NOON)
    server.files[path] = warc_record(URL, NOON) + b"junk"
    first = take(server, tmp_path, path)
    server.files[path] = b"junk"
    with first.path.open("rb") as file:
        assert urls(take(server, tmp_path, path)) == []
        assert [page.url for page in read_pages(file, DAY, lambda _: True)] == [URL]


def test_a_missing_file_is_a_failure(server: NewsFileServer, tmp_path: Path) -> None:
    with pytest.raises(NotRead) as caught:
        take(server, tmp_path, file_path(NOON))
    assert (caught.value.reason, caught.value.status) == ("http_4xx", 404)


def test_a_private_address_is_refused_unless_it_is_allowed(tmp_path: Path) -> None:
    guarded = NewsSlices(tmp_path, {"bote.example"}, allow_hosts=(), contact="")
    with pytest.raises(NotRead) as caught:
        asyncio.run(guarded.get("http://127.0.0.1/x.warc.gz"))
    assert caught.value.reason == "blocked_address"
