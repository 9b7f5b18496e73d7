"""Batching of ledger calls: whoever asks while the ledger is busy shares the next call with all who do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from pipeline.errors import NewsledgerError

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Batching(Generic[Asked, Answer]):
    """Calls `work` with what was asked meanwhile, in order, at most so many of it that their weights make `limit`.

    A call that fails is made again for each question alone, so that the error is only whose question it was. An error
    that names its cause (a full disk, a locked ledger) is everyone's.
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
        """The answer to this one question."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._working is None:
            self._working = asyncio.create_task(self._work_off())
        return await future

    async def _work_off(self) -> None:
        try:
            await asyncio.sleep(0)  # for all who ask in the same turn of the loop
            while self._waiting:
                await self._answer(self._next_batch())
        finally:
            self._working = None

    async def _answer(self, batch: Sequence[tuple[Asked, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._work([asked for asked, _ in batch])
            answered = list(zip(batch, answers, strict=True))
        except Exception as exc:  # noqa: BLE001  # it is raised where the answer is awaited
            if len(batch) > 1 and not isinstance(exc, NewsledgerError):
                for one in batch:
                    await self._answer([one])
                return
            for _, future in batch:
                if not future.done():
                    future.set_exception(exc)
            return
        for (_, future), answer in answered:
            if not future.done():  # whoever asked may have been cancelled
                future.set_result(answer)

    def _next_batch(self) -> list[tuple[Asked, asyncio.Future[Answer]]]:
        """At least one question, however heavy."""
        weight, count = 0, 0
        for asked, _ in self._waiting:
            weight += self._weight(asked)
            if count and weight > self._limit:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch
