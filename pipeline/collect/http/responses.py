"""The result of a fetch: a response with the redirects that led to it, or the reason why there is no response."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pipeline.archive.codings import decode
from pipeline.archive.exchange import Exchange
from pipeline.collect.http.hosts import OVERLOADED, parse_retry_after

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT_REDIRECTS = frozenset({301, 308})
_AGE_DIGITS = 7
"""A longer age is more than 115 days."""


class Response(msgspec.Struct, frozen=True):
    """The last exchange of a fetch."""

    exchange: Exchange
    redirects: tuple[Exchange, ...] = ()
    """The exchanges that redirected to it, the first one first."""

    @property
    def status(self) -> int:
        return self.exchange.status

    @property
    def final_url(self) -> str:
        return self.exchange.url

    @property
    def moved_to(self) -> str | None:
        """The new address if all redirects were permanent (RFC 9110, 15.4.2 and 15.4.9), else None."""
        permanent = self.redirects and all(hop.status in PERMANENT_REDIRECTS for hop in self.redirects)
        return self.final_url if permanent and self.final_url != self.redirects[0].url else None

    @property
    def content_type(self) -> str | None:
        return self.exchange.header("content-type")

    @property
    def age_seconds(self) -> int | None:
        """The age of an answer that a cache on the way served (RFC 9111, 5.1); None if the answer gives none."""
        age = (self.exchange.header("age") or "").strip()
        return int(age) if age.isascii() and age.isdecimal() and len(age) <= _AGE_DIGITS else None

    def decoded(self) -> bytes:
        """The body with its content coding undone. It may take a second, so it is called in worker processes only.

        Raises CodingError.
        """
        return decode(self.exchange.body_sent, self.exchange.header("content-encoding"))

    @property
    def retry_at(self) -> datetime | None:
        """The host wants no request before this time; None if it did not say so."""
        if self.status not in OVERLOADED:
            return None
        return parse_retry_after(self.exchange.header("retry-after"), self.exchange.fetched_at)


class SeenBody(msgspec.Struct, frozen=True):
    """What is known of a body that was decoded in a worker process."""

    size_bytes: int
    """Size of the body without its content coding."""
    payload_digest: str
    """Digest of the same."""


NOT_ASKED = frozenset({"asked_to_wait", "no_turn"})
"""The reasons of a FetchFailed for which no request was sent. They are not failures of the host."""


class FetchFailed(Exception):
    """There is no response. `reason` is a constant for the event; `transient` says whether an immediate retry may help.

    `asked_to_wait` and `no_turn` mean that no request was sent: `host` wants no requests until `retry_at`, or too many
    other requests wait for it. `host` is set for these two reasons only.
    """

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        transient: bool = False,
        status: int | None = None,
        retry_at: datetime | None = None,
        host: str | None = None,
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.transient = transient
        self.status = status
        self.retry_at = retry_at
        self.host = host
