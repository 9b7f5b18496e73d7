"""Dates in feeds, in all spellings: the time, its quality, and no guesses."""

from __future__ import annotations

import tomllib
import unicodedata
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.feeds.feed_dates import read_date
from pipeline.events import DateQuality
from pipeline.zones import zone_named
from tests.collect.feeds.sample_feeds import BERLIN, NEW_YORK, NOW

EXACT, NO_ZONE, DAY_ONLY = DateQuality.EXACT, DateQuality.NO_ZONE, DateQuality.DAY_ONLY

SPELLINGS = {
    # RFC 822 and its relatives
    "Mon, 02 Mar 2026 08:15:00 GMT": ("2026-03-02 08:15", EXACT),
    "Mon, 02 Mar 2026 08:15:00 +0100": ("2026-03-02 07:15", EXACT),
    "Mon, 02 Mar 2026 08:15:00 +0100 (CET)": ("2026-03-02 07:15", EXACT),
    "Mon,02 Mar 2026 08:15:00 Z": ("2026-03-02 08:15", EXACT),
    "2 Mar 2026 8:15 UT": ("2026-03-02 08:15", EXACT),
    "Mon, 02 Mar 26 08:15:00 GMT": ("2026-03-02 08:15", EXACT),
    "Monday, 02-Mar-26 08:15:00 GMT": ("2026-03-02 08:15", EXACT),
    "Fri, 31 Dec 99 23:00:00 GMT": ("1999-12-31 23:00", EXACT),
    "Mon, 02 Mar 2026 08:15:00 EST": ("2026-03-02 13:15", EXACT),
    "Mon, 02 Mar 2026 08:15:00 PDT": ("2026-03-02 15:15", EXACT),
    "Mon, 02 Mar 2026 08:15:00 -0000": ("2026-03-02 08:15", EXACT),
    "Mon, 02 Mar 2026 23:59:60 GMT": ("2026-03-02 23:59:59", EXACT),
    "Mon, 02 Mar 2026 08:15": ("2026-03-02 07:15", NO_ZONE),
    "Mon, 02 Mar 2026 08:15:00 ET": ("2026-03-02 13:15", EXACT),
    "Mon, 06 Jul 2025 08:15:00 ET": ("2025-07-06 12:15", EXACT),
    "Mon, 02 Mar 2026 08:15:00 Etc/GMT": ("2026-03-02 08:15", EXACT),
    "2026-03-02 08:15:00 Europe/Vienna": ("2026-03-02 07:15", EXACT),
    "2026-03-02T08:15:00[Asia/Tokyo]": ("2026-03-01 23:15", EXACT),
    "Mon, 02 Mar 2026 08:15:00 CST": ("2026-03-02 14:15", EXACT),
    "Sun, 29 Mar 2026 03:30": (None, DateQuality.FUTURE),
    # output of programs
    "Mon Mar  2 08:15:00 2026": ("2026-03-02 07:15", NO_ZONE),
    "Mon Mar 02 08:15:00 CET 2026": ("2026-03-02 07:15", EXACT),
    "Mon Mar 02 2026 08:15:00 GMT+0100 (Central European Standard Time)": ("2026-03-02 07:15", EXACT),
    "Mon, 02 Mar 2026 08:15:00 GMT +0100": ("2026-03-02 07:15", EXACT),
    "1772435700": ("2026-03-02 07:15", EXACT),
    "1772435700000": ("2026-03-02 07:15", EXACT),
    "1772435700.25": ("2026-03-02 07:15", EXACT),
    # ISO 8601
    "2026-03-02T08:15:00+01:00": ("2026-03-02 07:15", EXACT),
    "2026-03-02T08:15:00+0100": ("2026-03-02 07:15", EXACT),
    "2026-03-02T08:15:00+01": ("2026-03-02 07:15", EXACT),
    "2026-03-02T07:15:00Z": ("2026-03-02 07:15", EXACT),
    "2026-03-02t07:15z": ("2026-03-02 07:15", EXACT),
    "2026-03-02T07:15:00.250000Z": ("2026-03-02 07:15:00.250", EXACT),
    "2026-03-02T07:15:00,25Z": ("2026-03-02 07:15:00.250", EXACT),
    "2026-03-02T07:15:00Z[UTC]": ("2026-03-02 07:15", EXACT),
    "20260302T071500Z": ("2026-03-02 07:15", EXACT),
    "20260302T0815": ("2026-03-02 07:15", NO_ZONE),
    "20260302081500": ("2026-03-02 07:15", NO_ZONE),
    "2026-03-02T00:00:00Z": ("2026-03-02 00:00", EXACT),
    "2026-03-02T24:00:00Z": ("2026-03-03 00:00", EXACT),
    "2026-03-02 08:15:00": ("2026-03-02 07:15", NO_ZONE),
    "2026-03-02 08:15:00 +0100": ("2026-03-02 07:15", EXACT),
    "2026-03-02 08:15:00 UTC": ("2026-03-02 08:15", EXACT),
    "2026/03/02 08:15": ("2026-03-02 07:15", NO_ZONE),
    "2026-3-2": ("2026-03-01 23:00", DAY_ONLY),
    "20260302": ("2026-03-01 23:00", DAY_ONLY),
    "2026-03-02-05:00": ("2026-03-02 05:00", DAY_ONLY),
    "2026-Mar-02": ("2026-03-01 23:00", DAY_ONLY),
    # German
    "Mo, 25 Jun 2018": ("2018-06-24 22:00", DAY_ONLY),
    "Mo, 02 Mär 2026 08:15": ("2026-03-02 07:15", NO_ZONE),
    "Mo, 02 Mrz 2026 08:15:00 +0100": ("2026-03-02 07:15", EXACT),
    "Di., 3. März 2026, 09:00 MEZ": ("2026-03-03 08:00", EXACT),
    "Dienstag, den 7. Juli 2025, 9:05 Uhr": ("2025-07-07 07:05", NO_ZONE),
    "7. Juli 2025, 9.05 Uhr MESZ": ("2025-07-07 07:05", EXACT),
    "02.03.2026 08:15 Uhr": ("2026-03-02 07:15", NO_ZONE),
    "02.03.2026, 8.15 Uhr": ("2026-03-02 07:15", NO_ZONE),
    "02.03.2026 um 8 Uhr": ("2026-03-02 07:00", NO_ZONE),
    "02.03.26 - 08:15": ("2026-03-02 07:15", NO_ZONE),
    "Stand: 2.3.2026 | 08:15 Uhr": ("2026-03-02 07:15", NO_ZONE),
    "2. 3. 2026": ("2026-03-01 23:00", DAY_ONLY),
    "08:15 Uhr, 2. März 2026": ("2026-03-02 07:15", NO_ZONE),
    "1. Jänner 2026": ("2025-12-31 23:00", DAY_ONLY),
    "Sa, 5. Sept. 2025 10:00": ("2025-09-05 08:00", NO_ZONE),
    "24. Dez. 2025, 18:00 MEZ": ("2025-12-24 17:00", EXACT),
    "3. Okt 2025": ("2025-10-02 22:00", DAY_ONLY),
    # English
    "Thu, 5 Mar 2026 8:15 AM EST": ("2026-03-05 13:15", EXACT),
    "March 2, 2026 at 8:15 a.m.": ("2026-03-02 07:15", NO_ZONE),
    "Mar 2nd, 2026 8pm GMT": ("2026-03-02 20:00", EXACT),
    "1st of March 2026, 12:05 am": ("2026-02-28 23:05", NO_ZONE),
    "March 2, 2026 12:05 PM": ("2026-03-02 11:05", NO_ZONE),
    "Sept. 5, 2025": ("2025-09-04 22:00", DAY_ONLY),
    "Tues., 3 March 2026 09:00 BST": ("2026-03-03 08:00", EXACT),
    "5 December 2025 10:00 CET": ("2025-12-05 09:00", EXACT),
    # Czech
    "čtvrtek 5. června 2025 v 8:15": ("2025-06-05 06:15", NO_ZONE),
    # with a mark of order
    "1° maggio 2025 10:00": ("2025-05-01 08:00", NO_ZONE),
    "1º de mayo de 2025 10:00": ("2025-05-01 08:00", NO_ZONE),
    # French
    "lun., 02 mars 2026 08:15:00 +0100": ("2026-03-02 07:15", EXACT),
    "mar., 03 mars 2026 08:15": ("2026-03-03 07:15", NO_ZONE),
    "mar. 3 févr. 2026 à 8h15": ("2026-02-03 07:15", NO_ZONE),
    "3 févr. 2026, 8 h 15 min": ("2026-02-03 07:15", NO_ZONE),
    "jeudi 1er janvier 2026": ("2025-12-31 23:00", DAY_ONLY),
    "Publié le 10 mars 2025": ("2025-03-09 23:00", DAY_ONLY),
    "le 15 Août 2025 à 18 h 05": ("2025-08-15 16:05", NO_ZONE),
    "15 aout 2025, 9h": ("2025-08-15 07:00", NO_ZONE),
    "mar. 03/02/2026 08:15": ("2026-02-03 07:15", NO_ZONE),
    # Spanish
    "mar, 03 mar 2026 08:15:00 +0100": ("2026-03-03 07:15", EXACT),
    "mié, 14 ene 2026 08:15:00 GMT": ("2026-01-14 08:15", EXACT),
    "2 de marzo de 2026 a las 8:15 h": ("2026-03-02 07:15", NO_ZONE),
    "Sabado, 20 de setiembre del 2025 8:15 p. m.": ("2025-09-20 18:15", NO_ZONE),
    # Italian
    "gio, 06 ago 2025 09:00:00 +0200": ("2025-08-06 07:00", EXACT),
    "martedì 3 marzo 2026 alle ore 8:15": ("2026-03-03 07:15", NO_ZONE),
    "mar 03 feb 2026": ("2026-02-02 23:00", DAY_ONLY),
    "5 maggio 2025": ("2025-05-04 22:00", DAY_ONLY),
    # Dutch
    "do, 05 mrt 2026 09:00:00 +0100": ("2026-03-05 08:00", EXACT),
    "maandag 2 maart 2026 om 8.15 uur": ("2026-03-02 07:15", NO_ZONE),
    "ma 2 mrt. 2026 08u15": ("2026-03-02 07:15", NO_ZONE),
    # Polish
    "śr., 4 marca 2026 godz. 8:15": ("2026-03-04 07:15", NO_ZONE),
    "pt, 20 maj 2025 08:15:00 +0100": ("2025-05-20 07:15", EXACT),
    "20 pazdziernika 2025 r.": ("2025-10-19 22:00", DAY_ONLY),
    # Croatian
    "srijeda, 4. ožujka 2026. u 8:15 sati": ("2026-03-04 07:15", NO_ZONE),
    # Portuguese and Scandinavian
    "sex, 20 fev 2026 09:00:00 -0300": ("2026-02-20 12:00", EXACT),
    "segunda-feira, 2 de março de 2026 às 8h15": ("2026-03-02 07:15", NO_ZONE),
    "fre, 20 feb 2026 09:00:00 +0100": ("2026-02-20 08:00", EXACT),
    "lördag 3 maj 2025 kl. 8.15": ("2025-05-03 06:15", NO_ZONE),
    "søndag d. 1. marts 2026": ("2026-02-28 23:00", DAY_ONLY),
    "1. desember 2025": ("2025-11-30 23:00", DAY_ONLY),
    # with slashes: the day comes first, except in the United States (below)
    "02/03/2026": ("2026-03-01 23:00", DAY_ONLY),
    "02-03-2026 08:15": ("2026-03-02 07:15", NO_ZONE),
    "12/31/2025": ("2025-12-30 23:00", DAY_ONLY),
    "31/12/2025": ("2025-12-30 23:00", DAY_ONLY),
}


@pytest.mark.parametrize(("raw", "expected"), SPELLINGS.items())
def test_spellings(raw: str, expected: tuple[str | None, DateQuality]) -> None:
    moment, quality = expected
    reading = read_date(raw, zone=BERLIN, now=NOW)
    assert reading.at == (datetime.fromisoformat(moment).replace(tzinfo=UTC) if moment else None)
    assert reading.quality == quality


def test_in_the_united_states_the_month_is_first() -> None:
    assert read_date("02/03/2026", zone=NEW_YORK, now=NOW).at == datetime(2026, 2, 3, 5, tzinfo=UTC)
    assert read_date("31/01/2026", zone=NEW_YORK, now=NOW).at == datetime(2026, 1, 31, 5, tzinfo=UTC)
    assert read_date("02.03.2026", zone=NEW_YORK, now=NOW).at == datetime(2026, 3, 2, 5, tzinfo=UTC)
    assert read_date("02/03/2026", zone=ZoneInfo("America/Phoenix"), now=NOW).at == datetime(2026, 2, 3, 7, tzinfo=UTC)


def test_in_canada_a_date_is_left_empty_that_could_be_two() -> None:
    toronto = ZoneInfo("America/Toronto")
    assert read_date("02/03/2026", zone=toronto, now=NOW).at is None
    assert read_date("02/02/2026", zone=toronto, now=NOW).at == datetime(2026, 2, 2, 5, tzinfo=UTC)
    assert read_date("31/01/2026", zone=toronto, now=NOW).at == datetime(2026, 1, 31, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "abbreviation", "hour"),
    [
        ("Asia/Manila", "PST", 0),
        ("America/Denver", "MST", 15),
        ("Asia/Shanghai", "CST", 0),
        ("America/Havana", "CST", 13),
        ("America/Mexico_City", "CST", 14),
        ("Asia/Kolkata", "IST", 3),
        ("Europe/Dublin", "IST", 7),
        ("Australia/Brisbane", "EST", 22),
        ("Asia/Dhaka", "BST", 2),
        ("Asia/Jerusalem", "IST", 6),
    ],
)
def test_an_abbreviation_is_read_as_where_the_outlet_is(zone: str, abbreviation: str, hour: int) -> None:
    reading = read_date(f"Mon, 02 Mar 2026 08:30:00 {abbreviation}", zone=ZoneInfo(zone), now=NOW)
    assert (reading.at and reading.at.hour, reading.quality) == (hour, EXACT)


@pytest.mark.parametrize(
    ("zone", "abbreviation"), [("Asia/Kuala_Lumpur", "MST"), ("Asia/Kuala_Lumpur", "CST"), ("Asia/Yangon", "MST")]
)
def test_in_asia_the_abbreviation_of_a_north_american_zone_tells_nothing(zone: str, abbreviation: str) -> None:
    reading = read_date(f"Mon, 02 Mar 2026 08:30:00 {abbreviation}", zone=ZoneInfo(zone), now=NOW)
    assert (reading.at, reading.quality) == (None, DateQuality.UNREADABLE)


@pytest.mark.parametrize(
    ("zone", "month"), [("Europe/Warsaw", 11), ("Europe/Zagreb", 10), ("Europe/Sarajevo", 10), ("Europe/Berlin", None)]
)
@pytest.mark.parametrize("raw", ["20 listopada 2025 13:00", "pt, 20 lis 2025 13:00:00 +0100", "20. listopad 2025."])
def test_a_month_of_two_languages_is_read_as_where_the_outlet_is(raw: str, zone: str, month: int | None) -> None:
    reading = read_date(raw, zone=ZoneInfo(zone), now=NOW)
    assert (reading.at and reading.at.month) == month


@pytest.mark.parametrize(("zone", "month"), [("Europe/Prague", 8), ("Europe/Zagreb", 7), ("Europe/Berlin", None)])
def test_a_short_month_of_two_languages_is_read_as_where_the_outlet_is(zone: str, month: int | None) -> None:
    reading = read_date("5 srp 2025 12:00", zone=ZoneInfo(zone), now=NOW)
    assert (reading.at and reading.at.month) == month


@pytest.mark.parametrize(
    ("zone", "languages", "month"),
    [
        ("Europe/London", {"pl"}, 11),
        ("America/Chicago", {"pl", "en"}, 11),
        ("Europe/Berlin", {"hr"}, 10),
        ("Europe/Warsaw", {"hr"}, None),
        ("Europe/London", {"en"}, None),
    ],
)
def test_a_month_of_two_languages_is_read_as_in_the_language_of_the_feed(
    zone: str, languages: set[str], month: int | None
) -> None:
    reading = read_date("20 listopada 2025 13:00", zone=ZoneInfo(zone), now=NOW, languages=languages)
    assert (reading.at and reading.at.month) == month


def test_no_word_names_two_months_in_one_place() -> None:
    words = tomllib.loads(files("pipeline.collect.feeds").joinpath("date_words.toml").read_text("utf-8"))
    months: dict[tuple[str, str], set[int]] = {}
    places = {zone for language in words.values() for zone in language.get("zones", ())}
    for language in words.values():
        assert len(language["months"]) == 12
        for number, names in enumerate(language["months"]):
            for name in names.split():
                for zone in language.get("zones", places):
                    months.setdefault((name, zone), set()).add(number)
    assert {name for name, numbers in months.items() if len(numbers) > 1} == set()


def test_no_word_is_taken_for_a_zone() -> None:
    """`čet` is Thursday in Croatian, and CET a zone."""
    words = tomllib.loads(files("pipeline.collect.feeds").joinpath("date_words.toml").read_text("utf-8"))
    for language in words.values():
        for word in " ".join((*language["months"], language["weekdays"], language["fillers"])).split():
            plain = "".join(each for each in unicodedata.normalize("NFD", word) if not unicodedata.combining(each))
            assert zone_named(plain.upper()) is None or word == "pt", word
    for zone, moment in (("PT", "16:15"), ("pt", "07:15")):
        reading = read_date(f"02 Mar 2026 08:15 {zone}", zone=BERLIN, now=NOW)
        assert reading.at == datetime.fromisoformat(f"2026-03-02 {moment}Z")


@pytest.mark.parametrize("hour", ["02:30", "03:30"])
def test_an_hour_that_summer_time_skips_is_read(hour: str) -> None:
    reading = read_date(f"30.03.2025 {hour}", zone=BERLIN, now=NOW)
    assert reading.at == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)


NOT_DATES = [
    "", "13", "08:15", "gestern", "vor 2 Stunden", "March", "March 2026", "Mo", "2026", "02.03.", "2026-03",
    "99.99.9999",
    "26-03-02", "02-03-26", "Thu, 01 Jan 1970 00:00:00 +0100", "Sun, 30 Nov 0002 00:00:00 GMT",
    "Mon, 31 Feb 2026 08:15:00 GMT", "2026-13-01", "02 Mar 2026 25:00", "02 Mar 2026 08:61",
    "2026-W10-1", "2026-061", "02 Mar 2026 03 Mar 2026", "02.03.2026 08:15 09:15", "2 März April 2026",
    "0000-00-00 00:00:00", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "0000000000",

    "Mon, 02 Mar 2026 08:15:00 XYZT", "Mon, 02 Mar 2026 08:15:00 IST", "2026-03-02 08:15 Europe/Nowhere",

    "mar mar mar 2026", "mar 3 2 2026", "02.03.2026 April", "Mon, 02 Mar 2026 08:15:00 +9900",
    "Mon, 02 Mar 2026 08:15:00 +1900", "2026-03-02T08:15:00+19:00", "2026-03-02 08:15 +01:75", "02 Mar 2026 08:15 A",
    "9" * 5000, "2026-03-02" + " " * 5000 + "x", "2026-03-02T08:15:00Z oder so",
]  # fmt: skip


@pytest.mark.parametrize("raw", NOT_DATES, ids=lambda raw: raw[:30])
def test_an_incomplete_date_is_unreadable_and_never_completed_from_today(raw: str) -> None:
    reading = read_date(raw, zone=BERLIN, now=NOW)
    assert (reading.at, reading.quality) == (None, DateQuality.UNREADABLE)


def test_a_date_in_the_future_is_refused() -> None:
    tolerated = read_date((NOW + timedelta(minutes=10)).isoformat(), zone=BERLIN, now=NOW)
    assert (tolerated.at, tolerated.quality) == (NOW + timedelta(minutes=10), EXACT)
    ahead = read_date((NOW + timedelta(minutes=11)).isoformat(), zone=BERLIN, now=NOW)
    assert (ahead.at, ahead.quality) == (None, DateQuality.FUTURE)


def test_a_day_starts_at_midnight_of_the_outlets_zone() -> None:
    assert read_date("2026-03-02", zone=ZoneInfo("UTC"), now=NOW).at == datetime(2026, 3, 2, tzinfo=UTC)
    assert read_date("2026-03-02", zone=NEW_YORK, now=NOW).at == datetime(2026, 3, 2, 5, tzinfo=UTC)


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2026, 1, 1)))
def test_every_time_in_the_usual_formats_is_read(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=BERLIN).astimezone(UTC)
    for text in (
        moment.isoformat(),
        moment.astimezone(BERLIN).strftime("%a, %d %b %Y %H:%M:%S %z"),
        moment.astimezone(NEW_YORK).strftime("%B %d, %Y %I:%M:%S %p %z"),
        str(int(moment.timestamp())) if moment.timestamp() >= 1_000_000_000 else moment.isoformat(),
    ):
        assert read_date(text, zone=NEW_YORK, now=NOW).at == moment, text


@given(st.text(max_size=60) | st.text(alphabet="0123456789.:-/ TZ+()[]apmUhrMäz", max_size=40))
def test_no_text_makes_the_date_reader_fail(raw: str) -> None:
    reading = read_date(raw, zone=BERLIN, now=NOW)
    assert reading.at is None or reading.at.tzinfo is UTC
    assert (reading.at is None) == (reading.quality in {DateQuality.UNREADABLE, DateQuality.FUTURE})
