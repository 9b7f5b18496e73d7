"""Choice of dates, authors, section, language and access."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.events import Access
from pipeline.extract.metadata.declared import parse_json_ld
from pipeline.extract.page.dates import parse_moment
from tests.golden.made_up import DEICH, extract, json_ld, page, paragraphs


def test_dates_are_exact_to_the_second_and_utc() -> None:
    head = json_ld(datePublished="2026-03-01T20:15:30+01:00", dateModified="2026-03-02T07:05:00.123Z")
    extraction = extract(page(paragraphs(DEICH), head=head))
    assert extraction.published_at == datetime(2026, 3, 1, 19, 15, 30, tzinfo=UTC)
    assert extraction.modified_at == datetime(2026, 3, 2, 7, 5, tzinfo=UTC)


def test_a_date_after_the_capture_is_refused() -> None:
    head = json_ld(datePublished="2027-01-01T00:00:00Z") + (
        '<meta property="article:published_time" content="2026-03-01T18:00:00Z">'
    )
    assert extract(page(paragraphs(DEICH), head=head)).published_at == datetime(2026, 3, 1, 18, tzinfo=UTC)


def test_a_modification_after_the_capture_is_refused() -> None:
    head = json_ld(datePublished="2026-03-01T18:00:00Z", dateModified="2026-03-03T00:00:00Z")
    assert extract(page(paragraphs(DEICH), head=head)).modified_at is None


def test_a_date_with_a_time_is_preferred_on_the_same_day() -> None:
    head = json_ld(datePublished="2026-03-01") + '<meta name="date" content="2026-03-01T18:20:00+01:00">'
    assert extract(page(paragraphs(DEICH), head=head)).published_at == datetime(2026, 3, 1, 17, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T20:15:30+01:00", datetime(2026, 3, 1, 19, 15, 30, tzinfo=UTC)),
        ("2026-03-01T20:15:30.500+0100", datetime(2026, 3, 1, 19, 15, 30, tzinfo=UTC)),
        ("2026-03-01 20:15:30 +01:00", datetime(2026, 3, 1, 19, 15, 30, tzinfo=UTC)),
        ("2026-03-01T20:15Z", datetime(2026, 3, 1, 20, 15, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("Sun, 01 Mar 2026 20:15:30 GMT", datetime(2026, 3, 1, 20, 15, 30, tzinfo=UTC)),
        ("Sun Mar 01 20:15:30 CET 2026", datetime(2026, 3, 1, 19, 15, 30, tzinfo=UTC)),
        ("1. März 2026, 20:15 Uhr", datetime(2026, 3, 1, 20, 15, tzinfo=UTC)),
        ("1772396130", datetime(2026, 3, 1, 20, 15, 30, tzinfo=UTC)),
        ("2026-02-30T10:00:00Z", None),
        ("2026-02-01T10:00:00+99:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_declared_dates(text: str, expected: datetime | None) -> None:
    moment = parse_moment(text)
    assert (moment.at if moment else None) == expected


@pytest.mark.parametrize(
    "script",
    [
        '{"a": "it\\\'s"}',
        '{"a": "line\nbreak"}',
        '{"a": 1,}',
        '<!-- {"a": 1} -->',
        '//<![CDATA[\n{"a": 1}\n//]]>',
        '{"a": 1};',
        "{&quot;a&quot;: 1}",
        '{"a": 1}{"b": 2}',
    ],
)
def test_broken_json_ld_is_repaired(script: str) -> None:
    values = parse_json_ld(script)
    assert values
    assert isinstance(values[0], dict)
    assert "a" in values[0]


def test_section_and_language() -> None:
    extraction = extract(page(paragraphs(DEICH), head=json_ld(articleSection=["Region", "Wetter"])))
    assert (extraction.section, extraction.language) == ("Region", "de")


@pytest.mark.parametrize(
    ("head", "access"),
    [
        ("", Access.OPEN),
        (json_ld(isAccessibleForFree=True), Access.OPEN),
        (json_ld(isAccessibleForFree=False), Access.PAYWALLED),
        (json_ld(hasPart={"@type": "WebPageElement", "isAccessibleForFree": False}), Access.PAYWALLED),
        (json_ld(hasPart=[{"@type": "WebPageElement", "isAccessibleForFree": "True"}]), Access.OPEN),
        ('<meta property="article:content_tier" content="metered">', Access.METERED),
        ('<meta property="article:content_tier" content="locked">', Access.PAYWALLED),
    ],
)
def test_access(head: str, access: Access) -> None:
    assert extract(page(paragraphs(DEICH), head=head)).access is access


def test_a_badge_is_no_part_of_the_lead_but_a_drop_cap_is() -> None:
    lead = "<div class='lead'><span class='flag'>Anzeige</span><span>Elf Millionen kostet der neue Deich.</span></div>"
    assert extract(page(lead + paragraphs(DEICH))).lead == "Elf Millionen kostet der neue Deich."
    lead = "<div class='lead'><span class='cap'>E</span>lf Millionen kostet der neue Deich an der Ruhn.</div>"
    assert extract(page(lead + paragraphs(DEICH))).lead == "Elf Millionen kostet der neue Deich an der Ruhn."
