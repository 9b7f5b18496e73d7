"""What polling costs: `python -m tests.benchmarks.polling [FEEDS]`.

Polls so many feeds of 50 items on loopback three times, each on a host of its own: when all items are new, when none
is, and when two of each feed are. The feeds are RSS with a summary in HTML, as most outlets write them. Prints one JSON
line for each poll: CPU seconds of the whole run, with its worker processes, the fork server, WARC and ledger.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil

from pipeline.collect import READERS
from pipeline.ledger import start_run
from pipeline.settings import Settings
from pipeline.sources import Source
from pipeline.steps.feed_state import Which
from pipeline.steps.poll import poll_source
from pipeline.steps.run.stores import StepResult, Stores
from pipeline.steps.run.visits import polite_client, visit_each
from pipeline.workers import preload
from tests.worlds.running import free_port

FEEDS = 1_000
ITEMS = 50
POLLS = {"all items new": 0, "nothing new": 0, "two items new": 2}
"""How many items are newer than those of the first poll."""
PATIENCE_SECONDS = 900
"""No request of a thousand at once on a busy machine may time out."""


@lru_cache(FEEDS)
def body(feed: int, newer: int) -> bytes:
    """A feed of 50 KB."""
    items = "".join(
        f"""<item><title>Die Fähre {number} von {feed} legt wieder ab</title>
        <link>https://bote-{feed}.example/faehre-{number}.html</link><guid isPermaLink="false">{feed}-{number}</guid>
        <pubDate>Mon, 02 Mar 2026 08:{number:02}:00 +0100</pubDate><category>Hafen</category>
        <description><![CDATA[<p><img src="/{number}.jpg" alt="Fähre"/> {"Der Hafen öffnet im Sommer. " * 14}
        <a href="/faehre-{number}.html">Mehr</a></p>]]></description></item>"""
        for number in range(newer, ITEMS + newer)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Bote {feed}</title>
    <link>https://bote-{feed}.example/</link>{items}</channel></rss>""".encode()


class Listener(ThreadingHTTPServer):
    request_queue_size = FEEDS
    """All feeds are asked at once."""


class FeedServer(BaseHTTPRequestHandler):
    """Answers `feedN.localhost` with its feed; the path says how many items are newer."""

    newer = 0

    def do_GET(self) -> None:
        host = self.headers["Host"].partition(".")[0]
        if self.path.startswith("/newer/"):
            type(self).newer = int(self.path.rpartition("/")[2])
        content = body(int(host.removeprefix("feed")), type(self).newer) if self.path == "/feed.xml" else b""
        self.send_response(200 if content else 404)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


def poll_all(stores: Stores, sources: list[Source]) -> StepResult:
    async def run() -> StepResult:
        async with polite_client(stores.settings, sources, stores.now) as client:
            return await visit_each(stores, sources, lambda source: poll_source(stores, client, source, Which.CURRENT))

    return asyncio.run(run())


def cpu_seconds() -> float:
    """CPU time of this process, its fork server, and the worker processes that have ended."""
    spent = [process.cpu_times() for process in (psutil.Process(), *psutil.Process().children())]
    return sum(each.user + each.system + each.children_user + each.children_system for each in spent)


def measure(feeds: int, port: int, folder: Path) -> None:
    settings = Settings(
        data=folder,
        sources=folder / "sources.toml",
        allow_hosts=(".localhost",),
        jobs=1,
        request_timeout_seconds=PATIENCE_SECONDS,
        read_timeout_seconds=PATIENCE_SECONDS,
    )
    bases = [f"http://feed{number}.localhost:{port}" for number in range(feeds)]
    sources = [
        Source(
            id=f"feed{number}",
            name=f"Bote {number}",
            country="DE",
            language="de",
            timezone="Europe/Berlin",
            homepage=base,
            feeds=(f"{base}/feed.xml",),
            requests_per_second=1_000,
        )
        for number, base in enumerate(bases)
    ]
    preload(*READERS)  # as all commands do that poll
    for what, newer in POLLS.items():
        subprocess.run(["curl", "-s", "-H", "Host: feed0", f"http://127.0.0.1:{port}/newer/{newer}"], check=True)
        with Stores(settings, start_run()) as stores:
            before, began = cpu_seconds(), time.perf_counter()
            result = poll_all(stores, sources)
            spent, seconds = cpu_seconds() - before, time.perf_counter() - began
        result.require_success()
        row = {"what": what, "feeds": feeds, "items": result.count("item_discovered")}
        print(json.dumps({**row, "cpu_seconds": round(spent, 2), "seconds": round(seconds, 2)}), flush=True)


def main() -> None:
    feeds, port = int(sys.argv[1]) if len(sys.argv) > 1 else FEEDS, free_port()
    here = [sys.executable, "-m", "tests.benchmarks.polling"]
    server = subprocess.Popen([*here, "--serve", str(port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert server.stdout is not None
        server.stdout.readline()
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([*here, "--measure", str(feeds), str(port), folder], check=True)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--serve", port]:
            server = Listener(("127.0.0.1", int(port)), FeedServer)
            print("ready", flush=True)
            server.serve_forever()
        case ["--measure", feeds, port, folder]:
            measure(int(feeds), int(port), Path(folder))
        case _:
            main()
