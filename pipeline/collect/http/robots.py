"""robots.txt (RFC 9309): fetched once for each origin and day, obeyed at every request."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import msgspec
from protego import Protego

from pipeline.collect.http.addresses import canonical_host
from pipeline.collect.http.host_files import file_stem
from pipeline.errors import storage_errors

KEPT = timedelta(hours=24)
"""So long rules are used before they are fetched again (RFC 9309, 2.4)."""
MAX_BYTES = 512_000
"""Rules beyond are not read; 500 KiB must be (RFC 9309, 2.5)."""
MAX_CRAWL_DELAY_SECONDS = 3600.0


_GROUP = re.compile(r"^(?P<before>[ \t]*user-?agent[ \t]*:[ \t]*)(?P<token>\*|[a-z_-]*)[^\r\n]*", re.I | re.M)


class Rules(msgspec.Struct, frozen=True):
    """What an origin's robots.txt says to one agent."""

    parser: Protego
    agent: str

    def allow(self, url: str) -> bool:
        return bool(self.parser.can_fetch(url, self.agent))

    @property
    def crawl_delay_seconds(self) -> float:
        """The longer of Crawl-delay and Request-rate, both outside the standard; 0 where neither is given."""
        delay = self.parser.crawl_delay(self.agent) or 0.0
        rate = self.parser.request_rate(self.agent)
        if rate is not None and rate.requests > 0:
            delay = max(delay, rate.seconds / rate.requests)
        return float(min(max(delay, 0.0), MAX_CRAWL_DELAY_SECONDS))


class Unavailable(Exception):
    """The rules cannot be had for now, so nothing may be fetched. `reason` is a constant for the event."""

    def __init__(
        self,
        reason: str,
        detail: str,
        status: int | None = None,
        retry_at: datetime | None = None,
        host: str | None = None,
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.status = status
        self.retry_at = retry_at
        self.host = host


Load = Callable[[str], Awaitable[bytes]]
"""Fetches a robots.txt; no bytes where there is none. Raises Unavailable."""


class Loaded(msgspec.Struct, frozen=True):
    """A robots.txt as it is kept for later runs."""

    loaded_at: datetime
    text: str


class RobotsCache:
    """The rules of every origin asked lately, kept in `folder`, a file each, for this and the next runs.

    It is the origin that they hold for: scheme, host and port (2.3).
    """

    def __init__(self, agent: str, load: Load, now: Callable[[], datetime], folder: Path) -> None:
        self._agent = agent
        self._load = load
        self._now = now
        self._folder = folder
        self._origins: dict[str, tuple[datetime, asyncio.Task[Rules]]] = {}

    async def rules(self, url: str) -> Rules:
        """Those for this URL. Raises Unavailable, StorageError."""
        address = urljoin(url, "/robots.txt")
        since, task = self._origins.get(address, (None, None))
        if task is None or since is None or not self._is_fresh(since):
            task = asyncio.ensure_future(self._read(address))
            self._origins[address] = (self._now(), task)
        return await asyncio.shield(task)

    async def _read(self, address: str) -> Rules:
        origin = urlsplit(address)
        name = f"{canonical_host(origin.hostname or '')}-{origin.scheme}-{origin.port or ''}"
        path = self._folder / f"{file_stem(name)}.robots"
        loaded = _kept(path)
        if loaded is None or not self._is_fresh(loaded.loaded_at):
            body = await self._load(address)
            loaded = Loaded(self._now(), body[:MAX_BYTES].decode("utf-8-sig", "replace"))
            _keep(path, loaded)
        self._origins[address] = (loaded.loaded_at, self._origins[address][1])
        return Rules(Protego.parse(_by_token(loaded.text, self._agent)), self._agent)

    def _is_fresh(self, loaded_at: datetime) -> bool:
        return timedelta() <= self._now() - loaded_at <= KEPT

    async def close(self) -> None:
        tasks = [task for _, task in self._origins.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _kept(path: Path) -> Loaded | None:
    """A file that a crash has cut off is as good as none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Loaded)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _keep(path: Path, loaded: Loaded) -> None:
    half = path.with_suffix(f".{secrets.token_hex(4)}.part")
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(msgspec.json.encode(loaded))
        half.replace(path)


def _by_token(text: str, agent: str) -> str:
    """With each group's name as the product token that it begins with, and none that is not ours a part of ours.

    A crawler is named by its token, compared as a whole and without case (RFC 9309, 2.2.1), also where an operator has
    copied the version along. Protego takes a group for ours if its name is found anywhere in our own.
    """

    def token(match: re.Match[str]) -> str:
        name = match["token"].lower()
        return match["before"] + (name if name in ("*", agent) else f"not-{agent}")

    return _GROUP.sub(token, text)
