"""Articles in the version of one moment of simulated time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from pipeline.demo.articles import (
    Article,
    Correction,
    Paragraph,
    Quotation,
    Replacement,
    SampleBlock,
    Subheading,
    Version,
)
from pipeline.demo.outlets import Outlet
from pipeline.demo.written_dates import long_date


@dataclass(frozen=True, kw_only=True)
class Edition:
    """An article with all versions applied that were published up to a moment."""

    outlet: Outlet
    article: Article
    url: str
    published_at: datetime
    modified_at: datetime
    gone_at: datetime | None

    @property
    def path(self) -> str:
        """The path of the page on its host."""
        return article_path(self.outlet, self.article, self.outlet.local(self.published_at).date())

    def is_gone(self, now: datetime) -> bool:
        """True if the page has been taken down."""
        return self.gone_at is not None and self.gone_at <= now


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One outlet's articles, with the calendar and the base URL for publishing them."""

    outlet: Outlet
    articles: tuple[Article, ...]
    first_day: date
    base_url: str  # "http://<outlet>.localhost:<port>"

    def editions(self, now: datetime) -> list[Edition]:
        """Everything published so far, newest first; pages taken down are included."""
        editions = [self._edition(article, now) for article in self.articles if self._published_at(article) <= now]
        return sorted(editions, key=lambda edition: (edition.published_at, edition.article.slug), reverse=True)

    def first_edition(self, article: Article) -> Edition:
        """The article as first published."""
        return self._edition(article, self._published_at(article))

    @property
    def opened_at(self) -> datetime:
        """Midnight of the first day on the outlet's wall clock."""
        return self.moment(1, time())

    def day_on(self, day: int) -> date:
        """The date of a simulated day; 1 is the first."""
        return self.first_day + timedelta(days=day - 1)

    def moment(self, day: int, wall_time: time) -> datetime:
        """The moment in UTC when the outlet's wall clock shows the time on the simulated day."""
        return datetime.combine(self.day_on(day), wall_time, ZoneInfo(self.outlet.zone)).astimezone(UTC)

    def changes(self) -> Iterable[datetime]:
        """Every moment at which an article is published, changed or taken down."""
        for article in self.articles:
            yield self._published_at(article)
            for version in article.versions:
                yield self.moment(version.day, version.time)
            if article.gone is not None:
                yield self.moment(article.gone.day, article.gone.time)

    def _published_at(self, article: Article) -> datetime:
        return self.moment(article.day, article.time)

    def _edition(self, article: Article, now: datetime) -> Edition:
        modified_at = self._published_at(article)
        for version in article.versions:
            changed_at = self.moment(version.day, version.time)
            if changed_at <= now:
                article = revise(article, version, long_date(self.day_on(version.day), self.outlet.language))
                modified_at = changed_at
        return Edition(
            outlet=self.outlet,
            article=article,
            url=self.base_url + article_path(self.outlet, article, self.day_on(article.day)),
            published_at=self._published_at(article),
            modified_at=modified_at,
            gone_at=self.moment(article.gone.day, article.gone.time) if article.gone else None,
        )


def article_path(outlet: Outlet, article: Article, published_on: date) -> str:
    """The path of an article's page."""
    return outlet.article_path.format(
        section=article.section.lower(), slug=article.slug, date=published_on.strftime("%Y/%m/%d")
    )


def revise(article: Article, version: Version, changed_on: str) -> Article:
    """The article with one version applied; `changed_on` is the date as printed in a correction notice."""
    body = article.body
    for replacement in version.replace:
        body = tuple(_replace(block, replacement) for block in body)
    if version.correction:
        body = (*body, Correction(text=version.correction.replace("{date}", changed_on)))
    return msgspec.structs.replace(
        article, headline=version.headline or article.headline, body=(*version.prepend, *body)
    )


def _replace(block: SampleBlock, replacement: Replacement) -> SampleBlock:
    if isinstance(block, Paragraph | Subheading | Quotation):
        return msgspec.structs.replace(block, text=block.text.replace(replacement.old, replacement.new))
    return block
