"""The query changed_quotes compares the quotations of neighbouring revisions."""

from __future__ import annotations

import pytest

from pipeline.cli.named_queries import load_queries
from tests.worlds.ledgers import NewData
from tests.worlds.running import published, rows
from tests.worlds.stories import annotated, append, at, captured, discovered, extracted, quoted

pytestmark = pytest.mark.slow


def test_a_reworded_quotation_is_shown_with_both_wordings(new_data: NewData) -> None:
    found = discovered("https://alpha.example/bridge", at(1, 8))
    pages = [captured(found, f"p{n}", at(n, 9)) for n in (1, 2, 3)]
    said = [["It is safe", "We wait"], ["It is not safe", "We wait"], ["It is not safe"]]
    reads = [extracted(page, "Bridge", ". ".join(words), "extract@2") for page, words in zip(pages, said, strict=True)]
    events = [found, *pages, *reads, *(annotated(read, "annotate@9", quotes=2) for read in reads)]
    for read, sayings in zip(reads, said, strict=True):
        events += [
            quoted(read, words, "annotate@9", person=person)
            for words, person in zip(sayings, ["Ines Moor", "Olaf Reet"], strict=False)
        ]
    events.append(quoted(reads[0], "safe", "annotate@9", speaker="she"))
    settings = new_data("changed")
    append(settings.ledger_catalog, events)
    with published(settings) as con:
        con.execute("set variable since = '2026-03-01'")
        changed = rows(con, load_queries()["changed_quotes"].text)
        assert [(row[0], *row[1:5]) for row in changed] == [
            (at(3, 9), "alpha", "Olaf Reet", "We wait", None),
            (at(2, 9), "alpha", "Ines Moor", "It is safe", "It is not safe"),
            (at(2, 9), "alpha", None, "safe", None),
        ]
        con.execute("set variable person = 'Ines Moor'")
        assert len(rows(con, load_queries()["changed_quotes"].text)) == 1
