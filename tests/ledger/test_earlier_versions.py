"""A ledger that an earlier version wrote opens, verifies, takes new events and builds.

Each file in `earlier_versions/` is the data directory of that version after a small run: two articles, one of them
corrected, a page that is gone, one without text, and at least one event of every type that the version had. A file
with a date is of an unreleased version; it has a third article, which was erased, and an anchor.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import duckdb
import pytest

from pipeline.events import EVENT_TYPES, event_type
from pipeline.ledger import Ledger, Run, verify
from tests.worlds.running import newsledger
from tests.worlds.stories import item

pytestmark = pytest.mark.slow

HEADS = {
    "0.1": (36, "sha256:b5f53e8c875d1bf40a0f908f988cd986930e87314309125c13eb0b2c5037a093"),
    "2026-11-30": (50, "sha256:61bcde60a0e2f96ae6d0eefb5e9f5c17a72d60cfcb9f772f2e721e824efbf24e"),
    "2026-12-01": (57, "sha256:0873661e3f618c7463b75cd3143e775ad3fb94f817f31efc3999d14eddabd601"),
}
"""The last position of each ledger, and the digest of its chain as that version computed it."""


@pytest.fixture(params=sorted(HEADS))
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def data(version: str, tmp_path: Path) -> Path:
    with tarfile.open(Path(__file__).parent / "earlier_versions" / f"{version}.tar.xz") as packed:
        packed.extractall(tmp_path, filter="data")
    return tmp_path


def test_it_verifies_and_takes_new_events(version: str, data: Path, run: Run) -> None:
    last_position, digest = HEADS[version]
    with Ledger.open(data / "ledger.sqlite") as ledger:
        verification = verify(ledger)
        assert verification.findings == ()
        assert (verification.events, verification.digest) == (last_position, digest)
        assert ledger.append([item("new")], run).last_position == last_position + 1
        assert ledger.append([item("new")], run).events == 0
        assert verify(ledger).findings == ()


def test_its_archive_and_models_are_complete(data: Path) -> None:
    verified = newsledger("verify", "--archive", "--data", data)
    assert verified.returncode == 0, verified.stderr
    built = newsledger("models", "--data", data)
    assert built.returncode == 0, built.stderr
    published = newsledger("publish", "--data", data)
    assert published.returncode == 0, published.stderr
    with Ledger.open(data / "ledger.sqlite") as ledger, duckdb.connect(data / "news.duckdb", read_only=True) as news:
        for name in map(event_type, EVENT_TYPES):
            recorded = ledger.table(f"select count(*) as events from ledger.{name}")["events"].to_pylist()
            assert news.execute(f"select count(*) from events.{name}").fetchone() == tuple(recorded), name
        revisions = news.execute("select headline, revision_no from article_revisions order by all").fetchall()
    assert revisions == [("Ferry adrift", 1), ("Ferry adrift off the mole", 2), ("Harbour reopened", 1)]
