"""Repair of the faults that most broken XML has, so that a strict parser can read it.

| as written                                  | as mended                                               |
|---------------------------------------------|---------------------------------------------------------|
| `Fisch & Brot`, `?a=1&b=2`, `&unknown;`     | `Fisch &amp; Brot`, `?a=1&amp;b=2`, `&amp;unknown;`     |
| `&nbsp;`, `&#0;`                            | `&#160;`, nothing                                       |
| `<link/>https://…`                          | `<link>https://…</link>`, which HTML tools write        |
| `<![CDATA[` that does not end in its item   | nothing                                                 |

Other CDATA sections and comments are not changed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_REFERENCE = re.compile(r"&(?:(?P<number>#\d{1,7}|#[xX][\dA-Fa-f]{1,6})|(?P<name>[A-Za-z][A-Za-z0-9]{0,31}));|&")
_MARKUP_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
"""Names of references that XML knows without a declaration; they are not changed."""
_VERBATIM = {"<![CDATA[": "]]>", "<!--": "-->"}
_VERBATIM_START = re.compile(r"<!\[CDATA\[|<!--")
_CDATA = "<![CDATA["
_ITEM_END = re.compile(r"</(?:item|entry)\s*>", re.IGNORECASE)
_LINK_BEFORE_ITS_TEXT = re.compile(r"<link\s*/>\s*(https?://[^<\s]{1,4000})", re.IGNORECASE)


def mend(markup: str) -> str:
    """The markup with its references and links mended; unchanged if it has no such fault."""
    return "".join(
        piece if is_verbatim else _LINK_BEFORE_ITS_TEXT.sub(r"<link>\1</link>", _REFERENCE.sub(_mend_reference, piece))
        for piece, is_verbatim in _pieces(markup)
    )


def _pieces(markup: str) -> Iterator[tuple[str, bool]]:
    """The markup cut at CDATA sections and comments, each piece with whether it is one. The start of a CDATA section
    without an end is left out; such a comment is markup."""
    ends: dict[str, int] = {}
    done = at = 0
    while start := _VERBATIM_START.search(markup, at):
        kind, at = start[0], start.end()
        if 0 <= (end := ends.get(kind, 0)) < at:
            ends[kind] = end = markup.find(_VERBATIM[kind], at)
        if kind == _CDATA and (end < 0 or _is_swallowed(markup, at, end)):
            yield markup[done : start.start()], False
            done = at
        elif end >= 0:
            at = end + len(_VERBATIM[kind])
            yield markup[done : start.start()], False
            yield markup[start.start() : at], True
            done = at
    yield markup[done:], False


def _is_swallowed(markup: str, at: int, end: int) -> bool:
    """True if the CDATA section from `at` to `end` begins in one item, and ends with that of a later item."""
    inner = markup.find(_CDATA, at, end)
    return inner >= 0 and _ITEM_END.search(markup, at, inner) is not None


def _mend_reference(match: re.Match[str]) -> str:
    """A reference by number, which needs no declaration and suits any charset. XML forbids some characters."""
    if match["name"] in _MARKUP_NAMES:
        return match[0]
    if match["number"] is None:
        character = html.unescape(match[0])
        return "".join(f"&#{ord(one)};" for one in character) if character != match[0] else f"&amp;{match[0][1:]}"
    digits = match["number"][1:]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    is_xml = code in {0x9, 0xA, 0xD} or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF
    return match[0] if is_xml else ""
