"""The one client that fetches feeds and pages: polite to hosts, and safe against what they send."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Self
from urllib.parse import quote, urljoin, urlsplit

import aiohttp
import msgspec
from aiolimiter import AsyncLimiter
from protego import Protego
from yarl import URL

from pipeline.collect.addresses import AllowedHosts, BlockedAddress, GuardedResolver
from pipeline.collect.codings import MAX_BODY_BYTES, CodingError, decode

AGENT = "newsledger"
MAX_REDIRECTS = 5
HOST_CONNECTIONS = 4
ALLOWED_HOST_REQUESTS_PER_SECOND = 50.0
RETRIED_STATUS = frozenset({502, 503, 504})

_CHUNK_BYTES = 1 << 16


class Limits(msgspec.Struct, frozen=True):
    """How fast a host may be asked, requests per second."""

    default: float
    by_host: Mapping[str, float] = {}


class Patience(msgspec.Struct, frozen=True):
    """How long the client waits, in seconds."""

    total: float = 60
    connect: float = 15
    read: float = 20
    retry_wait: float = 1


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its response, as they went over the wire (RFC 9110), transfer coding undone."""

    url: str
    request_headers: tuple[tuple[str, str], ...]
    status: int
    reason: str
    headers: tuple[tuple[bytes, bytes], ...]
    body_sent: bytes
    """With its content coding."""
    fetched_at: datetime

    def header(self, name: str) -> str | None:
        """The header's first value; UTF-8 where it is that, as some servers send, else Latin-1 (RFC 9110, 5.5)."""
        wanted = name.lower().encode()
        value = next((value for key, value in self.headers if key.lower() == wanted), None)
        if value is None:
            return None
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin-1")


class Response(msgspec.Struct, frozen=True):
    """What a fetch ended in: its last exchange, and the body with its content coding undone."""

    exchange: Exchange
    body: bytes
    redirects: tuple[Exchange, ...] = ()
    """The redirecting exchanges that led to it, first one first."""

    @property
    def status(self) -> int:
        return self.exchange.status

    @property
    def final_url(self) -> str:
        return self.exchange.url


class FetchFailed(Exception):
    """No response. `reason` is a constant for the event; `transient` says whether another try may help."""

    def __init__(self, reason: str, detail: str, *, transient: bool, status: int | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.transient = transient
        self.status = status


class Host:
    """The budget of one host, shared by everything that is fetched from it."""

    def __init__(self, requests_per_second: float) -> None:
        self.slots = asyncio.Semaphore(HOST_CONNECTIONS)
        self.limiter = AsyncLimiter(1, 1 / requests_per_second)


class Client:
    """Use as an async context manager. Cookies are not kept, environment proxies not used."""

    def __init__(
        self,
        *,
        allow_hosts: tuple[str, ...],
        limits: Limits,
        contact: str,
        now: Callable[[], datetime],
        patience: Patience = Patience(),  # noqa: B008  # it is frozen
    ) -> None:
        self._patience = patience
        self._allowed = AllowedHosts(allow_hosts)
        self._limits = limits
        self._now = now
        self._agent = f"{AGENT}/0.1 (+{contact})" if contact else f"{AGENT}/0.1"
        self._hosts: dict[str, Host] = {}
        self._robots: dict[str, asyncio.Task[Protego | FetchFailed]] = {}
        """By the address of the robots.txt: it speaks for one scheme and port only (RFC 9309, 2.3)."""

    async def __aenter__(self) -> Self:
        self._resolver = GuardedResolver(self._allowed)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=self._resolver,
                socket_factory=self._resolver.guarded_socket,
                limit=64,
                limit_per_host=HOST_CONNECTIONS,
            ),
            timeout=aiohttp.ClientTimeout(
                total=self._patience.total, sock_connect=self._patience.connect, sock_read=self._patience.read
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
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
        for robots in self._robots.values():
            robots.cancel()
        await self._session.close()
        await self._resolver.close()

    async def fetch(self, url: str, *, etag: str | None = None, last_modified: str | None = None) -> Response:
        """GET `url` if robots.txt allows it, following redirects, with one more try where that may help.

        Any status is a response, 304 for a conditional request included. Raises FetchFailed.
        """
        conditional = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in conditional.items() if value}
        return await self._with_retry(lambda: self._follow(url, headers, robots=True))

    async def _with_retry(self, attempt: Callable[[], Awaitable[Response]]) -> Response:
        try:
            response = await attempt()
            if response.status not in RETRIED_STATUS:
                return response
        except FetchFailed as failure:
            if not failure.transient:
                raise
        await asyncio.sleep(self._patience.retry_wait * random.uniform(0.5, 1.5))
        return await attempt()

    async def _follow(self, url: str, headers: Mapping[str, str], *, robots: bool) -> Response:
        redirects: list[Exchange] = []
        while True:
            exchange = await self._exchange(url, headers, robots=robots)
            location = exchange.header("location")
            if exchange.status not in {301, 302, 303, 307, 308} or not location:
                return Response(exchange, _decoded(exchange), tuple(redirects))
            redirects.append(exchange)
            if len(redirects) > MAX_REDIRECTS:
                raise FetchFailed(
                    "redirects", f"more than {MAX_REDIRECTS} redirects from {redirects[0].url}", transient=False
                )
            try:
                url = urljoin(url, location)
            except ValueError as exc:
                detail = f"{exchange.url} redirects to what is no address: {location!r}"
                raise FetchFailed("bad_redirect", detail, transient=False, status=exchange.status) from exc

    async def _exchange(self, url: str, headers: Mapping[str, str], *, robots: bool) -> Exchange:
        try:
            self._resolver.check_url(url)
        except (BlockedAddress, ValueError) as exc:
            raise FetchFailed("blocked_address", str(exc), transient=False) from exc
        host = self._host(url)
        if robots:
            await self._ask_robots(url)
        async with host.slots, host.limiter:
            return await self._request(url, headers)

    async def _request(self, url: str, headers: Mapping[str, str]) -> Exchange:
        try:
            async with self._session.get(_as_sent(url), headers=headers, allow_redirects=False) as answer:
                return Exchange(
                    url=url,
                    request_headers=tuple(answer.request_info.headers.items()),
                    status=answer.status,
                    reason=answer.reason or "",
                    headers=tuple(answer.raw_headers),
                    body_sent=await _read_capped(answer),
                    fetched_at=self._now(),
                )
        except TimeoutError as exc:
            raise FetchFailed("timeout", f"{url}: no answer in time", transient=True) from exc
        except aiohttp.ClientConnectorDNSError as exc:
            raise _refused(exc) or FetchFailed(
                "dns", f"{exc.host}: {exc.os_error.strerror or exc.os_error}", transient=False
            ) from exc
        except aiohttp.ClientConnectorError as exc:
            raise _refused(exc) or FetchFailed("connection", f"{exc.host}: {exc.os_error}", transient=False) from exc
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError) as exc:
            raise FetchFailed("bad_url", f"{url!r} cannot be requested", transient=False) from exc
        except aiohttp.ClientResponseError as exc:
            raise FetchFailed("bad_response", f"{url}: {exc.message}", transient=False, status=exc.status) from exc
        except (aiohttp.ClientError, OSError) as exc:
            raise _refused(exc) or FetchFailed("connection", f"{url}: {exc}", transient=True) from exc

    def _host(self, url: str) -> Host:
        name = urlsplit(url).hostname or ""
        if name not in self._hosts:
            default = ALLOWED_HOST_REQUESTS_PER_SECOND if name in self._allowed else self._limits.default
            self._hosts[name] = Host(self._limits.by_host.get(name, default))
        return self._hosts[name]

    async def _ask_robots(self, url: str) -> None:
        """RFC 9309: a missing robots.txt (4xx) allows all, an unreachable one (5xx, no answer) allows nothing yet."""
        address = urljoin(url, "/robots.txt")
        if address not in self._robots:
            self._robots[address] = asyncio.ensure_future(self._load_robots(address))
        answer = await asyncio.shield(self._robots[address])
        if isinstance(answer, FetchFailed):
            raise answer
        if not answer.can_fetch(url, AGENT):
            raise FetchFailed("robots", f"{url}: forbidden by robots.txt", transient=False)

    async def _load_robots(self, url: str) -> Protego | FetchFailed:
        try:
            response = await self._with_retry(lambda: self._follow(url, {}, robots=False))
        except FetchFailed as failure:
            if failure.reason in {"too_large", "bad_encoding", "redirects", "bad_response"}:
                return Protego.parse("")
            return failure
        if response.status >= 500:
            detail = f"{url}: answers {response.status}, so nothing may be fetched for now"
            return FetchFailed("robots_unavailable", detail, transient=False, status=response.status)
        return Protego.parse(response.body.decode("utf-8", "replace") if response.status < 300 else "")


async def _read_capped(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise FetchFailed(
                "too_large", f"{answer.url}: more than {MAX_BODY_BYTES} bytes", transient=False, status=answer.status
            )
    return bytes(body)


def _as_sent(url: str) -> URL:
    """The URL as it stands, so that what is archived is what was asked for; only what no request may hold is quoted."""
    if not (urlsplit(url).hostname or "").isascii():
        return URL(url)
    return URL(quote(url, safe="%:/?#[]@!$&'()*+,;=~"), encoded=True)


def _refused(exc: BaseException) -> FetchFailed | None:
    """The guard's own refusal, wherever aiohttp has wrapped it."""
    seen: BaseException | None = exc
    while seen is not None:
        if isinstance(seen, BlockedAddress):
            return FetchFailed("blocked_address", str(seen), transient=False)
        seen = (
            getattr(seen, "os_error", None)
            if isinstance(getattr(seen, "os_error", None), BlockedAddress)
            else seen.__cause__
        )
    return None


def _decoded(exchange: Exchange) -> bytes:
    try:
        return decode(exchange.body_sent, exchange.header("content-encoding"))
    except CodingError as exc:
        raise FetchFailed(exc.reason, f"{exchange.url}: {exc}", transient=False, status=exchange.status) from exc
