"""Retail events and holidays on the days they were."""

from datetime import date

import pytest

from domain.amc.marketplaces import CURRENCIES
from domain.calendar.days import Days
from domain.facts import events


def named(start: date, last: date, country: str = "US") -> list[str]:
    return [one.name for one in events.within(Days.from_last(start, last), country)]


@pytest.mark.parametrize(
    ("day", "country", "name"),
    [
        (date(2025, 7, 8), "US", "Prime Day"),
        (date(2025, 7, 11), "DE", "Prime Day"),
        (date(2024, 7, 17), "US", "Prime Day"),
        (date(2024, 7, 20), "IN", "Prime Day"),
        (date(2020, 10, 13), "GB", "Prime Day"),
        (date(2030, 7, 10), "US", "Prime Day"),
        (date(2025, 10, 7), "US", "Prime Big Deal Days"),
        (date(2025, 11, 28), "US", "Black Friday to Cyber Monday"),
        (date(2024, 12, 2), "JP", "Black Friday to Cyber Monday"),
        (date(2026, 11, 27), "US", "Black Friday to Cyber Monday"),
        (date(2026, 12, 25), "US", "Christmas"),
        (date(2026, 4, 5), "FR", "Easter"),
        (date(2024, 3, 31), "FR", "Easter"),
    ],
)
def test_a_known_day_has_its_name(day, country, name):
    assert name in named(day, day, country)


@pytest.mark.parametrize(
    ("day", "country", "name"),
    [
        (date(2025, 7, 12), "US", "Prime Day"),
        (date(2024, 7, 16), "IN", "Prime Day"),
        (date(2025, 11, 27), "US", "Black Friday to Cyber Monday"),
        (date(2025, 10, 7), "IN", "Prime Big Deal Days"),
        (date(2026, 12, 25), "AE", "Christmas"),
    ],
)
def test_other_days_and_countries_have_not(day, country, name):
    assert name not in named(day, day, country)


def test_a_week_over_new_year_names_what_is_in_both_years():
    assert named(date(2025, 12, 22), date(2026, 1, 4)) == [
        "Christmas shopping",
        "Christmas",
        "New Year",
    ]


def test_small_holidays_are_not_big_events():
    easter = Days.from_last(date(2026, 3, 30), date(2026, 4, 5))

    assert events.within(easter)
    assert events.big(easter) == ()


def test_every_marketplace_has_its_country():
    assert set(events.COUNTRIES) == set(CURRENCIES)
    assert events.country_of("A1PA6795UKMFR9") == "DE"
    assert events.country_of(None) == "US"
