"""What the reader asked to see: days, a source, a language, and what is searched for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from urllib.parse import urlencode

import msgspec

from pipeline.pages.published_file import Bound, PublishedFile
from pipeline.translatable import Phrase, phrase

DAYS_SHOWN = timedelta(days=14)
"""Without a choice, the last two weeks of the data are shown."""
YEARS = range(1000, 9999)
"""Years that can be chosen: periods are computed from them, and a field has the year 2 while somebody types 2026."""
FILTERS = ("from", "to", "since", "source", "language", "words", "named", "only")
"""The names that an address may have after its question mark, each once."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_EXCLUDED = re.compile(r'(^|\s)-(["„“”«»][^"„“”«»]*["„“”«»]|\S+)')
_LANGUAGE = re.compile(r"[a-z]{2,3}")
LONGEST_QUOTED = 40
"""Most characters of an address that an error repeats."""
LONGEST_SEARCH = 200
"""Maximum number of characters that are searched for."""


class SelectionError(ValueError):
    """A filter of the address has no sense; the phrase names it."""

    def __init__(self, said: Phrase) -> None:
        super().__init__(said)
        self.phrase = said


class Selection(msgspec.Struct, frozen=True):
    """None where the reader has chosen nothing."""

    from_on: date | None = None
    to_on: date | None = None
    source_id: str | None = None
    language: str | None = None
    words: str = ""
    """What is searched for, as `newsledger search` understands it."""
    named: str | None = None
    """The person whom the articles that are searched for must name or quote."""
    only: str | None = None
    """The place on a page whose rows are shown alone: others could fill the page before them."""

    @classmethod
    def of(cls, filters: Sequence[tuple[str, str]]) -> Selection:
        """The selection in an address, given as its names and values in order.

        Raises SelectionError for a name that is no filter or stands there twice, and for a value that has no sense:
        the reader would take the page as filtered.
        """
        given = dict(filters)
        for number, (name, value) in enumerate(filters):
            if name not in FILTERS:
                names = ", ".join(FILTERS)
                said = phrase(
                    "%(name)s=%(given)s: is not a filter; choose from %(possible)s",
                    **_quoted(name, value),
                    possible=names,
                )
                raise SelectionError(said)
            if name in (earlier for earlier, _ in filters[:number]):
                raise SelectionError(phrase("%(name)s=%(given)s: stands there twice", **_quoted(name, value)))
        language = given.get("language", "").lower()
        if language and not _LANGUAGE.fullmatch(language):
            said = phrase("language=%(given)s: is not a code of two or three letters", given=given["language"])
            raise SelectionError(said)
        from_on, to_on = _day(given, "from"), _day(given, "to")
        if since_on := _day(given, "since"):  # a button of the form, beside its fields
            from_on, to_on = since_on, None
        if from_on and to_on and from_on > to_on:
            raise SelectionError(phrase("from=%(first)s: is after to=%(last)s", first=str(from_on), last=str(to_on)))
        words = given.get("words", "").strip()
        if len(words) > LONGEST_SEARCH:
            said = phrase(
                "words=%(given)s…: has more than %(limit)s characters", given=words[:40], limit=LONGEST_SEARCH
            )
            raise SelectionError(said)
        return cls(
            from_on,
            to_on,
            given.get("source") or None,
            language or None,
            words,
            given.get("named") or None,
            given.get("only") or None,
        )

    @property
    def has_words(self) -> bool:
        """True if an article must contain a word: those that `main.search` excludes find nothing by themselves."""
        return bool(re.search(r"\w", _EXCLUDED.sub(" ", self.words)))

    @property
    def query(self) -> str:
        """As it stands in an address, without the question mark; empty if nothing is chosen."""
        return self._query(words=self.words or None)

    @property
    def search_query(self) -> str:
        """The same for the page of the search."""
        return self._query(words=self.words or None, named=self.named)

    def _query(self, **more: str | None) -> str:
        names = {"from": self.from_on, "to": self.to_on, "source": self.source_id, "language": self.language, **more}
        return urlencode({name: value for name, value in names.items() if value is not None})


class Period(msgspec.Struct, frozen=True):
    """A selection on a file: its days are known, and first and last day of the file's data."""

    selection: Selection
    from_on: date
    to_on: date
    first_on: date
    last_on: date

    @property
    def is_outside(self) -> bool:
        """True if the file has no data of these days."""
        return self.to_on < self.first_on or self.last_on < self.from_on

    @property
    def days(self) -> list[date]:
        return [self.from_on + timedelta(days=number) for number in range((self.to_on - self.from_on).days + 1)]

    @property
    def last_week_from(self) -> date:
        """The first of the last seven days of the data."""
        return max(self.first_on, self.last_on - timedelta(days=6))

    @property
    def values(self) -> dict[str, Bound]:
        chosen = self.selection
        return {
            "from_on": self.from_on,
            "to_on": self.to_on,
            "only_source": chosen.source_id,
            "only_language": chosen.language,
            "since_on": chosen.from_on,
            "until_on": chosen.to_on,
            "words": chosen.words,
            "named": chosen.named,
            "only_place": chosen.only,
        }


def period_of(selection: Selection, file: PublishedFile, today: date) -> Period:
    """The days to show: of those that are chosen, the ones of which the file has data.

    If it has data of none, the last ones that are chosen, at most as many as without a choice. A file without data has
    only today.
    """
    known = file.answer("days_of_data", {"days_shown": DAYS_SHOWN.days}).first
    first_on, last_on = known.first_on or today, known.last_on or today
    to_on = selection.to_on or max(last_on, selection.from_on or last_on)
    from_on = selection.from_on or to_on - DAYS_SHOWN + timedelta(days=1)
    if to_on < first_on or last_on < from_on:
        return Period(selection, max(from_on, to_on - DAYS_SHOWN + timedelta(days=1)), to_on, first_on, last_on)
    return Period(selection, max(from_on, first_on), min(to_on, last_on), first_on, last_on)


def read_day(text: str) -> date:
    """The day that is written as 2026-03-14. Raises ValueError for other spellings, and for years of no news."""
    day = date.fromisoformat(text)
    if not _DAY.fullmatch(text) or day.year not in YEARS:
        raise ValueError(f"{text}: is not a day such as 2026-03-14")
    return day


def _quoted(name: str, value: str) -> dict[str, str]:
    """Both as an error shows them."""
    return {"name": name[:LONGEST_QUOTED], "given": value[:LONGEST_QUOTED]}


def _day(given: Mapping[str, str], name: str) -> date | None:
    text = given.get(name, "")
    try:
        return read_day(text) if text else None
    except ValueError as exc:
        if _DAY.fullmatch(text) and int(text[:4]) not in YEARS:
            first, last = str(YEARS[0]), str(YEARS[-1])
            said = phrase(
                "%(name)s: is not in the years from %(first)s to %(last)s",
                name=f"{name}={text}",
                first=first,
                last=last,
            )
            raise SelectionError(said) from exc
        said = phrase("%(name)s=%(given)s: is not a day such as 2026-03-14", name=name, given=text)
        raise SelectionError(said) from exc
