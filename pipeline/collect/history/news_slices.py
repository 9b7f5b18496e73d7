"""Slices of Common Crawl's news files: the records of our hosts, kept as small WARC files.

A news file is about a gigabyte. It is streamed once for all sources: `open_stream` gives its body, as it arrives, to a
reader in a thread, because FastWARC reads synchronously.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import zlib
from collections.abc import AsyncIterator, Callable
from collections.abc import Set as AbstractSet
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager
from pathlib import Path
from time import thread_time
from typing import BinaryIO, cast

import aiohttp
import msgspec
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType
from filelock import AsyncFileLock, Timeout

from pipeline.collect.history.documents import NotRead
from pipeline.collect.http.addresses import AllowedHosts, BlockedAddress, GuardedResolver, as_sent
from pipeline.collect.http.client import AGENT
from pipeline.errors import storage_errors
from pipeline.sources.sites import is_on

MAX_PAGE_BYTES = 8_000_000
"""Longer records are skipped; Common Crawl cuts pages off at one megabyte."""
LONGEST_WAIT_SECONDS = 2700.0
"""How long to wait for a file that another run or another source is streaming."""
_POLL_SECONDS = 0.2
_LONGEST_TAIL_BYTES = 16_000_000
"""Maximum compressed size of the last record of a file. CC-NEWS cuts pages off at a megabyte."""
_PIECE_BYTES = 1_000_000
_LONGEST_TAIL_PIECES = 100
_CHUNK_BYTES = 65_536
"""FastWARC gets at most this many bytes at once. They can be 67 MB without compression, which it reads in a second."""
_GZIP = b"\x1f\x8b"


class ReadingTime(msgspec.Struct, frozen=True):
    """Maximum time for reading one news file; the records that were read until then are kept. Small files can be made
    that would keep a run busy for days."""

    processor_seconds: float = 300
    """A file of CC-NEWS takes about a minute."""
    clock_seconds: float = 1800


class NewsSlice(msgspec.Struct, frozen=True):
    """The records of one news file that are on our hosts."""

    path: Path
    """A later run may replace this file; it never writes to it."""
    problem: str | None = None
    """Why the news file was not read to its end. The slice is valid; the next run tries again."""


class NewsSlices:
    """Makes and keeps slices in `folder`. Each set of hosts has its own subfolder: with a new source all files are read
    again."""

    def __init__(
        self,
        folder: Path,
        hosts: AbstractSet[str],
        *,
        allow_hosts: tuple[str, ...],
        contact: str,
        longest_wait_seconds: float = LONGEST_WAIT_SECONDS,
        reading_time: ReadingTime = ReadingTime(),  # noqa: B008  # it is frozen
    ) -> None:
        self._folder = folder / hashlib.sha256("\n".join(sorted(hosts)).encode()).hexdigest()[:12]
        self._hosts = hosts
        self._allow_hosts = allow_hosts
        self._contact = contact
        self._longest_wait_seconds = longest_wait_seconds
        self._reading_time = reading_time

    async def get(self, url: str) -> NewsSlice:
        """The slice of the news file at `url`; streams the file if there is no slice yet. Raises NotRead."""
        path = self._folder / url.rpartition("/")[2]
        self._folder.mkdir(parents=True, exist_ok=True)
        # Waiting must not take a thread: the task that is streaming the file needs one.
        lock = AsyncFileLock(path.with_name(f"{path.name}.lock"), poll_interval=_POLL_SECONDS, run_in_executor=False)
        try:
            await lock.acquire(timeout=self._longest_wait_seconds)
        except Timeout as exc:
            detail = f"{url}: another run or source has been streaming it for {self._longest_wait_seconds:g} seconds"
            raise NotRead("no_turn", detail) from exc
        try:
            if path.exists():
                return NewsSlice(path)
            async with open_stream(
                url, allow_hosts=self._allow_hosts, contact=self._contact, time=self._reading_time
            ) as stream:
                return await self._read(stream, path)
        finally:
            await lock.release()

    async def _read(self, stream: BinaryIO, path: Path) -> NewsSlice:
        """Read in a thread. This returns or raises only after the thread has ended."""
        reading = asyncio.ensure_future(asyncio.to_thread(self._keep, stream, path))
        try:
            return await asyncio.shield(reading)
        finally:
            stream.close()
            await asyncio.wait([reading])

    def _keep(self, stream: BinaryIO, path: Path) -> NewsSlice:
        part = path.with_name(f"{path.name}.part")
        with storage_errors(path), part.open("wb") as file:
            problem = copy_records(stream, file, lambda url: is_on(url, self._hosts))
        if problem is None:
            return NewsSlice(part.replace(path))
        return NewsSlice(part.replace(path.with_name(f"{path.name}.incomplete")), problem)


def copy_records(stream: BinaryIO, file: BinaryIO, is_wanted: Callable[[str], bool]) -> str | None:
    """Copy the response records whose address is wanted and that are not too long. Returns what is wrong with a damaged
    stream, else None.

    A record is held in memory. Raises OSError if `file` cannot be written.
    """
    tail = _Tail(stream)
    records = ArchiveIterator(cast("BinaryIO", tail), parse_http=False)
    last_position: int | None = None
    while True:
        member = io.BytesIO()
        try:
            record = next(records, None)
            if record is not None and _is_response(record, is_wanted):
                record.write(member)
        except (EOFError, OSError) as exc:
            return str(exc) or type(exc).__name__
        if record is None:
            break
        last_position = record.stream_pos
        if member.tell():
            file.write(gzip.compress(member.getvalue(), 1))
    if last_position is None:
        return "it holds no records"
    return "it is cut off in its last record" if tail.is_cut_off(last_position) else None


class _Tail:
    """A stream of gzip members that keeps its last bytes, because FastWARC does not report a truncated last record."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._bytes = bytearray()

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._bytes += data
        if len(self._bytes) > 2 * _LONGEST_TAIL_BYTES:
            del self._bytes[:-_LONGEST_TAIL_BYTES]
        return data

    def tell(self) -> int:
        return self._stream.tell()

    def is_cut_off(self, position: int) -> bool:
        """True if the stream has anything but one whole member from this position on. False if the tail is too long,
        with or without compression."""
        start = position - (self.tell() - len(self._bytes))
        rest = bytes(self._bytes[start:]) if start >= 0 else b""
        if not rest.startswith(_GZIP):
            return False
        member = zlib.decompressobj(wbits=31)
        pieces = 0
        while not member.eof and (member.decompress(rest, _PIECE_BYTES) or member.unconsumed_tail):
            rest = member.unconsumed_tail
            pieces += 1
            if pieces == _LONGEST_TAIL_PIECES:
                return False
        return not member.eof or bool(member.unused_data)


def _is_response(record: WarcRecord, is_wanted: Callable[[str], bool]) -> bool:
    is_short = record.record_type == WarcRecordType.response and record.content_length <= MAX_PAGE_BYTES
    return is_short and is_wanted(record.headers.get("WARC-Target-URI") or "")


_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=15, sock_read=60)


@asynccontextmanager
async def open_stream(
    url: str, *, allow_hosts: tuple[str, ...], contact: str, time: ReadingTime
) -> AsyncIterator[BinaryIO]:
    """The body of `url`, for a reader in another thread. Redirects are not followed.

    Opening raises NotRead; reading raises OSError, also after the stream was closed here or when its time is over.
    """
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
            yield cast("BinaryIO", _Body(answer.content, asyncio.get_running_loop(), time))


class _Body:
    """The stream for FastWARC: a read blocks the thread of the reader until the event loop has the bytes."""

    def __init__(self, content: aiohttp.StreamReader, loop: asyncio.AbstractEventLoop, limit: ReadingTime) -> None:
        self._content = content
        self._loop = loop
        self._limit = limit
        self._ends_at = loop.time() + limit.clock_seconds
        self._began: float | None = None
        """Time that the processor had spent on the reader's thread before the first read."""
        self._position = 0
        self._is_closed = False
        self._taking: asyncio.Task[bytes] | None = None

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1) -> bytes:
        self._began = thread_time() if self._began is None else self._began
        if thread_time() - self._began > self._limit.processor_seconds:
            raise OSError(f"reading it took more than {self._limit.processor_seconds:g} seconds of the processor")
        try:
            data = asyncio.run_coroutine_threadsafe(self._take(size), self._loop).result()
        except (aiohttp.ClientError, TimeoutError) as exc:
            if self._loop.time() >= self._ends_at:
                raise OSError(f"it was not read within {self._limit.clock_seconds:g} seconds") from exc
            raise OSError(f"the transfer was cut off: {exc or type(exc).__name__}") from exc
        except CancelledError as exc:
            raise OSError("the transfer was cancelled") from exc
        self._position += len(data)
        return data

    def close(self) -> None:
        """Make pending and later reads fail. Call this in the thread of the event loop."""
        self._is_closed = True
        if self._taking is not None:
            self._taking.cancel()

    async def _take(self, size: int) -> bytes:
        if self._is_closed:
            raise asyncio.CancelledError
        if self._loop.time() >= self._ends_at:
            raise TimeoutError
        self._taking = asyncio.current_task()
        async with asyncio.timeout_at(self._ends_at):
            return await self._content.read(min(size, _CHUNK_BYTES) if size >= 0 else _CHUNK_BYTES)
