"""A large ledger finds known ids by an index, which is never wrong: not after a kill, a restored backup, or damage."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from pipeline.ledger import Ledger, Run, verify
from pipeline.ledger.id_index import IdIndex
from tests.worlds.stories import item

pytestmark = pytest.mark.slow


@pytest.fixture
def catalog(local_catalog: Path) -> Path:
    return local_catalog


def append(catalog: Path, *names: str, indexed_from: int = 0) -> int:
    """Append these items, with the index; the number of new ones."""
    with Ledger.open(catalog, indexed_from=indexed_from) as ledger:
        return ledger.append([item(name) for name in names], Run("r")).events


@pytest.fixture
def index(catalog: Path) -> Path:
    """The index of a ledger that has the items a and b."""
    assert append(catalog, "a", "b") == 2
    return catalog.with_suffix(".ids")


def indexed(index: Path) -> int:
    with sqlite3.connect(index) as con:
        ((count,),) = con.execute("select count(*) from ids").fetchall()
    con.close()
    return int(count)


def test_what_is_known_is_not_recorded_again(catalog: Path, index: Path) -> None:
    assert indexed(index) == 2
    assert append(catalog, "a", "b") == 0
    assert append(catalog, "b", "c", "c") == 1
    assert indexed(index) == 3
    with Ledger.open(catalog) as ledger:
        assert verify(ledger).findings == ()


def test_a_small_ledger_has_no_index(catalog: Path) -> None:
    append(catalog, "a", indexed_from=10)
    assert append(catalog, "a", indexed_from=10) == 0
    assert not catalog.with_suffix(".ids").exists()


def without_last_append(catalog: Path, index: Path) -> None:
    """A process was killed between its commit and the index."""
    copy = index.with_suffix(".copy")
    shutil.copy(index, copy)
    append(catalog, "c")
    copy.replace(index)


def restored(catalog: Path, index: Path) -> None:
    """An older ledger was restored beside the index of another history."""
    folder = catalog.with_suffix("")
    shutil.copytree(folder, folder.with_name("backup"))
    shutil.copy(catalog, catalog.with_name("backup.sqlite"))
    append(catalog, "x")
    append(catalog, "y")
    shutil.rmtree(folder)
    folder.with_name("backup").rename(folder)
    catalog.with_name("backup.sqlite").replace(catalog)
    append(catalog, "c")


DAMAGE: dict[str, Callable[[Path, Path], object]] = {
    "killed before it was written": without_last_append,
    "older ledger restored": restored,
    "deleted": lambda _, index: index.unlink(),
    "garbage": lambda _, index: index.write_bytes(b"garbage" * 1_000),
    "cut off": lambda _, index: index.write_bytes(index.read_bytes()[:5_000]),
    "not written by an append": lambda catalog, _: append(catalog, "c", indexed_from=1_000),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_an_index_that_does_not_fit_the_ledger_is_made_to_fit(
    catalog: Path, index: Path, damage: Callable[[Path, Path], object]
) -> None:
    damage(catalog, index)
    append(catalog, "c")
    assert append(catalog, "a", "b", "c", "d") == 1
    assert append(catalog, "a", "b", "c", "d", "x") == 1
    assert append(catalog, "x") == 0
    assert indexed(index) == 5
    with Ledger.open(catalog) as ledger:
        assert verify(ledger).findings == ()
        assert ledger.head().position == 5


def test_ids_that_begin_alike_are_not_mixed_up(tmp_path: Path) -> None:
    """The index gives both as possibly known; the ledger says which one it has."""
    one, other, third, far = (UUID(int=number) for number in ((7 << 68) + 1, (7 << 68) + 2, 7 << 68, 9 << 68))
    index = IdIndex(tmp_path / "ledger.ids")
    of_one = [one.int >> 68]
    assert index.possibly_known([other], (1, "x"), lambda *_: False, lambda _: iter([of_one])) == {other}
    assert index.possibly_known([other, third, far], (1, "x"), lambda *_: True, lambda _: iter([])) == {other, third}
