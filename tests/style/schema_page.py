"""docs/schema.md: the tables of news.duckdb with their columns, made from a built file and the marts' yml files.

`python -m tests.style.schema_page` builds the models of an empty ledger and writes the page.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipeline import models
from pipeline.ledger import Ledger
from pipeline.settings import PROJECT_ROOT, Settings

PAGE = PROJECT_ROOT / "docs" / "schema.md"
MARTS = PROJECT_ROOT / "sql" / "models" / "marts"
_HEAD = """# Tables and columns

What `news.duckdb` contains: the marts in schema `main`, the events in schema `events`, and the macros. The
descriptions are also comments in the file: `select * from duckdb_columns()`.

This page is generated: `python -m tests.style.schema_page` writes it again after a change of a mart or an event type.
`make dbt-docs`, after a build, makes dbt's site with the lineage of the marts, and names the page to open.
"""


def schema_page(news_file: Path) -> str:
    """The page in Markdown, for the tables of this built file."""
    keys = dict(_keys())
    with duckdb.connect(news_file, read_only=True) as con:
        tables = con.execute(
            "select schema_name, table_name, comment from duckdb_tables() where not temporary and comment is not null"
            " union all select schema_name, view_name, comment from duckdb_views() where not internal order by all"
        ).fetchall()
        columns = con.execute(
            "select schema_name, table_name, column_name, data_type, comment from duckdb_columns()"
            " where not internal order by column_index"
        ).fetchall()
        macros = con.execute(
            "select function_name, array_to_string(parameters, ', ') from duckdb_functions()"
            " where not internal and function_type in ('macro', 'table_macro') order by function_name"
        ).fetchall()
    parts = [_HEAD]
    for schema in ("main", "events"):
        parts.append("## Marts\n" if schema == "main" else "## Events\n")
        for _, name, comment in (each for each in tables if each[0] == schema):
            key = "event_id" if schema == "events" else keys.get(name)
            described = [each[2:] for each in columns if each[:2] == (schema, name)]
            parts.append(_section(name if schema == "main" else f"events.{name}", comment, key, described))
    parts.append("## Macros\n")
    parts.append("".join(f"- `{name}({parameters})`: {_purpose(name)}\n" for name, parameters in macros))
    return "\n".join(parts)


def _section(name: str, comment: str, key: str | None, columns: list[tuple[str, str, str | None]]) -> str:
    lines = [f"### {name}\n", f"{comment}\n"]
    if key:
        lines.append(f"Key: {', '.join(f'`{column}`' for column in key.split(', '))}.\n")
    rows = [f"| `{column}` | {_short(kind)} | {_cell(about)} |" for column, kind, about in columns]
    return "\n".join([*lines, "| column | type | meaning |\n|---|---|---|", *rows]) + "\n"


def _short(kind: str) -> str:
    """The type's name; structs are long, and their parts are in the description."""
    if kind.startswith("STRUCT"):
        return "STRUCT[]" if kind.endswith("[]") else "STRUCT"
    return kind.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")


def _cell(about: str | None) -> str:
    return (about or "").replace("|", "\\|")


def _keys() -> Iterator[tuple[str, str]]:
    """The mart's key: what its yml tests to be unique, or names if the rows are those of a tested table."""
    for file in sorted(MARTS.glob("*.yml")):
        for model in yaml.safe_load(file.read_text("utf-8"))["models"]:
            for column in model.get("columns", ()):
                if "unique" in column.get("data_tests", ()):
                    yield model["name"], column["name"]
                    break
            if key := model.get("config", {}).get("meta", {}).get("key"):
                yield model["name"], ", ".join(key)
            for test in model.get("data_tests", ()):
                columns = _unique_by(test)
                if columns:
                    yield model["name"], ", ".join(columns)


def _unique_by(test: Any) -> list[str]:
    arguments = test.get("unique_by", {}).get("arguments", {}) if isinstance(test, dict) else {}
    columns: list[str] = arguments.get("columns", [])
    return columns


def _purpose(macro: str) -> str:
    """The comment at the beginning of the macro's file, without the signature."""
    lines = (PROJECT_ROOT / "sql" / "table_macros" / f"{macro}.sql").read_text("utf-8").splitlines()
    comment = " ".join(line.removeprefix("-- ") for line in takewhile(lambda line: line.startswith("-- "), lines))
    return comment.partition(": ")[2]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder))
        Ledger.open(settings.ledger_catalog).close()
        models.build(settings)
        PAGE.write_text(schema_page(models.publish(settings)), "utf-8")


if __name__ == "__main__":
    main()
