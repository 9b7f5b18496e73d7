"""robots.txt (RFC 9309), fetched once a day for each origin and obeyed at every request."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import msgspec
from protego import Protego

from pipeline.collect.http.addresses import canonical_host
from pipeline.collect.http.host_files import file_stem
from pipeline.errors import storage_errors
from pipeline.json_files import decoded

KEPT = timedelta(hours=24)
"""How long rules are used before they are fetched again (RFC 9309, 2.4)."""
MAX_BYTES = 512_000
"""The rest of a longer file is ignored. At least 500 KiB must be read (RFC 9309, 2.5)."""
MAX_CRAWL_DELAY_SECONDS = 3600.0
"""A longer Crawl-delay is shortened to this."""

_SHORT_CHARS = 20_000
_GROUP = re.compile(r"^(?P<before>[ \t]*user-?agent[ \t]*:[ \t]*)(?P<token>\*|[a-z_-]*)[^\r\n]*", re.I | re.M)


class RobotsVerdict(msgspec.Struct, frozen=True):
    """What a robots.txt says about an address."""

    allows: bool
    crawl_delay_seconds: float
    """The longer of Crawl-delay and Request-rate, which are not part of the standard; 0 if neither is given."""


class Rules(msgspec.Struct, frozen=True):
    """The robots.txt of an origin."""

    text: str

    @property
    def is_short(self) -> bool:
        """True if it is judged in an instant. A long one with many wildcards takes half a second for each address."""
        return len(self.text) <= _SHORT_CHARS


def judge_by(rules: Rules, agent: str, url: str) -> RobotsVerdict:
    """What the rules say about the address. Call it in a worker process, unless the rules are short."""
    parser = _parsed(rules.text, agent)
    delay = parser.crawl_delay(agent) or 0.0
    rate = parser.request_rate(agent)
    if rate is not None and rate.requests > 0:
        delay = max(delay, rate.seconds / rate.requests)
    return RobotsVerdict(bool(parser.can_fetch(url, agent)), float(min(max(delay, 0.0), MAX_CRAWL_DELAY_SECONDS)))


@lru_cache(maxsize=256)
def _parsed(text: str, agent: str) -> Protego:
    return Protego.parse(_by_token(text, agent))


Load = Callable[[str], Awaitable[bytes]]
"""Fetches a robots.txt; empty if the site has no such file. Raises FetchFailed if nothing may be fetched for now."""


class KeptRobots(msgspec.Struct, frozen=True):
    """A robots.txt as it is stored for later runs."""

    loaded_at: datetime
    text: str


class RobotsCache:
    """The rules of every origin that was visited lately, stored in `folder` with one file each, for this and later
    runs.

    Rules hold for one origin: scheme, host and port (RFC 9309, 2.3).
    """

    def __init__(self, load: Load, now: Callable[[], datetime], folder: Path) -> None:
        self._load = load
        self._now = now
        self._folder = folder
        self._origins: dict[str, tuple[datetime, asyncio.Task[Rules]]] = {}

    async def rules(self, url: str) -> Rules:
        """The rules for this URL. Raises what `load` raises, and StorageError."""
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
            loaded = KeptRobots(self._now(), body[:MAX_BYTES].decode("utf-8-sig", "replace"))
            _keep(path, loaded)
        self._origins[address] = (loaded.loaded_at, self._origins[address][1])
        return Rules(loaded.text)

    def _is_fresh(self, loaded_at: datetime) -> bool:
        return timedelta() <= self._now() - loaded_at <= KEPT

    async def close(self) -> None:
        tasks = [task for _, task in self._origins.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _kept(path: Path) -> KeptRobots | None:
    """The stored robots.txt; None if there is no file or a crash cut it off."""
    try:
        return decoded(path.read_bytes(), KeptRobots)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _keep(path: Path, loaded: KeptRobots) -> None:
    half = path.with_suffix(f".{secrets.token_hex(4)}.part")
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(msgspec.json.encode(loaded))
        half.replace(path)


def _by_token(text: str, agent: str) -> str:
    """The text with the name of each group reduced to its product token, and every token but ours marked as foreign.

    A group is meant for the crawler whose token equals the group's, without regard to case (RFC 9309, 2.2.1). Some
    operators copy the version along. Protego by itself would apply a group whose name occurs anywhere in our own.
    """

    def token(match: re.Match[str]) -> str:
        name = match["token"].lower()
        return match["before"] + (name if name in ("*", agent) else f"not-{agent}")

    return _GROUP.sub(token, text)
