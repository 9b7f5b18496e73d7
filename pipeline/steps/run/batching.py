"""Batching of ledger calls: questions that arrive while the ledger is busy share the next call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from pipeline.errors import NewsledgerError

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Batching(Generic[Asked, Answer]):
    """Collects questions while `work` is busy, then calls it once for all of them, in order.

    The weights of one call's questions add up to at most `limit`. If a call fails, it is repeated for each question
    alone, so that only the question that caused the error gets it. A NewsledgerError (a full disk, a locked ledger)
    concerns all of them and is raised for each.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]],
        *,
        limit: int,
        weight: Callable[[Asked], int] = lambda _: 1,
    ) -> None:
        self._work = work
        self._limit = limit
        self._weight = weight
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._working: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Answer:
        """Return the answer to this question, or raise its error."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._working is None:
            self._working = asyncio.create_task(self._work_off())
        return await future

    async def _work_off(self) -> None:
        try:
            await asyncio.sleep(0)  # questions of the same turn of the event loop join the call
            while self._waiting:
                await self._answer(self._next_batch())
        finally:
            self._working = None

    async def _answer(self, batch: Sequence[tuple[Asked, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._work([asked for asked, _ in batch])
            answered = list(zip(batch, answers, strict=True))
        except Exception as exc:  # noqa: BLE001  # raised where the answer is awaited
            if len(batch) > 1 and not isinstance(exc, NewsledgerError):
                for one in batch:
                    await self._answer([one])
                return
            for _, future in batch:
                if not future.done():
                    future.set_exception(exc)
            return
        for (_, future), answer in answered:
            if not future.done():  # the asking task may have been cancelled
                future.set_result(answer)

    def _next_batch(self) -> list[tuple[Asked, asyncio.Future[Answer]]]:
        """The next questions within the limit; at least one, even if it alone exceeds the limit."""
        weight, count = 0, 0
        for asked, _ in self._waiting:
            weight += self._weight(asked)
            if count and weight > self._limit:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch
