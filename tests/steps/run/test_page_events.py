"""When a page that could not be captured is asked for again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.steps.run.page_events import next_attempt_at

FAILED_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("failures", "retry_after", "pause"),
    [
        (1, None, 15 * MINUTE),
        (2, None, HOUR),
        (3, None, 4 * HOUR),
        (4, None, 16 * HOUR),
        (1, MINUTE, 15 * MINUTE),
        (1, 2 * HOUR, 2 * HOUR),
        (4, 2 * HOUR, 16 * HOUR),
        (40, None, 64 * HOUR),
    ],
)
def test_pauses_grow_and_are_never_shorter_than_the_server_asked(
    failures: int, retry_after: timedelta | None, pause: timedelta
) -> None:
    retry_at = FAILED_AT + retry_after if retry_after else None
    assert next_attempt_at(failures, FAILED_AT, retry_at) == FAILED_AT + pause
