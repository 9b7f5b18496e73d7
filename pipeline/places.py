"""The places of a ledger and its files: a folder on this machine, a PostgreSQL database, a part of a bucket in S3."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

S3 = "s3://"
"""The beginning of an address in S3."""
_LONGEST_PATH_BYTES = 480
"""SQLite's limit is 512 bytes for the names of its files, which are in the data directory."""
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
"""The beginning of an address such as s3://bucket, of which a path keeps one slash."""
_S3_ADDRESS = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)*/?")
"""The names that S3 recommends, which need no escapes in an address."""


def at_home(path: Path) -> Path:
    """The path with the folder of a user for `~`. Raises ValueError, also for an address such as s3://bucket."""
    if _ADDRESS.match(str(path)):
        raise ValueError(
            "must be a path on this machine, not an address; a backup can be at s3://bucket/prefix, and is restored"
            " before it is read"
        )
    try:
        return path.expanduser()
    except RuntimeError as exc:
        raise ValueError(f"there is no user {path.parts[0]}") from exc


def openable(folder: Path) -> Path:
    """The folder of a ledger. Raises ValueError: SQLite and DuckDB cannot open every path."""
    try:
        length = len(str(folder).encode())
    except UnicodeEncodeError as exc:
        raise ValueError("the path must be valid UTF-8, or DuckDB cannot open it; rename the folder") from exc
    if "?" in str(folder):
        raise ValueError("the path must have no question mark: for DuckDB a file's name ends there; rename the folder")
    if length > _LONGEST_PATH_BYTES:
        raise ValueError(
            f"the path has {length} bytes; SQLite opens none with more than {_LONGEST_PATH_BYTES}; use a shorter one"
        )
    return folder


@dataclass(frozen=True)
class S3Place:
    """A part of a bucket: all keys that begin with `prefix`, which is empty or ends with a slash."""

    bucket: str
    prefix: str

    @classmethod
    def at(cls, address: str) -> S3Place:
        """The place at s3://bucket or s3://bucket/prefix. Raises ValueError for anything else."""
        if not _S3_ADDRESS.fullmatch(address) or ".." in address.split("/"):
            raise ValueError(
                "must be s3://bucket or s3://bucket/prefix: a bucket of 3 to 63 characters a-z 0-9 . - and a prefix of"
                " A-Z a-z 0-9 . _ - and single slashes"
            )
        bucket, _, prefix = address.removeprefix(S3).partition("/")
        return cls(bucket, f"{prefix.rstrip('/')}/" if prefix else "")

    def __str__(self) -> str:
        return f"{S3}{self.bucket}/{self.prefix}".rstrip("/")

    def contains(self, other: S3Place) -> bool:
        return self.bucket == other.bucket and other.prefix.startswith(self.prefix)

    def below(self, folder: str) -> S3Place:
        return S3Place(self.bucket, f"{self.prefix}{folder}/")


@dataclass(frozen=True)
class PostgresPlace:
    """A ledger whose catalog is a PostgreSQL database. Its Parquet files are in the folder `files`, or in S3."""

    conninfo: str = field(repr=False)
    files: Path
    """With an S3 place, there is no such folder, but the index of ids is beside it."""
    s3: S3Place | None = None


LedgerPlace = Path | PostgresPlace
"""Where a ledger lies. A path is a SQLite catalog; its Parquet files are in the folder of the same name beside it."""
