"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", help="Data directory (default $NEWSLEDGER_DATA, else ./data).", show_default=False
    ),
]
SourcesPath = Annotated[
    Path | None,
    typer.Option(
        "--sources",
        metavar="FILE",
        help="File of the sources (default $NEWSLEDGER_SOURCES, else ./sources.toml).",
        show_default=False,
    ),
]
SourceIds = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="ID", help="Only this source; can be repeated.", show_default=False),
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", min=1, help="Number of worker processes (default: all cores).", show_default=False),
]
