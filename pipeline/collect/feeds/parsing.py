"""From the bytes of a feed to its items: `parse_feed` calls the other modules in order."""

from __future__ import annotations

import re
from collections.abc import Container
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from pipeline.archive.codings import MAX_BODY_BYTES, CodingError, decode
from pipeline.collect.feeds.charset import decode_text, remove_control_characters
from pipeline.collect.feeds.feed import Feed, FeedWarning, NotAFeed, ParsedFeed, Unreadable
from pipeline.collect.feeds.items import feed_of
from pipeline.collect.feeds.json_feed import read_json_feed
from pipeline.collect.feeds.sitemap import is_text_sitemap, read_sitemap, read_sitemap_index, read_text_sitemap
from pipeline.collect.feeds.syndication import read_syndication
from pipeline.collect.feeds.xml import root_name, skip_prolog
from pipeline.collect.http.responses import Response, SeenBody
from pipeline.ids import digest

_GZIP_MAGIC = b"\x1f\x8b"
_ROOTS = frozenset({"rss", "rdf", "feed", "channel", "urlset", "sitemapindex", "html"})
_FEED_ROOT = re.compile(r"<(?:rss|rdf:RDF|feed|urlset|sitemapindex)\s")
_SITEMAP_READERS = {"urlset": read_sitemap, "sitemapindex": read_sitemap_index}
_MAX_JUNK_CHARS = 20_000
_FEED_TYPE = re.compile(r"xml|json|rss|atom|gzip", re.IGNORECASE)


def parse_feed(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    zone: ZoneInfo,
    now: datetime,
    language: str | None = None,
    known_digests: Container[str] = frozenset(),
) -> Feed:
    """The feed with every item that names a page. Raises NotAFeed, and nothing else, whatever the bytes are.

    feedparser can take very long for bytes that were made to be slow: what came from the network is read in a worker
    process, which has bounds on time and memory (`read_feed`).

    `url` is the address of the feed, the base of its relative links; if it is unknown (""), the page that the feed
    names as its own is the base. `zone` is the zone of dates that name none, `language` may be theirs. A date after
    `now` is refused. Items with one of the `known_digests` get neither summary nor content.
    """
    try:
        parsed = _read(body, content_type, url)
    except Unreadable as exc:
        problem = f"not a feed: {exc} ({content_type or 'no content-type'}, {len(body)} bytes)"
        raise NotAFeed(problem, url) from exc
    base = url or parsed.own_url or ""
    return feed_of(parsed, base=base, zone=zone, now=now, language=language, known_digests=known_digests)


def document_text(body: bytes, content_type: str | None) -> str:
    """The text of a feed or another document as `parse_feed` decodes it. Raises NotAFeed if it cannot be unpacked."""
    try:
        return decode_text(_unpack(body), content_type)[0]
    except Unreadable as exc:
        raise NotAFeed(str(exc), "") from exc


class ReadFeed(SeenBody, frozen=True):
    """What the answer to a request for a feed is."""

    feed: Feed | None
    """None if the status is not 2xx, or if it is not a feed."""
    problem: str | None
    """Why it is not a feed."""


def read_feed(
    response: Response, *, zone: ZoneInfo, language: str, now: datetime, known_digests: Container[str]
) -> ReadFeed:
    """What the answer is. It parses what a server sent, so it is called in worker processes. Raises CodingError."""
    body = response.decoded()
    size_bytes, payload_digest, feed, problem = len(body), digest(body), None, None
    if 200 <= response.status < 300:
        try:
            feed = parse_feed(
                body,
                url=response.final_url,
                content_type=response.content_type,
                zone=zone,
                now=now,
                language=language,
                known_digests=known_digests,
            )
        except NotAFeed as exc:
            problem = str(exc)
    return ReadFeed(size_bytes, payload_digest, feed, problem)


def _read(body: bytes, content_type: str | None, url: str) -> ParsedFeed:
    text, is_as_declared = decode_text(_unpack(body), content_type)
    warnings = [] if is_as_declared else [FeedWarning.WRONG_CHARSET]
    is_plain = (content_type or "").startswith("text/plain")
    is_text = is_text_sitemap(text, is_plain=is_plain)
    if content_type and not _FEED_TYPE.search(content_type) and not (is_text and is_plain):
        warnings.append(FeedWarning.WRONG_CONTENT_TYPE)
    if text.lstrip().startswith("{"):
        parsed = read_json_feed(text)
    elif is_text:
        parsed = read_text_sitemap(text)
    else:
        text, had_control_characters = remove_control_characters(text)
        markup, is_clean = _from_root(text)
        parsed = _read_markup(markup, url)
        if had_control_characters or not is_clean:
            warnings.append(FeedWarning.BROKEN_XML)
    return msgspec.structs.replace(parsed, warnings=(*warnings, *parsed.warnings))


def _from_root(text: str) -> tuple[str, bool]:
    """The document from its root element on, and whether only a prolog came before it."""
    markup = skip_prolog(text)
    if root_name(markup) not in _ROOTS and (feed := _FEED_ROOT.search(markup, 0, _MAX_JUNK_CHARS)):
        return markup[feed.start() :], False  # a script on the server wrote an error message first
    return markup, True


def _read_markup(markup: str, url: str) -> ParsedFeed:
    root = root_name(markup)
    if root not in _SITEMAP_READERS:
        return read_syndication(markup, root, url)
    parsed = _SITEMAP_READERS[root](markup)
    if parsed.entries:
        return parsed
    others = (read(markup) for name, read in _SITEMAP_READERS.items() if name != root)
    return next((other for other in others if other.entries), parsed)  # some write the root of the other kind


def _unpack(body: bytes) -> bytes:
    """The body, decompressed if it is a gzip file, as many sitemaps are. Raises Unreadable."""
    if body.startswith(_GZIP_MAGIC):
        try:
            body = decode(body, "gzip")
        except CodingError as exc:
            raise Unreadable(f"gzip: {exc}") from exc
    if len(body) > MAX_BODY_BYTES:
        raise Unreadable(f"more than {MAX_BODY_BYTES} bytes")
    return body
