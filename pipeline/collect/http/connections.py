"""Connections of the client: how many files they may use, when one is reused, and how a body is read from one."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import aiohttp
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from pipeline.archive.codings import MAX_BODY_BYTES
from pipeline.collect.http.responses import FetchFailed
from pipeline.collect.http.robots import MAX_BYTES as ROBOTS_BYTES

_CHUNK_BYTES = 1 << 16
_ENOUGH_FILES = 65_536
"""Open files for which a higher limit is requested; several hundred hosts need some thousand."""

ReadBody = Callable[[aiohttp.ClientResponse], Awaitable[bytes]]
"""Reads the body of a response. Raises FetchFailed and the exceptions of aiohttp."""


class Connector(aiohttp.TCPConnector):
    """Reuses connections, except those on which a server has sent data without a request: the data would be taken for
    the answer to the next request."""

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        while (connection := await super()._get(key, traces)) is not None:
            if connection.protocol is not None and not connection.protocol.should_close:
                return connection
            connection.close()
        return None


class Request(aiohttp.ClientRequest):
    """A request that sends surrogates in headers as the bytes that they stand for (PEP 383); aiohttp omits them."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        protocol = conn.protocol
        if protocol is None or protocol.transport is None or all(map(str.isascii, self.headers.values())):
            return await super().send(conn)
        transport = protocol.transport
        protocol.transport = _HeadWriter(transport, self.headers)
        try:
            return await super().send(conn)  # a request without a body is written at once
        finally:
            protocol.transport = transport


class _HeadWriter(asyncio.Transport):
    """Writes the request line as it is given, and these headers instead of those after it."""

    def __init__(self, transport: asyncio.Transport, headers: Mapping[str, str]) -> None:
        super().__init__()
        self._transport, self._headers = transport, headers

    def write(self, data: bytes | bytearray | memoryview) -> None:
        line, _, _ = bytes(data).partition(b"\r\n")
        lines = (f"{name}: {value}".encode("utf-8", "surrogateescape") for name, value in self._headers.items())
        self._transport.write(b"\r\n".join((line, *lines, b"", b"")))

    def is_closing(self) -> bool:
        return self._transport.is_closing()


def raise_file_limit() -> int:
    """Raise this process's limit of open files as far as it may (setrlimit(2)), and return the new limit.

    Shells start with 1,024, which is too few for hundreds of hosts.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH_FILES if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return wanted if soft == resource.RLIM_INFINITY else soft


async def read_whole(answer: aiohttp.ClientResponse) -> bytes:
    """The body. Raises FetchFailed if it is longer than MAX_BODY_BYTES."""
    body = await _while_connected(answer, _read_start(answer, MAX_BODY_BYTES + 1))
    if len(body) > MAX_BODY_BYTES:
        raise FetchFailed("too_large", f"{answer.url}: more than {MAX_BODY_BYTES} bytes", status=answer.status)
    return body


async def read_robots(answer: aiohttp.ClientResponse) -> bytes:
    """The part of a robots.txt that is obeyed; the rest of a longer one is not read."""
    return await _while_connected(answer, _read_start(answer, ROBOTS_BYTES))


async def _read_start(answer: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) >= max_bytes:
            break
    return bytes(body[:max_bytes])


async def _while_connected(answer: aiohttp.ClientResponse, read: Coroutine[Any, Any, bytes]) -> bytes:
    """Stop reading when the connection closes. At a broken chunk aiohttp closes it, but lets the reader wait for the
    timeout."""
    protocol = answer.connection.protocol if answer.connection is not None else None
    closed = protocol.closed if protocol is not None else None
    if closed is None:
        return await read
    reading = asyncio.ensure_future(read)
    closed.add_done_callback(lambda future: future.cancelled() or future.exception())  # the reader raises it
    try:
        await asyncio.wait((reading, closed), return_when=asyncio.FIRST_COMPLETED)
        ended = answer.content.is_eof() or answer.content.exception() is not None
        if not reading.done() and not ended:
            raise FetchFailed("incomplete", f"{answer.url}: the body breaks off", transient=True)
        return await reading
    finally:
        reading.cancel()
