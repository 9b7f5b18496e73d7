"""annotate promises that models can join: by entry point, under their own producer, loaded when asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.annotate import Annotations, MentionKind
from pipeline.annotate.adapters import gliner, spacy
from pipeline.annotate.annotators import GROUP, Annotator, load_annotator, make_annotator
from pipeline.errors import AnnotatorError

TEXT = "Karin Holm reist nach Port Ellery.\nDort trifft sie Vertreter der Nordkabel GmbH."


class Echo:
    """An annotator as another package may bring one."""

    producer = "echo@1"

    def annotate(self, text: str, *, language: str | None, title: str | None) -> Annotations:
        return Annotations(language=language)


def make_echo(model: str) -> Annotator:
    return Echo()


def entry(value: str) -> EntryPoint:
    return EntryPoint(name="echo", value=value, group=GROUP)


def test_an_entry_point_makes_an_annotator() -> None:
    annotator = make_annotator(entry(f"{__name__}:make_echo"), "any")
    assert annotator.annotate(TEXT, language="de", title=None) == Annotations(language="de")


@pytest.mark.parametrize("value", ["no_such_package:load", f"{__name__}:no_such_name"])
def test_one_that_cannot_be_loaded_is_named(value: str) -> None:
    with pytest.raises(AnnotatorError, match="echo"):
        make_annotator(entry(value), "any")


def test_an_unknown_one_is_named() -> None:
    with pytest.raises(AnnotatorError, match="'nobody'"):
        load_annotator("nobody", "any")


def entity(text: str, label: str) -> SimpleNamespace:
    start = TEXT.index(text)
    return SimpleNamespace(text=text, label_=label, start_char=start, end_char=start + len(text))


def test_spacy_entities_become_mentions() -> None:
    ents = [
        entity("Karin Holm", "PER"),
        entity("Port Ellery", "LOC"),
        entity("Nordkabel GmbH", "ORG"),
        entity("Dort", "MISC"),
    ]
    annotator = spacy.SpacyAnnotator(lambda _: SimpleNamespace(ents=ents), producer="spacy-de_made@1", language="de")
    mentions = annotator.annotate(TEXT, language="de", title=None).mentions
    assert [(mention.kind, mention.name) for mention in mentions] == [
        (MentionKind.PERSON, "Karin Holm"),
        (MentionKind.PLACE, "Port Ellery"),
        (MentionKind.ORGANISATION, "Nordkabel GmbH"),
    ]
    assert all(TEXT[mention.start : mention.end] == mention.surface for mention in mentions)
    assert annotator.annotate(TEXT, language="en", title=None).mentions == ()


class Words:
    """Finds capitalised words of a chunk the way GLiNER answers."""

    def predict_entities(self, text: str, labels: list[str], threshold: float) -> list[gliner.Found]:
        found = []
        for word in ("Holm", "Ellery", "Port Ellery"):
            at = text.find(word)
            if at >= 0:
                label, score = ("person", 0.9) if word == "Holm" else ("location", len(word) / 20)
                found.append(gliner.Found(start=at, end=at + len(word), text=word, label=label, score=score))
        return found


def test_gliner_entities_become_mentions_of_the_whole_text() -> None:
    text = "Wort " * 400 + TEXT
    annotator = gliner.GlinerAnnotator(Words(), producer="gliner-made@1")
    mentions = annotator.annotate(text, language=None, title=None).mentions
    assert [(mention.kind, mention.surface) for mention in mentions] == [
        (MentionKind.PERSON, "Holm"),
        (MentionKind.PLACE, "Port Ellery"),
    ]
    assert all(text[mention.start : mention.end] == mention.surface for mention in mentions)


@pytest.mark.parametrize("text", ["", "a", "a" * 5_000, "ab " * 2_000, "Zeile\n" * 1_000])
def test_chunks_are_the_text(text: str) -> None:
    ranges = list(gliner.chunks(text))
    assert "".join(text[start:end] for start, end in ranges) == text
    assert all(0 < end - start <= gliner.CHUNK_CHARS for start, end in ranges)


def test_a_spacy_pipeline_made_here(tmp_path: Path) -> None:
    package = pytest.importorskip("spacy")
    nlp = package.blank("de")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PER", "pattern": "Karin Holm"}, {"label": "LOC", "pattern": "Port Ellery"}])
    nlp.to_disk(tmp_path / "made")
    annotator = spacy.load(str(tmp_path / "made"))
    assert annotator.producer.startswith("spacy-de_")
    mentions = annotator.annotate(TEXT, language="de", title=None).mentions
    assert [mention.surface for mention in mentions] == ["Karin Holm", "Port Ellery"]


@pytest.mark.parametrize(("adapter", "package"), [(spacy.load, "spacy"), (gliner.load, "gliner")])
def test_a_model_that_is_not_there_is_named(adapter: Callable[[str], object], package: str, tmp_path: Path) -> None:
    with pytest.raises(AnnotatorError, match=r"(?i)" + package):
        adapter(str(tmp_path / "nothing"))
