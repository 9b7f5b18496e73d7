"""OPML (1.0 and 2.0), the format in which feed readers exchange lists of feeds.

A list that newsledger writes has the rest of sources.toml in a namespace that other programs ignore, so that reading it
back loses nothing. Pure: bytes in, outlines out, and back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec
from lxml import etree

from pipeline.errors import SourcesError
from pipeline.sources.sites import tidy_name
from pipeline.sources.source import Source

NAMESPACE = "urn:newsledger:opml"

_OWN = f"{{{NAMESPACE}}}"
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class OpmlSource(msgspec.Struct, frozen=True, kw_only=True):
    """The source of a feed, in a list that newsledger wrote."""

    id: str
    name: str | None = None
    country: str | None = None
    timezone: str | None = None
    requests_per_second: float | None = None


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """A feed or sitemap of the list; address, homepage and language are not checked."""

    url: str
    is_sitemap: bool = False
    title: str | None = None
    homepage: str | None = None
    language: str | None = None
    source: OpmlSource | None = None


def read_opml(content: bytes, *, file: str) -> tuple[Outline, ...]:
    """Every outline with a feed, at any depth, in the order of the file; folders are ignored.

    Entities are not expanded and nothing else is loaded. Raises SourcesError naming `file`.
    """
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as exc:
        raise SourcesError(f"{file}: cannot be read as OPML: {exc.msg}") from exc
    if _name(root) != "opml":
        raise SourcesError(f"{file}: is not OPML but <{_name(root)}>")
    elements = (element for element in root.iter(etree.Element) if _name(element) == "outline")
    return tuple(outline for outline in (_outline(element, file) for element in elements) if outline is not None)


def _outline(element: etree._Element, file: str) -> Outline | None:
    given = {str(name).lower(): str(value).strip() for name, value in element.attrib.items()}
    feed, sitemap = given.get("xmlurl"), given.get(f"{_OWN}sitemap")
    url = feed or sitemap
    if not url:
        return None
    title = tidy_name(given.get("title") or given.get("text"))
    own = {key.removeprefix(_OWN): value for key, value in given.items() if key.startswith(_OWN)}
    try:
        source = msgspec.convert({**own, "name": title}, OpmlSource, strict=False) if "id" in own else None
    except msgspec.ValidationError as exc:
        raise SourcesError(f"{file}: {url}: {exc}") from exc
    homepage, language = given.get("htmlurl"), given.get("language")
    return Outline(url=url, is_sitemap=not feed, title=title, homepage=homepage, language=language, source=source)


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname.lower()


def write_opml(sources: Iterable[Source]) -> bytes:
    """The sources as OPML 2.0 with an outline for each feed and sitemap. Feed readers ignore outlines without
    `xmlUrl`."""
    root = etree.Element("opml", version="2.0", nsmap={"newsledger": NAMESPACE})
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "newsledger sources"
    body = etree.SubElement(root, "body")
    for source in sources:
        name = {"text": source.name, "title": source.name}
        about = {"htmlUrl": source.homepage, "language": source.language} | _own(source)
        for url in source.feeds:
            _add(body, {"type": "rss"} | name | {"xmlUrl": url} | about)
        for url in source.sitemaps:
            _add(body, name | {f"{_OWN}sitemap": url} | about)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _own(source: Source) -> dict[str, str]:
    names = [name for name in OpmlSource.__struct_fields__ if name != "name"]
    values = {name: getattr(source, name) for name in names}
    return {f"{_OWN}{name}": str(value) for name, value in values.items() if value is not None}


def _add(parent: etree._Element, attributes: Mapping[str, str]) -> None:
    element = etree.SubElement(parent, "outline")
    for name, value in attributes.items():
        element.set(name, _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", value))
