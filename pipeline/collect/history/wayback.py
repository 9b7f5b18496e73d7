"""A web archive that works like the Wayback Machine: its index of captures (CDX server API) and the captured pages.

With `output=json` the index is a list of rows, and the first row has the names of the fields. With `showResumeKey` a
page that is not the last ends with an empty row and a row with the key. An empty body or list means no captures. The
key works only if `urlkey` is among the fields (internetarchive/wayback#121).

Pages are read as raw replays (`id_`): without the toolbar of the archive, with the original links.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Concatenate, ParamSpec, TypeVar
from urllib.parse import urlencode

import msgspec

from pipeline.collect.feeds.charset import decode_text
from pipeline.collect.history.documents import NotRead, fetch_failures, read_document
from pipeline.collect.http.client import Client
from pipeline.collect.http.responses import Response
from pipeline.collect.pages.answers import SeenPage, see_page

P = ParamSpec("P")
R = TypeVar("R")

PAGE_ROWS = 2_000
"""Number of captures that are requested at a time."""
MAX_PAGES = 5
"""Maximum number of pages of the index that are read for an address."""

_FIELDS = ("urlkey", "timestamp", "original", "digest")
_STAMP = "%Y%m%d%H%M%S"


class ArchivedCapture(msgspec.Struct, frozen=True):
    """A capture that the index of the archive lists."""

    at: datetime
    url: str
    digest: str

    @property
    def stamp(self) -> str:
        """The time as addresses in the archive write it."""
        return self.at.strftime(_STAMP)


class IndexPage(msgspec.Struct, frozen=True):
    """One page of the index."""

    captures: tuple[ArchivedCapture, ...]
    resume_key: str | None = None
    """The key to the next page; None on the last page."""


class IndexCutOff(NotRead):
    """The archive has more captures than were requested. `captures` are the oldest."""

    def __init__(self, url: str, captures: Sequence[ArchivedCapture]) -> None:
        super().__init__("partial", f"the index of {url}: only the first {len(captures)} captures were requested")
        self.captures = captures


class BrokenIndex(Exception):
    """The body is not a response of a CDX server."""


async def list_captures(
    client: Client, archive_url: str, url: str, *, since: datetime | None, until: datetime | None, html: bool
) -> list[ArchivedCapture]:
    """The captures of `url` with status 200, oldest first; only HTML pages if `html`.

    Captures in a row with the same payload count once. Raises IndexCutOff, or NotRead, also if one page of the index
    fails: an incomplete list would look like a complete one.
    """
    query = [
        ("url", url),
        ("output", "json"),
        ("fl", ",".join(_FIELDS)),
        ("filter", "statuscode:200"),
        *([("filter", "mimetype:text/html")] if html else []),
        *([("from", since.strftime(_STAMP))] if since else []),
        *([("to", until.strftime(_STAMP))] if until else []),
        ("collapse", "digest"),
        ("limit", str(PAGE_ROWS)),
        ("showResumeKey", "true"),
    ]
    captures: list[ArchivedCapture] = []
    resume: list[tuple[str, str]] = []
    for _ in range(MAX_PAGES):
        address = f"{archive_url.rstrip('/')}/cdx/search/cdx?{urlencode([*query, *resume])}"
        response = await read_document(client, address)
        try:
            with fetch_failures():
                page = await client.read(response, _index_page)
        except BrokenIndex as exc:
            raise NotRead("broken_index", f"the index of {url}: {exc}", status=response.status) from exc
        captures += page.captures
        if page.resume_key is None or resume == [("resumeKey", page.resume_key)]:
            return _in_order(captures)
        resume = [("resumeKey", page.resume_key)]
    raise IndexCutOff(url, _in_order(captures))


def _index_page(response: Response) -> IndexPage:
    return read_index(response.decoded())


def read_index(body: bytes) -> IndexPage:
    """A page of the index without invalid rows. Raises BrokenIndex."""
    if not body.strip():
        return IndexPage(())
    try:
        rows = msgspec.json.decode(body, type=list[list[str | None]])
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise BrokenIndex(f"not a list of rows: {exc}") from exc
    if not rows:
        return IndexPage(())
    header, *rest = rows
    if not {"timestamp", "original"} <= set(header):
        raise BrokenIndex("its first row does not name the fields")
    resume_key = None
    if len(rest) >= 2 and not rest[-2] and len(rest[-1]) == 1:
        resume_key = rest[-1][0]
        rest = rest[:-2]
    captures = (_capture(header, row) for row in rest)
    return IndexPage(tuple(capture for capture in captures if capture is not None), resume_key)


def _in_order(captures: Sequence[ArchivedCapture]) -> list[ArchivedCapture]:
    return sorted(captures, key=lambda capture: capture.at)


def read_stamp(text: str) -> datetime | None:
    """The time of fourteen digits as archives write it, in UTC; None if they are not a time."""
    if len(text) != 14 or not (text.isascii() and text.isdigit()):
        return None
    try:
        return datetime.strptime(text, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _capture(header: Sequence[str | None], row: Sequence[str | None]) -> ArchivedCapture | None:
    if len(row) != len(header):
        return None
    fields = dict(zip(header, row, strict=True))
    at, url = read_stamp(fields.get("timestamp") or ""), fields.get("original")
    return ArchivedCapture(at, url, fields.get("digest") or "") if at and url else None


_REPLAY = re.compile(r"/web/(\d{14})id_/(https?:/.*)$", re.DOTALL)
_ONE_SLASH = re.compile(r"^(https?:/)(?=[^/])")
_NEAR = timedelta(days=31)
"""A page that was archived, or says that it was published, this near to an article's publication is that article."""
_LATE = timedelta(days=365)
"""A page without a date that was archived later than this may be the article of another year."""
_HEAD_BYTES = 300_000
_STATED = re.compile(
    r"""(?:datePublished|article:published_time)["']?\s{0,9}(?::|content\s{0,9}=)?\s{0,9}["']?(\d{4}-\d\d-\d\d)"""
)
"""Where a page says when an article was published: JSON-LD, microdata, OpenGraph."""
_SLACK = timedelta(days=1)
"""Maximum distance of Memento-Datetime from the time in the address, and of that time ahead of our clock."""


class Memento(msgspec.Struct, frozen=True):
    """A captured page (RFC 7089)."""

    at: datetime
    """The time of the capture: Memento-Datetime, or the time in the address if they differ by more than a day."""
    url: str
    """The original address of the page."""
    response: Response
    """The response of the archive."""


class SeenMemento(SeenPage, frozen=True):
    """What an archived page is."""

    stated_on: tuple[date, ...] = ()
    """The days on which it says that it, or an article that it lists, was published."""


def see_memento(response: Response, url: str, memento_url: str, title: str | None) -> SeenMemento:
    """What the archived page is of the article at `url`, which has this title in its feed. For worker processes.

    Raises CodingError.
    """
    seen = see_page(response, url, title, final_url=memento_url)
    text, _ = decode_text(response.decoded()[:_HEAD_BYTES], response.content_type)
    stated = {day for found in _STATED.finditer(text) if (day := _day(found[1])) is not None}
    return SeenMemento(seen.size_bytes, seen.payload_digest, seen.no_page, seen.refreshes_to, tuple(sorted(stated)))


def is_of_its_time(seen: SeenMemento, at: datetime, published_at: datetime) -> bool:
    """True if a page that was archived at this time can be the article of `published_at`, and not a later one for which
    the site has used the address again."""
    if abs(at - published_at) <= _NEAR:
        return True
    if seen.stated_on:
        return any(abs(day - published_at.date()) <= _NEAR for day in seen.stated_on)
    return at - published_at <= _LATE


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class WebArchive:
    """One web archive, at `base_url`, that works like the Wayback Machine."""

    def __init__(self, client: Client, base_url: str) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")

    async def captures(
        self, url: str, *, since: datetime | None = None, until: datetime | None = None, html: bool = True
    ) -> list[ArchivedCapture]:
        """The captures of an address with status 200, oldest first. Raises NotRead."""
        return await list_captures(self._client, self._base_url, url, since=since, until=until, html=html)

    def address(self, capture: ArchivedCapture) -> str:
        """The address of the raw capture."""
        return f"{self._base_url}/web/{capture.stamp}id_/{capture.url}"

    async def read(self, capture: ArchivedCapture) -> Memento:
        """The capture, or a near one to which the archive redirects. Raises NotRead."""
        address = self.address(capture)
        return memento_of(await read_document(self._client, address), self._base_url)

    async def parse(
        self,
        memento: Memento,
        function: Callable[Concatenate[Response, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """The result of `function(response, …)`, computed in a worker process. Raises NotRead.

        What cannot be read counts against the site of the page, not against the archive.
        """
        with fetch_failures():
            return await self._client.work(memento.url, function, memento.response, *args, **kwargs)


def memento_of(response: Response, base_url: str) -> Memento:
    """The captured page in a response of the archive. Raises NotRead if it is not one or is dated in the future."""
    match = _REPLAY.search(response.final_url)
    stamped_at = read_stamp(match[1]) if match else None
    if match is None or stamped_at is None or not response.final_url.startswith(f"{base_url}/"):
        raise NotRead("not_a_memento", f"{response.final_url} is not an archived page", status=response.status)
    now, declared_at = response.exchange.fetched_at, _declared_at(response)
    if stamped_at > now + _SLACK:
        raise NotRead("not_a_memento", f"{response.final_url} is dated in the future", status=response.status)
    at = declared_at if declared_at and abs(declared_at - stamped_at) <= _SLACK else stamped_at
    return Memento(min(at, now), _ONE_SLASH.sub(r"\1/", match[2]), response)


def _declared_at(response: Response) -> datetime | None:
    try:
        at = parsedate_to_datetime(response.exchange.header("memento-datetime") or "")
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
