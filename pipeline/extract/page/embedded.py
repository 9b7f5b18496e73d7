"""Find an article's text in the data that a page's scripts hold, for pages that show it only by script.

Frameworks put the state of a page into it: Next.js as `__NEXT_DATA__` or as a stream of `__next_f.push` calls, Nuxt and
others as an assignment. All of it is JSON, or strings of JSON, somewhere in a script. The article is the longest run of
prose in it: one long string, often HTML, or a list whose items hold one paragraph each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement

from pipeline.extract.page.text import plain

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
_VALUE = re.compile(r"(?:=|\(|^|\n[0-9a-f]+:[A-Z]{0,2})\s*(?=[{\[\"])")
"""What stands before a JSON value: an assignment, a call, the start of the script, or the id of a row in the stream."""
_SENTENCE = re.compile(r"[^\W\d_]{2,} [^\W\d_]{2,}.*[.!?…][\"'”“»«’)\]]*(?:\s|$|<)", re.DOTALL)
_SKIPPED_KEY = re.compile(r"comment|related|recommend|teaser|footer|cookie|consent|legal|terms|caption", re.IGNORECASE)
"""Keys of JSON objects whose values are not searched."""
_BREAKS = re.compile(r"</?(?:p|div|h[1-6]|li|ul|ol|blockquote|br|section)\b[^>]*>|\n+", re.IGNORECASE)


def embedded_article(scripts: Sequence[HtmlElement]) -> list[str]:
    """The paragraphs of the longest article-like text in the scripts; empty if none has enough prose."""
    best: list[str] = []
    for script in scripts:
        text = script.text or ""
        if not _MIN_SCRIPT_CHARS <= len(text) <= _MAX_SCRIPT_CHARS:
            continue
        for value in _values(text):
            best = max(best, _longest(value, 0), key=_chars)
    return best if _chars(best) >= MIN_ARTICLE_CHARS else []


def _chars(paragraphs: Sequence[str]) -> int:
    return sum(map(len, paragraphs))


def _values(script: str) -> Iterator[object]:
    """The JSON values in the script: the script itself, what is assigned or passed, or the rows of Next.js's stream.

    The pieces that this script pushes are joined first, because a row may continue in the next piece. A row is `5:{…}`:
    an id in hexadecimal, and a JSON value or bare text.
    """
    pieces = [json.loads(piece) for piece in _PUSH.findall(script)] if "__next_f" in script else []
    if pieces:
        script = "\n" + "".join(pieces)
        yield from re.split(r"\n[0-9a-f]+:", script)  # as strings, for the rows that are bare text
    decoder = json.JSONDecoder(strict=False)
    at = 0
    for _ in range(_MAX_VALUES):
        found = _VALUE.search(script, at)
        if found is None:
            return
        try:
            value, at = decoder.raw_decode(script, found.end())
        except (ValueError, RecursionError):
            at = found.end() + 1
            continue
        yield value


def _longest(value: object, depth: int) -> list[str]:
    """The paragraphs of the longest text within a JSON value, or within the JSON that a string holds."""
    if depth > _MAX_DEPTH:
        return []
    if isinstance(value, str):
        if value[:1] in "{[" and len(value) >= _MIN_SCRIPT_CHARS:
            try:
                return _longest(json.loads(value, strict=False), depth + 1)
            except (ValueError, RecursionError):
                return []
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
