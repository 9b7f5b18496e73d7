"""The parts of an article, read as one text: headline, lead and text, each a paragraph of its own or several."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pipeline.annotate.annotations import Annotations, Mention, Quote, Span
from pipeline.events import ArticlePart

FEWEST_WORDS = 4
TITLE_CASE = 0.7
"""A headline of `FEWEST_WORDS` and this share of capitalised words tells no names: "Mayor Opens New Bridge"."""


class ComposedArticle(msgspec.Struct, frozen=True):
    """One text made of an article's parts."""

    whole: str
    parts: tuple[tuple[int, ArticlePart], ...]
    """Where headline and lead begin in `whole`, in order."""
    start: int
    """Where the text begins in `whole`."""
    unread_title: str
    """The headline, if it is no part of `whole`; only full names of people are read from it."""

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """The character ranges of the parts in the whole."""
        begins = [begin for begin, _ in self.parts]
        ends = [*(begin - 1 for begin in [*begins[1:], self.start]), len(self.whole)] if begins else [len(self.whole)]
        return list(zip([*begins, self.start], ends, strict=True))

    def shifted(self, ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Character ranges of the text as ranges of the whole."""
        return [(first + self.start, end + self.start) for first, end in ranges]

    def split(self, found: Annotations) -> Annotations:
        """What was found in the whole, with offsets within the parts."""
        if not self.parts:
            return found
        return msgspec.structs.replace(
            found,
            quotes=tuple(self._quote(quote) for quote in found.quotes),
            mentions=tuple(self._mention(mention) for mention in found.mentions),
        )

    def _begin(self, at: int) -> tuple[int, ArticlePart | None]:
        """Where the part of the character begins, and which part it is."""
        if at >= self.start:
            return self.start, None
        return next((begin, part) for begin, part in reversed(self.parts) if begin <= at)

    def _quote(self, quote: Quote) -> Quote:
        begin, part = self._begin(quote.start)
        return msgspec.structs.replace(
            quote,
            start=quote.start - begin,
            end=quote.end - begin,
            part=part,
            speaker=self._span(quote.speaker),
            cue=self._span(quote.cue),
            frame=self._span(quote.frame, is_whole=False),
        )

    def _span(self, span: Span | None, *, is_whole: bool = True) -> Span | None:
        """The span within its part. None for a frame that reaches into another part."""
        if span is None:
            return None
        begin, part = self._begin(span.start)
        if not is_whole and self._begin(span.end - 1)[0] != begin:
            return None
        return Span(span.start - begin, span.end - begin, span.surface, part)

    def _mention(self, mention: Mention) -> Mention:
        begin, part = self._begin(mention.start)
        return msgspec.structs.replace(mention, start=mention.start - begin, end=mention.end - begin, part=part)


def compose(text: str, title: str | None, lead: str | None) -> ComposedArticle:
    """Put headline and lead before the text, unless the text repeats them."""
    parts: list[tuple[int, ArticlePart]] = []
    pieces: list[str] = []
    start = 0
    unread = ""
    for part, words in ((ArticlePart.HEADLINE, title), (ArticlePart.LEAD, lead)):
        if not words or words.isspace() or words.strip() in text or words in pieces:
            continue
        if part is ArticlePart.HEADLINE and _is_title_case(words):
            unread = words
            continue
        parts.append((start, part))
        pieces.append(words.replace("\n", " "))
        start += len(words) + 1
    return ComposedArticle("\n".join([*pieces, text]), tuple(parts), start, unread)


def _is_title_case(headline: str) -> bool:
    words = [word for word in headline.split() if word[0].isalpha()]
    return len(words) >= FEWEST_WORDS and sum(word[0].isupper() for word in words) >= TITLE_CASE * len(words)
