"""The meaning of elements, in any format and any case.

The usual prefix stands for a namespace that is undeclared or misspelt. An unknown namespace without a prefix counts as
that of the feed itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from functools import lru_cache


class Field(Enum):
    TITLE = auto()
    MEDIA_TITLE = auto()
    LINK = auto()
    GUID = auto()
    PUBLISHED = auto()
    UPDATED = auto()
    DESCRIPTION = auto()
    """In RSS, HTML."""
    SUMMARY = auto()
    """Plain text, unless its type says otherwise."""
    CONTENT = auto()
    """Plain text, unless its type says otherwise."""
    FULL_TEXT = auto()
    """HTML."""
    ENCLOSURE = auto()
    GROUP = auto()
    """Holds other fields."""


_FIELDS: Mapping[str, Field] = {
    "title": Field.TITLE,
    "dc:title": Field.TITLE,
    "media:title": Field.MEDIA_TITLE,
    "link": Field.LINK,
    "guid": Field.GUID,
    "id": Field.GUID,
    "pubdate": Field.PUBLISHED,
    "published": Field.PUBLISHED,
    "issued": Field.PUBLISHED,  # Atom 0.3
    "dcterms:issued": Field.PUBLISHED,
    "updated": Field.UPDATED,
    "modified": Field.UPDATED,  # Atom 0.3
    "date": Field.UPDATED,
    "lastbuilddate": Field.UPDATED,
    "dc:date": Field.UPDATED,
    "dcterms:modified": Field.UPDATED,
    "description": Field.DESCRIPTION,
    "dc:description": Field.DESCRIPTION,
    "media:description": Field.DESCRIPTION,
    "abstract": Field.SUMMARY,
    "summary": Field.SUMMARY,
    "itunes:summary": Field.SUMMARY,
    "content": Field.CONTENT,
    "content:encoded": Field.FULL_TEXT,
    "fullitem": Field.FULL_TEXT,
    "body": Field.FULL_TEXT,
    "xhtml:body": Field.FULL_TEXT,
    "enclosure": Field.ENCLOSURE,
    "media:content": Field.ENCLOSURE,
    "media:player": Field.ENCLOSURE,
    "media:group": Field.GROUP,
}
_MODULES: Mapping[str, str] = {
    "http://purl.org/dc/elements/1.1": "dc",
    "http://purl.org/dc/terms": "dcterms",
    "http://purl.org/rss/1.0/modules/content": "content",
    "http://search.yahoo.com/mrss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/2005/atom": "",
    "http://purl.org/atom/ns": "",
    "http://purl.org/rss/1.0": "",
    "http://my.netscape.com/rdf/simple/0.9": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
}
_OWN_MODULE = "http://backend.userland.com/rss"
_PREFIXES: Mapping[str | None, str] = {None: "", "atom": "", "a10": "", "rss": ""} | {
    module: module for module in ("dc", "dcterms", "content", "media", "itunes", "xhtml")
}


@lru_cache(maxsize=4096)
def field_of(tag: str, prefix: str | None) -> Field | None:
    """The field of an element, from its tag as lxml writes it; None for an unknown element."""
    uri, _, local = tag.rpartition("}")
    uri = uri.lstrip("{").rstrip("/#").lower()
    module = "" if uri.startswith(_OWN_MODULE) else _MODULES.get(uri, _PREFIXES.get(prefix, "unknown"))
    return _FIELDS.get(f"{module}:{local.lower()}" if module else local.lower())
