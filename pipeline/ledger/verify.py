"""Prove that the ledger holds exactly what was appended: nothing changed, removed, inserted or doubled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import msgspec
import pyarrow as pa

from pipeline.errors import LedgerError
from pipeline.events import EVENT_TYPES, event_type
from pipeline.ledger import catalog
from pipeline.ledger.log import Ledger, chain_digest
from pipeline.ledger.rows import Recorded, from_table

WINDOW_EVENTS = 20_000


class Finding(msgspec.Struct, frozen=True):
    """One thing that is not as it was recorded."""

    where: str
    """`append 12 (positions 301-420)`, `table article_captured`, `log_head`."""
    what: str


class Verification(msgspec.Struct, frozen=True):
    appends: int
    events: int
    digest: str
    """Of the whole chain; note it elsewhere to prove later that the end was not cut off."""
    findings: tuple[Finding, ...]


class AppendRow(msgspec.Struct, frozen=True):
    append_no: int
    first_position: int
    last_position: int
    events: int
    digest: str
    previous_digest: str

    @property
    def name(self) -> str:
        return f"append {self.append_no} (positions {self.first_position}-{self.last_position})"


def verify(ledger: Ledger) -> Verification:
    """Recompute the whole chain from the tables. Memory is bounded by the largest append.

    Raises LedgerError where the bookkeeping itself cannot be read.
    """
    try:
        appends = ledger.select(AppendRow, "appends_in_order")
        position, append_no, digest = ledger.head()
    except (duckdb.Error, msgspec.ValidationError) as exc:
        raise LedgerError(f"{ledger.path}: the list of appends cannot be read: {catalog.first_line(exc)}") from exc
    findings = [*_chain(appends, position, append_no, digest), *_strays(ledger, position), *_doubles(ledger)]
    for window in _windows(appends):
        findings += _contents(ledger, window)
    return Verification(len(appends), sum(row.events for row in appends), digest, tuple(findings))


def _chain(appends: Sequence[AppendRow], position: int, append_no: int, digest: str) -> Iterator[Finding]:
    """Do the appends follow each other without a gap, and does the head stand at the last of them?"""
    last_no, last_position, last_digest = 0, 0, "sha256:"
    for row in appends:
        if row.append_no != last_no + 1:
            yield Finding(row.name, f"follows append {last_no}: appends are missing or doubled")
        if row.first_position != last_position + 1 or row.events != row.last_position - row.first_position + 1:
            yield Finding(row.name, f"positions are not gapless: the append before ended at {last_position}")
        if row.previous_digest != last_digest:
            yield Finding(row.name, "does not chain to the append before")
        last_no, last_position, last_digest = row.append_no, row.last_position, row.digest
    if (position, append_no, digest) != (last_position, last_no, last_digest):
        yield Finding(
            "log_head",
            f"stands at position {position}, append {append_no};"
            f" the last append is {last_no}, ending at {last_position}",
        )


def _strays(ledger: Ledger, position: int) -> Iterator[Finding]:
    for cls in EVENT_TYPES:
        name = event_type(cls)
        try:
            table = ledger.table(catalog.statement("positions_beyond").format(table=name, position=position))
        except duckdb.Error as exc:
            yield Finding(f"table {name}", f"cannot be read: {catalog.first_line(exc)}")
            continue
        if count := table["strays"][0].as_py():
            yield Finding(f"table {name}", f"{count} rows lie outside of all appends")


def _doubles(ledger: Ledger) -> Iterator[Finding]:
    for cls in EVENT_TYPES:
        name = event_type(cls)
        try:
            table = ledger.table(catalog.statement("doubled_ids").format(table=name))
        except duckdb.Error:
            continue  # said by _strays
        for event_id, count in zip(*(table[column].to_pylist() for column in ("event_id", "copies")), strict=True):
            yield Finding(f"table {name}", f"event {event_id} is there {count} times")


def _windows(appends: Sequence[AppendRow]) -> Iterator[list[AppendRow]]:
    window: list[AppendRow] = []
    for row in appends:
        window.append(row)
        if sum(item.events for item in window) >= WINDOW_EVENTS:
            yield window
            window = []
    if window:
        yield window


def _contents(ledger: Ledger, window: Sequence[AppendRow]) -> Iterator[Finding]:
    """Do the tables hold, for each append of the window, what its digest was made of?"""
    recorded: list[Recorded] = []
    for cls in EVENT_TYPES:
        name = event_type(cls)
        sql = catalog.statement("events_between").format(
            table=name, first=window[0].first_position, last=window[-1].last_position
        )
        try:
            recorded += from_table(cls, ledger.table(sql))
        except (duckdb.Error, msgspec.ValidationError, pa.ArrowException) as exc:
            yield Finding(f"table {name}", f"cannot be read: {catalog.first_line(exc)}")
    recorded.sort(key=lambda item: item.position)
    for row in window:
        mine = [item for item in recorded if row.first_position <= item.position <= row.last_position]
        if len(mine) != row.events:
            yield Finding(row.name, f"holds {len(mine)} events, {row.events} were recorded")
        elif chain_digest(row.previous_digest, row.append_no, mine) != row.digest:
            yield Finding(row.name, "its events are not those that were recorded")
