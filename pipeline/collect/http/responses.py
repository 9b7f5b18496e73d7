"""What a fetch comes to: exchanges as they went over the wire, the response they end in, or why there is none."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pipeline.archive.exchange import Exchange
from pipeline.collect.http.hosts import OVERLOADED, parse_retry_after

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT_REDIRECTS = frozenset({301, 308})


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

    @property
    def moved_to(self) -> str | None:
        """Where permanent redirects alone have led (RFC 9110, 15.4.2 and 15.4.9); None where there was another."""
        permanent = self.redirects and all(hop.status in PERMANENT_REDIRECTS for hop in self.redirects)
        return self.final_url if permanent and self.final_url != self.redirects[0].url else None

    @property
    def as_sent(self) -> bool:
        """Whether there was no coding to undo."""
        return self.body is self.exchange.body_sent

    @property
    def retry_at(self) -> datetime | None:
        """Before when the host wants not to be asked again."""
        if self.status not in OVERLOADED:
            return None
        return parse_retry_after(self.exchange.header("retry-after"), self.exchange.fetched_at)


NOT_ASKED = frozenset({"asked_to_wait", "no_turn"})
"""The reasons that are nobody's failure."""


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
