"""Find an article's text in the data that a page's scripts hold, for pages that show it only by script.

Frameworks put the state of a page into it: Next.js as `__NEXT_DATA__` or as a stream of `__next_f.push` calls, Nuxt and
others as an assignment. All of it is JSON, or strings of JSON, somewhere in a script. The article is the longest run of
prose in it: one long string, often HTML, or a list whose items hold one paragraph each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import chain

from lxml.html import HtmlElement

from pipeline.extract.page.text import plain

_JSON = json.JSONDecoder(strict=False)
MIN_ARTICLE_CHARS = 300
"""Less prose than this in a script is a teaser or a label."""
_MIN_SCRIPT_CHARS = 400
_MAX_SCRIPT_CHARS = 4_000_000
_MIN_PROSE_CHARS = 60
"""A shorter JSON string is not prose. A longer one is split into paragraphs, which may be shorter than this."""
_MAX_DEPTH = 40
_MAX_VALUES = 60
"""Number of places in a script at which a JSON value is looked for."""
_PUSH = re.compile(r"__next_f\.push\(\[\s*1\s*,\s*(\"(?:[^\"\\]|\\.)*\")\s*\]\)")
"""A piece of Next.js's stream, as a string literal."""
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPES_OF_JSON = '"\\/bfnrtu'
_ROW = re.compile(rb"[0-9a-f]+:(?:T([0-9a-f]+),|[A-Z]*)")
"""The head of a row in the stream: its id, and the number of bytes of a bare text. Another row ends with its line."""
_VALUE = re.compile(r"(?:=|\(|^)\s*(?=[{\[\"])")
"""What stands before a JSON value: an assignment, a call, or the start of the script."""
_SENTENCE = re.compile(r"[^\W\d_]{2,} [^\W\d_]{2,}.*[.!?…][\"'”“»«’)\]]*(?:\s|$|<)", re.DOTALL)
_SKIPPED_KEY = re.compile(r"comment|related|recommend|teaser|footer|cookie|consent|legal|terms|caption", re.IGNORECASE)
"""Keys of JSON objects whose values are not searched."""
_BREAKS = re.compile(r"</?(?:p|div|h[1-6]|li|ul|ol|blockquote|br|section)\b[^>]*>|\n+", re.IGNORECASE)


def embedded_article(scripts: Sequence[HtmlElement]) -> list[str]:
    """The paragraphs of the longest article-like text in the scripts; empty if none has enough prose."""
    texts = [text for script in scripts if len(text := script.text or "") <= _MAX_SCRIPT_CHARS]
    stream = [text for text in texts if "__next_f" in text]
    others = [text for text in texts if len(text) >= _MIN_SCRIPT_CHARS and text not in stream]
    values = chain(_stream_values(stream), *map(_values, others))
    best = max((_longest(value, 0) for value in values), key=_chars, default=[])
    return best if _chars(best) >= MIN_ARTICLE_CHARS else []


def _chars(paragraphs: Sequence[str]) -> int:
    return sum(map(len, paragraphs))


def _values(script: str) -> Iterator[object]:
    """The JSON values in the script: the script itself, and what is assigned or passed."""
    at = 0
    for _ in range(_MAX_VALUES):
        found = _VALUE.search(script, at)
        if found is None:
            return
        try:
            value, at = _JSON.raw_decode(script, found.end())
        except (ValueError, RecursionError):
            at = found.end() + 1
            continue
        yield value


def _stream_values(scripts: Sequence[str]) -> Iterator[object]:
    """The rows of Next.js's stream. The pieces that all scripts push are joined first, because a row may continue in
    the next piece. A row is `5:{…}`, an id in hexadecimal and a JSON value, or `6:T4d2,` and 1,234 bytes of text."""
    pieces = [piece for script in scripts for piece in _PUSH.findall(script)]
    stream = "".join(map(_unquoted, pieces)).encode(errors="replace")
    at = 0
    while at < len(stream):
        head = _ROW.match(stream, at)
        start = head.end() if head else at
        if head and head[1]:
            end = at = start + int(head[1], 16)
        else:
            end = stream.find(b"\n", start)
            end = len(stream) if end < 0 else end
            at = end + 1
        row = stream[start:end].decode(errors="replace")
        yield _decoded(row) if row[:1] in '{["' else row


def _unquoted(literal: str) -> str:
    """The string that a literal of JavaScript stands for; empty if it is not a literal."""
    text = _decoded(_ESCAPE.sub(_escape_of_json, literal))
    return text if isinstance(text, str) else ""


def _escape_of_json(found: re.Match[str]) -> str:
    """The same for an escape that only JavaScript has, such as `\\x22` or `\\'`."""
    if found[1]:
        return f"\\u00{found[1]}"
    return found[0] if found[2] in _ESCAPES_OF_JSON else found[2]


def _decoded(text: str) -> object:
    """The JSON value, or None."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _longest(value: object, depth: int) -> list[str]:
    """The paragraphs of the longest text within a JSON value, or within the JSON that a string holds."""
    if depth > _MAX_DEPTH:
        return []
    if isinstance(value, str):
        if value[:1] in "{[" and len(value) >= _MIN_SCRIPT_CHARS:
            return _longest(_decoded(value), depth + 1)
        return _paragraphs(value)
    if isinstance(value, dict):
        found = [_longest(item, depth + 1) for key, item in value.items() if not _SKIPPED_KEY.search(str(key))]
        return max(found, key=_chars, default=[])
    if isinstance(value, list):
        found = [_longest(item, depth + 1) for item in value]
        together = [paragraph for one in found if len(one) == 1 for paragraph in one]  # items of one paragraph each
        return max([*found, together], key=_chars, default=[])
    return []


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a string that reads like prose; empty for any other string."""
    if len(text) < _MIN_PROSE_CHARS or not _SENTENCE.search(text):
        return []
    return [line for line in map(plain, _BREAKS.split(text)) if any(map(str.isalnum, line))]
