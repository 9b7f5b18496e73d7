"""The web server: five virtual hosts on one loopback port, with the articles published by the simulated time."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from types import TracebackType
from typing import Self

from aiohttp import web

from pipeline.demo.articles import load_articles
from pipeline.demo.editions import Desk, Edition
from pipeline.demo.outlets import Outlet, load_outlets
from pipeline.demo.pages import create_environment
from pipeline.demo.site import Site, SitePage
from pipeline.demo.sitemaps import sitemap_paths

FIRST_DAY = date(2026, 3, 2)  # a Monday
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class AnsweredRequest:
    """One request that the newsroom answered."""

    host: str  # without port
    path: str  # as sent, with query
    status: int
    at: datetime  # simulated time, UTC


@dataclass(frozen=True)
class _Running:
    """The event loop of the server's thread, and the event that stops it."""

    loop: asyncio.AbstractEventLoop
    stopping: asyncio.Event


class Newsroom:
    """The sample newsroom, served from a thread of its own while the context is open.

    `now` is the simulated clock and returns aware times; at the same time the newsroom serves the same bytes. A
    different `first_day` moves all dates; it should be a Monday, because the texts name weekdays. With `port` 0 the
    system picks a free port. Entering the context raises OSError if the port is in use.
    """

    def __init__(self, now: Callable[[], datetime], port: int = 0, first_day: date = FIRST_DAY) -> None:
        self.port = port
        self._now = now
        self._first_day = first_day
        self._outlets = load_outlets()
        self._articles = load_articles()
        self._environment = create_environment()
        self._sites: dict[str, Site] = {}
        self._requests: list[AnsweredRequest] = []
        self._requests_lock = threading.Lock()

    def __enter__(self) -> Self:
        listener = socket.create_server((LOOPBACK, self.port), backlog=128)
        self.port = listener.getsockname()[1]
        self._sites = {outlet.host: self._site(outlet) for outlet in self._outlets}
        started: Future[_Running] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(listener, started)), name="newsroom")
        self._thread.start()
        self._running = started.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.loop.call_soon_threadsafe(self._running.stopping.set)
        self._thread.join()

    @property
    def requests(self) -> list[AnsweredRequest]:
        """Every request answered so far, in order."""
        with self._requests_lock:
            return list(self._requests)

    def editions(self) -> list[Edition]:
        """Everything published by now in its current version: the expected content of the pages."""
        now = self._now()
        return [edition for site in self._sites.values() for edition in site.desk.editions(now)]

    def sources_toml(self) -> str:
        """A `sources.toml` with the five outlets."""
        return "\n".join(self._source_toml(outlet) for outlet in self._outlets)

    def _source_toml(self, outlet: Outlet) -> str:
        base_url = self._base_url(outlet)
        feeds = "".join(f'    "{base_url}{feed.path}",\n' for feed in outlet.feeds)
        sitemaps = "".join(f'    "{base_url}{path}",\n' for path in sitemap_paths(outlet))
        return (
            "[[source]]\n"
            f'id = "{outlet.id}"\n'
            f'name = "{outlet.name}"\n'
            f'language = "{outlet.language}"\n'
            f'country = "{outlet.country}"\n'
            f'homepage = "{base_url}/"\n'
            f"feeds = [\n{feeds}]\n"
            f"sitemaps = [\n{sitemaps}]\n"
        )

    def _base_url(self, outlet: Outlet) -> str:
        return f"http://{outlet.host}:{self.port}"

    def _site(self, outlet: Outlet) -> Site:
        articles = tuple(article for article in self._articles if article.outlet == outlet.id)
        desk = Desk(outlet=outlet, articles=articles, first_day=self._first_day, base_url=self._base_url(outlet))
        return Site(desk=desk, environment=self._environment)

    async def _serve(self, listener: socket.socket, started: Future[_Running]) -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        running = _Running(loop=asyncio.get_running_loop(), stopping=asyncio.Event())
        try:
            await runner.setup()
            await web.SockSite(runner, listener).start()
        except BaseException as exc:
            started.set_exception(exc)  # raised in the thread that enters the context
            raise
        started.set_result(running)
        await running.stopping.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        now = self._now().astimezone(UTC)
        host = request.host.rpartition(":")[0] or request.host
        response = self._response(request, host, now)
        response.headers["Date"] = format_datetime(now.replace(microsecond=0), usegmt=True)
        response.headers["Server"] = "newsroom"
        with self._requests_lock:
            self._requests.append(AnsweredRequest(host=host, path=request.raw_path, status=response.status, at=now))
        return response

    def _response(self, request: web.Request, host: str, now: datetime) -> web.Response:
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=405, headers={"Allow": "GET, HEAD"})
        site = self._sites.get(host)
        if site is None:
            return web.Response(status=421, text=f"no outlet is served as {host}\n")
        page = site.page(request.path, now)
        return _write_response(page, request)


def _write_response(page: SitePage, request: web.Request) -> web.Response:
    headers = {"Content-Type": page.content_type}
    if page.modified_at is not None:
        headers |= {"ETag": page.etag, "Last-Modified": page.last_modified}
    conditions = (request.headers.get("If-None-Match", ""), request.headers.get("If-Modified-Since", ""))
    if page.is_unmodified(*conditions):
        return web.Response(status=304, headers=headers)
    return web.Response(status=page.status, body=page.body, headers=headers)
