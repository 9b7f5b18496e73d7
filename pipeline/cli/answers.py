"""Answers of queries, written to the terminal or a file as a table, CSV, JSON or Parquet."""

from __future__ import annotations

import csv
import io
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

import duckdb

from pipeline.display import json_text, printable
from pipeline.errors import NewsledgerError, StorageError, storage_error
from pipeline.ledger.disk import disk_errors

MAX_ROWS_SHOWN = 100
"""Rows of a table on the terminal; DuckDB leaves out those in the middle. All other outputs have all rows."""
PIPED_COLUMNS = 160
"""Width of a table that is not shown on a terminal, in characters."""
MAX_COLUMNS_WRITTEN = 10_000
"""Width of a table that is written to a file, in characters."""
FETCHED_ROWS = 1_000
"""Rows held in memory at a time while text is written."""


class OutputFormat(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"


def format_of(file: Path) -> OutputFormat:
    """The format that the file's ending names. Raises NewsledgerError if it names none."""
    ending = {"ndjson": "jsonl", "txt": "table"}.get(file.suffix[1:].lower(), file.suffix[1:].lower())
    try:
        return OutputFormat(ending)
    except ValueError as exc:
        raise NewsledgerError(f"{file}: its ending names no format; choose one with --format") from exc


@contextmanager
def replaced(file: Path) -> Iterator[Path]:
    """A path beside `file`, to write to; at the end it replaces `file`. After an error `file` is as it was.

    Raises StorageError naming `file` if it cannot be written, NewsledgerError if nothing was written.
    """
    target = file.resolve()
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    if target.exists() and not target.is_file():
        raise StorageError(f"{file}: is not a regular file")
    if not target.parent.is_dir():
        raise StorageError(f"{file}: its folder does not exist")
    try:
        yield partial
        if not partial.exists():
            raise NewsledgerError(f"{file}: there is no answer to write")
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        partial.replace(target)
    except OSError as exc:
        raise storage_error(OSError(exc.errno, exc.strerror), file) from exc
    finally:
        partial.unlink(missing_ok=True)


def save(answer: duckdb.DuckDBPyRelation, output: OutputFormat, file: Path) -> None:
    """Write the answer with all its rows to a new file. Raises StorageError if the disk is full."""
    with disk_errors(file):
        if output is OutputFormat.PARQUET:
            answer.write_parquet(str(file), compression="zstd")
            return
        with file.open("w", encoding="utf-8", newline="") as stream:
            if output is OutputFormat.TABLE:
                stream.write(drawn(answer, MAX_COLUMNS_WRITTEN, sys.maxsize))
            elif output is OutputFormat.CSV:
                _write_csv(answer, stream)
            elif output is OutputFormat.JSONL:
                _write_lines(answer, stream)
            else:
                _write_array(answer, stream)


def show(answer: duckdb.DuckDBPyRelation, output: OutputFormat) -> None:
    """Print the answer on standard output. JSON is one object a line, as in version 0.1."""
    stream = _TerminalText(sys.stdout) if sys.stdout.isatty() else sys.stdout
    if output is OutputFormat.TABLE:
        sys.stdout.write(drawn(answer, shutil.get_terminal_size((PIPED_COLUMNS, 50)).columns, MAX_ROWS_SHOWN))
    elif output is OutputFormat.CSV:
        _write_csv(answer, stream)
    elif output is OutputFormat.PARQUET:
        raise NewsledgerError("Parquet is no text; name a file with -o")
    else:
        _write_lines(answer, stream)


def drawn(answer: duckdb.DuckDBPyRelation, columns: int, rows: int) -> str:
    """The table as DuckDB draws it, at most so wide and long, without characters that control a terminal."""
    with redirect_stdout(io.StringIO()) as drawing:
        answer.show(max_width=columns, max_rows=rows)
    return "".join(printable(line) + "\n" for line in drawing.getvalue().splitlines())


class _TerminalText(io.TextIOBase):
    """Passes text on to a terminal without the characters that control it."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal

    def write(self, text: str) -> int:
        return self._terminal.write(printable(text))


def _write_csv(answer: duckdb.DuckDBPyRelation, stream: TextIO | io.TextIOBase) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(answer.columns)
    while rows := answer.fetchmany(FETCHED_ROWS):
        writer.writerows([_csv_cell(value) for value in row] for row in rows)


def _csv_cell(value: object) -> object:
    """Lists and structs as JSON, booleans in lower case as DuckDB writes them."""
    if isinstance(value, list | dict):
        return json_text(value)
    return str(value).lower() if isinstance(value, bool) else value


def _write_lines(answer: duckdb.DuckDBPyRelation, stream: TextIO | io.TextIOBase) -> None:
    for line in _objects(answer):
        stream.write(f"{line}\n")


def _write_array(answer: duckdb.DuckDBPyRelation, stream: TextIO) -> None:
    separator = "[\n"
    for line in _objects(answer):
        stream.write(separator + line)
        separator = ",\n"
    stream.write("[]\n" if separator == "[\n" else "\n]\n")


def _objects(answer: duckdb.DuckDBPyRelation) -> Iterator[str]:
    names: list[str] = answer.columns
    if len(set(names)) < len(names):
        raise NewsledgerError("two columns have the same name; rename one with `as` for JSON")
    while rows := answer.fetchmany(FETCHED_ROWS):
        for row in rows:
            values: dict[str, Any] = dict(zip(names, row, strict=True))
            yield json_text(values)
