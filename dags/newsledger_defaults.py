"""The arguments that all DAGs share: retries and limits of their tasks, and callbacks after a task or run has ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from newsledger_notifiers import configured_notifiers


def record_failure(context: Mapping[str, Any]) -> None:
    from pipeline.run_failures import record_failure

    record_failure(context)


def record_run_failure(context: Mapping[str, Any]) -> None:
    from pipeline.run_failures import record_run_failure

    record_run_failure(context)


def record_run_success(context: Mapping[str, Any]) -> None:
    from pipeline.run_failures import record_run_success

    record_run_success(context)


DEFAULT_ARGS: Mapping[str, Any] = {
    "owner": "newsledger",
    "retries": 2,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": 2,  # times as long
    "max_retry_delay": timedelta(minutes=15),
    "execution_timeout": timedelta(hours=2),
    "on_failure_callback": record_failure,
}
NOT_AT_ONCE = timedelta()
"""`run_immediately` of the DAGs whose first run can wait for its time, so that a new installation starts with
`ingest_daily` alone. It counts for DAGs without a start date."""
DAG_ARGS: Mapping[str, Any] = {
    "catchup": False,
    "default_args": DEFAULT_ARGS,
    "on_failure_callback": [record_run_failure, *configured_notifiers()],
    "on_success_callback": record_run_success,
}
