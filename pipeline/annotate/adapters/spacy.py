"""Any installed spaCy pipeline as an annotator: the people, organisations and places that it finds become mentions. It
finds no quotations. Needs the extra `newsledger[spacy]`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Protocol

from pipeline.annotate.adapters import without_overlap
from pipeline.annotate.annotations import Annotations, Mention
from pipeline.annotate.language import text_language
from pipeline.errors import AnnotatorError
from pipeline.events import MentionKind

KINDS = {
    "PER": MentionKind.PERSON,
    "PERSON": MentionKind.PERSON,
    "ORG": MentionKind.ORGANISATION,
    "LOC": MentionKind.PLACE,
    "GPE": MentionKind.PLACE,
}
"""The labels of spaCy's German (WikiNER) and English (OntoNotes) pipelines; other labels are ignored."""
CONFIDENCE = 0.7
"""The confidence of every mention, because spaCy gives none for single entities."""
ANY_LANGUAGE = "xx"
"""The language of spaCy's multilingual pipelines."""
REVISION = 1
"""The version of this adapter, the last number of its producers. Increase it with any change of the output."""


class Entity(Protocol):
    """A span of spaCy's `Doc.ents`."""

    @property
    def text(self) -> str: ...
    @property
    def label_(self) -> str: ...
    @property
    def start_char(self) -> int: ...
    @property
    def end_char(self) -> int: ...


class SpacyDoc(Protocol):
    @property
    def ents(self) -> Sequence[Entity]: ...


class SpacyAnnotator:
    """One pipeline. `read` is the loaded pipeline; `language` (ISO 639-1) is the one it was trained for."""

    finds_quotes = False
    finds_mentions = True

    def __init__(self, read: Callable[[str], SpacyDoc], *, producer: str, language: str) -> None:
        self._read = read
        self._producer = producer
        self._language = language

    @property
    def producer(self) -> str:
        return self._producer

    def annotate(
        self,
        text: str,
        *,
        language: str | None,
        title: str | None,
        lead: str | None,
        blocks: Sequence[tuple[int, int]],
    ) -> Annotations | None:
        """The entities as mentions; None for a text in another language."""
        told, confidence = text_language(text, language)
        if told not in {self._language, None} and self._language != ANY_LANGUAGE:
            return None
        mentions = (_mention(entity) for entity in self._read(text).ents if entity.label_ in KINDS)
        return Annotations(language=told, language_confidence=confidence, mentions=tuple(without_overlap(mentions)))


def load(model: str | None) -> SpacyAnnotator:
    """The installed pipeline of that name, or the one in that folder. Raises `AnnotatorError`."""
    if model is None:
        raise AnnotatorError("spaCy needs a pipeline's name or folder: spacy:de_core_news_sm")
    try:
        spacy = import_module("spacy")
    except ImportError as exc:
        raise AnnotatorError("spaCy is not installed: pip install 'newsledger[spacy]'") from exc
    try:
        nlp = spacy.load(model)
    except (OSError, ValueError) as exc:
        raise AnnotatorError(f"spaCy has no pipeline {model!r}: {exc}") from exc
    meta = nlp.meta
    producer = f"spacy-{meta['lang']}_{meta['name']}@{meta['version']}.{REVISION}"
    return SpacyAnnotator(nlp, producer=producer, language=meta["lang"])


def _mention(entity: Entity) -> Mention:
    return Mention(
        kind=KINDS[entity.label_],
        surface=entity.text,
        name=entity.text,
        start=entity.start_char,
        end=entity.end_char,
        rule=f"label {entity.label_}",
        confidence=CONFIDENCE,
    )
