"""A client that may reach servers on loopback."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pipeline.collect.http.client import Client, Limits, Timeouts
from pipeline.collect.http.responses import FetchFailed, Response
from pipeline.ledger.log import utc_now

HOSTS = Path("hosts")


AT_ONCE = Timeouts(retry_wait=0.01)
"""Retries come at once. The other timeouts are long, because a busy machine may stall for seconds."""


def client(
    *, allow: tuple[str, ...] = ("127.0.0.1",), requests_per_second: float | None = None, timeouts: Timeouts = AT_ONCE
) -> Client:
    by_host = {"127.0.0.1": requests_per_second} if requests_per_second else {}
    return Client(
        allow_hosts=allow,
        limits=Limits(50, by_host),
        contact="press@example.org",
        now=utc_now,
        hosts=HOSTS,
        timeouts=timeouts,
    )


def fetch(
    url: str, *, allow: tuple[str, ...] = ("127.0.0.1",), timeouts: Timeouts = AT_ONCE, **conditions: str
) -> Response:
    async def run() -> Response:
        async with client(allow=allow, timeouts=timeouts) as opened:
            return await opened.fetch(url, **conditions)

    return asyncio.run(run())


def failure(url: str, *, allow: tuple[str, ...] = ("127.0.0.1",), timeouts: Timeouts = AT_ONCE) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        fetch(url, allow=allow, timeouts=timeouts)
    return caught.value
