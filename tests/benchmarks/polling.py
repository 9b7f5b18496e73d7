"""CPU seconds to read feeds of 50 items: `python -m tests.benchmarks.polling [FEEDS]`.

The feeds are RSS with a summary in HTML, as most outlets write them. Prints one JSON line for each of: reading them in
this process; reading them as a poll does, in worker processes with limits; and what this process does for that.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pipeline.collect.feeds import Feed, parse_feed
from pipeline.workers import Workers

FEEDS = 1_000
ITEMS = 50
_NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
_ZONE = ZoneInfo("Europe/Berlin")


def body(feed: int) -> bytes:
    """A feed of 50 KB."""
    items = "".join(
        f"""<item><title>Die Fähre {number} von {feed} legt wieder ab</title>
        <link>https://bote-{feed}.example/faehre-{number}.html</link><guid isPermaLink="false">{feed}-{number}</guid>
        <pubDate>Mon, 02 Mar 2026 08:{number:02}:00 +0100</pubDate><category>Hafen</category>
        <description><![CDATA[<p><img src="/{number}.jpg" alt="Fähre"/> {"Der Hafen öffnet im Sommer. " * 14}
        <a href="/faehre-{number}.html">Mehr</a></p>]]></description></item>"""
        for number in range(ITEMS)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Bote {feed}</title>
    <link>https://bote-{feed}.example/</link>{items}</channel></rss>""".encode()


def read(body: bytes) -> Feed:
    return parse_feed(body, url="https://bote.example/rss", content_type="application/rss+xml", zone=_ZONE, now=_NOW)


def read_counting(body: bytes) -> tuple[Feed, float]:
    """The feed and the CPU seconds of its process, which is no child of the benchmark's process."""
    before = time.process_time()
    return read(body), time.process_time() - before


async def read_in_workers(bodies: list[bytes]) -> float:
    """CPU seconds of the worker processes."""
    async with Workers() as workers:
        reads = [workers.run(str(number), read_counting, body) for number, body in enumerate(bodies)]
        return sum(spent for _, spent in await asyncio.gather(*reads))


def report(what: str, feeds: int, spent: float) -> None:
    row = {"what": what, "feeds": feeds, "cpu_seconds": round(spent, 2), "ms_a_feed": round(spent / feeds * 1000, 2)}
    print(json.dumps(row))


def main() -> None:
    bodies = [body(number) for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else FEEDS)]
    report("in this process", len(bodies), sum(read_counting(one)[1] for one in bodies))
    before = time.process_time()
    in_workers = asyncio.run(read_in_workers(bodies))
    report("in worker processes", len(bodies), in_workers)
    report("handing over to them and back", len(bodies), time.process_time() - before)


if __name__ == "__main__":
    from tests.benchmarks import polling  # worker processes cannot import this file as the main module

    polling.main()
