"""Why a request got no answer: the exceptions of aiohttp and of the system as reasons of FetchFailed."""

from __future__ import annotations

import socket

import aiohttp

from pipeline.collect.http.addresses import BlockedAddress
from pipeline.collect.http.responses import FetchFailed

_PROBLEM_CHARS = 200


def request_failed(url: str, exc: aiohttp.ClientError | OSError | ValueError) -> FetchFailed:
    """The reason for this exception of a request."""
    if (refusal := _refusal(exc)) is not None:
        return FetchFailed("blocked_address", f"{url}: {refusal}")
    match exc:
        case TimeoutError():
            return FetchFailed("timeout", f"{url}: no answer in time", transient=True)
        case aiohttp.ClientConnectorDNSError():
            return FetchFailed(dns_reason(exc.os_error), f"{url}: {exc.os_error.strerror or exc.os_error}")
        case aiohttp.ClientConnectorError():
            return FetchFailed("connection", f"{url}: {exc.os_error}")
        case aiohttp.NonHttpUrlClientError() | ValueError():  # also aiohttp.InvalidURL
            return FetchFailed("bad_url", f"{url!r} cannot be requested")
        case aiohttp.ClientResponseError():  # its status is aiohttp's own
            problem = exc.message.partition("\n")[0].rstrip(":")[:_PROBLEM_CHARS]
            return FetchFailed("bad_response", f"{url}: {problem}")
        case aiohttp.ClientPayloadError():
            return FetchFailed("incomplete", f"{url}: the body ends too early", transient=True)
    return FetchFailed("connection", f"{url}: {exc}", transient=True)


def dns_reason(exc: OSError) -> str:
    """`dns` if the host does not exist, `dns_timeout` if no name server has answered."""
    return "dns_timeout" if exc.errno == socket.EAI_AGAIN else "dns"


def _refusal(exc: BaseException) -> BlockedAddress | None:
    """The refusal of GuardedResolver if aiohttp has wrapped one in `exc`."""
    seen: BaseException | None = exc
    while seen is not None and not isinstance(seen, BlockedAddress):
        inner = getattr(seen, "os_error", None)
        seen = inner if isinstance(inner, BlockedAddress) else seen.__cause__
    return seen
