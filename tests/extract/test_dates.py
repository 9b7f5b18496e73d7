"""Dates of publication and modification: how they are written, their time zones, and which of them is chosen."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pipeline.extract.page.dates import find_date, parse_moment
from pipeline.zones import outlet_zone, zone_named
from tests.golden.made_up import DEICH, extract, json_ld, page, paragraphs

CAPTURED_AT = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
HOLMBOTE_DE = "https://www.holmbote.de/region/deich-haelt"
HARBOUR_POST_COM = "https://www.harbourpost.com/news/pier"


def published(
    head: str = "",
    inside: str = "",
    *,
    url: str = HOLMBOTE_DE,
    lang: str = "de",
    captured_at: datetime = CAPTURED_AT,
) -> str | None:
    """The extracted date of publication in UTC, as `2026-03-12 07:00`."""
    body = page(inside + paragraphs(DEICH), head=head, lang=lang)
    at = extract(body, url=url, captured_at=captured_at).published_at
    return f"{at:%Y-%m-%d %H:%M}" if at else None


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


# Which date is chosen


@pytest.mark.parametrize(
    ("head", "inside", "expected"),
    [
        # the date of an update is not the date of publication, but its zone is used
        (
            json_ld(datePublished="2026-03-12T08:00:00", dateModified="2026-03-13T09:00:00+01:00"),
            '<p>Aktualisiert <time datetime="2026-03-13T09:00:00+01:00">13.3.</time></p>',
            "2026-03-12 07:00",
        ),
        (
            json_ld(datePublished="2026-03-12T08:00:00"),
            '<time datetime="2026-03-13T09:00Z">1</time>',
            "2026-03-12 07:00",
        ),
        # a list below the headline, dates with a label below the text
        ("", "<ul><li>Veröffentlicht am 12. März 2026 um 08:00</li><li>3 Minuten</li></ul>", "2026-03-12 07:00"),
        ("", paragraphs(DEICH) + "<ul><li><b>Datum</b> 12.03.2026</li></ul>", "2026-03-12 00:00"),
        ("", paragraphs(DEICH) + "<p>Erschienen am 12.03.2026, 8:00 Uhr</p>", "2026-03-12 07:00"),
        (
            "",
            "<p>Aktualisiert: 13.03.2026, 9:00</p><p>Veröffentlicht: 12.03.2026, 8:00</p>",
            "2026-03-12 07:00",
        ),
        # the date of a teaser
        (
            json_ld(datePublished="2026-03-12T08:00:00"),
            '<div><a href="/x">Vorher: <time datetime="2026-03-11T06:00:00Z">gestern</time></a></div>',
            "2026-03-12 07:00",
        ),
        (
            json_ld(datePublished="2026-03-12"),
            '<div><a href="/x">Vorher: <time datetime="2026-03-12T06:00:00Z">heute</time></a></div>',
            "2026-03-12 00:00",
        ),
        # the date at which the server made the page
        (
            json_ld(datePublished="2026-03-12"),
            '<meta name="last-modified" content="2026-03-12T10:00Z">',
            "2026-03-12 00:00",
        ),
        ('<meta name="last-modified" content="2026-03-13T10:00:00+01:00">', "", None),
        # an update on the same day, recognised by its label or by its time
        (
            json_ld(datePublished="2026-03-12"),
            '<p>Aktualisiert: <time datetime="2026-03-12T19:00:00+01:00">19 Uhr</time></p>',
            "2026-03-12 00:00",
        ),
        (
            json_ld(datePublished="2026-03-12", dateModified="2026-03-12T18:00:00Z"),
            '<time datetime="2026-03-12T19:00:00+01:00">19 Uhr</time>',
            "2026-03-12 00:00",
        ),
        (
            json_ld(datePublished="2026-03-12", dateModified="2026-03-12T18:00:00Z")
            + meta("date", "2026-03-12T19:00:00+01:00"),
            "",
            "2026-03-12 00:00",
        ),
        # another date adds the time of the same day; 23:30 UTC is the next day in Berlin
        (json_ld(datePublished="2026-03-12"), "<time>12.03.2026, 14:31 Uhr</time>", "2026-03-12 13:31"),
        (
            json_ld(datePublished="2026-03-12") + meta("article:published_time", "2026-03-11T23:30:00Z"),
            "",
            "2026-03-11 23:30",
        ),
        (
            json_ld(datePublished="2026-03-12") + meta("article:published_time", "2026-03-13T08:00:00+01:00"),
            "",
            "2026-03-12 00:00",
        ),
        # midnight without a zone is only a date
        (
            json_ld(datePublished="2026-03-12T00:00:00") + meta("date", "2026-03-12T06:20:00+01:00"),
            "",
            "2026-03-12 05:20",
        ),
        # another date adds the zone of the same time
        (
            json_ld(datePublished="2026-03-12T08:00:00") + meta("article:published_time", "2026-03-12T08:00:00Z"),
            "",
            "2026-03-12 08:00",
        ),
        (
            json_ld(datePublished="2026-03-12T08:00:00") + meta("date", "2026-03-12T11:00:00+01:00"),
            "",
            "2026-03-12 07:00",
        ),
    ],
)
def test_another_date_adds_a_time_only_on_the_same_day(head: str, inside: str, expected: str | None) -> None:
    assert published(head, inside) == expected


def test_the_modification_date_keeps_its_day() -> None:
    head = json_ld(datePublished="2026-03-12T08:00:00", dateModified="2026-03-13T09:00:00") + meta(
        "og:updated_time", "2026-03-14T09:30:00+01:00"
    )
    extraction = extract(page(paragraphs(DEICH), head=head), url=HOLMBOTE_DE, captured_at=CAPTURED_AT)
    assert extraction.modified_at == datetime(2026, 3, 13, 8, tzinfo=UTC)


# Zones


@pytest.mark.parametrize(
    ("said", "url", "lang", "expected"),
    [
        ("2026-03-12T14:31:00", HOLMBOTE_DE, "de", "2026-03-12 13:31"),
        ("2025-07-12T14:31:00", HOLMBOTE_DE, "de", "2025-07-12 12:31"),
        ("2025-07-12T14:31:00", "https://holmbote.example/a", "de", "2025-07-12 12:31"),
        ("2025-07-12T14:31:00", "https://harbourpost.co.uk/a", "en", "2025-07-12 13:31"),
        ("2025-07-12T14:31:00", HARBOUR_POST_COM, "en-GB", "2025-07-12 13:31"),
        ("2025-07-12T14:31:00", HARBOUR_POST_COM, "en", "2025-07-12 14:31"),
        ("2026-03-12T14:31 EST", HOLMBOTE_DE, "de", "2026-03-12 19:31"),
        ("2026-03-12T14:31 XYZ", HOLMBOTE_DE, "de", "2026-03-12 13:31"),
        ("2026-03-12", HOLMBOTE_DE, "de", "2026-03-12 00:00"),
    ],
)
def test_a_time_without_a_zone_is_in_the_outlets_zone(said: str, url: str, lang: str, expected: str) -> None:
    assert published(json_ld(datePublished=said), url=url, lang=lang) == expected


def test_the_zone_comes_from_other_dates_of_the_page() -> None:
    head = json_ld(datePublished="2026-03-12T08:00:00", dateModified="2026-03-12T09:00:00-05:00")
    assert published(head, url=HARBOUR_POST_COM, lang="en") == "2026-03-12 13:00"


def test_a_summer_offset_is_not_used_for_a_winter_date() -> None:
    head = json_ld(datePublished="2025-12-01T08:00:00") + meta("article:modified_time", "2025-07-01T09:00:00+02:00")
    assert published(head) == "2025-12-01 07:00"


def test_utc_offsets_do_not_change_the_outlets_zone() -> None:
    head = json_ld(datePublished="2026-03-12T08:00:00", dateModified="2026-03-13T09:00:00Z")
    assert published(head) == "2026-03-12 07:00"


def test_without_a_known_zone_a_declared_time_with_the_same_minute_gives_it() -> None:
    head = json_ld(datePublished="2026-03-12T08:07:00") + meta("article:published_time", "2026-03-12T13:07:00Z")
    assert published(head, url=HARBOUR_POST_COM, lang="en") == "2026-03-12 13:07"


@pytest.mark.parametrize(("url", "lang"), [(HOLMBOTE_DE, "de"), (HARBOUR_POST_COM, "en")])
def test_local_times_shortly_before_the_capture_are_accepted(url: str, lang: str) -> None:
    just_after = datetime(2026, 3, 12, 12, 35, tzinfo=UTC)
    head = json_ld(datePublished="2026-03-12T13:30:00")
    assert published(head, url=url, lang=lang, captured_at=just_after) == "2026-03-12 12:30"


def test_a_future_time_with_a_zone_or_of_the_next_day_is_refused() -> None:
    just_before = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)
    for said in ("2026-03-12T13:30:00Z", "2026-03-13T13:30:00"):
        assert published(json_ld(datePublished=said), captured_at=just_before) is None


def test_the_inferred_zone_is_recorded_as_origin() -> None:
    bodies = [page(paragraphs(DEICH), head=json_ld(datePublished=f"2026-03-01T08:00:00{zone}")) for zone in ("", "Z")]
    assert [extract(body).origins.get("zone") for body in bodies] == ["Europe/Berlin", None]


def test_liveblog_times_without_a_zone_are_in_the_outlets_zone() -> None:
    entries = "".join(
        f'<div><time datetime="2026-03-01T{hour:02}:00:00"></time><h3>Meldung um {hour} Uhr</h3><p>{text}</p></div>'
        for hour, text in enumerate(DEICH, start=8)
    )
    extraction = extract(page(entries), url="https://www.holmbote.de/liveblog-deich")
    assert [entry.published_at.hour for entry in extraction.entries] == [7, 8, 9, 10]


@pytest.mark.parametrize(
    ("url", "locales", "expected"),
    [
        ("https://www.holmbote.at/a", ("de", None), "Europe/Vienna"),
        ("https://www.harbourpost.co.uk/a", ("en-US",), "Europe/London"),
        ("https://holmbote.com/a", ("de-CH",), "Europe/Zurich"),
        ("https://holmbote.com/a", ("de", "de_AT"), "Europe/Vienna"),
        ("https://holmbote.com/a", (None, "de_DE"), "Europe/Berlin"),
        ("https://holmbote.com/a", ("de",), "Europe/Berlin"),
        ("https://harbourpost.com/a", ("en-US", "en"), None),
        ("https://harbourpost.com/a", ("english",), None),
        ("https://harbourpost.com/a", (), None),
    ],
)
def test_the_zone_of_an_outlet(url: str, locales: tuple[str | None, ...], expected: str | None) -> None:
    zone = outlet_zone(url, *locales)
    assert (zone.key if zone else None) == expected


@pytest.mark.parametrize("name", ["XYZ", "Nowhere/Town", "America/Argentina", "Europe/../Berlin"])
def test_an_unknown_zone_gives_none(name: str) -> None:
    assert zone_named(name) is None


# How dates are written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("March 12, 2026 2:31 pm", "14:31"),
        ("12 March 2026 2:31 PM", "14:31"),
        ("2026-03-12T2:31:00 PM", "14:31"),
        ("12 March 2026 12:05 a.m.", "00:05"),
        ("12 March 2026 12:05 p.m.", "12:05"),
        ("12th of March 2026 at 9pm", "21:00"),
        ("2026-03-12T14:31 CET", "13:31"),
        ("2026-03-12T14:31 MEZ", "13:31"),
        ("2026-03-12T14:31 EST", "19:31"),
        ("2026-03-12T14:31:00-5:00", "19:31"),
        ("2026-03-12T14:31:00 Europe/Berlin", "13:31"),
        ("2026-03-12T14:31:00+01:00[Europe/Berlin]", "13:31"),
        ("Mar. 12, 2026, 2:31 PM EST", "19:31"),
        ("2:31 PM ET, Thu March 12, 2026", "18:31"),
        ("Thu Mar 12 2026 14:31:00 GMT+0100 (Central European Standard Time)", "13:31"),
        ("12.3.26 14:31", "14:31"),
        ("12. März 2026 um 14.31 Uhr", "14:31"),
        ("12.03.2026, 20 Uhr", "20:00"),
        ("14:31 Uhr, 12.03.2026", "14:31"),
        ("12 mars 2026 à 14h31", "14:31"),
        ("12 de marzo de 2026, 14:31", "14:31"),
        ("2026/03/12 14:31", "14:31"),
        ("Thursday, March 12, 2026", None),
        ("12 March 2026", None),
        ("12.03.2026 | 2:43 min", None),
        ("2026-03-12T00:00:00", None),
    ],
)
def test_ways_to_write_a_date(text: str, expected: str | None) -> None:
    moment = parse_moment(text)
    assert moment is not None
    assert f"{moment.at:%Y-%m-%d}" == "2026-03-12"
    assert (f"{moment.at:%H:%M}" if moment.has_time else None) == expected


@pytest.mark.parametrize(
    "text", ["am 12.3. um 14 Uhr", "12.3. 14:31", "March 2026", "12 ſep 2026", "03/12/2026", "0001-01-01T00:00:00"]
)
def test_an_incomplete_date_is_not_completed_from_today(text: str) -> None:
    moment = parse_moment(text)
    assert moment is None or moment.at.year == 1


@pytest.mark.parametrize(
    ("text", "zone", "day"),
    [
        ("03/12/2026", "America/New_York", "2026-03-12"),
        ("12/03/2026", "Europe/Paris", "2026-03-12"),
        ("03/25/2026", "UTC", "2026-03-25"),
        ("25/03/2026 à 9h15", "UTC", "2026-03-25"),
        ("12 marca 2026", "UTC", "2026-03-12"),
        ("12. března 2026", "UTC", "2026-03-12"),
    ],
)
def test_the_order_of_day_and_month_is_the_zones(text: str, zone: str, day: str) -> None:
    moment = parse_moment(text, default_zone=ZoneInfo(zone) if zone != "UTC" else UTC)
    assert moment is not None
    assert f"{moment.written:%Y-%m-%d}" == day


def test_the_day_in_the_address_counts_if_no_other_is_found() -> None:
    address = "https://www.holmbote.de/2026/03/12/deich-haelt"
    assert published(url=address) == "2026-03-12 00:00"
    assert published('<meta name="date" content="2026-03-11">', url=address) == "2026-03-11 00:00"


def test_a_date_is_found_with_its_time() -> None:
    text = "Stand: 12.03.2026, 14:31 Uhr | Holmbote"
    assert find_date(text) == (7, 28)


# Shown dates


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<time>12 March 2026</time>", "2026-03-12 00:00"),
        ('<time datetime="2026-03-12">12.03.2026, 14:31 Uhr</time>', "2026-03-12 13:31"),
        ("<p>Stand: 12.03.2026, 14:31 Uhr</p>", "2026-03-12 13:31"),
        ('<span class="timestamp">12. März 2026, 14:31 Uhr</span>', "2026-03-12 13:31"),
        ("<div>Veröffentlicht am 12.03.2026 um 14:31 Uhr</div>", "2026-03-12 13:31"),
        ("<p>Donnerstag, 12. März 2026 | 14:31 Uhr</p>", "2026-03-12 13:31"),
        ("<div>Von Anna Berg | Stand: 12.03.2026, 14:31 Uhr</div>", "2026-03-12 13:31"),
        ("<p>Veröffentlicht: 12.03.2026, 14:31 Uhr | Aktualisiert: 13.03.2026, 9:00 Uhr</p>", "2026-03-12 13:31"),
        ("<p>Aktualisiert: 13.03.2026, 9:00 Uhr</p>", None),
        ('<p class="updated"><time datetime="2026-03-13T09:00:00Z">9 Uhr</time></p>', None),
        ('<time datetime="2026-03-13T09:00:00Z">Update: 9 Uhr</time>', None),
        ("<p>Am 12. März 2026 um 14:31 Uhr brach der Deich an der Ruhn an zwei Stellen.</p>", None),
        ("<p>Der Deich an der Ruhn brach am 12. März 2026.</p>", None),
        ("<h2>Die Flut vom 12.03.2026</h2>", None),
        ("<time>vor 2 Stunden</time>", None),
    ],
)
def test_shown_dates(inside: str, expected: str | None) -> None:
    assert published(inside=inside) == expected


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        ("<p>Stand: 12.03.2026, 14:31 Uhr</p>", datetime(2026, 3, 12, 13, 31, tzinfo=UTC)),
        ('<div><time datetime="2026-03-12T13:31:00Z">12. März</time></div>', datetime(2026, 3, 12, 13, 31, tzinfo=UTC)),
        ("<p>Freitag, 20. März 2026</p>", None),
    ],
)
def test_dates_above_the_heading(above: str, expected: datetime | None) -> None:
    body = page(paragraphs(DEICH)).replace(b"<article>", b"<article>" + above.encode())
    assert extract(body, url=HOLMBOTE_DE, captured_at=CAPTURED_AT).published_at == expected
