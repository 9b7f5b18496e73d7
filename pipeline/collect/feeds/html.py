"""The HTML in feeds: titles as plain text, summaries and full texts without what runs or loads.

The time for each is linear in its length, and the lengths have limits.
"""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin

import lxml.html
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
_SCRIPT = re.compile(r"<(script|style)\b[^<>]*>[^<]*</\1\s*>|<!--(?:[^-]|-(?!->))*+-->", re.IGNORECASE)
"""A script or style, and a comment."""
_CDATA = re.compile(r"^\s*<!\[CDATA\[([^<>]*?)\]\]>?\s*$")
"""CDATA within CDATA: the mark is part of the text, and feedparser takes the first end for that of both."""
UNSEEN = re.compile(r"[\u00ad\u200b\u2060\ufeff]")
"""Characters that only say where a line may break, or nothing: a search for the word would not find it."""
_ANY_TAG = re.compile(r"<[^<>]*>")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][\dA-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_DROPPED = frozenset(
    {
        *("script", "style", "noscript", "template", "iframe", "frame", "frameset", "object", "embed", "applet"),
        *("svg", "math", "link", "meta", "base", "title"),
    }
)
_MAX_ATTRIBUTES = 50
_ADDRESSES = frozenset({"href", "src", "poster", "action", "data", "cite", "xlink:href"})
_DROPPED_ATTRIBUTES = frozenset({"style", "srcdoc", "formaction", "background", "ping"})


def plain_text(markup: str) -> str:
    """A title without tags and references, also if they were escaped up to three times.

    Other angle brackets stay (`Note < 2`, `<Titel folgt>`), and so does escaped text that is meant to be read
    (`Das &lt;b&gt;`). Text without markup is unchanged, its white space too.
    """
    text = _unescape(_without_tags(markup))
    for _ in range(2):
        text = _unescape(_without_tags(text) if _END_TAG.search(text) else text)
    return " ".join(text.split()) if text != markup else markup


def clean_html(markup: str, base: str) -> str:
    """The HTML without what runs or loads, with absolute addresses."""
    body = _body(markup)
    return "" if body is None else _written(body, base)


def article_html(content: FeedText, base: str, summary_chars: int) -> str | None:
    """The full text as HTML without scripts, frames and handlers; None if its text is at most `summary_chars` long."""
    is_html = content.is_html or _END_TAG.search(content.value)  # many feeds declare HTML as text
    markup = content.value if is_html else _paragraphs(content.value)
    if len(markup) <= summary_chars:
        return None
    body = _body(markup[: 2 * MAX_CONTENT_CHARS])
    if body is None:
        return None
    if len(" ".join(body.text_content().split())) <= summary_chars:
        return None
    written = _written(body, base)
    if len(written) > MAX_CONTENT_CHARS:
        written = written[:MAX_CONTENT_CHARS].rpartition("<")[0] or written[:MAX_CONTENT_CHARS]
    return written or None


def words(markup: str) -> str:
    """The words of a text with markup, as they are read, with one space between them."""
    return " ".join(UNSEEN.sub("", html.unescape(_ANY_TAG.sub(" ", markup))).split())


def _without_tags(markup: str) -> str:
    return _BLOCK_TAG.sub(" ", _INLINE_TAG.sub("", _SCRIPT.sub("", _CDATA.sub(r"\1", markup))))


def _unescape(markup: str) -> str:
    return _REFERENCE.sub(lambda match: html.unescape(match[0]), markup)


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{html.escape(part, quote=False)}</p>\n" for part in text.split("\n\n") if part.strip())


def _body(markup: str) -> lxml.html.HtmlElement | None:
    parser = lxml.html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        text, _ = remove_control_characters(markup)
        body = lxml.html.document_fromstring(text.encode(), parser=parser).find("body")
    except etree.ParserError:  # only white space
        return None
    if body is not None:
        etree.strip_elements(body, *_DROPPED, with_tail=False)
    return body


def _written(body: lxml.html.HtmlElement, base: str) -> str:
    for element in body.iter(etree.Element):
        _disarm(element, base)
    children = (etree.tostring(child, encoding="unicode", method="html") for child in body)
    return (html.escape(body.text or "", quote=False) + "".join(children)).strip()


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
