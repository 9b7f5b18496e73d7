"""Many small outlets, each at a name below `.localhost`, served by one process: what a long list of sources is like.

`python -m tests.worlds.small_outlets COUNT PAGES FOLDER` writes FOLDER/sources.toml and serves until it is ended.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web

from tests.worlds.running import entry, free_port

_WORDS = (
    "harbour",
    "ferry",
    "council",
    "bridge",
    "tide",
    "market",
    "school",
    "budget",
    "storm",
    "rail",
    "museum",
    "clinic",
    "festival",
    "library",
    "road",
)

_PARAGRAPHS = 24
"""Paragraphs of a page: about 4,000 characters, as long as an article usually is."""


def source_id(no: int) -> str:
    return f"outlet-{no:04}"


def sources_toml(count: int, port: int) -> str:
    """All outlets, with a budget that does not slow a measurement down."""
    texts = (entry(source_id(no), f"http://{source_id(no)}.localhost:{port}") for no in range(count))
    return "".join(text + "requests_per_second = 1000\n" for text in texts)


def feed(no: int, pages: int, base: str, now: datetime) -> str:
    items = "".join(
        f"<item><title>{_headline(no, page)}</title><link>{base}/{page}</link><guid>{base}/{page}</guid>"
        f"<pubDate>{now - timedelta(minutes=10 * page):%a, %d %b %Y %H:%M:%S +0000}</pubDate></item>"
        for page in range(pages)
    )
    return f"<rss version='2.0'><channel><title>Outlet {no}</title><link>{base}/</link>{items}</channel></rss>"


def page(no: int, number: int) -> str:
    headline = _headline(no, number)
    text = "".join(
        f"<p>The {_word(no, number, line)} of district {no} was discussed again on day {number}, the "
        f"{_word(line, no, number)} office said. \u201cThe plan for line {line} stays,\u201d Mayor Ada Quill said.</p>"
        for line in range(_PARAGRAPHS)
    )
    return (
        f"<!doctype html><html lang='en'><head><title>{headline}</title></head><body><nav><a href='/'>Home</a></nav>"
        f"<article><h1>{headline}</h1>{text}</article></body></html>"
    )


def _headline(no: int, number: int) -> str:
    return f"{_word(no, number, 1).title()} {number} of district {no} waits for its {_word(no, number, 2)}"


def _word(*numbers: int) -> str:
    return _WORDS[sum(factor * number for factor, number in zip((7, 3, 1), numbers, strict=True)) % len(_WORDS)]


async def serve(count: int, pages: int, folder: Path) -> None:
    port, now = free_port(), datetime.now(UTC)

    async def answer(request: web.Request) -> web.Response:
        no = int(request.host.partition(".")[0].removeprefix("outlet-"))
        name = request.match_info["name"]
        if name == "feed.xml":
            text = feed(no, pages, f"http://{request.host}", now)
            return web.Response(text=text, content_type="application/rss+xml")
        if name.isdecimal():
            return web.Response(text=page(no, int(name)), content_type="text/html")
        return web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{name:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1_000).start()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sources.toml").write_text(sources_toml(count, port))
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
