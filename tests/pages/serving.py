"""The pages as files and from a server, as tests read them."""

from __future__ import annotations

import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from time import sleep
from typing import Any, NamedTuple
from urllib.parse import urldefrag, urljoin, urlsplit

import uvicorn
from lxml import html

from pipeline.cli.pages import pages_of
from pipeline.pages.live_pages import live_pages
from pipeline.pages.reader_limits import ReaderLimits
from pipeline.settings import Settings
from tests.worlds.running import free_port


class Answer(NamedTuple):
    status: int
    headers: Message
    text: str


class Browser:
    """Asks the pages of a data directory over HTTP."""

    def __init__(self, base: str) -> None:
        self.base = base

    def get(self, address: str = "/", headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
        request = urllib.request.Request(self.base + address, headers=dict(headers or {}), method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as exc:
            with exc:
                return Answer(exc.code, exc.headers, exc.read().decode())

    def get_when_started(self, is_running: Callable[[], bool]) -> Answer:
        """The first page of a server that is being started. Raises URLError if it ends before."""
        while True:
            try:
                return self.get()
            except urllib.error.URLError:
                if not is_running():
                    raise
                sleep(0.05)


def parsed(text: str) -> Any:
    """The page as lxml reads it; what its XPath expressions give depends on them, so it has no type."""
    return html.document_fromstring(text)


@contextmanager
def served(data: Path, limits: ReaderLimits | None = None) -> Iterator[Browser]:
    """`newsledger serve` on a port of its own; with other limits, the pages alone."""
    port = free_port()
    settings = Settings(data=data)
    pages = live_pages(settings, limits) if limits else pages_of(settings)
    server = uvicorn.Server(uvicorn.Config(pages, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        sleep(0.01)
    try:
        yield Browser(f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        thread.join()


def one_of_each_kind(browser: Browser) -> dict[str, str]:
    """The address of a page of each kind, found by following links from the first page."""
    found, waiting = dict[str, str](), {"coverage": "/"}
    while waiting:
        kind, address = waiting.popitem()
        found[kind] = address
        for link in links(parsed(browser.get(address).text)):
            target = re.sub(r"[?&]only=[^&]*", "", urldefrag(urljoin(address, link)).url)  # with all rows of the page
            name = urlsplit(target).path.split("/")[1] or "coverage"
            if name not in found and name != "changes.atom":
                waiting[name] = target
    return found


def links(page: Any) -> list[str]:
    """Those to other pages, without those that remove a filter."""
    found = page.xpath("//a[not(ancestor::ul/@class = 'narrowed')]/@href")
    return [str(each) for each in found if urlsplit(each).scheme not in ("http", "https")]
