"""Parse a response's bytes into one tree: find the charset, parse, and limit what hostile pages can cost.

A page is parsed once; all other modules work on the tree built here.
"""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Sequence

import msgspec
from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from pipeline.charsets import codec_of, declared_codec
from pipeline.errors import PageError
from pipeline.extract.page.text import FORBIDDEN_CHARACTERS

MAX_PAGE_BYTES = 16_000_000
"""A larger body is refused. The largest real article pages measured are below 3 MB."""
MAX_ELEMENTS = 60_000
"""Maximum number of elements, scripts excluded. Real articles have up to 15,000; parts of trafilatura are quadratic."""
MAX_DEPTH = 200
"""Tags nested deeper are removed; their text moves into the element at this depth."""
META_CHARSET_BYTES = 100_000
"""How far a charset declaration is searched for. The HTML standard says 1024, but browsers obey later ones, too."""
_BINARY_CHECK_BYTES = 4096

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META_CHARSET = re.compile(rb"<meta[^>]{0,400}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_SEVEN_BIT = ("iso2022", "utf-16")
"""Charsets whose bytes can be valid UTF-8 by accident."""

_CONTROL_BYTES = bytes((*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20)))
_REFERENCE = re.compile(rb"&#(x[0-9a-f]{1,8}|[0-9]{1,10});?", re.IGNORECASE)
_CONTROL_CHARACTERS = bytes(code for code in range(32) if code not in b"\t\n\r\x0c") + b"\x7f"
_FORM_FEED_TO_SPACE = bytes.maketrans(b"\x0c", b" ")
_NONCHARACTERS = re.compile(b"\xef\xbf[\xbe\xbf]")
"""U+FFFE and U+FFFF in UTF-8."""
_AT_MAX_DEPTH = etree.XPath("/*" * MAX_DEPTH)
_ELEMENTS = etree.XPath("count(//*[not(self::script)])")
_CLASSES = etree.ElementDefaultClassLookup(element=HtmlElement)
"""One class for all elements: lxml.html's own lookup chooses the class of every element in Python, which is slow."""
_PARSER = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=True)
_PARSER.set_element_class_lookup(_CLASSES)
_FORBIDDEN = re.compile(f"[{FORBIDDEN_CHARACTERS}]")
_MARKUP = re.compile(
    rb"<(?:!doctype|html|head|body|article|main|div|p|meta|title|section|h1|span|table|script)\b", re.IGNORECASE
)
_NEVER_TEXT = (
    "style",
    "svg",
    "template",
    "iframe",
    "canvas",
    "object",
    "embed",
    "noscript",
    "select",
    "datalist",
    "textarea",
)
"""Elements that never contain an article's text."""
_BINARY_MAGIC = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\x00\x00\x01\x00",
    b"OggS",
    b"ID3",
)
_OTHER_MEDIA = ("image/", "audio/", "video/", "font/", "application/pdf", "application/zip", "application/json")


class Page(msgspec.Struct, frozen=True):
    root: HtmlElement
    body: HtmlElement
    url: str
    scripts: tuple[HtmlElement, ...] = ()


def parse(body: bytes, *, url: str, content_type: str | None = None) -> Page:
    """Parse the page. Raises PageError: `empty`, `too_large`, `not_html`, `broken`."""
    if not body.strip():
        raise PageError("empty", f"{url}: no bytes")
    if len(body) > MAX_PAGE_BYTES:
        raise PageError("too_large", f"{url}: {len(body)} bytes, more than {MAX_PAGE_BYTES}")
    media_type = (content_type or "").lower().strip()
    if body.startswith(_BINARY_MAGIC) or media_type.startswith(_OTHER_MEDIA):
        raise PageError("not_html", f"{url}: {media_type or 'a binary format'}")
    if _is_binary(body):
        raise PageError("not_html", f"{url}: a binary format")
    body = as_utf8(body, content_type)
    if not _MARKUP.search(body):
        raise PageError("not_html", f"{url}: no HTML element in {len(body)} bytes")
    root = _parse_bytes(body, url)
    body_element = root.find("body")
    if body_element is None:
        raise PageError("broken", f"{url}: no body")
    etree.strip_elements(root, *_NEVER_TEXT, with_tail=False)
    tags = body.count(b"<")  # there are no more elements than that, and counting these takes more time
    if tags > MAX_DEPTH:
        _flatten_depth(root)
    if tags > MAX_ELEMENTS:
        elements = _ELEMENTS(root)
        if isinstance(elements, float) and elements > MAX_ELEMENTS:
            raise PageError("too_large", f"{url}: {elements:.0f} elements, more than {MAX_ELEMENTS}")
    return Page(root=root, body=body_element, url=url, scripts=tuple(root.iter("script")))


def _is_binary(body: bytes) -> bool:
    """True if over 2% of the first bytes are control characters. UTF-16 text, with its NULs, has a byte order mark."""
    head = body[:_BINARY_CHECK_BYTES]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return False
    return (len(head) - len(head.translate(None, _CONTROL_BYTES))) * 50 > len(head)


def _parse_bytes(body: bytes, url: str) -> HtmlElement:
    try:
        return document_fromstring(_without_forbidden(body), parser=_PARSER, ensure_head_body=True)
    except (etree.LxmlError, ValueError) as exc:
        raise PageError("broken", f"{url}: {exc}") from exc


def _flatten_depth(root: HtmlElement) -> None:
    """Limit the depth, because later code recurses over the tree."""
    deepest = _AT_MAX_DEPTH(root)
    for element in deepest if isinstance(deepest, list) else []:
        if isinstance(element, HtmlElement):
            etree.strip_tags(element, "*")


def _without_forbidden(body: bytes) -> bytes:
    """The page in UTF-8 without characters that XML forbids, neither literal nor as references (`&#0;`).

    All of it is searched for on bytes, which is several times faster than on text.
    """
    body = body.translate(_FORM_FEED_TO_SPACE, _CONTROL_CHARACTERS)
    if b"&#" in body and any(map(_is_forbidden, set(_REFERENCE.findall(body)))):
        body = _REFERENCE.sub(lambda reference: b"" if _is_forbidden(reference[1]) else reference[0], body)
    return _NONCHARACTERS.sub(b"", body) if b"\xef\xbf" in body else body


def _is_forbidden(number: bytes) -> bool:
    """True if XML forbids the character with this number: `x0`, `11`."""
    code = int(number[1:], 16) if number[:1] in b"xX" else int(number)
    return code > sys.maxunicode or _FORBIDDEN.match(chr(code)) is not None


def as_utf8(body: bytes, content_type: str | None = None) -> bytes:
    """The page in UTF-8, whatever its charset is; never fails.

    The charset is chosen in this order: the byte order mark; UTF-8 if the bytes are valid UTF-8, even if another
    charset is declared (wrong declarations are common, other text is rarely valid UTF-8 by accident); the charset
    of the HTTP header; the charset that the page declares. If every charset fails: UTF-8 if at most a
    tenth of the non-ASCII characters are broken, otherwise the declared charset or windows-1252.
    """
    declared = _declared_codecs(body, content_type)
    if not body.startswith(tuple(mark for mark, _ in _BOMS)) and not (declared and declared[0].startswith(_SEVEN_BIT)):
        try:
            # final=False: a page that was cut off in the middle of a character is still UTF-8.
            return body[: codecs.utf_8_decode(body, "strict", False)[1]]
        except UnicodeDecodeError:
            pass
    return _decoded(body, declared).encode("utf-8", "ignore")


def _decoded(body: bytes, declared: Sequence[str]) -> str:
    """The text of a page that is not in UTF-8, or has a byte order mark."""
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace")
    for charset in declared:
        try:
            return body.decode(charset)
        except (UnicodeDecodeError, ValueError):
            continue
    as_if_utf8 = body.decode("utf-8", "replace")
    undecodable = as_if_utf8.count("\ufffd")
    non_ascii = sum(1 for character in as_if_utf8 if character > "\x7f")
    if undecodable * 10 <= non_ascii:
        return as_if_utf8
    other = next((charset for charset in declared if charset != "utf-8"), "cp1252")
    return body.decode(other, "replace")


def _declared_codecs(body: bytes, content_type: str | None) -> list[str]:
    """The known charsets that the HTTP header and the page declare, as Python codec names, header first."""
    head = body[:META_CHARSET_BYTES]
    labels = [match[1].decode("ascii") for match in (_META_CHARSET.search(head), _XML_CHARSET.match(head)) if match]
    found = (declared_codec(content_type), *(codec_of(label) for label in labels))
    return [charset for charset in found if charset is not None]
