"""Answers that are slow to read: each costs itself, and everybody else is done meanwhile."""

from __future__ import annotations

import gzip
import os
import re
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.steps.test_hostile_answers import REFUSALS, ROBOTS
from tests.steps.test_hostile_feeds import FEEDS, NO_FEEDS
from tests.steps.test_hostile_wire import FAULTS
from tests.worlds.hostile import (
    Act,
    Document,
    HostileServer,
    Site,
    Way,
    always,
    answer,
    article,
    head,
    honestly,
    redirecting,
    rss,
)
from tests.worlds.ledgers import environment_of
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


SLOW_ITEM = f"<item><link>http://slow.localhost/a</link><author>a{'.' * 400_000}</author></item>"
"""The time that feedparser needs for it grows with the square of its length."""


def never_whole(*sent: bytes) -> Way:
    return always(*sent, Act.SILENCE)


SLOW_TO_READ: Mapping[str, tuple[str, Document, Way]] = {
    "a page instead of a feed": ("/feed.xml", FREEZING_PAGE, honestly),
    "a feed": ("/feed.xml", rss(SLOW_ITEM), honestly),
    "a page": ("/leads-to-it", article("a"), redirecting("/freezes")),
}
"""Fewer than there are worker processes: until the interrupt, each occupies one."""
CASES: Mapping[str, tuple[Document, Way]] = {
    "many members": (article("a"), layered),
    "a sitemap of many members": (rss(), gzipped_sitemap),
    "half of the head": (article("a"), never_whole(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")),
    "half of the body": (article("a"), never_whole(head("Content-Length: 900000"), b"<html><p>The ferry")),
    **{name: (article("a"), fault.way) for name, fault in FAULTS.items()},
    **{name: (article("a"), refusal.way) for name, refusal in REFUSALS.items()},
}
"""Every hostile answer of the other tests, and those above. A page meets them as a feed does."""
DOCUMENTS = {
    **{name: feed.text.encode(feed.charset) for name, feed in FEEDS.items()},
    **NO_FEEDS,
}


def hostile_sites(hostile: HostileServer) -> Iterator[tuple[Site, str]]:
    """A site for each case, with the path at which it is met."""
    for name, (path, document, way) in SLOW_TO_READ.items():
        site = hostile.site(f"slow {name}")
        site.feed("/feed.xml", path)
        site.serve(path, document, way)
        site.serve("/freezes", FREEZING_PAGE)
        yield site, path
    for number, (document, way) in enumerate(CASES.values()):
        site = hostile.site(f"feed {number}")
        site.serve("/feed.xml", document, way)
        yield site, "/feed.xml"
        site = hostile.site(f"page {number}")
        site.feed("/feed.xml", "/bad")
        site.serve("/bad", document, way)
        yield site, "/bad"
    for number, body in enumerate(DOCUMENTS.values()):
        site = hostile.site(f"document {number}")
        site.serve("/feed.xml", Document(body, "text/xml"))
        yield site, "/feed.xml"
    for number, robots in enumerate(ROBOTS.values()):
        site = hostile.site(f"robots {number}")
        site.serve("/robots.txt", Document(b"", "text/plain"), robots.way)
        yield site, "/robots.txt"


def test_an_interrupt_ends_a_run_amid_all_hostile_cases(tmp_path: Path) -> None:
    """The run is so patient that only an interrupt ends it. It ends as after Ctrl-C, and leaves no process."""
    with HostileServer() as hostile, WebServer() as good:
        good.feed("/feed.xml", ("/a", "Ferry adrift"))
        good.page("/a", "Ferry adrift", *PARAGRAPHS)
        sites = list(hostile_sites(hostile))
        sources = tmp_path / "sources.toml"
        entries = (entry(f"evil-{number}", site.base) for number, (site, _) in enumerate(sites))
        sources.write_text(entry("good", good.base) + "".join(entries))
        allowed = {"NEWSLEDGER_ALLOW_HOSTS": ".localhost,127.0.0.1"}
        patience = {f"NEWSLEDGER_{of}_TIMEOUT_SECONDS": "600" for of in ("PARSE", "READ", "REQUEST")}
        with subprocess.Popen(
            [COMMAND, "poll", "--sources", sources, "--data", tmp_path / "data"],
            env=os.environ | allowed | patience | environment_of(tmp_path / "data"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                while not (good.asked["/a"] and all(site.asked[path] for site, path in sites)):
                    with suppress(subprocess.TimeoutExpired):
                        assert process.wait(0.2) is None, "the run ended by itself"
                assert any(map(_computes, _workers(psutil.Process(process.pid))))
                started = psutil.Process(process.pid).children(recursive=True)
                process.send_signal(signal.SIGTERM)
                _, errors = process.communicate(timeout=60)
            finally:
                process.kill()
        assert process.returncode == 130, errors
        assert "newsledger: interrupted" in errors
        assert "Traceback" not in errors
        assert psutil.wait_procs(started, timeout=60)[1] == []


def _workers(run: psutil.Process) -> list[psutil.Process]:
    """The children of its fork server."""
    return [child for server in run.children() for child in server.children()]


def _computes(worker: psutil.Process) -> bool:
    """True if the process has computed for longer than it takes to read a sound answer."""
    return bool(worker.cpu_times().user > 0.5)
