"""XML, read one element at a time by libxml2, which limits depth, names and texts and takes linear time.

A document that is not well-formed is repaired and read again. No DTD is read, so no entity is expanded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Generic, TypeVar

import msgspec
from lxml import etree

from pipeline.collect.feeds.feed import Unreadable
from pipeline.mending import mend

MAX_TAGS = 1_000_000
"""Maximum number of tags in a document; the rest is cut off. libxml2 needs 120 bytes for each."""

_MAX_PROLOG = 1000
_CHUNK_BYTES = 1 << 18
_CHUNK_CHARS = 1 << 16
_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]{0,99}:)?([A-Za-z_][\w.-]{0,99})")
_SUBSET_END = re.compile(r"\]\s*>")

T = TypeVar("T")


class Elements(msgspec.Struct, Generic[T], frozen=True):
    """The elements that were read from a document."""

    read: list[T]
    beyond: int
    """Number of elements that were not read, estimated from their start tags."""
    root: etree._Element | None
    """The document without the elements that were read."""
    is_broken: bool


def skip_prolog(text: str) -> str:
    """The document from its root element on, without the DTD. Raises Unreadable if it has no element."""
    at = text.find("<")
    for _ in range(_MAX_PROLOG):
        if at < 0:
            break
        if text.startswith("<?", at):
            at = _after("?>", text, at)
        elif text.startswith("<!--", at):
            at = _after("-->", text, at)
        elif text.startswith("<!", at):
            at = _after_doctype(text, at)
        elif _ROOT.match(text, at):
            return text[at:]
        else:
            at += 1
        at = text.find("<", at) if at >= 0 else at
    raise Unreadable("no markup" if text.strip() else "empty")


def root_name(markup: str) -> str:
    """The local name of the root element, lower case."""
    match = _ROOT.match(markup)
    assert match, "skip_prolog begins with a root element"
    return match[1].lower()


def read_elements(
    markup: str, names: Collection[str], read: Callable[[etree._Element], T], *, limit: int
) -> Elements[T]:
    """The results of `read` for the first `limit` elements with these local names (lower case), in document order.

    `markup` begins with its root element. An element is emptied after it was read, which bounds memory. Raises
    Unreadable if the document cannot be repaired.
    """
    kept = _cut(markup)
    cut_off = len(markup) - len(kept)
    try:
        elements = _read(kept, names, read, limit, recover=False)
    except etree.XMLSyntaxError:
        elements = _read(mend(kept), names, read, limit, recover=True)
        elements = msgspec.structs.replace(elements, is_broken=True)
        if elements.root is None and not elements.read:
            raise Unreadable("broken XML") from None
    if not cut_off and not elements.beyond:
        return elements
    tag = re.compile(rf"<(?:[\w.-]{{1,100}}:)?(?:{'|'.join(sorted(names))})[\s/>]", re.IGNORECASE)
    in_all = sum(1 for _ in tag.finditer(markup))
    return msgspec.structs.replace(elements, beyond=max(0, in_all - len(elements.read)))


def _read(
    markup: str, names: Collection[str], read: Callable[[etree._Element], T], limit: int, *, recover: bool
) -> Elements[T]:
    spellings = [spelling for name in names for spelling in (name, name.capitalize(), name.upper())]
    parser = etree.XMLPullParser(
        events=("end",),
        tag=[f"{{*}}{spelling}" for spelling in spellings],
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
    )
    found: list[T] = []
    body = markup.encode()
    for start in range(0, len(body), _CHUNK_BYTES):
        parser.feed(body[start : start + _CHUNK_BYTES])
        for element in _ended(parser):
            if len(found) == limit:
                return Elements(found, 1, element.getroottree().getroot(), False)
            found.append(read(element))
            element.clear()
    try:
        root = parser.close()
    except etree.XMLSyntaxError:
        if not recover:
            raise
        root = None  # even repaired, it has no root
    return Elements(found, 0, root, False)


def _ended(parser: etree.XMLPullParser) -> Iterator[etree._Element]:
    for _, element in parser.read_events():
        assert isinstance(element, etree._Element), "the parser reports only ends of elements"
        yield element


def _cut(markup: str) -> str:
    """The document, cut off after about MAX_TAGS tags."""
    tags = 0
    for start in range(0, len(markup), _CHUNK_CHARS):
        tags += markup.count("<", start, start + _CHUNK_CHARS)
        if tags > MAX_TAGS:
            return markup[:start]
    return markup


def _after(end: str, text: str, at: int) -> int:
    found = text.find(end, at)
    return found + len(end) if found >= 0 else -1


def _after_doctype(text: str, at: int) -> int:
    end = text.find(">", at)
    subset = text.find("[", at, end)
    if end < 0 or subset < 0:
        return end + 1 or -1
    match = _SUBSET_END.search(text, subset)
    return match.end() if match else -1
