"""The news files of Common Crawl: WARC files of news pages, dozens a day, listed by month.

The list of a month is `crawl-data/CC-NEWS/YYYY/MM/warc.paths.gz`, a path a line. The name of a file says when the
crawler started to write it: `CC-NEWS-20260314120533-00123.warc.gz`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

import msgspec
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from pipeline.archive.codings import CodingError, decode
from pipeline.collect.history.documents import NotRead, read_document
from pipeline.collect.history.wayback import read_stamp
from pipeline.collect.http.client import Client
from pipeline.collect.pages.soft_404 import is_soft_404
from pipeline.interval import Interval

MAX_PAGE_BYTES = 8_000_000
"""Larger records are skipped; Common Crawl cuts pages off at one megabyte."""
HTML_TYPES = ("text/html", "application/xhtml+xml")

_PATH = re.compile(r"crawl-data/CC-NEWS/\d{4}/\d{2}/CC-NEWS-(\d{14})-\d+\.warc\.gz")
_GZIP_MAGIC = b"\x1f\x8b"
_STARTED_EARLIER = timedelta(hours=6)
"""A file may hold pages of an interval that starts up to this long after the file was started."""


class NewsFile(msgspec.Struct, frozen=True):
    """One file of the list."""

    path: str
    started_at: datetime

    def url(self, base_url: str) -> str:
        return f"{base_url.rstrip('/')}/{self.path}"


class NewsPage(msgspec.Struct, frozen=True):
    """A page that Common Crawl archived."""

    url: str
    at: datetime
    content_type: str
    body: bytes


async def list_files(client: Client, base_url: str, interval: Interval) -> tuple[list[NewsFile], dict[str, NotRead]]:
    """The files that may hold pages fetched in the interval, oldest first, and the failures by address of the list."""
    files: dict[str, NewsFile] = {}
    failures: dict[str, NotRead] = {}
    for month in _months(interval):
        url = f"{base_url.rstrip('/')}/crawl-data/CC-NEWS/{month}/warc.paths.gz"
        try:
            response = await read_document(client, url)
            files |= {file.path: file for file in read_paths(response.body)}
        except NotRead as failure:
            failures[url] = failure
        except CodingError as exc:
            failures[url] = NotRead("broken_index", f"{url}: {exc}")
    return of_interval(list(files.values()), interval), failures


def read_paths(body: bytes) -> list[NewsFile]:
    """The files in the list of a month; other lines are ignored. Raises CodingError."""
    text = (decode(body, "gzip") if body.startswith(_GZIP_MAGIC) else body).decode("ascii", "replace")
    matches = (_PATH.fullmatch(line.strip()) for line in text.splitlines())
    dated = ((match[0], read_stamp(match[1])) for match in matches if match)
    return [NewsFile(path, started_at) for path, started_at in dated if started_at is not None]


def of_interval(files: Sequence[NewsFile], interval: Interval) -> list[NewsFile]:
    """The files that were started in the interval, and the last one before it."""
    ordered = sorted(files, key=lambda file: (file.started_at, file.path))
    earlier = [file for file in ordered if interval.start - _STARTED_EARLIER <= file.started_at < interval.start]
    return [*earlier[-1:], *(file for file in ordered if file.started_at in interval)]


def read_pages(stream: BinaryIO, interval: Interval, is_wanted: Callable[[str], bool]) -> Iterator[NewsPage]:
    """The HTML pages in a valid WARC file that were fetched in the interval and whose address `is_wanted`.

    Skips truncated records, records with a wrong digest, and pages that say "not found".
    """
    for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=False):
        page = _page(record, interval, is_wanted)
        if page is not None:
            yield page


def _page(record: WarcRecord, interval: Interval, is_wanted: Callable[[str], bool]) -> NewsPage | None:
    url = record.headers.get("WARC-Target-URI") or ""
    at = record.record_date
    is_whole = record.content_length <= MAX_PAGE_BYTES and "WARC-Truncated" not in record.headers
    if at is None or not (record.is_http and is_whole):
        return None
    at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    if at not in interval or not is_wanted(url):
        return None
    record.freeze()
    record.parse_http(auto_decode="none")
    headers = {name.lower(): value for name, value in record.http_headers.astuples()} if record.http_headers else {}
    content_type = headers.get("content-type", "")
    if record.http_headers is None or record.http_headers.status_code != 200:
        return None
    if content_type.partition(";")[0].strip().lower() not in HTML_TYPES:
        return None
    if "WARC-Payload-Digest" in record.headers and not record.verify_payload_digest():
        return None
    try:
        body = decode(record.reader.read(), headers.get("content-encoding"))
    except CodingError:
        return None
    return None if is_soft_404(body, content_type) else NewsPage(url, at, content_type, body)


def _months(interval: Interval) -> list[str]:
    months = []
    month = (interval.start - _STARTED_EARLIER).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month < interval.end:
        months.append(f"{month:%Y/%m}")
        month = (month + timedelta(days=31)).replace(day=1)
    return months
