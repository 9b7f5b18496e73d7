"""The decorator of all tasks: which errors end a task without a retry, and what the first task of each run checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ContextDecorator, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Variable, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException
from newsledger_notifiers import notifiers

from pipeline.errors import MISTAKES, NewsledgerError, SettingsError, SourcesError
from pipeline.settings import load_settings

if TYPE_CHECKING:
    from pipeline.dag_run import DagRun

LEDGER_SEEN = "newsledger_ledger"
"""Variable with the ledger that the DAGs record into, as soon as there is one."""


def this_run(period: timedelta = timedelta(days=1)) -> DagRun:
    """The run of the task that calls this; `period` is its schedule's."""
    from pipeline.dag_run import DagRun

    return DagRun.of(get_current_context(), period)


@contextmanager
def mistakes_fail_at_once(but: tuple[type[NewsledgerError], ...] = ()) -> Iterator[None]:
    """Fail the task without a retry if a person has to correct something, `but` for these errors."""
    try:
        yield
    except but:
        raise
    except MISTAKES as exc:
        raise AirflowFailException(str(exc)) from None


@contextmanager
def later_task() -> Iterator[None]:
    """For the tasks after the first: sources.toml and the settings were right when the run began. If they are not now,
    somebody is editing them, so the task is tried again."""
    with mistakes_fail_at_once(but=(SourcesError, SettingsError)):
        yield


@contextmanager
def first_task() -> Iterator[None]:
    """For the first task of each run: fail at once if a setting, sources.toml or a parameter is wrong, or if the ledger
    that was seen is gone. Then record which failed runs a person has marked as success.

    Airflow's Variable has the ledger, because it outlives the data directory.
    """
    from pipeline.dag_run import require_known_params
    from pipeline.prerequisites import require_installation
    from pipeline.run_failures import record_later_successes

    with mistakes_fail_at_once():
        require_known_params(get_current_context())
        notifiers(load_settings().notify)
        seen = Variable.get(LEDGER_SEEN, default=None)
        found = require_installation(seen)
        if found != seen:
            Variable.set(LEDGER_SEEN, found, "The ledger into which newsledger's DAGs record. Runs fail if it is gone.")
        record_later_successes(_has_succeeded)
        yield


def _has_succeeded(dag_id: str, run_id: str) -> bool:
    """False also for a run that Airflow does not know."""
    asked: int = get_current_context()["ti"].get_dr_count(dag_id=dag_id, run_ids=[run_id], states=["success"])
    return asked > 0


def step(guard: Callable[[], ContextDecorator] = later_task, **options: Any) -> Callable[..., Any]:
    """The decorator of all tasks. The function's docstring is shown on the page of its task.

    Airflow would store each value of a returned mapping as a value of its own, and show no docstring of a mapped task.
    """
    return lambda function: task(multiple_outputs=False, doc_md=function.__doc__, **options)(guard()(function))
