"""Text that is added at the end of an article changes no mention before it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.annotate import MentionKind, annotate_text
from tests.annotate.samples import FOLDER, read_named_samples, read_samples

NAMESAKES = """Ministerin Karin Holm (SPD) öffnete den Kai. Holm sprach lange.
Frankreichs Präsidentin Claire Dumont war krank. Dumont schrieb Holm einen Brief.
Am Abend kam der Lotse Piet Holm. Die Reise nach Frankreich fiel aus.
Holm schwieg. Später sagte Claire Dumont, sie komme im Mai."""


def paragraphs_of_samples() -> Iterator[tuple[str, str, int]]:
    """Each sample text with its language, and where each of its paragraphs ends."""
    named = (("english", "en"), ("german_articles", "de"), ("german", "de"))
    samples = [(sample.text, language) for name, language in named for sample in read_samples(name)]
    for name in ("named", "reports", "later_reports"):
        samples += [(sample.text, sample.language) for sample in read_named_samples(name)]
    for text, language in [*samples, (NAMESAKES, "de"), ((FOLDER / "summit.txt").read_text("utf-8"), "de")]:
        for end in (at for at, char in enumerate(text) if char == "\n"):
            yield text, language, end


def test_text_that_is_added_changes_no_mention_before_it() -> None:
    compared = 0
    for text, language, end in paragraphs_of_samples():
        whole = {mention for mention in annotate_text(text, language=language).mentions if mention.end <= end}
        before = set(annotate_text(text[:end], language=language).mentions)
        assert before <= whole
        compared += len(before)
    assert compared > 200


def test_namesakes_count_from_where_the_text_introduces_them() -> None:
    found = annotate_text(NAMESAKES, language="de").mentions
    names = [mention.name for mention in found if mention.kind is MentionKind.PERSON]
    assert names[:5] == ["Karin Holm", "Karin Holm", "Claire Dumont", "Claire Dumont", "Karin Holm"]
    assert names[5:] == ["Piet Holm", "Claire Dumont"]


LATER_EVIDENCE = [
    # A surname that follows later is another person's than the given name before it.
    (
        "Dar Yasin, 41, took the pictures. Dar said they were late.\nMohammed Yousuf Dar, a neighbour, saw them.",
        "Dar Yasin",
    ),
    # What follows a place is no office of a person with that name.
    (
        "The group met in Bordley Green, near the river.\nFrom Bordley Green, reporter Becky Dunn said it rained.",
        None,
    ),
]


@pytest.mark.parametrize(("text", "person"), LATER_EVIDENCE)
def test_later_names_do_not_replace_those_before(text: str, person: str | None) -> None:
    first = text.index("\n")
    found = [each for each in annotate_text(text, language="en").mentions if each.end <= first]
    assert {each.name for each in found if each.kind is MentionKind.PERSON} == ({person} if person else set())


def test_what_a_later_sentence_is_about_is_no_person_before() -> None:
    text = (
        "Ann Marsh runs launch startup Phantom Space, which builds engines.\n"
        "Simon Harth leads Fine Gate, and Foreign Minister Rosa Dunn leads its rival.\n"
        "“Space is hard,” said Marsh. There was weakness in Northtel’s forecast. Northtel rose."
    )
    found = {(each.kind, each.name) for each in annotate_text(text, language="en").mentions}
    assert found == {(MentionKind.PERSON, name) for name in ("Ann Marsh", "Simon Harth", "Rosa Dunn")}
