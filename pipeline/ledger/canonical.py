"""The canonical lines of events, which digests cover, computed by DuckDB for a whole table at once.

`Recorded.canonical` defines the line of an event. The SQL made here gives the same lines without making a Python object
of every row. DuckDB spells a few rare values differently, for example a form feed or a fraction below 0.0001. So an
equal digest proves that the events are those that were recorded; after an unequal one, the caller compares the lines
of `Recorded.canonical`.
"""

from __future__ import annotations

import typing
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin
from uuid import UUID

import msgspec

from pipeline.events import Event, event_type
from pipeline.ledger.sql import literal, statement


def canonical_lines(types: Sequence[type[Event]], first: int, last: int) -> str:
    """A query of `position` and `line` of these types' events from position `first` to `last`, in order.

    Types without events are better left out: in every query, DuckLake reads the statistics of an empty table, which
    costs 30 ms.
    """
    selects = (
        statement("canonical_lines_between").format(
            line=_canonical_line(cls), table=event_type(cls), first=first, last=last
        )
        for cls in types
    )
    return f"{' union all '.join(selects)} order by position"


@cache
def _canonical_line(cls: type[Event]) -> str:
    """A SQL expression over the type's table: the canonical line of a row, with its line break."""
    hints = typing.get_type_hints(cls)
    parts = [
        literal('{"position":'),
        "position",
        _member("event_id", UUID),
        _member("recorded_at", datetime),
        _member("run_id", str),
        literal(f',"event":{{"type":"{event_type(cls)}"'),
        *(_field(field, hints[field.name]) for field in msgspec.structs.fields(cls)),
        literal("}}\n"),
    ]
    return f"concat({', '.join(parts)})"


def _field(field: msgspec.structs.FieldInfo, hint: Any) -> str:
    """The member of an event's field; NULL, which concat ignores, if the field holds its default."""
    default = field.default
    if default is msgspec.NODEFAULT:
        return _member(field.name, hint)
    match default:
        case None:
            value = "null"
        case ():
            value = "[]"
        case str():
            value = literal(default)
        case _:
            value = str(default)
    return f'case when "{field.name}" is distinct from {value} then {_member(field.name, hint)} end'


def _member(name: str, hint: Any) -> str:
    """`,"name":value`"""
    return f"""{literal(f',"{name}":')} || coalesce({_json(f'"{name}"', hint)}, 'null')"""


def _json(value: str, hint: Any) -> str:
    """The value of this type as JSON. All text is escaped, enums too: a column can hold any text after it was changed,
    and none may spell a field that follows it."""
    kind = _without_none(hint)
    if kind in (int, float, bool):
        return f"cast({value} as varchar)"
    if kind is datetime:
        return f"""'"' || {_time(value)} || '"'"""
    if kind in (UUID, date):
        return f"""'"' || {value} || '"'"""
    if get_origin(kind) is tuple and _is_subclass(element := get_args(kind)[0], msgspec.Struct):
        value = f"list_transform({value}, lambda element: {{{_struct('element', element)}}})"
    return f"cast(to_json({value}) as varchar)"


def _struct(value: str, cls: type[msgspec.Struct]) -> str:
    """The members of a nested struct, with its times as text."""
    hints = typing.get_type_hints(cls)
    fields = {name: f'{value}."{name}"' for name in cls.__struct_fields__}
    return ", ".join(
        f"{literal(name)}: {_time(field) if _without_none(hints[name]) is datetime else field}"
        for name, field in fields.items()
    )


def _time(value: str) -> str:
    """A time in UTC by RFC 3339, with microseconds if there are any."""
    utc = f"make_timestamp(epoch_us({value}))"
    whole = f"strftime({utc}, '%Y-%m-%dT%H:%M:%S')"
    return f"{whole} || case when epoch_us({value}) % 1000000 = 0 then 'Z' else strftime({utc}, '.%fZ') end"


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in (typing.Union, UnionType):
        (hint,) = (arg for arg in get_args(hint) if arg is not type(None))
    return hint


def _is_subclass(kind: Any, base: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, base)
