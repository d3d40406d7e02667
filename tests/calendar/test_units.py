"""Days, weeks, months and quarters: where they start, how they follow each other, their names."""

from calendar import monthrange
from datetime import date, timedelta
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.calendar import units
from domain.calendar.days import Days
from domain.calendar.units import Unit

DAYS = st.dates(date(1999, 1, 1), date(2040, 12, 31))
WEEK_STARTS = st.sampled_from(["monday", "sunday"])
UNITS = st.sampled_from(get_args(Unit))
LEAP_DAY = date(2024, 2, 29)


def starts(day: date, unit: str, week_start: str) -> bool:
    """Whether a unit starts on this day, by the plainest definition there is."""
    match unit:
        case "weekly":
            return day.isoweekday() == (1 if week_start == "monday" else 7)
        case "monthly":
            return day.day == 1
        case "quarterly":
            return (day.month, day.day) in {(1, 1), (4, 1), (7, 1), (10, 1)}
    return True


def step(day: date, unit: str, week_start: str, days: int) -> date:
    """The next day, forwards or backwards, on which a unit starts."""
    day += timedelta(days=days)
    while not starts(day, unit, week_start):
        day += timedelta(days=days)
    return day


@given(UNITS, DAYS, WEEK_STARTS)
@example("monthly", LEAP_DAY, "monday")
@example("weekly", date(2026, 3, 1), "sunday")
@example("weekly", date(2026, 3, 1), "monday")
def test_a_unit_starts_with_the_newest_start_and_ends_before_the_next(unit, day, week_start):
    first = units.floor(day, unit, week_start)

    assert first == (day if starts(day, unit, week_start) else step(day, unit, week_start, -1))
    assert units.after(day, unit, week_start) == step(day, unit, week_start, 1)


@given(UNITS, DAYS, WEEK_STARTS, st.integers(0, 30))
@example("monthly", date(2024, 3, 1), "monday", 1)
@example("monthly", date(2024, 3, 1), "monday", 13)
@example("quarterly", date(2024, 1, 1), "monday", 1)
def test_units_before_a_unit_are_as_many_steps_back(unit, day, week_start, number):
    first = units.floor(day, unit, week_start)
    earlier = first
    for _ in range(number):
        earlier = step(earlier, unit, week_start, -1)

    assert units.back(first, unit, number) == earlier
    assert units.back(earlier, unit, -number) == first


@given(UNITS, DAYS, WEEK_STARTS)
def test_the_period_of_a_day_has_the_day_and_is_one_unit_long(unit, day, week_start):
    period = units.period(unit, day, week_start)

    assert day in period.days
    assert (period.start, period.end) == (
        units.floor(day, unit, week_start),
        units.after(day, unit, week_start),
    )
    assert {units.period(unit, one, week_start) for one in period.days} == {period}


@given(DAYS)
def test_a_month_has_as_many_days_as_the_calendar_says(day):
    month = units.period("monthly", day)

    assert month.days.length == monthrange(day.year, day.month)[1]


@given(UNITS, DAYS, st.integers(0, 400), WEEK_STARTS)
@example("daily", date(2024, 2, 28), 2, "monday")
def test_periods_of_a_range_cover_it_without_gap_or_overlap(unit, start, length, week_start):
    days = Days(start, start + timedelta(days=length))
    found = units.periods(unit, days, week_start)

    assert all(one.end == two.start for one, two in pairwise(found))
    assert all(one.days.overlaps(days) for one in found)
    assert {day for one in found for day in one.days} >= set(days)
    assert len({one.key for one in found}) == len(found)
    assert all(one.level == unit for one in found)


@given(DAYS, st.integers(1, 400), WEEK_STARTS)
def test_a_range_touches_its_weeks_months_and_quarters_in_this_order(start, length, week_start):
    days = Days(start, start + timedelta(days=length))

    assert units.touched(days, week_start) == [
        *units.periods("weekly", days, week_start),
        *units.periods("monthly", days, week_start),
        *units.periods("quarterly", days, week_start),
    ]


@pytest.mark.parametrize(
    ("unit", "day", "week_start", "key"),
    [
        ("daily", LEAP_DAY, "monday", "2024-02-29"),
        ("weekly", date(2026, 3, 1), "monday", "2026-W09"),
        ("weekly", date(2026, 3, 1), "sunday", "W2026-03-01"),
        ("weekly", date(2027, 1, 1), "monday", "2026-W53"),
        ("monthly", LEAP_DAY, "sunday", "2024-02"),
        *(
            ("quarterly", date(2026, month, 15), "monday", f"2026-Q{(month + 2) // 3}")
            for month in range(1, 13)
        ),
    ],
)
def test_a_period_is_named_by_its_unit(unit, day, week_start, key):
    assert units.period(unit, day, week_start).key == key


@given(UNITS, DAYS, WEEK_STARTS)
@example("daily", LEAP_DAY, "monday")
@example("weekly", date(2026, 12, 30), "monday")  # the week 2026-W53
@example("weekly", date(2027, 1, 3), "sunday")
@example("monthly", LEAP_DAY, "monday")
def test_the_period_of_the_year_before_is_of_the_same_kind_and_has_the_same_name(
    unit, day, week_start
):
    period = units.period(unit, day, week_start)
    before = units.year_before(period)

    if before is None:
        lacking = period.key.endswith("-W53") if unit == "weekly" else period.key.endswith("-02-29")
        assert lacking, "that year has no such period"
        return
    assert before.level == unit
    assert before == units.period(unit, before.start, week_start)
    if unit == "weekly" and week_start == "sunday":
        assert period.start - before.start == timedelta(weeks=52)
    else:
        year, _, name = period.key.partition("-")
        assert before.key == f"{int(year) - 1:04}-{name}"


@pytest.mark.parametrize(
    ("word", "unit"),
    [
        ("day", "daily"),
        ("weeks", "weekly"),
        ("month", "monthly"),
        ("quarters", "quarterly"),
    ],
)
def test_a_unit_is_found_by_its_noun(word, unit):
    assert units.named(word) == unit
