"""redact: an article under several addresses is erased as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.events import JoinEvidence
from pipeline.ledger import Ledger, Run, verify
from pipeline.steps.redact import RedactionRequest, redact
from pipeline.steps.run.stores import Stores
from tests.worlds.ledgers import settings_at
from tests.worlds.stories import NOON, at, discovered, joined, polled

pytestmark = pytest.mark.slow


def test_all_addresses_of_an_article_are_erased_together(ledger: Ledger, run: Run, tmp_path: Path) -> None:
    title = "Ada Lindqvist meets Ole Brandt"
    first, second = (
        discovered(f"https://alpha.example/{path}", NOON, title=title) for path in ("bridge", "bridge-closed")
    )
    other = discovered("https://alpha.example/mole", NOON)
    poll = polled(first.feed_url, NOON, repeats=(first.guid, other.guid))
    ledger.append([first, other, second, poll, polled(first.feed_url, at(3), repeats=(second.guid,))], run)
    ledger.append([joined(first, second, JoinEvidence.GUID, NOON)], run)
    with Stores(settings_at(tmp_path), run) as stores:
        for person in ("Ada Lindqvist", "Ole Brandt"):
            redact(stores, RedactionRequest(first.url, "asked for", person))
        masked = stores.ledger.table("select distinct title from ledger.item_discovered where title is not null")
        assert masked.to_pylist() == [{"title": "███ █████████ meets ███ ██████"}]
        assert verify(stores.ledger).findings == ()
        redact(stores, RedactionRequest(second.url, "asked for"))
        assert stores.ledger.append([first, second], run).events == 0
    assert ledger.table("select url from ledger.item_discovered").to_pylist() == [{"url": other.url}]
    assert ledger.table("from ledger.addresses_joined").num_rows == 0
    repeats = ledger.table("select repeats from ledger.feed_polled order by occurred_at").to_pylist()
    assert repeats == [{"repeats": [other.guid]}, {"repeats": None}]
    assert ledger.table("select distinct article_id, scope from ledger.article_redacted").num_rows == 4
    assert verify(ledger).findings == ()
