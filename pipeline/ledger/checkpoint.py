"""What need not be read again: events that were proven before, in files that nobody has written since.

A verification ends with a checkpoint: the append up to which every event was read and proven, and the state of every
file at that time. The next one begins after this append, or earlier, at the first event in a file that is new or in
another state. The state is what the file system says of a file, its size, times and number, and what the catalog says
of it. So the checkpoint proves that the events were as recorded when they were read, and that their files were not
written, replaced or restored since. It does not prove that the disk still returns the same bytes, and not that nobody
has set the clock back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.ledger.event_files import EventFile
from pipeline.ledger.event_folder import EventFolder
from pipeline.ledger.log import Ledger
from pipeline.ledger.verify import BEGINNING, Start

FileStates = Mapping[str, str]
"""The state of each file, by its path relative to its folder's folder: `item_discovered/ducklake-….parquet`."""


class Checkpoint(msgspec.Struct, frozen=True):
    """Up to where a verification has read and proven every event."""

    append_no: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
    position: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
    digest: str
    read_since: Annotated[datetime, msgspec.Meta(tz=True)]
    """Every event up to here was read at this time or later."""
    files: FileStates
    """All files as they were before the first event was read."""
    columns: str = ""
    """Digest of what the catalog said then of the tables' columns, by which files are read."""
    appends: str = ""
    """The fingerprint of the rows of `appends` up to here."""


class AppendEnd(msgspec.Struct, frozen=True):
    last_position: int


class _InCatalog(msgspec.Struct, frozen=True):
    data_file: str
    digest: str


class _Columns(msgspec.Struct, frozen=True):
    digest: str


class _Appends(msgspec.Struct, frozen=True):
    fingerprint: int


def file_states(ledger: Ledger, files: Iterable[EventFile]) -> FileStates:
    """The state of these files. A file that is missing has none."""
    paths = [path for file in files for path in file.sizes]
    in_catalog = {each.data_file: each.digest for each in ledger.select(_InCatalog, "catalog_of_files")}
    states = ledger.catalog.files.states(paths).items()
    return {_name(path): f"{state} {in_catalog.get(path.rpartition('/')[2], '')}" for path, state in states}


def columns_digest(ledger: Ledger) -> str:
    """A digest of what the catalog says of the tables' columns."""
    (columns,) = ledger.select(_Columns, "catalog_of_columns")
    return columns.digest


def unchanged_files(checkpoint: Checkpoint, states: FileStates) -> frozenset[str]:
    """The names, without folder, of the files that are as they were at the checkpoint."""
    return frozenset(name.rpartition("/")[2] for name, state in states.items() if checkpoint.files.get(name) == state)


def start_after(ledger: Ledger, checkpoint: Checkpoint, files: Iterable[EventFile], states: FileStates) -> Start:
    """From where events have to be read, if these are all files and have these states now; the beginning if the ledger
    does not contain the checkpoint, or if its appends are not the same or its tables have other columns now."""
    (appends,) = ledger.select(_Appends, "fingerprint_of_appends", append_no=checkpoint.append_no)
    if (checkpoint.columns, checkpoint.appends) != (columns_digest(ledger), f"{appends.fingerprint:x}"):
        return BEGINNING
    position = checkpoint.position
    for file in files:
        names = map(_name, file.sizes)
        if any(states.get(name, "") != checkpoint.files.get(name) for name in names):
            position = min(position, _first_position(ledger.catalog.files, file.data_file) - 1)
    ends = ledger.select(AppendEnd, "append_with_digest", digest=checkpoint.digest)
    if all(end.last_position != checkpoint.position for end in ends):
        return BEGINNING
    return next(iter(ledger.select(Start, "append_before", position=position)), BEGINNING)


def _name(path: str) -> str:
    """The file's name with that of its folder, which are the same wherever the ledger lies."""
    return "/".join(path.rsplit("/", 2)[1:])


def _first_position(files: EventFolder, path: str) -> int:
    """The first position in the file; 0 if it cannot be read."""
    try:
        with files.open(path) as content, pq.ParquetFile(content) as file:
            column = file.schema_arrow.get_field_index("position")
            groups = [file.metadata.row_group(n).column(column) for n in range(file.metadata.num_row_groups)]
    except (OSError, pa.ArrowException):
        return 0
    firsts = [group.statistics.min if group.statistics else None for group in groups]
    return min((first or 0 for first in firsts), default=0)
