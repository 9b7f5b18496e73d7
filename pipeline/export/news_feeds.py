"""Feeds of articles and of changes: RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

import msgspec

from pipeline.display import printable, quoted_controls
from pipeline.export.export_choice import ExportedArticle, ExportedChange
from pipeline.translatable import Phrase, counted, phrase

_ATOM = "http://www.w3.org/2005/Atom"
_DC = "http://purl.org/dc/elements/1.1/"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
register_namespace("dc", _DC)
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SUMMARY_CHARS = 400
"""Length of the summary of an article without a lead, in characters of its text."""
CHANGES_SHOWN = 10
"""Changed passages in the summary of a change."""
_WORDS = {
    "headline": phrase("headline"),
    "lead": phrase("lead"),
    "text": phrase("text"),
    "substance": phrase("substance"),
    "correction": phrase("correction"),
    "cosmetic": phrase("cosmetic"),
    "reader": phrase("reader"),
}
"""Parts of an article and kinds of changes. In categories, and in the feeds of an export, they are as in SQL."""


class NewsFeed(msgspec.Struct, frozen=True):
    title: str
    link: str
    """Where the feed can be found."""
    entries: Sequence[NewsFeedEntry]
    updated_at: datetime
    """The date of its newest entry, or of the export if it has none."""
    id: str = ""
    """The id of an Atom feed; empty for its link."""
    page: str | None = None
    """A page that shows the same."""
    language: str | None = None
    """The language of the words that are not of articles."""


class NewsFeedEntry(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    url: str
    title: str
    summary: str
    """Plain text."""
    authors: Sequence[str]
    categories: Sequence[str]
    published_at: datetime
    updated_at: datetime


def article_entry(article: ExportedArticle) -> NewsFeedEntry:
    summary = article.lead or article.text
    if len(summary) > SUMMARY_CHARS and not article.lead:
        summary = summary[:SUMMARY_CHARS].rpartition(" ")[0] + " …"
    return NewsFeedEntry(
        id=f"urn:uuid:{article.article_id}",
        url=article.url,
        title=article.headline or summary[:80],
        summary=summary,
        authors=article.authors,
        categories=[article.source_id, *([article.section] if article.section else [])],
        published_at=article.dated_at,
        updated_at=max(article.modified_at or article.dated_at, article.dated_at),
    )


def change_entry(change: ExportedChange, said: Callable[[Phrase], str] = str) -> NewsFeedEntry:
    """Its title is the present headline; its summary has the changed words, and the correction notice.

    `said` gives phrases their language.
    """
    lines = [f"{said(_WORDS[each.part])}: [{each.old} → {each.new}]" for each in change.changes[:CHANGES_SHOWN]]
    if len(change.changes) > CHANGES_SHOWN:
        lines.append(said(counted("and %(n)s more", "and %(n)s more", len(change.changes) - CHANGES_SHOWN)))
    if change.correction:
        lines.append(said(phrase("correction: %(text)s", text=change.correction)))
    kinds = ", ".join(said(_WORDS[kind]) for kind in change.change_kinds)
    return NewsFeedEntry(
        id=f"urn:uuid:{change.article_id}#{change.dated_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        url=change.url,
        title=said(phrase("%(headline)s (changed: %(kinds)s)", headline=change.headline or change.url, kinds=kinds)),
        summary="\n".join(lines),
        authors=change.authors,
        categories=[change.source_id, *change.change_kinds],
        published_at=change.dated_at,
        updated_at=change.dated_at,
    )


def rss(feed: NewsFeed) -> bytes:
    root = Element("rss", version="2.0")
    channel = SubElement(root, "channel")
    _add(channel, "title", feed.title)
    _add(channel, "link", feed.link)
    _add(channel, "description", feed.title)
    _add(channel, "lastBuildDate", format_datetime(feed.updated_at))
    for entry in feed.entries:
        item = SubElement(channel, "item")
        _add(item, "title", entry.title)
        _add(item, "link", quoted_controls(entry.url))
        _add(item, "description", entry.summary)
        _add(item, "guid", entry.id, isPermaLink="false")
        _add(item, "pubDate", format_datetime(entry.published_at))
        for name in entry.authors:
            _add(item, f"{{{_DC}}}creator", name)
        for name in entry.categories:
            _add(item, "category", name)
    return _document(root)


def atom(feed: NewsFeed) -> bytes:
    root = Element("feed", {"xmlns": _ATOM, **({_LANG: feed.language} if feed.language else {})})
    _add(root, "id", feed.id or feed.link)
    _add(root, "title", feed.title)
    _add(root, "updated", _iso(feed.updated_at))
    _add(SubElement(root, "author"), "name", "newsledger")
    _add(root, "link", rel="self", href=feed.link)
    if feed.page:
        _add(root, "link", rel="alternate", type="text/html", href=feed.page)
    for each in feed.entries:
        entry = SubElement(root, "entry")
        _add(entry, "id", each.id)
        _add(entry, "title", each.title)
        _add(entry, "link", href=quoted_controls(each.url))
        _add(entry, "published", _iso(each.published_at))
        _add(entry, "updated", _iso(each.updated_at))
        _add(entry, "summary", each.summary)
        for name in each.authors:
            _add(SubElement(entry, "author"), "name", name)
        for name in each.categories:
            _add(entry, "category", term=name)
    return _document(root)


def json_feed(feed: NewsFeed) -> bytes:
    whole = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.link,
        "items": [_json_item(entry) for entry in feed.entries],
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"


def _json_item(entry: NewsFeedEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "url": quoted_controls(entry.url),
        "title": printable(entry.title),
        "content_text": printable(entry.summary),
        "date_published": _iso(entry.published_at),
        "date_modified": _iso(entry.updated_at),
        "authors": [{"name": printable(name)} for name in entry.authors],
        "tags": [printable(name) for name in entry.categories],
    }


def _add(parent: Element, tag: str, text: str | None = None, **attributes: str) -> None:
    """Add an element. Characters are replaced that XML cannot hold, or that a reader's screen could misread."""
    element = SubElement(parent, tag, {name: _xml(value) for name, value in attributes.items()})
    element.text = None if text is None else _xml(text)


def _document(root: Element) -> bytes:
    indent(root)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _xml(text: str) -> str:
    """The text without these characters."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", printable(text))
