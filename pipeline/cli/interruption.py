"""The one line that a command prints after ctrl-C or SIGTERM: it says what is there now, and what to run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from pipeline.errors import NewsledgerError

P = ParamSpec("P")
R = TypeVar("R")

INTERRUPTED = 130
"""Exit status: 128 + SIGINT, as shells report it."""
_DUCKDB_INTERRUPTED = "Query interrupted"
"""Message of the RuntimeError that DuckDB raises instead of KeyboardInterrupt when ctrl-C stops a query."""


class Interrupted(NewsledgerError):
    """The command was interrupted; the message says what is there now and what to run."""


@contextmanager
def interruption(left: Callable[[], str]) -> Iterator[None]:
    """Raise Interrupted with what `left` says if the block is interrupted."""
    try:
        yield
    except KeyboardInterrupt as exc:
        raise Interrupted(left()) from exc
    except RuntimeError as exc:
        if str(exc) != _DUCKDB_INTERRUPTED:
            raise
        raise Interrupted(left()) from exc
    except SystemExit as exc:
        if exc.code != INTERRUPTED:
            raise
        raise Interrupted(left()) from exc


def recording_nothing(command: Callable[P, R]) -> Callable[P, R]:
    """The command, with the sentence for one that leaves nothing to resume."""

    @wraps(command)
    def run(*args: P.args, **options: P.kwargs) -> R:
        with interruption(lambda: "run the same command again"):
            return command(*args, **options)

    return run
