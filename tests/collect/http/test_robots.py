"""robots.txt is obeyed, understood like other crawlers do, and fetched once a day."""

from __future__ import annotations

import asyncio
import gzip
from datetime import timedelta

import pytest

from pipeline.archive.codings import MAX_BODY_BYTES
from pipeline.collect.http.client import Client, Limits
from pipeline.collect.http.responses import FetchFailed
from pipeline.ledger.log import utc_now
from tests.collect.http.loopback_client import AT_ONCE, HOSTS, client, failure, fetch
from tests.worlds.loopback import Answer, WebServer

pytestmark = pytest.mark.usefixtures("own_folder")


def test_robots_txt_is_obeyed_and_fetched_once(web: WebServer) -> None:
    web.answers["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /private/\n", content_type="text/plain")
    web.answers["/private/a"] = Answer(b"secret")
    web.answers["/b"] = Answer(b"open")

    async def both() -> None:
        async with client() as opened:
            with pytest.raises(FetchFailed, match=r"robots: .*forbidden by robots\.txt"):
                await opened.fetch(f"{web.base}/private/a")
            await opened.fetch(f"{web.base}/b")

    asyncio.run(both())
    assert web.asked == {"/robots.txt": 1, "/b": 1}


def test_nothing_is_fetched_while_robots_txt_answers_5xx(web: WebServer) -> None:
    web.answers["/robots.txt"] = Answer(status=503)
    web.answers["/a"] = Answer(b"x")
    assert failure(f"{web.base}/a").reason == "robots_unavailable"
    assert web.asked["/a"] == 0


def test_robots_txt_holds_for_redirects_too(web: WebServer) -> None:
    web.answers["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /private/\n", content_type="text/plain")
    web.answers["/a"] = Answer(status=302, headers={"Location": "/private/b"})
    web.answers["/private/b"] = Answer(b"secret")
    assert failure(f"{web.base}/a").reason == "robots"
    assert web.asked["/private/b"] == 0


def test_the_crawl_delay_is_kept(web: WebServer) -> None:
    web.answers["/robots.txt"] = Answer(b"User-agent: *\nCrawl-delay: 0.3\n", content_type="text/plain")
    for n in range(3):
        web.answers[f"/{n}"] = Answer(b"x")

    async def all_at_once() -> None:
        async with client() as opened:
            await asyncio.gather(*(opened.fetch(f"{web.base}/{n}") for n in range(3)))

    asyncio.run(all_at_once())
    assert web.asked_at[-1] - web.asked_at[1] >= 0.55


@pytest.mark.parametrize(
    ("robots", "reason"),
    [
        (Answer(b"User-agent: *\nDisallow: /\n"), "robots"),
        (Answer(b"User-agent: newsledger\nDisallow: /\n\nUser-agent: *\nAllow: /\n"), "robots"),
        (Answer(b"\xef\xbb\xbfUser-agent: *\nDisallow: /\n"), "robots"),
        (Answer(b"User-agent: newsledger/0.1\nDisallow: /\n"), "robots"),
        (Answer(b"User-agent: NewsLedger/0.1 (+https://example.org)\nDisallow: /\n"), "robots"),
        (Answer(b"User-agent: other\nuser-agent : newsledger\nDisallow: /\n"), "robots"),
        (Answer(b"User-agent: *\nDisallow: /\n\nUser-agent: news\nAllow: /\n"), "robots"),
        (Answer(b"User-agent: *\n" + b"Disallow: /*x*y\n" * 9_999 + b"Disallow: /a\n"), "robots"),
        (Answer(b"User-agent: *\n" + b"Disallow: /*x*y\n" * 9_999 + b"Allow: /a\n"), None),
        (Answer(b"User-agent: news\nDisallow: /\n"), None),
        (Answer(b"User-agent: newsledgerbot\nDisallow: /\n"), None),
        (Answer(b"User-agent: n\nDisallow: /\n"), None),
        (Answer(status=500), "robots_unavailable"),
        (Answer(status=429, headers={"Retry-After": "0"}), "robots_unavailable"),
        (Answer(b"User-agent: *\nDisallow: /\n", headers={"Content-Encoding": "gzip"}), "robots"),
        (
            Answer(
                gzip.compress(b"User-agent: *\nDisallow: /\n" + b"#" * 999_999), headers={"Content-Encoding": "gzip"}
            ),
            "robots",
        ),
        (Answer(b"\x1f\x8b\0\0", headers={"Content-Encoding": "gzip"}), "bad_encoding"),
        (Answer(status=404), None),
        (Answer(status=403), None),
        (Answer(b"<html>not found</html>"), None),
        (Answer(status=302, headers={"Location": "/robots.txt"}), None),
        (Answer(b"x" * (MAX_BODY_BYTES + 1)), None),
    ],
)
def test_how_answers_for_robots_txt_are_understood(web: WebServer, robots: Answer, reason: str | None) -> None:
    web.answers["/robots.txt"] = robots
    web.answers["/a"] = Answer(b"x")
    if reason is None:
        assert fetch(f"{web.base}/a").status == 200
    else:
        assert failure(f"{web.base}/a").reason == reason
        assert web.asked["/a"] == 0


def test_robots_txt_is_fetched_again_after_a_day(web: WebServer) -> None:
    ahead = timedelta()

    async def run() -> None:
        nonlocal ahead
        async with Client(
            allow_hosts=("127.0.0.1",),
            limits=Limits(50),
            contact="",
            now=lambda: utc_now() + ahead,
            hosts=HOSTS,
            timeouts=AT_ONCE,
        ) as opened:
            for hours in (0, 23, 25):
                ahead = timedelta(hours=hours)
                await opened.fetch(f"{web.base}/a")

    asyncio.run(run())
    assert web.asked["/robots.txt"] == 2


def test_robots_txt_is_stored_for_later_runs_of_the_same_day(web: WebServer) -> None:
    web.answers["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /private\n", content_type="text/plain")
    web.answers["/a"] = Answer(b"x")
    assert fetch(f"{web.base}/a").status == 200
    web.answers["/robots.txt"] = Answer(status=500)
    assert fetch(f"{web.base}/a").status == 200
    assert failure(f"{web.base}/private").reason == "robots"
    assert web.asked["/robots.txt"] == 1


def test_a_robots_txt_that_could_not_be_fetched_is_requested_again_by_the_next_run(web: WebServer) -> None:
    web.answers["/robots.txt"] = Answer(status=500)
    web.answers["/a"] = Answer(b"x")
    assert failure(f"{web.base}/a").reason == "robots_unavailable"
    web.answers["/robots.txt"] = Answer(status=404)
    assert fetch(f"{web.base}/a").status == 200


def test_a_truncated_robots_txt_file_is_fetched_again(web: WebServer) -> None:
    web.answers["/a"] = Answer(b"x")
    fetch(f"{web.base}/a")
    (kept,) = HOSTS.glob("*.robots")
    kept.write_bytes(kept.read_bytes()[:10])
    fetch(f"{web.base}/a")
    assert web.asked["/robots.txt"] == 2
