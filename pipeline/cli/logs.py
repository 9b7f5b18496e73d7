"""The log of a run, on standard error: for people on a terminal, `key=value` elsewhere, JSON lines on demand."""

from __future__ import annotations

import logging

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from pipeline.cli import console
from pipeline.settings import LogFormat, LogLevel


class _Lines:
    """Where structlog's rendered lines go: past the progress bars, and without what would steer a terminal."""

    def msg(self, line: str) -> None:
        console.say(line)

    debug = info = warning = error = critical = exception = msg


def configure_logs(log_format: LogFormat, level: LogLevel) -> None:
    """What is below the level is left out."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _without_nothing,
            _renderer(log_format),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: _Lines(),
        cache_logger_on_first_use=False,
    )


def _renderer(log_format: LogFormat) -> Processor:
    if log_format is LogFormat.JSON:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    if console.err.is_terminal:
        return structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    return structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], drop_missing=True)


def _without_nothing(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    return {key: value for key, value in event.items() if value is not None}
