"""The event of a failed Airflow task, made from what Airflow passes to a callback."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipeline.events import RunFailed

PRODUCER = "airflow@1"

MAX_ERROR_CHARS = 1_000
"""Maximum length of the error's text in the event."""

_NOT_MAPPED = -1
_TERMINAL_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_PASSWORD = re.compile(r"(?<=://)[^/\s@]+@")


def run_failed(context: Mapping[str, Any], now: datetime) -> RunFailed:
    """The event of the task in the context of an `on_failure_callback`."""
    task = context["task_instance"]
    run_id = context["run_id"]
    map_index = getattr(task, "map_index", _NOT_MAPPED)
    return RunFailed(
        stream=f"run:{task.dag_id}/{run_id}",
        occurred_at=now,
        producer=PRODUCER,
        dag_id=task.dag_id,
        task_id=task.task_id,
        map_index=None if map_index is None or map_index == _NOT_MAPPED else map_index,
        label=getattr(task, "rendered_map_index", None),
        try_number=task.try_number,
        error=described(context.get("exception")),
    )


def described(error: BaseException | str | None) -> str:
    """One line without colours, control characters, and passwords in addresses.

    Airflow passes the exception, or only a text if the task's process died.
    """
    if error is None:
        return "the task ended without an error of its own"
    text = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else error
    seen = "".join(char if char.isprintable() else " " for char in _TERMINAL_SEQUENCE.sub("", text))
    line = _PASSWORD.sub("…@", " ".join(seen.split()))
    return line if len(line) <= MAX_ERROR_CHARS else f"{line[: MAX_ERROR_CHARS - 1]}…"
