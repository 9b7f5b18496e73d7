"""The HTML in feeds: titles as plain text, summaries sanitized, full texts without what runs or loads.

Summaries are sanitized by feedparser, whose spelling of them is in the digests of what was recorded. It sees only
documents that are written here: bounded, well-formed and without what makes it slow. On a feed as it comes it can take
minutes for some kilobytes (feedparser 6.0.14: 20 kB of `<author>a…` 2.6 s, of blank lines 2 s, each fourfold for
twice as much).
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Sequence
from urllib.parse import urljoin
from xml.sax.saxutils import quoteattr

import feedparser
import lxml.html
import msgspec
from lxml import etree

from pipeline.collect.feeds.charset import remove_control_characters
from pipeline.collect.feeds.feed import Said

MAX_CONTENT_CHARS = 200_000
MAX_MARKUP_CHARS = 60_000
"""Of a title or summary as written, with all its attributes: more than enough for what is kept of it."""
MIN_ARTICLE_CHARS = 200
"""Of text, for content without a summary to be taken for the article."""

_BLOCKS = "address|article|aside|blockquote|br|center|dd|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|li|main|"
_BLOCKS += "nav|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul"
_INLINES = "a|abbr|acronym|audio|b|bdi|bdo|big|blink|button|cite|code|del|dfn|em|embed|font|form|i|iframe|img|input|"
_INLINES += "ins|kbd|label|link|mark|meta|nobr|noscript|object|param|picture|q|s|samp|small|source|span|strike|strong|"
_INLINES += "sub|sup|svg|time|tt|u|var|video|wbr"
_BLOCK_TAG = re.compile(rf"</?(?:{_BLOCKS})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_INLINE_TAG = re.compile(rf"</?(?:{_INLINES})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_END_TAG = re.compile(rf"</(?:{_BLOCKS}|{_INLINES})\s*>", re.IGNORECASE)
_SCRIPT = re.compile(r"<(script|style)\b[^<>]*>[^<]*</\1\s*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>]*>")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][\dA-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_HUGE_NUMBER = re.compile(r"&#(?=\d{8}|[xX][\dA-Fa-f]{7})")
_STYLE = re.compile(r"""style\s*=\s*("[^"]*"?|'[^']*'?|[^\s>]*)""", re.IGNORECASE)
_LONG_RUN = re.compile(r"[-\w]{60}|\s{60}|\S{250}")
_FEED_START = '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
_DROPPED = ("script", "style", "noscript", "iframe", "object", "embed", "applet", "link", "meta", "base")
_MAX_ATTRIBUTES = 50
_ADDRESSES = frozenset({"href", "src", "poster", "action", "data", "cite", "xlink:href"})
_DROPPED_ATTRIBUTES = frozenset({"style", "srcdoc", "formaction", "background", "ping"})


class Markup(msgspec.Struct, frozen=True):
    """HTML and what its relative addresses are relative to, absolute."""

    html: str
    base: str


def plain_text(markup: str) -> str:
    """A title as it is to be read: without tags and references, however often they were escaped on the way.

    What is no tag of HTML stays, and what was escaped as if to be read: `Note < 2`, `<Titel folgt>`, `Das &lt;b&gt;`.
    Text without markup stays as it is, to the blank.
    """
    text = _unescape(_without_tags(markup))
    for _ in range(2):
        text = _unescape(_without_tags(text) if _END_TAG.search(text) else text)
    return " ".join(text.split()) if text != markup else markup


def sanitize(markups: Sequence[Markup]) -> list[str]:
    """Each as feedparser sanitizes a summary: no scripts, styles and unknown elements, absolute addresses."""
    if not markups:
        return []
    items = "".join(
        f"<item xml:base={quoteattr(_storable(markup.base))}>"
        f"<description><![CDATA[{_bearable(markup.html).replace(']]>', ']]]]><![CDATA[>')}]]></description></item>"
        for markup in markups
    )
    document = f"{_FEED_START}{items}</channel></rss>".encode()
    # an object to read from, because of bytes feedparser first tries whether they name a file
    parsed = feedparser.parse(
        io.BytesIO(document),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=True,
        resolve_relative_uris=True,
    )
    return [entry.get("summary", "") for _, entry in zip(markups, parsed.entries, strict=True)]


def article_html(content: Said, base: str, summary_chars: int) -> str | None:
    """The full text as HTML without scripts, frames and handlers; None if its text is not longer than that."""
    is_html = content.is_html or _END_TAG.search(content.value)  # what Atom calls text is often HTML
    markup = content.value if is_html else _paragraphs(content.value)
    if len(markup) <= summary_chars:
        return None
    body = _body(markup[: 2 * MAX_CONTENT_CHARS])
    if body is None:
        return None
    etree.strip_elements(body, *_DROPPED, with_tail=False)
    if len(" ".join(body.text_content().split())) <= summary_chars:
        return None
    for element in body.iter(etree.Element):
        _disarm(element, base)
    written = html.escape(body.text or "", quote=False) + "".join(
        etree.tostring(child, encoding="unicode", method="html") for child in body
    )
    if len(written) > MAX_CONTENT_CHARS:
        written = written[:MAX_CONTENT_CHARS].rpartition("<")[0] or written[:MAX_CONTENT_CHARS]
    return written.strip() or None


def text_chars(markup: str) -> int:
    """How long the text of some markup is, about."""
    return len(" ".join(_ANY_TAG.sub(" ", markup).split()))


def _without_tags(markup: str) -> str:
    return _BLOCK_TAG.sub(" ", _INLINE_TAG.sub("", _SCRIPT.sub("", markup)))


def _unescape(markup: str) -> str:
    return _REFERENCE.sub(lambda match: html.unescape(match[0]), markup)


def _bearable(markup: str) -> str:
    """What feedparser can sanitize in linear time and without an error: it compares every character of a style with
    every other, looks for the end of an open comment from each `--` in it, and makes a number of any digits."""
    markup = _storable(markup)
    markup = _HUGE_NUMBER.sub("&amp;#", _STYLE.sub(_bearable_style, markup))
    open_comment = markup.find("<!--", markup.rfind(">") + 1)
    return markup[:open_comment] if open_comment >= 0 else markup


def _bearable_style(style: re.Match[str]) -> str:
    return "" if _LONG_RUN.search(style[1]) else style[0]


def _storable(text: str) -> str:
    return remove_control_characters(text)[0]


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{html.escape(part, quote=False)}</p>\n" for part in text.split("\n\n") if part.strip())


def _body(markup: str) -> lxml.html.HtmlElement | None:
    parser = lxml.html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return lxml.html.document_fromstring(_storable(markup).encode(), parser=parser).find("body")
    except etree.ParserError:  # nothing but blanks
        return None


def _disarm(element: lxml.html.HtmlElement, base: str) -> None:
    if len(element.attrib) > _MAX_ATTRIBUTES:
        element.attrib.clear()  # to lxml, reading them takes the square of their number
    for name, value in element.attrib.items():
        if name.startswith("on") or name in _DROPPED_ATTRIBUTES:
            del element.attrib[name]
        elif name in _ADDRESSES:
            try:
                address = urljoin(base, value.strip())
            except ValueError:
                address = ""
            if address.lower().startswith(("http:", "https:", "mailto:", "#")):
                element.set(name, address)
            else:
                del element.attrib[name]
