"""A web server that misbehaves on the wire as a test says.

A way of serving is a function of the document that would be right; it yields what is written to the socket, and what
else is done to the connection. So feeds and pages can be served with the same misbehaviour.
"""

from __future__ import annotations

import re
import socket
import socketserver
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from enum import Enum
from time import monotonic
from types import TracebackType
from typing import Self

import msgspec

from tests.worlds.world import PARAGRAPHS

PAUSE_SECONDS = 0.05
ABANDONED_SECONDS = 30.0
"""If a client neither reads nor disconnects for this long, its test has ended."""


class Act(Enum):
    """What a server can do besides sending bytes."""

    PAUSE = "pause"
    SILENCE = "silence"
    """Until the client leaves."""
    CLOSE = "close"
    RESET = "reset"


class Document(msgspec.Struct, frozen=True):
    """What would be the right answer."""

    body: bytes
    content_type: str


class Request(msgspec.Struct, frozen=True):
    """As it was read from the wire; header names in lower case."""

    path: str
    headers: Mapping[str, str]
    at: float
    """Monotonic, in seconds."""


Way = Callable[[Document], Iterable[bytes | Act]]
"""The connection is kept for the next request unless the way closes it."""


def head(*lines: str, status: str = "200 OK") -> bytes:
    """A status line and these header lines, in Latin-1."""
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode("latin-1")


def answer(document: Document, *lines: str, status: str = "200 OK") -> bytes:
    """The document as it should be sent, with these header lines besides."""
    length = f"Content-Length: {len(document.body)}"
    return head(f"Content-Type: {document.content_type}", length, *lines, status=status) + document.body


def honestly(document: Document) -> Iterator[bytes]:
    yield answer(document)


def always(*acts: bytes | Act) -> Way:
    """The same acts, whatever the document."""
    return lambda _: acts


def refusing(status: str, *lines: str) -> Way:
    """Another status than 200, with a few words instead of the document."""
    return always(answer(Document(b"not this time", "text/plain"), *lines, status=status))


def redirecting(location: str, status: str = "302 Found") -> Way:
    return refusing(status, f"Location: {location}")


def rss(*items: str) -> Document:
    rows = "".join(items)
    body = f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel>{rows}</channel></rss>"
    return Document(body.encode(), "application/rss+xml")


def rss_item(link: str) -> str:
    return f"<item><title>{link}</title><link>{link}</link></item>"


def article(headline: str) -> Document:
    body = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    html = f"<!doctype html><html><head><title>{headline}</title></head><body><article>{body}</article></body></html>"
    return Document(html.encode(), "text/html; charset=utf-8")


class Site:
    """A host of the hostile server: what it serves in which way, and what it was asked. What is missing is a 404."""

    def __init__(self, name: str, port: int) -> None:
        self.host = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-") + ".localhost"
        self.base = f"http://{self.host}:{port}"
        self.served: dict[str, tuple[Document, Way]] = {}
        self.requests: list[Request] = []

    def serve(self, path: str, document: Document, way: Way = honestly) -> None:
        self.served[path] = document, way

    def feed(self, path: str, *links: str, way: Way = honestly) -> None:
        """Serve an RSS feed with these pages of the site as its items."""
        self.serve(path, rss(*(rss_item(self.base + link) for link in links)), way)

    def page(self, path: str, way: Way = honestly) -> None:
        """Serve an article with its path as the headline."""
        self.serve(path, article(path), way)

    @property
    def asked(self) -> Counter[str]:
        """How often for each path."""
        return Counter(request.path for request in self.requests)

    def acts(self, request: Request) -> Iterable[bytes | Act]:
        self.requests.append(request)
        document, way = self.served.get(request.path, (_NOTHING, refusing("404 Not Found")))
        return way(document)


class HostileServer:
    """Its sites share a port. `at_accept` is done to each connection before its first request."""

    def __init__(self, at_accept: Way = always()) -> None:  # noqa: B008  # it holds nothing that changes
        self._at_accept = at_accept
        self._sites: dict[str, Site] = {}
        self._closing = threading.Event()
        self._server = _Sockets(self)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """From now on connections are refused."""
        if not self._closing.is_set():
            self._closing.set()
            self._server.shutdown()
            self._server.server_close()

    def site(self, name: str) -> Site:
        """A new host of this name."""
        site = Site(name, self._server.server_address[1])
        assert site.host not in self._sites
        self._sites[site.host] = site
        return site

    def converse(self, connection: socket.socket) -> None:
        """Answer the requests of one connection until one side has had enough."""
        connection.settimeout(ABANDONED_SECONDS)
        open_still = self._perform(connection, self._at_accept(_NOTHING))
        buffer = b""
        while open_still:
            while b"\r\n\r\n" not in buffer:
                received = connection.recv(1 << 16)
                if not received:
                    return
                buffer += received
            lines, _, buffer = buffer.partition(b"\r\n\r\n")
            request = _request(lines)
            site = self._sites[request.headers["host"].partition(":")[0]]
            open_still = self._perform(connection, site.acts(request))

    def _perform(self, connection: socket.socket, acts: Iterable[bytes | Act]) -> bool:
        """True if the connection is still open."""
        for act in acts:
            match act:
                case bytes():
                    connection.sendall(act)
                case Act.PAUSE:
                    self._closing.wait(PAUSE_SECONDS)
                case Act.SILENCE:
                    while connection.recv(1 << 16):
                        pass
                    return False
                case Act.CLOSE:
                    return False
                case Act.RESET:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    connection.close()
                    return False
        return True


_NOTHING = Document(b"", "text/plain")


class _Sockets(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, hostile: HostileServer) -> None:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):  # the client has left, as most do
                    hostile.converse(self.request)

        super().__init__(("127.0.0.1", 0), Handler)


def _request(lines: bytes) -> Request:
    first, *rest = lines.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    return Request(first.split(" ")[1], headers, monotonic())
