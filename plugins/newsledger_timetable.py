"""The timetable of the daily runs, whose run ids name the day that a run is about, and no other date."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from airflow.plugins_manager import AirflowPlugin
from airflow.timetables.base import DataInterval
from airflow.timetables.trigger import CronPartitionTimetable
from airflow.utils.types import DagRunType
from pendulum import DateTime


class DayTimetable(CronPartitionTimetable):
    """A run for each day, at the midnight that ends it; the day is the run's partition key: `2026-03-14`."""

    def __init__(self) -> None:
        super().__init__("0 0 * * *", timezone="UTC", run_offset=-1, key_format="%Y-%m-%d")

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> DayTimetable:
        return cls()

    def serialize(self) -> dict[str, Any]:
        return {}

    def generate_run_id(
        self, *, run_type: DagRunType, run_after: DateTime, data_interval: DataInterval | None, **extra: Any
    ) -> str:
        """`scheduled__2026-03-14__1c9f03ab`. Airflow's own has two days in it, first the one on which the run starts.

        For a run that a person triggers, Airflow gives no key, but if it was given a logical date, a `data_interval`
        that begins there (at `run_after` in `airflow dags trigger`). Else the id says that its date is of the trigger.
        """
        day = extra.get("partition_key")
        if day is None and data_interval is not None and data_interval.start != run_after:
            day = f"{data_interval.start.in_timezone('UTC'):%Y-%m-%d}"
        triggered = f"triggered_{run_after.in_timezone('UTC'):%Y-%m-%dT%H:%M:%S}"
        return run_type.generate_run_id(suffix=f"{day or triggered}__{secrets.token_hex(4)}")

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        """Airflow's form and REST API call this with the logical date that a person has given.

        Raises ValueError for one in the future, because no task would start before it; Airflow answers with the text.
        """
        if run_after > datetime.now(UTC):
            raise ValueError(f"the logical date, {run_after:%Y-%m-%d %H:%M}, is in the future: leave it empty")
        return super().infer_manual_data_interval(run_after=run_after)


class NewsledgerTimetable(AirflowPlugin):
    name = "newsledger_timetable"
    timetables = [DayTimetable]  # noqa: RUF012
