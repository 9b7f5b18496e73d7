"""The one client that fetches feeds, pages and archives: polite to hosts, and safe against what they send."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from copy import copy
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar
from urllib.parse import urljoin, urlsplit

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver

from pipeline.archive.codings import CodingError, decode_start
from pipeline.archive.exchange import Exchange, as_header_value
from pipeline.collect.http.addresses import AllowedHosts, BlockedAddress, GuardedResolver, as_sent, canonical_host
from pipeline.collect.http.connections import Connector, ReadBody, Request, raise_file_limit, read_robots, read_whole
from pipeline.collect.http.cookies import cookie_header
from pipeline.collect.http.failures import dns_reason, request_failed
from pipeline.collect.http.host_files import HostFiles, HostRecords
from pipeline.collect.http.hosts import CONNECTIONS, OVERLOADED, AskedToWait, Host, NoTurn, Patience, parse_retry_after
from pipeline.collect.http.readers import Origin, OriginBarred, TaskLost, Workers
from pipeline.collect.http.responses import NOT_ASKED, REDIRECTS, FetchFailed, Response
from pipeline.collect.http.robots import MAX_BYTES as ROBOTS_BYTES
from pipeline.collect.http.robots import RobotsCache, judge_by
from pipeline.sources.sites import is_address, registrable_host
from pipeline.workers import READING

P = ParamSpec("P")
R = TypeVar("R")

AGENT = "newsledger"
MAX_REDIRECTS = 5
MAX_HEADERS = 128
MAX_CONNECTIONS = 400
"""Connections to all hosts together. The number is high so that dozens of hosts that never answer do not delay the
rest."""
_FILES_TO_KEEP_ALIVE = 4_096
"""If the process may open fewer files, connections are closed after each request."""
_FILES_PER_CONNECTION = 10
"""A socket, up to four slot files of the host, and the same number again for the rest of the process."""
ALLOWED_HOST_REQUESTS_PER_SECOND = 50.0
"""Default rate for hosts that the settings allow by name, which are the user's own."""
RETRIED_STATUS = frozenset({429, 502, 503, 504})

UNREADABLE = "unreadable"
"""Reason of a FetchFailed: reading the answer took too much time or memory."""


class Limits(msgspec.Struct, frozen=True):
    """How many requests per second a host may get."""

    default: float
    by_host: Mapping[str, float] = {}


class Timeouts(msgspec.Struct, frozen=True):
    """How long the client waits for a response, in seconds."""

    total: float = 60
    """Until the last byte of a response."""
    connect: float = 15
    read: float = 20
    """Until the next bytes of a response."""
    parse: float = 10
    """Time of the processor for decoding and parsing a response."""
    retry_wait: float = 1


class Client:
    """Fetches addresses, and reads what they answer in worker processes. Use as an async context manager.

    It keeps cookies within one chain of redirects only, and uses no proxies from the environment.
    """

    def __init__(
        self,
        *,
        allow_hosts: tuple[str, ...],
        limits: Limits,
        contact: str,
        now: Callable[[], datetime],
        hosts: Path,
        timeouts: Timeouts = Timeouts(),  # noqa: B008  # it is frozen, as is the next
        patience: Patience = Patience(),  # noqa: B008
        names: AbstractResolver | None = None,
        records: HostRecords | None = None,
    ) -> None:
        """`hosts` is the folder of the host files; processes with the same folder share the budgets of hosts.

        `names` replaces the resolver of the system. `records` replaces the host files; it is closed with the client.
        """
        self._records = records or HostFiles(hosts)
        self._names = names
        self._timeouts = timeouts
        self._patience = patience
        self._allowed = AllowedHosts(allow_hosts)
        self._limits = limits
        self._now = now
        self._agent = f"{AGENT}/0.1 (+{contact})" if contact else f"{AGENT}/0.1"
        self._hosts: dict[str, Host] = {}
        self._robots = RobotsCache(self._load_robots, now, hosts)
        self._source = ""
        self._workers = Workers(bounds=msgspec.structs.replace(READING, seconds=timeouts.parse))

    def on_behalf_of(self, source_id: str) -> Client:
        """This client, once entered, for one source: workers read its answers in turn with those of other sources."""
        client = copy(self)
        client._source = source_id
        return client

    async def __aenter__(self) -> Self:
        self._resolver = GuardedResolver(self._allowed, self._names)
        files = raise_file_limit()
        connections = min(MAX_CONNECTIONS, files // _FILES_PER_CONNECTION)
        self._permits = asyncio.Semaphore(connections)
        self._session = aiohttp.ClientSession(
            connector=Connector(
                resolver=self._resolver,
                socket_factory=self._resolver.guarded_socket,
                limit=connections,
                limit_per_host=CONNECTIONS,
                force_close=files < _FILES_TO_KEEP_ALIVE,
            ),
            timeout=aiohttp.ClientTimeout(
                total=self._timeouts.total, sock_connect=self._timeouts.connect, sock_read=self._timeouts.read
            ),
            request_class=Request,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_headers=MAX_HEADERS,
            headers={
                "User-Agent": self._agent,
                "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.5",
                "Accept-Encoding": "gzip, deflate, br, zstd",
            },
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        async with AsyncExitStack() as stack:
            stack.callback(self._records.close)
            stack.push_async_callback(self._resolver.close)
            stack.push_async_callback(self._session.close)
            stack.push_async_callback(self._robots.close)
            await stack.enter_async_context(self._workers)

    async def fetch(self, url: str, *, etag: str | None = None, last_modified: str | None = None) -> Response:
        """GET `url` if robots.txt allows it, follow redirects, and retry once if that may help.

        A response may have any status, for example 304 after a conditional request. Raises FetchFailed.
        """
        conditional = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: as_header_value(value) for name, value in conditional.items() if value}
        return await self._with_retry(lambda: self._follow(url, headers, robots=True))

    async def follow(self, response: Response, url: str) -> Response:
        """GET `url`, to which the page in `response` refreshes, as one more redirect. Raises FetchFailed."""
        chain = (*response.redirects, response.exchange)
        return await self._with_retry(lambda: self._follow(url, {}, robots=True, chain=chain))

    async def read(
        self,
        response: Response,
        function: Callable[Concatenate[Response, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """The result of `function(response, …)`, computed in a worker process: bytes of others may be made to be slow.

        The function must be importable and pure; its exceptions are raised here. Raises FetchFailed if the body cannot
        be decoded, if reading it exceeds the limits of time and memory, or if other answers of the same site did.
        """
        try:
            return await self.work(response.final_url, function, response, *args, **kwargs)
        except FetchFailed as failure:
            failure.status = response.status
            raise

    async def work(self, url: str, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Like `read`, for bytes that come from the site of `url` in another way, for example from an archive."""
        site = _site(url)
        try:
            return await self._workers.run(Origin(site, self._source), function, *args, **kwargs)
        except TaskLost as exc:
            raise FetchFailed(UNREADABLE, f"{url}: reading it was given up: {exc}") from exc
        except OriginBarred as exc:
            raise FetchFailed("no_turn", str(exc), host=site) from exc
        except CodingError as exc:
            raise FetchFailed(exc.reason, f"{url}: {exc}") from exc

    async def _with_retry(self, attempt: Callable[[], Awaitable[Response]]) -> Response:
        """Retry once. If the host asked for a pause, the retry waits for it as part of waiting for its turn."""
        response = None
        try:
            response = await attempt()
            if response.status not in RETRIED_STATUS:
                return response
        except FetchFailed as failure:
            if not failure.transient:
                raise
        await asyncio.sleep(self._timeouts.retry_wait * random.uniform(0.5, 1.5))
        try:
            return await attempt()
        except FetchFailed as failure:
            if failure.reason in NOT_ASKED and response is not None:
                return response
            raise

    async def _follow(
        self, url: str, headers: Mapping[str, str], *, robots: bool, chain: Sequence[Exchange] = ()
    ) -> Response:
        redirects = list(chain)
        while True:
            exchange = await self._exchange(url, headers, robots=robots, chain=redirects)
            location = exchange.location()
            if exchange.status not in REDIRECTS or not location:
                return Response(exchange, tuple(redirects))
            redirects.append(exchange)
            if len(redirects) > MAX_REDIRECTS:
                raise FetchFailed("redirects", f"more than {MAX_REDIRECTS} redirects from {redirects[0].url}")
            try:
                url = urljoin(url, location)
            except ValueError as exc:
                detail = f"{exchange.url} redirects to an invalid address: {location!r}"
                raise FetchFailed("bad_redirect", detail, status=exchange.status) from exc

    async def _exchange(
        self, url: str, headers: Mapping[str, str], *, robots: bool, chain: Sequence[Exchange]
    ) -> Exchange:
        try:
            self._resolver.check_url(url)
        except (BlockedAddress, ValueError) as exc:
            raise FetchFailed("blocked_address", f"{url}: {exc}") from exc
        host = self._host(url)
        if cookies := cookie_header(url, chain):
            headers = {**headers, "Cookie": cookies}
        if robots:
            await self._obey_robots(url, host)
        try:
            async with host.turn():
                await self._workers.room(_site(url))
                await self._look_up(url)
                exchange = await self._request(url, headers, read_whole if robots else read_robots)
                if exchange.status in OVERLOADED:
                    retry_at = parse_retry_after(exchange.header("retry-after"), exchange.fetched_at)
                    host.note_refusal((retry_at - exchange.fetched_at).total_seconds() if retry_at else None)
                else:
                    host.note_answer()
                return exchange
        except AskedToWait as exc:
            retry_at = self._now() + timedelta(seconds=exc.seconds)
            name = _host_name(url)
            raise FetchFailed("asked_to_wait", f"{name}: {exc}", retry_at=retry_at, host=name) from exc
        except NoTurn as exc:
            name = _host_name(url)
            raise FetchFailed("no_turn", f"{name}: {exc}", host=name) from exc

    async def _look_up(self, url: str) -> None:
        """Look up the host's name before the time of the request starts to run, because lookups wait for each other.

        The connection uses the result and checks it again.
        """
        sent = as_sent(url)
        if sent.raw_host is None or is_address(sent.raw_host):
            return
        try:
            await self._resolver.resolve(sent.raw_host, sent.port or 0, socket.AF_UNSPEC)
        except BlockedAddress as exc:
            raise FetchFailed("blocked_address", f"{url}: {exc}") from exc
        except OSError as exc:
            raise FetchFailed(dns_reason(exc), f"{url}: {exc.strerror or exc}") from exc

    async def _request(self, url: str, headers: Mapping[str, str], read: ReadBody) -> Exchange:
        try:
            sent = as_sent(url)
            async with self._session.get(sent, headers=headers, allow_redirects=False) as answer:
                return Exchange(
                    url=str(sent),
                    request_headers=tuple(answer.request_info.headers.items()),
                    status=answer.status,
                    reason=answer.reason or "",
                    headers=tuple(answer.raw_headers),
                    body_sent=await read(answer),
                    fetched_at=self._now(),
                )
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            raise request_failed(url, exc) from exc

    def _host(self, url: str) -> Host:
        name = _host_name(url)
        if name not in self._hosts:
            default = ALLOWED_HOST_REQUESTS_PER_SECOND if name in self._allowed else self._limits.default
            limit = self._limits.by_host.get(name, default)
            record = self._records.host(name, CONNECTIONS)
            self._hosts[name] = Host(record, limit, now=self._now, permits=self._permits, patience=self._patience)
        return self._hosts[name]

    async def _obey_robots(self, url: str, host: Host) -> None:
        rules = await self._robots.rules(url)
        verdict = judge_by(rules, AGENT, url) if rules.is_short else await self.work(url, judge_by, rules, AGENT, url)
        if not verdict.allows:
            raise FetchFailed("robots", f"{url}: forbidden by robots.txt")
        host.respect_crawl_delay(verdict.crawl_delay_seconds)

    async def _load_robots(self, url: str) -> bytes:
        """A missing robots.txt (4xx) allows everything, an unreachable one (5xx, no response) nothing (RFC 9309,
        2.3.1).

        429 says nothing about the file, only that there were too many requests, so it counts as unreachable, too.
        """
        try:
            response = await self._with_retry(lambda: self._follow(url, {}, robots=False))
        except FetchFailed as failure:
            if failure.reason in {"redirects", "bad_redirect"}:
                return b""
            failure.transient = False  # it was retried; retrying the page would not fetch robots.txt again
            raise
        if response.status >= 500 or response.status == 429:
            detail = f"{url}: answers {response.status}, so nothing may be fetched for now"
            raise FetchFailed("robots_unavailable", detail, status=response.status, retry_at=response.retry_at)
        if response.status >= 300:
            return b""
        coding = response.exchange.header("content-encoding")
        try:
            return decode_start(response.exchange.body_sent, coding, ROBOTS_BYTES)
        except CodingError as exc:
            raise FetchFailed(exc.reason, f"{url}: {exc}", status=response.status) from exc


def _host_name(url: str) -> str:
    return canonical_host(urlsplit(url).hostname or "")


def _site(url: str) -> str:
    """The registered domain; the address itself if it is invalid."""
    try:
        return registrable_host(urlsplit(url).hostname or "")
    except ValueError:
        return url
