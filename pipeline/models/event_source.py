"""Declare schemas `events` and `touched` to dbt as sources.

`events` has a table for each event type, with its description and its rules; `touched` has the events of the articles
that a build writes again, and which these are (see pipeline/models/touched.py).

dbt reads sources only from files, so one is written into the data directory before each run. It follows from the event
types alone and is the same at every build of one version, so dbt need not parse the project again. It declares no data
tests: dbt would write their compiled code beside the file. sql/tests/events_are_valid.sql tests the rules instead.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.events import EVENT_TYPES, Event, event_type
from pipeline.models.event_docs import accepted_values, describe, required_columns

TOUCHED_TABLES = (
    *("span", "addresses", "word_changes_before"),
    *("persons_before", "news_days_before", "sighted_before", "days_before"),
)


def write_event_source(folder: Path) -> None:
    """Write `events.yml` into the folder, unless it is there already."""
    text = event_source()
    file = folder / "events.yml"
    if not file.exists() or file.read_text("utf-8") != text:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def event_source() -> str:
    """The declaration as YAML."""
    events = {
        "name": "events",
        "description": "Copies of the ledger's events; one table per event type.",
        "tables": [_table(cls) for cls in EVENT_TYPES],
    }
    touched = {
        "name": "touched",
        "description": "What a build writes again, and the events that it needs for that.",
        "tables": [{"name": name} for name in (*TOUCHED_TABLES, *map(event_type, article_types()))],
    }
    return json.dumps({"sources": [events, touched]}, indent=2)  # JSON is YAML


def article_types() -> list[type[Event]]:
    """The types of events about articles."""
    return [cls for cls in EVENT_TYPES if "article_id" in cls.__struct_fields__]


def _table(cls: type[Event]) -> dict[str, Any]:
    docs = describe(cls)
    rules = {
        "required": required_columns(cls),
        "accepted_values": accepted_values(cls),
        "references": dict(cls.REFERENCES),
    }
    return {
        "name": event_type(cls),
        "description": docs.table,
        "columns": [{"name": name, "description": text} for name, text in docs.columns.items()],
        "config": {"meta": rules},
    }
