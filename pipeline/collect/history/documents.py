"""Fetching one document of the history, or the reason why that failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from pipeline.collect.http.client import Client
from pipeline.collect.http.hosts import OVERLOADED
from pipeline.collect.http.responses import NOT_ASKED, FetchFailed, Response
from pipeline.collect.pages.answers import is_passing


class NotRead(Exception):
    """A document could not be read. `reason` is the constant that the event records."""

    def __init__(
        self, reason: str, detail: str, *, status: int | None = None, retry_at: datetime | None = None
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.status = status
        self.retry_at = retry_at

    @property
    def is_passing(self) -> bool:
        """True if a retry may succeed."""
        return is_passing(self.reason, self.status)

    @property
    def is_host_busy(self) -> bool:
        """True if further requests to the same host are useless for now."""
        return self.reason in NOT_ASKED or self.status in OVERLOADED


@contextmanager
def fetch_failures() -> Iterator[None]:
    """Raises NotRead for FetchFailed."""
    try:
        yield
    except FetchFailed as failure:
        raise NotRead(failure.reason, failure.detail, status=failure.status, retry_at=failure.retry_at) from failure


async def read_document(client: Client, url: str) -> Response:
    """The response, with a status of 2xx. Raises NotRead."""
    with fetch_failures():
        response = await client.fetch(url)
    if not 200 <= response.status < 300:
        detail = f"{response.final_url} answers {response.status}"
        reason = f"http_{response.status // 100}xx"
        raise NotRead(reason, detail, status=response.status, retry_at=response.retry_at)
    return response
