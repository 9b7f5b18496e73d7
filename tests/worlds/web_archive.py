"""A web archive on loopback that speaks the CDX server's JSON and gives raw replays, and a way to make it misbehave."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

from aiohttp import web

HTML = "text/html; charset=utf-8"
FIELDS = ("urlkey", "timestamp", "original", "digest")
STAMP = "%Y%m%d%H%M%S"


@dataclass(frozen=True)
class Kept:
    """A capture in the archive."""

    at: datetime
    body: bytes
    status: int = 200
    content_type: str = HTML

    @property
    def stamp(self) -> str:
        return self.at.strftime(STAMP)


@dataclass(frozen=True)
class Odd:
    """An answer that is not what one would expect."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


class WebArchiveServer:
    """`keep` adds captures; `odd_index` and `odd_replays` are given before anything regular, by address asked about."""

    def __init__(self) -> None:
        self.kept: dict[str, list[Kept]] = {}
        self.odd_index: dict[str, list[Odd]] = {}
        self.odd_replays: dict[str, list[Odd]] = {}
        self.page_rows = 1_000
        self.queries: list[list[tuple[str, str]]] = []
        self.asked: Counter[str] = Counter()
        """Requests for each address, of the index or of a replay."""
        self.base = ""

    def keep(self, url: str, at: datetime, body: str | bytes, *, status: int = 200, content_type: str = HTML) -> None:
        raw = body.encode() if isinstance(body, str) else body
        self.kept.setdefault(url, []).append(Kept(at, raw, status, content_type))

    async def index(self, request: web.Request) -> web.Response:
        query = list(request.query.items())
        self.queries.append(query)
        given = dict(query)
        url = given["url"]
        self.asked[f"index {url}"] += 1
        odd = self._odd(self.odd_index, url)
        if odd is not None:
            return odd
        filters = [value for name, value in query if name == "filter"]
        rows = [
            ["key", kept.stamp, url, str(hash(kept.body))]
            for kept in sorted(self.kept.get(url, []), key=lambda kept: kept.at)
            if given.get("from", "0") <= kept.stamp <= given.get("to", "9")
            and ("statuscode:200" not in filters or kept.status == 200)
            and ("mimetype:text/html" not in filters or kept.content_type == HTML)
        ]
        if not rows:
            return web.Response(text="[]", content_type="application/json")
        start = int(given.get("resumeKey", "0"))
        page: list[Sequence[str]] = [FIELDS, *rows[start : start + self.page_rows]]
        if start + self.page_rows < len(rows):
            page += [[], [str(start + self.page_rows)]]
        return web.Response(text=json.dumps(page), content_type="application/json")

    async def replay(self, request: web.Request) -> web.Response:
        stamp, _, url = request.raw_path.removeprefix("/web/").partition("id_/")
        self.asked[f"replay {url}"] += 1
        odd = self._odd(self.odd_replays, url)
        if odd is not None:
            return odd
        kept = min(
            self.kept.get(url, []),
            key=lambda kept: abs(kept.at - datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)),
            default=None,
        )
        if kept is None:
            return web.Response(status=404, text="not in the archive")
        if kept.stamp != stamp:
            return web.Response(status=302, headers={"Location": f"/web/{kept.stamp}id_/{url}"})
        headers = {"Memento-Datetime": format_datetime(kept.at, usegmt=True), "Content-Type": kept.content_type}
        return web.Response(status=kept.status, body=kept.body, headers=headers)

    def _odd(self, answers: dict[str, list[Odd]], url: str) -> web.Response | None:
        waiting = answers.get(url)
        if not waiting:
            return None
        odd = waiting.pop(0)
        return web.Response(status=odd.status, body=odd.body, headers={"Content-Type": odd.content_type} | odd.headers)

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/cdx/search/cdx", self.index)
        application.router.add_get("/web/{rest:.*}", self.replay)
        return application


@contextmanager
def web_archive() -> Iterator[WebArchiveServer]:
    """The archive, served from a thread of its own."""
    archive = WebArchiveServer()
    with served(archive.application()) as base:
        archive.base = base
        yield archive


@contextmanager
def served(application: web.Application) -> Iterator[str]:
    """The application on loopback, served from a thread of its own; gives its address."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = Future()

    async def serve() -> None:
        runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        stopping = asyncio.Event()
        started.set_result((asyncio.get_running_loop(), stopping, runner.addresses[0][1]))
        await stopping.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    loop, stopping, port = started.result(10)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
