"""A ledger's Parquet files in an S3-compatible store. DuckDB reads and writes them itself, by its extension httpfs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

import duckdb
from duckdb import DuckDBPyConnection

from pipeline.errors import StorageError
from pipeline.ledger.disk import first_line
from pipeline.ledger.sql import literal, statement
from pipeline.object_store import ObjectMissing, ObjectStore
from pipeline.places import S3Place
from pipeline.s3_client import S3Access, s3_access

_DAMAGED = re.compile(r"\b(404|416)\b")
"""The status of an answer about an object that is missing or too short, and no part of its name, which has hexadecimal
digits."""
_REQUEST = re.compile(r"(s3|https?)://\S+")


class S3Folder:
    def __init__(self, place: S3Place) -> None:
        self._place, self._store = place, ObjectStore(place)
        self._given: tuple[DuckDBPyConnection, S3Access] | None = None

    def __str__(self) -> str:
        return str(self._place)

    def has_any(self, *, besides: Collection[str]) -> bool:
        files = (found.name.split("/") for found in self._store.objects("main/") if found.name.endswith(".parquet"))
        return any(table not in besides for _, table, *_ in files)

    def require_regular(self) -> None:
        """Objects have one kind."""

    def give_access(self, con: DuckDBPyConnection) -> None:
        access = s3_access()
        if self._given != (con, access):
            con.execute(
                statement("create_s3_secret").format(
                    scope=literal(f"{self}/"),
                    endpoint=literal(access.endpoint),
                    use_ssl=str(access.uses_tls).lower(),
                    url_style=literal("path" if access.uses_paths else "vhost"),
                    region=literal(access.region),
                    key_id=literal(access.key_id),
                    secret=literal(access.secret),
                    token=literal(access.token),
                    retries=min(access.attempts - 1, 4),
                )
            )
            self._given = con, access

    def states(self, paths: Iterable[str]) -> Mapping[str, str]:
        found = {f"{self}/{each.name}": each.state for each in self._store.objects()}
        return {path: found[path] for path in paths if path in found}

    def open(self, path: str) -> BinaryIO:
        try:
            return self._store.open(path.removeprefix(f"{self}/"))
        except ObjectMissing as exc:
            raise FileNotFoundError(path) from exc

    @contextmanager
    def errors(self) -> Iterator[None]:
        try:
            yield
        except (duckdb.HTTPException, duckdb.IOException) as exc:
            if _REQUEST.search(str(exc)) is None or _is_damaged(exc):
                raise
            raise StorageError(f"{self}: {first_line(exc)}; run the same again: nothing is recorded twice") from exc


def _is_damaged(exc: duckdb.Error) -> bool:
    """True if the store answered that the object is missing, or shorter than the catalog says: this does not pass."""
    return _DAMAGED.search(first_line(exc).rpartition("/")[2]) is not None
