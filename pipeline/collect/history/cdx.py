"""The index of a web archive: which captures it has of an address (Wayback CDX server API).

`output=json` gives a list of rows, the first of them the names of the fields; with `showResumeKey` an empty row and
one with the key end a page that is not the last. Nothing at all, or no rows, means no captures. The key is of use only
if `urlkey` is among the fields (internetarchive/wayback#121).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

import msgspec

from pipeline.collect.history.documents import NotRead, read_document
from pipeline.collect.http.client import Client

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
