"""The files of an installation as tests look at them and damage them, in its data directory or in its bucket."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import psycopg
import pyarrow.parquet as pq
from psycopg.sql import SQL, Identifier

from pipeline.object_store import ObjectMissing, ObjectStore
from pipeline.places import S3Place
from pipeline.settings import Settings
from pipeline.shared_files import shared_files

_ADDED = re.compile(r"(.+)\.(\d+-\d{19})")


def stored_files(settings: Settings) -> MutableMapping[str, bytes]:
    """Contents by names such as `archive/2026/03/02/x.warc.gz` or `ledger/main/item_discovered/y.parquet`."""
    return _Folder(settings) if settings.s3 is None else _Objects(settings.s3)


def archive_file(settings: Settings, word: str = "") -> str:
    """The name of the first file of the archive that holds the word."""
    return min(archived_with(settings, word))


@contextmanager
def changed_build(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A session that changes the build, on a cluster also the one in the bucket."""
    files = shared_files(settings)
    files.fetch(settings.build_file)
    with duckdb.connect(settings.build_file) as con:
        yield con
    files.send(settings.build_file)


def files_with(data: Path, word: str) -> set[str]:
    """The files that hold the word, in any case, whatever they are compressed with."""
    needle = word.casefold()
    return {
        str(path.relative_to(data)) for path in data.rglob("*") if path.is_file() and needle in _text(path).casefold()
    }


def places_with(settings: Settings, word: str) -> set[str]:
    """The files of an installation that hold the word; on a cluster also the objects, and `catalog` for its rows."""
    found = files_with(settings.data, word)
    if settings.s3 is not None:
        found |= objects_with(settings.s3, word)
    if settings.catalog is not None and word.casefold() in _rows(settings.catalog.get_secret_value()).casefold():
        found.add("catalog")
    return found


def objects_with(place: S3Place, word: str) -> set[str]:
    """The objects that hold the word. One of a backup is named by its file, below what the backup adds to the name."""
    with TemporaryDirectory() as folder:
        for key, content in _Objects(place).items():
            path = Path(folder, _ADDED.sub(r"\2/\1", key))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return files_with(Path(folder), word)


def archived_with(settings: Settings, word: str) -> set[str]:
    """The files of the archive that hold the word."""
    archived = {name: content for name, content in stored_files(settings).items() if name.endswith(".warc.gz")}
    return {name for name, content in archived.items() if word.encode() in gzip.decompress(content)}


class _Folder(MutableMapping[str, bytes]):
    def __init__(self, settings: Settings) -> None:
        self._root = settings.data

    def __iter__(self) -> Iterator[str]:
        return (str(path.relative_to(self._root)) for path in sorted(self._root.rglob("*")) if path.is_file())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, name: str) -> bytes:
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError as exc:
            raise KeyError(name) from exc

    def __setitem__(self, name: str, content: bytes) -> None:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def __delitem__(self, name: str) -> None:
        (self._root / name).unlink()


class _Objects(MutableMapping[str, bytes]):
    def __init__(self, place: S3Place) -> None:
        self._store = ObjectStore(place)

    def __iter__(self) -> Iterator[str]:
        return (found.name for found in self._store.objects())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, name: str) -> bytes:
        try:
            with self._store.open(name) as file:
                return file.read()
        except ObjectMissing as exc:
            raise KeyError(name) from exc

    def __setitem__(self, name: str, content: bytes) -> None:
        found = self._store.find(name)
        self._store.put(name, BytesIO(content), found.metadata if found else None)

    def __delitem__(self, name: str) -> None:
        self._store.delete([name])


def _rows(conninfo: str) -> str:
    """All rows of a PostgreSQL database."""
    with psycopg.connect(conninfo) as session:
        names = session.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        tables = [session.execute(SQL("select t::text from {} t").format(Identifier(name))) for (name,) in names]
        return "\n".join(str(row) for table in tables for (row,) in table)


def _text(path: Path) -> str:
    raw = path.read_bytes()
    pieces = [raw.decode("latin-1")]
    if path.suffix == ".gz":
        pieces.append(gzip.decompress(raw).decode("latin-1"))
    elif path.suffix == ".parquet":
        pieces.append(str(pq.read_table(path).to_pydict()))
    elif path.suffix == ".duckdb":
        with duckdb.connect(path, read_only=True) as con:
            names = con.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
            pieces += [str(con.execute(f"from {name}").fetchall()) for (name,) in names]
    return "\n".join(pieces)
