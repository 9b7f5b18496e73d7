"""What a page declares about itself to machines: JSON-LD, meta elements, microdata. Reading only, no choosing.

Real pages break every rule of these formats, so all of it is read leniently and typed strictly:
what comes out is text, lists of text and plain dicts of the one JSON-LD node that is the article.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import msgspec
from lxml.html import HtmlElement

ARTICLE_TYPES = frozenset(
    {
        "AdvertiserContentArticle",
        "AnalysisNewsArticle",
        "Article",
        "AskPublicNewsArticle",
        "BackgroundNewsArticle",
        "BlogPosting",
        "LiveBlogPosting",
        "NewsArticle",
        "OpinionNewsArticle",
        "Report",
        "ReportageNewsArticle",
        "Review",
        "ReviewNewsArticle",
        "SatiricalArticle",
        "ScholarlyArticle",
        "TechArticle",
    }
)
"""schema.org types that are an article. https://schema.org/Article"""
PAGE_TYPES = frozenset({"WebPage", "ItemPage", "WebContent", "VideoObject", "CreativeWork"})
"""Their dates and names are used when no article node is there."""

_CONTAINERS = ("@graph", "mainEntity", "mainEntityOfPage")
"""Where the page's own node may hide. Not `itemListElement`, `hasPart`, `mentions`: those are other pages."""
_MAX_NODES = 2_000
_MAX_SCRIPT_CHARS = 4_000_000
_MAX_NAME_DEPTH = 3
_MAX_NAMES = 40
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})')
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_WRAPPING = ("<!--", "-->", "<![CDATA[", "]]>", "//", "/*", "*/", ";")
"""What stands around the JSON in scripts that were written for browsers without JSON-LD."""

Node: TypeAlias = Mapping[str, Any]


class Declared(msgspec.Struct, frozen=True):
    """Everything a page says of itself, by origin."""

    article: Node
    """The JSON-LD node of the article, `{}` where there is none."""
    page: Node
    """The JSON-LD node of the page, `{}` where there is none."""
    nodes: Mapping[str, Node]
    """All JSON-LD nodes that have an @id."""
    canonical: str | None
    """The address in `<link rel="canonical">`."""
    metas: Mapping[str, tuple[str, ...]]
    """`name`, `property`, `itemprop` or `http-equiv` of meta elements in lower case, with their contents in order."""

    def meta(self, *names: str) -> str | None:
        """The first content under the first of the names that has one."""
        return next((content for name in names for content in self.metas.get(name, ())), None)


def read_declared(root: HtmlElement, url: str) -> Declared:
    """Everything the page declares. Never fails; what cannot be read is left out."""
    nodes = list(_json_ld_nodes(root))
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str)}
    return Declared(
        article=_own_node([node for node in nodes if types_of(node) & ARTICLE_TYPES], url),
        page=_own_node([node for node in nodes if types_of(node) & PAGE_TYPES], url),
        nodes=by_id,
        canonical=_canonical(root),
        metas=_metas(root),
    )


def _metas(root: HtmlElement) -> dict[str, tuple[str, ...]]:
    metas: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        content = (element.get("content") or "").strip()
        if not content:
            continue
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            name = (element.get(attribute) or "").strip().lower()
            if name:
                metas.setdefault(name, []).append(content)
    return {name: tuple(contents) for name, contents in metas.items()}


def _canonical(root: HtmlElement) -> str | None:
    links = (link.get("href") for link in root.iter("link") if (link.get("rel") or "").lower() == "canonical")
    return next(filter(None, links), None)


def types_of(node: Node) -> set[str]:
    """The node's types without namespace: `https://schema.org/NewsArticle` is `NewsArticle`."""
    declared = node.get("@type")
    names = declared if isinstance(declared, list) else [declared]
    return {name.rsplit("/", 1)[-1].rsplit(":", 1)[-1] for name in names if isinstance(name, str)}


def names_of(value: object, declared: Declared, depth: int = 0) -> list[str]:
    """The names in a JSON-LD value: text, a node with a name, a reference to one by @id, or a list of these."""
    if isinstance(value, Mapping) and "name" not in value and isinstance(value.get("@id"), str):
        value = declared.nodes.get(value["@id"], value)
    if isinstance(value, str):
        return [value]
    if depth == _MAX_NAME_DEPTH:
        return []
    if isinstance(value, Mapping):
        return names_of(value.get("name"), declared, depth + 1)
    if isinstance(value, list):
        return [name for item in value[:_MAX_NAMES] for name in names_of(item, declared, depth + 1)]
    return []


def _own_node(nodes: list[Node], url: str) -> Node:
    """Of several candidates the one that names this page's address, else the first with a headline or date."""
    path = urlsplit(url).path.rstrip("/")
    for node in nodes:
        addresses = (node.get("url"), node.get("@id"), node.get("mainEntityOfPage"))
        if path and any(path == urlsplit_path(address) for address in map(_address, addresses) if address):
            return node
    return next((node for node in nodes if "headline" in node or "datePublished" in node), nodes[0] if nodes else {})


def _address(value: object) -> str | None:
    if isinstance(value, Mapping):
        value = value.get("@id") or value.get("url")
    return value if isinstance(value, str) else None


def urlsplit_path(address: str) -> str:
    try:
        return urlsplit(address).path.rstrip("/")
    except ValueError:
        return ""


def _json_ld_nodes(root: HtmlElement) -> Iterator[Node]:
    remaining = _MAX_NODES
    for script in root.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        for value in parse_json_ld(script.text_content()):
            for node in _walk(value, depth=0):
                yield node
                remaining -= 1
                if remaining == 0:
                    return


def _walk(value: object, depth: int) -> Iterator[Node]:
    if depth > 6:
        return
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key in _CONTAINERS:
            yield from _walk(value.get(key), depth + 1)


def parse_json_ld(script: str) -> list[object]:
    """The script's JSON values; several may stand in a row. Empty when nothing can be made of it."""
    if len(script) > _MAX_SCRIPT_CHARS:
        return []
    script = _unwrapped(script)
    for attempt in (script, _mended(script), _mended(html.unescape(script))):
        try:
            return _values_in_a_row(attempt)
        except (ValueError, RecursionError):
            continue
    return []


def _unwrapped(script: str) -> str:
    before = None
    while before != script:
        before = script
        script = script.strip()
        for wrapping in _WRAPPING:
            script = script.removeprefix(wrapping).removesuffix(wrapping)
    return script


def _mended(script: str) -> str:
    """Repairs seen on real pages: `\\'` and other escapes JSON lacks, a comma before a closing bracket."""
    return _TRAILING_COMMA.sub(r"\1", _BAD_ESCAPE.sub("", script))


def _values_in_a_row(script: str) -> list[object]:
    # strict=False: raw line breaks in strings are common.
    decoder = json.JSONDecoder(strict=False)
    values: list[object] = []
    at = 0
    while at < len(script):
        value, at = decoder.raw_decode(script, at)
        values.append(value)
        while at < len(script) and script[at] in " \t\r\n;,":
            at += 1
    return values
