"""The Airflow run that a task belongs to: its interval and its parameters, read from the task's context."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, Self

import msgspec

from pipeline.errors import SettingsError
from pipeline.interval import Interval
from pipeline.ledger.log import utc_now
from pipeline.steps.run.run_interval import manual_interval

BACKFILL_RUN = "backfill"
"""Airflow's run type for runs that a backfill has created or repeated."""
MANUAL_RUN = "manual"
"""Airflow's run type for runs that a person triggered: in Airflow's web interface, by its command, or over REST."""


class RunParams(msgspec.Struct, frozen=True):
    """The parameters of `ingest_daily`. Each has a default, which null stands for, because a backfill may send none."""

    sources: tuple[str, ...] = ()
    """Source ids; empty means all."""
    recover: bool = True
    """For a past interval: search the sources' history for missing articles, and fetch them."""
    replay: bool = True
    """For a past interval: process archived captures that the current extractor and annotators have not processed."""


class DagRun(msgspec.Struct, frozen=True, kw_only=True):
    """The Airflow run that a task belongs to."""

    run_id: str
    interval: Interval
    """The time that the run is about."""
    started_at: datetime
    """Time of the latest start: a run that is cleared, by hand or by a backfill, starts again under the same id."""
    run_type: str = ""
    params: RunParams = RunParams()

    @property
    def day(self) -> str:
        """The day on which the run's interval begins, written as a partition key: `2026-03-14`."""
        return self.interval.start.date().isoformat()

    @classmethod
    def of(cls, context: Mapping[str, Any], period: timedelta = timedelta(days=1)) -> Self:
        """The run that a task belongs to, from the task's context; `period` is the schedule's.

        Raises SettingsError if a parameter is not of its type, or if nothing says which interval the run is about.
        """
        dag_run, params = context["dag_run"], context["params"]
        try:
            given = msgspec.convert({name: params[name] for name in params if params[name] is not None}, RunParams)
        except msgspec.ValidationError as exc:
            raise SettingsError(f"the run's parameters: {exc}") from exc
        started_at = _plain(dag_run.start_date) or utc_now()
        return cls(
            run_id=context["run_id"],
            interval=_interval(context, period, started_at),
            started_at=started_at,
            run_type=dag_run.run_type,
            params=given,
        )


def require_known_params(context: Mapping[str, Any]) -> None:
    """Raises SettingsError if the run was given a parameter that its DAG does not take: Airflow ignores it."""
    dag = context["dag"]
    known = sorted(dag.params)
    for name in context["dag_run"].conf or {}:
        if name not in known:
            takes = f"the nearest known are: {', '.join(get_close_matches(name, known, 3, cutoff=0))}"
            raise SettingsError(
                f"unknown parameter {name!r} of {dag.dag_id}; {takes if known else 'it takes no parameters'}"
            )


def _interval(context: Mapping[str, Any], period: timedelta, started_at: datetime) -> Interval:
    """The partition that the run is about (`ingest_daily`: a day), else its data interval."""
    dag_run = context["dag_run"]
    partition = _plain(dag_run.partition_date)
    if partition is not None:
        _require_begun(partition, dag_run.partition_key)
        return Interval(partition, partition + period)
    start, end = _plain(context.get("data_interval_start")), _plain(context.get("data_interval_end"))
    given = Interval(start, end) if start is not None and end is not None else None
    if dag_run.run_type == MANUAL_RUN:
        return manual_interval(_plain(context.get("logical_date")), given, now=started_at, period=period)
    if given is None:
        raise SettingsError("the run has neither a partition nor a data interval; trigger it with a partition key")
    return given


def _require_begun(day: datetime, key: str) -> None:
    """Raises SettingsError for a day that has not begun, and for a key that Airflow accepts, but under which nobody
    finds the day: `2026-3-14`."""
    if key != f"{day:%Y-%m-%d}":
        raise SettingsError(f"partition key {key!r}: write this day as {day:%Y-%m-%d}")
    if day > utc_now():
        raise SettingsError(f"partition key {key!r}: this day has not begun")


def _plain(at: datetime | None) -> datetime | None:
    """A plain datetime in UTC: Airflow's are pendulum's, whose differences are not full timedeltas."""
    return datetime.fromisoformat(at.isoformat()).astimezone(UTC) if at is not None else None
