"""Requests for pages: fetch an address and judge the answer; a page that only refreshes to another is followed once."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.collect.http.client import Client
from pipeline.collect.http.responses import Response
from pipeline.collect.pages.answers import SeenAgain, SeenPage, see_again, see_page


async def fetch_page(client: Client, url: str, title: str | None) -> tuple[Response, SeenPage]:
    """The answer to a request for the article at `url`, which has this title in its feed. Raises FetchFailed."""
    response = await client.fetch(url)
    seen = await client.read(response, see_page, url, title)
    if seen.refreshes_to is not None:
        response = await client.follow(response, seen.refreshes_to)
        seen = await client.read(response, see_page, url, title)
    return response, seen


async def fetch_page_again(
    client: Client,
    known_as: Sequence[str],
    payload_digest: str,
    title: str | None,
    *,
    etag: str | None,
    last_modified: str | None,
) -> tuple[Response, SeenAgain]:
    """The answer to a request for a page that was captured before; see `see_again`. Raises FetchFailed.

    The first of the addresses is requested.
    """
    is_conditional = bool(etag or last_modified)
    response = await client.fetch(known_as[0], etag=etag, last_modified=last_modified)
    seen = await client.read(response, see_again, known_as, payload_digest, title, is_conditional=is_conditional)
    if seen.refreshes_to is not None:
        response = await client.follow(response, seen.refreshes_to)
        seen = await client.read(response, see_again, known_as, payload_digest, title, is_conditional=False)
    return response, seen
