"""Answers that are slow to read: each costs itself, and everybody else is done meanwhile."""

from __future__ import annotations

import gzip
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.worlds.hostile import Document, HostileServer, Site, answer, article, head, redirecting, rss, rss_item
from tests.worlds.loopback import WebServer
from tests.worlds.running import COMMAND, entry
from tests.worlds.street import street
from tests.worlds.world import PARAGRAPHS

pytestmark = pytest.mark.slow

ATTRIBUTES = " ".join(f"a{number}=''" for number in range(150_000))
FREEZING_PAGE = Document(f"<!doctype html><p {ATTRIBUTES}>The ferry</p>".encode(), "text/html")
"""One element with more attributes than a parser finishes in a minute, because it compares each with each."""
MEMBERS = gzip.compress(gzip.compress(gzip.compress(b"") * 600_000))
"""Some hundred bytes which say that they are gzip in gzip in empty gzip members."""


def layered(document: Document) -> Iterable[bytes]:
    yield answer(Document(MEMBERS, document.content_type), "Content-Encoding: gzip, gzip, gzip")


def gzipped_sitemap(document: Document) -> Iterable[bytes]:
    yield answer(Document(gzip.compress(b"") * 600_000, "application/gzip"))


def test_what_is_slow_to_read_costs_only_itself(tmp_path: Path) -> None:
    with street(tmp_path, parse_timeout_seconds=3.0) as opened:
        site = opened.site("evil", "/feed.xml", "/members.xml", sitemaps=["/map.xml.gz"])
        site.feed("/feed.xml", "/freezes", "/leads-to-it", "/members", "/sound")
        site.serve("/freezes", FREEZING_PAGE)
        site.serve("/leads-to-it", article("a"), redirecting("/freezes"))
        site.page("/members", layered)
        site.page("/sound")
        site.feed("/members.xml", "/x", way=layered)
        site.serve("/map.xml.gz", rss(), gzipped_sitemap)
        opened.meet()
        record = opened.record(site)
        assert {path: record.failure(path).reason for path in ("/leads-to-it", "/members")} == {
            "/leads-to-it": "unreadable",
            "/members": "bad_encoding",
        }
        assert not record.failure("/leads-to-it").will_retry
        assert record.poll("/members.xml").reason == "bad_encoding"
        assert record.poll("/map.xml.gz").reason == "not_a_feed"
        assert record.capture("/sound").status == 200
        opened.assert_good_is_complete()
        assert opened.verify().findings == ()


def test_a_site_of_which_nothing_can_be_read_is_left_to_the_next_run(tmp_path: Path) -> None:
    with street(tmp_path, parse_timeout_seconds=1.0) as opened:
        site = opened.site("evil", "/feed.xml")
        pages = [f"/{number}" for number in range(6)]
        site.feed("/feed.xml", *pages)
        for path in pages:
            site.serve(path, article("a"), redirecting("/freezes"))
        site.serve("/freezes", FREEZING_PAGE)
        (notice,) = opened.meet().notices
        assert re.match(r"source evil: evil\.localhost: 3 of its answers could not be read", notice)
        assert opened.record(site).counts == (1, len(pages), 0, 3)
        opened.assert_good_is_complete()


SLOW_ITEM = f"<item><link>http://evil.localhost/a</link><author>a{'.' * 400_000}</author></item>"
"""The time that feedparser needs for it grows with the square of its length."""
SLOW_TO_READ: dict[str, Mapping[str, Document]] = {
    "a page": {"/feed.xml": rss(rss_item("/leads-to-it")), "/freezes": FREEZING_PAGE},
    "a page instead of a feed": {"/feed.xml": FREEZING_PAGE},
    "a feed": {"/feed.xml": rss(SLOW_ITEM)},
}
NEVER_WHOLE: dict[str, tuple[bytes, ...]] = {
    "nothing": (),
    "half of the head": (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n",),
    "half of the body": (head("Content-Length: 900000"), b"<html><p>The ferry"),
}


@contextmanager
def a_run(folder: Path, site: Site) -> Iterator[subprocess.Popen[str]]:
    """A run that polls the hostile site and a good one. It is patient, so only an interrupt ends it."""
    with WebServer() as good:
        good.feed("/feed.xml", ("/a", "Ferry adrift"))
        good.page("/a", "Ferry adrift", *PARAGRAPHS)
        sources = folder / "sources.toml"
        sources.write_text(entry("evil", site.base) + entry("good", good.base))
        patience = {f"NEWSLEDGER_{of}_TIMEOUT_SECONDS": "600" for of in ("PARSE", "READ", "REQUEST")}
        with subprocess.Popen(
            [COMMAND, "poll", "--sources", sources, "--data", folder / "data"],
            env=os.environ | {"NEWSLEDGER_ALLOW_HOSTS": ".localhost,127.0.0.1"} | patience,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


def interrupt(process: subprocess.Popen[str]) -> None:
    """Send SIGTERM; the run ends as after Ctrl-C, and leaves no process."""
    started = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "newsledger: interrupted" in errors
    assert "Traceback" not in errors
    assert psutil.wait_procs(started, timeout=60)[1] == []


@pytest.mark.parametrize("documents", SLOW_TO_READ.values(), ids=SLOW_TO_READ)
def test_an_interrupt_ends_a_run_that_reads_such_an_answer(documents: Mapping[str, Document], tmp_path: Path) -> None:
    with HostileServer() as hostile:
        site = hostile.site("evil")
        site.serve("/leads-to-it", article("a"), redirecting("/freezes"))
        for path, document in documents.items():
            site.serve(path, document)
        with a_run(tmp_path, site) as process:
            while not any(map(_computes, _workers(psutil.Process(process.pid)))):
                assert process.poll() is None
            interrupt(process)


@pytest.mark.parametrize("sent", NEVER_WHOLE.values(), ids=NEVER_WHOLE)
def test_an_interrupt_ends_a_run_that_waits_for_an_answer(sent: Sequence[bytes], tmp_path: Path) -> None:
    asked, ended = threading.Event(), threading.Event()

    def way(_: Document) -> Iterator[bytes]:
        yield from sent
        asked.set()
        ended.wait()

    with HostileServer() as hostile:
        site = hostile.site("evil")
        site.serve("/feed.xml", rss(), way)
        with a_run(tmp_path, site) as process:
            try:
                while not asked.wait(1):
                    assert process.poll() is None
                interrupt(process)
            finally:
                ended.set()


def _workers(run: psutil.Process) -> list[psutil.Process]:
    """The children of its fork server."""
    return [child for server in run.children() for child in server.children()]


def _computes(worker: psutil.Process) -> bool:
    """Whether the process has computed for longer than it takes to read a sound answer."""
    return bool(worker.cpu_times().user > 0.5)
