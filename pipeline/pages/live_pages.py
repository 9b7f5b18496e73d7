"""The pages as an ASGI application: for `newsledger serve`, and within Airflow after its login."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache, partial
from threading import BoundedSemaphore, Lock
from types import MappingProxyType
from urllib.parse import quote, urlencode

import duckdb
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from pipeline.archive.storage import Location, archive_storage
from pipeline.archive.warc import read_text
from pipeline.errors import LedgerMissing, NewsledgerError
from pipeline.ledger.log import utc_now
from pipeline.pages.change_feed import MEDIA_TYPE, change_feed
from pipeline.pages.page_kinds import (
    FIRST_PAGE,
    KINDS,
    PageKind,
    PageLimits,
    PageMissing,
    followed,
    require_source,
)
from pipeline.pages.published_file import MAX_SECONDS, PublishedFile, ViewTooLarge, version_of
from pipeline.pages.reader_limits import ReaderLimits
from pipeline.pages.rendering import Reader, content, policy, render, render_notice
from pipeline.pages.selection import Selection, SelectionError, period_of
from pipeline.pages.wording import FALLBACK, LANGUAGES
from pipeline.settings import Settings
from pipeline.shared_files import published_file
from pipeline.translatable import counted, phrase

LIMITS = PageLimits(rows=200, hits=50, days=92, events=100)
RECORD_BYTES = 500_000
"""Maximum number of bytes of an archived body that are shown."""
MAX_POSITION = 2**63 - 1
"""A position is a BIGINT."""
AT_ONCE = 16
"""Maximum number of pages that are worked on or wait; further requests are told to come back (503)."""
DEEPEST = 8
"""Most slashes in the address of a page of ours."""
FETCH_SECONDS = 15.0
"""Pause between two questions to a store whether there is a newer published file."""
PLAIN = "!$&'()*+,;=:@"
"""Characters that stand in a path as they are (RFC 3986, `pchar`). Airflow decodes the address of the page in its
frame, and a browser quotes it again, but not these: if an address quoted them, its page would be loaded twice."""
READER = "newsledger.reader"
"""Who asks, in the scope of a request, set after a login; without it, the network address tells readers apart."""
HEADERS = {
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Language",
}


def kept(chosen: Selection, here: Selection) -> Selection:
    """What an address holds of a reader's choice if its page follows `here`: source and language hold again on
    later pages, words are only for pages that search."""
    return replace(chosen, words=here.words)


class LiveLinks:
    """Addresses relative to a page, with the reader's choice of days, source and language."""

    is_live = True
    translations: Mapping[str, str] = MappingProxyType({})
    """None: the browser says which language it prefers."""

    def __init__(self, depth: int, selection: Selection) -> None:
        """`depth` is the number of slashes in the page's address, below the root of the application."""
        self._up = "../" * depth or "./"
        self._selection = selection

    def to(self, kind: str, *keys: object) -> str:
        parts = [] if kind == FIRST_PAGE else [kind, *(quote(str(key), safe=PLAIN) for key in keys)]
        selection = kept(self._selection, followed(kind, self._selection))
        return self._up + "/".join(parts) + (selection.query and f"?{selection.query}")

    def rows(self, place: str, kind: str, *keys: object) -> str:
        page = self.to(kind, *keys)
        return f"{page}{'&' if '?' in page else '?'}{urlencode({'only': place})}#{quote(place)}"

    def feed(self) -> str:
        return f"{self._up}changes.atom{self._selection.query and '?'}{self._selection.query}"

    def here(self, **chosen: str | date | None) -> str:
        """The same page with something else chosen."""
        return f"?{replace(self._selection, **chosen).query}"

    def search(self, **chosen: str | date | None) -> str:
        query = replace(self._selection, **chosen).search_query
        return f"{self._up}search{query and '?'}{query}"


def live_pages(settings: Settings, limits: ReaderLimits | None = None) -> Starlette:
    """The application. It may be mounted anywhere: all addresses in its pages are relative."""
    opened = _Published(settings)
    answer = partial(_answer, limits or ReaderLimits(), BoundedSemaphore(AT_ONCE))
    routes = []
    for kind in KINDS.values():
        path = "/" if kind.name == FIRST_PAGE else "/".join(["", kind.name, *(f"{{{key}:path}}" for key in kind.keys)])
        routes.append(Route(path, partial(answer, partial(_page, opened, kind)), methods=["GET"]))
    routes.append(Route("/changes.atom", partial(answer, partial(_feed, opened)), methods=["GET"]))
    routes.append(Route("/record/{position:int}", partial(answer, partial(_record, opened, settings))))
    pages = Starlette(routes=routes, exception_handlers={404: _no_such_address})
    pages.router.redirect_slashes = (
        False  # an address that ends too early would be redirected to one with an empty name
    )
    return pages


def refusal(request: Request) -> Response:
    """The answer to somebody who is logged in, but may not see the pages."""
    said = phrase(
        "You are logged in, but may not see these pages. Ask who runs Airflow for the right to view its website."
    )
    return _notice("unavailable", request, 403, reason=said)


class _Published:
    """The newest published file. Pages that are being made from an older one are finished first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = settings.news_file
        self._lock = Lock()
        self._file: PublishedFile | None = None
        self._fetched_at = -FETCH_SECONDS

    def newest(self) -> PublishedFile:
        """Raises NewsledgerError if nothing was published."""
        with self._lock:
            if time.monotonic() - self._fetched_at >= FETCH_SECONDS:
                self._fetch()
            if self._file is None or not self._path.is_file() or self._file.version != version_of(self._path):
                self._file = PublishedFile(self._path)
            return self._file

    def _fetch(self) -> None:
        """Look for a newer file in the store."""
        published_file(self._settings)
        self._fetched_at = time.monotonic()


async def _answer(
    limits: ReaderLimits, room: BoundedSemaphore, page: Callable[[Request], Response], request: Request
) -> Response:
    reader = request.scope.get(READER) or (request.client.host if request.client else "")
    if wait := limits.begin(reader):
        return _later(request, 429, wait)
    try:
        if not room.acquire(blocking=False):
            return _later(request, 503, 1)
        try:
            return await run_in_threadpool(_with_errors, page, request)
        finally:
            room.release()
    finally:
        limits.end(reader)


def _later(request: Request, status: int, seconds: int) -> Response:
    page = _page_to_try_again(_language(request), min(_depth(request), DEEPEST), seconds)
    return _html(page, status, {"Retry-After": str(seconds)})


@lru_cache
def _page_to_try_again(language: str, depth: int, seconds: int) -> str:
    """A page for readers who ask for too many at once. It is kept, because it must cost nearly nothing."""
    said = counted(
        "Too many pages at once: try again in %(n)s second.",
        "Too many pages at once: try again in %(n)s seconds.",
        seconds,
    )
    return render_notice("unavailable", language, LiveLinks(depth, Selection()), reason=said)


def _with_errors(page: Callable[[Request], Response], request: Request) -> Response:
    """The page, or one that says why it cannot be shown."""
    try:
        return page(request)
    except SelectionError as exc:
        return _notice("missing", request, 400, reason=exc.phrase)
    except PageMissing as exc:
        return _notice("missing", request, 404, wanted=exc)
    except LedgerMissing:
        said = phrase("Nothing was published so far: `newsledger ingest` or `newsledger demo` does it.")
        return _notice("unavailable", request, 503, reason=said)
    except ViewTooLarge:
        said = phrase("This view needs more memory than it may have: choose fewer days or a source, or add a word.")
        return _notice("unavailable", request, 503, reason=said)
    except NewsledgerError as exc:
        said = phrase("The published file or the archive cannot be read at the moment.")
        return _notice("unavailable", request, 503, reason=said, error=str(exc))
    except duckdb.InterruptException:
        seconds = round(MAX_SECONDS)
        said = counted("The query took more than %(n)s second.", "The query took more than %(n)s seconds.", seconds)
        return _notice("unavailable", request, 503, reason=said)


def _page(opened: _Published, kind: PageKind, request: Request) -> Response:
    chosen = Selection.of(request.query_params.multi_items())
    selection = followed(kind.name, chosen)
    keys = [request.path_params[key] for key in kind.keys]
    now = utc_now()
    file = opened.newest()
    if selection.source_id is not None:
        require_source(file, selection.source_id)
    reader = Reader(file, period_of(selection, file, now.date()), _language(request), now, LIMITS)
    return _html(
        render(kind, keys, content(kind, keys, reader), reader, LiveLinks(_depth(request), kept(chosen, selection)))
    )


def _feed(opened: _Published, request: Request) -> Response:
    selection = Selection.of(request.query_params.multi_items())
    file = opened.newest()
    if selection.source_id is not None:
        require_source(file, selection.source_id)
    links = LiveLinks(_depth(request), selection)
    period = period_of(selection, file, utc_now().date())
    feed = change_feed(file, period, _language(request), links, str(request.url))
    return Response(feed, 200, HEADERS, MEDIA_TYPE)


def _record(opened: _Published, settings: Settings, request: Request) -> Response:
    """An archived record as text."""
    Selection.of(request.query_params.multi_items())  # refused here, too
    position = request.path_params["position"]
    found = opened.newest().answer("record", {"position": min(position, MAX_POSITION)})
    if not found:
        raise PageMissing("record", [str(position)])
    place = found.first
    location = Location(place.warc_file, place.warc_offset, place.warc_length)
    record = read_text(archive_storage(settings).read(location), where=str(location))
    body = record.body[:RECORD_BYTES].decode("utf-8", "replace")
    blocks = [("warc", record.warc_headers), ("http", record.http_head), ("body", body.replace("\r\n", "\n"))]
    is_cut = len(record.body) > RECORD_BYTES
    return _notice("record", request, 200, figure=found, place=place, blocks=blocks, is_cut=is_cut)


def _notice(template: str, request: Request, status: int, **content: object) -> Response:
    try:
        selection = Selection.of(request.query_params.multi_items())
        if status == 404:
            selection = replace(selection, source_id=None)  # it may be what is missing
    except SelectionError:
        selection = Selection()  # its links lead to what can be shown
    links = LiveLinks(_depth(request), selection)
    return _html(render_notice(template, _language(request), links, **content), status)


def _language(request: Request) -> str:
    return preferred_language(request.headers.get("accept-language", ""))


async def _no_such_address(request: Request, exc: Exception) -> Response:
    return _notice("missing", request, 404)


def _depth(request: Request) -> int:
    """Slashes of the address as the browser sees it, below the application: %2F in a name is none."""
    raw: str = request.scope.get("raw_path", b"").decode("ascii", "replace").partition("?")[0]
    root: str = request.scope.get("root_path", "")
    return max(0, raw.removeprefix(root).count("/") - 1)


def _html(page: str, status: int = 200, more: Mapping[str, str] = MappingProxyType({})) -> Response:
    policies = f"{policy(FIRST_PAGE, is_live=True)}; frame-ancestors 'self'"
    return HTMLResponse(page, status, {**HEADERS, **more, "Content-Security-Policy": policies})


def preferred_language(accepted: str) -> str:
    """The language of Accept-Language that we have and the reader prefers most; English without one."""
    ranked = []
    for order, part in enumerate(accepted.split(",")):
        tag, _, weight = "".join(part.split()).partition(";q=")
        try:
            ranked.append((-float(weight or 1), order, tag.partition("-")[0].lower()))
        except ValueError:
            continue
    return next((tag for weight, _, tag in sorted(ranked) if tag in LANGUAGES and weight < 0), FALLBACK)
