"""Servers that break HTTP: what it costs is the feed or the page, and its event says why."""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import brotli
import pytest
import zstandard

from pipeline.archive.codings import MAX_BODY_BYTES
from pipeline.ids import digest
from tests.worlds.hostile import Act, Document, Way, always, answer, article, head
from tests.worlds.street import Street, street

pytestmark = pytest.mark.slow

MEGABYTE = b"newspaper " * 100_000
BEING_READ = 10 * MEGABYTE
"""More than the buffers between two sockets hold: when it has been sent, the client has read what was before it."""
ZEROS = bytes(MAX_BODY_BYTES + 1)
CHUNKED = "Transfer-Encoding: chunked"
NESTED = 20


def closing(way: Callable[[Document], bytes]) -> Way:
    """The connection is closed after what `way` makes of the document."""
    return lambda document: (way(document), Act.CLOSE)


def dripping(start: bytes) -> Way:
    """A byte at a time, for ever, so that no wait for the next one is long."""
    return lambda _: itertools.chain((start,), itertools.cycle((b"a", Act.PAUSE)))


def endless(start: bytes, more: bytes) -> Way:
    return lambda _: itertools.chain((start,), itertools.repeat(more))


def half(document: Document) -> bytes:
    return document.body[: len(document.body) // 2]


def rest(document: Document) -> bytes:
    return document.body[len(half(document)) :]


def sized(document: Document, *lengths: int | str) -> bytes:
    """The document under a head with these lengths."""
    return head("Content-Type: text/html", *(f"Content-Length: {length}" for length in lengths)) + document.body


def unsized(document: Document) -> bytes:
    return head(f"Content-Type: {document.content_type}") + document.body


def chunks(*pieces: bytes) -> bytes:
    """Chunks; an empty piece is the last one."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


def coded(coding: str, encode: Callable[[bytes], bytes]) -> Way:
    """The document as `encode` makes it, under the content coding of this name."""

    def way(document: Document) -> Iterable[bytes]:
        yield answer(Document(encode(document.body), document.content_type), f"Content-Encoding: {coding}")

    return way


def nested(body: bytes) -> bytes:
    for _ in range(NESTED):
        body = gzip.compress(body)
    return body


class Fault(NamedTuple):
    """A way of breaking HTTP, and what the events of a feed and a page so served say."""

    way: Way
    reason: str
    will_retry: bool
    status: int | None = None


FAULTS: dict[str, Fault] = {
    "closed before a byte": Fault(always(Act.CLOSE), "connection", True),
    "reset before a byte": Fault(always(Act.RESET), "connection", True),
    "silence": Fault(always(Act.SILENCE), "timeout", True),
    "headers that drip for ever": Fault(dripping(b"HTTP/1.1 200 OK\r\nX-Slow: "), "timeout", True),
    "a body that drips for ever": Fault(dripping(head("Content-Length: 1000000")), "timeout", True),
    "informational answers for ever": Fault(
        lambda _: itertools.cycle((head(status="102 Processing"), Act.PAUSE)), "timeout", True
    ),
    "chunks for ever": Fault(endless(head(CHUNKED), chunks(MEGABYTE)), "too_large", False, 200),
    "a body for ever": Fault(endless(head("Connection: close"), MEGABYTE), "too_large", False, 200),
    "a body above the cap, announced": Fault(
        closing(lambda _: head(f"Content-Length: {len(ZEROS)}") + ZEROS), "too_large", False, 200
    ),
    "headers for ever": Fault(endless(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n"), "bad_response", True),
    "200 headers": Fault(
        lambda document: [answer(document, *(f"X-{number}: more" for number in range(200)))], "bad_response", True
    ),
    "a header of 100 kB": Fault(lambda document: [answer(document, f"X-Long: {'a' * 100_000}")], "bad_response", True),
    "a status line of 100 kB": Fault(
        lambda document: [answer(document, status=f"200 {'O' * 100_000}K")], "bad_response", True
    ),
    "a status line that never ends": Fault(endless(b"HTTP/1.1 200 ", b"O" * 1000), "bad_response", True),
    "garbage": Fault(closing(lambda _: bytes(range(256)) * 1000), "bad_response", True),
    "another protocol": Fault(always(b"220 mail.example ESMTP\r\n", Act.CLOSE), "bad_response", True),
    "HTTP/0.9": Fault(closing(lambda document: document.body), "bad_response", True),
    "a status of four digits": Fault(lambda document: [answer(document, status="2000 OK")], "bad_response", True),
    "a negative length": Fault(closing(lambda document: sized(document, -1)), "bad_response", True),
    "a length that is no number": Fault(closing(lambda document: sized(document, "many")), "bad_response", True),
    "two lengths": Fault(
        closing(lambda document: sized(document, len(document.body), len(document.body) - 1)), "bad_response", True
    ),
    "a length and chunks": Fault(
        closing(lambda document: head("Content-Length: 5", CHUNKED) + chunks(document.body, b"")), "bad_response", True
    ),
    "a NUL in a header": Fault(lambda document: [answer(document, 'ETag: "a\0b"')], "bad_response", True),
    "more than the length says": Fault(lambda document: [answer(document) + b"surplus"], "bad_response", True),
    "less than the length says, then the end": Fault(
        closing(lambda document: sized(document, len(document.body) + 1)), "incomplete", True
    ),
    "less than the length says, then silence": Fault(
        lambda document: (sized(document, len(document.body) + 1), Act.SILENCE), "timeout", True
    ),
    "less than the length says, then a reset": Fault(
        always(head("Content-Length: 20000000"), BEING_READ, Act.RESET), "incomplete", True
    ),
    "chunks without the last one": Fault(
        closing(lambda document: head(CHUNKED) + chunks(document.body)), "incomplete", True
    ),
    "a chunk size that is no number": Fault(
        lambda document: [head(CHUNKED) + b"zz\r\n" + document.body], "bad_response", True
    ),
    "a chunk longer than its size": Fault(
        lambda document: [head(CHUNKED) + b"5\r\n" + document.body], "bad_response", True
    ),
    "garbage after good chunks": Fault(always(head(CHUNKED), chunks(BEING_READ), b"zz\r\n"), "incomplete", True),
    "a gzip bomb": Fault(coded("gzip", lambda _: gzip.compress(ZEROS)), "too_large", False, 200),
    "a brotli bomb": Fault(coded("br", lambda _: brotli.compress(ZEROS, quality=1)), "too_large", False, 200),
    "a zstd bomb": Fault(coded("zstd", lambda _: zstandard.ZstdCompressor().compress(ZEROS)), "too_large", False, 200),
    "a bomb within a bomb": Fault(
        coded("gzip, gzip", lambda _: gzip.compress(gzip.compress(ZEROS))), "too_large", False, 200
    ),
    "20 content codings": Fault(coded(", ".join(["gzip"] * NESTED), nested), "bad_encoding", True, 200),
    "gzip that is broken": Fault(coded("gzip", lambda body: b"\x1f\x8b" + body), "bad_encoding", True, 200),
    "gzip that is cut off": Fault(coded("gzip", lambda body: gzip.compress(body)[:-20]), "bad_encoding", True, 200),
    "a coding that is not supported": Fault(
        coded("compress", lambda body: b"\x1f\x9d" + body), "bad_encoding", True, 200
    ),
}

POISON = answer(article("Poison"))

ODDITIES: dict[str, Way] = {
    "a coding that nobody knows": coded("snappy", bytes),
    "a charset as the coding": coded("UTF-8", bytes),
    "gzip for a plain body": coded("gzip", bytes),
    "compress for a plain body": coded("compress", bytes),
    "deflate without its header": coded("deflate", lambda body: zlib.compress(body)[2:-4]),
    "several gzip members": coded("gzip", lambda body: gzip.compress(body[:50]) + gzip.compress(body[50:])),
    "HTTP/1.0 without a length": closing(lambda document: unsized(document).replace(b"1.1", b"1.0", 1)),
    "neither length nor chunks": closing(unsized),
    "closed after every answer": closing(answer),
    "100 Continue first": lambda document: [head(status="100 Continue"), answer(document)],
    "103 Early Hints first": lambda document: [
        head("Link: </style.css>; rel=preload", status="103 Early Hints"),
        Act.PAUSE,
        answer(document),
    ],
    "no words after the status": lambda document: [answer(document, status="200")],
    "lines that end in LF": lambda document: [
        sized(document, len(document.body)).removesuffix(document.body).replace(b"\r\n", b"\n") + document.body
    ],
    "headers in Latin-1": lambda document: [answer(document, "X-Author: José Brøndal", 'ETag: "ü"')],
    "a header 100 times": lambda document: [answer(document, *["Via: evil"] * 100)],
    "chunks with extensions and a trailer": lambda document: [
        head(f"Content-Type: {document.content_type}", CHUNKED),
        b"%x;lie=1\r\n%s\r\n" % (len(document.body), document.body),
        b"0\r\nX-Trailer: late\r\n\r\n",
    ],
    "a body in two pieces": lambda document: [
        sized(Document(half(document), document.content_type), len(document.body)),
        Act.PAUSE,
        rest(document),
    ],
    "another answer behind the answer": lambda document: [answer(document) + POISON],
}


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """All of them at once, each at a host of its own: after the run that met them."""
    folder = tmp_path_factory.mktemp("wire")
    with street(folder, request_timeout_seconds=10, read_timeout_seconds=6) as opened:
        for name, fault in FAULTS.items():
            site = opened.site(name, "/feed.xml", "/bad.xml")
            site.feed("/feed.xml", "/bad", "/fine")
            site.feed("/bad.xml", "/never", way=fault.way)
            site.page("/bad", way=fault.way)
            site.page("/fine")
        for name, way in ODDITIES.items():
            site = opened.site(name, "/feed.xml")
            site.feed("/feed.xml", "/odd", "/fine", way=way)
            site.page("/odd", way=way)
            site.page("/fine")
        assert opened.meet().problems == ()
        yield opened


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_costs_its_feed_and_its_page_only(after: Street, name: str) -> None:
    site, fault = after.sites[name], FAULTS[name]
    record = after.record(site)

    poll = record.poll("/bad.xml")
    assert (poll.outcome, poll.reason, poll.status) == ("failed", fault.reason, fault.status)
    assert (poll.items, poll.payload_digest, poll.warc_file, poll.retry_at) == (None, None, None, None)

    failure = record.failure("/bad")
    assert (failure.reason, failure.status) == (fault.reason, fault.status)
    assert (failure.attempt, failure.will_retry, failure.retry_at) == (1, fault.will_retry, None)

    for url, detail in ((f"{site.base}/bad.xml", poll.detail or ""), (f"{site.base}/bad", failure.detail or "")):
        assert detail.startswith(url)
        assert detail.isprintable()
        assert len(detail) < 500

    assert (record.poll("/feed.xml").outcome, record.poll("/feed.xml").items) == ("ok", 2)
    assert after.archived(record.capture("/fine")) == article("/fine").body
    assert record.counts == (2, 2, 1, 1)
    after.assert_good_is_complete()


@pytest.mark.parametrize("name", ODDITIES)
def test_an_oddity_costs_nothing(after: Street, name: str) -> None:
    site = after.sites[name]
    record = after.record(site)
    poll = record.poll("/feed.xml")
    assert (poll.outcome, poll.status, poll.reason, poll.items) == ("ok", 200, None, 2)
    assert set(poll.warnings) <= {"wrong_content_type"}
    assert poll.payload_digest == digest(site.served["/feed.xml"][0].body)
    for path in ("/odd", "/fine"):
        assert after.archived(record.capture(path)) == article(path).body
    assert record.counts == (1, 2, 2, 0)
    after.assert_good_is_complete()


def test_the_ledger_verifies(after: Street) -> None:
    verification = after.verify()
    assert verification.findings == ()
    of_sites = sum(sum(after.record(site).counts) for site in after.sites.values())
    described = len(after.rows("from ledger.source_described"))
    assert verification.events == of_sites + 5 + described
