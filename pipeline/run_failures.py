"""Events about failed Airflow tasks and runs, and about their success afterwards, made from what callbacks get."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog

from pipeline.display import without_logins
from pipeline.events import Event, RunFailed, RunSucceeded
from pipeline.interval import utc_minute
from pipeline.ledger import Ledger, Run
from pipeline.ledger.log import utc_now
from pipeline.prerequisites import installed_settings

log = structlog.get_logger()

PRODUCER = "airflow@1"

MAX_ERROR_CHARS = 1_000
"""Maximum length of the error's text in the event."""

ASKED_FOR = timedelta(days=2)
"""How long after its failure a run is asked about. An older failure is no concern any more."""

_NOT_MAPPED = -1
_TASK_FAILED, _TIMED_OUT = "task_failure", "timed_out"
"""Airflow's reasons for the failure of a run. The others are about the run as a whole, too."""
_TERMINAL_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


def record_failure(context: Mapping[str, Any]) -> None:
    """Record that a task failed after its retries, and end its log with the error. Never raises."""
    _record(lambda _: [run_failed(context, utc_now())], context)
    log.error(described(context.get("exception")))


def record_run_failure(context: Mapping[str, Any]) -> None:
    """Record that a run was ended as a whole, for example because it took too long. Never raises.

    If a task of it has failed, that task has an event.
    """
    if context.get("reason") != _TASK_FAILED:
        _record(lambda _: [whole_run_failed(context, utc_now())], context)


def record_run_success(context: Mapping[str, Any]) -> None:
    """Record that a run ended well, if a failure of it is recorded. Never raises."""
    if _times_cleared(context) != 0:  # otherwise no task of it has failed for good
        _record(lambda ledger: run_succeeded(ledger, context["dag"].dag_id, context["run_id"], utc_now()), context)


def record_later_successes(has_succeeded: Callable[[str, str], bool]) -> None:
    """Record which of the failed runs are successful now, according to `has_succeeded` of a DAG's id and a run's.

    Airflow calls nothing that may write into the ledger when a person marks a run as success. Never raises.
    """
    with _unless_it_fails(), _ledger() as ledger:
        failed = ledger.select(_FailedRun, "failed_tasks", since=utc_now() - ASKED_FOR)
        for dag_id, run_id in {(run.dag_id, run.run_id) for run in failed if run.succeeded_at is None}:
            if has_succeeded(dag_id, run_id):
                ledger.append(run_succeeded(ledger, dag_id, run_id, utc_now()), Run(run_id))


def _record(events_of: Callable[[Ledger], Sequence[Event]], context: Mapping[str, Any]) -> None:
    with _unless_it_fails(), _ledger() as ledger:
        ledger.append(events_of(ledger), Run(context["run_id"]))


def _ledger() -> Ledger:
    settings = installed_settings()
    return Ledger.open(settings.ledger_catalog, lock_timeout_seconds=settings.lock_timeout_seconds)


@contextmanager
def _unless_it_fails() -> Iterator[None]:
    """Log an error that occurs meanwhile: a task's log must show the task's own error."""
    try:
        yield
    except Exception as exc:  # noqa: BLE001  # any error
        log.warning("run_not_recorded", reason=described(exc))


def run_failed(context: Mapping[str, Any], now: datetime) -> RunFailed:
    """The event of the task in the context of an `on_failure_callback`."""
    task = context["task_instance"]
    map_index = getattr(task, "map_index", _NOT_MAPPED)
    return RunFailed(
        stream=_stream(task.dag_id, context["run_id"]),
        occurred_at=now,
        producer=PRODUCER,
        dag_id=task.dag_id,
        task_id=task.task_id,
        map_index=None if map_index is None or map_index == _NOT_MAPPED else map_index,
        label=getattr(task, "rendered_map_index", None),
        try_number=task.try_number,
        error=described(context.get("exception")),
    )


def whole_run_failed(context: Mapping[str, Any], now: datetime) -> RunFailed:
    """The event of the run in the context of a DAG's `on_failure_callback`."""
    dag, task = context["dag"], context.get("task_instance")
    reason = f"took longer than {dag.dagrun_timeout} and was ended" if context["reason"] == _TIMED_OUT else None
    unfinished = f"; its task {task.task_id} had not finished" if task else ""
    logical_date = getattr(context.get("dag_run"), "logical_date", None)
    if logical_date is not None and logical_date > now:
        unfinished = f"; it waited for its logical date, {utc_minute(logical_date)}: leave this date empty"
    return RunFailed(
        stream=_stream(dag.dag_id, context["run_id"]),
        occurred_at=now,
        producer=PRODUCER,
        dag_id=dag.dag_id,
        task_id=None,
        try_number=(_times_cleared(context) or 0) + 1,
        error=described(f"{reason or context['reason']}{unfinished}"),
    )


class _Recorded(msgspec.Struct, frozen=True):
    event_id: UUID


class _FailedRun(msgspec.Struct, frozen=True):
    dag_id: str
    run_id: str
    succeeded_at: datetime | None


def run_succeeded(ledger: Ledger, dag_id: str, run_id: str, now: datetime) -> list[RunSucceeded]:
    """The event of a run that ended well; empty if no failure of it is recorded."""
    stream = _stream(dag_id, run_id)
    return [
        RunSucceeded(stream=stream, occurred_at=now, producer=PRODUCER, caused_by=failure.event_id, dag_id=dag_id)
        for failure in ledger.select(_Recorded, "last_failure_of_run", stream=stream)
    ]


def _stream(dag_id: str, run_id: str) -> str:
    return f"run:{dag_id}/{run_id}"


def _times_cleared(context: Mapping[str, Any]) -> int | None:
    """How often tasks of the run were cleared; None if Airflow does not say."""
    return getattr(context.get("dag_run"), "clear_number", None)


def described(error: BaseException | str | None) -> str:
    """One line without colours, control characters, and passwords in addresses.

    Airflow passes the exception, or only a text if the task's process died.
    """
    if error is None:
        return "the task ended without an error of its own"
    text = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else error
    seen = "".join(char if char.isprintable() else " " for char in _TERMINAL_SEQUENCE.sub("", text))
    line = without_logins(" ".join(seen.split()))
    return line if len(line) <= MAX_ERROR_CHARS else f"{line[: MAX_ERROR_CHARS - 1]}…"
