"""Airflow's notifiers for the names in NEWSLEDGER_NOTIFY, and the message that they send of a failed run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from functools import cache
from importlib import import_module
from typing import Any

from pipeline.errors import SettingsError
from pipeline.notifiers import NOTIFIERS, require_notifiers
from pipeline.settings import load_settings

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


@cache  # a task needs them twice: its DAG has them, and the task fails if one does not exist
def notifiers(names: tuple[str, ...]) -> list[Callable[[Mapping[str, Any]], None]]:
    """Airflow's notifiers for these names, such as `smtp:desk@example.org`. Raises SettingsError."""
    require_notifiers(names)
    return [_notifier(*name.partition(":")[::2]) for name in names]


def configured_notifiers() -> list[Callable[[Mapping[str, Any]], None]]:
    """Those in the settings, as a DAG calls them; none if a setting is wrong."""
    try:
        return [_unrendered(notifier) for notifier in notifiers(load_settings().notify)]
    except SettingsError:
        return []  # the first task of each run says what is wrong


def _notifier(kind: str, to: str) -> Any:
    module, name = NOTIFIERS[kind]
    try:
        notifier = getattr(import_module(module), name)
    except ImportError:
        raise SettingsError(f"NEWSLEDGER_NOTIFY: install apache-airflow-providers-{kind} for {kind!r}") from None
    if kind == "smtp":
        return notifier(to=to, subject=_SUBJECT, html_content="<br>\n".join(_LINES))
    return notifier(text=_TEXT) if kind == "slack" else notifier(title=_SUBJECT, body=_TEXT)


def _unrendered(notifier: Callable[[Mapping[str, Any]], None]) -> Callable[[Mapping[str, Any]], None]:
    """Airflow renders a notifier's templates in place. If two runs fail at the same time, one process is told of both,
    and its second message would have the text of the first."""
    return lambda context: copy(notifier)(context)
