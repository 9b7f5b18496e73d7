"""GLiNER models as annotators: entities by label, in any language. Extra `[gliner]`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import PurePath
from typing import Protocol, TypedDict

from pipeline.annotate.adapters import without_overlap
from pipeline.annotate.annotations import Annotations, Mention
from pipeline.annotate.language import text_language
from pipeline.errors import AnnotatorError
from pipeline.events import MentionKind

LABELS = {"person": MentionKind.PERSON, "organization": MentionKind.ORGANISATION, "location": MentionKind.PLACE}
THRESHOLD = 0.5
"""Entities below this confidence (0 to 1) are left out. It is GLiNER's own default."""
CHUNK_CHARS = 1_200
"""Characters that a model reads at once. The models cut off what comes after about 300 words."""
REVISION = 1
"""The version of this adapter; GLiNER's models have none. Increase it with any change of the output."""


class FoundEntity(TypedDict):
    start: int
    end: int
    text: str
    label: str
    score: float


class Model(Protocol):
    """A loaded `gliner.GLiNER`."""

    def predict_entities(self, text: str, labels: list[str], *, threshold: float) -> Sequence[FoundEntity]: ...


class GlinerAnnotator:
    """One GLiNER model as an annotator."""

    finds_quotes = False
    finds_mentions = True

    def __init__(self, model: Model, *, producer: str) -> None:
        self._model = model
        self._producer = producer

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
    ) -> Annotations:
        """The entities as mentions, in any language."""
        mentions = (mention for start, end in chunks(text) for mention in self._mentions(text, start, end))
        told, confidence = text_language(text, language)
        return Annotations(language=told, language_confidence=confidence, mentions=tuple(without_overlap(mentions)))

    def _mentions(self, text: str, start: int, end: int) -> Iterator[Mention]:
        for found in self._model.predict_entities(text[start:end], list(LABELS), threshold=THRESHOLD):
            if found["start"] < found["end"]:
                first, last = start + found["start"], start + found["end"]
                yield Mention(
                    kind=LABELS[found["label"]],
                    surface=text[first:last],
                    name=text[first:last],
                    start=first,
                    end=last,
                    rule=f"label {found['label']}",
                    confidence=round(found["score"], 4),
                )


def chunks(text: str) -> Iterator[tuple[int, int]]:
    """Character ranges of at most `CHUNK_CHARS`, cut at a line end or, without one, at a space."""
    start = 0
    while start < len(text):
        end = min(len(text), start + CHUNK_CHARS)
        if end < len(text):
            cuts = (text.rfind(mark, start + 1, end) for mark in "\n ")
            end = next((cut + 1 for cut in cuts if cut > 0), end)
        yield start, end
        start = end


def load(model: str | None) -> GlinerAnnotator:
    """The model in that folder; nothing is downloaded. Raises `AnnotatorError`."""
    if model is None:
        raise AnnotatorError("GLiNER needs a model's folder: gliner:/models/gliner_small")
    try:
        gliner = import_module("gliner")
    except ImportError as exc:
        raise AnnotatorError("GLiNER is not installed: pip install 'newsledger[gliner]'") from exc
    try:
        loaded = gliner.GLiNER.from_pretrained(model, local_files_only=True)
    except (OSError, ValueError) as exc:
        raise AnnotatorError(f"GLiNER has no model {model!r}: {exc}") from exc
    return GlinerAnnotator(loaded, producer=f"gliner-{PurePath(model).name}@{REVISION}")
