"""Answers that are valid HTTP and still none: statuses, redirects, types, and what robots.txt can be."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from pipeline.collect.http.client import MAX_REDIRECTS
from tests.worlds.hostile import Act, Document, Way, always, answer, article, head, redirecting, refusing
from tests.worlds.ledgers import store_ports
from tests.worlds.loopback import Endpoint, counted_connections
from tests.worlds.running import free_port
from tests.worlds.street import Street, street

pytestmark = pytest.mark.slow

ELSEWHERE = free_port()
"""Nobody listens here, and nobody is to find that out."""


class Refusal(NamedTuple):
    """A way of not giving the document, and what the events of a feed and a page so served say."""

    way: Way
    reason: str
    status: int | None
    outcome: str = "failed"
    will_retry: bool = False
    names: str | None = None
    """What the events' details name in place of the address that was asked for."""


REFUSALS: dict[str, Refusal] = {
    "400": Refusal(refusing("400 Bad Request"), "http_4xx", 400),
    "401": Refusal(refusing("401 Unauthorized", "WWW-Authenticate: Basic"), "http_4xx", 401),
    "403": Refusal(refusing("403 Forbidden"), "http_4xx", 403),
    "404": Refusal(refusing("404 Not Found"), "http_4xx", 404),
    "407": Refusal(refusing("407 Proxy Authentication Required"), "http_4xx", 407),
    "408": Refusal(refusing("408 Request Timeout", "Connection: close"), "http_4xx", 408, will_retry=True),
    "410": Refusal(refusing("410 Gone"), "gone", 410, outcome="gone"),
    "451": Refusal(refusing("451 Unavailable For Legal Reasons"), "http_4xx", 451),
    "500": Refusal(refusing("500 Internal Server Error"), "http_5xx", 500, will_retry=True),
    "502": Refusal(refusing("502 Bad Gateway"), "http_5xx", 502, will_retry=True),
    "999": Refusal(refusing("999 Request denied"), "http_9xx", 999, will_retry=True),
    "101 that nobody asked for": Refusal(
        always(head("Upgrade: websocket", "Connection: Upgrade", status="101 Switching Protocols"), b"\x81\x05hello"),
        "http_1xx",
        101,
    ),
    "304 that nobody asked for": Refusal(always(head('ETag: "1"', status="304 Not Modified")), "http_3xx", 304),
    "a redirect to nowhere": Refusal(refusing("302 Found"), "http_3xx", 302),
    "a redirect to an empty address": Refusal(redirecting(""), "http_3xx", 302),
    "a circle of redirects": Refusal(redirecting("/circle/1"), "redirects", None),
    "a redirect too many": Refusal(redirecting("/hop/1"), "redirects", None),
    "a redirect to a file": Refusal(
        redirecting("file:///etc/passwd"), "blocked_address", None, "blocked", names="file:///etc/passwd"
    ),
    "a redirect to a script": Refusal(
        redirecting("javascript:alert(1)"), "blocked_address", None, "blocked", names="javascript:alert(1)"
    ),
    "a redirect to a private network": Refusal(
        redirecting("http://10.0.0.1/"), "blocked_address", None, "blocked", names="10.0.0.1"
    ),
    "a redirect to the metadata service": Refusal(
        redirecting("http://169.254.169.254/latest/"), "blocked_address", None, "blocked", names="169.254.169.254"
    ),
    "a redirect to this machine": Refusal(
        redirecting(f"http://127.0.0.1:{ELSEWHERE}/"), "blocked_address", None, "blocked", names="127.0.0.1"
    ),
    "a redirect to this machine in other words": Refusal(
        redirecting(f"http://2130706433:{ELSEWHERE}/"), "blocked_address", None, "blocked", names="2130706433"
    ),
    "a redirect to another port": Refusal(
        redirecting("http://stranger.example:6379/"), "blocked_address", None, "blocked", names="stranger.example:6379"
    ),
    "a redirect to what is no address": Refusal(redirecting("http://[oops/"), "bad_redirect", 302, names="[oops"),
    "a redirect with line breaks": Refusal(
        redirecting("/x%0d%0aX-Injected:%20yes"), "http_4xx", 404, names="/x%0d%0aX-Injected:%20yes"
    ),
    "a redirect with a bare line break": Refusal(
        redirecting("/x\rX-Injected: yes"), "bad_response", None, will_retry=True
    ),
}


class Robots(NamedTuple):
    """A way of answering for robots.txt, and the outcome of the feed's poll."""

    way: Way
    outcome: str = "ok"
    reason: str | None = None
    status: int | None = 200
    names: str = "/robots.txt"
    """What the event's detail names of why not."""


def rules(text: str) -> bytes:
    return answer(Document(f"User-agent: *\n{text}\n".encode(), "text/plain"))


ROBOTS: dict[str, Robots] = {
    "robots.txt 403": Robots(refusing("403 Forbidden")),
    "robots.txt 429": Robots(refusing("429 Too Many Requests"), "failed", "robots_unavailable", 429),
    "robots.txt 500": Robots(refusing("500 Internal Server Error"), "failed", "robots_unavailable", 500),
    "robots.txt silent": Robots(always(Act.SILENCE), "failed", "timeout", None),
    "robots.txt in a circle": Robots(redirecting("/robots.txt")),
    "robots.txt of a private network": Robots(
        redirecting("http://10.0.0.1/"), "blocked", "blocked_address", None, "http://10.0.0.1/"
    ),
    "robots.txt of binary garbage": Robots(always(answer(Document(bytes(range(256)) * 100, "text/plain")))),
    "robots.txt that is a page": Robots(always(answer(article("Not found")))),
    "robots.txt for ever": Robots(
        lambda _: itertools.chain((head("Connection: close"),), itertools.repeat(b"# nothing yet\n" * 1000))
    ),
    "robots.txt for ever, forbidding": Robots(
        lambda _: itertools.chain(
            (head("Connection: close") + b"User-agent: *\nDisallow: /\n",), itertools.repeat(b"# and more\n" * 1000)
        ),
        "blocked",
        "robots",
        None,
        "forbidden by robots.txt",
    ),
    "robots.txt with a trap of wildcards": Robots(always(rules("Disallow: /" + "*a" * 50 + "*b"))),
    "robots.txt with rates that are none": Robots(always(rules("Crawl-delay: nan\nRequest-rate: 1/0"))),
}

PAGES: dict[str, tuple[Way, str | None]] = {
    "a picture": (always(answer(Document(b"\x89PNG\r\n\x1a\n", "image/png"))), "not_html"),
    "a PDF": (always(answer(Document(b"%PDF-1.7", "application/pdf"))), "not_html"),
    "a page that says it is a picture": (lambda document: [answer(Document(document.body, "image/png"))], "not_html"),
    "a picture that says it is a page": (always(answer(Document(b"\x89PNG\r\n\x1a\n", "TEXT/HTML;"))), None),
    "a page that says nothing": (
        lambda document: [head(f"Content-Length: {len(document.body)}") + document.body],
        None,
    ),
}


class Aftermath(NamedTuple):
    street: Street
    opened: list[Endpoint]


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aftermath]:
    """All of them at once, each at a host of its own: after the run that met them."""
    folder = tmp_path_factory.mktemp("answers")
    with street(folder, request_timeout_seconds=10, read_timeout_seconds=6) as opened:
        for name, refusal in REFUSALS.items():
            site = opened.site(name, "/feed.xml", "/bad.xml")
            site.feed("/feed.xml", "/bad", "/fine")
            site.feed("/bad.xml", "/never", way=refusal.way)
            site.page("/bad", refusal.way)
            site.page("/fine")
            site.page("/circle/1", redirecting("/circle/2"))
            site.page("/circle/2", redirecting("/circle/1", "307 Temporary Redirect"))
            for hop in range(1, MAX_REDIRECTS + 1):
                site.page(f"/hop/{hop}", redirecting(f"/hop/{hop + 1}", "301 Moved Permanently"))
            site.page(f"/hop/{MAX_REDIRECTS + 1}")
        for name, robots in ROBOTS.items():
            site = opened.site(name, "/feed.xml")
            site.serve("/robots.txt", Document(b"", "text/plain"), robots.way)
            site.feed("/feed.xml", "/" + "a" * 1000)
            site.page("/" + "a" * 1000)
        site = opened.site("pages", "/feed.xml")
        site.feed("/feed.xml", *(f"/{number}" for number in range(len(PAGES))))
        for number, (way, _) in enumerate(PAGES.values()):
            site.page(f"/{number}", way)
        with counted_connections() as endpoints:
            assert opened.meet().problems == ()
        yield Aftermath(opened, endpoints)


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_costs_its_feed_and_its_page_only(after: Aftermath, name: str) -> None:
    site, refusal = after.street.sites[name], REFUSALS[name]
    record = after.street.record(site)

    poll = record.poll("/bad.xml")
    assert (poll.outcome, poll.reason, poll.status) == (refusal.outcome, refusal.reason, refusal.status)
    assert (poll.items, poll.moved_to, poll.retry_at) == (None, None, None)

    failure = record.failure("/bad")
    assert (failure.reason, failure.status) == (refusal.reason, refusal.status)
    assert (failure.attempt, failure.will_retry, failure.retry_at) == (1, refusal.will_retry, None)

    for path, detail in (("/bad.xml", poll.detail or ""), ("/bad", failure.detail or "")):
        assert (refusal.names or site.base + path) in detail
        assert detail.isprintable()

    assert record.poll().outcome == "ok"
    assert after.street.archived(record.capture("/fine")) == article("/fine").body
    assert record.counts == (2, 2, 1, 1)
    assert not any("x-injected" in request.headers for request in site.requests)
    after.street.assert_good_is_complete()


@pytest.mark.parametrize("name", ROBOTS)
def test_a_robots_txt_decides_on_its_own_host_only(after: Aftermath, name: str) -> None:
    site, robots = after.street.sites[name], ROBOTS[name]
    record = after.street.record(site)
    poll = record.poll()
    assert (poll.outcome, poll.reason, poll.status) == (robots.outcome, robots.reason, robots.status)
    if robots.outcome == "ok":
        assert record.counts == (1, 1, 1, 0)
        assert after.street.archived(record.capture("/" + "a" * 1000)) == article("/" + "a" * 1000).body
    else:
        assert record.counts == (1, 0, 0, 0)
        assert robots.names in (poll.detail or "")
        assert site.asked.keys() == {"/robots.txt"}
    after.street.assert_good_is_complete()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_its_server_says(after: Aftermath, name: str) -> None:
    site = after.street.sites["pages"]
    record = after.street.record(site)
    path = f"/{list(PAGES).index(name)}"
    _, reason = PAGES[name]
    if reason is None:
        assert record.capture(path).status == 200
    else:
        failure = record.failure(path)
        assert (failure.reason, failure.status, failure.will_retry) == (reason, 200, False)
        assert f"{site.base}{path}" in (failure.detail or "")
    after.street.assert_good_is_complete()


def test_nobody_else_was_connected_to(after: Aftermath) -> None:
    assert {port for _, port in after.opened} - store_ports() == {
        urlsplit(url).port for url in (after.street.good.base, *after.street.feeds)
    }


def test_the_ledger_verifies(after: Aftermath) -> None:
    assert after.street.verify().findings == ()
