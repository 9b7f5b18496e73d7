"""RSS 0.9x to 2.0, RDF (RSS 0.90 and 1.0) and Atom 0.3 and 1.0, also mixed in one feed: elements to entries."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urljoin

from lxml import etree

from pipeline.collect.feeds.feed import MAX_ITEMS, FeedKind, FeedText, FeedWarning, ParsedFeed, RawEntry, Unreadable
from pipeline.collect.feeds.vocabulary import Field, field_of
from pipeline.collect.feeds.xml import read_elements

_ENTRY_NAMES = frozenset({"item", "entry"})
_KINDS: Mapping[str, FeedKind] = {"rdf": FeedKind.RDF, "feed": FeedKind.ATOM}
_NOT_FEEDS: Mapping[str, str] = {"html": "an HTML page", "opml": "an OPML list", "svg": "an SVG picture"}
_HTML_TYPES = frozenset({"html", "xhtml", "text/html", "application/xhtml+xml"})
_TEXT_TYPES = frozenset({"", "text", "text/plain", "plain"})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_VOID = frozenset(["area", "br", "col", "embed", "hr", "img", "input", "link", "param", "source", "track", "wbr"])
_LOOKS_LIKE_HTML = re.compile(r"</[A-Za-z]{1,20}>|&#?\w{1,10};")
_IN_GROUPS = frozenset({Field.MEDIA_TITLE, Field.DESCRIPTION, Field.ENCLOSURE})
_ABOUT = ("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about", "about", "{urn:undeclared:rdf}about")
_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"


def read_syndication(markup: str, root: str) -> ParsedFeed:
    """The entries of a feed; `root` is the name of its root element. Raises Unreadable if it is not a feed."""
    if root in _NOT_FEEDS:
        raise Unreadable(_NOT_FEEDS[root])
    reader = _EntryReader(_KINDS.get(root, FeedKind.RSS))
    elements = read_elements(markup, _ENTRY_NAMES, reader.read, limit=MAX_ITEMS)
    if not elements.read and root not in {"rss", "rdf", "feed", "channel"}:
        raise Unreadable(f"<{root}> without an entry")
    return ParsedFeed(
        kind=reader.kind,
        entries=elements.read,
        beyond=elements.beyond,
        own_url=_own_url(elements.root),
        warnings=(FeedWarning.BROKEN_XML,) if elements.is_broken else (),
    )


class _EntryReader:
    def __init__(self, kind: FeedKind) -> None:
        self.kind = kind
        self._parent: etree._Element | None = None
        self._parent_base = ""

    def read(self, element: etree._Element) -> RawEntry:
        reading = _EntryReading(element, self.kind, self._base(element))
        for field, child in _fields(element):
            reading.take(field, child)
        return reading.entry()

    def _base(self, element: etree._Element) -> str:
        """The base of relative addresses in the entry, from the `xml:base` of it and its ancestors."""
        parent = element.getparent()
        if parent is not self._parent:
            self._parent, self._parent_base = parent, ""
            for ancestor in reversed(list(element.iterancestors())):
                self._parent_base = _join(self._parent_base, ancestor.get(_XML_BASE, ""))
        return _join(self._parent_base, element.get(_XML_BASE, ""))


class _EntryReading:
    """Collects the fields of one entry. A repeated field replaces the earlier one, but the first title stays.

    `_take_summary` has the rule for summaries.
    """

    def __init__(self, element: etree._Element, kind: FeedKind, base: str) -> None:
        self._kind = kind
        self._base = base
        self._guid = _about(element)
        self._guid_is_link: bool | None = None
        self._links: dict[str, str] = {}  # by relation
        self._title: FeedText | None = None
        self._media_title: FeedText | None = None
        self._summary: FeedText | None = None
        self._contents: list[FeedText] = []
        self._published: str | None = None
        self._updated: str | None = None

    def take(self, field: Field, element: etree._Element) -> None:
        match field:
            case Field.TITLE:
                self._title = self._title or self._read_text(element, "text")
            case Field.MEDIA_TITLE:
                self._media_title = self._read_text(element, "text")
            case Field.LINK:
                self._take_link(element)
            case Field.GUID:
                self._guid = _text(element) or self._guid
                self._guid_is_link = {"true": True, "false": False}.get(element.get("isPermaLink", "").lower())
            case Field.PUBLISHED:
                self._published = _text(element) or self._published
            case Field.UPDATED:
                self._updated = _text(element) or self._updated
            case Field.DESCRIPTION:
                self._take_summary(self._read_text(element, "html"))
            case Field.SUMMARY:
                self._take_summary(self._read_text(element, "text"))
            case Field.CONTENT:
                self._take_content(self._read_text(element, "text"))
            case Field.FULL_TEXT:
                self._take_content(self._read_text(element, "html"))
            case Field.ENCLOSURE:
                self._add_link("enclosure", element.get("url") or element.get("href"), element)
            case Field.GROUP:
                pass

    def entry(self) -> RawEntry:
        link, is_enclosure = self._chosen_link()
        return RawEntry(
            link=link,
            link_is_enclosure=is_enclosure,
            base=self._base,
            guid=self._guid,
            title=self._title or self._media_title,
            summary=self._summary,
            content=max(self._contents, key=lambda text: len(text.value), default=None),
            published=self._published,
            updated=self._updated,
        )

    def _take_link(self, element: etree._Element) -> None:
        href = element.get("href") or element.get("url")
        if href is None:  # RSS. HTML tools write <link/>https://…, because a link of HTML has no text.
            tail = (element.tail or "").strip()
            self._add_link("alternate", _text(element) or (tail if tail.startswith("http") else None), element)
            return
        relation = (element.get("rel") or "alternate").lower()
        is_page = element.get("type", "text/html").lower() in _HTML_TYPES
        self._add_link("other alternate" if relation == "alternate" and not is_page else relation, href, element)

    def _add_link(self, relation: str, link: str | None, element: etree._Element) -> None:
        if link and link.strip():
            own_base = element.get(_XML_BASE)
            self._links[relation] = _join(own_base, link.strip()) if own_base else link.strip()

    def _chosen_link(self) -> tuple[str | None, bool]:
        """The best link, and whether it is an enclosure."""
        if "alternate" in self._links:
            return self._links["alternate"], False
        if self._guid and self._is_link(self._guid):
            return self._guid, False
        if "other alternate" in self._links:
            return self._links["other alternate"], False
        return self._links.get("enclosure"), "enclosure" in self._links

    def _is_link(self, guid: str) -> bool:
        """True for an absolute address and for a path unless `isPermaLink` is false, else as `isPermaLink` says."""
        if guid.lower().startswith(("http://", "https://")):
            return True
        return self._guid_is_link if self._guid_is_link is not None else guid.startswith("/")

    def _take_summary(self, text: FeedText | None) -> None:
        """A second summary is taken for the full text; if the entry has a full text, it replaces the first summary."""
        if self._summary is not None and not self._contents:
            self._take_content(text)
        else:
            self._summary = text or self._summary or FeedText("", False)

    def _take_content(self, text: FeedText | None) -> None:
        if text is not None:
            self._contents.append(text)

    def _read_text(self, element: etree._Element, default_type: str) -> FeedText | None:
        value, has_elements = _inner(element)
        written = element.get("type", default_type).partition(";")[0].strip().lower()
        if element.get("mode") == "base64":  # Atom 0.3
            value = _from_base64(value)
        elif written not in _HTML_TYPES | _TEXT_TYPES and not has_elements:
            value = ""  # a picture, a sound or other data
        if not value.strip():
            return None
        guessed = self._kind is not FeedKind.ATOM and _LOOKS_LIKE_HTML.search(value) is not None
        is_html = has_elements or written in _HTML_TYPES or guessed
        return FeedText(value.strip(), is_html, element.get(_XML_BASE, "").strip())


def _fields(element: etree._Element) -> Iterator[tuple[Field, etree._Element]]:
    for child in element:
        field = field_of(child.tag, child.prefix)
        if field is not None:
            yield field, child
        if field is Field.GROUP or (field is Field.ENCLOSURE and len(child)):
            yield from ((inner, one) for inner, one in _fields(child) if inner in _IN_GROUPS)


def _about(element: etree._Element) -> str | None:
    """The value of rdf:about, also if its prefix is missing or not declared."""
    return next((about for name in _ABOUT if (about := element.get(name, "").strip())), None)


def _text(element: etree._Element) -> str | None:
    return "".join(map(str, element.itertext())).strip() or None


def _inner(element: etree._Element) -> tuple[str, bool]:
    """The content of the element, and whether it is markup: real child elements, not escaped ones."""
    if not len(element):
        return element.text or "", False
    if _is_wrapped(element):
        element = element[0]
    for child in element.iter(etree.Element):
        if _NAME.fullmatch(name := _local_name(child)):
            child.tag = name
        if not len(child) and not child.text and child.tag.lower() not in _VOID:
            child.text = ""  # or <b/> would be written, which is a start tag in HTML
    etree.cleanup_namespaces(element)
    written = etree.tostring(element, encoding="unicode", with_tail=False)
    return written[written.index(">") + 1 : written.rindex("<")], True


def _is_wrapped(element: etree._Element) -> bool:
    """Whether the content is wrapped in the div that XHTML content needs (RFC 4287, 4.1.3.3)."""
    if len(element) != 1 or not str(element.tag).startswith("{http://www.w3.org/2005/Atom}"):
        return False
    around = (element.text or "") + (element[0].tail or "")
    is_markup = element.get("type", "").lower() in _HTML_TYPES
    return is_markup and _local_name(element[0]).lower() == "div" and not around.strip()


def _local_name(element: etree._Element) -> str:
    """The tag without its namespace, or without its prefix if that is not declared."""
    return element.tag.rpartition("}")[2].rpartition(":")[2]


def _from_base64(value: str) -> str:
    try:
        return base64.b64decode(value).decode()
    except (binascii.Error, ValueError):
        return ""


def _join(base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:
        return base


def _own_url(root: etree._Element | None) -> str | None:
    """The page or address that the feed names as its own, the last resort for relative links."""
    if root is None:
        return None
    channels = [child for child in root if isinstance(child.tag, str) and child.tag.lower().endswith("channel")]
    for place in (*channels, root):
        for field, child in _fields(place):
            if field is Field.LINK and child.get("rel", "alternate") in {"alternate", "self"}:
                link = (child.get("href") or _text(child) or "").strip()
                if link.lower().startswith(("http://", "https://")):
                    return link
    return None
