"""Marks stand where quotations, mentions and changes are, and no character of a text is lost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.models.word_differences import compare_words
from pipeline.pages.marked_text import (
    MarkedLine,
    MarkedSpan,
    Piece,
    WordEdit,
    annotated,
    compared,
    folded,
    inline,
    passages,
)
from pipeline.pages.rendering import _environment
from tests.pages.serving import parsed

WORDS = st.text("ab .,\n", max_size=60)


def test_spans_may_overlap() -> None:
    text = "The mayor said: water is rising."
    quote, person = MarkedSpan(16, 31, "direct", "1"), MarkedSpan(4, 9, "person")
    inside = MarkedSpan(16, 21, "place")
    (line,) = annotated(text, [quote, person, inside])
    assert line.pieces == (
        Piece("The "),
        Piece("mayor", ("person",)),
        Piece(" said: "),
        Piece("water", ("direct", "place"), ("1",)),
        Piece(" is rising", ("direct",)),
        Piece("."),
    )


def test_span_over_two_lines_is_marked_in_both_and_begins_once() -> None:
    first, second = annotated("a long\nquotation", [MarkedSpan(2, 11, "direct", "1")])
    assert first.pieces == (Piece("a "), Piece("long", ("direct",), ("1",)))
    assert second.pieces == (Piece("quot", ("direct",)), Piece("ation"))


@given(WORDS, st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70))))
def test_annotated_text_is_the_text(text: str, places: list[tuple[int, int]]) -> None:
    lines = annotated(text, [MarkedSpan(start, end, "direct") for start, end in places])
    assert "\n".join(read(lines)) == "\n".join(line for line in text.split("\n") if line)


def test_changed_words_are_marked_on_both_sides() -> None:
    old = "One.\nThe bill costs 40 million.\nThree."
    new = "One.\nThe bill costs 50 million in all.\nThree."
    both = compared(old, new, edits(old, new))
    assert marked(both.before) == ["40", "million."]
    assert marked(both.after) == ["50", "million", "in all."]
    assert read(both.before, " ") == old.split("\n")


@given(WORDS, WORDS)
def test_unmarked_words_are_the_same_on_both_sides(old: str, new: str) -> None:
    both = compared(old, new, edits(old, new))
    assert unmarked(both.before) == unmarked(both.after)
    assert [word for line in read(both.after, " ") for word in line.split()] == new.split()
    assert [word for line in read(both.before, " ") for word in line.split()] == old.split()


def test_lines_far_from_a_change_can_be_folded() -> None:
    old = "\n".join(f"Sentence {number}." for number in range(9))
    new = old.replace("Sentence 4.", "Another sentence.")
    runs = list(folded(compared(old, new, edits(old, new)).after))
    assert [(is_near, len(lines)) for is_near, lines in runs] == [(False, 3), (True, 3), (False, 3)]


def test_old_words_stand_before_the_new_ones_in_one_line() -> None:
    old, new = "Talks stall over costs", "Talks edge towards a deal"
    pieces = [(piece.text, piece.marks) for piece in inline(new, edits(old, new)) if piece.text]
    assert pieces == [("Talks", ()), ("stall over costs", ("del",)), ("edge towards a deal", ("ins",))]


def test_passage_has_the_words_around_a_change() -> None:
    old = "a b c d e f"
    new = "a b X d e f"
    (passage,) = passages(new, edits(old, new), words=1)
    assert (passage.before, passage.old, passage.new, passage.after) == ("b", "c", "X", "d")


def test_words_around_a_change_are_none_that_another_one_added() -> None:
    old = "a b c d e"
    new = "a X c Y e"
    found = [(each.before, each.old, each.new, each.after) for each in passages(new, edits(old, new))]
    assert found == [("a", "b", "X", "c"), ("c", "d", "Y", "e")]


def test_passage_keeps_the_ends_of_paragraphs() -> None:
    old = "One.\nTwo three.\nFour."
    new = "One.\nTwo 3.\nFour."
    (passage,) = passages(new, edits(old, new))
    assert (passage.before, passage.new, passage.after) == ("One.\nTwo", "3.", "Four.")


@pytest.mark.parametrize(("count", "said"), [(3, ""), (4, "1 more passage"), (6, "3 more passages")])
def test_a_change_shows_three_passages_and_says_how_many_more_there_are(count: int, said: str) -> None:
    old = " ".join(f"{'same ' * 40}old{number}" for number in range(count))
    new = old.replace("old", "new")
    word_diff = list(map(msgspec.structs.asdict, edits(old, new)))
    shown = {
        "article_id": "1",
        "revision_no": 2,
        "source_id": "x",
        "captured_at": datetime(2026, 3, 2, tzinfo=UTC),
        "change_kinds": ["substance"],
    }
    shown |= {"words_added": count, "words_removed": count, "headline": "H", "language": "en", "text": new}
    parts: Any = (
        _environment("en").get_template("parts.html").make_module({"link": lambda *keys: "/".join(map(str, keys))})
    )
    page = parsed(parts.change({**shown, "word_diff": word_diff}))
    assert len(page.xpath("//p[@class='passage']")) == 3
    assert "".join(page.xpath("//p[@class='quiet'][last()]/a[position() > 1]/text()")) == said


def edits(old: str, new: str) -> list[WordEdit]:
    changes = compare_words(old, new).changes
    return [WordEdit("text", each.op, each.old, each.new, each.word_no, each.cosmetic) for each in changes]


def read(lines: list[MarkedLine], joint: str = "") -> list[str]:
    return [joint.join(piece.text for piece in line.pieces) for line in lines]


def marked(lines: list[MarkedLine]) -> list[str]:
    return [piece.text for line in lines for piece in line.pieces if piece.marks]


def unmarked(lines: list[MarkedLine]) -> list[str]:
    return [word for line in lines for piece in line.pieces if not piece.marks for word in piece.text.split()]
