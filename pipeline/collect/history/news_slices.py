"""What of a news file is on our hosts, kept as a small WARC file: each file is streamed once, for all sources."""

from __future__ import annotations

import asyncio
import gzip
import io
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import BinaryIO

import msgspec
from fastwarc.warc import ArchiveIterator, WarcRecordType
from filelock import FileLock

from pipeline.collect.history.sightings import is_on
from pipeline.collect.history.streams import open_stream
from pipeline.ids import digest


class NewsSlice(msgspec.Struct, frozen=True):
    path: Path
    problem: str | None = None
    """Why the file was not read to its end. What came before is good; the next run tries again."""


class NewsSlices:
    """Slices below `folder`, in a folder of its own for each set of hosts, so that for a new source the files are read
    again."""

    def __init__(self, folder: Path, hosts: AbstractSet[str], *, allow_hosts: tuple[str, ...], contact: str) -> None:
        self._folder = folder / digest("\n".join(sorted(hosts)).encode())[7:19]
        self._hosts = hosts
        self._allow_hosts = allow_hosts
        self._contact = contact

    async def get(self, url: str) -> NewsSlice:
        """The slice of the file at `url`, streamed now unless it is there. Raises NotRead."""
        path = self._folder / url.rpartition("/")[2]
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f"{path.name}.lock"), thread_local=False)
        await asyncio.to_thread(lock.acquire)  # another process may be streaming it
        try:
            if path.exists():
                return NewsSlice(path)
            async with open_stream(url, allow_hosts=self._allow_hosts, contact=self._contact) as stream:
                return await asyncio.to_thread(self._keep, stream, path)
        finally:
            lock.release()

    def _keep(self, stream: BinaryIO, path: Path) -> NewsSlice:
        part = path.with_name(f"{path.name}.part")
        with part.open("wb") as file:
            problem = copy_records(stream, file, lambda url: is_on(url, self._hosts))
        if problem is not None:
            return NewsSlice(part, problem)
        return NewsSlice(part.replace(path))


def copy_records(stream: BinaryIO, file: BinaryIO, is_wanted: Callable[[str], bool]) -> str | None:
    """Copy the response records whose address is wanted. Says what is wrong with a stream that ends badly."""
    record = None
    try:
        for record in ArchiveIterator(stream, parse_http=False):
            if record.record_type == WarcRecordType.response and is_wanted(record.headers.get("WARC-Target-URI") or ""):
                member = io.BytesIO()
                record.write(member)
                file.write(gzip.compress(member.getvalue(), 1))
    except (EOFError, ValueError, OSError) as exc:
        return str(exc) or type(exc).__name__
    return None if record is not None else "it holds no records"
