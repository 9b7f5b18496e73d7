"""Pages that answer for many different articles, so they are not the article of any.

An outlet that takes articles down may redirect their addresses to a section or to its newest article, or show one
notice under all of them. A single such answer looks like a renamed article. Several show what it is, also for those
that were read as articles before. Only the ledger is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from uuid import UUID

from pipeline.collect.pages.redirections import is_renamed
from pipeline.extract import PRODUCER
from pipeline.interval import Interval
from pipeline.steps.extraction_task import CapturedPage, extraction_failed
from pipeline.steps.join_evidence import MOST_TITLES, ArticleFacts, are_of_one_article, resemble
from pipeline.steps.run.stores import RECALL, StepResult, Stores

SHARED_PAGE = "shared_page"
"""Reason of `extraction_failed`: the page answers for many different articles."""


class SharedAnswer(CapturedPage, frozen=True, kw_only=True):
    """A page that was read as an article. One row of `pages_of_many_articles.sql`."""

    page: str
    """What it shares with the pages of other articles: the address to which all redirect, or the digest of the text."""
    asked_url: str
    headline: str | None
    is_refused: bool
    """True if it is recorded already that the page is not the article."""


def refuse_shared_pages(stores: Stores, interval: Interval) -> StepResult:
    """Record for the pages of the interval which of them answer for many articles, as failures of the extractor."""
    answers = stores.ledger.select(
        SharedAnswer,
        "pages_of_many_articles",
        start=interval.start,
        end=interval.end,
        recall_start=interval.start - RECALL,
        producer=PRODUCER,
        least_articles=MOST_TITLES + 1,
    )
    if not answers:
        return StepResult({})
    articles = sorted({answer.article_id for answer in answers})
    rows = stores.ledger.select(
        ArticleFacts, "articles_to_join", article_ids=articles, recall_start=interval.start - RECALL
    )
    now = stores.now()
    refused = {
        (answer.article_id, answer.payload_digest): extraction_failed(
            answer, now, SHARED_PAGE, f"{answer.url} answers for {articles_of_page} articles with different titles"
        )
        for answer, articles_of_page in refused_answers(answers, {row.article_id: row for row in rows})
    }
    return stores.record(list(refused.values()))


def refused_answers(
    answers: Sequence[SharedAnswer], facts: Mapping[UUID, ArticleFacts]
) -> Iterator[tuple[SharedAnswer, int]]:
    """The answers that are not their article, and how many articles have the same one. `answers` are in the order of
    their pages.

    An article keeps the page if its title or its address fits. The others lose it if they have more than `MOST_TITLES`
    different titles: fewer may be one article whose headline has changed.
    """
    for _, sharing in groupby(answers, key=lambda answer: (answer.source_id, answer.page)):
        strangers = [answer for answer in sharing if not _fits(answer, facts.get(answer.article_id))]
        articles = {answer.article_id: facts[answer.article_id] for answer in strangers}
        if not are_of_one_article(articles.values()):
            yield from ((answer, len(articles)) for answer in strangers if not answer.is_refused)


def _fits(answer: SharedAnswer, article: ArticleFacts | None) -> bool:
    """True if nothing speaks against the page. An article without a title says nothing about itself."""
    if article is None or not article.title or not answer.headline:
        return True
    is_moved = answer.asked_url != answer.url and is_renamed(answer.asked_url, answer.url)
    return is_moved or resemble(article.title, answer.headline)
