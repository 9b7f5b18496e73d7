"""Indirect speech: which words are reported, by whom, and by which rule."""

from __future__ import annotations

import pytest

from pipeline.annotate import Quote, QuoteKind, annotate_text
from pipeline.annotate.grammar.tokens import read_tokens, view_all
from pipeline.annotate.grammar.verbs import is_subjunctive
from pipeline.annotate.indirect.continued_reports import reported_on
from pipeline.annotate.lexicon import load_lexicon
from tests.annotate.samples import Sample, read_samples, who

GERMAN = read_samples("german")


def indirect_quotes(text: str, language: str) -> list[Quote]:
    return [quote for quote in annotate_text(text, language=language).quotes if quote.kind is QuoteKind.INDIRECT]


@pytest.mark.parametrize("sample", GERMAN, ids=[sample.text[:60] for sample in GERMAN])
def test_german_sentences(sample: Sample) -> None:
    found = annotate_text(sample.text, language="de").quotes
    assert [(quote.kind, quote.text, who(quote)) for quote in found] == [
        (gold.kind, gold.words, gold.who) for gold in sample.quotes
    ]


def test_a_report_ends_with_its_mood() -> None:
    text = "Karin Holm sagte, das Wasser sinke. Bis Mai sei der Damm fertig. Am Abend ist Sitzung. Es habe geregnet."
    assert [(quote.text, quote.rule) for quote in indirect_quotes(text, "de")] == [
        ("das Wasser sinke", "subjunctive_clause"),
        ("Bis Mai sei der Damm fertig.", reported_on.id),
        ("Es habe geregnet.", reported_on.id),
    ]
    assert indirect_quotes(text, "de")[1].confidence == reported_on.confidence


def test_marked_words_within_reported_ones_are_quotations_of_their_own() -> None:
    text = "Karin Holm sagte, die Lage sei „ernst, aber beherrschbar“ geblieben."
    indirect, direct = annotate_text(text, language="de").quotes
    assert (indirect.kind, direct.kind) == (QuoteKind.INDIRECT, QuoteKind.DIRECT)
    assert indirect.start < direct.start < direct.end < indirect.end
    assert indirect.person == direct.person == "Karin Holm"


def test_words_that_are_all_in_marks_are_not_reported_too() -> None:
    assert indirect_quotes("„Das Wasser sinkt“, sagte Karin Holm.", "de") == []
    assert indirect_quotes("“The water is falling,” Helen Marsh said.", "en") == []


def test_the_frame_goes_from_cue_to_speaker() -> None:
    (quote,) = indirect_quotes("Das Bad bleibe zu, sagte am Abend Karin Holm.", "de")
    assert quote.frame is not None and quote.frame.surface == "sagte am Abend Karin Holm"
    (quote,) = indirect_quotes("Nach Angaben der Polizei fehlt das Auto.", "de")
    assert quote.frame is not None and quote.frame.surface == "Nach Angaben der Polizei"


@pytest.mark.parametrize(
    ("word", "expected"),
    [("sei", True), ("zurücktrete", True), ("informiere", True), ("halte", True)]
    + [("neue", False), ("sagte", False), ("zufolge", False), ("eine", False), ("Reise", False), ("einige", False)],
)
def test_the_mood_of_reported_speech_is_recognised_by_the_word(word: str, expected: bool) -> None:
    lexicon = load_lexicon("de")
    assert lexicon is not None
    assert is_subjunctive(view_all(read_tokens(word), lexicon), 0) is expected
