"""A large file that is read as it arrives, by a reader in a thread that knows nothing of the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager
from typing import BinaryIO, cast

import aiohttp

from pipeline.collect.history.documents import NotRead
from pipeline.collect.http.addresses import AllowedHosts, BlockedAddress, GuardedResolver, as_sent
from pipeline.collect.http.client import AGENT

_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=15, sock_read=60)


@asynccontextmanager
async def open_stream(url: str, *, allow_hosts: tuple[str, ...], contact: str) -> AsyncIterator[BinaryIO]:
    """The body of `url`, for a reader in another thread. It is not redirected. Raises NotRead before it begins, and
    OSError while it is read, also once it is closed here."""
    resolver = GuardedResolver(AllowedHosts(allow_hosts))
    connector = aiohttp.TCPConnector(resolver=resolver, socket_factory=resolver.guarded_socket)
    agent = f"{AGENT}/0.1 (+{contact})" if contact else f"{AGENT}/0.1"
    async with aiohttp.ClientSession(
        connector=connector, timeout=_TIMEOUT, auto_decompress=False, headers={"User-Agent": agent}
    ) as session:
        try:
            resolver.check_url(url)
            answer = await session.get(as_sent(url), allow_redirects=False)
        except BlockedAddress as exc:
            raise NotRead("blocked_address", f"{url}: {exc}") from exc
        except TimeoutError as exc:
            raise NotRead("timeout", f"{url}: no answer in time") from exc
        except (aiohttp.ClientError, OSError) as exc:
            raise NotRead("connection", f"{url}: {exc}") from exc
        async with answer:
            if answer.status != 200:
                detail = f"{url} answers {answer.status}"
                raise NotRead(f"http_{answer.status // 100}xx", detail, status=answer.status)
            yield cast("BinaryIO", _Body(answer.content, asyncio.get_running_loop()))


class _Body:
    """What fastwarc reads from: each read waits in the reader's thread for the loop to have the bytes."""

    def __init__(self, content: aiohttp.StreamReader, loop: asyncio.AbstractEventLoop) -> None:
        self._content = content
        self._loop = loop
        self._position = 0
        self._is_closed = False
        self._taking: asyncio.Task[bytes] | None = None

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1) -> bytes:
        try:
            data = asyncio.run_coroutine_threadsafe(self._take(size), self._loop).result()
        except (aiohttp.ClientError, TimeoutError) as exc:
            raise OSError(f"the transfer breaks off: {exc or type(exc).__name__}") from exc
        except CancelledError as exc:
            raise OSError("the transfer was given up") from exc
        self._position += len(data)
        return data

    def close(self) -> None:
        """In the loop's thread: whoever waits for bytes, or asks for more, gets an error."""
        self._is_closed = True
        if self._taking is not None:
            self._taking.cancel()

    async def _take(self, size: int) -> bytes:
        if self._is_closed:
            raise asyncio.CancelledError
        self._taking = asyncio.current_task()
        return await self._content.read(size)
