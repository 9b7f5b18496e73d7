"""On any text: no exception, true offsets, no overlap, and time that grows in proportion to the length."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.annotate import Mention, Quote, QuoteKind, annotate_text
from pipeline.annotate.catalogue import rules_by_id
from pipeline.events import ArticlePart

RULE_IDS = set(rules_by_id())
MARKS = ["„", "“", "”", '"', "«", "»", "‹", "›", "‚", "‘", "’", "'"]
WORDS = [
    "sagte",
    "Merz",
    "er",
    "sie",
    "die",
    "Ministerin",
    "Karin",
    "Holm",
    "said",
    "the",
    "mayor",
    "Adam",
    "Pierce",
    "told",
    "he",
    "so",
    "laut",
    "zufolge",
    "nach",
    "Angaben",
    "der",
    "Polizei",
    "hieß",
    "es",
    "in",
    "Mitteilung",
    "nannte",
    "called",
    "wie",
    "und",
    "aber",
    "according",
    "to",
    "hat",
    "erklärt",
    "dass",
    "sei",
    "habe",
    "that",
    "was",
    "whom",
    "demnach",
    "Frankreichs",
    "US-Präsident",
    "(CDU)",
    "Ansicht",
    "zu",
    "gehen",
]
PIECES = st.sampled_from(
    [*MARKS, *WORDS, *(mark + "Wir" for mark in MARKS), ",", ".", ":", "?", "\n", "\n\n", "–", "(", ")", "\u00a0"]
)
TEXTS = st.one_of(
    st.lists(PIECES, max_size=60).map(" ".join), st.lists(PIECES, max_size=60).map("".join), st.text(max_size=80)
)
HINTS = st.sampled_from(["de", "en", "fr", None])


@settings(max_examples=300, deadline=None)
@given(
    text=TEXTS,
    language=HINTS,
    title=st.one_of(st.none(), TEXTS),
    lead=st.one_of(st.none(), TEXTS),
    blocks=st.lists(st.tuples(st.integers(-5, 90), st.integers(-5, 90)), max_size=3),
)
def test_offsets_are_true_on_any_text(
    text: str, language: str | None, title: str | None, lead: str | None, blocks: list[tuple[int, int]]
) -> None:
    annotations = annotate_text(text, language=language, title=title, lead=lead, blocks=blocks)
    parts = {ArticlePart.HEADLINE: title or "", ArticlePart.LEAD: lead or ""}
    words: Words = {None: text, **{part: said.replace("\n", " ") for part, said in parts.items()}}
    for quote in annotations.quotes:
        assert_true(words, quote)
    for mention in annotations.mentions:
        assert words[mention.part][mention.start : mention.end] == mention.surface != ""
        assert mention.name and 0 < mention.confidence <= 1 and mention.rule in RULE_IDS
    for part in words:
        for kind in QuoteKind:
            assert_apart([quote for quote in annotations.quotes if quote.kind is kind and quote.part == part])
        assert_apart([mention for mention in annotations.mentions if mention.part == part])
    places = [(quote.part, quote.start, quote.end) for quote in annotations.quotes]
    assert len(set(places)) == len(places)
    assert annotate_text(text, language=language, title=title, lead=lead, blocks=blocks) == annotations


Words = dict[ArticlePart | None, str]
"""The words of each part of an article."""


def assert_true(words: Words, quote: Quote) -> None:
    text = words[quote.part]
    assert 0 <= quote.start < quote.end <= len(text)
    assert text[quote.start : quote.end] == quote.text
    assert 0 < quote.confidence <= 1
    assert quote.rule in RULE_IDS
    for span in (quote.speaker, quote.cue, quote.frame):
        if span is not None:
            assert words[span.part][span.start : span.end] == span.surface != ""


def assert_apart(spans: Sequence[Quote | Mention]) -> None:
    """In order, without overlap."""
    end = 0
    for span in spans:
        assert span.start >= end
        end = span.end


HOSTILE = [
    '"',
    "„",
    "“a” ",
    "'a ",
    "„Wir kommen wieder“, sagte Karin Holm. ",
    "„Wir kommen wieder“ und ",
    "Wort ",
    "A",
    "Karin Holm ",
    "Karin Holm kam. „Wir gehen bald“, sagte sie. ",
    ", ",
    "“never closed and more\n",
    "\n",
    "sagte, dass ",
    "Der Plan sei gut. ",
    "sagte Holm, der Plan sei gut, ",
    "nach Angaben der ",
    "Präsident ",
    "Präsident von Frankreich, ",
    "(",
    "the claim that ",
    "said the mayor, ",
    "Die Ansicht, ",
    "sagte er:\n",
    "Karin Holm\n",
    "von der ",
    "der Kanzler ",
    "Kanzler Emil Voss kam. Der Kanzler ging. ",
    "„Wir warten, sagte Holm.\n",
    "während Holm „ja“ sagte, ",
    "Holm und Voss und ",
    "einesehrlangezusammensetzung",
]


@pytest.mark.slow
@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("piece", HOSTILE)
def test_work_grows_in_proportion_to_the_length(piece: str, language: str) -> None:
    annotate_text(piece * 20, language=language)
    short, long = (calls_made(piece * (chars // len(piece)), language) for chars in (4_000, 16_000))
    assert long < 6 * short + 2_000


def calls_made(text: str, language: str) -> int:
    """The number of function calls that annotating takes: a measure that other processes do not disturb."""
    calls = 0

    def count(frame: FrameType, event: str, arg: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        annotate_text(text, language=language)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.slow
@pytest.mark.parametrize("first", range(8))
def test_the_longest_text_that_a_step_reads_is_annotated(first: int) -> None:
    """Each piece fills a quarter of the text."""
    text = "".join((piece * (75_000 // len(piece) + 1))[:75_000] for piece in HOSTILE[first::8])
    assert len(text) == 300_000
    for quote in annotate_text(text, language="de").quotes[:50]:
        assert_true({None: text}, quote)
