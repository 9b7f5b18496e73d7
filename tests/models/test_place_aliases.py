"""Names that mean one place are joined, with the reason; a name that means two places is joined with none."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipeline import models
from pipeline.events import Event, MentionKind
from pipeline.models.place_names import place_key
from pipeline.settings import PROJECT_ROOT
from tests.worlds.ledgers import NewData
from tests.worlds.running import rows
from tests.worlds.stories import NOON, annotated, append, captured, discovered, extracted, mentioned

RULES = "annotate@10"
PLACES = [
    # name, language of the article
    ("USA", "de"),
    ("USA", "de"),
    ("United States", "en"),
    ("États-Unis", "fr"),
    ("München", "de"),
    ("Munich", "en"),
    ("Munich", "en"),
    ("Georgien", "de"),
    ("Georgien", "de"),
    ("Georgia", "en"),  # most often the state of the USA
    ("Géorgie", "fr"),
    ("Castlemoor", "en"),
]


def events() -> Iterator[Event]:
    for number, (name, language) in enumerate(PLACES):
        page = captured(discovered(f"https://alpha.example/{number}", NOON), str(number), NOON)
        read = extracted(page, "Kai", f"In {name}.", language=language, published_at=NOON)
        yield from (page, read, annotated(read, RULES, quotes=0, mentions=1))
        yield mentioned(read, name, RULES, name=name, kind=MentionKind.PLACE)


@pytest.fixture(scope="module")
def news(new_data: NewData) -> Iterator[duckdb.DuckDBPyConnection]:
    settings = new_data("places")
    append(settings.ledger_catalog, events())
    models.build(settings)
    with duckdb.connect(models.publish(settings), read_only=True) as con:
        yield con


@pytest.mark.slow
def test_one_place_has_one_name(news: duckdb.DuckDBPyConnection) -> None:
    assert rows(news, "select name, place, reason, country from place_aliases order by name") == [
        ("Géorgie", "Georgien", "country", "GE"),
        ("München", "Munich", "place", "DE"),
        ("United States", "USA", "country", "US"),
        ("États-Unis", "USA", "country", "US"),
    ]


@pytest.mark.slow
def test_rising_names_count_places_and_not_their_names(news: duckdb.DuckDBPyConnection) -> None:
    found = rows(news, (PROJECT_ROOT / "sql/queries/rising_names.sql").read_text("utf-8"))
    assert {name: articles for name, _, articles, *_ in found} == {
        "USA": 4,
        "Munich": 3,
        "Georgien": 3,
        "Georgia": 1,
        "Castlemoor": 1,
    }


@pytest.mark.parametrize(
    ("name", "languages", "key"),
    [
        ("St. Gallen", ["de"], "CH/St. Gallen"),
        ("Stati Uniti", ["de"], None),
        ("Stati Uniti", ["de", "it"], "US"),
        ("Stati Uniti", ["it", "qq"], "US"),
        ("Kongo", ["pl"], "CD"),  # two countries in Polish, one in German news
        ("Holm", ["de", "en", "fr"], None),
    ],
)
def test_a_name_means_a_place_in_the_languages_of_the_articles(
    name: str, languages: list[str], key: str | None
) -> None:
    assert place_key(name, languages) == key
