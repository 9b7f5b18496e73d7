"""Words, numbers and times of a page in the reader's language."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from typing import Any

from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup, escape

from pipeline.translatable import Phrase, Value

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""The languages of pages, with their own names."""
FALLBACK = "en"
"""The language for all other readers."""
_LOCALES = {"en": "en_GB", "de": "de_DE"}
_KEPT = 5_000
"""Number of days, and of numbers, whose words are kept: Babel takes a tenth of a millisecond for each."""
_COMMAND = re.compile("`([^`]+)`")


@cache
def translations(language: str) -> NullTranslations:
    """The words of a language. They are written in English, in the templates, the queries and as phrases."""
    if language == "en":
        return NullTranslations()
    written = resources.files(__package__).joinpath(f"{language}.po").read_bytes()
    catalogue = read_po(io.BytesIO(written), locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def filters(language: str) -> Mapping[str, Callable[..., Any]]:
    """The filters by which templates show values in the language."""
    locale = _LOCALES[language]

    @lru_cache(_KEPT)
    def number(value: float) -> str:
        return format_decimal(value, locale=locale)

    def utc(at: datetime) -> str:
        return f"{format_skeleton('yMMMd', at, locale=locale)}, {at:%H:%M} UTC"

    def moment(at: datetime) -> Markup:
        return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), utc(at), utc(at))

    def said(phrase: Phrase, rows: str | None = None) -> Markup:
        """The sentence as HTML. Its days and numbers are linked to the rows that they are about."""

        def shown(value: Value) -> Markup:
            match value:
                case Phrase():
                    return said(value, rows)
                case datetime():
                    return moment(value)
                case date():
                    told = format_date(value, locale=locale)
                case int():
                    told = number(value)
                case _:
                    return escape(value)
            return escape(told) if rows is None else Markup('<a href="{}">{}</a>').format(rows, told)

        return Markup(phrase.said(translations(language), with_commands, shown))  # noqa: S704  # both escape

    return {
        "number": number,
        "percent": lambda value: format_percent(value, "#,##0.#%", locale=locale),
        "weekday": lru_cache(_KEPT)(lambda day: format_skeleton("MMMEd", day, locale=locale)),
        "long_day": lru_cache(_KEPT)(lambda day: format_date(day, "full", locale=locale)),
        "moment": moment,
        "said": said,
        "with_commands": with_commands,
    }


def with_commands(text: str) -> Markup:
    """The text with what stands between backticks as code."""
    return Markup(_COMMAND.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped
