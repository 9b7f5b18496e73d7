"""How many pages one reader gets: nobody who asks too often, or for too much at once, keeps the others waiting."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from threading import Lock
from time import monotonic

import msgspec

BURST = 300
"""Pages that a reader gets without a pause."""
PER_SECOND = 10.0
"""Pages a second after that."""
AT_ONCE = 8
"""Maximum number of a reader's pages that are worked on at the same time: a browser opens its tabs again at once."""
READERS_KNOWN = 10_000
"""The reader who was seen first is forgotten when there are more."""


class _Account(msgspec.Struct):
    pages: float
    """What the reader may still get at once."""
    seen_at: float
    working: int = 0


class ReaderLimits:
    """An account for each reader, which fills again while the reader is reading."""

    def __init__(
        self, burst: int = BURST, per_second: float = PER_SECOND, clock: Callable[[], float] = monotonic
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._accounts: OrderedDict[str, _Account] = OrderedDict()
        self._lock = Lock()

    def begin(self, reader: str) -> int:
        """Count a page. Returns 0, or for how many seconds the reader should wait first; then nothing is counted."""
        with self._lock:
            now = self._clock()
            account = self._accounts.setdefault(reader, _Account(self._burst, now))
            self._accounts.move_to_end(reader)
            if len(self._accounts) > READERS_KNOWN:
                self._accounts.popitem(last=False)
            account.pages = min(self._burst, account.pages + (now - account.seen_at) * self._per_second)
            account.seen_at = now
            if account.working >= AT_ONCE:
                return 1
            if account.pages < 1:
                return ceil((1 - account.pages) / self._per_second)
            account.pages -= 1
            account.working += 1
            return 0

    def end(self, reader: str) -> None:
        """The page that was begun is finished."""
        with self._lock:
            if reader in self._accounts:
                self._accounts[reader].working -= 1
