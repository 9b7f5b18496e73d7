"""Turns: several runs share a step's pending work, and none does what another one has done.

A run takes what is pending in turns of limited size. During a turn it holds the step's lock, so a second run waits, and
then finds pending only what the first one has left. The lock of a killed process is free.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

import structlog

from pipeline.events import Event
from pipeline.settings import Settings
from pipeline.shared_locks import shared_locks
from pipeline.steps.run.host_locks import GIVE_WAY_SECONDS, LONGEST_WAIT_SECONDS, NOTICE_SECONDS, POLL_SECONDS
from pipeline.steps.run.stores import StepResult, Stores

log = structlog.get_logger()

T = TypeVar("T")

TURN_TASKS = 1_000
"""Maximum number of pages or texts in one turn: about half a minute of work on two cores."""


def work_off(
    stores: Stores,
    step: str,
    pending: Callable[[], Sequence[T]],
    outcomes: Callable[[Sequence[T]], Iterable[Sequence[Event] | str]],
    *,
    key: Callable[[T], UUID],
    turn_tasks: int = TURN_TASKS,
) -> StepResult:
    """Process everything that `pending` returns, and append the events.

    `outcomes` processes tasks; for each it gives the events, or a problem as text. A task with a problem stays pending
    and is not tried again by this run; `key` tells tasks apart. If another run keeps the lock for longer than
    `LONGEST_WAIT_SECONDS`, a notice says so, and the rest is left to the next run.
    """
    result, tried = StepResult({}), set[UUID]()
    while True:
        try:
            with _turn(stores.settings, step):
                waiting = [task for task in pending() if key(task) not in tried]
                tasks = waiting[:turn_tasks]
                result += stores.record_each(step, outcomes(tasks), done=len(tried), total=len(tried) + len(waiting))
        except TimeoutError:
            held = f"another run has held its lock for {LONGEST_WAIT_SECONDS:g} seconds"
            return result + StepResult({}, notices=(f"{step}: put off, {held}",))
        if len(tasks) == len(waiting):
            return result
        tried |= {key(task) for task in tasks}
        time.sleep(GIVE_WAY_SECONDS)


@contextmanager
def _turn(settings: Settings, step: str) -> Iterator[None]:
    """Hold the step's lock. Raises TimeoutError."""
    with shared_locks(settings, settings.data) as locks:
        lock = locks.lock(step)
        began, is_noticed = time.monotonic(), False
        while not lock.try_acquire():
            waited_seconds = time.monotonic() - began
            if waited_seconds >= LONGEST_WAIT_SECONDS:
                raise TimeoutError(step)
            if waited_seconds >= NOTICE_SECONDS and not is_noticed:
                log.warning("waiting_for_another_run", step=step)
                is_noticed = True
            time.sleep(POLL_SECONDS)
        try:
            yield
        finally:
            lock.release()
