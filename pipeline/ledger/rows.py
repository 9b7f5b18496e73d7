"""Events as table rows and back, and the canonical bytes from which the chain of digests is made."""

from __future__ import annotations

import gc
import types
import typing
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import Any, get_args, get_origin
from uuid import UUID

import msgspec
import pyarrow as pa

from pipeline.events import Event, event_type

_SCALARS: dict[object, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    datetime: pa.timestamp("us", tz="UTC"),
    date: pa.date32(),
    UUID: pa.uuid(),
}

ROWS_IN_BATCH = 8_192
"""Rows that are read at a time. An extraction may have 20 kB, and Arrow has no room for more than 2 GB of text in a
batch."""
ENVELOPE = pa.schema(
    [
        ("position", pa.int64()),
        ("event_id", pa.uuid()),
        ("stream", pa.string()),
        ("occurred_at", pa.timestamp("us", tz="UTC")),
        ("recorded_at", pa.timestamp("us", tz="UTC")),
        ("run_id", pa.string()),
        ("producer", pa.string()),
        ("caused_by", pa.uuid()),
    ]
)
"""The first columns of every event table."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """An event with the part of the envelope that the ledger adds."""

    position: int
    """The event's place in the ledger, counted over all types without gaps."""
    event_id: UUID
    """The same fact from the same producer always has the same id."""
    recorded_at: datetime
    """When the ledger took it."""
    run_id: str
    """The run that recorded it: Airflow's run id, or `cli-…`."""
    event: Event

    def canonical(self) -> bytes:
        """One line of JSON, which the append's digest covers. Fields that hold their default are omitted, so that a new
        column changes no line of an old event."""
        return msgspec.json.encode(self) + b"\n"


def canonical_lines_of(recorded: Sequence[Recorded]) -> bytes:
    """The lines of several events, as `Recorded.canonical` gives each."""
    return _ENCODER.encode_lines(recorded)


_ENCODER = msgspec.json.Encoder()


@contextmanager
def collection_paused() -> Iterator[None]:
    """Pause Python's search for cycles. An append makes many objects and no cycles, and the search would look through
    all of them again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@cache
def table_schema(cls: type[Event]) -> pa.Schema:
    """The columns of the type's table: the envelope, then the type's own fields in the order of their declaration."""
    hints = typing.get_type_hints(cls)
    own = [pa.field(name, _arrow_type(hints[name])) for name in cls.__struct_fields__ if name not in ENVELOPE.names]
    return pa.schema([*ENVELOPE, *own])


def to_table(cls: type[Event], recorded: Sequence[Recorded]) -> pa.Table:
    """The rows of these events, all of type `cls`."""
    schema = table_schema(cls)
    events = [item.event for item in recorded]
    values = (
        map(attrgetter(name), recorded if name in Recorded.__struct_fields__ else events) for name in schema.names
    )
    return pa.table(list(map(_column, schema.types, values)), schema=schema)


def from_table(cls: type[Event], table: pa.Table) -> Iterator[Recorded]:
    """The events of these rows. Raises msgspec.ValidationError if a row is not an event of the type."""
    optional = {field.name for field in msgspec.structs.fields(cls) if field.default is None}
    for row in table.to_pylist():
        yield Recorded(
            position=row.pop("position"),
            event_id=msgspec.convert(row.pop("event_id"), UUID),
            recorded_at=row.pop("recorded_at"),
            run_id=row.pop("run_id"),
            event=msgspec.convert(
                {name: value for name, value in row.items() if value is not None or name not in optional}
                | {"type": event_type(cls)},
                cls,
            ),
        )


def _column(kind: pa.DataType, values: Iterable[Any]) -> pa.Array[Any]:
    """The values as a column. An enum is its text; a UUID in a list is text, because Arrow has no lists of UUIDs."""
    if isinstance(kind, pa.UuidType):
        ids = [None if value is None else value.int.to_bytes(16) for value in values]  # `value.bytes` is a call more
        return pa.array(ids, kind.storage_type).cast(kind)
    if pa.types.is_nested(kind):
        values = msgspec.to_builtins(list(values), builtin_types=(datetime,))
    return pa.array(list(values), kind)


def _arrow_type(hint: Any) -> pa.DataType:
    if get_origin(hint) in (typing.Union, types.UnionType):
        (hint,) = (arg for arg in get_args(hint) if arg is not type(None))
    if hint in _SCALARS:
        return _SCALARS[hint]
    if get_origin(hint) is tuple:
        element = get_args(hint)[0]
        return pa.list_(pa.string() if element is UUID else _arrow_type(element))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return pa.string()
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        fields = typing.get_type_hints(hint)
        return pa.struct([(name, _arrow_type(fields[name])) for name in hint.__struct_fields__])
    raise TypeError(f"no column type for {hint!r}")
