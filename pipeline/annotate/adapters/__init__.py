"""Models as annotators: spaCy pipelines and GLiNER models. Their packages are imported when a model is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.annotate.annotations import Mention


def without_overlap(mentions: Iterable[Mention]) -> Iterator[Mention]:
    """The mentions without overlap, in the text's order. The surer one is kept, then the longer one."""
    taken: list[Mention] = []
    for mention in sorted(mentions, key=lambda item: (-item.confidence, item.start - item.end, item.start)):
        if all(mention.end <= other.start or mention.start >= other.end for other in taken):
            taken.append(mention)
    yield from sorted(taken, key=lambda item: item.start)
