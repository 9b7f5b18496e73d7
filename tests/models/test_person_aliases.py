"""Names that mean one person are joined, with the reason, and never across evidence that differs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import duckdb
import pytest

from pipeline import models
from pipeline.events import Event
from pipeline.settings import PROJECT_ROOT
from tests.worlds.ledgers import NewData
from tests.worlds.running import rows
from tests.worlds.stories import NOON, annotated, append, captured, discovered, extracted, mentioned, quoted

pytestmark = pytest.mark.slow

RULES = "annotate@10"
PEOPLE = [
    # name, language, role, country, party, days before NOON
    ("Wasilij Kornejew", "de", "Außenminister", "RU", None, 0),
    ("Wasilij Kornejew", "de", "Außenminister", "RU", None, 1),
    ("Vasiliy Korneyev", "en", "foreign minister", "RU", None, 0),
    ("Katherine Marsh", "en", "Mayor", "GB", None, 0),
    ("Katherine Marsh", "en", "Mayor", "GB", None, 1),
    ("Kate Marsh", "en", "mayor", "GB", None, 0),
    # two people: one language and two offices; two countries; two parties; years apart
    ("Jan Meier", "de", "Trainer", "DE", None, 0),
    ("Jan Meyer", "de", "Sprecher", "DE", None, 0),
    ("Alexej Orlow", "de", "Minister", "BY", None, 0),
    ("Alexei Orlov", "en", "minister", "UA", None, 0),
    ("Josefine Adler", "de", "Landrätin", "DE", "SPD", 0),
    ("Josi Adler", "de", "Landrätin", "DE", "CDU", 0),
    ("Frederike Sand", "de", "Ministerin", "DE", None, 0),
    ("Fred Sand", "de", "Ministerin", "DE", None, 2000),
    # a name that may mean two people
    ("Maximilian Brandt", "de", "Rektor", "DE", None, 0),
    ("Maxine Brandt", "de", "Rektor", "DE", None, 0),
    ("Max Brandt", "de", "Rektor", "DE", None, 0),
]


def events() -> Iterator[Event]:
    for number, (name, language, role, country, party, days) in enumerate(PEOPLE):
        at: datetime = NOON - timedelta(days=days)
        page = captured(discovered(f"https://alpha.example/{number}", at), str(number), at)
        read = extracted(page, "Kai", f"{name} sprach. „Der Kai ist offen.“", language=language, published_at=at)
        yield from (page, read, annotated(read, RULES, quotes=1, mentions=1))
        yield mentioned(read, name, RULES, name=name, role=role, country=country, party=party)
        yield quoted(read, "Der Kai ist offen.", RULES, person=name)


@pytest.fixture(scope="module")
def news(new_data: NewData) -> Iterator[duckdb.DuckDBPyConnection]:
    settings = new_data("aliases")
    append(settings.ledger_catalog, events())
    models.build(settings)
    with duckdb.connect(models.publish(settings), read_only=True) as con:
        yield con


def test_one_person_has_one_name(news: duckdb.DuckDBPyConnection) -> None:
    assert rows(news, "select name, person, reason from person_aliases order by name") == [
        ("Kate Marsh", "Katherine Marsh", "given_name_and_office"),
        ("Vasiliy Korneyev", "Wasilij Kornejew", "spelling"),
    ]


def test_who_said_what_counts_people_and_not_spellings(news: duckdb.DuckDBPyConnection) -> None:
    found = rows(news, (PROJECT_ROOT / "sql/queries/who_said_what.sql").read_text("utf-8"))
    counted = {person: quotes for person, quotes, *_ in found}
    assert (counted["Wasilij Kornejew"], counted["Katherine Marsh"], counted["Jan Meier"]) == (3, 3, 1)
    assert not {"Vasiliy Korneyev", "Kate Marsh"} & set(counted)
