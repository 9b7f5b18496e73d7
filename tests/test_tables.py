"""The tables that the whole project shares: charsets, countries, time zones."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pipeline.charsets import codec_of, declared_codec
from pipeline.countries import country_of_code, home_of_language, load_countries
from pipeline.zones import zone_abbreviated


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("ISO-8859-1", "cp1252"),
        ("us-ascii", "cp1252"),
        ("GB2312", "gb18030"),
        ("shift_jis", "cp932"),
        ("euc-kr", "cp949"),
        ("x-user-defined", "cp1252"),
        ("utf8", "utf-8"),
        ("utf-7", None),
        ("hz-gb-2312", None),
        ("base64", None),
    ],
)
def test_a_charset_label_means_what_browsers_read(label: str, codec: str | None) -> None:
    assert codec_of(label) == codec
    assert declared_codec(f"text/html; charset='{label}'") == codec


def test_a_header_may_declare_no_charset() -> None:
    assert declared_codec(None) is None
    assert declared_codec("text/html") is None


def test_every_zone_of_a_country_exists_and_a_language_has_one_home() -> None:
    countries = load_countries().values()
    assert all(ZoneInfo(country.zone) for country in countries if country.zone)
    homes = Counter(language for country in countries for language in country.home_of)
    assert set(homes.values()) == {1}


def test_countries_are_found_by_code_domain_and_language() -> None:
    britain = country_of_code("uk")
    assert britain is not None and britain == country_of_code("GB")
    assert country_of_code("com") is None
    austria, germany = country_of_code("AT"), home_of_language("de")
    assert austria is not None and austria.language == "de"
    assert germany is not None and germany.code == "DE"


@pytest.mark.parametrize(
    "zone",
    [
        *("Europe/Lisbon", "Europe/London", "Europe/Berlin", "Europe/Helsinki", "Europe/Moscow", "Africa/Johannesburg"),
        *("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Anchorage"),
        *("Pacific/Honolulu", "Asia/Hong_Kong", "Asia/Tokyo", "Asia/Seoul"),
        *("Australia/Perth", "Australia/Sydney", "Pacific/Auckland"),
    ],
)
def test_abbreviations_agree_with_the_time_zone_database(zone: str) -> None:
    for month in (1, 7):
        at = datetime(2026, month, 15, tzinfo=UTC).astimezone(ZoneInfo(zone))
        known = zone_abbreviated(at.tzname() or "")
        assert known is not None and known.utcoffset(at) == at.utcoffset()
