"""What the DAGs have in common: defaults of their tasks, what happens after a failure, pool, asset, known sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ContextDecorator, contextmanager
from copy import copy
from datetime import timedelta
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, Variable, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from pipeline.errors import MISTAKES, NewsledgerError, SettingsError, SourcesError
from pipeline.notifiers import NOTIFIERS, require_notifiers
from pipeline.settings import load_settings
from pipeline.sources import load_sources

if TYPE_CHECKING:
    from pipeline.dag_run import DagRun

NEWS = Asset(name="news.duckdb", uri="newsledger://news.duckdb", group="newsledger")
"""The published tables. The counts of each publication are the event's `extra`."""
LEDGER_SEEN = "newsledger_ledger"
"""Variable with the ledger that the DAGs record into, as soon as there is one."""
MODELS_POOL = "newsledger_models"
"""One slot, so that two runs never build the models at once, and nothing is pruned meanwhile."""

_SUBJECT = "{{ dag.dag_id }} failed"
_LINES = (
    "{{ dag.dag_id }}{% if dag_run and dag_run.partition_key %} of {{ dag_run.partition_key }}{% endif %}"
    " {{ 'took too long and was ended' if reason == 'timed_out' else 'failed' }}"
    "{% if ti %} in its task {{ ti.task_id }}{% endif %}.",
    "{% if ti %}Log: {{ ti.log_url }}{% else %}Run: {{ run_id }}, {{ reason }}{% endif %}",
    "`newsledger sql run_failures` lists all failed tasks with their errors.",
)
"""Airflow names a task unless the run was failed as a whole, for example because it took too long."""
_TEXT = "\n".join(_LINES)


def record_failure(context: Mapping[str, Any]) -> None:
    from pipeline.run_failures import record_failure

    record_failure(context)


def record_run_failure(context: Mapping[str, Any]) -> None:
    from pipeline.run_failures import record_run_failure

    record_run_failure(context)


def record_run_success(context: Mapping[str, Any]) -> None:
    from pipeline.run_failures import record_run_success

    record_run_success(context)


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
    that was seen is gone.

    Airflow's Variable has the ledger, because it outlives the data directory.
    """
    from pipeline.dag_run import require_known_params
    from pipeline.prerequisites import require_installation

    with mistakes_fail_at_once():
        require_known_params(get_current_context())
        notifiers(load_settings().notify)
        seen = Variable.get(LEDGER_SEEN, default=None)
        found = require_installation(seen)
        if found != seen:
            Variable.set(LEDGER_SEEN, found, "The ledger into which newsledger's DAGs record. Runs fail if it is gone.")
        yield


def step(guard: Callable[[], ContextDecorator] = later_task, **options: Any) -> Callable[..., Any]:
    """The decorator of all tasks. Airflow would store each value of a returned mapping as a value of its own."""
    return lambda function: task(multiple_outputs=False, **options)(guard()(function))


def known_source_ids() -> list[str]:
    """The ids that the form offers. Empty if sources.toml cannot be read, because then the run says so."""
    try:
        return [source.id for source in load_sources(load_settings().sources)]
    except NewsledgerError:
        return []


@cache  # a task needs them twice: its DAG has them, and the task fails if one does not exist
def notifiers(names: tuple[str, ...]) -> list[Callable[[Mapping[str, Any]], None]]:
    """Airflow's notifiers for these names, such as `smtp:desk@example.org`. Raises SettingsError."""
    require_notifiers(names)
    return [_notifier(*name.partition(":")[::2]) for name in names]


def _notifier(kind: str, to: str) -> Any:
    module, name = NOTIFIERS[kind]
    try:
        notifier = getattr(import_module(module), name)
    except ImportError:
        raise SettingsError(f"NEWSLEDGER_NOTIFY: install apache-airflow-providers-{kind} for {kind!r}") from None
    if kind == "smtp":
        return notifier(to=to, subject=_SUBJECT, html_content="<br>\n".join(_LINES))
    return notifier(text=_TEXT) if kind == "slack" else notifier(title=_SUBJECT, body=_TEXT)


def _configured_notifiers() -> list[Callable[[Mapping[str, Any]], None]]:
    try:
        return [_unrendered(notifier) for notifier in notifiers(load_settings().notify)]
    except SettingsError:
        return []  # the first task of each run says what is wrong


def _unrendered(notifier: Callable[[Mapping[str, Any]], None]) -> Callable[[Mapping[str, Any]], None]:
    """Airflow renders a notifier's templates in place. If two runs fail at the same time, one process is told of both,
    and its second message would have the text of the first."""
    return lambda context: copy(notifier)(context)


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
    "on_failure_callback": [record_run_failure, *_configured_notifiers()],
    "on_success_callback": record_run_success,
}
