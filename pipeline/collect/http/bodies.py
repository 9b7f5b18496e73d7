"""Bodies of responses as they arrive: never more than is wanted, and never waited for when the connection is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import aiohttp

from pipeline.archive.codings import MAX_BODY_BYTES
from pipeline.collect.http.exchanges import FetchFailed
from pipeline.collect.http.robots import MAX_BYTES as ROBOTS_BYTES

_CHUNK_BYTES = 1 << 16

ReadBody = Callable[[aiohttp.ClientResponse], Awaitable[bytes]]
"""Raises FetchFailed, and what aiohttp raises."""


async def read_whole(answer: aiohttp.ClientResponse) -> bytes:
    """The body; one above the cap is none."""
    body = await _while_connected(answer, _read_start(answer, MAX_BODY_BYTES + 1))
    if len(body) > MAX_BODY_BYTES:
        raise FetchFailed("too_large", f"{answer.url}: more than {MAX_BODY_BYTES} bytes", status=answer.status)
    return body


async def read_robots(answer: aiohttp.ClientResponse) -> bytes:
    """As much of a robots.txt as is heard, however long it is."""
    return await _while_connected(answer, _read_start(answer, ROBOTS_BYTES))


async def _read_start(answer: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) >= max_bytes:
            break
    return bytes(body[:max_bytes])


async def _while_connected(answer: aiohttp.ClientResponse, read: Coroutine[Any, Any, bytes]) -> bytes:
    """At a broken chunk aiohttp closes the connection, and leaves whoever reads the body waiting for the time-out."""
    protocol = answer.connection.protocol if answer.connection is not None else None
    closed = protocol.closed if protocol is not None else None
    if closed is None:
        return await read
    reading = asyncio.ensure_future(read)
    closed.add_done_callback(lambda future: future.cancelled() or future.exception())  # which is the reader's to raise
    try:
        await asyncio.wait((reading, closed), return_when=asyncio.FIRST_COMPLETED)
        ended = answer.content.is_eof() or answer.content.exception() is not None
        if not reading.done() and not ended:
            raise FetchFailed("incomplete", f"{answer.url}: the body breaks off", transient=True)
        return await reading
    finally:
        reading.cancel()
