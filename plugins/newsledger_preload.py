"""Libraries that Airflow's scheduler loads once, so that its tasks, which are forks of it, need not load them again."""

from __future__ import annotations

from importlib import import_module

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

LIBRARIES = (
    *("aiohttp", "dotenv", "fastwarc", "feedparser", "filelock", "lxml.html", "msgspec"),
    *("numpy", "pydantic_settings", "stamina", "structlog", "tld", "trafilatura"),
)
"""Only libraries that start no thread, because a fork copies the locks of threads without the threads. numpy is one
with OPENBLAS_NUM_THREADS=1; DuckDB and pyarrow are not. newsledger's own modules are not here, so that a task runs the
code as it is when the task starts."""


class Preload:
    @hookimpl
    def on_starting(self, component: object) -> None:
        """Called when a scheduler or DAG processor starts, before it has any process; and in tasks, where it does
        nothing new."""
        for library in LIBRARIES:
            import_module(library)


class NewsledgerPreload(AirflowPlugin):
    name = "newsledger_preload"
    listeners = [Preload()]  # noqa: RUF012
