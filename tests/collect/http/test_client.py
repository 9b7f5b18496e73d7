"""The client is polite, limits sizes and names each failure. Tested against a real server on loopback."""

from __future__ import annotations

import asyncio
import gzip
import socket
import subprocess
import sys
import threading
import zlib
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import brotli
import pytest
import zstandard

from pipeline.archive.codings import MAX_BODY_BYTES
from pipeline.collect.http import client as http
from pipeline.collect.http.client import Timeouts
from pipeline.collect.http.hosts import CONNECTIONS
from pipeline.collect.http.responses import FetchFailed, Response
from tests.collect.http.loopback_client import client, failure, fetch
from tests.worlds.loopback import Answer, WebServer

pytestmark = pytest.mark.usefixtures("own_folder")


def test_a_page_is_returned_as_it_was_sent(web: WebServer) -> None:
    web.answers["/a"] = Answer(b"hello")
    response = fetch(f"{web.base}/a")
    assert (response.status, response.decoded(), response.final_url) == (200, b"hello", f"{web.base}/a")
    agent = web.request_headers["/a"]["User-Agent"]
    assert agent.startswith("newsledger/")
    assert "press@example.org" in agent


CODINGS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("coding", CODINGS)
def test_content_codings_are_undone_but_archived(web: WebServer, coding: str) -> None:
    sent = CODINGS[coding](b"hello " * 1000)
    web.answers["/a"] = Answer(sent, headers={"Content-Encoding": coding})
    response = fetch(f"{web.base}/a")
    assert response.decoded() == b"hello " * 1000
    assert response.exchange.body_sent == sent


def test_a_body_that_is_too_large_is_a_failure(web: WebServer) -> None:
    web.answers["/a"] = Answer(b"x" * (MAX_BODY_BYTES + 1))
    assert failure(f"{web.base}/a").reason == "too_large"


def test_redirects_are_followed_and_recorded(web: WebServer) -> None:
    web.answers["/a"] = Answer(status=301, headers={"Location": "/b"})
    web.answers["/b"] = Answer(b"here")
    response = fetch(f"{web.base}/a")
    assert response.final_url == f"{web.base}/b"
    assert [hop.status for hop in response.redirects] == [301]


def test_endless_redirects_are_a_failure(web: WebServer) -> None:
    web.answers["/a"] = Answer(status=302, headers={"Location": "/a"})
    assert failure(f"{web.base}/a").reason == "redirects"
    assert web.asked["/a"] == http.MAX_REDIRECTS + 1


def test_a_redirect_to_a_private_address_is_blocked(web: WebServer) -> None:
    web.answers["/a"] = Answer(status=302, headers={"Location": "http://169.254.169.254/secret"})
    assert failure(f"{web.base}/a").reason == "blocked_address"


def test_loopback_is_blocked_unless_allowed(web: WebServer) -> None:
    assert failure(f"{web.base}/a", allow=()).reason == "blocked_address"
    assert not web.asked


def test_a_503_is_retried_once(web: WebServer) -> None:
    web.answers["/a"] = Answer(status=503)
    assert fetch(f"{web.base}/a").status == 503
    assert web.asked["/a"] == 2


def test_a_404_is_an_answer_and_not_retried(web: WebServer) -> None:
    assert fetch(f"{web.base}/a").status == 404
    assert web.asked["/a"] == 1


def test_conditional_requests(web: WebServer) -> None:
    web.answers["/a"] = Answer(b"x", headers={"ETag": '"1"'})
    assert fetch(f"{web.base}/a", etag='"1"').status == 304
    assert fetch(f"{web.base}/a", etag='"0"').status == 200


def test_a_closed_port_is_a_connection_failure() -> None:
    with WebServer() as gone:
        base = gone.base
    assert failure(f"{base}/a").reason == "connection"


def test_an_unknown_name_is_a_dns_failure() -> None:
    assert failure("http://does-not-exist.invalid/").reason == "dns"


@pytest.mark.parametrize("location", ["http://[oops/", "http://x:99999999/", "//[", "http://a b/"])
def test_a_redirect_to_an_invalid_address_is_a_failure_with_a_reason(web: WebServer, location: str) -> None:
    web.answers["/a"] = Answer(status=302, headers={"Location": location})
    assert failure(f"{web.base}/a").reason in {"bad_redirect", "blocked_address", "bad_url", "dns"}


def test_a_redirect_with_utf_8_in_its_location_is_followed(web: WebServer) -> None:
    web.answers["/a"] = Answer(status=302, headers={"Location": "/über".encode().decode("latin-1")})
    web.answers["/%C3%BCber"] = Answer(b"here")
    assert fetch(f"{web.base}/a").decoded() == b"here"


@pytest.mark.parametrize("path", ["/e%2Cf", "/a%2Fb", "/a?q=%20x&y=a+b", "/a;b=c"])
def test_the_recorded_url_is_the_requested_one(web: WebServer, path: str) -> None:
    web.answers[path] = Answer(b"here")
    response = fetch(web.base + path)
    assert response.decoded() == b"here"
    assert response.final_url == web.base + path


def test_a_server_that_stalls_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/a"
        assert failure(url, timeouts=Timeouts(read=0.3, retry_wait=0.01)).reason == "timeout"


def test_a_host_never_gets_more_requests_than_its_budget(web: WebServer) -> None:
    for n in range(8):
        web.answers[f"/{n}"] = Answer(b"x")

    async def all_at_once() -> None:
        async with client(requests_per_second=10) as opened:
            await asyncio.gather(*(opened.fetch(f"{web.base}/{n}") for n in range(8)))

    asyncio.run(all_at_once())
    assert len(web.asked_at) == 9
    assert web.asked_at[-1] - web.asked_at[0] >= 0.7, "nine requests at ten per second"
    assert web.most_at_once <= CONNECTIONS


def test_two_ports_of_a_host_share_its_budget_and_have_a_robots_txt_each(web: WebServer) -> None:
    with WebServer() as other:

        async def both() -> None:
            async with client(requests_per_second=10) as opened:
                await asyncio.gather(*(opened.fetch(f"{one.base}/{n}") for one in (web, other) for n in range(3)))

        asyncio.run(both())
        asked_at = sorted(web.asked_at + other.asked_at)
    assert web.asked["/robots.txt"] == other.asked["/robots.txt"] == 1
    assert asked_at[-1] - asked_at[0] >= 0.6, "eight requests at ten per second"


def test_a_short_retry_after_is_waited_for_before_the_retry(web: WebServer) -> None:
    web.answers["/a"] = Answer(status=429, headers={"Retry-After": "1"})
    assert fetch(f"{web.base}/a").status == 429
    assert web.asked["/a"] == 2
    assert web.asked_at[-1] - web.asked_at[-2] >= 1


def test_after_a_long_retry_after_the_host_gets_no_request(web: WebServer) -> None:
    web.answers["/a"] = Answer(status=503, headers={"Retry-After": "3600"})
    web.answers["/b"] = Answer(b"x")

    async def both() -> tuple[Response, FetchFailed]:
        async with client() as opened:
            turned_away = await opened.fetch(f"{web.base}/a")
            with pytest.raises(FetchFailed) as caught:
                await opened.fetch(f"{web.base}/b")
            return turned_away, caught.value

    turned_away, left_alone = asyncio.run(both())
    assert turned_away.retry_at == turned_away.exchange.fetched_at + timedelta(hours=1)
    assert left_alone.reason == "asked_to_wait"
    assert left_alone.host == "127.0.0.1"
    assert left_alone.retry_at is not None
    assert abs(left_alone.retry_at - turned_away.retry_at) < timedelta(seconds=5)
    assert web.asked == {"/robots.txt": 1, "/a": 1}


def test_a_pause_that_a_host_asked_for_holds_for_later_runs(web: WebServer) -> None:
    web.answers["/a"] = Answer(status=503, headers={"Retry-After": "600"})
    fetch(f"{web.base}/a")
    asked = dict(web.asked)
    assert failure(f"{web.base}/b").reason == "asked_to_wait"
    assert web.asked == asked


MOVES = [
    ((301,), True),
    ((308,), True),
    ((301, 308), True),
    ((302,), False),
    ((301, 302), False),
    ((307, 301), False),
]


@pytest.mark.parametrize(("statuses", "permanent"), MOVES)
def test_only_permanent_redirects_say_that_a_page_has_moved(
    web: WebServer, statuses: tuple[int, ...], permanent: bool
) -> None:
    for n, status in enumerate(statuses):
        web.answers[f"/{n}"] = Answer(status=status, headers={"Location": f"/{n + 1}"})
    web.answers[f"/{len(statuses)}"] = Answer(b"here")
    assert fetch(f"{web.base}/0").moved_to == (f"{web.base}/{len(statuses)}" if permanent else None)


def test_a_body_that_ends_too_early_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            with suppress(OSError):  # the listener is closed
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")

        threading.Thread(target=serve, daemon=True).start()
        assert failure(f"http://127.0.0.1:{port}/a").reason == "incomplete"


def test_a_host_name_that_is_too_long_for_a_file_name_works() -> None:
    assert failure(f"http://{'a.' * 120}localhost:1/", allow=(".localhost",)).reason in {"connection", "timeout"}


def test_a_low_limit_of_open_files_is_enough_for_many_hosts(tmp_path: Path) -> None:
    """If the system does not allow more files, fewer connections are open at the same time."""
    script = """
import asyncio, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
from pipeline.collect.http.client import Client, Limits
from pipeline.ledger.log import utc_now

async def main():
    async with Client(
        allow_hosts=(".localhost",), limits=Limits(50), contact="", now=utc_now, hosts=Path(sys.argv[2])
    ) as client:
        urls = [f"http://{n}.localhost:{sys.argv[1]}/a" for n in range(150)]
        answers = await asyncio.gather(*(client.fetch(url) for url in urls))
        print({answer.status for answer in answers}, len(answers))

asyncio.run(main())
"""
    with WebServer() as web:
        web.answers["/a"] = Answer(b"x")
        port = web.base.rpartition(":")[2]
        done = subprocess.run(
            [sys.executable, "-c", script, port, tmp_path / "hosts"], capture_output=True, text=True, check=False
        )
    assert done.stdout == "{200} 150\n", done.stderr
