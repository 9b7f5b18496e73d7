"""Pages that are visited again: a run after some time, and what it recorded."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from pipeline.settings import Settings
from pipeline.steps.revisit import due_pages, revisit_source
from pipeline.steps.run.progress import OnProgress, ignore_progress
from pipeline.steps.run.stores import StepResult, Stores
from pipeline.steps.run.visits import polite_client
from tests.worlds.world import World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def look(world: World, on_progress: OnProgress = ignore_progress) -> StepResult:
    """A run that does nothing but look at what is due."""

    async def run(stores: Stores) -> StepResult:
        async with polite_client(world.settings, [world.source], stores.now) as client:
            return await revisit_source(stores, client, world.source)

    with world.stores(on_progress) as stores:
        return asyncio.run(run(stores))


def looks(world: World, path: str = "/a") -> list[dict[str, Any]]:
    return world.rows(f"select * from ledger.article_revisited where article_id = '{world.id(path)}' order by position")


def outcomes(world: World, path: str = "/a") -> list[tuple[Any, ...]]:
    return [(row["outcome"], row["status"], row["reason"], row["attempt"]) for row in looks(world, path)]


def due(world: World) -> int:
    with world.stores() as stores:
        return len(due_pages(stores.ledger, world.settings.revisit_after, stores.now(), [world.source.id], 99))


def looks_again(world: World) -> None:
    """By the default schedule."""
    world.settings = world.settings.model_copy(update={"revisit_after": Settings().revisit_after})
