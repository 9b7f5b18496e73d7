"""Models as annotators. Their packages are imported when one is loaded, never before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.annotate.annotations import Mention


def without_overlap(mentions: Iterable[Mention]) -> Iterator[Mention]:
    """The surest mentions, in the text's order; the longer one where two are as sure."""
    taken: list[Mention] = []
    for mention in sorted(mentions, key=lambda item: (-item.confidence, item.start - item.end, item.start)):
        if all(mention.end <= other.start or mention.start >= other.end for other in taken):
            taken.append(mention)
    yield from sorted(taken, key=lambda item: item.start)
