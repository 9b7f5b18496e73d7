"""Prove that the ledger holds exactly what was appended: nothing changed, removed, inserted or doubled."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from pipeline.errors import LedgerError
from pipeline.events import EVENT_TYPES, Event, event_type
from pipeline.ledger.canonical import canonical_lines
from pipeline.ledger.disk import first_line
from pipeline.ledger.log import Ledger, chain_digest
from pipeline.ledger.rows import Recorded, from_table
from pipeline.ledger.sql import statement

WINDOW_EVENTS = 50_000
"""Appends are read and checked in windows of about this many events."""


class VerifyFinding(msgspec.Struct, frozen=True):
    """One difference between the ledger and what was recorded."""

    where: str
    """`append 12 (positions 301-420)`, `table article_captured`, `log_head`."""
    what: str


class Verification(msgspec.Struct, frozen=True):
    """What was verified, and every difference that was found."""

    appends: int
    events: int
    digest: str
    """The digest of the last append. If it is also kept outside of the ledger, a later comparison shows whether the
    last appends were removed."""
    findings: tuple[VerifyFinding, ...]


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
    """Recompute the whole chain up to the head. Other processes may append at the same time.

    Only the events of one window are in memory at a time. Raises LedgerError if `log_head` or `appends` cannot be read.
    """
    position, append_no, digest = ledger.head()
    appends = ledger.select(AppendRow, "appends_in_order", append_no=append_no)
    findings = [*_chain(appends, position, append_no, digest), *_strays(ledger)]
    filled: list[type[Event]] = []
    unreadable: set[str] = set()
    for cls in EVENT_TYPES:
        findings += _table(ledger, cls, filled, unreadable)
    for window in _windows(appends):
        if not unreadable and (unproven := _unproven(ledger, filled, window)):
            findings += _contents(ledger, unproven, unreadable)
    return Verification(len(appends), sum(row.events for row in appends), digest, tuple(findings))


def _chain(appends: Sequence[AppendRow], position: int, append_no: int, digest: str) -> Iterator[VerifyFinding]:
    """Findings about gaps between appends, and about a head that is not at the last append."""
    last_no, last_position, last_digest = 0, 0, "sha256:"
    for row in appends:
        if row.append_no != last_no + 1:
            yield VerifyFinding(row.name, f"follows append {last_no}: appends are missing or doubled")
        if row.first_position != last_position + 1 or row.events != row.last_position - row.first_position + 1:
            yield VerifyFinding(row.name, f"positions are not gapless: the append before ended at {last_position}")
        if row.previous_digest != last_digest:
            yield VerifyFinding(row.name, "does not chain to the append before")
        last_no, last_position, last_digest = row.append_no, row.last_position, row.digest
    if (position, append_no, digest) != (last_position, last_no, last_digest):
        yield VerifyFinding(
            "log_head",
            f"stands at position {position}, append {append_no};"
            f" the last append is {last_no}, ending at {last_position}",
        )


def _strays(ledger: Ledger) -> Iterator[VerifyFinding]:
    if count := ledger.table(statement("appends_beyond"))["strays"][0].as_py():
        yield VerifyFinding("table appends", f"{count} rows lie beyond log_head")


def _table(
    ledger: Ledger, cls: type[Event], filled: list[type[Event]], unreadable: set[str]
) -> Iterator[VerifyFinding]:
    """Findings about rows whose position no append can have, and about ids that occur more than once.

    The type is added to `filled` if its table has rows, and the table to `unreadable` if it cannot be read.
    """
    name = event_type(cls)
    try:
        (rows,) = ledger.table(statement("positions_beyond").format(table=name)).to_pylist()
        doubles = ledger.table(statement("doubled_ids").format(table=name)).to_pylist()
    except LedgerError as exc:
        unreadable.add(name)
        yield VerifyFinding(f"table {name}", f"cannot be read: {first_line(exc.__cause__ or exc)}")
        return
    if rows["events"]:
        filled.append(cls)
    if rows["strays"]:
        yield VerifyFinding(f"table {name}", f"{rows['strays']} rows lie outside of all appends")
    for row in doubles:
        yield VerifyFinding(f"table {name}", f"event {row['event_id']} is there {row['copies']} times")


def _windows(appends: Sequence[AppendRow]) -> Iterator[list[AppendRow]]:
    window: list[AppendRow] = []
    events = 0
    for row in appends:
        window.append(row)
        events += row.events
        if events >= WINDOW_EVENTS:
            yield window
            window, events = [], 0
    if window:
        yield window


def _unproven(ledger: Ledger, filled: Sequence[type[Event]], window: Sequence[AppendRow]) -> Sequence[AppendRow]:
    """The appends of the window whose digest is not the recorded one, as far as DuckDB can tell (see `canonical`)."""
    first, last = window[0].first_position, window[-1].last_position
    if not filled:
        return window
    try:
        table = ledger.table(canonical_lines(filled, first, last))
    except LedgerError:  # the caller finds out which table cannot be read
        return window
    lines: list[Any] = table["line"].to_pylist()
    positions: list[Any] = table["position"].to_pylist()
    unproven = []
    for row in window:
        mine = lines[bisect_left(positions, row.first_position) : bisect_right(positions, row.last_position)]
        content = "".join(mine).encode()
        if len(mine) != row.events or chain_digest(row.previous_digest, row.append_no, [content]) != row.digest:
            unproven.append(row)
    return unproven


def _contents(ledger: Ledger, appends: Sequence[AppendRow], unreadable: set[str]) -> Iterator[VerifyFinding]:
    """Findings about those of the appends whose number of events or digest is not the recorded one.

    A table that cannot be read is reported once. From then on no append is checked, because it may have events in that
    table.
    """
    recorded: list[Recorded] = []
    for cls in EVENT_TYPES:
        name = event_type(cls)
        if name in unreadable:
            continue
        sql = statement("events_between").format(
            table=name, first=appends[0].first_position, last=appends[-1].last_position
        )
        try:
            recorded += from_table(cls, ledger.table(sql))
        except (LedgerError, msgspec.ValidationError, pa.ArrowException) as exc:
            unreadable.add(name)
            yield VerifyFinding(f"table {name}", f"holds what is no event: {first_line(exc)}")
    if unreadable:
        return
    recorded.sort(key=lambda item: item.position)
    positions = [item.position for item in recorded]
    for row in appends:
        mine = recorded[bisect_left(positions, row.first_position) : bisect_right(positions, row.last_position)]
        if len(mine) != row.events:
            yield VerifyFinding(row.name, f"holds {len(mine)} events, {row.events} were recorded")
        elif chain_digest(row.previous_digest, row.append_no, (item.canonical() for item in mine)) != row.digest:
            yield VerifyFinding(row.name, "its events are not those that were recorded")
