"""Annotators: the rules of this package, and those of other packages, which register by entry point.

An entry point of the group `newsledger.annotators` names a function that makes an annotator:

    [project.entry-points."newsledger.annotators"]
    spacy = "pipeline.annotate.adapters.spacy:load"

Each annotator's events are appended under its own producer. The marts choose among the annotators.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from pipeline.annotate import PRODUCER, annotate_text
from pipeline.annotate.annotations import Annotations
from pipeline.errors import AnnotatorError

GROUP = "newsledger.annotators"
RULES = "rules"
"""The name of the rules of this package, which are always installed."""


class Annotator(Protocol):
    """Annotates texts. Offsets are characters of the text that it was given; unknown values are None or empty."""

    @property
    def producer(self) -> str:
        """`spacy-de_core_news_sm@3.8.0.1`: the annotator's name, perhaps a hyphen and the model's name, and the
        version. A version is numbers with dots between them; the marts take the highest."""
        ...

    @property
    def finds_quotes(self) -> bool:
        """True if it looks for quotations. If not, those of other annotators count."""
        ...

    @property
    def finds_mentions(self) -> bool:
        """True if it looks for mentions. If not, those of other annotators count."""
        ...

    def annotate(
        self,
        text: str,
        *,
        language: str | None,
        title: str | None,
        lead: str | None,
        blocks: Sequence[tuple[int, int]],
    ) -> Annotations | None:
        """What it finds in the text, and perhaps in title and lead; None if it does not read that language.

        `language` (ISO 639-1) is what the page declares; `blocks` are the character ranges of the text that
        the page sets apart as quotations.
        """
        ...


class MakeAnnotator(Protocol):
    """The function that an entry point of the group names."""

    def __call__(self, model: str | None) -> Annotator:
        """The annotator with that model, a package's name or a folder. Raises `AnnotatorError` if it is missing."""
        ...


class RulesAnnotator:
    """The rules of this package. They read any language, and find more in German and English."""

    producer = PRODUCER
    finds_quotes = True
    finds_mentions = True

    def annotate(
        self,
        text: str,
        *,
        language: str | None,
        title: str | None,
        lead: str | None,
        blocks: Sequence[tuple[int, int]],
    ) -> Annotations:
        return annotate_text(text, language=language, title=title, lead=lead, blocks=blocks)


def annotator_names() -> tuple[str, ...]:
    """The names of the rules and of the annotators that installed packages register."""
    return RULES, *sorted(entry_points(group=GROUP).names)


@cache
def load_annotator(spec: str) -> Annotator:
    """The annotator `name` or `name:model`, loaded once per process. Raises `AnnotatorError`."""
    name, _, model = spec.partition(":")
    if name == RULES:
        return RulesAnnotator()
    found = entry_points(group=GROUP, name=name)
    if not found:
        raise AnnotatorError(f"no annotator {name!r} is installed; there are: {', '.join(annotator_names())}")
    return make_annotator(next(iter(found)), model or None)


def make_annotator(entry: EntryPoint, model: str | None) -> Annotator:
    """The annotator that the entry point makes. Raises `AnnotatorError`."""
    try:
        make: MakeAnnotator = entry.load()
    except (ImportError, AttributeError) as exc:
        raise AnnotatorError(f"annotator {entry.name!r}: {entry.value} cannot be loaded: {exc}") from exc
    annotator = make(model)
    if annotator.producer.partition("@")[0].partition("-")[0] != entry.name:
        raise AnnotatorError(f"annotator {entry.name!r}: its producer {annotator.producer!r} is not named after it")
    return annotator
