"""A small web server on loopback whose answers a test sets, and which counts what it is asked; a count of the
connections that this process opens, whichever code opens them."""

from __future__ import annotations

import ipaddress
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from types import TracebackType
from typing import Self
from urllib.parse import urljoin


@dataclass(frozen=True)
class Answer:
    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "text/html; charset=utf-8"


class WebServer:
    """`answers` maps paths to answers and may be changed at any time; what is missing is a 404.

    `decides` maps paths to functions of the request's headers, for answers that depend on them.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.decides: dict[str, Callable[[Mapping[str, str]], Answer]] = {}
        self.asked: Counter[str] = Counter()
        self.asked_at: list[float] = []
        self.now = self.most_at_once = 0
        self.counting = threading.Lock()
        self.request_headers: dict[str, Mapping[str, str]] = {}
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                with web.counting:
                    web.asked[self.path] += 1
                    web.asked_at.append(monotonic())
                    web.now += 1
                    web.most_at_once = max(web.most_at_once, web.now)
                try:
                    self.answer()
                finally:
                    with web.counting:
                        web.now -= 1

            def answer(self) -> None:
                web.request_headers[self.path] = dict(self.headers.items())
                answer = web.answers.get(self.path, Answer(b"nothing here", 404))
                if self.path in web.decides:
                    answer = web.decides[self.path](web.request_headers[self.path])
                tag = answer.headers.get("ETag")
                unchanged = tag is not None and self.headers.get("If-None-Match") == tag
                body = b"" if unchanged else answer.body
                self.send_response(304 if unchanged else answer.status)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(body)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def page(self, path: str, headline: str, *paragraphs: str, etag: str | None = None) -> None:
        """Serve an article."""
        body = "".join(f"<p>{text}</p>" for text in paragraphs)
        html = (
            f"<!doctype html><html lang='en'><head><title>{headline}</title></head>"
            f"<body><nav><a href='/'>Home</a></nav><article><h1>{headline}</h1>{body}</article></body></html>"
        )
        self.answers[path] = Answer(html.encode(), headers={"ETag": etag} if etag else {})

    def feed(
        self,
        path: str,
        *items: tuple[str, str],
        etag: str | None = None,
        published_at: datetime = datetime(2026, 3, 2, 8, tzinfo=UTC),  # it does not change
    ) -> None:
        """Serve an RSS feed of pairs (path or whole address, title)."""
        rows = "".join(
            f"<item><title>{title}</title><link>{urljoin(self.base, link)}</link><guid>{link}</guid>"
            f"<pubDate>{format_datetime(published_at, usegmt=True)}</pubDate></item>"
            for link, title in items
        )
        body = f"<rss version='2.0'><channel><title>Test</title><link>{self.base}/</link>{rows}</channel></rss>"
        self.answers[path] = Answer(
            body.encode(), headers={"ETag": etag} if etag else {}, content_type="application/rss+xml; charset=utf-8"
        )


Endpoint = tuple[str, int]


class ConnectionCounter:
    """The endpoints that this process connected to, in order, since it was last asked to count.

    Python raises the audit event `socket.connect` before any connection (PEP 578), so nothing needs to be replaced to
    count them. What would leave loopback is counted and then refused: a guard that fails in a test does no harm.
    """

    def __init__(self) -> None:
        self.opened: list[Endpoint] | None = None

    def audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if event != "socket.connect" or self.opened is None:
            return
        address = arguments[1]
        if not isinstance(address, tuple):
            return  # a Unix socket's path
        host, port = address[:2]
        self.opened.append((host, port))
        if not ipaddress.ip_address(host).is_loopback:
            raise ConnectionRefusedError(f"{host} port {port}: tests connect to loopback only")


@cache
def counter() -> ConnectionCounter:
    """The only one: an audit hook cannot be removed."""
    only = ConnectionCounter()
    sys.addaudithook(only.audit)
    return only


@contextmanager
def counted_connections() -> Iterator[list[Endpoint]]:
    """The list grows with every connection that is tried until the block ends."""
    opened: list[Endpoint] = []
    counter().opened = opened
    try:
        yield opened
    finally:
        counter().opened = None
