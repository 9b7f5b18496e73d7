"""Calls of the ledger are shared by those who ask at about the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from pipeline.errors import LedgerError
from pipeline.steps.run.batching import Batching


class Library:
    """Answers each question in capitals, a batch at a time."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.open = asyncio.Event()

    async def answer(self, questions: Sequence[str]) -> list[str]:
        self.batches.append(list(questions))
        await self.open.wait()
        if "why" in questions:
            raise LookupError("why")
        return [question.upper() for question in questions]


def test_questions_during_a_call_share_the_next_one() -> None:
    async def run() -> tuple[list[str], list[list[str]]]:
        library = Library()
        batching = Batching(library.answer, limit=10)
        first = asyncio.create_task(batching.ask("a"))
        while not library.batches:
            await asyncio.sleep(0)
        later = [asyncio.create_task(batching.ask(letter)) for letter in "bcd"]
        await asyncio.sleep(0)
        library.open.set()
        return await asyncio.gather(first, *later), library.batches

    assert asyncio.run(run()) == (["A", "B", "C", "D"], [["a"], ["b", "c", "d"]])


def test_call_exceeds_the_limit_only_for_a_single_heavy_item() -> None:
    async def run() -> list[list[str]]:
        library = Library()
        library.open.set()
        batching = Batching(library.answer, limit=4, weight=len)
        await asyncio.gather(*(batching.ask(word) for word in ("aa", "bb", "c", "dddddd", "e")))
        return library.batches

    assert asyncio.run(run()) == [["aa", "bb"], ["c"], ["dddddd"], ["e"]]


def test_an_error_is_raised_only_for_the_question_that_caused_it() -> None:
    async def run() -> tuple[list[str | BaseException], list[list[str]]]:
        library = Library()
        library.open.set()
        batching = Batching(library.answer, limit=2)
        words = ("why", "how", "who", "when")
        answers = await asyncio.gather(*(batching.ask(word) for word in words), return_exceptions=True)
        return [*answers, await batching.ask("then")], library.batches

    (why, *others), batches = asyncio.run(run())
    assert isinstance(why, LookupError)
    assert others == ["HOW", "WHO", "WHEN", "THEN"]
    assert batches == [["why", "how"], ["why"], ["how"], ["who", "when"], ["then"]]


def test_an_error_of_the_whole_call_is_raised_for_every_question() -> None:
    asked = []

    async def full(questions: Sequence[str]) -> list[str]:
        asked.append(list(questions))
        raise LedgerError("no space left on the disk")

    async def run() -> list[str | BaseException]:
        batching = Batching(full, limit=10)
        return await asyncio.gather(*(batching.ask(word) for word in ("how", "who")), return_exceptions=True)

    assert [type(answer) for answer in asyncio.run(run())] == [LedgerError] * 2
    assert asked == [["how", "who"]]


def test_a_cancelled_question_does_not_stop_the_others() -> None:
    async def run() -> str:
        library = Library()
        batching = Batching(library.answer, limit=10)
        gone, stays = (asyncio.create_task(batching.ask(word)) for word in ("gone", "stays"))
        while not library.batches:
            await asyncio.sleep(0)
        gone.cancel()
        library.open.set()
        with pytest.raises(asyncio.CancelledError):
            await gone
        return await stays

    assert asyncio.run(run()) == "STAYS"
