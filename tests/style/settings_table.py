"""The table of settings in docs/operations.md, made from pipeline/settings.py.

`python -m tests.style.settings_table` writes it into the page.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from pydantic_core import PydanticUndefined

from pipeline import settings
from pipeline.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
PLACE = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- end of settings -->)", re.DOTALL)
"""The part of the page between the two comments."""
_UNITS = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "m"))


def variable(field: str) -> str:
    """The environment variable of a field."""
    return f"NEWSLEDGER_{field.upper()}"


def settings_table() -> str:
    """The table in Markdown, in the order of the fields. Raises KeyError for a field without a docstring."""
    docs = dict(_docstrings())
    rows = [
        f"| `{variable(name)}` | {_spelled(field.default) or 'empty'} | {_with_variables(docs[name])} |\n"
        for name, field in Settings.model_fields.items()
    ]
    return "| variable | default | meaning |\n|---|---|---|\n" + "".join(rows)


def _docstrings() -> Iterator[tuple[str, str]]:
    """The docstring of each field. Python keeps none at run time, so the source is parsed."""
    (declaration,) = (
        node
        for node in ast.parse(inspect.getsource(settings)).body
        if isinstance(node, ast.ClassDef) and node.name == Settings.__name__
    )
    for field, follower in zip(declaration.body, declaration.body[1:], strict=False):
        match field, follower:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str() as text)),
            ):
                yield name, " ".join(text.split())


def _with_variables(text: str) -> str:
    """The docstring with the names of other fields as environment variables."""
    return re.sub(r"`(\w+)`", lambda match: f"`{_named(match[1])}`", text)


def _named(word: str) -> str:
    return variable(word) if word in Settings.model_fields else word


def _spelled(value: object) -> str:
    """A default as it is written in the environment."""
    match value:
        case tuple():
            return ",".join(_spelled(each) for each in value)
        case timedelta():
            return next(f"{value // unit}{letter}" for unit, letter in _UNITS if not value % unit)
        case StrEnum():
            return value.value
        case Path():
            return f"./{value}"
        case float():
            return f"{value:g}"
        case _:
            return "computed" if value is PydanticUndefined else str(value)


if __name__ == "__main__":
    PAGE.write_text(PLACE.sub(lambda _: settings_table(), PAGE.read_text("utf-8")), "utf-8")
