"""Locks between runs and erasures. A run that began before an erasure could still archive what is erased, so an erasure
waits for the end of all runs, and those that begin meanwhile wait for its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from pipeline.errors import LedgerLocked
from pipeline.settings import Settings
from pipeline.shared_locks import SharedLock, shared_locks
from pipeline.steps.run.host_locks import LONGEST_WAIT_SECONDS, NOTICE_SECONDS, POLL_SECONDS
from pipeline.stopping import stop_if_asked

log = structlog.get_logger()

_RUNS = "runs"
"""Shared by all runs; an erasure has it alone."""
_ERASURE = "erasure"
"""An erasure has it while it waits for the runs, too."""


@contextmanager
def while_nothing_is_erased(settings: Settings) -> Iterator[None]:
    """A run. Raises LedgerLocked if an erasure takes longer than `LONGEST_WAIT_SECONDS`, StorageError."""
    with shared_locks(settings, settings.data) as locks:
        erasure, runs = locks.share(_ERASURE), locks.share(_RUNS)

        def begin() -> bool:
            if not erasure.try_acquire():
                return False
            try:
                return runs.try_acquire()
            finally:
                erasure.release()

        if not _waited(begin, "waiting_for_an_erasure", LONGEST_WAIT_SECONDS):
            raise LedgerLocked(f"an erasure has taken {LONGEST_WAIT_SECONDS:g} s; nothing was recorded, try again")
        yield


@contextmanager
def while_nothing_runs(settings: Settings, longest_wait_seconds: float) -> Iterator[None]:
    """An erasure. Raises LedgerLocked if runs take longer than the longest wait, StorageError."""
    with (
        shared_locks(settings, settings.data) as locks,
        _held(locks.lock(_ERASURE), longest_wait_seconds),
        _held(locks.lock(_RUNS), longest_wait_seconds),
    ):
        yield


@contextmanager
def _held(lock: SharedLock, longest_wait_seconds: float) -> Iterator[None]:
    if not _waited(lock.try_acquire, "waiting_for_runs", longest_wait_seconds):
        raise LedgerLocked(
            f"other runs have not ended within {longest_wait_seconds:g} s, and might record what is to be erased;"
            " nothing was erased, try again when they have ended"
        )
    try:
        yield
    finally:
        lock.release()


def _waited(try_acquire: Callable[[], bool], notice: str, longest_wait_seconds: float) -> bool:
    """True as soon as it is acquired, False when the longest wait is over."""
    began, is_noticed = time.monotonic(), False
    while not try_acquire():
        stop_if_asked()
        waited_seconds = time.monotonic() - began
        if waited_seconds >= longest_wait_seconds:
            return False
        if waited_seconds >= NOTICE_SECONDS and not is_noticed:
            log.warning(notice)
            is_noticed = True
        time.sleep(POLL_SECONDS)
    return True
