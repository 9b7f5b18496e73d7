"""Article pages and front pages, each outlet in its own markup."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date, datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.demo import json_ld as metadata
from pipeline.demo.articles import SampleBlock
from pipeline.demo.editions import Desk, Edition
from pipeline.demo.written_dates import long_date, numeric_date, rss_date

TEASERS = 4  # links to other articles below a page
FRONT_PAGE_ARTICLES = 14


def create_environment() -> Environment:
    """The environment of the page and feed templates; an undefined name in a template is an error."""
    environment = Environment(
        loader=PackageLoader("pipeline.demo"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    json_ld: dict[str, Callable[[Edition], str]] = {
        "graph_json_ld": metadata.graph_json_ld,
        "article_json_ld": metadata.article_json_ld,
        "breadcrumb_json_ld": metadata.breadcrumb_json_ld,
        "listed_json_ld": metadata.listed_json_ld,
    }
    environment.filters |= json_ld
    environment.filters |= {
        "kind": block_kind, "class_name": class_name, "long_date": long_date, "numeric_date": numeric_date,
        "rss_date": rss_date, "iso": datetime.isoformat,
    }  # fmt: skip
    return environment


def render_article(environment: Environment, desk: Desk, edition: Edition) -> str:
    """The page of an article. It depends only on the edition and the articles published before it."""
    template = environment.get_template(f"pages/{desk.outlet.id}.html")
    return template.render(
        desk=desk,
        outlet=desk.outlet,
        edition=edition,
        article=edition.article,
        published=desk.outlet.local(edition.published_at),
        modified=desk.outlet.local(edition.modified_at),
        teasers=_teasers(desk, edition),
        linked={article.slug: desk.first_edition(article) for article in desk.articles},
    )


def render_front_page(environment: Environment, desk: Desk, now: datetime) -> str:
    """The front page: the newest articles that are still online, and links to the feeds."""
    current = [edition for edition in desk.editions(now) if not edition.is_gone(now)]
    template = environment.get_template("pages/front.html")
    return template.render(desk=desk, outlet=desk.outlet, editions=current[:FRONT_PAGE_ARTICLES])


def render_missing(environment: Environment, desk: Desk, status: int) -> str:
    """The body of a 404 or 410 response."""
    return environment.get_template("pages/missing.html").render(desk=desk, outlet=desk.outlet, status=status)


def block_kind(block: SampleBlock) -> str:
    """The block's `kind` in the article file."""
    return str(block.__struct_config__.tag)


def class_name(role: str, built_on: date) -> str:
    """A generated class name, as CSS compilers make them: meaningless and different in every build."""
    return "c" + hashlib.sha256(f"{role} {built_on}".encode()).hexdigest()[:7]


def _teasers(desk: Desk, edition: Edition) -> Sequence[Edition]:
    """The articles published just before this one, with their first headlines, so that the page never changes."""
    earlier = desk.editions(edition.published_at)
    return [desk.first_edition(other.article) for other in earlier if other.url != edition.url][:TEASERS]
