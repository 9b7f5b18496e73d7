"""Prove that the ledger holds exactly what was appended: nothing changed, removed, inserted or doubled."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import reduce
from operator import attrgetter, xor
from typing import Any

import msgspec
import pyarrow as pa

from pipeline.errors import LedgerError
from pipeline.events import EVENT_TYPES, Event, event_type
from pipeline.ledger.canonical import canonical_lines
from pipeline.ledger.disk import first_line
from pipeline.ledger.event_files import damaged_files
from pipeline.ledger.log import Head, Ledger, chain_digest
from pipeline.ledger.rows import Recorded, from_table
from pipeline.ledger.sql import statement

WINDOW_EVENTS = 50_000
"""Appends are read and checked in windows of about this many events."""
PAGE_APPENDS = 50_000
"""Rows of the table `appends` in memory at a time."""
SLICE_IDS = 5_000_000
"""Ids that are compared with each other at a time; they take about 500 MB of memory."""


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
    """Digest of the last append."""
    findings: tuple[VerifyFinding, ...]
    start: Start
    """The events after it were read."""


class AppendRow(msgspec.Struct, frozen=True):
    append_no: int
    first_position: int
    last_position: int
    events: int
    run_id: str
    appended_at: datetime
    digest: str
    previous_digest: str
    fingerprint: int = 0
    """A number made from the whole row."""

    @property
    def envelope(self) -> str:
        """The part of a canonical line that is the same for all of its events. An erasure that leaves no event seals
        this."""
        said = msgspec.json.encode({"recorded_at": self.appended_at, "run_id": self.run_id}).decode()
        return f'{said[1:-1]},"event":'

    @property
    def name(self) -> str:
        return f"append {self.append_no} (positions {self.first_position}-{self.last_position})"


_BEFORE_ALL = AppendRow(0, 0, 0, 0, "", datetime.min.replace(tzinfo=UTC), "sha256:", "")


class Start(msgspec.Struct, frozen=True):
    """The append after which events are read, and its last position."""

    append_no: int
    position: int


BEGINNING = Start(0, 0)


class Sealed(msgspec.Struct, frozen=True):
    """What is left of an append from which something was erased, by its newest seal."""

    append_no: int
    events: int
    digest: str


class _Counts(msgspec.Struct, frozen=True):
    table_name: str
    events: int
    """Up to the head."""
    events_after: int
    """Those of them after the start."""
    strays: int
    """Rows whose position is missing or below 1."""
    last: int | None
    """The largest position after the head; other processes may have appended meanwhile."""


def verify(
    ledger: Ledger, start: Start = BEGINNING, on_proven: Callable[[AppendRow, int], None] = lambda *_: None
) -> Verification:
    """Recompute the chain up to the head. Other processes may append at the same time.

    Events up to `start` are only counted; what has been proven before is not read again (`pipeline.ledger.checkpoint`).
    `on_proven` is called with one append after the other up to which everything is as it was recorded, and with the
    fingerprint of all rows up to it, about once in `WINDOW_EVENTS` events, as long as nothing else is found. Only the
    events of one window are in memory at a time.
    Raises LedgerError if `log_head` or `appends` cannot be read.
    """
    head = ledger.head()
    tables = _Tables(ledger, head.position, start.position)
    findings = [*_strays(ledger), *tables.findings()]
    seals, erased, fingerprint = seals_of(ledger), 0, 0
    last = _BEFORE_ALL
    for page in _pages(ledger, head.append_no):
        findings += _chain(page, last)
        last = page[-1]
        erased += sum(row.events - seals[row.append_no].events for row in page if row.append_no in seals)
        to_read = [row for row in page if row.append_no > start.append_no]
        fingerprint = _fingerprint(page[: len(page) - len(to_read)], fingerprint)
        for window in _windows(to_read):
            findings += tables.check([as_left(row, seals) for row in window])
            fingerprint = _fingerprint(window, fingerprint)
            if not findings:
                on_proven(window[-1], fingerprint)
    if head != Head(last.last_position, last.append_no, last.digest):
        what = f"stands at position {head.position}, append {head.append_no};"
        what += f" the last append is {last.append_no}, ending at {last.last_position}"
        findings.append(VerifyFinding("log_head", what))
    if not findings and tables.rows != head.position - erased:
        what = f"hold {tables.rows} events up to position {head.position}, which must be {head.position - erased}"
        findings.append(VerifyFinding("tables", what))
    return Verification(head.append_no, head.position, head.digest, tuple(findings), start)


def seals_of(ledger: Ledger) -> Mapping[int, Sealed]:
    """The seals of the appends from which something was erased, by the number of the append. They are events, so the
    chain proves them."""
    return {seal.append_no: seal for seal in ledger.select(Sealed, "seals")}


def as_left(append: AppendRow, seals: Mapping[int, Sealed]) -> AppendRow:
    """The append with the number and the digest of the events that it must have now."""
    seal = seals.get(append.append_no)
    return append if seal is None else msgspec.structs.replace(append, events=seal.events, digest=seal.digest)


def _pages(ledger: Ledger, append_no: int) -> Iterator[list[AppendRow]]:
    """All appends up to this one, in order, some at a time."""
    for first in range(1, append_no + 1, PAGE_APPENDS):
        last = min(first + PAGE_APPENDS - 1, append_no)
        if page := ledger.select(AppendRow, "appends_between", first=first, last=last):
            yield sorted(page, key=attrgetter("append_no", "first_position"))


def _chain(appends: Sequence[AppendRow], last: AppendRow) -> Iterator[VerifyFinding]:
    """Findings about gaps between these appends, the first of which follows `last`."""
    for row in appends:
        if row.append_no != last.append_no + 1:
            yield VerifyFinding(row.name, f"follows append {last.append_no}: appends are missing or doubled")
        if row.first_position != last.last_position + 1 or row.events != row.last_position - row.first_position + 1:
            what = f"positions are not gapless: the append before ended at {last.last_position}"
            yield VerifyFinding(row.name, what)
        if row.previous_digest != last.digest:
            yield VerifyFinding(row.name, "does not chain to the append before")
        last = row


def _fingerprint(rows: Iterable[AppendRow], before: int) -> int:
    return reduce(xor, (row.fingerprint for row in rows), before)


def _strays(ledger: Ledger) -> Iterator[VerifyFinding]:
    if count := ledger.table(statement("appends_beyond"))["strays"][0].as_py():
        yield VerifyFinding("table appends", f"{count} rows lie beyond log_head")


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


def _outside(table: str, strays: int) -> VerifyFinding:
    return VerifyFinding(f"table {table}", f"{strays} rows lie outside of all appends")


class _Tables:
    """The event tables, up to a position.

    A table that cannot be read is reported once. From then on no append is checked, because it may have events in that
    table.
    """

    def __init__(self, ledger: Ledger, position: int, start_position: int) -> None:
        self._ledger, self._position, self._start_position = ledger, position, start_position
        self._filled: list[type[Event]] = []
        self._unreadable: set[str] = set()
        self._last: dict[str, int] = {}
        self.rows = 0
        """Events of all tables up to the position."""

    def findings(self) -> Iterator[VerifyFinding]:
        """Findings about rows whose position no append can have, and about ids that occur more than once."""
        try:
            counted = self._counts(EVENT_TYPES)
        except LedgerError:  # one table is enough; which one is found out below
            counted = {}
        for cls in EVENT_TYPES:
            name = event_type(cls)
            try:
                counts = counted[name] if counted else self._counts([cls])[name]
                doubles = [*self._doubles(name, counts.events_after)] if counts.events_after else []
            except LedgerError as exc:
                yield from self._cannot_read(cls, exc)
                continue
            if counts.events:
                self._filled.append(cls)
            self.rows += counts.events
            self._last[name] = counts.last or 0
            if counts.strays:
                yield _outside(name, counts.strays)
            for row in doubles:
                yield VerifyFinding(f"table {name}", f"event {row['event_id']} is there {row['copies']} times")
        end = self._ledger.head().position  # read after all rows: those of an append have reached it
        for name in (name for name, last in self._last.items() if last > end):
            sql = statement("count_events_beyond").format(table=name, position=end)
            yield _outside(name, self._ledger.table(sql)["strays"][0].as_py())

    def _counts(self, types: Iterable[type[Event]]) -> Mapping[str, _Counts]:
        """The counts of these types' tables, from one snapshot, by table. Raises LedgerError if one cannot be read."""
        values = {"position": self._position, "start": self._start_position}
        count = statement("count_events")
        sql = " union all ".join(count.format(table=event_type(cls), **values) for cls in types)
        return {row.table_name: row for row in msgspec.convert(self._ledger.table(sql).to_pylist(), list[_Counts])}

    def _doubles(self, table: str, events: int) -> Iterator[dict[str, Any]]:
        """Ids after the start that the table has more than once, looked for in slices of limited size."""
        slices = -(-events // SLICE_IDS)
        for number in range(slices):
            sql = statement("doubled_ids").format(table=table, start=self._start_position, slices=slices, number=number)
            yield from self._ledger.table(sql).to_pylist()

    def check(self, window: Sequence[AppendRow]) -> Iterator[VerifyFinding]:
        """Findings about the events of these appends."""
        if not self._unreadable and (unproven := self._unproven(window)):
            yield from self._contents(unproven)

    def _unproven(self, window: Sequence[AppendRow]) -> Sequence[AppendRow]:
        """The appends of the window whose digest is not the recorded one, as far as DuckDB can tell (see
        `canonical`)."""
        if not self._filled:
            return window
        try:
            sql = canonical_lines(self._filled, window[0].first_position, window[-1].last_position)
            table = self._ledger.table(sql)
        except LedgerError:  # `_contents` finds out which table cannot be read
            return window
        lines: list[Any] = table["line"].to_pylist()
        positions: list[Any] = table["position"].to_pylist()
        unproven = []
        for row in window:
            mine = lines[bisect_left(positions, row.first_position) : bisect_right(positions, row.last_position)]
            content = ("".join(mine) or row.envelope).encode()
            if (
                len(mine) != row.events
                or (mine and not mine[0].partition('",')[2].startswith(row.envelope))  # after the event's id
                or chain_digest(row.previous_digest, row.append_no, [content]) != row.digest
            ):
                unproven.append(row)
        return unproven

    def _contents(self, appends: Sequence[AppendRow]) -> Iterator[VerifyFinding]:
        """Findings about those of the appends whose number of events or digest is not the recorded one."""
        recorded: list[Recorded] = []
        for cls in EVENT_TYPES:
            sql = statement("events_between").format(
                table=event_type(cls), first=appends[0].first_position, last=appends[-1].last_position
            )
            try:
                recorded += from_table(cls, self._ledger.table(sql))
            except LedgerError as exc:
                yield from self._cannot_read(cls, exc)
            except (msgspec.ValidationError, pa.ArrowException) as exc:
                self._unreadable.add(event_type(cls))
                yield VerifyFinding(f"table {event_type(cls)}", f"holds what is no event: {first_line(exc)}")
        if self._unreadable:
            return
        recorded.sort(key=lambda item: item.position)
        positions = [item.position for item in recorded]
        for row in appends:
            mine = recorded[bisect_left(positions, row.first_position) : bisect_right(positions, row.last_position)]
            if len(mine) != row.events:
                yield VerifyFinding(row.name, f"holds {len(mine)} events, {row.events} were recorded")
            elif chain_digest(row.previous_digest, row.append_no, (item.canonical() for item in mine)) != row.digest:
                yield VerifyFinding(row.name, "its events are not those that were recorded")
            elif mine and (mine[0].run_id, mine[0].recorded_at) != (row.run_id, row.appended_at):
                what = f"was recorded by {mine[0].run_id} at {mine[0].recorded_at}, as its events say, not by"
                yield VerifyFinding(row.name, f"{what} {row.run_id} at {row.appended_at}")

    def _cannot_read(self, cls: type[Event], exc: LedgerError) -> Iterator[VerifyFinding]:
        """Findings about the damaged files of a table; what DuckDB said, if each single file can be read."""
        self._unreadable.add(event_type(cls))
        damaged = [VerifyFinding(f"file {path}", defect) for path, defect in damaged_files(self._ledger, cls)]
        said = VerifyFinding(f"table {event_type(cls)}", f"cannot be read: {first_line(exc.__cause__ or exc)}")
        yield from damaged or [said]
