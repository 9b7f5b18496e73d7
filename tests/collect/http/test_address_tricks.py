"""Tricks to reach private addresses. None opens a connection; connections are counted at the socket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.collect.http.client import Client, Limits, Timeouts
from pipeline.collect.http.responses import FetchFailed, Response
from pipeline.ledger.log import utc_now
from tests.collect.http.tricks import HARMLESS, PUBLIC, REDIRECTS, RELATIVE, TRICKS
from tests.worlds.loopback import Answer, WebServer, counted_connections

pytestmark = pytest.mark.usefixtures("own_folder")

HOSTS = Path("hosts")
AT_ONCE = Timeouts(retry_wait=0.01)
REFUSALS = {"blocked_address", "bad_url", "bad_redirect"}


def reached(opened: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
    """The endpoints. IPv4 and IPv6 loopback count as one, because on a busy machine the client may try either."""
    return {("127.0.0.1" if host == "::1" else host, port) for host, port in opened}


@pytest.fixture(scope="module")
def hop() -> Iterator[WebServer]:
    """A server that is allowed as `hop.localhost`."""
    with WebServer() as server:
        yield server


@pytest.fixture(scope="module")
def trap() -> Iterator[WebServer]:
    """A server that is not allowed."""
    with WebServer() as server:
        yield server


def port(server: WebServer) -> int:
    return int(server.base.rpartition(":")[2])


def fetch(*urls: str, allow: tuple[str, ...] = ()) -> Response:
    """The result for the last URL, with one client for all."""

    async def run() -> Response:
        async with Client(
            allow_hosts=allow, limits=Limits(50), contact="", now=utc_now, hosts=HOSTS, timeouts=AT_ONCE
        ) as client:
            for url in urls[:-1]:
                await client.fetch(url)
            return await client.fetch(urls[-1])

    return asyncio.run(run())


def outcome(url: str, *, allow: tuple[str, ...]) -> str:
    """The final URL, or the reason of the failure."""
    try:
        return fetch(url, allow=allow).final_url
    except FetchFailed as failure:
        return failure.reason


def test_the_counter_sees_allowed_connections(hop: WebServer) -> None:
    hop.answers["/seen"] = Answer(b"here")
    with counted_connections() as opened:
        assert fetch(f"http://hop.localhost:{port(hop)}/seen", allow=("hop.localhost",)).decoded() == b"here"
    assert reached(opened) == {("127.0.0.1", port(hop))}
    assert hop.asked["/seen"] == 1


def test_the_counter_sees_public_connections_and_prevents_them() -> None:
    with counted_connections() as opened, pytest.raises(FetchFailed, match="loopback only"):
        fetch(f"http://{PUBLIC}/")
    assert set(opened) == {(PUBLIC, 80)}


@pytest.mark.parametrize("url", [pytest.param(url, id=name) for name, url in (TRICKS | RELATIVE).items()])
def test_no_trick_opens_a_connection(url: str) -> None:
    with counted_connections() as opened, pytest.raises(FetchFailed) as caught:
        fetch(url)
    assert opened == []
    assert caught.value.reason in REFUSALS


@pytest.mark.parametrize("url", [pytest.param(url, id=name) for name, url in TRICKS.items() if url.isprintable()])
def test_no_trick_opens_a_connection_after_a_redirect(hop: WebServer, url: str) -> None:
    """Some of the tricks are relative references, which stay at their host (RFC 3986)."""
    hop.answers["/go"] = Answer(status=302, headers={"Location": url.encode().decode("latin-1")})
    base = f"http://hop.localhost:{port(hop)}/"
    with counted_connections() as opened:
        end = outcome(f"{base}go", allow=("hop.localhost",))
    assert end in REFUSALS or end.startswith(base)
    assert reached(opened) == {("127.0.0.1", port(hop))}


@pytest.mark.parametrize(("status", "location"), REDIRECTS.values(), ids=REDIRECTS)
def test_no_redirect_leads_to_a_forbidden_target(hop: WebServer, trap: WebServer, status: int, location: str) -> None:
    location = location.format(trap=trap.base, base=hop.base, port=port(hop))
    hop.answers["/go?to=step"] = Answer(status=301, headers={"Location": "/go?to=trap"})
    hop.answers["/go?to=trap"] = Answer(status=307, headers={"Location": f"{trap.base}/secret"})
    hop.answers["/go"] = Answer(status=status, headers={"Location": location.encode().decode("latin-1")})
    with counted_connections() as opened, pytest.raises(FetchFailed) as caught:
        fetch(f"http://hop.localhost:{port(hop)}/go", allow=("hop.localhost",))
    assert caught.value.reason in REFUSALS
    assert reached(opened) == {("127.0.0.1", port(hop))}
    assert hop.asked["/secret"] == trap.asked.total() == 0


@pytest.mark.parametrize(("status", "headers"), HARMLESS.values(), ids=HARMLESS)
def test_a_response_that_only_looks_like_a_redirect_stays_at_its_host(
    hop: WebServer, status: int, headers: dict[str, str]
) -> None:
    hop.answers["/go"] = Answer(status=status, headers=headers)
    base = f"http://hop.localhost:{port(hop)}/"
    with counted_connections() as opened:
        assert fetch(f"{base}go", allow=("hop.localhost",)).final_url.startswith(base)
    assert reached(opened) == {("127.0.0.1", port(hop))}


def test_a_redirect_of_robots_txt_is_checked_too(trap: WebServer) -> None:
    with WebServer() as web, counted_connections() as opened:
        web.answers["/robots.txt"] = Answer(status=302, headers={"Location": f"{trap.base}/secret"})
        with pytest.raises(FetchFailed, match="blocked_address"):
            fetch(f"http://hop.localhost:{port(web)}/a", allow=("hop.localhost",))
        assert reached(opened) == {("127.0.0.1", port(web))}
    assert trap.asked.total() == 0


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1.", "127.1", "127。0。0。1", "[::ffff:127.0.0.1]", "other.localhost", "localhost"]
)
def test_an_allowed_name_does_not_allow_other_names_of_its_server(hop: WebServer, host: str) -> None:
    hop.answers["/a"] = Answer(b"here")
    allowed = f"http://hop.localhost:{port(hop)}/a"
    with pytest.raises(FetchFailed) as caught:
        fetch(allowed, f"http://{host}:{port(hop)}/secret", allow=("hop.localhost",))
    assert caught.value.reason in REFUSALS
    assert hop.asked["/secret"] == 0


def test_proxies_of_the_environment_are_ignored(
    hop: WebServer, trap: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hop.answers["/a"] = Answer(b"here")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, trap.base)
    with counted_connections() as opened:
        assert fetch(f"http://hop.localhost:{port(hop)}/a", allow=("hop.localhost",)).decoded() == b"here"
    assert reached(opened) == {("127.0.0.1", port(hop))}
