"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path | None, typer.Option("--data", help="Data directory (NEWSLEDGER_DATA; default ./data).", show_default=False)
]
SourcesFile = Annotated[
    Path | None,
    typer.Option("--sources", help="The sources (NEWSLEDGER_SOURCES; default ./sources.toml).", show_default=False),
]
SourceIds = Annotated[
    list[str] | None, typer.Option("--source", help="Only this source; may be repeated.", show_default=False)
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", min=1, help="Worker processes (default: all cores).", show_default=False)
]


class OutputFormat(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"
