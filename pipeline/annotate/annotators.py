"""Annotators that join by entry point: the group `newsledger.annotators` names what makes one from a model's name.

    [project.entry-points."newsledger.annotators"]
    spacy = "pipeline.annotate.adapters.spacy:load"

An annotator's events are appended under its own producer, beside those of the rules; the marts choose among producers.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from pipeline.annotate.annotations import Annotations
from pipeline.errors import AnnotatorError

GROUP = "newsledger.annotators"


class Annotator(Protocol):
    """Reads texts. Offsets are characters in the text it was given; what it cannot say stays None or empty."""

    @property
    def producer(self) -> str:
        """`spacy-de_core_news_sm@3.8.0`: which model in which version asserts it."""
        ...

    def annotate(self, text: str, *, language: str | None, title: str | None) -> Annotations:
        """What it finds in the text. `language` is ISO 639-1, None if unknown."""
        ...


class MakeAnnotator(Protocol):
    """What an entry point of the group loads."""

    def __call__(self, model: str) -> Annotator:
        """The annotator with that model: a package's name or a folder. Raises `AnnotatorError` if it is not there."""
        ...


def annotator_names() -> tuple[str, ...]:
    """The annotators that installed packages register."""
    return tuple(sorted(entry_points(group=GROUP).names))


def load_annotator(name: str, model: str) -> Annotator:
    """The registered annotator of that name, with the model. Raises `AnnotatorError`."""
    found = entry_points(group=GROUP, name=name)
    if not found:
        known = ", ".join(annotator_names()) or "none"
        raise AnnotatorError(f"no annotator {name!r} is installed; there are: {known}")
    return make_annotator(next(iter(found)), model)


def make_annotator(entry: EntryPoint, model: str) -> Annotator:
    """The annotator that the entry point makes. Raises `AnnotatorError`."""
    try:
        make: MakeAnnotator = entry.load()
    except (ImportError, AttributeError) as exc:
        raise AnnotatorError(f"annotator {entry.name!r}: {entry.value} cannot be loaded: {exc}") from exc
    return make(model)
