"""What goes over the wire is the address that was given, and the archive says exactly that, for other readers too."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from pipeline.archive.archive import Archive
from pipeline.archive.storage import Folder
from pipeline.collect.http.addresses import as_sent
from pipeline.collect.http.client import Client, Limits
from pipeline.collect.http.responses import Response
from pipeline.ledger.log import utc_now

SENT = {
    "/a?x=1#part": "/a?x=1",
    "/caf%E9/%fc?q=%FC+b": "/caf%E9/%fc?q=%FC+b",  # Latin-1 escapes
    "/fähre?wort=möwe": "/f%C3%A4hre?wort=m%C3%B6we",
    "/a b|c": "/a%20b%7Cc",
    "/a/../b/./c//d": "/a/../b/./c//d",
    "/%7Euser/%2F": "/%7Euser/%2F",
    "?only=query": "/?only=query",
}
"""A path as a feed gives it, and the target of the request line."""


class RawServer:
    """Answers every request with the bytes for its path, and keeps the request as it came."""

    def __init__(self) -> None:
        self.answers: dict[bytes, bytes] = {}
        self.requests: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                request = b""
                while b"\r\n\r\n" not in request and (received := connection.recv(1 << 16)):
                    request += received
                self.requests.append(request)
                head = self.answers.get(request.split(b" ")[1], b"HTTP/1.1 200 OK")
                connection.sendall(head + b"\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def raw() -> Iterator[RawServer]:
    server = RawServer()
    server.answers[b"/robots.txt"] = b"HTTP/1.1 404 Not Found"
    yield server
    server.close()


def fetched(folder: Path, url: str, etag: str | None = None) -> Response:
    async def run() -> Response:
        async with Client(
            allow_hosts=("127.0.0.1",), limits=Limits(50), contact="", now=utc_now, hosts=folder / "hosts"
        ) as client:
            return await client.fetch(url, etag=etag)

    return asyncio.run(run())


def archived_request(folder: Path, response: Response, url: str | None = None) -> bytes:
    """The request of the exchange, as warcio reads it from the archive; all records are of this address."""
    with Archive(Folder(folder), rotate_bytes=10**6, now=utc_now) as archive:
        stored = archive.write(response.exchange)
    with (folder / stored.location.warc_file).open("rb") as file:
        records = [
            (record.rec_type, record.rec_headers["WARC-Target-URI"], record.raw_stream.read())
            for record in ArchiveIterator(file, no_record_parse=True)
            if record.rec_type != "warcinfo"
        ]
    assert {address for _, address, _ in records} == {url or response.exchange.url}
    (request,) = (block for kind, _, block in records if kind == "request")
    assert isinstance(request, bytes)
    return request


@pytest.mark.parametrize(("given", "target"), SENT.items())
def test_the_archive_has_the_request_as_it_was_sent(raw: RawServer, tmp_path: Path, given: str, target: str) -> None:
    response = fetched(tmp_path, raw.base + given)
    sent = raw.requests[-1]
    assert sent.split(b"\r\n")[0].decode() == f"GET {target} HTTP/1.1"
    assert archived_request(tmp_path, response, raw.base + target) == sent


def test_a_redirect_in_latin_1_leads_to_the_bytes_that_it_names(raw: RawServer, tmp_path: Path) -> None:
    raw.answers[b"/a"] = b"HTTP/1.1 302 Found\r\nLocation: /caf\xe9?q=\xfc"
    raw.answers[b"/b"] = "HTTP/1.1 302 Found\r\nLocation: /café".encode()
    assert fetched(tmp_path, f"{raw.base}/a").final_url == f"{raw.base}/caf%E9?q=%FC"
    assert fetched(tmp_path, f"{raw.base}/b").final_url == f"{raw.base}/caf%C3%A9"


@pytest.mark.parametrize("etag", [b'"abc"', b'W/"1-\xc3\xbc"', b"unquoted", b'"caf\xe9 \xc3\xbc"'])
def test_a_validator_is_sent_back_as_it_came(raw: RawServer, tmp_path: Path, etag: bytes) -> None:
    raw.answers[b"/a"] = b"HTTP/1.1 200 OK\r\nETag: " + etag
    validator = fetched(tmp_path, f"{raw.base}/a").exchange.validator("etag")
    assert validator is not None
    validator.encode("utf-8")
    again = fetched(tmp_path, f"{raw.base}/a", validator)
    assert b"\r\nIf-None-Match: " + etag + b"\r\n" in raw.requests[-1]
    assert archived_request(tmp_path, again) == raw.requests[-1]


def test_names_in_other_scripts_are_sent_in_ascii_and_the_rest_stays() -> None:
    assert str(as_sent("http://bücher.example:81/caf%E9?q=ü")) == "http://xn--bcher-kva.example:81/caf%E9?q=%C3%BC"
    assert str(as_sent("http://me@bücher.example/a")) == "http://me@xn--bcher-kva.example/a"
