"""Retail events and holidays: days that are known to be unlike others, by country. Pure.

Facts name them and never take them for surprises. Prime Day has the dates that Amazon announced;
where a year is not listed, it is expected in the second week of July.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType

from domain.calendar.days import Days

COUNTRIES = MappingProxyType(
    {
        "ATVPDKIKX0DER": "US",
        "A2EUQ1WTGCTBG2": "CA",
        "A1AM78C64UM0Y8": "MX",
        "A2Q3Y263D00KWC": "BR",
        "A1F83G8C2ARO7P": "GB",
        "A1PA6795UKMFR9": "DE",
        "A13V1IB3VIYZZH": "FR",
        "APJ6JRA9NG5V4": "IT",
        "A1RKKUPIHCS9HS": "ES",
        "A1805IZSGTT6HS": "NL",
        "AMEN7PMS3EDWL": "BE",
        "A28R8C7NBKEWEA": "IE",
        "A2NODRKZP88ZB9": "SE",
        "A1C3SOZRARQ6R3": "PL",
        "A33AVAJ2PDY3EV": "TR",
        "ARBP9OOSHTCHU": "EG",
        "A2VIGQ35RCS4UG": "AE",
        "A17E79C6D8DWNP": "SA",
        "AE08WJ6YKNBMC": "ZA",
        "A21TJRUUN4KGV": "IN",
        "A1VC38T7YXB528": "JP",
        "A39IBJ37TRP1C6": "AU",
        "A19VAU5U5O7RUS": "SG",
    }
)
# First and last day, as (month, day).
PRIME_DAYS = MappingProxyType(
    {
        2018: ((7, 16), (7, 17)),
        2019: ((7, 15), (7, 16)),
        2020: ((10, 13), (10, 14)),
        2021: ((6, 21), (6, 22)),
        2022: ((7, 12), (7, 13)),
        2023: ((7, 11), (7, 12)),
        2024: ((7, 16), (7, 17)),
        2025: ((7, 8), (7, 11)),
    }
)
PRIME_DAYS_ELSEWHERE = MappingProxyType(
    {
        ("IN", 2020): ((8, 6), (8, 7)),
        ("IN", 2021): ((7, 26), (7, 27)),
        ("IN", 2022): ((7, 23), (7, 24)),
        ("IN", 2023): ((7, 15), (7, 16)),
        ("IN", 2024): ((7, 20), (7, 21)),
        ("IN", 2025): ((7, 12), (7, 14)),
    }
)
EXPECTED = ((7, 8), (7, 14))  # where nothing was announced yet
BIG_DEAL_DAYS = MappingProxyType(
    {
        2022: ((10, 11), (10, 12)),
        2023: ((10, 10), (10, 11)),
        2024: ((10, 8), (10, 9)),
        2025: ((10, 7), (10, 8)),
    }
)
NO_BIG_DEAL_DAYS = frozenset({"IN", "MX", "AE", "SA", "EG", "ZA"})
BOXING_DAY = frozenset({"GB", "IE", "CA", "AU", "ZA"})
NO_CHRISTMAS = frozenset({"AE", "SA", "EG", "TR"})


@dataclass(frozen=True, slots=True)
class Event:
    """Known days, such as Prime Day."""

    name: str
    days: Days
    is_big: bool = True  # moves sales wherever it is; else it is only worth naming


def country_of(marketplace_id: str | None) -> str:
    """The country of a marketplace; US for one that is not known."""
    return COUNTRIES.get(marketplace_id or "", "US")


@lru_cache(maxsize=512)
def within(days: Days, country: str = "US") -> tuple[Event, ...]:
    """The events that have a day in common with these, oldest first."""
    years = range(days.start.year - 1, days.end.year + 1)
    every = [one for year in years for one in _of_year(year, country)]
    return tuple(
        sorted(
            (one for one in every if one.days.overlaps(days)),
            key=lambda one: (one.days.start, one.name),
        )
    )


@lru_cache(maxsize=2048)
def big(days: Days, country: str = "US") -> tuple[str, ...]:
    """The names of the big events that have a day in common with these."""
    return tuple(one.name for one in within(days, country) if one.is_big)


@lru_cache(maxsize=256)
def _of_year(year: int, country: str) -> tuple[Event, ...]:
    return tuple(_events(year, country))


def _events(year: int, country: str) -> Iterator[Event]:
    prime = PRIME_DAYS_ELSEWHERE.get((country, year)) or PRIME_DAYS.get(year, EXPECTED)
    yield Event("Prime Day", _days(year, prime))
    if year in BIG_DEAL_DAYS and country not in NO_BIG_DEAL_DAYS:
        yield Event("Prime Big Deal Days", _days(year, BIG_DEAL_DAYS[year]))
    friday = _black_friday(year)
    yield Event("Black Friday to Cyber Monday", Days(friday, friday + timedelta(days=4)))
    yield Event("New Year", Days(date(year, 1, 1), date(year, 1, 2)))
    yield Event("Valentine's Day", Days(date(year, 2, 14), date(year, 2, 15)), is_big=False)
    easter = _easter(year)
    around = Days(easter - timedelta(days=2), easter + timedelta(days=2))
    yield Event("Easter", around, is_big=False)
    if country not in NO_CHRISTMAS:
        yield Event("Christmas shopping", Days(date(year, 12, 1), date(year, 12, 24)))
        last = 27 if country in BOXING_DAY else 26
        yield Event("Christmas", Days(date(year, 12, 24), date(year, 12, last)))
    if country in ("SG", "IN", "JP", "AU"):
        yield Event("Singles' Day", Days(date(year, 11, 11), date(year, 11, 12)), is_big=False)


def _days(year: int, given: tuple[tuple[int, int], tuple[int, int]]) -> Days:
    (month, day), (last_month, last_day) = given
    return Days.from_last(date(year, month, day), date(year, last_month, last_day))


def _black_friday(year: int) -> date:
    """The day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the anonymous algorithm of 1876."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    n = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * n) // 451
    month, day = divmod(h + n - 7 * m + 114, 31)
    return date(year, month, day + 1)
