"""Repair of markup that is not well-formed: one pass over its tags with a stack of the open ones.

| as written                                  | as mended                                               |
|---------------------------------------------|---------------------------------------------------------|
| `Fisch & Brot`, `&nbsp;`, `&#0;`            | `Fisch &amp; Brot`, the character, nothing              |
| `5 < 6`, `<link http://`                    | `5 &lt; 6`, `&lt;link http://`                          |
| `<b>ohne Ende</description>`                | `<b>ohne Ende</b></description>`                        |
| `</p>` where no `p` is open                 | nothing                                                 |
| `<item>…<item>`                             | `<item>…</item><item>`                                  |
| `<title>Wahl<link>…</link>`                 | `<title>Wahl</title><link>…</link>`                     |
| `<a href=x href="y" checked>`               | `<a href="x" checked="checked">`                        |
| `<![CDATA[a <![CDATA[b]]> c]]>`             | the text `a <![CDATA[b c]]>`                            |
| `<media:content>`, nowhere declared         | the prefix is declared at the root                      |
| a document that ends within a field         | the entry without that field, which may be incomplete   |
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Collection
from xml.sax.saxutils import escape, quoteattr

_MAX_TEXT_CHARS = 1_000_000
"""A longer text or attribute is cut to this length. libxml2 refuses ten times that; stored texts are shorter."""

_MAX_DEPTH = 200
"""Maximum depth, below the limit of libxml2. Tags of deeper elements are removed, their text stays."""
_MAX_ATTRIBUTES_CHARS = 100_000
"""The rest of a tag is ignored after this many characters."""
_MAX_PREFIXES = 100
"""Maximum number of undeclared prefixes that are declared."""

_NAME = r"[A-Za-z_][A-Za-z0-9_.-]{0,99}(?::[A-Za-z_][A-Za-z0-9_.-]{0,99})?"
_TOKEN = re.compile(rf"<!\[CDATA\[|<!--|<[!?]|</?{_NAME}")
# The first group has balanced quotation marks and may contain ">" between them; the second ends at the first ">".
_REST_OF_TAG = re.compile(r"""((?:[^<>"']|"[^"<]*"|'[^'<]*')*+)>|([^<>]*)>""")
_ATTRIBUTE = re.compile(rf"""({_NAME})(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+)))?""")
_REFERENCE = re.compile(r"&(?:(?P<number>#\d{1,7}|#[xX][\dA-Fa-f]{1,6})|(?P<name>[A-Za-z][A-Za-z0-9]{0,31}));|&")
_FIELDS = frozenset({"title", "link", "guid", "id", "pubdate", "published", "updated", "description", "summary"})
"""Elements (lower case) that contain no other of these elements: the start of one ends the one that is open."""
_MARKUP_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
"""Names of references that XML knows without a declaration; they are not changed."""


def mend(markup: str, entry_names: Collection[str]) -> str:
    """Well-formed markup with the likely meaning of `markup`. Elements with `entry_names` (lower case) do not nest."""
    return _Mender(markup, entry_names).run()


class _Mender:
    """Reads the markup token by token and writes it to `_out`.

    The method for a kind of token returns the position to continue at, or -1 if the document ends within the token.
    """

    def __init__(self, markup: str, entry_names: Collection[str]) -> None:
        self._markup = markup
        self._entry_names = entry_names
        self._out: list[str] = []
        self._open: list[tuple[str, str, int]] = []  # the name in lower case, the name as written, its index in `_out`
        self._names_open: Counter[str] = Counter()
        self._prefixes: set[str] = set()  # those that elements and attributes use
        self._declared = {"xml", "xmlns"}
        self._found: dict[str, int] = {}  # text ▶ where `_find` found it last: no part of the markup is searched twice

    def run(self) -> str:
        at = 0
        while at >= 0 and (token := _TOKEN.search(self._markup, at)):
            self._text(self._markup[at : token.start()])
            if token[0] == "<![CDATA[":
                at = self._cdata(token.end())
            elif token[0][1] in "!?":
                end = {"<!--": "-->", "<?": "?>"}.get(token[0], ">")
                at = self._find(end, token.end())
                at = at + len(end) if at >= 0 else self._text("<", token.start() + 1)
            elif token[0][1] == "/":
                at = self._end_tag(token)
            else:
                at = self._start_tag(token)
        if at >= 0:
            self._text(self._markup[at:])
        self._close_all()
        return "".join(self._out)

    def _find(self, text: str, start: int) -> int:
        """Like `str.find`, but `start` must not decrease from call to call with the same text."""
        known = self._found.get(text, 0)
        if known != -1 and known < start:
            known = self._found[text] = self._markup.find(text, start)
        return known

    def _text(self, text: str, then: int = 0) -> int:
        """Write character data, unless it is outside the root element, and return `then`."""
        if text and self._open:
            self._out.append(_mend_text(text))
        return then

    def _cdata(self, start: int) -> int:
        end = self._find("]]>", start)
        next_start = self._markup.find("<![CDATA[", start, end) if end >= 0 else len(self._markup)
        if next_start >= 0 and self._open:
            # No "]]>" follows, or another section starts before it. If the open element ends before that, its section
            # was never closed, and the "]]>" belongs to the other section. Otherwise the other section is nested.
            element_end = self._markup.find(f"</{self._open[-1][1]}", start, next_start)
            end = element_end if element_end >= 0 else end
        if end < 0:
            return -1
        if self._open:
            self._out.append(escape(self._markup[start:end][:_MAX_TEXT_CHARS]))
        return end + 3 if self._markup.startswith("]]>", end) else end

    def _start_tag(self, token: re.Match[str]) -> int:
        rest = _REST_OF_TAG.match(self._markup, token.end())
        if rest is None:
            return -1 if self._is_last(token.end()) else self._text("<", token.start() + 1)
        written = token[0][1:]
        name = written.lower()
        if name in self._entry_names and self._names_open[name]:
            self._close(name)
        elif name in _FIELDS and self._open and self._open[-1][0] in _FIELDS:
            self._close(self._open[-1][0])
        if len(self._open) >= _MAX_DEPTH:
            return rest.end()
        attributes = rest[1] if rest[1] is not None else rest[2]
        is_empty = attributes.endswith("/")
        if not is_empty:
            self._open.append((name, written, len(self._out)))
            self._names_open[name] += 1
        self._out.append(f"<{written}{self._attributes(attributes[:_MAX_ATTRIBUTES_CHARS])}{'/' if is_empty else ''}>")
        self._prefixes.add(written.partition(":")[0] if ":" in written else "xml")  # "xml" is declared anyway
        return rest.end()

    def _attributes(self, text: str) -> str:
        attributes: dict[str, str] = {}
        for name, double, single, bare in _ATTRIBUTE.findall(text):
            prefix, colon, local = name.partition(":")
            if prefix == "xmlns" and colon:
                self._declared.add(local)
            elif colon:
                self._prefixes.add(prefix)
            attributes.setdefault(name, (double or single or bare.rstrip("/") or name)[:_MAX_TEXT_CHARS])
        return "".join(f" {name}={quoteattr(_resolve(value))}" for name, value in attributes.items())

    def _end_tag(self, token: re.Match[str]) -> int:
        end = _REST_OF_TAG.match(self._markup, token.end())
        if end is None:
            return -1 if self._is_last(token.end()) else self._text("<", token.start() + 1)
        if self._names_open[token[0][2:].lower()]:
            self._close(token[0][2:].lower())
        return end.end()

    def _is_last(self, start: int) -> bool:
        """Whether the document ends within the tag, because no "<" or ">" follows from `start` on."""
        return self._find("<", start) < 0 and self._find(">", start) < 0

    def _close(self, name: str) -> None:
        """Close the innermost `name` and everything in it."""
        while True:
            closed, written, _ = self._open.pop()
            self._names_open[closed] -= 1
            self._out.append(f"</{written}>")
            if closed == name:
                return

    def _close_all(self) -> None:
        """Finish the document: close what is still open, and declare the undeclared prefixes at the root.

        If the document ends within a field of an entry, remove the field first.
        """
        for no, (name, _, _) in reversed(list(enumerate(self._open[:-1], start=1))):
            if name in self._entry_names:
                del self._out[self._open[no][2] :]
                del self._open[no:]
                break
        self._out.extend(f"</{written}>" for _, written, _ in reversed(self._open))
        undeclared = sorted(self._prefixes - self._declared)[:_MAX_PREFIXES]
        if undeclared and self._out:
            names = "".join(f' xmlns:{prefix}="urn:undeclared:{prefix}"' for prefix in undeclared)
            root = re.match(r"<[^\s/>]+", self._out[0])
            assert root, "what is written first is the root's start tag"
            self._out[0] = root[0] + names + self._out[0][root.end() :]


def _mend_text(text: str) -> str:
    return _REFERENCE.sub(_mend_reference, text[:_MAX_TEXT_CHARS]).replace("<", "&lt;").replace("]]>", "]]&gt;")


def _mend_reference(match: re.Match[str]) -> str:
    if match["name"] in _MARKUP_NAMES:
        return match[0]
    if match["number"] or match["name"]:
        return escape(_character(match))
    return "&amp;"


def _resolve(value: str) -> str:
    """The value of an attribute with its references replaced by characters."""
    return _REFERENCE.sub(_character, value)


def _character(match: re.Match[str]) -> str:
    """The character of a reference; empty if XML forbids it, the reference itself if its name is unknown."""
    if match["number"] is None:
        return html.unescape(match[0])
    digits = match["number"][1:]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    is_xml = code in {0x9, 0xA, 0xD} or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF
    return chr(code) if is_xml else ""
