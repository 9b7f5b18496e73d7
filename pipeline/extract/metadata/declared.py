"""Read what a page declares to machines: JSON-LD, meta elements, the canonical link. Other modules choose from it.

Real pages break every rule of these formats, so reading is lenient: whatever cannot be read is left out.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import msgspec
from lxml import etree
from lxml.html import HtmlElement

from pipeline.extract.page.text import elements_at, visible_text

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
"""The schema.org types of articles: https://schema.org/Article"""
PAGE_TYPES = frozenset(
    {
        "WebPage",
        "ItemPage",
        "WebContent",
        "VideoObject",
        "AudioObject",
        "ClaimReview",
        "CreativeWork",
        "ImageGallery",
        "Recipe",
    }
)
"""The schema.org types of a page, or of what can be its main content. Callers ask the article's node first."""

_CONTAINERS = ("@graph", "mainEntity", "mainEntityOfPage")
"""Keys that can hold the page's own node. `itemListElement`, `hasPart` and `mentions` hold other pages."""
_NOT_FREE = frozenset({"false", "no", "0", "schema.org/false"})
_MAX_NODES = 2_000
_MAX_SCRIPT_CHARS = 4_000_000
"""A longer JSON-LD script is ignored."""
_MAX_NAME_DEPTH = 3
_MAX_NAMES = 40
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})')
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_WRAPPING = ("<!--", "-->", "<![CDATA[", "]]>", "//", "/*", "*/", ";")
"""Comment marks that old templates put around the JSON."""

_MICRODATA_AUTHORS = etree.XPath(
    "//*[@itemprop='author' and not(self::meta or ancestor::*[contains(@itemtype, 'Comment')])]"
)
_MICRODATA_NAMES = etree.XPath(".//*[@itemprop='name']")

Node: TypeAlias = Mapping[str, Any]


class Declared(msgspec.Struct, frozen=True):
    """Everything a page declares, by where it is declared."""

    article: Node
    """The JSON-LD node of the article; `{}` if missing."""
    page: Node
    """The JSON-LD node of the page; `{}` if missing."""
    nodes: Mapping[str, Node]
    """All JSON-LD nodes that have an @id, by their @id."""
    canonical: str | None
    """The address in `<link rel="canonical">` as it is written: it may be relative or invalid."""
    metas: Mapping[str, tuple[str, ...]]
    """Contents of the meta elements, in order, by their `property`, `name`, `itemprop` or `http-equiv` in lower case.

    The key `itemprop=author` holds the authors in the page's microdata, which are not in meta elements.
    """

    def meta(self, *names: str) -> str | None:
        """The first content of the first of these names, in the order given, that the page has; None if it has none."""
        for name in names:
            if name in self.metas:
                return self.metas[name][0]
        return None


def read_declared(root: HtmlElement, url: str) -> Declared:
    """Read everything the page declares. What cannot be read is left out."""
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
    for element in elements_at(_MICRODATA_AUTHORS, root):
        name = next(iter(elements_at(_MICRODATA_NAMES, element)), element)
        metas.setdefault("itemprop=author", []).append(name.get("content") or visible_text(name))
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


def is_not_free(node: Node) -> bool:
    """True if the node is declared as not free (https://schema.org/isAccessibleForFree); False if it says nothing."""
    return (
        str(node.get("isAccessibleForFree", "")).strip().lower().removeprefix("http://").removeprefix("https://")
        in _NOT_FREE
    )


def names_of(value: object, declared: Declared, depth: int = 0) -> list[str]:
    """The names in a JSON-LD value: text, a node with a name, a reference to one by @id, or a list of these."""
    if isinstance(value, Mapping) and "name" not in value and isinstance(value.get("@id"), str):
        value = declared.nodes.get(value["@id"], value)
    if isinstance(value, str):
        return [value]
    if depth == _MAX_NAME_DEPTH:
        return []
    if isinstance(value, Mapping):
        parts = (value.get("givenName"), value.get("familyName"))
        whole = " ".join(part for part in parts if isinstance(part, str))
        return names_of(value.get("name") or whole, declared, depth + 1)
    if isinstance(value, list):
        return [name for item in value[:_MAX_NAMES] for name in names_of(item, declared, depth + 1)]
    return []


def _own_node(nodes: list[Node], url: str) -> Node:
    """The node that names this page's address, else the first with a headline or date, else the first, else `{}`.

    Only the paths of the addresses are compared.
    """
    path = urlsplit(url).path.rstrip("/")
    for node in nodes:
        addresses = (node.get("url"), node.get("@id"), node.get("mainEntityOfPage"))
        if path and any(path == _path_of(address) for address in map(_address, addresses) if address):
            return node
    return next((node for node in nodes if "headline" in node or "datePublished" in node), nodes[0] if nodes else {})


def _address(value: object) -> str | None:
    if isinstance(value, Mapping):
        value = value.get("@id") or value.get("url")
    return value if isinstance(value, str) else None


def _path_of(address: str) -> str:
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
    """The script's JSON values, one after another; empty if the script cannot be read even after repairs."""
    if len(script) > _MAX_SCRIPT_CHARS:
        return []
    script = _unwrapped(script)
    for repair in (str, _mended, lambda broken: _mended(html.unescape(broken))):
        try:
            return _values_in_a_row(repair(script))
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
    """Remove what real pages get wrong: escapes that JSON does not have (`\\'`), a comma before a closing bracket."""
    return _TRAILING_COMMA.sub(r"\1", _BAD_ESCAPE.sub("", script))


def _values_in_a_row(script: str) -> list[object]:
    # strict=False accepts raw line breaks in strings, which are common.
    decoder = json.JSONDecoder(strict=False)
    values: list[object] = []
    at = 0
    while at < len(script):
        value, at = decoder.raw_decode(script, at)
        values.append(value)
        while at < len(script) and script[at] in " \t\r\n;,":
            at += 1
    return values
