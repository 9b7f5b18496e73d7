"""Names that mean one person are joined, with the reason, and never across evidence that differs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import duckdb
import pytest

from pipeline import models
from pipeline.cli.named_queries import load_queries
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
    ("Katherine Marsh", "en", "Mayor", "GB", None, 2),
    ("Kate Marsh", "en", "mayor", "GB", None, 0),
    ("Kate Marsh", "en", "mayor", "GB", None, 1),
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
        outlet, said = ("alpha", "beta")[number % 2], f"{name.split()[0]}: Der Kai ist offen."
        page = captured(discovered(f"https://{outlet}.example/{number}", at), str(number), at)
        read = extracted(page, "Kai", f"{name} sprach. „{said}“", language=language, published_at=at)
        yield from (page, read, annotated(read, RULES, quotes=1, mentions=1))
        yield mentioned(read, name, RULES, name=name, role=role, country=country, party=party)
        yield quoted(read, said, RULES, person=name)
    page = captured(discovered("https://alpha.example/seen-once", NOON), "seen once", NOON)
    read = extracted(page, "Kai", "Ottokar Voss sah die Hohe Kante.", language="de", published_at=NOON)
    yield from (page, read, annotated(read, RULES, quotes=0, mentions=2))
    yield mentioned(read, "Ottokar Voss", RULES, name="Ottokar Voss", rule="full_name")
    yield mentioned(read, "Hohe Kante", RULES, name="Hohe Kante", rule="presumed_name")


@pytest.fixture(scope="module")
def news(new_data: NewData, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    ids = tmp_path_factory.mktemp("ids") / "people's ids.csv"
    ids.write_text('name,id\n"Wasilij Kornejew",Q1\nKate Marsh,Q2\nNobody Known,Q3\n', encoding="utf-8")
    settings = new_data("aliases").model_copy(update={"person_ids": ids})
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
    assert (counted["Wasilij Kornejew"], counted["Katherine Marsh"], counted["Jan Meier"]) == (3, 5, 1)
    assert not {"Vasiliy Korneyev", "Kate Marsh"} & set(counted)
    ids = {person: external_id for person, *_, external_id in found}
    assert (ids["Wasilij Kornejew"], ids["Jan Meier"]) == ("Q1", None)


def test_every_query_shows_one_name_of_a_person_and_knows_all(news: duckdb.DuckDBPyConnection) -> None:
    news.execute("set variable person = 'Kate Marsh'")
    news.execute("set variable outlets = 1")
    shown = {name: {cell for row in rows(news, query.text) for cell in row} for name, query in load_queries().items()}
    rare = [name for name, cells in shown.items() if cells & {"Kate Marsh", "Vasiliy Korneyev"}]
    assert rare == ["trace_to_archive"], "which shows quotations as they were recorded"
    about_her = {name for name, query in load_queries().items() if "getvariable('person')" in query.text}
    not_here = {"both_persons", "changed_quotes"}  # no article names two persons, or was edited
    assert {name for name in about_her if "Katherine Marsh" in shown[name]} == about_her - not_here
    assert "Wasilij Kornejew" in shown["who_is_in_the_news"]


def test_a_name_has_the_id_that_the_file_of_the_user_gives_it(news: duckdb.DuckDBPyConnection) -> None:
    assert rows(news, "select name, external_id from persons where external_id is not null order by name") == [
        ("Kate Marsh", "Q2"),
        ("Wasilij Kornejew", "Q1"),
    ]


def test_a_name_seen_once_has_to_be_known_as_a_persons(news: duckdb.DuckDBPyConnection) -> None:
    assert rows(news, "select name from persons where name in ('Ottokar Voss', 'Hohe Kante')") == [("Ottokar Voss",)]
