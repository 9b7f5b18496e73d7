"""The HTML in feeds: titles as plain text, summaries sanitized, full texts without what runs or loads.

feedparser sanitizes summaries; its spelling is part of the digests of recorded items. It gets only documents that are
written here: limited in size, well-formed and without the constructs that make it slow. A raw feed of a few kilobytes
can cost it minutes (feedparser 6.0.14: 20 kB of `<author>a…` take 2.6 s, 20 kB of blank lines 2 s, and twice as much
takes four times as long).
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
from pipeline.collect.feeds.feed import FeedText

MAX_CONTENT_CHARS = 200_000
"""Maximum length of a full text as HTML; the rest is cut off."""
MAX_MARKUP_CHARS = 60_000
"""Maximum length of a title or summary as written, with attributes; three times MAX_TEXT_CHARS, which is kept."""
MIN_ARTICLE_CHARS = 200
"""Content without a summary counts as the article from this length of its text on."""

_BLOCKS = "address|article|aside|blockquote|br|center|dd|div|dl|dt|figcaption|figure|footer|h[1-6]|header|hr|li|main|"
_BLOCKS += "nav|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul"
_INLINES = "a|abbr|acronym|applet|audio|b|bdi|bdo|big|blink|button|cite|code|del|dfn|em|embed|font|form|frame|frameset|"
_INLINES += "i|iframe|img|input|ins|kbd|label|link|mark|meta|nobr|noscript|object|param|picture|q|s|samp|small|source|"
_INLINES += "span|strike|strong|sub|sup|svg|time|tt|u|var|video|wbr"
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
    """HTML and the absolute base of its relative addresses."""

    html: str
    base: str


def plain_text(markup: str) -> str:
    """A title without tags and references, also if they were escaped up to three times.

    Other angle brackets stay (`Note < 2`, `<Titel folgt>`), and so does escaped text that is meant to be read
    (`Das &lt;b&gt;`). Text without markup is unchanged, its white space too.
    """
    text = _unescape(_without_tags(markup))
    for _ in range(2):
        text = _unescape(_without_tags(text) if _END_TAG.search(text) else text)
    return " ".join(text.split()) if text != markup else markup


def sanitize(markups: Sequence[Markup]) -> list[str]:
    """Summaries as feedparser sanitizes them: absolute addresses, no scripts, no styles and no unknown elements."""
    if not markups:
        return []
    items = "".join(
        f"<item xml:base={quoteattr(_storable(markup.base))}>"
        f"<description><![CDATA[{_safe(markup.html).replace(']]>', ']]]]><![CDATA[>')}]]></description></item>"
        for markup in markups
    )
    document = f"{_FEED_START}{items}</channel></rss>".encode()
    # a file object: of bytes feedparser first checks whether they are the name of a file
    parsed = feedparser.parse(
        io.BytesIO(document),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=True,
        resolve_relative_uris=True,
    )
    return [entry.get("summary", "") for _, entry in zip(markups, parsed.entries, strict=True)]


def article_html(content: FeedText, base: str, summary_chars: int) -> str | None:
    """The full text as HTML without scripts, frames and handlers; None if its text is at most `summary_chars` long."""
    is_html = content.is_html or _END_TAG.search(content.value)  # many feeds declare HTML as text
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
    """The approximate length of the text in some markup."""
    return len(" ".join(_ANY_TAG.sub(" ", markup).split()))


def _without_tags(markup: str) -> str:
    return _BLOCK_TAG.sub(" ", _INLINE_TAG.sub("", _SCRIPT.sub("", markup)))


def _unescape(markup: str) -> str:
    return _REFERENCE.sub(lambda match: html.unescape(match[0]), markup)


def _safe(markup: str) -> str:
    """The markup without the constructs on which feedparser fails or takes quadratic time: long styles, an open comment
    with many `--`, and references with many digits."""
    markup = _storable(markup)
    markup = _HUGE_NUMBER.sub("&amp;#", _STYLE.sub(_safe_style, markup))
    open_comment = markup.find("<!--", markup.rfind(">") + 1)
    return markup[:open_comment] if open_comment >= 0 else markup


def _safe_style(style: re.Match[str]) -> str:
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
    except etree.ParserError:  # only white space
        return None


def _disarm(element: lxml.html.HtmlElement, base: str) -> None:
    if len(element.attrib) > _MAX_ATTRIBUTES:
        element.attrib.clear()  # in lxml, reading attributes takes quadratic time
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
