"""RSS, RDF and Atom, read by feedparser: its entries become raw entries.

feedparser gets a document in UTF-8 and returns the values of the feed as written: it neither sanitizes HTML nor
resolves addresses in it, because digests are made of these values. It knows no base but those of the feed itself
(`xml:base`): a guid without `isPermaLink` would become an address otherwise.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from html import escape
from itertools import islice
from typing import Any
from urllib.parse import urljoin

import feedparser

from pipeline.collect.feeds.feed import (
    MAX_ITEMS,
    FeedKind,
    FeedText,
    FeedWarning,
    Masthead,
    ParsedFeed,
    RawEntry,
    Unreadable,
    is_file,
    is_no_article,
    is_picture,
)
from pipeline.events import Enclosure
from pipeline.mending import mend

_NOT_FEEDS: Mapping[str, str] = {"html": "an HTML page", "opml": "an OPML list", "svg": "an SVG picture"}
_FEED_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_READABLE_TYPES = _HTML_TYPES | {"text/plain"}
_ENTRY_START = re.compile(r"<(?:[\w.-]{1,40}:)?(?:item|entry)(?=[\s>])", re.IGNORECASE)
_ENTRY_ENDS = ("</item", "</entry")
_PREFIXED_LINK = re.compile(r"<([\w.-]{1,40}:link(?=\s)|link(?=\s[^<>]*\bxmlns\b))")
_BASE = re.compile(r"<[^<>]*?\sxml:base\s*=\s*[\"']([^\"'<>]*)")
_OTHER_TEXT = re.compile(r"<(/?)((?:media|dc|itunes):)(title|description|summary)((?:\s[^<>]*?)?)(/?)>")
_NAMESPACE = re.compile(r"\sxmlns[^\s<>]+")
_OTHERS = tuple(f"{prefix}_other" for prefix in ("media", "dc", "itunes"))
"""Titles and summaries of other vocabularies are renamed: feedparser takes the first one for the item's own."""
_PARTS = "title|link|guid|id|description|summary|pubDate|published|updated|author|category"
_UNCLOSED = re.compile(
    rf"(<({_PARTS})(?:\s[^<>]*)?(?<!/)>(?:[^<]|<!\[CDATA\[(?:[^\]]|\](?!\]>))*+\]\]>)*+)"
    rf"(?=</?(?:item|entry|channel|feed)[\s>]|<(?:{_PARTS})[\s/>])",
    re.IGNORECASE,
)
"""A part of an entry that is not closed before the next part begins or the entry ends."""
_PREFIXED = "prefixed"
"""Attribute that is added to links of another namespace, as `atom:link` in RSS: feedparser does not tell them from the
item's own link."""
_IANA = "http://www.iana.org/assignments/relation/"
"""A relation may be written as the address of its registration (RFC 4287, 4.2.7.2)."""
_WEB = ("http://", "https://")
_END_OF_DOMAIN = re.compile(r"^[a-z]{1,20} \((.+?)\)?$")
"""feedparser ends the domain of `post@bote.online (Karin Holm)` after four letters; the name has the rest."""
Fields = Mapping[str, Any]
"""feedparser's dictionaries: their values are texts, lists and dictionaries."""


def read_syndication(markup: str, root: str, url: str) -> ParsedFeed:
    """The entries of the feed at `url`; `root` is the name of its root element. Raises Unreadable if it is not a feed.

    The time that feedparser needs is not linear in the length of the document: call this in a process with bounds.
    """
    if root in _NOT_FEEDS:
        raise Unreadable(_NOT_FEEDS[root])
    kept, beyond = _first_entries(markup)
    mended = mend(kept)
    parsed = _parsed(mended, url)
    is_broken = parsed.bozo or mended != kept
    if parsed.bozo and (closed := _UNCLOSED.sub(r"\1</\2>", mended)) != mended:
        parsed = _parsed(closed, url)
    if not parsed.entries and root not in _FEED_ROOTS:
        raise Unreadable(f"<{root}> without an entry")
    if not parsed.entries and parsed.bozo and not parsed.version:
        raise Unreadable("broken XML")
    kind = FeedKind.RDF if root == "rdf" else FeedKind.ATOM if root == "feed" else FeedKind.RSS
    feed: Fields = parsed.feed
    return ParsedFeed(
        kind=kind,
        # as plain dictionaries, which are faster and take no other value for a missing one
        entries=[_read_entry(dict(entry), feed.get("language")) for entry in parsed.entries[:MAX_ITEMS]],
        beyond=beyond + max(0, len(parsed.entries) - MAX_ITEMS),
        own_url=_own_url(feed),
        masthead=Masthead(
            title=feed.get("title") or _other_text(feed, "title"),
            language=feed.get("language"),
            homepage=feed.get("link"),
            image=_image(feed),
        ),
        warnings=(FeedWarning.BROKEN_XML,) if is_broken else (),
    )


def _first_entries(markup: str) -> tuple[str, int]:
    """The document with its first MAX_ITEMS entries, and the number of start tags of the others.

    All entries of a long feed would take feedparser more time than a worker process has.
    """
    beyond = islice(_ENTRY_START.finditer(markup), MAX_ITEMS, None)
    first = next(beyond, None)
    if first is None:
        return markup, 0
    last_end = max(markup.rfind(end) for end in _ENTRY_ENDS)
    end = markup.find(">", last_end) + 1 if last_end > first.start() else len(markup)
    return markup[: first.start()] + markup[end:], 1 + sum(1 for _ in beyond)


def _parsed(markup: str, url: str) -> feedparser.FeedParserDict:
    if base := _BASE.match(markup):  # that of an entry may be relative to it, and feedparser joins absolute ones only
        with suppress(ValueError):
            markup = markup[: base.start(1)] + escape(urljoin(url, base[1])) + markup[base.end(1) :]
    markup = _OTHER_TEXT.sub(_renamed, _PREFIXED_LINK.sub(rf'<\1 {_PREFIXED}=""', markup))
    document = "<?xml version='1.0' encoding='utf-8'?>\n" + markup
    try:
        return feedparser.parse(
            io.BytesIO(document.encode("utf-8", "replace")),  # given bytes, feedparser looks for a file of that name
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as exc:  # feedparser raises what its parts raise, such as OverflowError for a huge reference
        raise Unreadable(f"feedparser cannot read it: {type(exc).__name__}: {exc}"[:200]) from exc


def _renamed(tag: re.Match[str]) -> str:
    """Without attributes: feedparser does not keep the text of an unknown element that has some."""
    end, prefix, name, attributes, empty = tag.groups()
    return f"<{end}{prefix}other{name}{''.join(_NAMESPACE.findall(attributes))}{empty}>"


def _read_entry(entry: Fields, feed_language: str | None) -> RawEntry:
    links: Sequence[Fields] = [dict(link) for link in entry.get("links", ())]
    guid = _text(entry, "id")
    link, is_enclosure = _link(entry, links, guid, feed_language)
    original = _text(entry, "feedburner_origlink")
    original = None if original and is_no_article(original) else original
    contents = [text for content in entry.get("content", ()) if (text := _feed_text(content))]
    return RawEntry(
        link=original or link,
        link_is_enclosure=is_enclosure and not original,
        redirector=link if original and not is_enclosure and link != original else None,
        guid=guid,
        title=_detailed(entry, "title"),
        summary=_detailed(entry, "summary"),
        content=max(contents, key=lambda text: len(text.value), default=None),
        published=_text(entry, "published"),
        updated=_text(entry, "updated"),
        authors=tuple(_names(entry)),
        categories=tuple(name for tag in entry.get("tags", ()) if (name := tag.get("label") or tag.get("term"))),
        enclosures=tuple(_enclosures(entry, links)),
    )


def _link(
    entry: Fields, links: Sequence[Fields], guid: str | None, feed_language: str | None
) -> tuple[str | None, bool]:
    """The address of the article, and whether it is only that of an enclosure.

    In this order: the best alternate, a guid that is an address, an alternate in another format, the entry itself
    (`self`), an enclosure that is a sound, a film or a document. The front page of a site and
    files come after the guid; a picture is not taken.
    """
    alternates = [link for link in links if _relation(link) == "alternate" and link.get("href") and not _shows(link)]
    pages = [link for link in alternates if _media_type(link.get("type", "text/html")) in _HTML_TYPES]
    language = _language(entry, feed_language) if len(pages) > 1 else None
    page = min(pages, key=lambda link: (is_no_article(link["href"]), *_rank(link, language)), default=None)
    named = guid and (guid.lower().startswith(_WEB) or (guid.startswith("/") and entry.get("guidislink")))
    named = named and not is_picture(Enclosure(guid or ""))
    if page is not None and not (named and is_no_article(page["href"])):
        return str(page["href"]), False
    if named:
        return guid, False
    for link in (*alternates, *(link for link in links if _relation(link) == "self" and link.get("href"))):
        if not _plays(link):
            return str(link["href"]), False
    files = (file.url for file in _enclosures(entry, links) if is_file(file))
    file = next(files, None)
    return file, file is not None


def _shows(link: Fields) -> bool:
    """True if the link leads to a picture."""
    return is_picture(Enclosure(link["href"], _media_type(link.get("type", ""))))


def _plays(link: Fields) -> bool:
    """True if the link leads to a sound or a film."""
    return _media_type(link.get("type", "")).startswith(("audio/", "video/"))


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _relation(link: Fields) -> str:
    relations = [relation.removeprefix(_IANA) for relation in str(link.get("rel") or "alternate").lower().split()]
    return "alternate" if "alternate" in relations else " ".join(relations)


def _rank(link: Fields, language: str | None) -> tuple[bool, bool]:
    """The lower, the better: an RSS item's own link before one of Atom, the entry's language before another one."""
    of_link = link.get("hreflang")
    is_foreign = bool(of_link and language) and _primary(of_link) != _primary(language)
    return _PREFIXED in link, is_foreign


def _primary(tag: Any) -> str:
    return re.split("[-_]", str(tag).strip().lower(), maxsplit=1)[0]


def _language(entry: Fields, feed_language: str | None) -> str | None:
    """The language that the entry names (dc:language), or the one in force where its title stands (xml:lang)."""
    return entry.get("language") or (entry.get("title_detail") or {}).get("language") or feed_language


def _detailed(entry: Fields, name: str) -> FeedText | None:
    """The entry's own text: the detail may be that of an element within it, such as the title of its picture. Without
    one, what another vocabulary says."""
    detail = entry.get(f"{name}_detail")
    if detail and (own := _feed_text({**detail, "value": entry.get(name)})):
        return own
    other = _other_text(entry, "title") if name == "title" else _other_text(entry, "description", "summary")
    return FeedText(other, is_html=True) if other else None


def _other_text(fields: Fields, *names: str) -> str | None:
    texts = (_text(fields, other + name) for other in _OTHERS for name in names)
    return next(filter(None, texts), None)


def _feed_text(detail: Fields) -> FeedText | None:
    """None for an empty text and for other data than text, such as a picture in base64."""
    content_type = _media_type(detail.get("type", "text/plain"))
    value = detail.get("value")
    if not value or not (not content_type or content_type in _READABLE_TYPES or content_type.endswith("xml")):
        return None
    return FeedText(value, content_type != "text/plain", detail.get("base") or "")


def _names(entry: Fields) -> Iterator[str]:
    for author in entry.get("authors", ()):
        if name := author.get("name"):
            yield _END_OF_DOMAIN.sub(r"\1", name)


def _enclosures(entry: Fields, links: Sequence[Fields]) -> Iterator[Enclosure]:
    """Each address once, with what the first element that has it says."""
    attached = [
        # feedparser takes a link without a type for a page
        Enclosure(
            link["href"], None if link.get("type") in _HTML_TYPES else link.get("type"), _size(link.get("length"))
        )
        for link in links
        if (_relation(link) == "enclosure" or _plays(link)) and link.get("href")
    ]
    distinct: dict[str, Enclosure] = {}
    for enclosure in (*attached, *_media(entry)):
        distinct.setdefault(enclosure.url, enclosure)
    return iter(distinct.values())


def _media(entry: Fields) -> list[Enclosure]:
    """What Media RSS attaches."""
    media = [*entry.get("media_content", ()), *([entry["media_player"]] if "media_player" in entry else ())]
    return [
        Enclosure(one["url"], one.get("type") or _medium(one), _size(one.get("filesize")))
        for one in media
        if one.get("url")
    ]


def _medium(media: Fields) -> str | None:
    return f"{media['medium']}/*" if media.get("medium") else None


def _size(written: str | None) -> int | None:
    """The size in bytes; None for 0 too, which feeds write if they do not know it."""
    return int(written) or None if written and written.isdecimal() and len(written) < 16 else None


def _image(feed: Fields) -> str | None:
    return (feed.get("image") or {}).get("href") or feed.get("logo") or None


def _own_url(feed: Fields) -> str | None:
    """The page or address that the feed names as its own, the last resort for relative links."""
    links = [feed.get("link"), *(link.get("href") for link in feed.get("links", ()))]
    return next((link for link in links if link and link.lower().startswith(_WEB)), None)


def _text(fields: Fields, name: str) -> str | None:
    value = fields.get(name)
    return value or None if isinstance(value, str) else None
