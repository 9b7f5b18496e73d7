"""Other annotators: they register by entry point, have their own producer, and are loaded when they are used."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.annotate import PRODUCER, Annotations, MentionKind
from pipeline.annotate.adapters import gliner, spacy
from pipeline.annotate.annotators import GROUP, Annotator, annotator_names, load_annotator, make_annotator
from pipeline.errors import AnnotatorError
from pipeline.settings import load_settings
from pipeline.steps.annotate import annotate
from pipeline.steps.extract import extract
from pipeline.steps.run.run_interval import lookback
from pipeline.steps.run.stores import StepResult
from tests.annotate.samples.models import train_gliner, train_spacy
from tests.worlds.running import newsledger
from tests.worlds.world import World

TEXT = "Karin Holm reist nach Port Ellery.\nDort trifft sie Vertreter der Nordkabel GmbH in der Stadt am Fluss."


class Echo:
    """An annotator of another package."""

    producer = "echo@1"
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
        return Annotations(language=language)


class Misnamed(Echo):
    producer = "somebody_else@1"


def make_echo(model: str | None) -> Annotator:
    return Echo()


def make_misnamed(model: str | None) -> Annotator:
    return Misnamed()


def entry(value: str) -> EntryPoint:
    return EntryPoint(name="echo", value=value, group=GROUP)


def test_an_entry_point_makes_an_annotator() -> None:
    annotator = make_annotator(entry(f"{__name__}:make_echo"), None)
    assert annotator.annotate(TEXT, language="de", title=None, lead=None, blocks=()) == Annotations(language="de")


@pytest.mark.parametrize("value", ["no_such_package:load", f"{__name__}:no_such_name", f"{__name__}:make_misnamed"])
def test_the_error_names_an_annotator_that_cannot_be_used(value: str) -> None:
    with pytest.raises(AnnotatorError, match="echo"):
        make_annotator(entry(value), None)


def test_the_error_names_an_unknown_annotator() -> None:
    with pytest.raises(AnnotatorError, match="'nobody'"):
        load_annotator("nobody:any")


def test_the_rules_are_an_annotator() -> None:
    assert annotator_names()[0] == "rules"
    assert load_annotator("rules").producer == PRODUCER


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
    found = annotator.annotate(TEXT, language="de", title=None, lead=None, blocks=())
    assert found is not None
    assert [(mention.kind, mention.name) for mention in found.mentions] == [
        (MentionKind.PERSON, "Karin Holm"),
        (MentionKind.PLACE, "Port Ellery"),
        (MentionKind.ORGANISATION, "Nordkabel GmbH"),
    ]
    assert all(TEXT[mention.start : mention.end] == mention.surface for mention in found.mentions)


def test_a_pipeline_does_not_read_other_languages() -> None:
    english = "The dam held for a second night, and by the morning the water had fallen by four inches."
    annotator = spacy.SpacyAnnotator(lambda _: SimpleNamespace(ents=[]), producer="spacy-de_made@1", language="de")
    assert annotator.annotate(english, language="de", title=None, lead=None, blocks=()) is None
    anything = spacy.SpacyAnnotator(lambda _: SimpleNamespace(ents=[]), producer="spacy-xx_made@1", language="xx")
    assert anything.annotate(english, language="de", title=None, lead=None, blocks=()) is not None


class Words:
    """Finds capitalised words of a chunk the way GLiNER answers."""

    def predict_entities(self, text: str, labels: list[str], *, threshold: float) -> list[gliner.FoundEntity]:
        found = []
        for word in ("Holm", "Ellery", "Port Ellery"):
            at = text.find(word)
            if at >= 0:
                label, score = ("person", 0.9) if word == "Holm" else ("location", len(word) / 20)
                found.append(gliner.FoundEntity(start=at, end=at + len(word), text=word, label=label, score=score))
        return found


def test_gliner_entities_become_mentions_of_the_whole_text() -> None:
    text = "Wort " * 400 + TEXT
    annotator = gliner.GlinerAnnotator(Words(), producer="gliner-made@1")
    mentions = annotator.annotate(text, language=None, title=None, lead=None, blocks=()).mentions
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


UNSEEN = "Ruth Adler reist nach Wiekstadt . In Lindenau regnete es , sagte Emil Voss am Abend ."


LONG = "Das Wasser steigt . " * (gliner.CHUNK_CHARS // 20 - 1) + "\n" + UNSEEN
"""Longer than what a GLiNER model reads at a time."""


def mentions_of(annotator: Annotator) -> list[tuple[MentionKind, str]]:
    """The mentions that it finds, after a check of their offsets."""
    found = annotator.annotate(LONG, language="de", title=None, lead=None, blocks=())
    assert found is not None
    assert all(LONG[mention.start : mention.end] == mention.surface == mention.name for mention in found.mentions)
    ends = [0, *(mention.end for mention in found.mentions)]
    assert all(end <= mention.start for end, mention in zip(ends, found.mentions, strict=False))
    assert all(0.5 <= mention.confidence <= 1 for mention in found.mentions)
    return [(mention.kind, mention.surface) for mention in found.mentions]


def test_a_spacy_pipeline_trained_here(tmp_path: Path) -> None:
    annotator = spacy.load(str(train_spacy(tmp_path / "made")))
    assert annotator.producer == "spacy-de_made@1.2.0.1"
    assert set(mentions_of(annotator)) >= {(MentionKind.PERSON, "Ruth Adler"), (MentionKind.PERSON, "Emil Voss")}


def test_a_gliner_model_trained_here(tmp_path: Path) -> None:
    annotator = gliner.load(str(train_gliner(tmp_path)))
    assert annotator.producer == "gliner-made@1"
    assert mentions_of(annotator), "names far into the text; which kind they are takes more than it has learned"


@pytest.mark.parametrize(("adapter", "package"), [(spacy.load, "spacy"), (gliner.load, "gliner")])
@pytest.mark.parametrize("model", ["nothing", None])
def test_the_error_names_a_missing_model(
    adapter: Callable[[str | None], object], package: str, model: str | None, tmp_path: Path
) -> None:
    with pytest.raises(AnnotatorError, match=r"(?i)" + package):
        adapter(str(tmp_path / model) if model else None)


# the step and the command


PACKAGE = """
from pipeline.annotate import Annotations, Mention, MentionKind


class Towns:
    producer = "towns@2"
    finds_quotes = False
    finds_mentions = True

    def __init__(self, town):
        self.town = town

    def annotate(self, text, *, language, title, lead, blocks):
        at = text.find(self.town)
        if at < 0:
            return None
        mention = Mention(
            kind=MentionKind.PLACE, surface=self.town, name=self.town, start=at, end=at + len(self.town),
            rule="town", confidence=1.0,
        )
        return Annotations(language=language, mentions=(mention,))


def load(model):
    return Towns(model or "port")
"""


@pytest.fixture
def towns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package on the path that registers an annotator."""
    site = tmp_path / "site"
    (site / "towns-1.dist-info").mkdir(parents=True)
    (site / "towns-1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: towns\nVersion: 1\n")
    (site / "towns-1.dist-info/entry_points.txt").write_text(f"[{GROUP}]\ntowns = towns_annotator:load\n")
    (site / "towns_annotator.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(site)
    return site


def annotate_with(world: World, *specs: str) -> StepResult:
    world.settings = world.settings.model_copy(update={"annotators": specs})
    world.collect()
    with world.stores() as stores:
        interval = lookback(world.settings, stores.now())
        extract(stores, interval)
        return annotate(stores, interval)


@pytest.mark.slow
def test_each_annotator_has_its_own_pending_texts_and_producer(world: World, towns: Path) -> None:
    assert annotate_with(world, "rules").counts["article_annotated"] == 2
    second = annotate_with(world, "rules", "towns:mole")
    assert (second.problems, second.counts) == ((), {"article_annotated": 2, "entity_mentioned": 2})
    assert annotate_with(world, "towns:mole", "rules").counts == {}
    told = world.rows("select producer, quotes is null as q, mentions from ledger.article_annotated order by all")
    assert [(row["producer"], row["q"]) for row in told] == [(PRODUCER, False)] * 2 + [("towns@2", True)] * 2
    names = world.rows("select distinct name from ledger.entity_mentioned where producer = 'towns@2'")
    assert names == [{"name": "mole"}]


def test_a_text_that_an_annotator_does_not_read_is_not_pending(world: World, towns: Path) -> None:
    assert annotate_with(world, "towns:Atlantis").counts == {"article_annotated": 2}
    assert annotate_with(world, "towns:Atlantis").counts == {}
    told = world.rows("select distinct failure, quotes, mentions from ledger.article_annotated")
    assert told == [{"failure": "language", "quotes": None, "mentions": None}]


def test_a_missing_annotator_is_a_problem_and_the_others_run(world: World) -> None:
    result = annotate_with(world, "nobody:any", "rules")
    assert result.counts["article_annotated"] == 2
    (problem,) = result.problems
    assert "'nobody'" in problem


def test_a_step_with_a_trained_pipeline(world: World, tmp_path: Path) -> None:
    folder = train_spacy(tmp_path / "made")
    result = annotate_with(world, f"spacy:{folder}")
    assert (result.problems, result.counts) == ((), {"article_annotated": 2})
    (told,) = world.rows("select distinct producer, failure from ledger.article_annotated")
    assert told == {"producer": "spacy-de_made@1.2.0.1", "failure": "language"}, "the pages are in English"


def test_annotators_are_set_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().annotators == ("rules",)
    monkeypatch.setenv("NEWSLEDGER_ANNOTATORS", "spacy:/models/De, rules")
    assert load_settings().annotators == ("spacy:/models/De", "rules")


def test_the_command_runs_an_annotator(towns: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The ferry left the port at noon.")
    (tmp_path / "b.txt").write_text("The ferry is late.")
    env = {"PYTHONPATH": str(towns)}
    done = newsledger("annotate", "--annotator", "towns", tmp_path / "a.txt", tmp_path / "b.txt", env=env)
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert [mention["surface"] for mention in first["mentions"]] == ["port"]
    assert second["error"]["reason"] == "language"
    assert done.returncode == 1 and "1 of 2 gave no annotations" in done.stderr
    missing = newsledger("annotate", "--annotator", "nobody", tmp_path / "a.txt", env=env)
    assert missing.returncode == 1 and "nobody" in missing.stderr and len(missing.stderr.splitlines()) == 1


@pytest.mark.slow
def test_the_rules_are_the_commands_default(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    by_default = newsledger("annotate", tmp_path / "a.txt").stdout
    assert by_default == newsledger("annotate", "--annotator", "rules", tmp_path / "a.txt").stdout
    assert [mention["surface"] for mention in json.loads(by_default)["mentions"]][:2] == ["Karin Holm", "Port Ellery"]
