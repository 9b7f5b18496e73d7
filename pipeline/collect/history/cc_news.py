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

from pipeline.archive.codings import GZIP_MAGIC, CodingError, decode
from pipeline.collect.history.documents import NotRead, fetch_failures, read_document
from pipeline.collect.history.wayback import BrokenIndex, read_stamp
from pipeline.collect.http.client import Client
from pipeline.collect.http.responses import Response
from pipeline.collect.pages.soft_404 import is_soft_404
from pipeline.interval import Interval

HTML_TYPES = ("text/html", "application/xhtml+xml")

_PATH = re.compile(r"crawl-data/CC-NEWS/\d{4}/\d{2}/CC-NEWS-(\d{14})-\d+\.warc\.gz")
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
    content_encoding: str | None
    sent: bytes


def page_body(page: NewsPage) -> bytes | None:
    """The body without its content coding; None if it cannot be decoded or says that the page was not found.

    It parses what a server sent, so it is called in worker processes.
    """
    try:
        body = decode(page.sent, page.content_encoding)
    except CodingError:
        return None
    return None if is_soft_404(body, page.content_type) else body


def is_readable(page: NewsPage) -> bool:
    """True if the page has a body. For worker processes, like `page_body`."""
    return page_body(page) is not None


async def list_files(client: Client, base_url: str, interval: Interval) -> tuple[list[NewsFile], dict[str, NotRead]]:
    """The files that may hold pages fetched in the interval, oldest first, and the failures by address of the list."""
    files: dict[str, NewsFile] = {}
    failures: dict[str, NotRead] = {}
    for month in _months(interval):
        url = f"{base_url.rstrip('/')}/crawl-data/CC-NEWS/{month}/warc.paths.gz"
        try:
            response = await read_document(client, url)
            with fetch_failures():
                files |= {file.path: file for file in await client.read(response, _paths)}
        except NotRead as failure:
            failures[url] = failure
        except BrokenIndex as exc:
            failures[url] = NotRead("broken_index", f"{url}: {exc}")
    return of_interval(list(files.values()), interval), failures


def _paths(response: Response) -> list[NewsFile]:
    return read_paths(response.decoded())


def read_paths(body: bytes) -> list[NewsFile]:
    """The files in the list of a month; other lines are ignored. Raises BrokenIndex."""
    try:
        text = (decode(body, "gzip") if body.startswith(GZIP_MAGIC) else body).decode("ascii", "replace")
    except CodingError as exc:
        raise BrokenIndex(str(exc)) from exc
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

    Skips truncated records and records with a wrong digest.
    """
    for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=False):
        page = _page(record, interval, is_wanted)
        if page is not None:
            yield page


def _page(record: WarcRecord, interval: Interval, is_wanted: Callable[[str], bool]) -> NewsPage | None:
    url = record.headers.get("WARC-Target-URI") or ""
    at = record.record_date
    is_whole = "WARC-Truncated" not in record.headers
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
    return NewsPage(url, at, content_type, headers.get("content-encoding"), record.reader.read())


def _months(interval: Interval) -> list[str]:
    months = []
    month = (interval.start - _STARTED_EARLIER).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month < interval.end:
        months.append(f"{month:%Y/%m}")
        month = (month + timedelta(days=31)).replace(day=1)
    return months
