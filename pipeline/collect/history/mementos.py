"""Pages as a web archive has them: raw replays, without its toolbar and with the links as they were (`id_`)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import msgspec

from pipeline.collect.history.cdx import ArchivedCapture, list_captures, read_stamp
from pipeline.collect.history.documents import NotRead, read_document
from pipeline.collect.http.client import Client
from pipeline.collect.http.responses import Response

_REPLAY = re.compile(r"/web/(\d{14})id_/(https?:/.*)$", re.DOTALL)
_ONE_SLASH = re.compile(r"^(https?:/)(?=[^/])")
_SLACK = timedelta(days=1)
"""So far Memento-Datetime may be from the moment in the address, and that ahead of our clock."""


class Memento(msgspec.Struct, frozen=True):
    """A page as it was (RFC 7089)."""

    at: datetime
    """When it was captured: the archive's Memento-Datetime if it is near the moment in its address, else the latter."""
    url: str
    """The page's own address."""
    response: Response
    """The archive's."""


class WebArchive:
    """One web archive that answers as the Wayback Machine does, below `base_url`."""

    def __init__(self, client: Client, base_url: str) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")

    async def captures(
        self, url: str, *, since: datetime | None = None, until: datetime | None = None, html: bool = True
    ) -> list[ArchivedCapture]:
        """Its good captures of the address, oldest first. Raises NotRead."""
        return await list_captures(self._client, self._base_url, url, since=since, until=until, html=html)

    def address(self, capture: ArchivedCapture) -> str:
        """Where the capture can be read."""
        return f"{self._base_url}/web/{capture.stamp}id_/{capture.url}"

    async def read(self, capture: ArchivedCapture) -> Memento:
        """The capture, or the one nearest to it to which the archive redirects. Raises NotRead."""
        address = self.address(capture)
        return memento_of(await read_document(self._client, address), self._base_url)


def memento_of(response: Response, base_url: str) -> Memento:
    """What the archive's answer is of. Raises NotRead where it has led to something else, or to times to come."""
    match = _REPLAY.search(response.final_url)
    stamped_at = read_stamp(match[1]) if match else None
    if match is None or stamped_at is None or not response.final_url.startswith(f"{base_url}/"):
        raise NotRead("not_a_memento", f"{response.final_url} is no archived page", status=response.status)
    now, said_at = response.exchange.fetched_at, _said_at(response)
    if stamped_at > now + _SLACK:
        raise NotRead("not_a_memento", f"{response.final_url} is dated in the future", status=response.status)
    at = said_at if said_at and abs(said_at - stamped_at) <= _SLACK else stamped_at
    return Memento(min(at, now), _ONE_SLASH.sub(r"\1/", match[2]), response)


def _said_at(response: Response) -> datetime | None:
    try:
        at = parsedate_to_datetime(response.exchange.header("memento-datetime") or "")
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
