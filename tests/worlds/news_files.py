"""News files as Common Crawl writes them, sound and otherwise, and a server for them."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from aiohttp import web

from tests.worlds.web_archive import served

PAGE = b"<html><head><title>Page</title></head><body><p>Text.</p></body></html>"


def warc_record(
    url: str,
    at: datetime | str,
    body: bytes = PAGE,
    *,
    kind: str = "response",
    status: str = "200 OK",
    headers: tuple[str, ...] = ("Content-Type: text/html; charset=utf-8",),
    digest: str | None = None,
    fields: tuple[str, ...] = (),
) -> bytes:
    """One record, a gzip member of its own."""
    http = "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode() + body
    date = at if isinstance(at, str) else f"{at:%Y-%m-%dT%H:%M:%SZ}"
    lines = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Date: {date}",
        f"WARC-Record-ID: <urn:uuid:{uuid5(NAMESPACE_URL, url)}>",
        f"WARC-Target-URI: {url}",
        f"WARC-Payload-Digest: {digest or sha1(body)}",
        "Content-Type: application/http; msgtype=response",
        *fields,
        f"Content-Length: {len(http)}",
    ]
    return gzip.compress("\r\n".join([*lines, "", ""]).encode() + http + b"\r\n\r\n")


def sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def warcinfo() -> bytes:
    body = b"robots: classic\r\n"
    head = (
        "WARC/1.0\r\nWARC-Type: warcinfo\r\nWARC-Date: 2026-03-14T00:00:00Z\r\nWARC-Record-ID: <urn:uuid:0>\r\n"
        f"Content-Type: application/warc-fields\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + body + b"\r\n\r\n")


def file_path(at: datetime, number: int = 0) -> str:
    return f"crawl-data/CC-NEWS/{at:%Y/%m}/CC-NEWS-{at:%Y%m%d%H%M%S}-{number:05}.warc.gz"


class NewsFileServer:
    """`files` by path; the months' lists are made of them, unless `lists` has another body for a month."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.lists: dict[str, bytes] = {}
        self.cut_off: set[str] = set()
        """Files whose transfer breaks off in the middle."""
        self.halting: set[str] = set()
        """Files whose transfer comes to a halt in the middle."""
        self.asked: Counter[str] = Counter()
        self.base = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/")
        self.asked[path] += 1
        if path.endswith("/warc.paths.gz"):
            return self._list(path.removesuffix("/warc.paths.gz"))
        if path not in self.files:
            return web.Response(status=404)
        body = self.files[path]
        if path not in self.cut_off | self.halting:
            return web.Response(body=body)
        response = web.StreamResponse(headers={"Content-Length": str(len(body))})
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        if path in self.halting:
            await asyncio.Event().wait()
        assert request.transport is not None
        request.transport.close()
        return response

    def _list(self, month: str) -> web.Response:
        if month in self.lists:
            return web.Response(body=self.lists[month])
        paths = [path for path in self.files if path.startswith(f"{month}/")]
        return web.Response(body=gzip.compress("\n".join(paths).encode())) if paths else web.Response(status=404)


@contextmanager
def news_files() -> Iterator[NewsFileServer]:
    """The server, in a thread of its own."""
    server = NewsFileServer()
    application = web.Application()
    application.router.add_get("/{path:.*}", server.answer)
    with served(application) as base:
        server.base = base
        yield server
