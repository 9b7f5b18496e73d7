"""Revisions distinguish changes by the outlet from typography and from a new version of the extractor."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import models
from pipeline.events import RevisitOutcome
from pipeline.models.word_differences import ChangeOp, Difference, WordChange, compare_words
from pipeline.settings import Settings
from tests.worlds.ledgers import NewData
from tests.worlds.running import published, rows
from tests.worlds.stored import changed_build
from tests.worlds.stories import Storyline, at

pytestmark = pytest.mark.slow

DAM = "The dam at Orla held through the night. Engineers will inspect it on Friday."
DAM_TYPESET = "The dam at Orla held through the night – engineers will inspect it on Friday!"
DAM_LEAKS = "The dam at Orla leaked through the night. Engineers will inspect it on Friday."


def changes(old: str, new: str) -> list[tuple[str, str, str, int, bool]]:
    return [(str(c.op), c.old, c.new, c.word_no, c.cosmetic) for c in compare_words(old, new).changes]


# ---- words


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("The dam held.", "The dam held"),
        ("He said “no” twice", 'He said "no" twice'),
        ("a well-known name", "a well‑known name"),
        ("Nach Angaben der Stadt: nichts", "nach Angaben der Stadt, nichts"),
        ("klar machen", "klarmachen"),
        ("before – after", "before — after"),
        ("before – after", "before after"),
        ("one\ntwo three", "one two\nthree"),
        ("soft\u00adware", "software"),
        ("Café", "Cafe\u0301"),
        ("10-12 Uhr", "10–12 Uhr"),
        ("(Foto: Ruhna)", "Foto: Ruhna"),
        ("z.B. hier", "z. B. hier"),
        ("von 5 – 7 Uhr", "von 5-7 Uhr"),
        ("Sieg mit 2 : 1", "Sieg mit 2:1"),
        ("„3 Tore“", '"3 Tore"'),
    ],
)
def test_typography_is_cosmetic(old: str, new: str) -> None:
    difference = compare_words(old, new)
    assert (difference.words_removed, difference.words_added) == (0, 0)
    assert all(change.cosmetic for change in difference.changes)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Minister resigns?", "Minister resigns"),
        ("up 3,5 per cent", "up 35 per cent"),
        ("at 10:30", "at 1030"),
        ("minus -5 degrees", "minus 5 degrees"),
        ("keine Lust", "kleine Lust"),
        ("it was legal", "it was illegal"),
        ("Er hat es gesagt", "Er hätte es gesagt"),
        ("stieg um .5 Prozent", "stieg um 5 Prozent"),
        ("die Bürger:innen", "die Bürgerinnen"),
        ("drei Lehrer(innen)", "drei Lehrerinnen"),
        ("in Maßen", "in Massen"),
        ("he is 6'2 tall", "he is 62 tall"),
    ],
)
def test_a_word_that_means_something_else_is_not(old: str, new: str) -> None:
    difference = compare_words(old, new)
    assert (difference.words_removed, difference.words_added) == (1, 1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1 2 Tore", "12 Tore"),
        ("Stand 2 - 1", "Stand 21"),
        ("10 … 20 Euro", "1020 Euro"),
        ("0:1 – 2:1", "0:12:1"),
        ("am 1. 5.", "am 15."),
    ],
)
def test_numbers_do_not_run_together(old: str, new: str) -> None:
    assert not all(change.cosmetic for change in compare_words(old, new).changes)


def test_each_change_names_its_words_and_their_place() -> None:
    assert changes("The dam, it held on Friday", "The dam it leaked badly on") == [
        ("replace", "dam,", "dam", 2, True),
        ("replace", "held", "leaked badly", 4, False),
        ("delete", "Friday", "", 7, False),
    ]
    assert changes("", "Now two words") == [("insert", "", "Now two words", 1, False)]


def test_a_paragraph_that_was_put_in_leaves_its_neighbours_alone() -> None:
    lines = [f"Paragraph {n} says that the level at gauge {n} was {n * 7} centimetres." for n in range(9)]
    difference = compare_words("\n".join(lines), "\n".join([*lines[:4], "A new one.", *lines[4:]]))
    assert difference.changes == (WordChange(ChangeOp.INSERT, "", "A new one.", 49, cosmetic=False),)
    assert (difference.words_before, difference.words_after) == (108, 111)


WORDS = st.lists(st.sampled_from(["dam", "dam,", "Dam", "held", "–", "3,5", "35", "\n", "it", "held?"]), max_size=30)


def apply(old: str, difference: Difference) -> list[str]:
    """The old words with the changes made, from the last one to the first."""
    words = old.split()
    place = 0
    spans = []
    shift = 0
    for change in difference.changes:
        place = change.word_no - 1 - shift
        spans.append((place, place + len(change.old.split()), change.new.split()))
        shift += len(change.new.split()) - len(change.old.split())
    for start, end, new in reversed(spans):
        words[start:end] = new
    return words


@given(WORDS, WORDS)
def test_the_changes_made_to_the_old_words_give_the_new_ones(before: list[str], after: list[str]) -> None:
    old, new = " ".join(before), " ".join(after)
    assert apply(old, compare_words(old, new)) == new.split()
    assert compare_words(old, old).changes == ()


REPETITIVE = {
    "two words in turn": ("x y " * 950, "x y z " * 633),
    "two lines in turn": ("ad\nfoo\n" * 2_000, "foo\nbar\nad\n" * 1_400),
    "every other word is another": (
        " ".join(f"w{n}" for n in range(16_000)),
        " ".join(f"w{n}" if n % 2 else f"v{n}" for n in range(16_000)),
    ),
    "a table of results": (
        "\n".join(f"{n % 10} : {n % 7}" for n in range(8_000)),
        "\n".join(f"{n % 10} : {n * 3 % 7}" for n in range(8_000)),
    ),
}


@pytest.mark.parametrize(("old", "new"), REPETITIVE.values(), ids=REPETITIVE)
def test_texts_that_would_take_minutes_are_compared_more_coarsely(old: str, new: str) -> None:
    difference = compare_words(old, new)
    assert apply(old, difference) == new.split()
    assert len(difference.changes) < 1_000, "an exact comparison finds thousands"
    assert compare_words(old, old).changes == ()
    assert [(change.old, change.new) for change in compare_words(old, f"{old} end").changes] == [("", "end")]


def test_a_long_article_is_compared_exactly() -> None:
    chance = random.Random(19)
    words = [f"w{chance.randrange(3_000)}" for _ in range(16_000)]
    places = set(chance.sample(range(0, 16_000, 2), 800))
    edited = [f"new{place}" if place in places else word for place, word in enumerate(words)]
    difference = compare_words(" ".join(words), " ".join(edited))
    assert (difference.words_removed, difference.words_added, len(difference.changes)) == (800, 800, 800)


# ---- revisions


@pytest.fixture(scope="module")
def settings(new_data: NewData) -> Settings:
    return new_data("revisions")


@pytest.fixture(scope="module")
def news(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    dam = Storyline(settings, "dam")
    dam.captured("d1", at(1, 9))
    dam.read("Dam holds", DAM)
    dam.looked(RevisitOutcome.UNCHANGED, at(1, 10))
    dam.captured("d2", at(1, 15))
    dam.read("Dam holds", DAM_TYPESET)
    dam.looked(RevisitOutcome.UNCHANGED, at(2, 9), status=304)
    dam.captured("d3", at(4, 9))
    dam.read("Dam leaks", DAM_LEAKS, lead="A leak.", correction="An earlier version said that the dam held.")
    dam.captured("d1", at(8, 9), again=True)

    upgraded = Storyline(settings, "upgraded")
    upgraded.captured("u1", at(1, 9))
    upgraded.read("Upgrade", "Caption. The lock was mended.", producer="extract@1")
    upgraded.captured("u2", at(2, 9))
    upgraded.read("Upgrade", "Caption. The lock was mended.", producer="extract@1")
    upgraded.read("Upgrade", "The lock was mended.", producer="extract@2")
    upgraded.captured("u3", at(3, 9))
    upgraded.read("Upgrade", "The lock was mended.", producer="extract@2")

    strangers = Storyline(settings, "strangers")
    strangers.captured("s1", at(1, 9))
    strangers.read("Strangers", "Caption. A ship came in.", producer="extract@1")
    strangers.captured("s2", at(2, 9))
    strangers.read("Strangers", "A ship came in.", producer="extract@2")

    for name, looks in {
        "once": [(2, 404)],
        "twice": [(2, 404), (3, 404)],
        "said-so": [(2, 410)],
        "back": [(2, 404), (3, 404), (4, 200)],
    }.items():
        story = Storyline(settings, name)
        story.captured(name, at(1, 9))
        story.read(name, f"A story that was there {name}.")
        for day, status in looks:
            story.looked(RevisitOutcome.UNCHANGED if status == 200 else RevisitOutcome.MISSING, at(day), status)
    with published(settings) as con:
        yield con


def test_changes_are_classed_and_kept_word_by_word(news: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        news,
        """
        select revision_no, captured_at, last_seen_at, captures, change_kinds, words_removed, words_added,
            round(changed_share, 3), list_transform(word_diff, lambda c: [c['part'], c['op'], c['old'], c['new']])
        from article_revisions where url like '%/dam' order by revision_no
        """,
    )
    assert found == [
        (1, at(1, 9), at(1, 10), 1, [], None, None, None, None),
        (
            2, at(1, 15), at(2, 9), 1, ["cosmetic"], 0, 0, 0.0,
            [
                ["text", "replace", "night.", "night"], ["text", "insert", "", "–"],
                ["text", "replace", "Engineers", "engineers"], ["text", "replace", "Friday.", "Friday!"],
            ],
        ),
        (
            3, at(4, 9), at(4, 9), 1, ["headline", "lead", "correction", "substance"], 1, 1, 0.071,
            [
                ["headline", "replace", "holds", "leaks"], ["lead", "insert", "", "A leak."],
                ["text", "replace", "held", "leaked"],
                ["text", "replace", "night", "night."], ["text", "delete", "–", ""],
                ["text", "replace", "engineers", "Engineers"], ["text", "replace", "Friday!", "Friday."],
            ],
        ),
        (
            4, at(8, 9), at(8, 9), 1, ["headline", "lead", "correction", "substance"], 1, 1, 0.071,
            [
                ["headline", "replace", "leaks", "holds"], ["lead", "delete", "A leak.", ""],
                ["text", "replace", "leaked", "held"],
            ],
        ),
    ]  # fmt: skip


def test_a_new_version_of_the_reader_is_no_revision(news: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        news,
        """
        select revision_no, captures, text, producer, last_seen_at
        from article_revisions where url like '%/upgraded' order by revision_no
        """,
    )
    assert found == [(1, 3, "The lock was mended.", "extract@2", at(3, 9))]


def test_where_no_version_has_read_both_the_change_is_the_readers(news: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        news,
        """
        select revision_no, change_kinds, producer_changed, changed_share, word_diff
        from article_revisions where url like '%/strangers' order by revision_no
        """,
    )
    assert found == [(1, [], False, None, None), (2, ["reader"], True, None, None)]


def test_an_article_is_gone_when_its_page_says_so_or_is_missing_twice(news: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        news, "select headline, last_seen_at, gone_at from articles where headline = lower(headline) order by 1"
    )
    assert found == [
        ("back", at(4), None),
        ("once", at(1, 9), None),
        ("said-so", at(1, 9), at(2)),
        ("twice", at(1, 9), at(2)),
    ]


def test_stored_comparisons_are_reused(settings: Settings, news: duckdb.DuckDBPyConnection) -> None:
    """A stored comparison is kept unchanged, and one that is no longer needed is dropped."""
    before = rows(news, "select count(*) from word_changes")
    assert before == [(3,)]
    with changed_build(settings) as con:
        con.execute("update word_changes set words_added = 7 where words_added = 0")
        con.execute("insert into word_changes select * replace (uuid() as extraction_id) from word_changes limit 1")
        con.execute("update build_info set recipe_digest = 'that of other models'")
    models.build(settings)
    with duckdb.connect(settings.build_file, read_only=True) as con:
        assert rows(con, "select count(*), count_if(words_added = 7) from word_changes") == [(3, 1)]
    models.build(settings, models.Refresh.ANEW)
    with duckdb.connect(settings.build_file, read_only=True) as con:
        assert rows(con, "select count(*), count_if(words_added = 7) from word_changes") == [(3, 0)]


def test_outdated_store_of_comparisons_is_rebuilt(settings: Settings, news: duckdb.DuckDBPyConnection) -> None:
    with changed_build(settings) as con:
        con.execute("alter table word_changes drop column words_before")
        con.execute("update build_info set recipe_digest = 'that of other models'")
    models.build(settings)
    with duckdb.connect(settings.build_file, read_only=True) as con:
        assert rows(con, "select count(*), count(words_before) from word_changes") == [(3, 3)]


def test_the_queries_about_revisions_answer(news: duckdb.DuckDBPyConnection) -> None:
    queries = Path(__file__).resolve().parents[2] / "sql" / "queries"
    changed = news.execute((queries / "what_changed.sql").read_text("utf-8")).fetchall()
    assert [(row[1], row[2], row[3]) for row in changed] == [
        ("Dam holds", "headline, lead, correction, substance", "Dam leaks"),
        ("Dam leaks", "headline, lead, correction, substance", "Dam holds"),
    ]
    vanished = news.execute((queries / "vanished.sql").read_text("utf-8")).fetchall()
    assert [row[1] for row in vanished] == ["said-so", "twice"]
    compared = news.execute((queries / "compare.sql").read_text("utf-8")).fetchall()
    assert [row[1:13] for row in compared] == [
        ("extract@1", "extract@2", "Upgrade", "Upgrade", 5, 4, 0, 0, None, None, 0.8, False)
    ]
