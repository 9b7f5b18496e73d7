"""The plan of `sources add`: which source a feed joins, and what a new source is called."""

from __future__ import annotations

import msgspec
import pytest

from pipeline.annotate.language import text_language
from pipeline.errors import SourcesError
from pipeline.sources import Source
from pipeline.sources.plan import Candidate, Overrides, Plan, make_plan
from tests.sources.test_source_list import more

TAGBLATT = Source(
    id="tagblatt",
    name="Tagblatt",
    language="de",
    country="DE",
    homepage="https://www.tagblatt.example/",
    feeds=("https://www.tagblatt.example/feed.xml",),
)


def found(url: str, *, language: str | None = "de", homepage: str | None = None, title: str | None = None) -> Candidate:
    return Candidate(url=url, language=language, homepage=homepage, title=title)


def planned(*candidates: Candidate, overrides: Overrides = Overrides()) -> Plan:  # noqa: B008  # it is frozen
    return make_plan([TAGBLATT], candidates, overrides, text_language)


def test_a_feed_of_a_known_outlet_joins_its_source() -> None:
    plan = planned(found("https://rss.tagblatt.example/sport", language="de-DE"))
    assert plan.sources == (more(TAGBLATT, feeds=("https://rss.tagblatt.example/sport",)),)
    assert [(one.source_id, one.outcome) for one in plan.verdicts] == [("tagblatt", "added to the source")]


def test_a_feed_in_another_language_gets_a_source_of_its_own() -> None:
    plan = planned(found("https://www.tagblatt.example/en/rss", language="en"))
    assert [one.id for one in plan.sources] == ["tagblatt", "tagblatt_en"]


def test_a_feed_without_a_language_joins_its_outlet() -> None:
    plan = planned(found("https://www.tagblatt.example/b", language=None), found("https://x.example/a", language=None))
    assert plan.sources == (more(TAGBLATT, feeds=("https://www.tagblatt.example/b",)),)
    assert [one.outcome for one in plan.verdicts][1] == "does not say its language: give it with --language"
    (_, new) = planned(found("https://bote.co.at/a", language=None)).sources
    assert (new.language, new.country) == ("de", "AT")


GERMAN = "Der Pegel der Ruhna fällt, die Bundesstraße bleibt bis zum Wochenende gesperrt, teilt der Landkreis mit. " * 4


def test_titles_tell_the_language_if_the_declared_one_is_missing_or_wrong() -> None:
    undeclared = msgspec.structs.replace(found("https://a.example/1", language=None), sample=GERMAN[:100])
    mistaken = msgspec.structs.replace(found("https://b.example/1", language="en-US"), sample=GERMAN)
    assert [one.language for one in planned(undeclared, mistaken).sources[1:]] == ["de", "de"]


def test_a_feed_is_added_once() -> None:
    elsewhere = msgspec.structs.replace(found("https://x.example/2"), keys=frozenset({"feed of x"}))
    twin = msgspec.structs.replace(found("https://y.example/2"), keys=frozenset({"feed of x"}))
    plan = planned(
        found("https://www.tagblatt.example/feed.xml"),
        found("http://tagblatt.example/feed.xml?utm_source=a"),
        elsewhere,
        twin,
    )
    assert [(one.added, one.outcome, one.source_id) for one in plan.verdicts] == [
        (False, "is read already", "tagblatt"),
        (False, "the same as https://www.tagblatt.example/feed.xml", "tagblatt"),
        (True, "new source", "x"),
        (False, "the same as https://x.example/2", "x"),
    ]


def test_options_override_guesses() -> None:
    overrides = Overrides(id="stadt", name="Stadtblatt", language="en", country="IE", timezone="Europe/Dublin")
    plan = planned(found("https://www.tagblatt.example/x"), found("https://other.example/y"), overrides=overrides)
    _, new = plan.sources
    assert (new.id, new.name, new.language, new.country, new.zone.key) == (
        "stadt", "Stadtblatt", "en", "IE", "Europe/Dublin",
    )  # fmt: skip
    assert len(new.feeds) == 2


def test_options_do_not_change_a_source() -> None:
    with pytest.raises(SourcesError, match=r"source 'tagblatt' .* has name 'Tagblatt'"):
        planned(found("https://www.tagblatt.example/x"), overrides=Overrides(name="Stadtblatt"))
    with pytest.raises(SourcesError, match="--name is for one source"):
        planned(found("https://a.example/x"), found("https://b.example/x"), overrides=Overrides(name="Stadtblatt"))


def test_new_ids_are_unique() -> None:
    plan = planned(*(found(f"https://tagblatt.{domain}/rss") for domain in ("de", "at", "ch")))
    assert [one.id for one in plan.sources] == ["tagblatt", "tagblatt_de", "tagblatt_2", "tagblatt_3"]
    assert [one.country for one in plan.sources] == ["DE", "DE", "AT", "CH"]
