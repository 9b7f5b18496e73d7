"""The sentences of a page, and if they tell something: a page that is shown instead of news speaks of its reader.

Pure: a tree in, sentences out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec
from lxml.etree import iterwalk
from lxml.html import HtmlElement

MAX_CHARS = 20_000
"""Only this much of what a reader sees is read."""
_UNSEEN = frozenset({"script", "style", "template", "svg"})
_INLINE_TAGS = "a abbr b big bdi bdo cite code em font i ins kbd mark q s small span strong sub sup time u"
_INLINE = frozenset(_INLINE_TAGS.split())
_HEADING = frozenset({"title", *(f"h{level}" for level in range(1, 7))})
_PRESSED = frozenset({"a", "button", "label", "option"})
_QUOTED = re.compile('[“”„«»‹›][^“”„«»‹›]{0,200}[“”„«»‹›]|"[^"]{0,200}"')
_SENTENCE_END = re.compile(r"(?<=[.!?…:;])[\"”“»)]*\s+")
_WORDS_OF_SENTENCE = 5
"""What has fewer words is a label or a call, also outside of links."""
_WORDS_PER_MARK = 12
"""With fewer words for the reader or the service than one in so many, a sentence is about something else."""


class TextBlock(msgspec.Struct, frozen=True):
    """A paragraph, or any other text that stands on lines of its own."""

    text: str
    is_prose: bool
    """False for headings, and for what consists of links and buttons."""

    @property
    def sentences(self) -> list[str]:
        """Without what is quoted: somebody else says it."""
        return [part for part in _SENTENCE_END.split(_QUOTED.sub(" ", self.text)) if part]


def blocks(root: HtmlElement) -> Iterator[TextBlock]:
    """The texts that a reader without scripts sees, at most MAX_CHARS."""
    texts: list[str] = []
    pressed_chars = chars = depth = 0
    is_heading = False
    walk = iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if tag not in _INLINE and tag not in _UNSEEN:
            if text := " ".join("".join(texts).split())[:MAX_CHARS]:
                yield TextBlock(text, is_prose=not is_heading and 2 * pressed_chars <= len(text))
                chars += len(text)
            texts, pressed_chars, is_heading = [], 0, event == "start" and tag in _HEADING
        if chars >= MAX_CHARS:
            return
        depth += (1 if event == "start" else -1) * (tag in _PRESSED)
        if event == "start" and tag in _UNSEEN:
            walk.skip_subtree()
            continue
        added = (element.text if event == "start" else element.tail) or ""
        texts.append(added[:MAX_CHARS])
        pressed_chars += len(added) if depth else 0


def words_told(page: Iterable[TextBlock], reader: re.Pattern[str], service: re.Pattern[str]) -> tuple[int, int]:
    """The numbers of words in sentences that tell something, and in those with a word for the reader or the outlet.

    Sentences about the service of the outlet, such as its subscriptions, count for neither. A long sentence with a
    single such word tells something, and so does a quotation.
    """
    told = asked = 0
    for block in page:
        if not block.is_prose:
            continue
        quotations = [len(quoted.split()) for quoted in _QUOTED.findall(block.text)]
        told += sum(words for words in quotations if words >= _WORDS_OF_SENTENCE)
        for sentence in block.sentences:
            words, addressed = len(sentence.split()), len(reader.findall(sentence))
            marks = addressed + len(service.findall(sentence))
            if words >= _WORDS_OF_SENTENCE and marks * _WORDS_PER_MARK < words:
                told += words
            elif addressed:
                asked += words
    return told, asked
