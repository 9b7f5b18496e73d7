"""Joined addresses are one article in every mart: one line of revisions, one count, quotations once."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipeline.events import AddressesJoined, JoinEvidence, RevisitOutcome
from tests.worlds.ledgers import NewData
from tests.worlds.running import newsledger, published, rows
from tests.worlds.stories import Storyline, at, unreadable

pytestmark = pytest.mark.slow

TEXT = "The harbour was closed for hours. “We had no choice,” said Ms Adair. The ferry is safe now."
MORE = f"{TEXT} All passengers are ashore."


def join(first: Storyline, other: Storyline, evidence: JoinEvidence, day: int) -> None:
    first.record(
        AddressesJoined(
            stream=f"article:{first.article_id}", occurred_at=at(day), producer="join@1",
            caused_by=other.last.event_id, source_id="courier", article_id=first.article_id,
            other_article_id=other.article_id, url=first.url, other_url=other.url, evidence=evidence,
        ),
        at(day),
    )  # fmt: skip


@pytest.fixture(scope="module")
def news(new_data: NewData) -> Iterator[duckdb.DuckDBPyConnection]:
    """A report whose slug changes with its headline (twice), its AMP page, and a report that has one address; for a day
    this one was joined to the other, until a person parted them. An old address leads to a section, which was taken for
    its article until the extractor took that back."""
    settings = new_data("joined")
    first = Storyline(settings, "ferry-adrift", day=1)
    first.captured("ferry", at(1))
    first.quoted(first.read("Ferry adrift", TEXT), "We had no choice")
    amp = Storyline(settings, "ferry-adrift/amp", day=1)
    amp.captured("amp", at(1, 13))
    amp.quoted(amp.read("Ferry adrift", TEXT.partition(" The ferry")[0]), "We had no choice")
    second = Storyline(settings, "ferry-in-tow", day=2)
    second.captured("tow", at(2))
    second.quoted(second.read("Ferry in tow", TEXT), "We had no choice")
    third = Storyline(settings, "ferry-safe", day=3)
    third.captured("safe", at(3))
    third.quoted(third.read("Ferry safe", MORE), "We had no choice")
    first.looked(RevisitOutcome.MISSING, at(3, 14), 404)
    third.looked(RevisitOutcome.UNCHANGED, at(3, 15))
    alone = Storyline(settings, "gates-shut", day=2)
    alone.captured("gates", at(2))
    alone.read("Gates shut", "The gates were shut at noon. Nobody was let in until the next morning.")
    old = Storyline(settings, "r-7", day=4)
    section = old.captured("section", at(4))
    old.quoted(old.read("Ferry news", "All about the ferry. “We had no choice,” said Ms Adair."), "We had no choice")
    old.record(unreadable(section, "extract@2", occurred_at=at(5), reason="shared_page"), at(5))
    join(first, amp, JoinEvidence.CANONICAL, 4)
    join(second, third, JoinEvidence.MOVED, 5)
    join(first, second, JoinEvidence.GUID, 6)
    join(first, alone, JoinEvidence.CANONICAL, 7)
    for status, says in ((0, "parted:"), (1, "were not joined to each other; joined were: ")):
        parted = newsledger("part", alone.url, first.url, "--data", settings.data)
        assert (parted.returncode, says in parted.stdout + parted.stderr) == (status, True)
    with published(settings) as con:
        yield con


def test_an_article_with_several_addresses_is_one_with_one_line_of_revisions(news: duckdb.DuckDBPyConnection) -> None:
    columns = "url, headline, revision_count, gone_at, quote_count, first_seen_at"
    assert rows(news, f"select {columns} from articles order by headline") == [
        ("https://courier.example/ferry-safe", "Ferry safe", 3, None, 1, at(1, 8)),
        ("https://courier.example/gates-shut", "Gates shut", 1, None, None, at(2, 8)),
    ]
    revisions = "select revision_no, headline, previous_headline, change_kinds from article_revisions"
    assert rows(news, f"{revisions} where headline like 'Ferry%' order by revision_no") == [
        (1, "Ferry adrift", None, []),
        (2, "Ferry in tow", "Ferry adrift", ["headline"]),
        (3, "Ferry safe", "Ferry in tow", ["headline", "substance"]),
    ], "the AMP page is no revision"


def test_its_quotations_and_counts_are_not_doubled(news: duckdb.DuckDBPyConnection) -> None:
    assert rows(news, "select text, headline from quotes") == [("We had no choice", "Ferry safe")]
    assert rows(news, "select url, state from article_coverage where url like '%ferry%'") == [
        ("https://courier.example/ferry-safe", "captured")
    ]
    assert rows(news, "select sum(seen), sum(captured), sum(extracted) from coverage_ledger") == [(3, 3, 2)]
    assert rows(news, "select sum(quote_count) from articles") == [(1,)]


def test_each_address_leads_to_its_article_and_says_why(news: duckdb.DuckDBPyConnection) -> None:
    mapped = rows(
        news,
        "select addresses.url, addresses.evidence, articles.headline"
        " from article_addresses as addresses inner join articles using (article_id) order by addresses.url",
    )
    base = "https://courier.example"
    assert mapped == [
        (f"{base}/ferry-adrift", None, "Ferry safe"),
        (f"{base}/ferry-adrift/amp", "canonical", "Ferry safe"),
        (f"{base}/ferry-in-tow", "guid", "Ferry safe"),
        (f"{base}/ferry-safe", "moved", "Ferry safe"),
        (f"{base}/gates-shut", None, "Gates shut"),
    ]


def test_a_join_counts_until_a_person_takes_it_back(news: duckdb.DuckDBPyConnection) -> None:
    articles = "select count(distinct article_id) from addresses_as_of"
    gates = "(select article_id from article_addresses where url like '%gates-shut')"
    assert [
        rows(news, f"select article_id = {gates} from addresses_as_of('{time}') where address_id = {gates}")
        for time in ("2026-03-07 18:00", "infinity")
    ] == [[(False,)], []]
    assert rows(news, f"{articles}('infinity')") == [(1,)]


@pytest.mark.parametrize(
    ("arguments", "headlines"),
    [
        ("'2026-03-03 18:00'", ["Ferry adrift", "Ferry adrift", "Ferry in tow", "Ferry safe"]),
        ("'2026-03-04 18:00'", ["Ferry adrift", "Ferry in tow", "Ferry news", "Ferry safe"]),
        ("'2026-03-05 18:00'", ["Ferry adrift", "Ferry safe"]),
        ("'2026-03-06 18:00'", ["Ferry safe"]),
        ("'2026-03-07 18:00'", ["Ferry safe"]),
        ("'2026-03-02 18:00', recorded := 'infinity'", ["Ferry in tow"]),
    ],
)
def test_what_was_joined_by_then(news: duckdb.DuckDBPyConnection, arguments: str, headlines: list[str]) -> None:
    ferry = f"from articles_as_of({arguments}) where headline like 'Ferry%' order by headline"
    assert [row[0] for row in rows(news, f"select headline {ferry}")] == headlines
    quoted = f"select headline from quotes_as_of({arguments}) order by headline"
    assert [row[0] for row in rows(news, quoted)] == headlines
