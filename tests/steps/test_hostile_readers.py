"""Answers that are slow to read: each costs itself, and everybody else is done meanwhile."""

from __future__ import annotations

import gzip
import os
import re
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path

import psutil
import pytest

from tests.worlds.hostile import Document, HostileServer, answer, article, redirecting, rss, rss_item
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


def test_an_interrupt_ends_a_run_that_reads_such_an_answer(tmp_path: Path) -> None:
    with HostileServer() as hostile, WebServer() as good:
        site = hostile.site("evil")
        site.serve("/feed.xml", rss(rss_item(f"{site.base}/leads-to-it")))
        site.serve("/leads-to-it", article("a"), redirecting("/freezes"))
        site.serve("/freezes", FREEZING_PAGE)
        good.feed("/feed.xml", ("/a", "Ferry adrift"))
        good.page("/a", "Ferry adrift", *PARAGRAPHS)
        sources = tmp_path / "sources.toml"
        sources.write_text(entry("evil", site.base) + entry("good", good.base))
        process = subprocess.Popen(
            [COMMAND, "poll", "--sources", sources, "--data", tmp_path / "data"],
            env=os.environ
            | {"NEWSLEDGER_ALLOW_HOSTS": ".localhost,127.0.0.1", "NEWSLEDGER_PARSE_TIMEOUT_SECONDS": "60"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        started = psutil.Process(process.pid)
        while not (busy := [worker for worker in _workers(started) if _computes(worker)]):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 130, errors
        assert "newsledger: interrupted" in errors
        assert "Traceback" not in errors
        assert not [worker for worker in busy if worker.is_running()]


def _workers(run: psutil.Process) -> list[psutil.Process]:
    """The children of its fork server."""
    return [child for server in run.children() for child in server.children()]


def _computes(worker: psutil.Process) -> bool:
    """Whether the process has computed for longer than it takes to read a sound answer."""
    return bool(worker.cpu_times().user > 0.5)
