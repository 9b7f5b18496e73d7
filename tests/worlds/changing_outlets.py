"""Outlets on one server, each with its own host, that change slugs, guids, queries and headlines of what they wrote."""

from __future__ import annotations

import random
from datetime import datetime
from email.utils import format_datetime
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from tests.worlds.loopback import Answer, WebServer
from tests.worlds.world import World, source_at

WINDOW = 5
"""Items in each feed."""
_NOUNS = """
ferry harbour mole council bridge school storm road forest market orchestra museum tunnel airport hospital river
library theatre stadium quarry lighthouse railway bakery vineyard dike meadow chapel archive kitchen glacier
"""
_VERBS = "opens closes reports rejects repairs inspects celebrates abandons extends examines rebuilds defends"
NOUNS, VERBS = _NOUNS.split(), _VERBS.split()


class Habit(Enum):
    """A change that an outlet makes to an article on the day after it was published."""

    HEADLINE_AND_SLUG = 0
    GUID = 1
    QUERY = 2
    """Its feed has another campaign in every address each day."""
    HEADLINE = 3
    SESSION = 4
    """Its feed has another session in every path each day."""


class WrittenArticle(msgspec.Struct):
    no: int
    title: str
    paragraphs: tuple[str, ...]
    published_at: datetime
    version: int = 0
    seen: bool = False


class Outlet(msgspec.Struct):
    """An outlet with a feed of its newest articles. `web` is the server of all outlets."""

    name: str
    habit: Habit
    web: WebServer
    articles: list[WrittenArticle] = []

    @property
    def base(self) -> str:
        return self.web.base.replace("127.0.0.1", f"{self.name}.localhost")

    def write(self, at: datetime) -> None:
        words = random.Random(f"{self.name} {len(self.articles)}")

        def sentence() -> str:
            nouns = words.sample(NOUNS, 5)
            return (
                f"The {nouns[0]} {words.choice(VERBS)} the {nouns[1]} near the {nouns[2]} after {words.randint(2, 99)} "
                f"days, and the {nouns[3]} {words.choice(VERBS)} the {nouns[4]}."
            )

        said = f"“The {words.choice(NOUNS)} stays,” said Ada Quill, the mayor of {self.name}."
        paragraphs = (*(" ".join(sentence() for _ in range(3)) for _ in range(3)), said)
        title = f"{' '.join(words.sample(NOUNS, 3)).capitalize()} {len(self.articles)}"
        self.articles.append(WrittenArticle(len(self.articles), title, paragraphs, at))

    def change(self, article: WrittenArticle) -> None:
        """Change the article as the outlet is used to, so that it has another headline, slug or guid."""
        article.version += 1
        if self.habit in {Habit.HEADLINE, Habit.HEADLINE_AND_SLUG}:
            words = random.Random(f"{self.name} {article.no} again")
            article.title = f"{' '.join(words.sample(NOUNS, 3)).capitalize()} {article.no} again"
            article.paragraphs = (f"Later that day the {words.choice(NOUNS)} was quiet.", *article.paragraphs)

    def publish(self, day: int, etag: str | None = None) -> None:
        """Serve the feed and the pages that it names."""
        shown = self.articles[-WINDOW:][::-1]
        rows = []
        for article in shown:
            path = self._path(article, day)
            self.web.page(path, article.title, *article.paragraphs)
            guid = f"{self.base}{path}" if self.habit is Habit.QUERY else f"{self.name}-{article.no}"
            guid += f"-v{article.version}" if self.habit is Habit.GUID else ""
            rows.append(
                f"<item><title>{article.title}</title><link>{self.base}{path}</link>"
                f"<guid isPermaLink='false'>{guid}</guid>"
                f"<pubDate>{format_datetime(article.published_at)}</pubDate></item>"
            )
        body = f"<rss version='2.0'><channel><title>{self.name}</title>{''.join(rows)}</channel></rss>"
        headers = {"ETag": etag} if etag else {}
        self.web.answers[f"/{self.name}.xml"] = Answer(body.encode(), headers=headers, content_type="text/xml")

    def _path(self, article: WrittenArticle, day: int) -> str:
        match self.habit:
            case Habit.HEADLINE_AND_SLUG:
                return f"/{self.name}/{'-'.join(article.title.lower().split()[:3])}"
            case Habit.QUERY:
                return f"/{self.name}/report?id={article.no}&channel=day{day}"
            case Habit.SESSION:
                return f"/{self.name}/{random.Random(day).randbytes(8).hex()}/report/{article.no}"
            case _:
                return f"/{self.name}/report/{article.no}"


class ChangingOutlets(World):
    """Outlets of every habit."""

    def __init__(self, folder: Path, web: WebServer, count: int, **settings: Any) -> None:
        super().__init__(folder, web, allow_hosts=".localhost", requests_per_second=1000.0, **settings)
        habits = list(Habit)
        self.outlets = [Outlet(f"outlet{n:02}", habits[n % len(habits)], web, []) for n in range(count)]
        self.sources = [source_at(each.name, each.base, f"{each.base}/{each.name}.xml") for each in self.outlets]
