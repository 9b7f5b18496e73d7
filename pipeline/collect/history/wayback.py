"""The index of a web archive: which captures it has of an address (Wayback CDX server API).

`output=json` gives a list of rows, the first of them the names of the fields; with `showResumeKey` an empty row and
one with the key end a page that is not the last. Nothing at all, or no rows, means no captures. The key is of use only
if `urlkey` is among the fields (internetarchive/wayback#121).


Pages as a web archive has them: raw replays, without its toolbar and with the links as they were (`id_`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

import msgspec

from pipeline.collect.history.documents import NotRead, read_document
from pipeline.collect.http.client import Client
from pipeline.collect.http.responses import Response

PAGE_ROWS = 2_000
MAX_PAGES = 5

_FIELDS = ("urlkey", "timestamp", "original", "digest")
_STAMP = "%Y%m%d%H%M%S"


class ArchivedCapture(msgspec.Struct, frozen=True):
    """A capture that the archive says it has."""

    at: datetime
    url: str
    digest: str

    @property
    def stamp(self) -> str:
        """As addresses in the archive write it."""
        return self.at.strftime(_STAMP)


class IndexPage(msgspec.Struct, frozen=True):
    captures: tuple[ArchivedCapture, ...]
    resume_key: str | None = None
    """Of the next page; None on the last one."""


class IndexCutOff(NotRead):
    """There are more captures than are asked for; these are the oldest."""

    def __init__(self, url: str, captures: Sequence[ArchivedCapture]) -> None:
        super().__init__("partial", f"the index of {url}: only the first {len(captures)} captures were asked for")
        self.captures = captures


class BrokenIndex(Exception):
    """The body is no answer of a CDX server."""


async def list_captures(
    client: Client, archive_url: str, url: str, *, since: datetime | None, until: datetime | None, html: bool
) -> list[ArchivedCapture]:
    """The good captures of `url` in the archive, oldest first, neighbours with the same payload once; HTML pages only
    if `html`. Raises IndexCutOff, and NotRead also where an answer breaks off: half a list would look like the
    whole."""
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
            page = read_index(response.body)
        except BrokenIndex as exc:
            raise NotRead("broken_index", f"the index of {url}: {exc}", status=response.status) from exc
        captures += page.captures
        if page.resume_key is None or resume == [("resumeKey", page.resume_key)]:
            return _in_order(captures)
        resume = [("resumeKey", page.resume_key)]
    raise IndexCutOff(url, _in_order(captures))


def read_index(body: bytes) -> IndexPage:
    """A page of the index; rows that make no sense are left out. Raises BrokenIndex."""
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
    """The moment of an archive's fourteen digits, UTC; None where they are none."""
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
_SLACK = timedelta(days=1)
"""So far Memento-Datetime may be from the moment in the address, and that ahead of our clock."""


class Memento(msgspec.Struct, frozen=True):
    """A page as it was (RFC 7089)."""

    at: datetime
    """When it was captured: the archive's Memento-Datetime if it is near the moment in its address, else the latter."""
    url: str
    """The page's own address."""
    response: Response
    """The archive's."""


class WebArchive:
    """One web archive that answers as the Wayback Machine does, below `base_url`."""

    def __init__(self, client: Client, base_url: str) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")

    async def captures(
        self, url: str, *, since: datetime | None = None, until: datetime | None = None, html: bool = True
    ) -> list[ArchivedCapture]:
        """Its good captures of the address, oldest first. Raises NotRead."""
        return await list_captures(self._client, self._base_url, url, since=since, until=until, html=html)

    def address(self, capture: ArchivedCapture) -> str:
        """Where the capture can be read."""
        return f"{self._base_url}/web/{capture.stamp}id_/{capture.url}"

    async def read(self, capture: ArchivedCapture) -> Memento:
        """The capture, or the one nearest to it to which the archive redirects. Raises NotRead."""
        address = self.address(capture)
        return memento_of(await read_document(self._client, address), self._base_url)


def memento_of(response: Response, base_url: str) -> Memento:
    """What the archive's answer is of. Raises NotRead where it has led to something else, or to times to come."""
    match = _REPLAY.search(response.final_url)
    stamped_at = read_stamp(match[1]) if match else None
    if match is None or stamped_at is None or not response.final_url.startswith(f"{base_url}/"):
        raise NotRead("not_a_memento", f"{response.final_url} is no archived page", status=response.status)
    now, said_at = response.exchange.fetched_at, _said_at(response)
    if stamped_at > now + _SLACK:
        raise NotRead("not_a_memento", f"{response.final_url} is dated in the future", status=response.status)
    at = said_at if said_at and abs(said_at - stamped_at) <= _SLACK else stamped_at
    return Memento(min(at, now), _ONE_SLASH.sub(r"\1/", match[2]), response)


def _said_at(response: Response) -> datetime | None:
    try:
        at = parsedate_to_datetime(response.exchange.header("memento-datetime") or "")
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
