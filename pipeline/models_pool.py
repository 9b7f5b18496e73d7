"""Airflow's pool for the tasks that write the models' build file. It is light, because DAG files import it."""

from __future__ import annotations

from collections.abc import Mapping

MODELS_POOL = "newsledger_models"
"""One slot, so that two runs never build the models at once, and nothing is pruned meanwhile."""
POOL: Mapping[str, object] = {"name": MODELS_POOL, "slots": 1, "description": "One model build at a time"}
"""The pool as Airflow's REST API creates it."""


def models_pool_command() -> list[str]:
    """The command that creates the pool, for Compose. It takes as long as Airflow's imports."""
    return ["airflow", "pools", "set", *map(str, POOL.values())]
