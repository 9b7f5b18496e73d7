"""OPML (1.0 and 2.0), the format in which feed readers exchange lists of feeds.

A list that newsledger writes has the rest of sources.toml in a namespace that other programs ignore, so that reading it
back loses nothing. Pure: bytes in, outlines out, and back.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from lxml import etree

from pipeline.charsets import codec_of
from pipeline.errors import SourcesError
from pipeline.sources.sites import tidy_name
from pipeline.sources.source import Country, Rate, Source, SourceId, is_zone

NAMESPACE = "urn:newsledger:opml"

_OWN = f"{{{NAMESPACE}}}"
_OWN_PREFIX = "newsledger:"
_FEED_TYPES = frozenset({"rss", "atom", "feed"})
_OPML = re.compile(r"<opml\b", re.IGNORECASE)
_TAG = re.compile(
    r"""<outline\b(?:(?:[^<>"']|"(?:[^"<]|<(?!/?outline\b))*+"|'(?:[^'<]|<(?!/?outline\b))*+')*+>|(?:[^<]|<(?![/a-z!?]))*+)""",
    re.IGNORECASE,
)
"""Outline tag with balanced quotation marks, or up to the next tag. A bare `<` may stand in an attribute."""
_ATTRIBUTE = re.compile(r"""(?<![\w:.-])([\w:.-]{1,100})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+?)(?=\s|/?>))""")
_REFERENCE = re.compile(r"&#?\w{1,32};")
"""An address may have a parameter named like a character: `&copy=2`."""
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([\w.:-]{1,40})""")
_WIDE_STARTS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    "<?".encode("utf-16-le"): "utf-16-le",
    "<?".encode("utf-16-be"): "utf-16-be",
}
"""The mark of UTF-32 comes before that of UTF-16, with which it begins."""
_HEAD_BYTES = 1_000
_SHOWN_CHARS = 120
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class OpmlSource(msgspec.Struct, frozen=True, kw_only=True):
    """The source of a feed, in a list that newsledger wrote."""

    id: SourceId
    name: str | None = None
    country: Country | None = None
    timezone: str | None = None
    requests_per_second: Rate | None = None

    def __post_init__(self) -> None:
        if not is_zone(self.timezone):
            raise ValueError(f"unknown timezone {self.timezone!r}")


_KNOWN = frozenset({"xmlurl", "url", "type", "title", "text", "htmlurl", "language", f"{_OWN}sitemap"}) | {
    f"{_OWN}{name}" for name in OpmlSource.__struct_fields__
}


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """A feed or sitemap of the list; address, homepage and language are not checked."""

    url: str
    is_sitemap: bool = False
    title: str | None = None
    homepage: str | None = None
    language: str | None = None
    source: OpmlSource | None = None


class OpmlList(msgspec.Struct, frozen=True):
    """What a list holds."""

    outlines: tuple[Outline, ...]
    """Every outline with a feed, at any depth, in the order of the file; folders are ignored."""
    problems: tuple[str, ...] = ()
    """A line about each entry that cannot be read."""


def read_opml(content: bytes, *, file: str) -> OpmlList:
    """The feeds of a list. Feed readers write lists that are not well-formed XML, with a bare `&` in an address,
    quotation marks in a title, or blank lines before the XML declaration: their outlines are read one by one.

    Entities are not expanded and nothing else is loaded. Raises SourcesError naming `file`.
    """
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as exc:
        text = _decoded(content)
        if not _OPML.search(text):
            raise SourcesError(f"{file}: cannot be read as OPML: {exc.msg}") from exc
        return _collect(_written_attributes(text))
    if _name(root) != "opml":
        raise SourcesError(f"{file}: is not OPML but <{_name(root)}>")
    elements = (element for element in root.iter(etree.Element) if _name(element) == "outline")
    return _collect((_known_attributes(element), etree.tostring(element, encoding="unicode")) for element in elements)


def _known_attributes(element: etree._Element) -> dict[str, str | None]:
    """lxml looks for each value from the first attribute on, so of many attributes only those that are needed are
    asked for."""
    return {name: element.get(name) for name in map(str, element.keys()) if name.lower() in _KNOWN}


def _decoded(content: bytes) -> str:
    """Text in UTF-16 or UTF-32 if its first bytes say so, else in UTF-8, or else in the declared charset, or else in
    windows-1252."""
    for start, wide in _WIDE_STARTS.items():
        if content.startswith(start):
            return content.decode(wide, "replace")
    declared = _ENCODING.search(content[:_HEAD_BYTES])
    for codec in ("utf-8-sig", codec_of(declared[1].decode()) if declared else None):
        try:
            return content.decode(codec) if codec else content.decode("cp1252", "replace")
        except UnicodeDecodeError:
            continue
    return content.decode("cp1252", "replace")


def _without_comments(text: str) -> str:
    first, *others = text.split("<!--")
    return first + "".join(other.partition("-->")[2] if "-->" in other else f"<!--{other}" for other in others)


def _written_attributes(text: str) -> Iterator[tuple[Mapping[str, str], str]]:
    """The attributes of each outline tag, and the tag. Whatever stands between two attributes is ignored."""
    for tag in _TAG.finditer(_without_comments(text)):
        attributes = {
            f"{_OWN}{name.removeprefix(_OWN_PREFIX)}" if name.startswith(_OWN_PREFIX) else name: _REFERENCE.sub(
                lambda found: html.unescape(found[0]), _NOT_IN_XML.sub("", double or single or bare)
            )
            for name, double, single, bare in _ATTRIBUTE.findall(tag[0])
        }
        yield attributes, tag[0]


def _collect(entries: Iterable[tuple[Mapping[Any, Any], str]]) -> OpmlList:
    outlines: list[Outline] = []
    problems: list[str] = []
    for attributes, written in entries:
        given = {str(name).lower(): str(value).strip() for name, value in attributes.items()}
        try:
            outline = _outline(given)
        except msgspec.ValidationError as exc:
            problems.append(f"{_start(written)}: {exc}")
            continue
        if outline is not None:
            outlines.append(outline)
        elif given.get("type", "").lower() in _FEED_TYPES or "xmlurl" in written.partition(">")[0].lower():
            problems.append(f"{_start(written)}: the address of its feed cannot be read")
    return OpmlList(tuple(outlines), tuple(problems))


def _start(written: str) -> str:
    return " ".join(written[:_SHOWN_CHARS].split())


def _outline(given: Mapping[str, str]) -> Outline | None:
    feed = given.get("xmlurl") or (given.get("url") if given.get("type", "").lower() in _FEED_TYPES else None)
    sitemap = given.get(f"{_OWN}sitemap")
    url = feed or sitemap
    if not url:
        return None
    title = tidy_name(given.get("title") or given.get("text"))
    own = {key.removeprefix(_OWN): value for key, value in given.items() if key.startswith(_OWN)}
    source = msgspec.convert({**own, "name": title}, OpmlSource, strict=False) if "id" in own else None
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
