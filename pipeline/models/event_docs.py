"""What the declarations of the event types say about tables and columns, read from their docstrings and annotations.

Python keeps no docstrings of fields at run time, so the source of the declaring module is parsed.
"""

from __future__ import annotations

import ast
import inspect
import typing
from enum import StrEnum
from functools import cache
from types import ModuleType, UnionType

from pipeline import events
from pipeline.events import Event
from pipeline.ledger import rows
from pipeline.ledger.rows import Recorded, table_schema
from pipeline.models.comments import TableDocs


def describe(cls: type[Event]) -> TableDocs:
    """The comments of the type's table: docstrings as one line each; enum columns list their values."""
    fields = _field_docs(rows)[Recorded.__name__].copy()
    for base in reversed(cls.__mro__):
        fields |= _field_docs(events).get(base.__name__, {})
    fields["event_id"] = f"{fields['event_id']} It is made from {', '.join(('producer', *cls.IDENTITY))}."
    for name, values in accepted_values(cls).items():
        fields[name] = f"{fields.get(name, '')} One of: {', '.join(values)}.".strip()
    return TableDocs(
        table=_one_line(inspect.getdoc(cls) or ""),
        columns={name: fields[name] for name in table_schema(cls).names if name in fields},
    )


def required_columns(cls: type[Event]) -> list[str]:
    """The columns that are never null: envelope and fields that do not allow None."""
    own = typing.get_type_hints(cls)
    return [name for name in table_schema(cls).names if name not in own or not _is_optional(own[name])]


def accepted_values(cls: type[Event]) -> dict[str, list[str]]:
    """The values of each column that is an enum."""
    hints = {name: _without_none(hint) for name, hint in typing.get_type_hints(cls).items()}
    return {
        name: [str(value) for value in hint]
        for name, hint in hints.items()
        if isinstance(hint, type) and issubclass(hint, StrEnum)
    }


@cache
def _field_docs(module: ModuleType) -> dict[str, dict[str, str]]:
    """The docstrings of all classes' fields in the module's source, by class and field."""
    tree = ast.parse(inspect.getsource(module))
    return {node.name: dict(_docs_of(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _docs_of(declaration: ast.ClassDef) -> typing.Iterator[tuple[str, str]]:
    """Each field that is followed by a string, with that string."""
    for field, follower in zip(declaration.body, declaration.body[1:], strict=False):
        match field, follower:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str() as text)),
            ):
                yield name, _one_line(text)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _is_optional(hint: object) -> bool:
    return type(None) in typing.get_args(hint)


def _without_none(hint: object) -> object:
    if isinstance(hint, UnionType):
        (hint,) = (arg for arg in typing.get_args(hint) if arg is not type(None))
    return hint
